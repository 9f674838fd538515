"""A kind of document (文种) as a value, and what makes it a sound one. Pure."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from disclosures.findings import Finding, block

PLAIN_CHAIN: Final = ("first", "second", "final")
"""Values of ``disclosures.review.Step``: 初审, 复审, 终审."""
SECRECY_CHAIN: Final = ("first", "second", "secrecy", "final")
"""With 保密审查 as a signed step before the last word."""

TYPE_NAMES: Final = {
    "text": "一行文字",
    "lines": "多行文字",
    "date": "日期",
    "number": "数字",
    "amount": "金额",
    "choice": "选项",
}
"""The types of a field, as the office reads them."""

ASKABLE: Final = {
    "document_number": "文号",
    "interprets": "解读的文件",
    "summary": "内容概述",
    "keywords": "关键词",
    "stage": "五公开",
    "attachments": "附件",
}
"""Attributes of every text that a kind may ask for."""

MOST_FIELDS: Final = 30
MOST_CHOICES: Final = 40
LONGEST_TEMPLATE: Final = 20_000
"""Characters of a template."""
_NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,31}")


@dataclass(frozen=True, slots=True, kw_only=True)
class KindField:
    """One typed field of a kind's form."""

    name: str
    label: str
    type: str = "text"
    """text, lines, date, number, amount (with ``unit``) or choice."""
    required: bool = False
    hint: str = ""
    unit: str = ""
    choices: tuple[str, ...] = ()
    retired: bool = False
    """True: no new text has it; texts that were written with it keep it and may still be changed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind of document. ``chain``: the signed steps in their order, each by another person; it always contains
    初审, 复审 and 终审 (ends with the last), and ``secrecy`` (保密审查) where the kind wants it signed."""

    code: str
    name: str
    description: str = ""
    category: str = ""
    """The column that the form proposes, by its code; empty: none."""
    fields: tuple[KindField, ...] = ()
    asks: tuple[str, ...] = ()
    """Which of the attributes that every text has must be filled in for this kind, see ``ASKABLE``."""
    chain: tuple[str, ...] = PLAIN_CHAIN
    template: str = ""
    """The body that a new text begins with, in Markdown."""
    sort: int = 0
    active: bool = True

    @property
    def present(self) -> tuple[KindField, ...]:
        """The fields of a new text."""
        return tuple(each for each in self.fields if not each.retired)

    @property
    def secrecy(self) -> bool:
        return "secrecy" in self.chain


PLAIN: Final = Kind(code="", name="一般信息")
"""What a disclosure is of which nobody chose the kind."""


def problems(kind: Kind) -> tuple[Finding, ...]:
    """Why this kind cannot be saved. A field's findings are named ``fields.<place>.<what>``, counted from 0."""
    return (*_head(kind), *_fields(kind.fields))


def _head(kind: Kind) -> Iterator[Finding]:
    if not re.fullmatch(r"[a-z][a-z0-9-]{0,31}", kind.code):
        yield block("code", "代码应为小写字母开头的字母、数字，最多 32 个字符。", "例如 tongzhi。")
    if not kind.name.strip() or len(kind.name) > 64:
        yield block("name", "文种名称应为 1 至 64 个字。", "请填写名称。")
    if len(kind.description) > 300:
        yield block("description", "说明最多 300 个字。", "请精简。")
    if kind.chain not in (PLAIN_CHAIN, SECRECY_CHAIN):
        yield block("chain", "审签步骤须为初审、复审、（保密审查、）终审。", "请重新选择。")
    if set(kind.asks) - set(ASKABLE):
        yield block("asks", "没有这一项公开属性。", f"可选：{'、'.join(ASKABLE.values())}。")
    if len(kind.template) > LONGEST_TEMPLATE:
        yield block("template", f"正文模板最多 {LONGEST_TEMPLATE:,} 个字符。", "请精简。")
    if len(kind.fields) > MOST_FIELDS:
        yield block("fields", f"一个文种最多 {MOST_FIELDS} 项。", "请合并或删去几项。")


def _fields(fields: Sequence[KindField]) -> Iterator[Finding]:
    labels: set[str] = set()
    names: set[str] = set()
    for place, each in enumerate(fields):
        where = f"fields.{place}"
        if not _NAME.fullmatch(each.name) or each.name in names:
            yield block(
                f"{where}.name", "接口名称应为小写字母开头的字母、数字、下划线，且不重复。", "例如 apply_until。"
            )
        if not each.label.strip() or len(each.label) > 30:
            yield block(f"{where}.label", "名称应为 1 至 30 个字。", "请填写名称。")
        elif each.label in labels and not each.retired:
            yield block(f"{where}.label", f"“{each.label}”已有同名的一项。", "请换一个名称。")
        if each.type not in TYPE_NAMES:
            yield block(f"{where}.type", "没有这个类型。", f"可选：{'、'.join(TYPE_NAMES.values())}。")
        if each.type == "choice" and not 2 <= len(each.choices) <= MOST_CHOICES:
            yield block(f"{where}.choices", f"选项应为 2 至 {MOST_CHOICES} 个。", "一行填写一个选项。")
        if any(len(choice) > 60 for choice in each.choices) or len(each.hint) > 100 or len(each.unit) > 10:
            yield block(f"{where}.hint", "选项最多 60 字、提示最多 100 字、单位最多 10 字。", "请精简。")
        if each.type == "amount" and each.unit not in {"元", "万元", "亿元"}:
            yield block(f"{where}.unit", "金额的单位应为元、万元或亿元。", "请选择单位。")
        names.add(each.name)
        if not each.retired:
            labels.add(each.label)
