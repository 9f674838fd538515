"""Comments through the open API: write, answer, read, take down."""

from typing import Any, Final

from aiohttp import web

from sandbox.weibo.accounts import user_object
from sandbox.weibo.counting import counted_length
from sandbox.weibo.dates import weibo_date
from sandbox.weibo.door import READ, Call, Door, Gate
from sandbox.weibo.errors import Refusal
from sandbox.weibo.posts import Post
from sandbox.weibo.remarks import Remark
from sandbox.weibo.share import check_rip
from sandbox.weibo.statuses import removed_object, status_object
from sandbox.weibo.world import World

LENGTH: Final = 140
PAGE: Final = 50
BATCH: Final = 20


class Comments:
    """The endpoints below /2/comments/."""

    def __init__(self, world: World, door: Door) -> None:
        self._world = world
        self._door = door

    def routes(self) -> list[web.AbstractRouteDef]:
        write = Gate(verb="POST", permission="comments_permitted", hourly=("/comments/create", "comments_per_hour"))
        destroy = Gate(verb="POST", permission="comments_permitted")
        return [
            self._door.route("/2/comments/create.json", write, self.create),
            self._door.route("/2/comments/reply.json", write, self.reply),
            self._door.route("/2/comments/show.json", READ, self.show),
            self._door.route("/2/comments/to_me.json", READ, self.to_me),
            self._door.route("/2/comments/by_me.json", READ, self.by_me),
            self._door.route("/2/comments/timeline.json", READ, self.timeline),
            self._door.route("/2/comments/show_batch.json", READ, self.show_batch),
            self._door.route("/2/comments/destroy.json", destroy, self.destroy),
            self._door.route("/2/comments/destroy_batch.json", destroy, self.destroy_batch),
        ]

    async def create(self, call: Call) -> Any:
        post = self._post(call)
        return self._write(call, post, call.form.get("comment", ""), None)

    async def reply(self, call: Call) -> Any:
        post, answered = self._post(call), self._remark(call.form.get("cid", ""))
        text = call.form.get("comment", "")
        if call.form.get("without_mention", "0") != "1" and text.strip():
            text = f"回复@{self._world.accounts.by_uid[answered.uid].screen_name}:{text}"
        return self._write(call, post, text, answered)

    async def show(self, call: Call) -> Any:
        return self._listing(call, self._world.remarks.under(self._post(call).mid))

    async def to_me(self, call: Call) -> Any:
        mine = {post.mid for post in self._world.posts.of(call.uid)}
        return self._listing(call, [r for r in self._world.remarks.everywhere() if r.mid in mine and r.uid != call.uid])

    async def by_me(self, call: Call) -> Any:
        return self._listing(call, [r for r in self._world.remarks.everywhere() if r.uid == call.uid])

    async def timeline(self, call: Call) -> Any:
        mine = {post.mid for post in self._world.posts.of(call.uid)}
        return self._listing(call, [r for r in self._world.remarks.everywhere() if r.mid in mine or r.uid == call.uid])

    async def show_batch(self, call: Call) -> Any:
        return [self._object(remark, call.origin) for remark in self._batch(call)]

    async def destroy(self, call: Call) -> Any:
        remark = self._mine(call, self._remark(call.form.get("cid", "")))
        remark.removed = True
        return self._object(remark, call.origin)

    async def destroy_batch(self, call: Call) -> Any:
        remarks = [self._mine(call, remark) for remark in self._batch(call)]
        for remark in remarks:
            remark.removed = True
        return [self._object(remark, call.origin) for remark in remarks]

    def _write(self, call: Call, post: Post, text: str, answered: Remark | None) -> dict[str, Any]:
        check_rip(call, self._world.switches)
        if not text.strip():
            raise Refusal(20008)
        if counted_length(text, self._world.switches.counting) > LENGTH:
            raise Refusal(20012)
        under = self._world.remarks.under(post.mid)
        if any(r.uid == call.uid and r.text == text for r in under):
            raise Refusal(20019)
        remark = Remark(
            cid=self._world.posts.next_mid(call.now),
            mid=post.mid,
            uid=call.uid,
            text=text,
            created_at=call.now,
            source=self._world.switches.app_name,
            answers=answered.cid if answered else None,
            floor=len(under) + 1,
        )
        return self._object(self._world.remarks.add(remark), call.origin)

    def _post(self, call: Call) -> Post:
        if not call.form.get("id"):
            raise Refusal(20109)
        post = self._world.posts.live(call.form["id"])
        if post is None:
            raise Refusal(20101)
        return post

    def _remark(self, cid: str) -> Remark:
        if not cid:
            raise Refusal(20204)
        remark = self._world.remarks.live(cid)
        if remark is None:
            raise Refusal(20201)
        return remark

    def _mine(self, call: Call, remark: Remark) -> Remark:
        """A comment may be taken down by its author and under one's own post. Raises Refusal 20203."""
        if call.uid not in {remark.uid, self._world.posts.by_mid[remark.mid].uid}:
            raise Refusal(20203)
        return remark

    def _batch(self, call: Call) -> list[Remark]:
        cids = [cid for cid in call.form.get("cids", "").split(",") if cid]
        if len(cids) > BATCH:
            raise Refusal(20009)
        if not cids:
            raise Refusal(20204)
        return [self._remark(cid) for cid in cids]

    def _listing(self, call: Call, remarks: list[Remark]) -> dict[str, Any]:
        since, until = call.number("since_id", 0), call.number("max_id", 0)
        count, page = min(call.number("count", PAGE), 200), max(call.number("page", 1), 1)
        found = [r for r in remarks if int(r.cid) > since and (not until or int(r.cid) <= until)]
        return {
            "comments": [self._object(r, call.origin) for r in found[(page - 1) * count : page * count]],
            "previous_cursor": 0,
            "next_cursor": 0,
            "total_number": len(found),
        }

    def _object(self, remark: Remark, origin: str) -> dict[str, Any]:
        post = self._world.posts.by_mid[remark.mid]
        answer: dict[str, Any] = {
            "created_at": weibo_date(remark.created_at),
            "id": int(remark.cid),
            "idstr": remark.cid,
            "mid": remark.cid,
            "text": remark.text,
            "source": remark.source,
            "user": user_object(self._world.accounts.by_uid[remark.uid]),
            "status": removed_object(post) if post.removed_by else status_object(self._world, post, origin),
            "rootid": int(remark.answers or remark.cid),
            "floor_number": remark.floor,
            "like_count": 0,
            "disable_reply": 0,
        }
        if remark.answers is not None and (answered := self._world.remarks.live(remark.answers)) is not None:
            answer["reply_comment"] = {"id": int(answered.cid), "idstr": answered.cid, "text": answered.text}
        return answer
