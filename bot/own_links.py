"""Our own pages and posts: whoever sends one is told that it is ours, or that it was withdrawn, also where no entry of the
base stands for it."""

import re
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from disclosures.records import Disclosure
from knowledge.links import canonical, links_in
from publishers.records import Delivery

SHANGHAI: Final = ZoneInfo("Asia/Shanghai")
OURS: Final = "这是本机关公开的信息：《{title}》，{day}发布，现在有效。\n{url}\n想问其中的哪一点，请直接输入。"
WITHDRAWN: Final = "这是本机关公开过的信息，已于{day}撤回，原内容不再有效，请勿引用或转发。"
REPEALED: Final = "这是本机关公开的文件《{title}》，已经废止，仅供查阅，不再作为办理依据。\n{url}"
_PAGE: Final = re.compile(r"d/(\d{1,9})")
_PARTS: Final = re.compile(r"[/?&=#]")
_COMPARED: Final = 20


class OwnLinks:
    """``public_url``: where the portal is."""

    def __init__(self, *, public_url: str) -> None:
        self._home = canonical(public_url)

    async def told(self, text: str) -> str:
        """What is said to a text with a link of ours; empty when there is none, and for what was never public."""
        for link in links_in(text):
            number = await self._disclosure(link)
            if number and (said := await _said(number)):
                return said
        return ""

    async def _disclosure(self, link: str) -> int:
        """The disclosure that a page of the portal, an article or a post shows; 0 for a link that is not ours."""
        if self._home and link.startswith(f"{self._home}/"):
            found = _PAGE.fullmatch(link.removeprefix(f"{self._home}/"))
            return int(found[1]) if found else 0
        runs = [part for part in _PARTS.split(link) if len(part) >= 8]
        if not runs:
            return 0
        rows = await Delivery.filter(url__contains=max(runs, key=len)).limit(_COMPARED).only("disclosure_id", "url")
        return next((row.disclosure_id for row in rows if canonical(row.url) == link), 0)


async def _said(number: int) -> str:
    portal = Delivery.filter(disclosure_id=number, channel="portal", published_at__isnull=False)
    live, row = await portal.order_by("-published_at").first(), await Disclosure.get_or_none(id=number)
    if live is None or row is None or live.published_at is None:
        return ""
    if row.state == "withdrawn":
        told = WITHDRAWN.format(day=_day(row.withdrawn_at or row.updated_at))
        return f"{told}\n公开说明：{row.explanation.strip()[:200]}" if row.explanation.strip() else told
    # The title that was made public, and not one of a revision that is being written.
    title = str(live.payload.get("title", "")).strip()[:60]
    words = REPEALED if row.state == "repealed" else OURS
    return words.format(title=title, day=_day(live.published_at), url=live.url) if title else ""


def _day(moment: datetime) -> str:
    here = moment.astimezone(SHANGHAI)
    return f"{here.year}年{here.month}月{here.day}日"
