"""What thousands ask in the same words is looked for once, and never remembered beyond what it depends on."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from audit.actor import Actor
from knowledge import understanding as module
from knowledge.base import KEPT_LENGTH, KnowledgeBase
from knowledge.curation import Curation
from knowledge.entry import Entry, EntryKind

MACHINE = Actor.machine("测试")
TODAY = date(2026, 11, 27)
LOW = Entry(id="low", kind=EntryKind.faq, title="低保怎么申请", body="向乡镇人民政府提出申请。")


async def test_a_finding_is_kept_until_the_base_or_the_day_changes(
    base: KnowledgeBase, curation: Curation, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[str] = []
    real = module.find

    def counted(index: Any, text: str, **more: Any) -> Any:
        looked.append(text)
        return real(index, text, **more)

    monkeypatch.setattr(module, "find", counted)
    await curation.put_entries([LOW], actor=MACHINE)
    await base.load()
    first = base.ask("低保怎么申请", today=TODAY)
    assert base.ask("低保怎么申请", today=TODAY) is first
    assert looked == ["低保怎么申请"]
    assert len(base.ask("低保怎么申请", top=1, today=TODAY).hits) == 1, "another number of hits is another question"
    await curation.put_entries([replace(LOW, body="向街道办事处提出申请。")], actor=MACHINE)
    await base.refresh()
    assert base.ask("低保怎么申请", today=TODAY).hits[0].entry.body == "向街道办事处提出申请。"
    ending = replace(LOW, valid_to=TODAY)
    await curation.put_entries([ending], actor=MACHINE)
    await base.refresh()
    assert base.ask("低保怎么申请", today=TODAY).hits
    assert not base.ask("低保怎么申请", today=TODAY + timedelta(days=1)).hits
    looked.clear()
    own = "我家住在东山镇，" * KEPT_LENGTH
    assert base.ask(own, today=TODAY).decision == base.ask(own, today=TODAY).decision
    assert len(looked) == 2, "what is long is somebody's own and is not kept"
