"""The veil over embargoed disclosures (features P29): what a person may not see is not found, and not named.

Three layers, each enough for most pages: an address about such a disclosure is not found; lists leave it out; and where
a title still stands in a page (an incident, a taken slot), the title is replaced on the way out. Nothing of this costs
anything while there is no embargo that the person stands outside of.
"""

import html
import json
import re
from collections.abc import Callable, Iterable
from typing import Any, Final, TypeVar

from aiohttp import web

from disclosures.embargo import CONCEALED, hidden_from
from disclosures.errors import NotFound
from disclosures.records import Disclosure, Revision
from publishers.records import Delivery, Release
from staff.person import Person

_OF_DISCLOSURE: Final = re.compile(r"^/(?:console|api/v1)/disclosures/(\d{1,9})(?:/|$)")
_OF_RELEASE: Final = re.compile(r"^/(?:console|api/v1)/releases/(\d{1,9})(?:/|$)")
_OF_DELIVERY: Final = re.compile(r"^/(?:console|api/v1)/deliveries/(\d{1,9})(?:/|$)")
_OF_FILE: Final = re.compile(r"^/(?:console|api/v1)/files/([0-9a-f]{64})(?:/|$)")
_SHORTEST: Final = 6
"""Characters of a title that is replaced in a page: “通知” stands on every second button."""
_TEXTS: Final = frozenset({"text/html", "application/json", "application/problem+json", "text/calendar"})

Row = TypeVar("Row")


class Veil:
    """What one person does not see, asked once for one request."""

    def __init__(self, hidden: frozenset[int]) -> None:
        self.hidden = hidden

    @classmethod
    async def of(cls, person: Person) -> "Veil":
        return cls(await hidden_from(person.account_id))

    async def require(self, path: str) -> None:
        """Raises NotFound when the address is about something under the veil, as if it did not exist."""
        if self.hidden and await self._covers(path):
            raise NotFound

    async def sees(self, path: str) -> bool:
        """Whether an address may be named to this person."""
        return not self.hidden or not await self._covers(path)

    def without(self, rows: Iterable[Row], of: Callable[[Row], int] | None = None) -> tuple[Row, ...]:
        """The rows of a list that may be seen. ``of`` gives a row's disclosure; by default it is looked for."""
        if not self.hidden:
            return tuple(rows)
        return tuple(row for row in rows if (of or _disclosure_of)(row) not in self.hidden)

    async def on_the_way_out(self, response: web.StreamResponse) -> web.StreamResponse:
        """The response with the titles under the veil replaced: the net under everything above."""
        if not self.hidden or not isinstance(response, web.Response) or response.content_type not in _TEXTS:
            return response
        body = response.body
        if not isinstance(body, bytes):
            return response
        rows = await Disclosure.filter(id__in=list(self.hidden)).values_list("title", flat=True)
        titles = sorted({str(title) for title in rows if len(str(title)) >= _SHORTEST}, key=len, reverse=True)
        text = written = body.decode("utf-8", "surrogateescape")
        for title in titles:
            for form in {
                title,
                html.escape(title),
                str(html.escape(title)).replace("&#x27;", "&#39;"),
                json.dumps(title)[1:-1],
            }:
                written = written.replace(form, CONCEALED)
        if written != text:
            response.body = written.encode("utf-8", "surrogateescape")
        return response

    async def _covers(self, path: str) -> bool:
        if found := _OF_DISCLOSURE.match(path):
            return int(found[1]) in self.hidden
        if found := _OF_RELEASE.match(path):
            return await Release.filter(id=int(found[1]), disclosure_id__in=list(self.hidden)).exists()
        if found := _OF_DELIVERY.match(path):
            return await Delivery.filter(id=int(found[1]), disclosure_id__in=list(self.hidden)).exists()
        found = _OF_FILE.match(path)
        return found is not None and await self._covers_file(found[1])

    async def _covers_file(self, sha256: str) -> bool:
        """A file that texts under the veil use, and no text that may be seen."""
        used = False
        async for content in _contents(list(self.hidden)):
            used = used or sha256 in content
        if not used:
            return False
        others = Revision.exclude(disclosure_id__in=list(self.hidden)).order_by("-id").limit(2000)
        return not any(sha256 in json.dumps(each) for each in await others.values_list("content", flat=True))


async def _contents(ids: list[int]) -> Any:
    for content in await Revision.filter(disclosure_id__in=ids).values_list("content", flat=True):
        yield json.dumps(content)


def _disclosure_of(row: Any) -> int:
    """The disclosure of a row of any list: its own column, that of its release or delivery, or the row is one itself."""
    for owner in (row, getattr(row, "release", None), getattr(row, "row", None)):
        if isinstance(found := getattr(owner, "disclosure_id", None), int):
            return found
    is_line = hasattr(row, "index_number")
    return int(row.id) if is_line else 0
