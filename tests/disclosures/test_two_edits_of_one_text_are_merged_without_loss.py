"""The three-way merge: edits that do not meet are both kept, edits that meet are shown, and nothing is ever dropped."""

import re

from hypothesis import given
from hypothesis import strategies as st

from disclosures.merging import MOST_PIECES, Choice, Side, clashes, merge_text, merge_values, piece, resolved

SENTENCES = st.lists(
    st.text(alphabet="发放补贴户元日区民政", min_size=1, max_size=6).map(lambda text: f"{text}。"), max_size=12
)
MARKS = st.lists(st.sampled_from(["<p>", "</p>", "<b", ">", "<", "。", "a", "\n", "</", '"']), max_size=30).map("".join)
BASE = "各镇人民政府：\n\n补贴每户300元。自12月1日起发放。\n\n请抓好落实。"


def merged(pieces: object) -> str:
    return resolved(pieces, {})  # type: ignore[arg-type]


def test_edits_in_different_sentences_are_both_kept() -> None:
    theirs = BASE.replace("300元", "320元")
    mine = BASE.replace("请抓好落实。", "请抓好落实。\n\n联系电话：2345678。")
    assert merged(merge_text(BASE, theirs, mine)) == theirs.replace(
        "请抓好落实。", "请抓好落实。\n\n联系电话：2345678。"
    )


def test_edits_of_one_sentence_are_shown_with_all_three_forms() -> None:
    theirs, mine = BASE.replace("300元", "320元"), BASE.replace("300元", "350元")
    pieces = merge_text(BASE, theirs, mine)
    (place,) = clashes(pieces)
    assert (pieces[place].base, pieces[place].theirs, pieces[place].mine) == (
        "补贴每户300元。", "补贴每户320元。", "补贴每户350元。",
    )  # fmt: skip
    assert resolved(pieces, {place: (Choice.THEIRS, "")}) == theirs
    assert resolved(pieces, {place: (Choice.MINE, "")}) == mine
    assert "320元。补贴每户350元。" in resolved(pieces, {place: (Choice.BOTH, "")})
    assert "每户330元。自12月1日" in resolved(pieces, {place: (Choice.OWN, "补贴每户330元。")})


def test_a_sentence_that_one_deleted_and_the_other_changed_is_a_clash() -> None:
    theirs, mine = BASE.replace("自12月1日起发放。", ""), BASE.replace("12月1日", "12月5日")
    assert clashes(merge_text(BASE, theirs, mine))


def test_one_sides_own_words_keep_the_paragraph_apart_from_the_next() -> None:
    base = "第一段。\n\n第二段。\n\n第三段。"
    pieces = merge_text(base, base.replace("第二段", "他的"), base.replace("第二段", "我的"))
    (place,) = clashes(pieces)
    assert resolved(pieces, {place: (Choice.OWN, "商定的。")}) == "第一段。\n\n商定的。\n\n第三段。"


def test_markup_is_merged_by_its_blocks() -> None:
    base = "<p>一。</p><p>二。</p><table><tbody><tr><td>1</td></tr></tbody></table>"
    theirs, mine = base.replace("一", "壹"), base.replace("<td>1", "<td>2")
    assert merged(merge_text(base, theirs, mine, markup=True)) == theirs.replace("<td>1", "<td>2")


def test_a_mark_is_never_cut_in_two() -> None:
    base = '<p>看图。<img src="/files/a/b.png" alt="一。二；三"></p><p>完。</p>'
    theirs = base.replace("一。二", "壹。贰")
    pieces = merge_text(base, theirs, base.replace("完", "结束"), markup=True)
    assert all(each.mine is None or each.mine.count("<") == each.mine.count(">") for each in pieces)
    assert merged(pieces) == theirs.replace("完", "结束")


@given(MARKS, MARKS, MARKS)
def test_no_character_of_any_markup_is_lost(base: str, theirs: str, mine: str) -> None:
    pieces = merge_text(base, theirs, mine, markup=True)
    for side, text in (("base", base), ("theirs", theirs), ("mine", mine)):
        whole = re.sub(r"\n{3,}", "\n\n", text).rstrip()
        assert "".join(getattr(each, side) for each in pieces).rstrip() == whole


def test_a_field_is_judged_by_who_changed_it() -> None:
    pieces = merge_values({"a": "1", "b": "1", "c": "1", "d": "1"}, {"a": "1", "b": "2", "c": "1", "d": "2"},
                          {"a": "1", "b": "1", "c": "3", "d": "3", "e": "new"})  # fmt: skip
    assert {name: each.side for name, each in pieces.items()} == {
        "a": Side.SAME, "b": Side.THEIRS, "c": Side.MINE, "d": Side.CLASH, "e": Side.MINE,
    }  # fmt: skip
    assert piece("x", None, "x").merged is None


def test_a_text_beyond_every_measure_is_one_piece_and_quick() -> None:
    base = "".join(f"第{n}条\n" for n in range(MOST_PIECES + 10))
    pieces = merge_text(base, base.replace("第7条", "第七条"), base.replace("第9条", "第九条"))
    assert [each.side for each in pieces] == [Side.CLASH]


@given(base=SENTENCES, theirs=SENTENCES, mine=SENTENCES)
def test_nothing_that_anybody_wrote_is_dropped(base: list[str], theirs: list[str], mine: list[str]) -> None:
    pieces = merge_text("".join(base), "".join(theirs), "".join(mine))
    for side, texts in (("base", base), ("theirs", theirs), ("mine", mine)):
        assert "".join(getattr(each, side) for each in pieces).rstrip() == "".join(texts)
    for each in pieces:
        if each.side is Side.MINE:
            assert each.theirs == each.base
        if each.side is Side.THEIRS:
            assert each.mine == each.base


@given(base=SENTENCES.filter(lambda s: len(s) > 2), other=SENTENCES)
def test_what_only_one_changed_is_taken_whole(base: list[str], other: list[str]) -> None:
    one, two = "".join(base), "".join(other)
    assert merged(merge_text(one, two, one)) == two
    assert merged(merge_text(one, one, two)) == two
    assert merged(merge_text(one, two, two)) == two


@given(st.lists(st.integers(0, 10**6), min_size=3, max_size=10, unique=True), st.data())
def test_edits_that_do_not_touch_merge_to_both(numbers: list[int], data: st.DataObject) -> None:
    base = [f"第{n}句。" for n in numbers]
    first = data.draw(st.integers(0, len(base) - 3))
    last = data.draw(st.integers(first + 2, len(base) - 1))
    theirs, mine, both = list(base), list(base), list(base)
    theirs[first] = both[first] = "他改过的。"
    mine[last] = both[last] = "我改过的。"
    assert merged(merge_text("".join(base), "".join(theirs), "".join(mine))) == "".join(both)
