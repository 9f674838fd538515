"""What the house itself asks of a text, whatever channel it goes to. Pure; a channel's own limits are its own checks.

The single checks are the modules of ``disclosures.checking``; this one puts them together.
"""

import dataclasses
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from types import MappingProxyType

from disclosures import markup, personal
from disclosures.attachments import Attached, Piece
from disclosures.checking import (
    access,
    amounts,
    dates,
    document_numbers,
    leaders,
    links,
    privacy,
    secrecy,
    tables,
    usage,
)  # fmt: skip
from disclosures.checking.leaders import Leader
from disclosures.checking.lexicon import Lexicon
from disclosures.checking.structure import structure_of
from disclosures.content import Content
from disclosures.draft import DraftText
from disclosures.findings import Finding, Severity, block, once, warn

LONGEST_TITLE = 200
STAGES = ("决策", "执行", "管理", "服务", "结果")
"""五公开 (国办发〔2016〕80号)."""

MOST_OF_A_RULE = 30
"""Findings of one rule that are told; a person mends those and looks again."""

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
_NOTHING: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class Alike:
    """Another disclosure that is like this one. ``share``: common pieces, 0 to 1; 1 for the same title of the same day."""

    disclosure_id: int
    title: str
    share: float
    rule: str
    released_on: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What the house knows besides the text; everything may be left out."""

    lexicon: Lexicon = dataclasses.field(default_factory=lambda: Lexicon(()))
    leaders: Sequence[Leader] = ()
    same_number: Sequence[str] = ()
    """Titles of other disclosures with the same 文号."""
    number_is_public: bool = False
    """Whether one of them can be read by everybody."""
    unkept_pictures: int = 0
    """Pictures of the author's body that were left out."""
    body_source: str = ""
    """The body as its author wrote it."""
    attached: Mapping[str, Attached | str] = dataclasses.field(default_factory=dict)
    """What could be read of each attachment, by its file name."""
    alike: Sequence[Alike] = ()
    dead_links: Mapping[str, str] = dataclasses.field(default_factory=dict)


def structure(draft: DraftText, *, today: date) -> tuple[Finding, ...]:
    """What must be right before a draft can be saved at all. ``today`` is the date in Shanghai."""
    return (*_title(draft.title), *_fields(draft), *_lengths(draft), *_formed_on(draft.formed_on, today))


def check(
    content: Content,
    *,
    today: date,
    same_number: Sequence[str] = (),
    unkept_pictures: int = 0,
    attached: Mapping[str, Attached | str] = _NOTHING,
    known: Known | None = None,
) -> tuple[Finding, ...]:
    """What must be mended (block) or looked at (warn) before the text is submitted for review, and again before it is
    planned. The three parameters before ``known`` are fields of it, for whoever knows nothing else."""
    known = known or Known(same_number=same_number, unkept_pictures=unkept_pictures, attached=attached)
    body = markup.plain_text(content.body_html)
    structure = structure_of(content.body_html)
    texts = _texts(content, body)
    return tuple(_limited(once((
        *_title(content.title),
        *_body(content, body, known),
        *access.find(structure, body),
        *_formed_on(content.formed_on, today),
        *document_numbers.of_field(content.document_number, known.same_number, public=known.number_is_public),
        *(finding for name, text in texts.items() for finding in _of_text(name, text, content, known, today)),
        *dates.signed("body", body, content.formed_on),
        *tables.find("body", structure.tables),
        *privacy.in_tables(structure),
        *links.find("body", structure.links, body, known.dead_links),
        *links.dropped("body", known.body_source),
        *(finding for name, read in known.attached.items() for finding in _attachment(name, read, known)),
        *_alike(known.alike),
    ))))  # fmt: skip


