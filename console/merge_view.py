"""Two people's forms side by side: what each changed since the text from which both began, what that makes together, and what
somebody has to choose. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from difflib import SequenceMatcher
from functools import partial
from typing import Final

from console.form import PARTICULAR, PLAIN, Fields
from console.words import FIELD_NAMES
from disclosures import markup
from disclosures.kind import Kind
from disclosures.merging import Choice, Piece, Side, clashes, merge_text, merge_values, resolved

ATTACHMENT: Final = "attachment_"
_MOST_MARKED: Final = 4000
"""Characters up to which a difference is marked within the words; a longer one is shown whole."""
_GAPS: Final = re.compile(r"\n{3,}")
_ALIKE: Final = 0.5
_MODES: Final = {"publish": "发布（不推送）", "mass": "群发"}

Segment = tuple[str, str]
"""(``same``, ``ins`` or ``del``, the words)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One field or one stretch of the body that not everybody left as it was. ``key`` names the choice in the form."""

    key: str
    label: str
    piece: Piece
    theirs: tuple[Segment, ...]
    mine: tuple[Segment, ...]
    base: str
    chosen: str = ""
    own: str = ""
    may_write: bool = False
    """Whether he may put in words of his own."""
    may_both: bool = False

    @property
    def clash(self) -> bool:
        return self.piece.side is Side.CLASH


@dataclass(frozen=True, slots=True, kw_only=True)
class Merge:
    """The comparison. ``rows``: the fields; ``body``: the body's pieces in their order, the same ones between them too."""

    rows: tuple[Row, ...]
    body: tuple[Row, ...]
    fields: Mapping[str, Piece]
    pieces: tuple[Piece, ...]
    body_format: str
    mine: Fields = field(repr=False)

    @property
    def to_choose(self) -> int:
        return sum(row.clash for row in (*self.rows, *self.body))

    def unanswered(self, picks: Mapping[str, str]) -> frozenset[str]:
        """The keys of the clashes about which nothing valid was chosen."""
        allowed = set(Choice)
        return frozenset(row.key for row in (*self.rows, *self.body) if row.clash and picks.get(row.key) not in allowed)

    def result(self, picks: Mapping[str, str], own: Mapping[str, str]) -> Fields:
        """The form after the choices; every clash must be answered."""
        values: dict[str, str | None] = {}
        for name, each in self.fields.items():
            values[name] = (
                _picked(each, picks.get(name, ""), own.get(name, "")) if each.side is Side.CLASH else each.merged
            )
        chosen = {
            place: (Choice(picks[f"body_{place}"]), own.get(f"body_{place}", "")) for place in clashes(self.pieces)
        }
        return _fields(values, resolved(self.pieces, chosen), self.body_format, self.mine)


def compare(
    base: Fields, theirs: Fields, mine: Fields, *, kind: Kind, files: Mapping[str, str],
    picks: Mapping[str, str] | None = None, own: Mapping[str, str] | None = None,
) -> Merge:  # fmt: skip
    """``kind`` is the one whose labels name the fields; ``files`` the file names by their SHA-256; ``picks`` and ``own`` what
    was chosen already. Converts and compares whole texts: call it off the event loop. Raises MarkupError."""
    picks, own = picks or {}, own or {}
    fields = merge_values(_flat(base), _flat(theirs), _flat(mine))
    forms = {each.body_format for each in (base, theirs, mine)}
    form = forms.pop() if len(forms) == 1 else "html"
    pieces = merge_text(*(_body(each, form) for each in (base, theirs, mine)), markup=form == "html")
    labels = {f"{PARTICULAR}{each.name}": each.label for each in kind.fields}

    def row(key: str, label: str, each: Piece, *, inside: bool = False) -> Row:
        shown = partial(_read, key, form if inside else "")
        before = shown(each.base)
        return Row(
            key=key, label=label, piece=each, base=before, theirs=marked(before, shown(each.theirs)),
            mine=marked(before, shown(each.mine)), chosen=picks.get(key, ""), own=own.get(key, shown(each.mine)),
            may_write=(form == "markdown") if inside else key in _WORDS, may_both=inside,
        )  # fmt: skip

    return Merge(
        rows=tuple(
            row(name, _label(name, labels, files), each) for name, each in fields.items() if each.side is not Side.SAME
        ),
        body=tuple(row(f"body_{place}", "正文", each, inside=True) for place, each in enumerate(pieces)),
        fields=fields, pieces=pieces, body_format=form, mine=mine,
    )  # fmt: skip


