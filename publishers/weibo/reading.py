"""What a reader finds of the account's posts now. Pure: status objects in, the words of the port out."""

import html
from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import urlsplit

from publishers.port import Live, Liveness, Shown
from publishers.readback import CUT, DIFFERS
from publishers.weibo.text import is_on
from publishers.weibo.timeline import Seen, post_url

LINKS: Final = ("url_objects", "url_struct", "urls")


def live_post(status: Mapping[str, Any], payload: Mapping[str, Any], *, site: str, uid: str) -> Live:
    """The post as it stands. Weibo writes ``t.cn`` for our link; where it tells the long one, that stands in the text
    and must be our page."""
    seen = Seen.read(status)
    if seen is None:
        return Live(liveness=Liveness.UNREADABLE, message="微博的答复缺少内容，暂时无法核对")
    link = str(payload["link"])
    told = {long for _, long in _pairs(status)}
    pages = {found for found in told if urlsplit(found).netloc == urlsplit(link).netloc}
    foreign = sorted(told - pages)
    differs = []
    if pages and link not in pages:
        differs.append(f"微博中的链接不是本页地址：{sorted(pages)[0][:200]}")
    if foreign:
        differs.append(f"微博中有其他链接：{foreign[0][:200]}")
    evidence: dict[str, Any] = {"mid": seen.mid, "created_at": seen.created_at.isoformat()}
    if differs:
        evidence[DIFFERS] = differs
    text, whole = _whole_text(status, seen)
    if not whole:
        evidence[CUT] = True
    url = post_url(site=site, uid=seen.uid or uid, mid=seen.mid)
    return Live(liveness=Liveness.LIVE, text=_with_long_links(text, status), url=url, evidence=evidence)


def shown_posts(statuses: Sequence[Mapping[str, Any]], *, site: str, uid: str, domain: str) -> tuple[Shown, ...]:
    """The newest posts as the account's timeline lists them, newest first."""
    posts = []
    for status in statuses:
        seen = Seen.read(status)
        if seen is None:
            continue
        pages = sorted(link for link in seen.links if is_on(link, domain))
        posts.append(
            Shown(
                kind="post",
                external_id=seen.mid,
                text=_with_long_links(seen.text, status),
                url=post_url(site=site, uid=seen.uid or uid, mid=seen.mid),
                page_url=pages[0].split("#")[0] if pages else "",
                at=seen.created_at,
            )
        )
    return tuple(sorted(posts, key=lambda post: post.at.timestamp() if post.at else 0.0, reverse=True))


def _whole_text(status: Mapping[str, Any], seen: Seen) -> tuple[str, bool]:
    """The text, and whether it is all of it: a long post is shown cut unless its long text comes along."""
    long = status.get("longText")
    told = str(long.get("longTextContent") or "") if isinstance(long, Mapping) else ""
    if told:
        return told, True
    return seen.text, not (seen.cut and seen.text.rstrip().endswith(("全文", "...", "…")))


def _with_long_links(text: str, status: Mapping[str, Any]) -> str:
    """The text as a reader understands it: entities as characters, short links as what they lead to."""
    text = html.unescape(text)
    for short, long in _pairs(status):
        text = text.replace(short, long)
    return text


def _pairs(status: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Short and long links as the platform tells them; the form of ``url_objects`` differs between app levels."""
    pairs = []
    for name in LINKS:
        listed = status.get(name)
        for one in listed if isinstance(listed, list) else ():
            info = one.get("info", one) if isinstance(one, Mapping) else None
            if not isinstance(info, Mapping):
                continue
            short, long = str(info.get("url_short") or info.get("short_url") or ""), str(info.get("url_long") or "")
            if short and long:
                pairs.append((short, long))
    return pairs
