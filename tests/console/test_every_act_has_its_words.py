"""Nothing that the product writes into the trail stands on a screen as a verb: every act has its Chinese sentence.

The verbs are read from the source: whoever appends a new one without words fails here by name."""

import ast
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from audit.records import AuditRecord
from console.more_acts import MORE
from console.timeline import event_of
from console.words import ACTS, act
from publishers.choices import LEADS_TO
from publishers.readback import Proof
from publishers.states import State

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = (
    "audit",
    "bot",
    "casework",
    "console",
    "disclosures",
    "gateway",
    "knowledge",
    "portal",
    "publishers",
    "scheduler",
    "staff",
)
DOTTED = re.compile(r"[a-z_]+(?:\.[a-z_]+)+")
NO_VERB = re.compile(r"\.(?:html|css|js|json|jsonl|zip|xlsx|csv|txt|db|records)$")
SUBJECTS = {verb.split(".")[0] for verb in (*ACTS, *MORE)}
COMPUTED = {
    "delivery.proof.": tuple(Proof),
    "delivery.proposal.": ("open", "confirmed", "refused", "taken_back", "overtaken"),
    "delivery.decide.": tuple({*LEADS_TO.values(), State.PENDING}),
    "delivery.": (
        State.PUBLISHED,
        State.SUBMITTED,
        State.FAILED,
        State.UNKNOWN,
        State.DRAFTED,
        State.WITHDRAWING,
        State.WITHDRAWN,
        State.HELD,
    ),
    "disclosure.": ("approved", "rejected"),
    "knowledge.draft.": ("created", "saved", "submitted", "accepted", "sent_back", "discarded"),
    "announcement.": ("proposed", "asked", "confirmed", "refused", "linked", "fulfilled"),
    "catalogue.": ("unit_saved", "category_saved"),
}
"""What stands behind the computed end of a verb: the beginning of the f-string → the ends."""


def verbs() -> Iterator[tuple[str, str]]:
    """(where, verb) for everything that is appended to the trail."""
    for package in PACKAGES:
        trees = {path: ast.parse(path.read_text(encoding="utf-8")) for path in sorted((ROOT / package).rglob("*.py"))}
        appenders: set[str] = set()
        for path, tree in trees.items():
            for function in _functions(tree):
                for call in (node for node in ast.walk(function) if isinstance(node, ast.Call) and _appends(node)):
                    where = f"{path.relative_to(ROOT)}:{call.lineno}"
                    (value,) = [word.value for word in call.keywords if word.arg == "verb"]
                    if isinstance(value, ast.Constant):
                        yield where, str(value.value)
                    elif isinstance(value, ast.JoinedStr):
                        head = value.values[0]
                        assert isinstance(head, ast.Constant), where
                        assert head.value in COMPUTED, f"{where}: COMPUTED does not know {head.value}…"
                        yield from ((where, f"{head.value}{end}") for end in COMPUTED[str(head.value)])
                    else:
                        # The verb comes from elsewhere: from this function, from a constant of the module, or from a caller.
                        appenders.add(function.name)
                        yield from ((where, word) for word in (*_dotted(function), *_constants(tree)))
        for path, tree in trees.items():
            for function in _functions(tree):
                if any(isinstance(node, ast.Call) and _name(node) in appenders for node in ast.walk(function)):
                    yield from ((f"{path.relative_to(ROOT)}:{function.lineno}", word) for word in _dotted(function))


def _functions(tree: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def _name(call: ast.Call) -> str:
    return (
        call.func.attr
        if isinstance(call.func, ast.Attribute)
        else call.func.id
        if isinstance(call.func, ast.Name)
        else ""
    )


def _constants(tree: ast.Module) -> Iterator[str]:
    for node in tree.body:
        if isinstance(node, ast.Assign | ast.AnnAssign) and isinstance(node.value, ast.Constant):
            yield from _dotted(node)


def _appends(call: ast.Call) -> bool:
    """``trail.append(connection, at=…, actor=…, verb=…)``, under whatever name the trail goes."""
    names = {word.arg for word in call.keywords}
    return isinstance(call.func, ast.Attribute) and call.func.attr == "append" and {"verb", "subject", "actor"} <= names


def _dotted(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            word = node.value
            if DOTTED.fullmatch(word) and word.split(".")[0] in SUBJECTS and not NO_VERB.search(word):
                yield word
        elif isinstance(node, ast.JoinedStr) and isinstance(node.values[0], ast.Constant):
            head = str(node.values[0].value)
            yield from (f"{head}{end}" for end in COMPUTED.get(head, ()))


VERBS = sorted(set(verbs()))


def test_the_source_was_read() -> None:
    found = {verb for _, verb in VERBS}
    assert len(found) > 60
    assert {
        "disclosure.created",
        "disclosure.approved",
        "release.schedule",
        "delivery.proof.gone",
        "rumour.dismiss",
    } <= found


@pytest.mark.parametrize("verb", sorted({verb for _, verb in VERBS}))
def test_every_act_has_its_words(verb: str) -> None:
    detail = {"channel": "wechat", "due_at": "2026-11-24T01:00:00+00:00", "before": "2026-11-23T01:00:00+00:00"}
    detail |= {"expires_at": "2026-11-25T01:00:00+00:00"}
    told = act(verb, detail)
    where = ", ".join(sorted({place for place, each in VERBS if each == verb}))
    assert told != verb, f"console/words.py or console/more_acts.py needs words for {verb} ({where})"
    assert re.search(r"[\u4e00-\u9fff]", told)


def test_no_verb_has_its_words_twice() -> None:
    assert not set(ACTS) & set(MORE)


def test_a_moment_is_told_in_beijing() -> None:
    record = AuditRecord(
        id=1, at=datetime(2026, 11, 23, 17, 30, tzinfo=UTC), actor_kind="machine", actor_name="发布系统",
        verb="delivery.published", subject="delivery:1", detail={"channel": "weibo"},
    )  # fmt: skip
    event = event_of(record)
    assert (event.day.isoformat(), event.time, event.what) == ("2026-11-24", "01:30", "微博：发布成功")
