"""Weibo as a channel: one short post that links to the portal page. Weibo knows no drafts and no idempotent client id,
so a post is sent once and, where the outcome is not clear, only read back."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from audit.clock import Clock
from disclosures.content import TEXT_ONLY, Content, FileReference
from publishers.echo.port import Echo
from publishers.errors import ChannelBusy, ChannelRefused, ChannelUnavailable, OutcomeUnknown, PublishError
from publishers.port import (
    WITHOUT_PICTURES,
    Capabilities,
    ChannelName,
    Facts,
    Live,
    Liveness,
    LoadFile,
    Problem,
    Rendered,
    Severity,
    Shown,
    Sighting,
    Ticket,
    Verdict,
)
from publishers.slot import Planned, nothing_planned
from publishers.weibo.client import Picture, WeiboClient, WeiboError
from publishers.weibo.comments import WeiboComments
from publishers.weibo.figures import WeiboFigures
from publishers.weibo.limits import Limits
from publishers.weibo.outcomes import DOMAIN, NO_PICTURE, Outcome, meaning
from publishers.weibo.readiness import readiness
from publishers.weibo.reading import live_post, shown_posts
from publishers.weibo.text import Post, cleaned, compose, is_on, links_in, overridden, topics_in
from publishers.weibo.timeline import Seen, find, post_url

BY_HAND: Final = "请在微博后台手工删除，并在系统中登记。"
NOT_DELETABLE: Final = frozenset({10005, 10014, 10020, 10032, 20102, 21337})
"""The app may not delete, or not this post: only a person in Weibo's own back office can."""
HIDDEN: Final = 20112
"""The post is shown to nobody any more: to a reader it is gone."""
EXTENSIONS: Final = {"image/jpeg": "jpg", "image/png": "png", "image/gif": "gif"}


