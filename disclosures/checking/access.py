"""Whether everybody can read it: picture descriptions, table headings, the steps of headings (GB/T 37668-2019). Pure."""

import re
from collections.abc import Iterator
from typing import Final

from disclosures.checking.structure import Structure
from disclosures.findings import Finding, block, warn

_VAGUE: Final = re.compile(
    r"^(?:图|图片|照片|截图|配图|插图|封面|图像|示意图|图\s*\d+|图片\s*\d+|image\d*|img[_-]?\d*|微信图片[_\d]*|\d+|.*\.(?:png|jpe?g|gif|bmp))$",
    re.IGNORECASE,
)


def find(structure: Structure, text: str) -> Iterator[Finding]:
    """What keeps somebody from reading the body."""
    missing = sum(1 for alt in structure.alts if not alt.strip())
    if missing and text.strip():
        yield block(
            "body",
            f"有 {missing} 张图片没有图片说明。",
            "请为每张图片填写图片说明：图里有什么、写了什么。",
            rule="picture.alt",
        )
    for alt in structure.alts:
        if _VAGUE.match(alt.strip()):
            yield warn(
                "body", f"图片说明“{alt.strip()}”没有说出图片的内容。", "写出图中的人、事或文字，如“发放流程图：申请、审核、公示、发放”。",
                rule="picture.vague", quote=alt,
            )  # fmt: skip
    for place, table in enumerate(structure.tables, 1):
        if not table.has_header and len(table.rows) > 1:
            yield warn(
                "body", f"第 {place} 个表格没有表头。", "请将第一行设为表头。", rule="table.header",
                quote=" ".join(table.rows[0])[:40],
            )  # fmt: skip
    before = 0
    for level, words in structure.headings:
        if before and level > before + 1:
            yield warn(
                "body", f"标题“{words[:30]}”跳了一级。", "请按层级使用小标题。", rule="heading.jump", quote=words
            )
        before = level
