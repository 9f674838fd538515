"""The list of words that comes with the product, and the columns in which lists of words travel.

The rows are ours: common slips in official documents, names that reforms changed, wordings that public style guides ask
for. Each has its reason; the district adds, changes or switches off what it wants (``disclosures.lexicon_desk``).
"""

import csv
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Final

from disclosures.checking.lexicon import KINDS, LONGEST, SEVERITIES, SHORTEST, WARN, Word

COLUMNS: Final = ("词语", "类别", "程度", "建议", "理由", "例外")
LONGEST_REASON, LONGEST_SUGGESTION, MOST_EXCEPTIONS = 255, 128, 50

_HERE: Final = Path(__file__).parent / "data" / "lexicon.csv"
_KINDS: Final = {name: code for code, name in KINDS.items()}
_SEVERITIES: Final = {name: code for code, name in SEVERITIES.items()}


@cache
def seed_words() -> tuple[Word, ...]:
    """The words of the product, in the order of the file."""
    with _HERE.open(encoding="utf-8", newline="") as file:
        return tuple(word_of(row) for row in csv.DictReader(file))


def word_of(row: Mapping[str, str]) -> Word:
    """A row of a list as a word. Raises ValueError with what is wrong and what to do, in Simplified Chinese."""
    wrong = "；".join(f"{what}，{remedy}" for _, what, remedy in faults(row))
    if wrong:
        raise ValueError(wrong)
    return _word(row)


def faults(row: Mapping[str, str]) -> Iterator[tuple[str, str, str]]:
    """(column, what, remedy) of everything that is wrong with a row."""
    text = _text(row, "词语")
    if not SHORTEST <= len(text) <= LONGEST or "\n" in text or "\t" in text:
        yield "词语", f"应为 {SHORTEST} 至 {LONGEST} 个字", "请改正词语"
    if _text(row, "类别") and _text(row, "类别") not in {*_KINDS, *KINDS}:
        yield "类别", f"没有“{_text(row, '类别')[:20]}”这一类", f"请写{'、'.join(_KINDS)}之一"
    if _text(row, "程度") and _text(row, "程度") not in {*_SEVERITIES, *SEVERITIES}:
        yield "程度", f"没有“{_text(row, '程度')[:20]}”这一档", f"请写{'、'.join(_SEVERITIES)}之一"
    if len(_text(row, "建议")) > LONGEST_SUGGESTION:
        yield "建议", f"超过 {LONGEST_SUGGESTION} 个字", "请精简"
    if text and _text(row, "建议") == text:
        yield "建议", "与词语相同", "请写正确的写法，或留空"
    if len(_text(row, "理由")) > LONGEST_REASON:
        yield "理由", f"超过 {LONGEST_REASON} 个字", "请精简"
    exceptions = _exceptions(row)
    if len(exceptions) > MOST_EXCEPTIONS or any(len(each) > LONGEST for each in exceptions):
        yield "例外", f"超过 {MOST_EXCEPTIONS} 个，或有一个超过 {LONGEST} 个字", "请精简"
    for each in exceptions:
        if text and text not in each:
            yield "例外", f"“{each[:20]}”里没有“{text[:20]}”", "例外须是包含该词的更长的词语，用分号隔开"
            return


def row_of(word: Word) -> tuple[str, ...]:
    """A word in the columns of a list."""
    return (
        word.word, KINDS.get(word.kind, word.kind), SEVERITIES.get(word.severity, word.severity), word.suggestion,
        word.reason, "；".join(word.exceptions),
    )  # fmt: skip


def read_rows(rows: Sequence[tuple[int, Sequence[str]]]) -> tuple[list[Word], list[tuple[int, str, str, str]]]:
    """(words, errors) of a table whose first row names the columns; an error is (row, column, what, remedy)."""
    if not rows:
        return [], [(0, "", "文件是空的", "请填写后再导入")]
    heads = [head.strip() for head in rows[0][1]]
    if COLUMNS[0] not in heads:
        return [], [(rows[0][0], "", f"第一行没有“{COLUMNS[0]}”一列", f"第一行写列名：{'、'.join(COLUMNS)}")]
    words: list[Word] = []
    errors: list[tuple[int, str, str, str]] = []
    seen: dict[str, int] = {}
    for number, cells in rows[1:]:
        row = dict(zip(heads, cells, strict=False))
        found = list(faults(row))
        text = _text(row, "词语")
        if text in seen:
            found.append(("词语", f"与第 {seen[text]} 行重复", "请删去一行"))
        seen.setdefault(text, number)
        errors += [(number, *fault) for fault in found]
        if not found:
            words.append(_word(row))
    return words, errors


def _word(row: Mapping[str, str]) -> Word:
    kind, severity = _text(row, "类别"), _text(row, "程度")
    return Word(
        word=_text(row, "词语"), kind=_KINDS.get(kind, kind or "typo"), severity=_SEVERITIES.get(severity, severity or WARN),
        suggestion=_text(row, "建议"), reason=_text(row, "理由"), exceptions=_exceptions(row),
    )  # fmt: skip


def _exceptions(row: Mapping[str, str]) -> tuple[str, ...]:
    text = _text(row, "例外").replace("；", ";").replace("\n", ";")
    return tuple(dict.fromkeys(each.strip() for each in text.split(";") if each.strip()))


def _text(row: Mapping[str, str], column: str) -> str:
    return str(row.get(column) or "").strip()
