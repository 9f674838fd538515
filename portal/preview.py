"""A text that is not public yet on the real page of the portal: the same template, the same metadata, nothing stored."""

from collections.abc import Mapping
from datetime import datetime
from types import SimpleNamespace
from typing import Any

from portal.catalogue import load_catalogue
from portal.metadata import Column, box
from portal.screen import Screen
from publishers.records import PortalPage

NOINDEX = [("robots", "noindex")]


async def preview_page(screen: Screen, payload: Mapping[str, Any], *, disclosure_id: int, now: datetime) -> str:
    """The page's HTML. A page that is public already keeps its first date and its history; a new one shows ``now``."""
    catalogue = await load_catalogue()
    category = str(payload.get("category") or "")
    trail = catalogue.trail(category)
    column = trail[-1].column if trail else Column(name=category, description="", keywords="", kind="")
    public = await PortalPage.get_or_none(disclosure_id=disclosure_id)
    published_at = public.published_at if public is not None else now
    page = SimpleNamespace(
        title=str(payload.get("title", "")), published_at=published_at, state="live", explanation="",
        disclosure_id=disclosure_id,
    )  # fmt: skip
    way = " / ".join(shelf.name for shelf in trail) or category
    return await screen.text(
        "disclosure.html", title=page.title, column=column, catalogue=catalogue, meta=NOINDEX,
        path=f"/d/{disclosure_id}", page=page, payload=payload, trail=trail, history=[],
        box=box(payload, published_at=published_at, state="live", category=way), document=await _document(payload),
        interpretations=[], repealed=False,
    )  # fmt: skip


async def _document(payload: Mapping[str, Any]) -> PortalPage | None:
    """The public document that this text interprets."""
    target = payload.get("interprets")
    if not isinstance(target, int):
        return None
    return await PortalPage.exclude(state="withdrawn").filter(disclosure_id=target).first()
