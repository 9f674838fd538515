"""Mass sending: one push to all followers or to a tag, under quota, protection and the memory of clientmsgid."""

import re
from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from sandbox.effects import Effect, Effects
from sandbox.wechat.account import Account
from sandbox.wechat.articles import Article, ArticleBook, Batch, digest
from sandbox.wechat.calls import Call
from sandbox.wechat.drafts import Draft, Drafts
from sandbox.wechat.errors import ApiError
from sandbox.wechat.followers import Follower, Followers
from sandbox.wechat.materials import Materials
from sandbox.wechat.publishing import effect_of
from sandbox.wechat.pusher import Pusher
from sandbox.wechat.tags import Tags

MEMORY_SECONDS = 24 * 3600
PROTECTION_SECONDS = 30 * 60
PER_DAY = 1
PER_PERSON_A_MONTH = 4
PREVIEW_BY_NAME = 100
SPEEDS = {0: 80, 1: 60, 2: 45, 3: 30, 4: 10}
SUCCESS, FAIL, NO_ADMIN, ADMIN_REFUSED = "send success", "send fail", "err(40002)", "err(40001)"
_LINK = re.compile(r"""<a\s[^>]*href\s*=\s*["']?\s*(https?://[^"'\s>]+)""", re.IGNORECASE)


@dataclass(slots=True, kw_only=True)
class Sending:
    """One mass send. `status` is empty while it runs."""

    msg_id: int
    msg_data_id: int
    kind: str
    people: list[Follower]
    batch: Batch | None
    text: str
    at: float
    settles_at: float
    waits_for_admin: bool
    draft: Draft | None
    status: str = ""
    deleted: bool = False
    counts: tuple[int, int, int, int] = (0, 0, 0, 0)
    effects: list[Effect] = field(default_factory=list)


