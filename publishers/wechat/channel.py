"""The WeChat channel: draft, then publish (发布) or send to all followers (群发).

Why nothing goes out twice. Publishing consumes the draft, so its media_id serves once: ``prepare`` makes one draft,
``send`` submits it, and after an intent no other draft is ever made. A mass send besides carries a clientmsgid made
of the delivery and its draft; the platform remembers it for 24 hours and answers 45065 to a second one.

What ``look`` may conclude. The draft is still there: nothing was published, and sending the same draft again is at most
once (ABSENT). The draft is gone: it went out; a published article is found by the permalink of our page, otherwise
UNKNOWN. For a mass send a draft that is still there proves less, since a send that waits for the administrator may
keep it; ABSENT is then said only while the clientmsgid is remembered, for then a repetition finds the first one
instead of sending. When the draft is gone, repeating the call is doubly without effect (dead draft, remembered id) and
is used to ask for the msg_id.
"""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from disclosures.content import TEXT_ONLY, Content
from publishers.echo.port import Echo
from publishers.errors import ChannelRefused, ChannelUnavailable, OutcomeUnknown
from publishers.port import (
    WITHOUT_PICTURES,
    Capabilities,
    ChannelName,
    Facts,
    Live,
    LoadFile,
    Problem,
    Rendered,
    Shown,
    Sighting,
    Ticket,
    Verdict,
)
from publishers.slot import Planned, nothing_planned
from publishers.wechat.article import MASS, check_article, render_article, with_pictures, without_pictures
from publishers.wechat.client import WeChatClient
from publishers.wechat.comments import WeChatComments
from publishers.wechat.figures import WeChatFigures
from publishers.wechat.limits import WeChatLimits
from publishers.wechat.pictures import PictureShelf
from publishers.wechat.readiness import readiness
from publishers.wechat.reading import Reading, approved_text
from publishers.wechat.sightings import LOOKED_ABSENT, mass_status, publication, recognised, text_hash

# A lease is 60 s; preparing and sending are done under one, and together they must end within half of it.
_PREPARING: Final = 16.0
_SENDING: Final = 9.0
_COMPARING: Final = 4.0
_READING: Final = 28.0
_BY_HAND: Final = "请公众号管理员在公众平台的发表记录中手工删除，然后登记结果。"