def marked(before: str, after: str) -> tuple[Segment, ...]:
    """The words of ``after`` with what is new and what was taken out against ``before``."""
    if before == after:
        return (("same", after),)
    if len(before) + len(after) > _MOST_MARKED or not before or not after:
        return tuple(pair for pair in (("del", before), ("ins", after)) if pair[1])
    compared = SequenceMatcher(None, before, after, autojunk=False)
    if compared.ratio() < _ALIKE:  # Marks between words that have nothing to do with each other only confuse.
        return (("ins", after),)
    found: list[Segment] = []
    for what, i1, i2, j1, j2 in compared.get_opcodes():
        if what == "equal":
            found.append(("same", after[j1:j2]))
            continue
        found += [pair for pair in (("del", before[i1:i2]), ("ins", after[j1:j2])) if pair[1]]
    return tuple(found)


_WORDS: Final = frozenset(
    {"title", "summary", "keywords", "wechat_title", "wechat_digest", "weibo_text", "document_number"}
)


def _flat(fields: Fields) -> dict[str, str]:
    """Everything of a form but its body, by the names under which it is chosen."""
    return {
        "kind": fields.kind,
        **{name: fields[name].strip() for name in PLAIN if name != "body"},
        "wechat_mode": fields.wechat_mode, "wechat_cover": fields.wechat_cover,
        **{f"{PARTICULAR}{name}": value for name, value in fields.particulars.items() if value.strip()},
        **{f"{ATTACHMENT}{sha256}": title for sha256, title in fields.attachments},
    }  # fmt: skip


def _fields(values: Mapping[str, str | None], body: str, body_format: str, mine: Fields) -> Fields:
    kept = {name: value for name, value in values.items() if value is not None}
    return replace(
        mine, values={**{name: kept.get(name, "") for name in PLAIN if name != "body"}, "body": body},
        body_format=body_format, kind=kept.get("kind", ""), wechat_mode=kept.get("wechat_mode", "publish"),
        wechat_cover=kept.get("wechat_cover", ""),
        particulars={name.removeprefix(PARTICULAR): value for name, value in kept.items() if name.startswith(PARTICULAR)},
        attachments=tuple(
            (name.removeprefix(ATTACHMENT), value) for name, value in kept.items() if name.startswith(ATTACHMENT)
        ),
    )  # fmt: skip


def _picked(each: Piece, choice: str, own: str) -> str | None:
    if choice == Choice.OWN:
        return own.strip()
    return each.theirs if choice == Choice.THEIRS else each.mine


def _body(fields: Fields, form: str) -> str:
    text = fields["body"]
    return markup.from_markdown(text) if form == "html" and fields.body_format == "markdown" else text


def _label(name: str, labels: Mapping[str, str], files: Mapping[str, str]) -> str:
    if name.startswith(ATTACHMENT):
        sha256 = name.removeprefix(ATTACHMENT)
        return f"附件“{files.get(sha256, sha256[:8])}”"
    return labels.get(name) or FIELD_NAMES.get(name) or name.removeprefix(PARTICULAR)


def _read(key: str, form: str, value: str | None) -> str:
    """What a person reads for a value of a field; ``form`` is set for a stretch of the body."""
    if value is None:
        return "（没有）"
    if form:
        return _GAPS.sub("\n\n", markup.plain_text(value) if form == "html" else value).strip("\n")
    if key.endswith("_on_picture_failure"):
        return "图片失败则只发文字" if value else "图片失败则不发"
    if key == "wechat_mode":
        return _MODES.get(value, value)
    if key == "wechat_cover":
        return f"封面 {value[:8]}" if value else "（默认封面）"
    if key.startswith(ATTACHMENT):
        return value or "（有，没有标题）"
    return value