class Mass:
    """The calls below /cgi-bin/message/mass/. Source: `sub/notify/message/…` and Batch_Sends.md."""

    def __init__(
        self,
        account: Account,
        drafts: Drafts,
        book: ArticleBook,
        followers: Followers,
        tags: Tags,
        materials: Materials,
        pusher: Pusher,
        effects: Effects,
    ) -> None:
        self._account = account
        self._drafts = drafts
        self._book = book
        self._followers = followers
        self._tags = tags
        self._materials = materials
        self._pusher = pusher
        self._effects = effects
        self._jobs: dict[int, Sending] = {}
        self._remembered: dict[str, tuple[float, int]] = {}
        self._successes: Counter[str] = Counter()
        self._previews: Counter[str] = Counter()
        self._speed = 0
        self.next_statuses: deque[str] = deque()

    # -- calls --------------------------------------------------------------------------------------------------

    def sendall(self, call: Call) -> dict[str, Any]:
        """POST …/mass/sendall {filter, msgtype, …, clientmsgid}."""
        given = call.body.get("filter")
        if not isinstance(given, dict):
            raise ApiError(40097, "filter")
        to_all = given.get("is_to_all", False) is True
        if to_all:
            people = self._followers.subscribed()
        else:
            tag = given.get("tag_id")
            if not isinstance(tag, int) or not self._tags.exists(tag):
                raise ApiError(40152)
            people = list(self._followers.with_tag(tag))
        return self._send(call, people, scope="all" if to_all else f"tag {given.get('tag_id')}")

    def send(self, call: Call) -> dict[str, Any]:
        """POST …/mass/send to 2–10,000 openids; service accounts only."""
        listed = call.body.get("touser")
        if not isinstance(listed, list) or len(listed) < 2:
            raise ApiError(40130)
        if len(listed) > 10_000:
            raise ApiError(40032)
        people = [self._followers.required(str(openid)) for openid in listed]
        return self._send(call, people, scope=",".join(sorted(map(str, listed))))

    def preview(self, call: Call) -> dict[str, Any]:
        """POST …/mass/preview: shows a draft or a text to one person; the draft stays."""
        name = call.text("towxname")
        if name:
            if self._previews[self._account.day()] >= PREVIEW_BY_NAME:
                raise ApiError(45009)
            self._previews[self._account.day()] += 1
            person = next((p for p in self._followers.all() if p.name == name), None)
            if person is None:
                raise ApiError(40003, name[:32])
        else:
            person = self._followers.required(call.text("touser"))
        if not person.subscribed:
            raise ApiError(43004)
        kind, content, articles = self._content(call, single_image=True)
        if articles:
            shown = [self._book.preview(article) for article in articles]
            content = {"articles": [_card(article) for article in shown]}
        self._followers.say(person, "account", kind, content, via="preview")
        self._effects.previews.append(self._text_effect(call, "preview", kind, str(content.get("content", ""))))
        return {"errcode": 0, "errmsg": "preview success"}

    def get(self, call: Call) -> dict[str, Any]:
        """POST …/mass/get {msg_id}."""
        job = self._job(call)
        if job.deleted:
            status = "DELETE"
        elif not job.status:
            status = "SENDING"
        else:
            status = "SEND_SUCCESS" if job.status == SUCCESS else "SEND_FAIL"
        return {"msg_id": job.msg_id, "msg_status": status}

    def delete(self, call: Call) -> dict[str, Any]:
        """POST …/mass/delete {msg_id, article_idx} or {url}: the card stays in the chats, the content dies."""
        url = call.text("url")
        if url:
            article = self._book.at_url(url)
            if article is None or article.origin != "mass":
                raise ApiError(40066)
            self._erase([article])
            return {"errcode": 0, "errmsg": "ok"}
        job = self._job(call)
        index = call.number("article_idx")
        if job.status != SUCCESS or job.batch is None:
            raise ApiError(40059)
        if not 0 <= index <= len(job.batch.articles):
            raise ApiError(40060)
        self._erase([a for i, a in enumerate(job.batch.articles, 1) if index in (0, i)])
        return {"errcode": 0, "errmsg": "ok"}

    def speed_get(self, call: Call) -> dict[str, Any]:
        """POST …/mass/speed/get."""
        return {"speed": self._speed, "realspeed": SPEEDS[self._speed]}

    def speed_set(self, call: Call) -> dict[str, Any]:
        """POST …/mass/speed/set {speed: 0–4}."""
        speed = call.number("speed", -1)
        if speed not in SPEEDS:
            raise ApiError(45083)
        self._speed = speed
        return {"errcode": 0, "errmsg": "ok"}

    # -- time and the administrator -------------------------------------------------------------------------------

    def tick(self) -> None:
        """Finish what is due, and give up on an administrator who said nothing for half an hour."""
        now = self._account.now()
        for job in list(self._jobs.values()):
            if job.status:
                continue
            if job.waits_for_admin:
                if now - job.at >= PROTECTION_SECONDS:
                    self._finish(job, NO_ADMIN)
            elif job.settles_at <= now:
                self._finish(job, self.next_statuses.popleft() if self.next_statuses else SUCCESS)

    def administrator(self, msg_id: int, *, agrees: bool) -> None:
        """The control API: the administrator answers the question on the phone."""
        job = self._jobs.get(msg_id)
        if job is None or not job.waits_for_admin or job.status:
            raise ApiError(40059)
        if not agrees:
            self._finish(job, ADMIN_REFUSED)
            return
        job.waits_for_admin = False
        job.settles_at = self._account.now() + self._account.options.mass_seconds

    # -- inside -------------------------------------------------------------------------------------------------

    def _send(self, call: Call, people: list[Follower], *, scope: str) -> dict[str, Any]:
        account = self._account
        key = self._key(call, scope)
        kind, content, articles = self._content(call)
        self._check_quota(to_all=scope == "all")
        now = account.now()
        draft = self._consumed(call)
        media_id = draft.media_id if draft is not None else ""
        job = Sending(
            msg_id=account.serial(),
            msg_data_id=account.serial(),
            kind=kind,
            people=people,
            batch=None,
            text=str(content.get("content", "")),
            at=now,
            settles_at=now + account.options.mass_seconds,
            waits_for_admin=account.options.mass_protection and scope == "all",
            draft=draft,
        )
        if articles:
            job.batch = Batch(
                msg_data_id=str(job.msg_data_id), articles=articles, origin="mass", at=now, media_id=media_id
            )
            job.effects = [effect_of(article, str(job.msg_id), i, now) for i, article in enumerate(articles, 1)]
        else:
            job.effects = [self._text_effect(call, str(job.msg_id), kind, job.text)]
        for effect in job.effects:
            effect.media_id, effect.msg_data_id, effect.recipients = media_id, str(job.msg_data_id), len(people)
        self._effects.mass_sends.extend(job.effects)
        self._jobs[job.msg_id] = job
        if key:
            self._remembered[key] = (now, job.msg_id)
        return {
            "errcode": 0,
            "errmsg": "send job submission success",
            "msg_id": job.msg_id,
            "msg_data_id": job.msg_data_id,
        }

    def _key(self, call: Call, scope: str) -> str:
        options = self._account.options
        key = call.text("clientmsgid")
        if len(key.encode()) > options.clientmsgid_bytes:
            raise ApiError(45067)
        if not key and options.clientmsgid_derived:
            key = digest(f"{scope}\n{sorted(call.body.items(), key=str)}")
        earlier = self._remembered.get(key) if key else None
        if earlier is not None:
            age = self._account.now() - earlier[0]
            if age < options.clientmsgid_retry_seconds:
                raise ApiError(45066)
            if age < MEMORY_SECONDS:
                raise ApiError(45065, msg_id=earlier[1])
        return key

    def _check_quota(self, *, to_all: bool) -> None:
        running = sum(1 for job in self._jobs.values() if not job.status)
        used = self._successes[self._account.day()] + running
        if not self._account.service and used >= PER_DAY:
            raise ApiError(45028)
        if self._account.service and to_all and self._successes[f"all {self._account.day()}"] + running >= PER_DAY:
            raise ApiError(45028)

    def _content(self, call: Call, *, single_image: bool = False) -> tuple[str, dict[str, Any], list[Article]]:
        kind = call.text("msgtype")
        allowed = {"mpnews", "text", "voice", "mpvideo", "image" if single_image else "images"}
        if kind not in allowed:
            raise ApiError(40008, kind[:32])
        given = call.body.get(kind)
        if not isinstance(given, dict):
            raise ApiError(44002)
        if kind == "mpnews":
            return kind, {}, list(self._drafts.find(str(given.get("media_id", ""))).articles)
        if kind == "text":
            return kind, self._text(given), []
        if kind == "images":
            listed = given.get("media_ids")
            if not isinstance(listed, list) or not listed:
                raise ApiError(40007, "media_ids")
            for media_id in listed:
                self._materials.usable(str(media_id), "image")
            return kind, {"media_ids": listed, "content": str(given.get("recommend", ""))}, []
        media_id = str(given.get("media_id", ""))
        self._materials.usable(media_id, "video" if kind == "mpvideo" else kind)
        return kind, {"media_id": media_id}, []

    def _text(self, given: Mapping[str, Any]) -> dict[str, Any]:
        content = given.get("content")
        if not isinstance(content, str) or not content:
            raise ApiError(44004)
        if len(content.encode()) > self._account.options.text_limit_bytes:
            raise ApiError(45002)
        for link in _LINK.findall(content):
            if urlsplit(link).hostname != "mp.weixin.qq.com" and not self._book.is_article(link):
                raise ApiError(40066)
        return {"content": content}

    def _consumed(self, call: Call) -> Draft | None:
        if call.text("msgtype") != "mpnews":
            return None
        return self._drafts.take(str(call.body["mpnews"]["media_id"]))

    def _finish(self, job: Sending, status: str) -> None:
        job.status = status
        good = status == SUCCESS
        if not good and job.draft is not None:
            self._drafts.put_back(job.draft)
        reached = self._reach(job) if good else []
        total = len(job.people)
        sent = len(reached)
        job.counts = (total, total if good else 0, sent, (total - sent) if good else total)
        if good:
            self._successes[self._account.day()] += 1
            self._successes[f"all {self._account.day()}"] += len(job.people) == len(self._followers.subscribed())
        for index, effect in enumerate(job.effects):
            effect.state, effect.status = ("live" if good else "failed"), status
            effect.recipients = sent
            if good:
                effect.live_at = self._account.now()
                effect.url = job.batch.articles[index].url if job.batch is not None else ""
        self._pusher.announce("MASSSENDJOBFINISH", _event(job))

    def _reach(self, job: Sending) -> list[Follower]:
        if job.batch is not None:
            self._book.issue(job.batch)
        month = self._account.month()
        reached = []
        for person in job.people:
            if not person.subscribed:
                continue
            if self._account.service and person.received.get(month, 0) >= PER_PERSON_A_MONTH:
                continue
            person.received[month] = person.received.get(month, 0) + 1
            if job.batch is not None:
                content: dict[str, Any] = {"articles": [_card(article) for article in job.batch.articles]}
            else:
                content = {"content": job.text}
            self._followers.say(person, "account", job.kind, content, via="mass")
            reached.append(person)
        return reached

    def _erase(self, articles: list[Article]) -> None:
        for article in articles:
            article.deleted = True
            for effect in self._effects.mass_sends:
                if effect.url and effect.url == article.url:
                    effect.deleted = True
        for job in self._jobs.values():
            if job.batch is not None and all(article.deleted for article in job.batch.articles):
                job.deleted = True

    def _job(self, call: Call) -> Sending:
        number = call.text("msg_id")
        job = self._jobs.get(int(number)) if number.isdecimal() else None
        if job is None:
            raise ApiError(40059)
        return job

    def _text_effect(self, call: Call, number: str, kind: str, text: str) -> Effect:
        return Effect(
            id=number,
            index=1,
            title="",
            title_sha256=digest(""),
            body_sha256=digest(text),
            stored_sha256=digest(text),
            source_url="",
            media_id="",
            at=self._account.now(),
            openid=call.text("touser"),
            kind=kind,
        )


def _card(article: Article) -> dict[str, str]:
    return {
        "title": article.title,
        "description": article.digest,
        "picture": article.thumb_url,
        "url": article.url,
    }


def _event(job: Sending) -> dict[str, Any]:
    total, filtered, sent, errors = job.counts
    articles = [] if job.batch is None or job.status != SUCCESS else job.batch.articles
    urls = [{"ArticleIdx": i, "ArticleUrl": article.url} for i, article in enumerate(articles, 1)]
    return {
        "MsgID": job.msg_id,
        "Status": job.status,
        "TotalCount": total,
        "FilterCount": filtered,
        "SentCount": sent,
        "ErrorCount": errors,
        "CopyrightCheckResult": {"Count": 0, "ResultList": {}, "CheckState": 1},
        "ArticleUrlResult": {"Count": len(urls), "ResultList": {"item": urls} if urls else {}},
    }