class WeChatChannel:
    """A RemoteChannel (publishers.port) for one official account."""

    name = ChannelName.WECHAT
    capabilities = Capabilities(
        local=False, links_to_portal=True, drafts=True, follows=True, may_conclude_absent=True
    )  # fmt: skip

    def __init__(
        self,
        *,
        client: WeChatClient,
        limits: WeChatLimits,
        default_cover: Path,
        account_name: str,
        planned: Planned = nothing_planned,
        opens_comments: bool = False,
        daily_figures: bool = False,
    ) -> None:
        self.echo = Echo(
            discussion=WeChatComments(client=client, opens=opens_comments),
            figures=WeChatFigures(client=client, daily=daily_figures),
        )
        self._client = client
        self._planned = planned
        self._limits = limits
        self._account_name = account_name
        self._shelf = PictureShelf(client=client, limits=limits, default_cover=default_cover)
        self._reading = Reading(client=client)

    # -- before ----------------------------------------------------------------------------------------------------

    def render(self, content: Content, *, page_url: str) -> Rendered:
        """The article as it will be sent; pictures are named by SHA-256 until they are uploaded."""
        return Rendered(
            payload=render_article(
                content, page_url=page_url, limits=self._limits, account_name=self._account_name
            )
        )  # fmt: skip

    def check(self, content: Content, *, page_url: str) -> tuple[Problem, ...]:
        """What the platform would refuse or spoil."""
        return check_article(content, page_url=page_url, limits=self._limits, account_name=self._account_name)

    async def prepare(self, ticket: Ticket, load_file: LoadFile) -> Facts:
        """Uploads what is not there yet and makes the draft: {media_id, draft_hash, kept_hash}. Nothing when there is a draft."""
        if ticket.facts.get("media_id"):
            return {}
        if ticket.intent_at is not None:
            # A new draft would have a new media_id and lose the protection against a second publication.
            raise ChannelRefused("已有发送意图但没有草稿编号，不能再建草稿。", remedy="请在公众平台核对后由人处理。")
        async with _deadline("准备草稿用时过长，已上传的图片会保留。", _PREPARING):
            return await self._drafted(ticket, load_file)

    async def _drafted(self, ticket: Ticket, load_file: LoadFile) -> Facts:
        payload = ticket.payload
        written, cover, cover_id, lost = await self._illustrated(payload, load_file)
        article = {
            "article_type": "news",
            "title": payload["title"],
            "author": payload["author"],
            "digest": payload["digest"],
            "content": written,
            "content_source_url": payload["content_source_url"],
            "thumb_media_id": cover_id,
            "need_open_comment": 0,
            "only_fans_can_comment": 0,
        }
        try:
            media_id = await self._client.add_draft(article)
        except ChannelRefused as refusal:
            if refusal.detail.get("errcode") != 40007:
                raise
            # Somebody removed the cover on the website: it is the only id in a new draft.
            article["thumb_media_id"] = await self._shelf.cover(cover, load_file, anew=True)
            media_id = await self._client.add_draft(article)
        facts = {"media_id": media_id, "draft_hash": text_hash(payload["title"], payload["content_html"]), **lost}
        try:
            kept = await self._client.draft(media_id)
        except ChannelUnavailable:
            return facts  # The draft stands; failing now would only leave it behind as an orphan.
        return {**facts, "kept_hash": _hash_of(kept)} if kept else facts

    async def _illustrated(self, payload: Mapping[str, Any], load_file: LoadFile) -> tuple[str, str | None, str, Facts]:
        """(the body with its pictures uploaded, the cover, its id on the platform, facts). When the platform refuses a picture for good and
        the reviewers signed for the text alone, the body is without pictures, or the cover is the default one."""
        text_only, lost = payload.get("on_picture_failure") == TEXT_ONLY, ""
        try:
            addresses = {
                picture["sha256"]: await self._shelf.body_address(picture["sha256"], load_file)
                for picture in payload["pictures"]
            }
            written = with_pictures(payload["content_html"], addresses)
        except ChannelRefused as refused:
            if not text_only:
                raise
            written, lost = without_pictures(payload["content_html"]), str(refused)
        cover = payload["cover"]["sha256"] if payload["cover"] else None
        try:
            cover_id = await self._shelf.cover(cover, load_file)
        except ChannelRefused as refused:
            if not text_only or cover is None:
                raise
            cover, lost = None, lost or f"封面：{refused}"
            cover_id = await self._shelf.cover(None, load_file)
        return written, cover, cover_id, {WITHOUT_PICTURES: lost} if lost else {}

    # -- the one call with an effect -------------------------------------------------------------------------------

    async def send(self, ticket: Ticket) -> Sighting:
        """Submits the draft. RUNNING: accepted, with publish_id or msg_id in the facts."""
        media_id = _draft_of(ticket)
        async with _deadline("发送前核对草稿用时过长，尚未发送。", _COMPARING):
            await self._unchanged(ticket, media_id)
        async with _deadline("发送用时过长，无法确定是否已经生效。", _SENDING, irreversible=True):
            try:
                if ticket.payload["mode"] == MASS:
                    return await self._sent_to_all(ticket, media_id)
                return await self._submitted(media_id)
            except ChannelRefused as refusal:
                if refusal.detail.get("errcode") != 40007:
                    raise
                return await self._explained(ticket, refusal)

    async def _unchanged(self, ticket: Ticket, media_id: str) -> None:
        """Refuses a draft that somebody edited on the website: only what three people approved goes out."""
        kept = ticket.facts.get("kept_hash")
        draft = await self._client.draft(media_id) if kept else None
        if draft is not None and _hash_of(draft) != kept:
            raise ChannelRefused(
                "草稿在公众平台被改动，与审核通过的内容不一致。",
                remedy="请在公众平台删除该草稿，修改内容的须重新审核，然后重新安排发布。", media_id=media_id,
            )  # fmt: skip

    async def _explained(self, ticket: Ticket, refusal: ChannelRefused) -> Sighting:
        """Why the draft is gone: an earlier submission of it may have taken effect late (an answer lost, then ABSENT)."""
        sighting = await self._reading.found_published(ticket)
        if sighting is not None:
            return sighting
        if ticket.facts.get(LOOKED_ABSENT):
            raise OutcomeUnknown(
                "草稿已被先前的提交使用，结果尚待核实。", remedy="请等待系统核实，不要重复发送。", **refusal.detail
            )
        raise refusal

    async def _submitted(self, media_id: str) -> Sighting:
        answer = await self._client.submit(media_id)
        facts = {"publish_id": str(answer["publish_id"]), "msg_data_id": str(answer.get("msg_data_id") or "")}
        return Sighting(verdict=Verdict.RUNNING, message="微信已受理，正在审核。", facts=facts, evidence=facts)

    async def _sent_to_all(self, ticket: Ticket, media_id: str) -> Sighting:
        answer = await self._client.send_to_all(media_id, clientmsgid=self._message_id(ticket, media_id))
        facts = {"msg_id": str(answer["msg_id"]), "msg_data_id": str(answer.get("msg_data_id") or "")}
        message = "微信先前已受理该群发。" if answer["repeated"] else "微信已受理群发。"
        return Sighting(
            verdict=Verdict.RUNNING, message=message, facts=facts, evidence={**facts, "repeated": answer["repeated"]}
        )

    def _message_id(self, ticket: Ticket, media_id: str) -> str:
        """The clientmsgid: the same for every try of this draft, another for every other. 32 bytes at most."""
        mark = hashlib.sha256(f"{self._client.account}/{ticket.delivery_id}/{media_id}".encode()).hexdigest()
        return f"mb{mark}"[: self._limits.client_message_id_bytes]

    # -- after -----------------------------------------------------------------------------------------------------

    async def follow(self, ticket: Ticket) -> Sighting:
        """How the accepted submission ended. Reads count: 100 a day, so ask seldom."""
        async with _deadline("查询发布结果用时过长。"):
            if ticket.facts.get("msg_id"):
                msg_id = str(ticket.facts["msg_id"])
                return mass_status(await self._client.mass_status(msg_id), msg_id)
            publish_id = str(ticket.facts.get("publish_id") or "")
            if not publish_id:
                return await self._looked(ticket)
            sighting = publication(await self._client.publication(publish_id))
            if sighting.verdict is Verdict.FAILED and ticket.facts.get(LOOKED_ABSENT):
                return await self._reading.found_published(ticket) or sighting
            return sighting

    async def look(self, ticket: Ticket) -> Sighting:
        """After an unknown outcome: PUBLISHED, RUNNING, ABSENT (the same draft may be sent again) or UNKNOWN."""
        async with _deadline("核实用时过长。"):
            return await self._looked(ticket)

    async def _looked(self, ticket: Ticket) -> Sighting:
        if not ticket.facts.get("media_id"):
            return await self._looked_without_draft(ticket)
        media_id = _draft_of(ticket)
        there = await self._client.draft(media_id) is not None
        if ticket.payload["mode"] == MASS:
            return await self._looked_for_mass(ticket, media_id, there=there)
        if there:
            return _absent("草稿仍在草稿箱，尚未发布。")
        sighting = await self._reading.found_published(ticket)
        if sighting is not None:
            return sighting
        return Sighting(
            verdict=Verdict.UNKNOWN, message="草稿已不在草稿箱，但发表记录中尚未见到文章，可能仍在审核。",
            remedy="系统会继续核实；也可在公众平台的发表记录中查看。", evidence={"draft": "gone"},
        )  # fmt: skip

    async def _looked_without_draft(self, ticket: Ticket) -> Sighting:
        """A restored ledger may not know the draft: only the article itself can be found."""
        sighting = await self._reading.found_published(ticket)
        return sighting or Sighting(
            verdict=Verdict.UNKNOWN, message="发表记录中没有看到这篇文章，草稿编号也没有记录。",
            remedy="请在公众平台的发表记录和草稿箱中核对。", evidence={"draft": "not known"},
        )  # fmt: skip

    async def _looked_for_mass(self, ticket: Ticket, media_id: str, *, there: bool) -> Sighting:
        if not await self._remembered(ticket):
            return Sighting(
                verdict=Verdict.UNKNOWN, message="群发已超过平台的记忆时间，无法自动核实。",
                remedy="请在公众平台的发表记录中核对，再由人决定。", evidence={"draft": "there" if there else "gone"},
            )  # fmt: skip
        if there:
            return _absent("草稿仍在草稿箱；24 小时内用同一标识重发，平台会识别，不会重复群发。")
        try:
            return await self._sent_to_all(ticket, media_id)
        except (ChannelRefused, OutcomeUnknown) as error:
            return Sighting(
                verdict=Verdict.UNKNOWN, message="草稿已被使用，群发可能已受理，尚未得到任务编号。",
                remedy="系统会继续核实；也可在公众平台的发表记录中查看。", evidence={"draft": "gone", **error.detail},
            )  # fmt: skip

    async def _remembered(self, ticket: Ticket) -> bool:
        """Whether the platform surely still knows our clientmsgid; an hour is kept in hand."""
        memory = timedelta(hours=self._limits.client_message_id_hours - 1)
        return ticket.intent_at is not None and await self._client.now() - ticket.intent_at < memory

    def recognise(self, event: Mapping[str, Any], ticket: Ticket) -> Sighting | None:
        """Whether a pushed event is about this delivery, and what it says."""
        return recognised(event, ticket)

    # -- what a reader finds -----------------------------------------------------------------------------------------

    def approved_text(self, payload: Mapping[str, Any]) -> str:
        """Title and words of the article as it was frozen."""
        return approved_text(payload)

    async def read_back(self, ticket: Ticket) -> Live:
        """What is live for this delivery; a mass-sent article can only be told to be deleted."""
        async with _deadline("读取已发布的文章用时过长。"):
            return await self._reading.live(ticket)

    async def shown(self, *, limit: int) -> tuple[Shown, ...]:
        """The newest published articles and drafts, at most ``limit`` of each."""
        async with _deadline("读取发表记录用时过长。"):
            return await self._reading.shown(limit=limit)

    async def readiness(self) -> tuple[Problem, ...]:
        """What would keep a release, or what is planned already, from going out."""
        return await readiness(client=self._client, slots=await self._planned(), now=await self._client.now())

    # -- away ------------------------------------------------------------------------------------------------------

    async def withdraw(self, ticket: Ticket) -> Sighting:
        """Deletes what went out and proves it: GONE. ChannelRefused when a person must do it by hand."""
        async with _deadline("撤回用时过长。"):
            if ticket.facts.get("msg_id"):
                return await self._withdrawn_mass(str(ticket.facts["msg_id"]))
            if article_id := str(ticket.facts.get("article_id") or ""):
                return await self._withdrawn_article(article_id)
            end = await self._end_of(ticket)
            if end is None:
                return await self._withdrawn_draft(ticket)
            if end.verdict is Verdict.RUNNING:
                raise ChannelUnavailable("微信仍在审核，尚不能撤回。", remedy="审核结束后系统会再次撤回。")
            if end.verdict in {Verdict.GONE, Verdict.FAILED}:
                return _gone(f"文章不在微信上：{end.message}")
            return await self._withdrawn_article(end.external_id)

    async def _end_of(self, ticket: Ticket) -> Sighting | None:
        """What became of a submission whose article is not known; None when none can be seen."""
        if publish_id := str(ticket.facts.get("publish_id") or ""):
            return publication(await self._client.publication(publish_id))
        return await self._reading.found_published(ticket) if ticket.intent_at else None

    async def _withdrawn_article(self, article_id: str) -> Sighting:
        """Looks first: who removed it does not matter, and freepublish/delete has 10 calls a day (wechat.md §1)."""
        if await self._client.published_article(article_id) is None:
            return _gone("文章已从微信删除。", article_id=article_id)
        refusal: ChannelRefused | None = None
        try:
            await self._client.delete_publication(article_id)
        except ChannelRefused as error:
            refusal = error
        if await self._client.published_article(article_id) is None:
            return _gone("文章已从微信删除。", article_id=article_id)
        if refusal is not None:
            raise ChannelRefused(f"微信不允许删除：{refusal}", remedy=_BY_HAND, **refusal.detail) from refusal
        return Sighting(
            verdict=Verdict.RUNNING, external_id=article_id, message="微信受理了删除，但文章仍可见。", remedy=_BY_HAND
        )

    async def _withdrawn_mass(self, msg_id: str) -> Sighting:
        status = mass_status(await self._client.mass_status(msg_id), msg_id)
        if status.verdict is Verdict.RUNNING:
            raise ChannelUnavailable("群发尚未结束，不能撤回。", remedy="结束后系统会再次撤回。")
        if status.verdict is Verdict.PUBLISHED:
            await self._client.delete_mass(msg_id)
            status = mass_status(await self._client.mass_status(msg_id), msg_id)
        if status.verdict in {Verdict.GONE, Verdict.FAILED}:
            return _gone("群发内容已删除，聊天中的卡片仍在但已不能打开。", msg_id=msg_id)
        raise ChannelRefused("微信没有确认群发内容已删除。", remedy=_BY_HAND, msg_id=msg_id)

    async def _withdrawn_draft(self, ticket: Ticket) -> Sighting:
        """Nothing of ours is published as far as can be seen: a draft that is still there never went out."""
        media_id = str(ticket.facts.get("media_id") or "")
        if not media_id:
            return _gone("没有发送到微信，无需撤回。")
        if await self._client.draft(media_id) is None and ticket.intent_at is not None:
            raise ChannelRefused("草稿已被使用，但找不到对应的文章。", remedy=_BY_HAND, media_id=media_id)
        await self._client.delete_draft(media_id)
        return _gone("文章没有发布，草稿已删除。", media_id=media_id)


@asynccontextmanager
async def _deadline(message: str, seconds: float = _READING, *, irreversible: bool = False) -> AsyncIterator[None]:
    """Bounds a whole step, since each of its calls has only its own deadline."""
    try:
        async with asyncio.timeout(seconds):
            yield
    except TimeoutError:
        if irreversible:
            raise OutcomeUnknown(message, remedy="请等待系统核实，不要重复发送。") from None
        raise ChannelUnavailable(message, remedy="系统会稍后再试。") from None


def _draft_of(ticket: Ticket) -> str:
    media_id = str(ticket.facts.get("media_id") or "")
    if not media_id:
        raise ChannelRefused("没有草稿，不能发送。", remedy="请重新安排发布。")
    return media_id


def _hash_of(article: Mapping[str, Any]) -> str:
    return text_hash(str(article.get("title", "")), str(article.get("content", "")))


def _absent(message: str) -> Sighting:
    facts = {LOOKED_ABSENT: True}
    return Sighting(verdict=Verdict.ABSENT, message=message, facts=facts, evidence={"draft": "there"})


def _gone(message: str, **evidence: str) -> Sighting:
    return Sighting(verdict=Verdict.GONE, message=message, evidence=evidence)
