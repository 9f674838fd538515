"""Cases: questions with what the base should find for them, and how they came out. Pure, but for reading the file."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final, get_args

from knowledge import delimited
from knowledge.columns import Heading, header_of
from knowledge.errors import EntryInvalid, ImportRefused
from knowledge.finding import Decision, Finding
from knowledge.index import bare
from knowledge.keywords import normalise
from knowledge.reading import read_table
from knowledge.table import Row, Table

MOST_CASES = 20_000
OFFERED = 3
DECISIONS: Final[Mapping[Decision, str]] = {"answer": "直接回答", "choose": "请群众选择", "none": "转人工"}

_WORDS: Mapping[str, Decision] = {
    **{word: decision for decision, word in DECISIONS.items()},
    **{decision: decision for decision in get_args(Decision)},
    "回答": "answer", "选择": "choose", "反问": "choose", "不能回答": "none", "不回答": "none",
}  # fmt: skip
_NAMES = {
    "问句": "question", "问题": "question", "提问": "question", "question": "question", "text": "question",
    "期望条目": "entries", "期望编号": "entries", "entries": "entries", "expected": "entries",
    "期望决定": "decision", "期望判断": "decision", "decision": "decision",
    "期望答复": "says", "答复": "says", "expected answer": "says", "says": "says",
    "备注": "note", "说明": "note", "note": "note",
}  # fmt: skip
_HEADERS = {"question": "问句", "entries": "期望条目", "decision": "期望决定", "says": "期望答复", "note": "备注"}
_IDS = "、，,；;\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A question, the entries of which one is right, and what the base should decide; None where only the entry counts. An
    answer must hold the words of ``says``, signs and blanks aside."""

    line: int
    question: str
    entries: tuple[str, ...] = ()
    decision: Decision | None = None
    note: str = ""
    says: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How a case came out. `found` are the ids of the first hits, `why` says what is wrong."""

    case: Case
    decision: Decision
    confidence: float
    found: tuple[str, ...]
    passed: bool
    why: str = ""

    @property
    def right(self) -> bool:
        """Whether the first hit is an entry that was expected, or says what was expected."""
        if not self.case.entries and self.case.says:
            return self.passed
        return bool(self.found) and self.found[0] in self.case.entries


def read_cases(path: Path) -> list[Case]:
    """The cases of a file: a table with 问句, 期望条目, 期望决定, or JSON lines. Raises ImportRefused. Blocking."""
    table = read_table(path)
    raw = _from_table(table) if table is not None else _from_lines(path)
    cases: list[Case] = []
    errors: list[EntryInvalid] = []
    lines_of: dict[str, int] = {}
    for line, make in raw:
        try:
            case = make()
            if case.question in lines_of:
                what = f"与第 {lines_of[case.question]} 行是同一个问句"
                raise EntryInvalid(line, _HEADERS["question"], what, "删去其中一行")
        except EntryInvalid as error:
            errors.append(error)
            continue
        lines_of[case.question] = line
        cases.append(case)
    if len(cases) > MOST_CASES:
        errors.append(EntryInvalid(0, "", f"超过 {MOST_CASES} 个用例", "拆成几个文件"))
    if not cases and not errors:
        errors.append(EntryInvalid(0, "", "没有一个用例", "每行写一个问句，和期望条目或期望决定"))
    if errors:
        raise ImportRefused(errors)
    return cases


def judged(case: Case, finding: Finding, known: Callable[[str], bool]) -> Outcome:
    """Whether what was found is what was expected. `known` tells whether an entry may answer now."""
    found = tuple(hit.entry.id for hit in finding.hits[:OFFERED])
    why = _wrong(case, finding.decision, found, known) or _unsaid(case, finding)
    return Outcome(
        case=case, decision=finding.decision, confidence=finding.confidence, found=found, passed=not why, why=why
    )


def figures(outcomes: Sequence[Outcome]) -> dict[str, float | int | None]:
    """What is counted over a run. Shares are 0 to 1, None where nothing is counted.

    `precision`: of the questions answered outright, those answered with an expected entry. `recall`: of the questions with
    an expected entry, those answered outright with it. `first` and `offered`: of the same, those with it as the first hit, or
    among the first three. `wrongly_answered`: of the questions that no entry answers, those answered all the same.
    """
    answered = [one for one in outcomes if one.decision == "answer"]
    asked = [one for one in outcomes if one.case.entries or one.case.says]
    without = [one for one in outcomes if one.case.decision == "none" and not one.case.entries]
    return {
        "total": len(outcomes),
        "passed": sum(one.passed for one in outcomes),
        "answered": len(answered),
        "precision": _share([one.right for one in answered]),
        "recall": _share([one.decision == "answer" and one.right for one in asked]),
        "first": _share([one.right for one in asked]),
        "offered": _share([one.right or bool(set(one.found) & set(one.case.entries)) for one in asked]),
        "wrongly_answered": _share([one.decision == "answer" for one in without]),
    }


def _share(counted: Sequence[bool]) -> float | None:
    return round(sum(counted) / len(counted), 4) if counted else None


def _wrong(case: Case, decision: Decision, found: Sequence[str], known: Callable[[str], bool]) -> str:
    if case.decision is not None and decision != case.decision:
        return f"应当{DECISIONS[case.decision]}，实际{DECISIONS[decision]}"
    if not case.entries or case.decision == "none":
        return ""
    if not any(known(entry) for entry in case.entries):
        return f"期望条目 {'、'.join(case.entries)} 不在知识库中，或已停用"
    if decision == "none":
        return "没有回答"
    offered = found if decision == "choose" else found[:1]
    if not set(offered) & set(case.entries):
        return f"找到的是 {'、'.join(offered)}"
    return ""


def _unsaid(case: Case, finding: Finding) -> str:
    """That the answer, or none of the choices, says what was expected."""
    if not case.says or case.decision == "none":
        return ""
    if finding.ruled is not None:
        texts = [finding.ruled.text]
    else:
        shown = finding.hits[:1] if finding.decision == "answer" else finding.choices
        texts = [f"{hit.entry.title}\n{hit.entry.body}" for hit in shown]
    if not texts:
        return "没有回答"
    wanted = bare(normalise(case.says))
    return "" if any(wanted in bare(normalise(text)) for text in texts) else f"答复中没有“{case.says[:40]}”"


def _made(line: int, question: str, entries: Iterable[str], decision: str, note: str, says: str = "") -> Case:
    if not question.strip():
        raise EntryInvalid(line, _HEADERS["question"], "没有问句", "写上群众会怎么问")
    ids, word = tuple(dict.fromkeys(entries)), decision.strip()
    if word and word.casefold() not in _WORDS:
        remedy = f"改为 {'、'.join(DECISIONS.values())} 之一"
        raise EntryInvalid(line, _HEADERS["decision"], f"没有“{word[:20]}”这种决定", remedy)
    if not ids and not word and not says.strip():
        raise EntryInvalid(line, _HEADERS["entries"], "没有写期望什么", "写上期望条目的编号，或期望决定")
    if not ids and not says.strip() and _WORDS[word.casefold()] != "none":
        raise EntryInvalid(
            line, _HEADERS["entries"], "没有期望条目", "写上条目的编号；库里没有答案的问句，期望决定写“转人工”"
        )
    return Case(
        line=line, question=question.strip(), entries=ids, decision=_WORDS[word.casefold()] if word else None, note=note,
        says=says.strip(),
    )  # fmt: skip


def _from_table(table: Table) -> list[tuple[int, Callable[[], Case]]]:
    heading, rows = header_of(table, _NAMES, needed=("question",), words="问句、期望条目、期望决定")
    if heading.errors:
        raise ImportRefused(heading.errors)
    return [(row.number, partial(_of_row, row, heading)) for row in rows]


def _of_row(row: Row, heading: Heading) -> Case:
    heading.check(row)
    texts = {field: heading.text(row, field) for field in ("question", "decision", "note", "says")}
    ids = heading.items(row, "entries", _IDS)
    return _made(row.number, texts["question"], ids, texts["decision"], texts["note"], texts["says"])


def _from_lines(path: Path) -> list[tuple[int, Callable[[], Case]]]:
    lines = enumerate(delimited.decoded(path.read_bytes()).splitlines(), 1)
    return [(number, partial(_of_line, number, line)) for number, line in lines if line.strip()]


def _of_line(number: int, line: str) -> Case:
    try:
        row: Any = json.loads(line)
    except (ValueError, RecursionError):
        row = None
    if not isinstance(row, dict):
        raise EntryInvalid(number, "", "不是 JSON 对象", "每行写成 {…}，检查引号和逗号")
    values = {_NAMES[name.casefold()]: value for name, value in row.items() if name.casefold() in _NAMES}
    entries = values.pop("entries", None) or []
    ids = [entries] if isinstance(entries, str) else entries
    if not isinstance(ids, list) or not all(isinstance(one, str) for one in ids):
        raise EntryInvalid(number, _HEADERS["entries"], "不是编号的列表", '写成 ["编号", "编号"]')
    texts = {name: values.get(name) or "" for name in ("question", "decision", "note", "says")}
    for name, text in texts.items():
        if not isinstance(text, str):
            raise EntryInvalid(number, _HEADERS[name], "不是文字", "改为文字并加引号")
    return _made(number, texts["question"], ids, texts["decision"], texts["note"], texts["says"])