def at_planning(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """The same findings when the text is about to be planned: what was only pointed out while it was written, and would
    come out twice now, wants a reason."""
    return tuple(
        replace(each, severity=Severity.BLOCK, overridable=True) if each.rule in WANT_A_REASON else each
        for each in findings
    )


WANT_A_REASON = frozenset({"alike.same", "alike.title", "number.same"})


def _texts(content: Content, body: str) -> dict[str, str]:
    """Every text that somebody will read, by its field. A summary that was made from the text is checked with the text."""
    summary = content.summary.rstrip("…")
    texts = {
        "title": content.title,
        "body": body,
        "summary": "" if " ".join(body.split()).startswith(summary) else content.summary,
        **{f"particulars.{each.name}": each.value for each in content.particulars},
        "wechat.title": content.wechat.title,
        "wechat.digest": content.wechat.digest,
        "weibo.text": content.weibo.text,
        "attachments": "\n".join(f"{file.title} {file.file_name}" for file in content.attachments),
        "source": content.source,
        "keywords": "；".join(content.keywords),
    }
    texts.update({f"particulars.{each.name}": each.value for each in content.particulars})
    return {name: text for name, text in texts.items() if text}


def _of_text(name: str, text: str, content: Content, known: Known, today: date) -> Iterator[Finding]:
    yield from document_numbers.find(name, text)
    yield from dates.find(name, text, content.formed_on)
    yield from privacy.find(name, text)
    yield from secrecy.find(name, text)
    yield from known.lexicon.find(name, text)
    yield from usage.find(name, text)
    yield from leaders.find(name, text, known.leaders, today)
    yield from amounts.find(name, text)
    if name == "weibo.text":
        yield from links.find(name, (), text, known.dead_links)


def _limited(findings: Iterator[Finding]) -> Iterator[Finding]:
    """Not more than a person can look at of one rule; what blocks and cannot be overridden always."""
    counts: dict[str, int] = {}
    for finding in findings:
        counts[finding.rule] = counts.get(finding.rule, 0) + 1
        if counts[finding.rule] <= MOST_OF_A_RULE or (finding.blocks and not finding.overridable):
            yield finding


def _alike(alike: Sequence[Alike]) -> Iterator[Finding]:
    for each in alike:
        when = f"（{each.released_on} 公开）" if each.released_on else ""
        if each.rule == "alike.title":
            message = f"同一天已经公开过同题的信息，编号 {each.disclosure_id}{when}。"
        else:
            message = f"与已公开的《{each.title}》约有 {each.share:.0%} 相同，编号 {each.disclosure_id}{when}。"
        yield warn(
            "body" if each.rule != "alike.title" else "title", message, "请打开核对是否重复公开；更正请在原信息上修改。",
            rule=each.rule, quote=f"编号 {each.disclosure_id}",
        )  # fmt: skip


def _title(title: str) -> Iterator[Finding]:
    if not title.strip():
        yield block("title", "标题不能为空。", "请填写标题。", rule="form")
    if len(title.strip()) > LONGEST_TITLE:
        yield block(
            "title", f"标题有 {len(title.strip())} 个字符，超过 {LONGEST_TITLE} 个字符。", "请精简标题。", rule="form"
        )
    if len(title.strip().splitlines()) > 1 or _CONTROL.search(title):
        yield block("title", "标题不能换行，也不能含有不可见的控制字符。", "请将标题改为一行。", rule="form")


def _fields(draft: DraftText) -> Iterator[Finding]:
    if draft.body_format not in {"markdown", "html"}:
        yield block("body_format", "正文格式只能是 markdown 或 html。", "请改正正文格式。", rule="form")
    if not draft.body.strip():
        yield block("body", "正文不能为空。", "请填写正文。", rule="form")
    if not draft.department.strip():
        yield block("department", "未选择发布机构。", "请选择发布机构。", rule="form")
    if not draft.category.strip():
        yield block("category", "未选择公开目录栏目。", "请选择栏目。", rule="form")
    if draft.stage and draft.stage not in STAGES:
        yield block("stage", f"“五公开”环节只能是{'、'.join(STAGES)}之一，或留空。", "请重新选择。", rule="form")
    if draft.wechat.mode not in {"publish", "mass"}:
        yield block("wechat.mode", "微信发布方式只能是 publish（发布）或 mass（群发）。", "请重新选择。", rule="form")


def _lengths(draft: DraftText) -> Iterator[Finding]:
    limits = {
        "document_number": ("文号", draft.document_number, 100),
        "summary": ("内容概述", draft.summary, 500),
        "source": ("信息来源", draft.source, 100),
        "wechat.title": ("微信标题", draft.wechat.title, LONGEST_TITLE),
        "wechat.author": ("微信作者", draft.wechat.author, 100),
        "wechat.digest": ("微信摘要", draft.wechat.digest, 1000),
        "weibo.text": ("微博文字", draft.weibo.text, 5000),
    }
    for field, (name, text, most) in limits.items():
        if len(text) > most:
            yield block(field, f"{name}超过 {most} 个字符。", f"请精简{name}。", rule="form")
        if _CONTROL.search(text):
            yield block(field, f"{name}含有不可见的控制字符。", "请删除后重新输入。", rule="form")
    if len(draft.keywords) > 20 or any(len(word) > 30 for word in draft.keywords):
        yield block("keywords", "关键词最多 20 个，每个不超过 30 个字符。", "请精简关键词。", rule="form")
    if len(draft.attachments) > 50:
        yield block("attachments", "附件最多 50 个。", "请合并附件。", rule="form")


def _formed_on(formed_on: date, today: date) -> Iterator[Finding]:
    if formed_on > today:
        yield block("formed_on", f"成文日期 {formed_on.isoformat()} 晚于今天。", "请核对成文日期。", rule="form")
    if formed_on.year < 1949:
        yield block("formed_on", f"成文日期 {formed_on.isoformat()} 过早。", "请核对成文日期。", rule="form")


def _body(content: Content, body: str, known: Known) -> Iterator[Finding]:
    if not body.strip() and not content.pictures:
        yield block("body", "正文不能为空。", "请填写正文。", rule="form")
    elif not body.strip():
        yield block(
            "body", "正文只有图片，没有文字。", "请补充与图片内容等同的文字，方便视障群众阅读。", rule="picture.only"
        )
    if known.unkept_pictures:
        yield warn(
            "body",
            f"有 {known.unkept_pictures} 张站外图片没有收录。",
            "请先上传图片，再插入正文。",
            rule="picture.dropped",
        )
    if any(not file.title.strip() for file in content.attachments):
        yield warn("attachments", "有附件没有填写标题。", "请填写附件标题，便于群众辨认。", rule="attachment.title")


def _attachment(name: str, read: Attached | str, known: Known) -> Iterator[Finding]:
    """Attachments are full lists as a rule, so each attachment gets one finding of a kind, with the number of places and
    where the first ones are."""
    if isinstance(read, str):
        read = Attached(pieces=tuple(Piece(place="", text=line) for line in read.split("\n")))
    yield from _attached_numbers(name, read)
    yield from _attached_others(name, read)
    if read.problem:
        yield warn(
            "attachments", f"附件“{name}”{read.problem}，无法检查。" if "检查" not in read.problem else f"附件“{name}”{read.problem}。",
            "请人工核对其中的个人信息和密级标志；有可复制文字的版本时，换成那一版。", rule="attachment.unread", quote=name,
        )  # fmt: skip
    text = read.text
    for finding in secrecy.find("attachments", text):
        yield replace(finding, message=f"附件“{name}”{finding.message}", start=None)
    for finding in known.lexicon.find("attachments", text):
        if finding.blocks:
            yield replace(finding, message=f"附件“{name}”中{finding.message}", start=None, mask="")


def _attached_numbers(name: str, read: Attached) -> Iterator[Finding]:
    data: list[tuple[str, personal.PersonalDatum]] = []
    mobiles: list[str] = []
    for piece in read.pieces:
        for datum in personal.find(piece.text):
            if datum.kind is personal.Kind.MOBILE:
                mobiles.append(piece.place)
            else:
                data.append((piece.place, datum))
    if data:
        kinds = "、".join(dict.fromkeys(personal.KIND_NAMES[datum.kind] for _, datum in data))
        masked = data[0][1].masked
        yield block(
            "attachments", f"附件“{name}”含有 {len(data)} 处疑似{kinds}，如 {masked}{_where([place for place, _ in data])}。",
            "请遮盖后重新上传；依法须公开的，送审时写明理由。", overridable=True, rule=privacy.KINDS[data[0][1].kind],
            quote=f"{name} {masked}",
        )  # fmt: skip
    if mobiles:
        yield warn(
            "attachments", f"附件“{name}”含有 {len(mobiles)} 处疑似手机号码{_where(mobiles)}。", "如非办公联系电话，请遮盖后重新上传。",
            rule="private.mobile", quote=name,
        )  # fmt: skip


def _attached_others(name: str, read: Attached) -> Iterator[Finding]:
    found: dict[str, list[tuple[str, str, str]]] = {}
    for piece in read.pieces:
        for _, _, rule, what, masked in privacy.spans(piece.text):
            found.setdefault(rule, []).append((piece.place, what, masked))
    for rule, places in found.items():
        message = f"附件“{name}”含有 {len(places)} 处疑似{places[0][1]}，如 {places[0][2]}{_where([place for place, _, _ in places])}。"
        remedy = "请核对是否必须公开；不必的，遮盖后重新上传。"
        if rule == "private.passport":
            yield block("attachments", message, remedy, overridable=True, rule=rule, quote=f"{name} {places[0][2]}")
        else:
            yield warn("attachments", message, remedy, rule=rule, quote=f"{name} {places[0][2]}")


def _where(places: Sequence[str]) -> str:
    """（第 3 段、第 7 段等 9 处）: the first three places, where they are known."""
    known = list(dict.fromkeys(place for place in places if place))
    if not known:
        return ""
    more = f"等 {len(known)} 处" if len(known) > 3 else ""
    return f"（{'、'.join(known[:3])}{more}）"
