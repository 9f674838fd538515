"""The pre-flight check: what the text itself and every channel object to, asked while a text is written and before it is
submitted (features P2). The renderers and checkers are those of the release itself."""

import asyncio
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType

from disclosures import checks
from disclosures.checking.rules import why
from disclosures.composition import clean_body, compose
from disclosures.content import Content
from disclosures.desk import Desk
from disclosures.draft import DraftText
from disclosures.errors import InvalidContent
from disclosures.examination import Passed
from disclosures.findings import Finding, Severity
from disclosures.kinds import draft_problems
from disclosures.sheet import Sheet
from disclosures.states import Move, moved
from publishers.port import Channel, ChannelName, Problem, Rendered
from staff.person import Person

_NUMBER = "待编索引号"
_LARGE = 999_999
"""Stands in the link of a text that has no number yet; as long as any real one."""

TEXT = ""
"""The place of a finding that concerns the text itself, not one channel."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Issue:
    """One objection. ``place`` is a channel's name, or TEXT."""

    place: str
    blocks: bool
    field: str
    message: str
    remedy: str
    overridable: bool = False
    key: str = ""
    """What is found, wherever it stands (``Finding.key``); by it a person lets it pass. Empty for a channel's objections."""
    rule: str = ""
    quote: str = ""
    """The words concerned, masked when they are personal data."""
    mask: str = ""
    """What a button may put in the place of the words."""
    why: str = ""
    passed: Passed | None = None
    """Set when a person let it pass: then it does not block."""

    @property
    def group(self) -> str:
        """Under which heading the screen shows it."""
        if self.passed is not None:
            return "passed"
        return "warn" if not self.blocks else "override" if self.overridable else "block"


GROUPS: Mapping[str, str] = MappingProxyType(
    {"block": "必须修改", "override": "修改，或说明理由后放行", "warn": "提示", "passed": "已放行"}
)
"""The headings of the check, the gravest first."""


class Preflight:
    """Asks the desk and the channels, and lets a text go to review only when nothing blocks."""

    def __init__(self, *, desk: Desk, channels: Mapping[ChannelName, Channel], page_url: Callable[[int], str]) -> None:
        self._desk = desk
        self._channels = channels
        self._page_url = page_url

    @property
    def channels(self) -> tuple[ChannelName, ...]:
        """The channels of this installation."""
        return tuple(self._channels)

    async def issues(self, sheet: Sheet) -> tuple[Issue, ...]:
        """Everything that is objected to in the newest text, the text's own findings first. An approved text is asked as
        when it is planned."""
        findings = await self._desk.findings(sheet)
        passed = await self._desk.examination.passed(sheet.id)
        findings = checks.at_planning(findings) if sheet.approved else findings
        own = _gravest_first(_of_finding(finding, passed) for finding in findings)
        found = await asyncio.to_thread(self._checked, sheet.content, sheet.id)
        return (*own, *found)

    async def trial(self, draft: DraftText, *, disclosure_id: int | None, today: date) -> tuple[Issue, ...]:
        """As ``issues``, for a text that is not saved yet: asked while somebody writes. ``today`` is Shanghai's date."""
        problems = list(checks.structure(draft, today=today))
        problems += await draft_problems(draft, new=disclosure_id is None)
        if not draft.body.strip() or not draft.title.strip():
            return tuple(_of_finding(problem) for problem in problems)
        try:
            body_html = await clean_body(draft)
            content = await compose(
                None, draft, body_html=body_html, department=draft.department, category=draft.category,
                index_number=_NUMBER,
            )  # fmt: skip
        except InvalidContent as invalid:
            return tuple(dict.fromkeys(_of_finding(problem) for problem in (*problems, *invalid.problems)))
        examination = self._desk.examination
        found = await examination.findings(
            content, itself=disclosure_id, body_source=draft.body, body_format=draft.body_format
        )
        passed = await examination.passed(disclosure_id) if disclosure_id else {}
        own = _gravest_first(dict.fromkeys(_of_finding(problem, passed) for problem in (*problems, *found)))
        return (*own, *await asyncio.to_thread(self._checked, content, disclosure_id or _LARGE))

    async def render(self, name: ChannelName, content: Content, disclosure_id: int) -> Rendered | None:
        """The text exactly as this channel would send it; None when the channel is not connected."""
        channel = self._channels.get(name)
        if channel is None:
            return None
        return await asyncio.to_thread(channel.render, content, page_url=self._page_url(disclosure_id))

    async def submit(
        self, person: Person, disclosure_id: int, *, reason: str = "", without: Collection[str] = ()
    ) -> Sheet:
        """Sends the text to the three reviews. ``without`` names channels on which it will not be released (their
        objections then count for nothing; the timetable refuses those channels later). ``reason`` overrides what a
        person may override. Raises InvalidContent with everything in the way, and what Desk.submit raises."""
        sheet = await self._desk.sheet(disclosure_id)
        moved(sheet.state, Move.SUBMIT)
        in_the_way = [
            issue for issue in await self.issues(sheet)
            if issue.blocks and issue.place not in without and not (issue.overridable and reason.strip())
        ]  # fmt: skip
        if in_the_way:
            raise InvalidContent(
                Finding(severity=Severity.BLOCK, field=issue.field, message=_said(issue), remedy=issue.remedy)
                for issue in in_the_way
            )
        return await self._desk.submit(person, disclosure_id, reason=reason)

    def _checked(self, content: Content, disclosure_id: int) -> list[Issue]:
        page_url = self._page_url(disclosure_id)
        return [
            _of_problem(name, problem)
            for name, channel in self._channels.items()
            for problem in channel.check(content, page_url=page_url)
        ]


def _of_finding(finding: Finding, passed: Mapping[str, Passed] = MappingProxyType({})) -> Issue:
    by = passed.get(finding.key) if finding.overridable else None
    return Issue(
        place=TEXT, blocks=finding.blocks and by is None, field=finding.field, message=finding.message,
        remedy=finding.remedy, overridable=finding.overridable, key=finding.key, rule=finding.rule, quote=finding.quote,
        mask=finding.mask, why=finding.reason or why(finding.rule), passed=by,
    )  # fmt: skip


def _gravest_first(issues: Iterable[Issue]) -> list[Issue]:
    ranks = {group: rank for rank, group in enumerate(GROUPS)}
    return sorted(issues, key=lambda issue: ranks[issue.group])


def _of_problem(name: ChannelName, problem: Problem) -> Issue:
    return Issue(
        place=str(name), blocks=problem.severity == "block", field=problem.field, message=problem.message,
        remedy=problem.remedy,
    )  # fmt: skip


def _said(issue: Issue) -> str:
    place = PLACE_NAMES.get(issue.place, "")
    return f"{place}：{issue.message}" if place else issue.message


PLACE_NAMES = {TEXT: "", "portal": "门户网站", "wechat": "微信", "weibo": "微博", "answers": "智能问答"}
