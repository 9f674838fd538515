"""The typed fields of a kind: forgiving in what is typed, strict in what is kept, and told beside the field."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from disclosures import kind as kinds
from disclosures.content import Particular
from disclosures.kind import PLAIN_CHAIN, Kind, KindField
from disclosures.particulars import as_lines, as_table, filled, missing, normal, typed

DATE = KindField(name="day", label="日期", type="date")
COUNT = KindField(name="count", label="人数", type="number", unit="人")
MONEY = KindField(name="money", label="金额", type="amount", unit="万元")
CHOICE = KindField(name="level", label="级别", type="choice", choices=("红色", "蓝色"))
LINES = KindField(name="how", label="方式", type="lines")
TEXT = KindField(name="who", label="对象", required=True)
KIND = Kind(code="k", name="招考", fields=(TEXT, DATE, COUNT, MONEY, CHOICE, LINES))


@pytest.mark.parametrize(
    ("each", "text", "kept"),
    [
        (DATE, "2026-11-3", "2026年11月3日"),
        (DATE, "2026年11月03日", "2026年11月3日"),
        (DATE, "2026/2/28", "2026年2月28日"),
        (COUNT, "1,200", "1200人"),
        (COUNT, "1200人", "1200人"),
        (COUNT, "12.5", "12.5人"),
        (MONEY, "1，280.50", "1280.50万元"),
        (MONEY, "3亿元", "3亿元"),
        (MONEY, "800元", "800元"),
        (CHOICE, " 红色 ", "红色"),
        (LINES, " 现场 \r\n\r\n网上\n", "现场\n网上"),
        (TEXT, " 本区  居民 ", "本区 居民"),
        (DATE, "  ", ""),
    ],
)
def test_what_can_be_meant_is_taken(each: KindField, text: str, kept: str) -> None:
    assert normal(each, text) == (kept, None)
    assert normal(each, typed(each, kept)) == (kept, None)


@pytest.mark.parametrize(
    ("each", "text"),
    [
        (DATE, "2026-02-30"), (DATE, "下周一"), (DATE, "2026-11-3 上午"), (COUNT, "十二"), (COUNT, "12户"), (COUNT, "1,20"),
        (MONEY, "约300"), (MONEY, "300美元"), (CHOICE, "橙色"), (TEXT, "字" * 201), (LINES, "字" * 4001),
    ],
)  # fmt: skip
def test_what_cannot_be_meant_is_refused_beside_its_field(each: KindField, text: str) -> None:
    _, problem = normal(each, text)
    assert problem is not None
    assert problem.blocks
    assert problem.field == f"particulars.{each.name}"
    assert problem.remedy


@given(st.dates(min_value=date(1900, 1, 1)))
def test_every_date_of_a_form_comes_back(day: date) -> None:
    kept, problem = normal(DATE, day.isoformat())
    assert problem is None
    assert typed(DATE, kept) == day.isoformat()


def test_a_name_that_the_kind_does_not_have_is_refused_and_the_order_is_the_forms() -> None:
    found, problems = filled(KIND, {"count": "3", "who": "居民", "colour": "blue", "nothing": " "})
    assert [each.name for each in found] == ["who", "count"]
    assert [problem.field for problem in problems] == ["particulars.colour"]


def test_required_fields_are_missed_and_a_period_that_ends_before_it_begins_too() -> None:
    period = (
        KindField(name="apply_from", label="报名开始", type="date"),
        KindField(name="apply_until", label="报名截止", type="date"),
    )
    kind = Kind(code="k", name="招考", fields=(TEXT, *period))
    values, _ = filled(kind, {"apply_from": "2026-12-2", "apply_until": "2026-12-1"})
    assert [each.field for each in missing(kind, values)] == ["particulars.who", "particulars.apply_until"]
    values, _ = filled(kind, {"apply_from": "2026-12-1", "apply_until": "2026-12-1", "who": "居民"})
    assert missing(kind, values) == ()


def test_a_retired_field_is_never_missed() -> None:
    gone = KindField(name="old", label="旧", required=True, retired=True)
    assert missing(Kind(code="k", name="k", fields=(gone,)), ()) == ()


def test_the_table_holds_words_never_marks() -> None:
    said = (Particular(name="a", label="<b>", value="一\n二<script>"),)
    assert as_table(said) == (
        '<table><tbody><tr><th scope="row">&lt;b&gt;</th><td>一<br>二&lt;script&gt;</td></tr></tbody></table>'
    )
    assert as_table(()) == ""
    assert as_lines(said) == ("<b>：一；二<script>",)


def test_a_kind_that_cannot_work_is_refused_with_every_reason() -> None:
    wrong = Kind(
        code="Ä", name=" ", chain=("final",), template="字" * 20_001,
        fields=(
            KindField(name="x", label="一", type="choice", choices=("只有一个",)), KindField(name="x", label="一"),
            KindField(name="y", label="", type="amount", unit="美元"), KindField(name="z", label="二", type="colour"),
        ),
    )  # fmt: skip
    assert {problem.field for problem in kinds.problems(wrong)} == {
        "code", "name", "chain", "template", "fields.0.choices", "fields.1.name", "fields.1.label", "fields.2.label",
        "fields.2.unit", "fields.3.type",
    }  # fmt: skip
    assert kinds.problems(Kind(code="a-1", name="好", chain=PLAIN_CHAIN)) == ()
    many = tuple(KindField(name=f"f{n}", label=f"项{n}") for n in range(kinds.MOST_FIELDS + 1))
    assert [problem.field for problem in kinds.problems(Kind(code="a", name="多", fields=many))] == ["fields"]
