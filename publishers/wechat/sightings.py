"""What the platform's answers and events say about a delivery. Pure: JSON in, a sighting or a verdict out."""

import hashlib
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from disclosures.markup import plain_text
from publishers.port import Sighting, Ticket, Verdict
from publishers.wechat.outcomes import MASS_VERDICTS, PUBLISH_VERDICTS

# The platform's clock may be behind ours by some minutes; an older article of the same page is hours behind.
SKEW: Final = timedelta(minutes=10)
_MASS_ERROR: Final = re.compile(r"err\((\d+)\)")
LOOKED_ABSENT: Final = "looked_absent"
"""A fact: this draft was once taken for unsent and may have been submitted twice; its failures need a second look."""


def text_hash(title: str, content_html: str) -> str:
    """SHA-256 of what a reader reads, white space left out: the platform rewrites the marks but not the words."""
    return hashlib.sha256(re.sub(r"\s+", "", f"{title}{plain_text(content_html)}").encode()).hexdigest()


def publication(info: Mapping[str, Any]) -> Sighting:
    """An answer of freepublish/get or the PublishEventInfo of an event; numbers may be text, lists single values."""
    status = _number(info.get("publish_status"))
    evidence = {"publish_id": str(info.get("publish_id", "")), "publish_status": status}
    if status == 0:
        article_id = str(info.get("article_id") or "")
        url = _first_url(info)
        facts = {"article_id": article_id, "article_url": url}
        return Sighting(
            verdict=Verdict.PUBLISHED, external_id=article_id, url=url, facts=facts, evidence={**evidence, **facts}
        )
    if status == 1:
        return Sighting(verdict=Verdict.RUNNING, message="微信正在审核。", evidence=evidence)
    if status in PUBLISH_VERDICTS:
        message, remedy = PUBLISH_VERDICTS[status]
        gone = status in {5, 6}
        return Sighting(
            verdict=Verdict.GONE if gone else Verdict.FAILED, message=message, remedy=remedy,
            evidence={**evidence, "fail_idx": info.get("fail_idx") or []},
        )  # fmt: skip
    return Sighting(verdict=Verdict.UNKNOWN, message=f"微信给出了未知的发布状态 {status}。", evidence=evidence)


def mass_status(status: str, msg_id: str) -> Sighting:
    """An answer of mass/get. It tells no address; the event does."""
    evidence = {"msg_id": msg_id, "msg_status": status}
    if status == "SEND_SUCCESS":
        return Sighting(verdict=Verdict.PUBLISHED, external_id=msg_id, evidence=evidence)
    if status == "SENDING":
        return Sighting(verdict=Verdict.RUNNING, message="微信正在群发，或在等待管理员确认。", evidence=evidence)
    if status == "DELETE":
        return Sighting(verdict=Verdict.GONE, message="群发内容已删除。", evidence=evidence)
    if status == "SEND_FAIL":
        return Sighting(
            verdict=Verdict.FAILED,
            message="微信群发失败。",
            remedy="请在公众平台查看原因后重新安排。",
            evidence=evidence,
        )
    return Sighting(verdict=Verdict.UNKNOWN, message=f"微信给出了未知的群发状态 {status}。", evidence=evidence)


def recognised(event: Mapping[str, Any], ticket: Ticket) -> Sighting | None:
    """What a pushed event says about this delivery; None when it is about another.

    PUBLISHJOBFINISH is matched by publish_id, or by the article when its id is known already; MASSSENDJOBFINISH by
    MsgID. An event that comes before we know the id matches nothing yet: the ledger keeps it and asks again.
    """
    inner = event.get("xml")
    body = inner if isinstance(inner, Mapping) else event
    kind = str(body.get("Event", "")).upper()
    if kind == "PUBLISHJOBFINISH":
        return _recognised_publication(body.get("PublishEventInfo"), ticket)
    if kind == "MASSSENDJOBFINISH":
        return _recognised_mass(body, ticket)
    return None


