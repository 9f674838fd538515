"""The calls of the official account API that this house makes. Failed means: ``errcode`` is present and not 0."""

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import aiohttp

from publishers.errors import ChannelRefused, ChannelUnavailable, OutcomeUnknown
from publishers.wechat.limits import WeChatLimits
from publishers.wechat.outcomes import Kind, failure, outcome_of
from publishers.wechat.token import WeChatTokens
from publishers.wechat.wire import Request, Wire, as_json

_log: Final = logging.getLogger(__name__)
_JSON: Final = "application/json"
_ALREADY_SENT: Final = 45065


class WeChatClient:
    """One account's API over an own transport: a deadline on every call, one renewal of the token, no blind repeats.

    Every call raises ChannelUnavailable, ChannelBusy or ChannelRefused; the irreversible ones (``submit``,
    ``send_to_all``, ``send_custom_text``) raise OutcomeUnknown when nobody can know whether they took effect.
    """

    def __init__(
        self,
        *,
        http: aiohttp.ClientSession,
        api_base: str,
        tokens: WeChatTokens,
        limits: WeChatLimits | None = None,
    ) -> None:
        self._wire = Wire(http=http, api_base=api_base)
        self._tokens = tokens
        self._limits = limits or WeChatLimits()

    @property
    def account(self) -> str:
        """Under what name materials and tokens of this account are kept."""
        return self._tokens.account

    async def now(self) -> datetime:
        """The moment by the clock of the house."""
        return await self._tokens.clock.now()

    # -- materials and drafts: all may be repeated ----------------------------------------------------------------

    async def upload_body_picture(self, data: bytes, *, file_name: str, media_type: str) -> str:
        """POST media/uploadimg: the address of a picture for article bodies."""
        answer = await self._upload("/cgi-bin/media/uploadimg", data, file_name, media_type, {})
        return _wanted(answer, "url")

    async def upload_cover(self, data: bytes, *, file_name: str, media_type: str) -> str:
        """POST material/add_material?type=image: the media_id of a lasting picture; covers need one."""
        answer = await self._upload("/cgi-bin/material/add_material", data, file_name, media_type, {"type": "image"})
        return _wanted(answer, "media_id")

    async def add_draft(self, article: Mapping[str, Any]) -> str:
        """POST draft/add: the media_id of a new draft with one article."""
        return _wanted(await self._post("/cgi-bin/draft/add", {"articles": [dict(article)]}), "media_id")

    async def draft(self, media_id: str) -> dict[str, Any] | None:
        """POST draft/get: the draft's first article; None when the draft is not (or no longer) there."""
        try:
            answer = await self._post("/cgi-bin/draft/get", {"media_id": media_id})
        except ChannelRefused as refusal:
            if refusal.detail.get("errcode") == 40007:
                return None
            raise
        return _first_article(answer)

    async def delete_draft(self, media_id: str) -> None:
        """POST draft/delete. A draft that is not there is no error."""
        try:
            await self._post("/cgi-bin/draft/delete", {"media_id": media_id})
        except ChannelRefused as refusal:
            if refusal.detail.get("errcode") != 40007:
                raise

    async def drafts_page(self, *, offset: int, count: int = 20, texts: bool = False) -> list[dict[str, Any]]:
        """POST draft/batchget: drafts {media_id, content, update_time}, newest first; the bodies only with ``texts``.
        Everybody's drafts: those of the website's editors too. 1,000 calls a day."""
        body = {"offset": offset, "count": count, "no_content": 0 if texts else 1}
        answer = await self._post("/cgi-bin/draft/batchget", body)
        return [item for item in answer.get("item") or [] if isinstance(item, dict)]

    # -- publishing (发布) -------------------------------------------------------------------------------------------

    async def submit(self, media_id: str) -> dict[str, Any]:
        """POST freepublish/submit. **Irreversible.** Done means accepted only: {publish_id, msg_data_id?}."""
        answer = await self._post("/cgi-bin/freepublish/submit", {"media_id": media_id}, irreversible=True)
        if not answer.get("publish_id"):
            raise OutcomeUnknown("微信受理了发布，但没有给出任务编号。", remedy="请等待系统核实，不要重复发送。")
        return answer

    async def publication(self, publish_id: str) -> dict[str, Any]:
        """POST freepublish/get: {publish_status, article_id, article_detail, fail_idx}; 100 calls a day."""
        return await self._post("/cgi-bin/freepublish/get", {"publish_id": publish_id})

    async def published_article(self, article_id: str) -> dict[str, Any] | None:
        """POST freepublish/getarticle: the first article; None when it is deleted or unknown (53600)."""
        try:
            answer = await self._post("/cgi-bin/freepublish/getarticle", {"article_id": article_id})
        except ChannelRefused as refusal:
            if refusal.detail.get("errcode") == 53600:
                return None
            raise
        article = _first_article(answer)
        return None if article is None or article.get("is_deleted") else article

    async def published_page(self, *, offset: int, count: int = 20) -> list[dict[str, Any]]:
        """POST freepublish/batchget: published (not mass-sent) items {article_id, content, update_time}, texts included."""
        body = {"offset": offset, "count": count, "no_content": 0}
        answer = await self._post("/cgi-bin/freepublish/batchget", body)
        return [item for item in answer.get("item") or [] if isinstance(item, dict)]

    async def delete_publication(self, article_id: str) -> None:
        """POST freepublish/delete: the whole publication, for good. Deleting twice harms nothing. 10 calls a day."""
        await self._post("/cgi-bin/freepublish/delete", {"article_id": article_id, "index": 0})

    # -- mass sending (群发) -----------------------------------------------------------------------------------------

    async def send_to_all(self, media_id: str, *, clientmsgid: str) -> dict[str, Any]:
        """POST message/mass/sendall to every follower. **Irreversible**, but the platform remembers ``clientmsgid``
        for 24 hours: {msg_id, msg_data_id?}, with ``"repeated": True`` when it had been accepted before (45065)."""
        body = {
            "filter": {"is_to_all": True}, "mpnews": {"media_id": media_id}, "msgtype": "mpnews",
            "send_ignore_reprint": 0, "clientmsgid": clientmsgid,
        }  # fmt: skip
        answer = await self._post(
            "/cgi-bin/message/mass/sendall", body, irreversible=True, passed=frozenset({_ALREADY_SENT})
        )
        if not answer.get("msg_id"):
            raise OutcomeUnknown("微信受理了群发，但没有给出任务编号。", remedy="请等待系统核实，不要重复发送。")
        return {**answer, "repeated": answer.get("errcode") == _ALREADY_SENT}

    async def mass_status(self, msg_id: str) -> str:
        """POST message/mass/get: SEND_SUCCESS, SENDING, SEND_FAIL or DELETE."""
        answer = await self._post("/cgi-bin/message/mass/get", {"msg_id": msg_id})
        return str(answer.get("msg_status", ""))

    async def delete_mass(self, msg_id: str) -> None:
        """POST message/mass/delete: the cards stay in the chats, their articles die. Deleting twice harms nothing."""
        await self._post("/cgi-bin/message/mass/delete", {"msg_id": msg_id, "article_idx": 0})

    # -- the account -----------------------------------------------------------------------------------------------

    async def prove_credentials(self) -> None:
        """POST stable_token without force: AppID, AppSecret and the server's address are accepted now."""
        await self._tokens.proved()

    async def day_quota(self, cgi_path: str) -> dict[str, Any]:
        """POST openapi/quota/get: {daily_limit, used, remain} of one path; 76021 when the platform knows no such path."""
        answer = await self._post("/cgi-bin/openapi/quota/get", {"cgi_path": cgi_path})
        quota = answer.get("quota")
        return dict(quota) if isinstance(quota, Mapping) else {}

    # -- customer service ------------------------------------------------------------------------------------------

    async def send_custom_text(self, openid: str, text: str) -> None:
        """POST message/custom/send to one citizen. Not repeatable: at most once, losing one is better.

        Raises ValueError when the text is longer than ``WeChatLimits.custom_text_bytes`` in UTF-8.
        """
        if len(text.encode()) > self._limits.custom_text_bytes:
            raise ValueError(f"a customer-service text may have {self._limits.custom_text_bytes} bytes")
        body = {"touser": openid, "msgtype": "text", "text": {"content": text}}
        await self._post("/cgi-bin/message/custom/send", body, irreversible=True)

    async def send_custom_list(self, openid: str, head: str, items: Sequence[tuple[str, str]], tail: str) -> None:
        """POST message/custom/send of a list to tap (msgmenu), each item with its id and text. Not repeatable, as above.

        Raises ValueError when it is longer than ``WeChatLimits.custom_text_bytes`` in UTF-8.
        """
        size = len((head + tail + "".join(text for _, text in items)).encode())
        if size > self._limits.custom_text_bytes:
            raise ValueError(f"a customer-service list may have {self._limits.custom_text_bytes} bytes")
        shown = {
            "head_content": head, "tail_content": tail,
            "list": [{"id": number, "content": text} for number, text in items],
        }  # fmt: skip
        body = {"touser": openid, "msgtype": "msgmenu", "msgmenu": shown}
        await self._post("/cgi-bin/message/custom/send", body, irreversible=True)

    async def create_menu(self, buttons: Sequence[Mapping[str, Any]]) -> None:
        """POST menu/create: the account's menu, whole; it may be repeated."""
        await self._post("/cgi-bin/menu/create", {"button": [dict(button) for button in buttons]})

    # -- what comes back -------------------------------------------------------------------------------------------

    async def ask(self, path: str, body: Mapping[str, Any], *, irreversible: bool = False) -> dict[str, Any]:
        """POST of a path of comments or statistics. ``irreversible``: a lost answer is an OutcomeUnknown."""
        return await self._post(path, dict(body), irreversible=irreversible)

    # -- one call --------------------------------------------------------------------------------------------------

    async def _post(
        self, path: str, body: Any, *, irreversible: bool = False, passed: frozenset[int] = frozenset()
    ) -> dict[str, Any]:
        request = Request(path=path, body=as_json(body), content_type=_JSON, irreversible=irreversible)
        return await self._call(request, passed)

    async def _upload(
        self, path: str, data: bytes, file_name: str, media_type: str, query: dict[str, str]
    ) -> dict[str, Any]:
        def form() -> aiohttp.FormData:
            made = aiohttp.FormData()
            made.add_field("media", data, filename=file_name, content_type=media_type)
            return made

        return await self._call(Request(path=path, body=form, query=query), frozenset())

    async def _call(self, request: Request, passed: frozenset[int]) -> dict[str, Any]:
        """One exchange; a refusal because of the token is before any effect, so it is repeated once with a new one."""
        token = await self._tokens.current()
        answer = await self._wire.exchange(request, token=token)
        if outcome_of(_code(answer)).kind is Kind.TOKEN:
            self._logged(request, answer, token)
            token = await self._tokens.renewed(rejected=token)
            answer = await self._wire.exchange(request, token=token)
        code = _code(answer)
        if code == 0 or code in passed:
            return answer
        errmsg = self._logged(request, answer, token)
        raise failure(code, errmsg, irreversible=request.irreversible, now=await self.now(), path=request.path)

    def _logged(self, request: Request, answer: Mapping[str, Any], token: str) -> str:
        """Logs the refusal with its hint and rid, never the token; returns the errmsg without secrets."""
        errmsg = self._tokens.censored(str(answer.get("errmsg", "")), token)[:500]
        _log.warning("WeChat refused %s: %s %s", request.path, _code(answer), errmsg)
        return errmsg


def _code(answer: Mapping[str, Any]) -> int:
    value = answer.get("errcode")
    try:
        return int(value) if value is not None else 0
    except (TypeError, ValueError):
        return -1


def _wanted(answer: Mapping[str, Any], name: str) -> str:
    value = answer.get(name)
    if not isinstance(value, str) or not value:
        raise ChannelUnavailable(f"微信的应答缺少 {name}。", remedy="系统会稍后再试。")
    return value


def _first_article(answer: Mapping[str, Any]) -> dict[str, Any] | None:
    items = answer.get("news_item")
    return items[0] if isinstance(items, list) and items and isinstance(items[0], dict) else None