class WeiboChannel:
    """``safe_domain`` is the 安全域名 of the app; ``uid`` the account; ``rip`` the public address that stands in for
    the operator's (``facts["operator_ip"]`` wins). With ``load_file`` the disclosure's first picture goes along.
    ``public_url`` is the portal's root and ``planned`` tells what is planned already: both for ``readiness`` alone."""

    def __init__(
        self,
        *,
        client: WeiboClient,
        safe_domain: str,
        uid: str,
        rip: str,
        clock: Clock,
        load_file: LoadFile | None = None,
        limits: Limits | None = None,
        site: str = "https://weibo.com",
        public_url: str = "",
        planned: Planned = nothing_planned,
        comments: str = "timeline",
    ) -> None:
        self.echo = Echo(
            discussion=WeiboComments(client=client, uid=uid, rip=rip, listing=comments) if comments != "off" else None,
            figures=WeiboFigures(client=client),
        )
        self._client = client
        self._domain = safe_domain
        self._uid = uid
        self._rip = rip
        self._clock = clock
        self._load_file = load_file
        self._limits = limits or Limits.load()
        self._site = site
        self._public_url = public_url
        self._planned = planned

    @property
    def name(self) -> ChannelName:
        return ChannelName.WEIBO

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(local=False, links_to_portal=True, shows_newest=self._limits.timeline)

    def render(self, content: Content, *, page_url: str) -> Rendered:
        post = self._post(content, page_url)
        picture = self._picture(content)
        # The choice stands in the payload only when it was made: frozen payloads from before keep their hash.
        choice = content.weibo.on_picture_failure if picture else ""
        return Rendered(
            payload={
                **({"on_picture_failure": choice} if choice else {}),
                "text": post.text,
                "link": post.link,
                "count": post.count,
                "picture": picture.sha256 if picture else None,
                "picture_type": picture.media_type if picture else None,
            }
        )

    def check(self, content: Content, *, page_url: str) -> tuple[Problem, ...]:
        own = content.weibo.text
        post = self._post(content, page_url)
        field = "weibo.text" if own else "title"
        problems: list[Problem] = []
        if not cleaned(own or content.title).strip():
            problems.append(_problem(Severity.BLOCK, field, "微博文案为空", "请填写标题，或单独填写微博文案。"))
        if not is_on(post.link, self._domain):
            problems.append(
                _problem(
                    Severity.BLOCK,
                    "channels",
                    f"门户链接不在微博安全域名 {self._domain} 之下，微博将拒绝发布",
                    "请联系系统管理员核对门户地址与微博开放平台登记的安全域名，两者须完全一致（含 www.）。",
                )
            )
        foreign = [link for link in links_in(own) if not is_on(link, self._domain)]
        if foreign:
            problems.append(
                _problem(
                    Severity.BLOCK,
                    field,
                    f"微博文案含有其他域名的链接：{foreign[0]}",
                    "微博只接受本门户的链接，请删去，读者可由门户页面进入。",
                )
            )
        if post.count > self._limits.hard:
            problems.append(
                _problem(
                    Severity.BLOCK,
                    field,
                    f"微博文案计 {post.count} 字（含链接），超过 {self._limits.hard} 字上限",
                    f"请删减至少 {post.count - self._limits.target} 字。",
                )
            )
        elif post.count > self._limits.target:
            problems.append(
                _problem(
                    Severity.WARN,
                    field,
                    f"微博文案计 {post.count} 字，接近上限",
                    f"建议不超过 {self._limits.target} 字。",
                )
            )
        if topics := topics_in(own or f"{content.title}\n{content.summary}"):
            problems.append(
                _problem(
                    Severity.WARN,
                    field,
                    f"微博分享接口不支持话题“#{topics[0]}#”，发布时井号将去掉",
                    "如需带话题，请发布后在微博客户端转发时添加。",
                )
            )
        return tuple(problems)

    async def prepare(self, ticket: Ticket, load_file: LoadFile) -> Facts:
        """Weibo has no drafts: there is nothing to prepare."""
        return {}

    async def send(self, ticket: Ticket) -> Sighting:
        text_only = ticket.payload.get("on_picture_failure") == TEXT_ONLY
        try:
            picture, lost = await self._load_picture(ticket), ""
        except ChannelRefused as refused:
            if not text_only:
                raise
            picture, lost = None, str(refused)
        rip, text = str(ticket.facts.get("operator_ip") or self._rip), str(ticket.payload["text"])
        try:
            try:
                answer = await self._client.share(text=text, rip=rip, picture=picture)
            except WeiboError as error:
                if not text_only or picture is None or error.code not in NO_PICTURE:
                    raise
                # Refused for its picture, so nothing was written: the one post that may go out is still to be made.
                lost = meaning(error.code).message
                answer = await self._client.share(text=text, rip=rip)
        except WeiboError as error:
            raise await self._as_ours(error) from error
        seen = Seen.read(answer)
        if seen is None:
            raise OutcomeUnknown("微博答复成功，但没有给出微博编号", keys=sorted(answer)[:20])
        return self._published(seen, lost=lost)

    async def follow(self, ticket: Ticket) -> Sighting:
        """Weibo accepts and is done, or is to be looked up: following is looking."""
        return await self.look(ticket)

    async def look(self, ticket: Ticket) -> Sighting:
        """PUBLISHED or UNKNOWN, never ABSENT: five newer posts, a late commit or a review hide a post that is there."""
        try:
            statuses = await self._client.timeline(count=self._limits.timeline)
        except WeiboError as error:
            raise await self._as_ours(error, reading=True) from error
        except OutcomeUnknown as error:
            raise ChannelUnavailable(str(error), remedy="", **error.detail) from error
        payload = ticket.payload
        seen = find(statuses, text=str(payload["text"]), link=str(payload["link"]), since=ticket.intent_at)
        if seen:
            return self._published(seen)
        newest = [str(status.get("mid") or status.get("idstr") or "") for status in statuses]
        return Sighting(
            verdict=Verdict.UNKNOWN, message="微博时间线最新几条中尚未看到本条", evidence={"newest": newest}
        )

    def recognise(self, event: Mapping[str, Any], ticket: Ticket) -> Sighting | None:
        """Weibo pushes nothing about posts."""
        return None

    def approved_text(self, payload: Mapping[str, Any]) -> str:
        """The post as it was frozen."""
        return str(payload["text"])

    async def read_back(self, ticket: Ticket) -> Live:
        """The post as it stands; GONE when Weibo does not know it any more, or shows it to nobody."""
        mid = str(ticket.facts.get("mid") or "")
        try:
            if mid:
                status = await self._client.show(mid)
            else:
                # A person found it: its number is not known, but it may still be among the newest.
                return await self._live_in_timeline(ticket)
        except WeiboError as error:
            if meaning(error.code).outcome is Outcome.GONE or error.code == HIDDEN:
                return Live(liveness=Liveness.GONE, message=meaning(error.code).message, evidence={"code": error.code})
            raise await self._as_ours(error, reading=True) from error
        except OutcomeUnknown as error:
            raise ChannelUnavailable(str(error), remedy="", **error.detail) from error
        if status.get("deleted") in (True, 1, "1"):
            return Live(liveness=Liveness.GONE, message="该微博已被删除", evidence={"deleted": True})
        return live_post(status, ticket.payload, site=self._site, uid=self._uid)

    async def _live_in_timeline(self, ticket: Ticket) -> Live:
        statuses = await self._client.timeline(count=self._limits.timeline)
        payload = ticket.payload
        seen = find(statuses, text=str(payload["text"]), link=str(payload["link"]), since=ticket.intent_at)
        status = next((one for one in statuses if seen and str(one.get("mid") or one.get("idstr")) == seen.mid), None)
        if status is None:
            return Live(liveness=Liveness.UNREADABLE, message="没有记录微博编号，时间线最新几条中也没有本条")
        return live_post(status, payload, site=self._site, uid=self._uid)

    async def shown(self, *, limit: int) -> tuple[Shown, ...]:
        """The newest posts; an ordinary app is shown five."""
        try:
            statuses = await self._client.timeline(count=max(1, min(limit, self._limits.timeline)))
        except WeiboError as error:
            raise await self._as_ours(error, reading=True) from error
        except OutcomeUnknown as error:
            raise ChannelUnavailable(str(error), remedy="", **error.detail) from error
        return shown_posts(statuses, site=self._site, uid=self._uid, domain=self._domain)

    async def readiness(self) -> tuple[Problem, ...]:
        """What would keep a release, or what is planned already, from going out."""
        return await readiness(
            client=self._client, uid=self._uid, safe_domain=self._domain, public_url=self._public_url, rip=self._rip,
            slots=await self._planned(), now=await self._clock.now(),
        )  # fmt: skip

    async def withdraw(self, ticket: Ticket) -> Sighting:
        """Deletes the post and proves it by looking. Deleting twice does no harm: what is unclear is tried again. Where
        the app may not delete, a person must; the look then tells whether he did."""
        mid = str(ticket.facts.get("mid") or "")
        if not mid:
            raise ChannelRefused("没有记录微博编号，无法自动撤回", remedy=BY_HAND)
        refusal: ChannelRefused | ChannelUnavailable | None = None
        try:
            await self._client.destroy(mid)
        except OutcomeUnknown:
            # Whether it was deleted is what the look below finds out.
            refusal = ChannelUnavailable("微博仍可见，将再次删除", remedy="如多次未成功，" + BY_HAND, mid=mid)
        except WeiboError as error:
            means = meaning(error.code)
            if error.code in NOT_DELETABLE:
                said = f"微博不允许通过接口删除：{means.message}"
                refusal = ChannelRefused(said, remedy=BY_HAND, code=error.code, words=error.words)
            elif means.outcome not in (Outcome.GONE, Outcome.UNKNOWN):
                raise await self._as_ours(error, reading=True) from error
        return await self._prove_gone(mid, refusal)

    async def _prove_gone(self, mid: str, refusal: ChannelRefused | ChannelUnavailable | None) -> Sighting:
        try:
            shown = await self._client.show(mid)
        except WeiboError as error:
            if meaning(error.code).outcome is Outcome.GONE:
                return Sighting(
                    verdict=Verdict.GONE, external_id=mid, message="微博已删除", evidence={"code": error.code}
                )
            raise refusal or await self._as_ours(error, reading=True) from error
        except (OutcomeUnknown, ChannelUnavailable) as error:
            raise refusal or ChannelUnavailable("删除后未能核实，将再次核实", remedy="", **error.detail) from error
        if shown.get("deleted") in (True, 1, "1"):
            return Sighting(verdict=Verdict.GONE, external_id=mid, message="微博已删除", evidence={"deleted": True})
        if refusal is not None:
            raise refusal
        return Sighting(
            verdict=Verdict.RUNNING,
            external_id=mid,
            message="微博仍可见，将再次删除",
            remedy="如多次未成功，" + BY_HAND,
        )

    async def _as_ours(self, error: WeiboError, *, reading: bool = False) -> PublishError:
        """The platform's no in our words. ``reading`` is for calls that may be repeated: none leaves an unknown."""
        means = meaning(error.code)
        detail = {"code": error.code, "words": error.words, "status": error.status}
        match means.outcome:
            case Outcome.QUOTA | Outcome.FLOOD:
                at = self._retry_at(await self._clock.now(), flood=means.outcome is Outcome.FLOOD)
                return ChannelBusy(means.message, retry_at=at, remedy=means.remedy, **detail)
            case Outcome.UNKNOWN if not reading:
                return OutcomeUnknown(means.message, remedy=means.remedy, **detail)
            case Outcome.LATER | Outcome.UNKNOWN:
                return ChannelUnavailable(means.message, remedy="系统将自动重试。", **detail)
        if error.code == 10017 and "bind" in error.words:
            return ChannelRefused("微博应用尚未绑定安全域名", remedy=DOMAIN, **detail)
        return ChannelRefused(means.message, remedy=means.remedy, **detail)

    def _retry_at(self, now: datetime, *, flood: bool) -> datetime:
        if flood:
            return now + timedelta(minutes=self._limits.flood_wait_minutes)
        window = timedelta(minutes=self._limits.rate_window_minutes)
        midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
        return midnight + ((now - midnight) // window + 1) * window + timedelta(seconds=30)

    def _post(self, content: Content, page_url: str) -> Post:
        if content.weibo.text.strip():
            return overridden(text=content.weibo.text, link=page_url, limits=self._limits)
        return compose(title=content.title, summary=content.summary, link=page_url, limits=self._limits)

    def _picture(self, content: Content) -> FileReference | None:
        if self._load_file is None:
            return None
        allowed = (
            p
            for p in content.pictures
            if p.media_type in self._limits.picture_types and p.size <= self._limits.picture_bytes
        )
        return next(allowed, None)

    async def _load_picture(self, ticket: Ticket) -> Picture | None:
        sha256 = ticket.payload.get("picture")
        if not sha256:
            return None
        if self._load_file is None:
            raise ChannelRefused("微博图片无法读取", remedy="请联系系统管理员。")
        media_type = str(ticket.payload.get("picture_type"))
        return Picture(
            data=await self._load_file(str(sha256)),
            media_type=media_type,
            file_name=f"picture.{EXTENSIONS.get(media_type, 'jpg')}",
        )

    def _published(self, seen: Seen, *, lost: str = "") -> Sighting:
        uid = seen.uid or self._uid
        return Sighting(
            verdict=Verdict.PUBLISHED,
            external_id=seen.mid,
            url=post_url(site=self._site, uid=uid, mid=seen.mid),
            facts={"mid": seen.mid, "uid": uid, **({WITHOUT_PICTURES: lost} if lost else {})},
            evidence={"mid": seen.mid, "text": seen.text, "created_at": seen.created_at.isoformat()},
        )


def _problem(severity: Severity, field: str, message: str, remedy: str) -> Problem:
    return Problem(severity=severity, field=field, message=message, remedy=remedy)
