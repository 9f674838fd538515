"""The bot's parts with a small real knowledge: a base that finds what a test told it, everything else as in production."""

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import pytest

from audit.actor import Actor
from audit.trail import Trail
from bot.awaiting import Awaiting
from bot.conversation import Conversation
from bot.correcting import Corrections
from bot.curating import keeping, reading
from bot.feedback import Feedback
from bot.inbox import Inbox
from bot.measure import load_measures
from bot.office import Office
from bot.reporting import Reports
from disclosures.personal import mask
from disclosures.workdays import WorkingDays
from knowledge.curation import Curation
from knowledge.entry import Entry, EntryKind
from knowledge.finding import Decision, Finding, Hit
from knowledge.question_notices import QuestionNotices
from knowledge.reporting import Reporting

LOW = Entry(
    id="dibao", kind=EntryKind.policy, title="低保怎么申请", body="向户籍所在地的乡镇人民政府、街道办事处提出申请。",
    document_number="民发〔2021〕57号", issuer="民政部", made_on=date(2021, 6, 11), source="最低生活保障审核确认办法",
    source_url="https://portal.example.gov.cn/d/1",
)  # fmt: skip
PENSION = Entry(
    id="yanglao", kind=EntryKind.faq, title="养老金怎么认证", body="每年认证一次，可在手机上办理。", unit="区人社局"
)
SCHOOL = Entry(
    id="ruxue", kind=EntryKind.service, title="小学入学怎么报名", body="每年六月在区教育局网站报名。", unit="区教育局"
)
RUMOUR = Entry(
    id="yaoyan", kind=EntryKind.rumour, title="网传自来水下周停水七天", body="经核实，自来水供应正常，没有停水计划。",
    verdict="不实", issuer="区水务局", evidence="区水务局2026年11月20日通报", published_on=date(2026, 11, 20),
    source_url="https://portal.example.gov.cn/d/2",
)  # fmt: skip


@dataclass(kw_only=True)
class ScriptedBase:
    """Finds by a word in the question; what a test did not prepare is not found."""

    entries: dict[str, Entry] = field(default_factory=dict)
    script: list[tuple[str, Decision, tuple[str, ...]]] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    refreshed: int = 0

    def learn(self, *entries: Entry) -> None:
        self.entries |= {entry.id: entry for entry in entries}

    def when(self, pattern: str, decision: Decision, *ids: str) -> None:
        self.script.append((pattern, decision, ids))

    def ask(self, text: str, *, top: int = 10, today: date) -> Finding:
        self.asked.append(text)
        for pattern, decision, ids in self.script:
            if re.search(pattern, text):
                hits = tuple(Hit(entry=self.entries[i], score=1.0) for i in ids)
                return Finding(decision=decision, confidence=0.9, hits=hits, question=text)
        return Finding(decision="none", confidence=0.1, hits=(), question=text)

    async def refresh(self) -> bool:
        self.refreshed += 1
        return False


@pytest.fixture
def base() -> ScriptedBase:
    base = ScriptedBase()
    base.learn(LOW, PENSION, SCHOOL, RUMOUR)
    base.when("低保", "answer", "dibao")
    base.when("停水", "answer", "yaoyan")
    base.when("怎么办", "choose", "dibao", "yanglao", "ruxue")
    return base


@pytest.fixture
def curation(database: str, clock: Any) -> Curation:
    return Curation(clock=clock, trail=Trail())


@pytest.fixture
def teach(curation: Curation, base: ScriptedBase) -> Callable[[Entry], Awaitable[None]]:
    """Puts an entry into the database and into the index, as a curator's change and a refresh do."""

    async def put(entry: Entry) -> None:
        base.learn(entry)
        await curation.put_entries([entry], actor=Actor.machine("测试"))

    return put


@pytest.fixture
def reports(database: str) -> Reports:
    return Reports(reporting=Reporting(), mask=mask, key="k")


@pytest.fixture
def awaiting(curation: Curation, clock: Any) -> Awaiting:
    return Awaiting(
        notices=QuestionNotices(), clock=clock, entry_of=reading(curation, clock=clock), measures=load_measures(),
        mask=mask, key="k", office="区政务公开办公室", first=("wechat",),
    )  # fmt: skip


@pytest.fixture
async def conversation(
    curation: Curation, base: ScriptedBase, clock: Any, reports: Reports, awaiting: Awaiting
) -> Conversation:
    await curation.put_entries(base.entries.values(), actor=Actor.machine("测试"))

    async def find_office(text: str) -> Office | None:
        return Office(name="区民政局", phone="0730-0000001", hours="工作日 8:30–12:00") if "民政" in text else None

    return Conversation(
        base=base, clock=clock, entry_of=reading(curation, clock=clock),
        keep_unanswered=keeping(curation, mask=mask, key="k"), mask=mask, measures=load_measures(), office=Office(name="区政务公开办公室", phone="0730-0000000", hours="工作日 9:00–17:00"),
        find_office=find_office, examples=("低保怎么申请？", "养老金怎么认证？", "网传停水是真的吗？"), name="明白区发布",
        awaiting=awaiting,
        reports=reports, working_days=WorkingDays(), corrections=Corrections(clock=clock),
        feedback=Feedback(key="k"),
    )  # fmt: skip


@pytest.fixture
def inbox(database: str, clock: Any) -> Inbox:
    return Inbox(clock=clock, mask=mask)


@pytest.fixture
def now(clock: Any) -> datetime:
    moment: datetime = clock.moment
    return moment
