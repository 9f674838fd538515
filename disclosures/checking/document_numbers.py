"""发文字号 as GB/T 9704-2012 wants them (7.2.5), in the text, in titles and in the names of attachments. Pure."""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from disclosures.findings import Finding, warn

_ISSUER: Final = r"(?:根据|依据|按照|参照|依照|执行|转发|印发|详见|见|据|按|照|依|由|与|和|及|以|在|对|为){0,2}([一-鿿]{1,12}?(?:发|办|函|字|令|通|规|告|批|复){1,2})"
"""The words that lead to a number are no part of it."""
_LOOSE: Final = re.compile(rf"{_ISSUER}\s*[\[［【(（]\s*(\d{{4}})\s*[\]］】)）]\s*(?:第)?\s*(\d+)\s*号")
_PADDED: Final = re.compile(rf"{_ISSUER}〔(\d{{4}})〕(第?)(0*)(\d+)号")
_SHORT_YEAR: Final = re.compile(rf"{_ISSUER}[〔\[［](\d{{2}})[〕\]］](\d+)号")
_COMMON: Final = re.compile(r"[^〔〕\[\]（）()【】]{1,40}〔\d{4}〕\d+号|[^\d]{0,20}第\s*\d+\s*号|[^\d]{0,20}令第?\d+号")


def of_field(number: str, same: Sequence[str], *, public: bool = False) -> Iterator[Finding]:
    """The number in its own field; ``same`` are the titles of other disclosures that carry it, ``public`` whether one of
    them can be read by everybody."""
    if number and not _COMMON.fullmatch(number):
        yield warn(
            "document_number",
            f"文号“{number}”不是常见写法。",
            "规范写法如“国办发〔2017〕47号”。",
            rule="number.form",
            quote=number,
        )
    if same:
        titles = "、".join(f"《{title}》" for title in same[:3])
        yield warn(
            "document_number", f"文号“{number}”已用于{titles}。", "请核对是否重复公开；更正请在原信息上修改。",
            rule="number.same" if public else "number.draft", quote=number,
        )  # fmt: skip


def find(field: str, text: str) -> Iterator[Finding]:
    """Numbers that are written otherwise, each once."""
    for found in _LOOSE.finditer(text):
        yield warn(
            field, f"{_PLACES.get(field, '正文')}中的文号“{_bare(found)}”未使用六角括号。", "年份请用〔〕，如〔2026〕。",
            rule="number.form", quote=_bare(found), start=found.start(1),
            mask=f"{found[1]}〔{found[2]}〕{int(found[3])}号",
        )  # fmt: skip
    for found in _PADDED.finditer(text):
        if found[3] or found[4]:
            yield warn(
                field, f"文号“{_bare(found)}”的序号不编虚位、不加“第”字。", "请核对后改正。", rule="number.form",
                quote=_bare(found), start=found.start(1), mask=f"{found[1]}〔{found[2]}〕{int(found[5])}号",
            )  # fmt: skip
    for found in _SHORT_YEAR.finditer(text):
        yield warn(
            field, f"文号“{_bare(found)}”的年份不是四位。", "年份写四位，如〔2026〕。", rule="number.form", quote=_bare(found),
            start=found.start(1),
        )  # fmt: skip


_PLACES: Final = {"title": "标题", "summary": "概述", "attachments": "附件标题"}


def _bare(found: re.Match[str]) -> str:
    return found.string[found.start(1) : found.end()]
