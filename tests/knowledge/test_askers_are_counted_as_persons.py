"""One claim, many wordings; one person, many askings: what is counted is persons by claim."""

from datetime import timedelta
from typing import Any

import pytest
from tortoise.transactions import in_transaction

from audit.actor import Actor
from knowledge.curation import Curation
from knowledge.entry import Entry
from knowledge.reporting import MOST_A_DAY, Asked, Reporting
from knowledge.reports import Known, Wording, claim_title, digest, is_report, same_claim
from knowledge.rumour_records import RumourClaim, RumourReport

STORY = "紧急通知！今晚河口镇水厂停水七天，赶紧囤水，转发给家人"


@pytest.mark.parametrize(
    "text",
    ["听说区里要并到市里去了", "网传老桥要拆", "河口大桥封了是真的吗", STORY, "https://t.cn/A6aBcD", "学校要搬走了！！" + "家长们注意了" * 10,
     "看这个 https://t.cn/A6aBcD", "停水七天是不是谣言"],
)  # fmt: skip
def test_what_is_handed_on_or_doubted_is_a_report(text: str) -> None:
    assert is_report(text)


@pytest.mark.parametrize(
    "text",
    [
        "低保怎么申请",
        "听说低保可以网上申请，怎么申请？",
        "据说可以补贴，在哪里办",
        "明天上班吗",
        "请把这个转发给领导",
        "你好",
        "",
        "要带什么材料",
    ],
)
def test_a_question_of_ones_own_is_none(text: str) -> None:
    assert not is_report(text)


@pytest.mark.parametrize(
    ("text", "same"),
    [
        (STORY, True), ("紧急通知，今晚河口镇水厂停水七天；赶紧囤水！！", True), ("听说河口镇水厂要停水7天", True),
        ("河口镇水厂停水三天", False), ("听说长沙水厂停水七天", False), ("医保卡年底清零吗", False), ("停水", False),
    ],
)  # fmt: skip
def test_one_claim_is_known_by_its_words_place_and_numbers(text: str, same: bool) -> None:
    known = [
        Known(claim_id=7, wordings=(Wording.of("明天全区放假"), Wording.of(STORY))),
        Known(claim_id=8, wordings=(Wording.of("武汉水厂停水七天"),)),
    ]
    assert (same_claim(Wording.of(text), known) == 7) is same


def test_one_address_is_one_claim_and_a_title_is_short() -> None:
    known = [Known(claim_id=7, wordings=(Wording.of("看 https://t.cn/A6aBcD 不得了"),))]
    assert same_claim(Wording.of("http://t.cn/A6aBcD?from=x 真的吗"), known) == 7
    assert claim_title(STORY) == "今晚河口镇水厂停水七天,赶紧囤水" or len(claim_title(STORY)) <= 40
    assert len(claim_title("字" * 3000)) <= 40
    assert digest("停水，七天！") == digest("停水七天") != digest("停水三天")


def asked(clock: Any, text: str, asker: str, **changes: Any) -> Asked:
    values: dict[str, Any] = {"text": text, "channel": "wechat", "asker_hash": asker, "at": clock.moment} | changes
    return Asked(**values)


async def keep(clock: Any, text: str, asker: str, **changes: Any) -> int:
    async with in_transaction() as connection:
        return await Reporting().keep(connection, asked(clock, text, asker, **changes))


@pytest.mark.postgres
async def test_the_same_person_counts_once_and_another_wording_counts_under_the_same_claim(
    any_database: str, clock: Any
) -> None:
    first = await keep(clock, STORY, "a")
    began = clock.moment
    for _ in range(4):
        clock.advance(60)
        assert await keep(clock, STORY, "a") == first
    assert await keep(clock, "听说河口镇水厂要停水7天", "b") == first
    other = await keep(clock, "听说医保卡年底清零", "a")
    assert other != first
    rows = {row.asker_hash: row for row in await RumourReport.filter(claim_id=first)}
    assert {asker: row.times for asker, row in rows.items()} == {"a": 5, "b": 1}
    assert rows["a"].last_at - rows["a"].first_at == timedelta(minutes=4)
    claim = await RumourClaim.get(id=first)
    assert (claim.first_at, claim.last_at, claim.state) == (began, clock.moment, "open")


async def test_consent_is_kept_with_the_address_and_a_receipt(database: str, clock: Any) -> None:
    reporting = Reporting()
    claim = await keep(clock, STORY, "a")
    assert (await RumourReport.get()).sender == ""
    await keep(clock, STORY, "a", consented=True, sender="oUser")
    row = await RumourReport.get()
    assert (row.sender, row.consented_at) == ("oUser", clock.moment)
    receipt = await reporting.receipt(asker_hash="a", channel="wechat", text=STORY)
    assert receipt is not None
    assert (receipt.number, receipt.answered_by) == (claim, clock.moment + timedelta(hours=48))
    assert await reporting.receipt(asker_hash="b", channel="wechat", text=STORY) is None


async def test_what_was_settled_and_is_asked_again_without_an_answer_comes_back(database: str, clock: Any) -> None:
    claim = await keep(clock, STORY, "a")
    await RumourClaim.filter(id=claim).update(state="settled", closed_at=clock.moment)
    clock.advance(3600)
    assert await keep(clock, STORY, "b") == claim
    row = await RumourClaim.get(id=claim)
    assert (row.state, row.first_at, row.closed_at) == ("open", clock.moment, None)


async def test_what_is_under_check_is_counted_under_its_entry(
    curation: Curation, entries: list[Entry], actor: Actor, clock: Any
) -> None:
    await curation.put_entries(entries, actor=actor)
    first = await keep(clock, "水库要泄洪吗", "a", entry_id="rumour-dam")
    assert await keep(clock, "今晚真的泄洪？", "b", entry_id="rumour-dam") == first
    row = await RumourClaim.get()
    assert (row.state, row.entry_id, row.unit) == ("checking", "rumour-dam", "区水利局")
    assert await Reporting().due("rumour-dam") == clock.moment + timedelta(hours=48)
    assert await Reporting().due("rumour-salt") is None


async def test_who_leaves_stays_counted_and_unknown(database: str, clock: Any) -> None:
    await keep(clock, STORY, "a", consented=True, sender="oUser")
    await keep(clock, STORY, "b")
    async with in_transaction() as connection:
        await Reporting().forget(connection, asker_hash="a")
    rows = await RumourReport.all().order_by("id")
    assert len(rows) == 2
    assert [row.asker_hash == "a" or bool(row.sender) for row in rows] == [False, False]
    assert rows[0].asker_hash.startswith("left:")


async def test_a_flood_of_one_person_makes_no_flood_of_claims(database: str, clock: Any) -> None:
    for number in range(MOST_A_DAY):
        fresh = "".join(chr(0x4E00 + 97 * number + 13 * place) for place in range(8))
        assert await keep(clock, f"听说{fresh}", "a")
    assert await RumourClaim.all().count() == MOST_A_DAY
    assert await keep(clock, "网传区医院昨晚失火", "a") == 0
    assert await keep(clock, "网传区医院昨晚失火", "b") > 0
    assert await keep(clock, "网传区医院昨晚失火", "a") > 0, "what others brought he may join"
    clock.advance(86401)
    assert await keep(clock, "网传动物园跑出一只熊", "a") > 0
