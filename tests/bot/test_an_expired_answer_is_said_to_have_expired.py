"""Who asks for an answer whose last day has passed is told so, politely and without that answer; the question still reaches the curator."""

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from audit.actor import Actor
from bot.conversation import Conversation
from knowledge.curation import Curation
from knowledge.entry import Entry, EntryKind
from knowledge.keywords import Keywords
from knowledge.lapsed import Lapsed

HEATING = Entry(
    id="heating", kind=EntryKind.faq, title="冬季供暖补贴是多少", body="每户300元。", unit="区民政局", phone="0730-0000001",
    valid_to=date(2026, 3, 15), similar=("取暖补贴发多少钱",),
)  # fmt: skip
ACTOR = Actor.machine("测试")
TODAY = date(2026, 11, 23)


@pytest.fixture(scope="module")
def keywords(tmp_path_factory: pytest.TempPathFactory) -> Keywords:
    folder: Path = tmp_path_factory.mktemp("jieba")
    return Keywords(folder)


async def test_the_citizen_is_told_and_hears_nothing_of_the_old_answer(
    conversation: Conversation, curation: Curation, keywords: Keywords
) -> None:
    await curation.put_entries([HEATING], actor=ACTOR)
    conversation._lapsed = Lapsed(keywords=keywords).find
    turn = await conversation.answer(channel="web", sender="u", text="请问冬季供暖补贴有多少？")
    assert turn.text.startswith("“冬季供暖补贴是多少”的答复有效期到2026年3月15日为止，现已过期，不再据此答复。")
    assert "最新情况请咨询区民政局（电话 0730-0000001）" in turn.text
    assert "300" not in turn.text
    assert turn.decision == "none"
    assert turn.unanswered is not None, "the curator learns that it is asked for"
    other = await conversation.answer(channel="web", sender="v", text="户口本丢了到哪里补")
    assert "有效期" not in other.text


@pytest.mark.parametrize(
    ("question", "is_meant"),
    [
        ("冬季供暖补贴是多少", True),
        ("你好，取暖补贴能发多少钱，谢谢", True),
        ("供暖补贴什么时候发", False),
        ("养老金是多少", False),
        ("？", False),
        ("冬季供暖补贴是多少" * 100, False),
    ],
)
async def test_only_its_own_question_is_meant(
    database: str, curation: Curation, keywords: Keywords, question: str, is_meant: bool
) -> None:
    await curation.put_entries([HEATING], actor=ACTOR)
    found = await Lapsed(keywords=keywords).find(question, TODAY)
    assert (found is not None) is is_meant
    if found is not None:
        assert found.body == ""


async def test_it_follows_what_curators_change(database: str, curation: Curation, keywords: Keywords) -> None:
    lapsed = Lapsed(keywords=keywords)
    assert await lapsed.find(HEATING.title, TODAY) is None
    await curation.put_entries([HEATING], actor=ACTOR)
    assert await lapsed.find(HEATING.title, HEATING.valid_to or TODAY) is None, "it answers on its last day"
    assert await lapsed.find(HEATING.title, TODAY) is not None
    changes: list[dict[str, Any]] = [{"valid_to": date(2027, 3, 15)}, {"live": False}]
    for change in changes:
        await curation.put_entries([replace(HEATING, **change)], actor=ACTOR)
        assert await lapsed.find(HEATING.title, TODAY) is None
