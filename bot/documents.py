"""Finding documents by chat (features C29): a list of what was published, the newest in force first, five at a time.

It never stands in the place of a sure answer: only where the base found nothing, or would ask back, and the words look for documents.
Nothing of the texts is said, only what identifies them, so a list needs no approval of its own; a withdrawn page is never in it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from audit.clock import Clock
from bot.decision import Move, Step
from bot.measure import Measure, measure_of
from bot.memory import Memory
from bot.turn import Turn
from bot.wording import Source
from publishers.public_documents import PublicDocument, find_documents, sought_by

SHANGHAI: Final = ZoneInfo("Asia/Shanghai")
AT_A_TIME: Final = 5
TITLE: Final = 60
"""Characters of a title that are shown."""
INSTEAD_OF: Final = frozenset({Step.CHOOSE, Step.REPHRASE, Step.HAND_OVER})
LINKED: Final = "web"
"""The channel that shows sources as links below the reply."""


class Documents:
    """``page_url`` gives the public address of a disclosure."""

    def __init__(self, *, clock: Clock, page_url: Callable[[int], str], measures: Mapping[str, Measure]) -> None:
        self._clock = clock
        self._page_url = page_url
        self._measures = measures

    async def instead(self, move: Move, text: str, now: datetime) -> Move:
        """The list of documents in the place of a move that would not answer, if documents are sought and there are some."""
        if move.step not in INSTEAD_OF:
            return move
        sought = await sought_by(text, today=now.astimezone(SHANGHAI).date())
        if sought is None or not await find_documents(sought):
            return move
        return Move(step=Step.DOCUMENTS, memory=Memory(at=now, seek=text))

    async def listed(self, turn: Turn, move: Move) -> tuple[Turn, Memory]:
        """The next few documents, and where the list was left."""
        text, start, now = move.memory.seek, move.memory.seek_from, await self._clock.now()
        sought = await sought_by(text, today=now.astimezone(SHANGHAI).date())
        found = await find_documents(sought) if sought is not None else []
        shown = found[start : start + AT_A_TIME]
        if sought is None or not shown:
            return replace(turn, text=NO_FURTHER), Memory(at=now)
        linked, measure = turn.channel == LINKED, measure_of(self._measures, turn.channel)
        said = self._said(sought.told, shown, start=start, total=len(found), linked=linked)
        while len(shown) > 1 and not measure.fits(said):
            shown = shown[:-1]
            said = self._said(sought.told, shown, start=start, total=len(found), linked=linked)
        left = start + len(shown)
        memory = Memory(at=now, seek=text, seek_from=left) if left < len(found) else Memory(at=now)
        sources = tuple(self._source(one) for one in shown)
        return replace(turn, text=said, sources=sources, more=left < len(found)), memory

    def _said(self, told: str, shown: Sequence[PublicDocument], *, start: int, total: int, linked: bool) -> str:
        head = f"按“{told}”找到 {total} 份公开的文件，有效的在前，按时间从新到旧："
        if start:
            head = f"“{told}”的第 {start + 1} 到第 {start + len(shown)} 份："
        left = total - start - len(shown)
        foot = f"还有 {left} 份，回复“更多”继续看。" if left else ""
        if linked:
            return "\n".join(part for part in (head.rstrip("：") + "。", foot) if part)
        return "\n".join(part for part in (head, *(self._line(one) for one in shown), foot) if part)

    def _line(self, one: PublicDocument) -> str:
        title = one.title if len(one.title) <= TITLE else f"{one.title[: TITLE - 1]}…"
        number = "" if one.document_number in one.title else one.document_number
        about = "，".join(part for part in (number, one.published_on.isoformat(), one.validity) if part)
        return f"·{title}（{about}）\n{self._page_url(one.disclosure_id)}"

    def _source(self, one: PublicDocument) -> Source:
        return Source(
            title=one.title, document_number=one.document_number, unit=one.unit, date=one.published_on.isoformat(),
            validity=one.validity, url=self._page_url(one.disclosure_id),
        )  # fmt: skip


NO_FURTHER: Final = "没有更多的文件了。"