def found(items: Iterable[Mapping[str, Any]], ticket: Ticket) -> Sighting | None:
    """Our article among published items (freepublish/batchget): the permalink of our page is the marker, the title
    must be ours, and it must not be older than our intent."""
    payload = ticket.payload
    earliest = (ticket.intent_at or ticket.due_at) - SKEW
    for item in items:
        if moment_of(item) < earliest:
            continue
        content = item.get("content")
        articles = content.get("news_item") if isinstance(content, Mapping) else None
        article = articles[0] if isinstance(articles, list) and articles else {}
        address = str(article.get("content_source_url", "")).split("#")[0]
        if address != str(payload["content_source_url"]).split("#")[0] or article.get("is_deleted"):
            continue
        if str(article.get("title", "")).strip() != payload["title"]:
            continue
        article_id, url = str(item.get("article_id", "")), str(article.get("url", ""))
        same = text_hash(payload["title"], str(article.get("content", ""))) == ticket.facts.get("draft_hash")
        return Sighting(
            verdict=Verdict.PUBLISHED, external_id=article_id, url=url,
            facts={"article_id": article_id, "article_url": url},
            evidence={"found_in": "freepublish/batchget", "article_id": article_id, "text_same": same},
        )  # fmt: skip
    return None


def moment_of(item: Mapping[str, Any]) -> datetime:
    """When an item of a list was last changed, in UTC; an item that does not say is of long ago."""
    return datetime.fromtimestamp(max(_number(item.get("update_time")), 0), UTC)


def _recognised_publication(info: Any, ticket: Ticket) -> Sighting | None:
    if not isinstance(info, Mapping):
        return None
    publish_id = str(info.get("publish_id") or "")
    article_id, url = str(info.get("article_id") or ""), _first_url(info)
    facts = ticket.facts
    ours = (
        (publish_id and publish_id == str(facts.get("publish_id", "")))
        or (article_id and article_id == facts.get("article_id"))
        or (url and url == facts.get("article_url"))
    )
    if not ours:
        return None
    sighting = publication(info)
    if sighting.verdict is Verdict.FAILED and facts.get(LOOKED_ABSENT):
        # The earlier submission of the same draft may be the one that succeeded: `follow` looks before it believes.
        return Sighting(verdict=Verdict.RUNNING, message="微信通知发布未成功，正在核实。", evidence=sighting.evidence)
    return sighting


def _recognised_mass(body: Mapping[str, Any], ticket: Ticket) -> Sighting | None:
    msg_id = str(body.get("MsgID") or body.get("MsgId") or "")
    if not msg_id or msg_id != str(ticket.facts.get("msg_id", "")):
        return None
    status = str(body.get("Status", ""))
    evidence = {
        "msg_id": msg_id, "status": status,
        **{name: body.get(name) for name in ("TotalCount", "FilterCount", "SentCount", "ErrorCount")},
    }  # fmt: skip
    if status.lower() in {"send success", "sendsuccess"}:
        url = _first_mass_url(body)
        return Sighting(
            verdict=Verdict.PUBLISHED, external_id=msg_id, url=url, facts={"article_url": url}, evidence=evidence
        )
    number = _MASS_ERROR.search(status)
    reason = MASS_VERDICTS.get(number.group(1), status) if number else "平台没有说明原因"
    return Sighting(
        verdict=Verdict.FAILED, message=f"微信群发失败：{reason}。", remedy="请按原因修改或与公众号管理员商定后重新安排。",
        evidence=evidence,
    )  # fmt: skip


def _first_url(info: Mapping[str, Any]) -> str:
    detail = info.get("article_detail")
    first = _first(detail.get("item")) if isinstance(detail, Mapping) else None
    return str(first.get("article_url") or "") if isinstance(first, Mapping) else ""


def _first_mass_url(body: Mapping[str, Any]) -> str:
    result = body.get("ArticleUrlResult")
    listed = result.get("ResultList") if isinstance(result, Mapping) else None
    first = _first(listed.get("item")) if isinstance(listed, Mapping) else None
    return str(first.get("ArticleUrl") or "") if isinstance(first, Mapping) else ""


def _first(value: Any) -> Any:
    """One XML element parses as a value, two as a list."""
    return (value[0] if value else None) if isinstance(value, list) else value


def _number(value: Any) -> int:
    try:
        return int(value)
    except (TypeError, ValueError):
        return -1
