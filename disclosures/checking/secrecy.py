"""Marks of secrecy and of internal papers. Pure. A mark of secrecy cannot be overridden by anybody."""

import re
from collections.abc import Iterator
from typing import Final

from disclosures.findings import Finding, block, warn

_MARK: Final = re.compile(
    r"(?:绝\s*密|机\s*密|秘\s*密)\s*[★☆]|[★☆]\s*\d+\s*[年月日]|[★☆]\s*长期|密\s*级\s*[:：]\s*(?:绝密|机密|秘密)"
)
_INTERNAL: Final = re.compile(
    r"内部(?:资料|文件|材料)[，,、；;\s（(]*(?:注意保存|妥善保管|不得外传|请勿外传|严禁外传)|(?:请勿|不得|严禁)公开(?:传播|发布)|工作秘密[★☆:：]"
)
_WORD: Final = re.compile(r"内部资料|内部文件|仅供内部|工作秘密|不予公开")


def find(field: str, text: str) -> Iterator[Finding]:
    """The gravest mark of a text, once."""
    if found := _MARK.search(text):
        yield block(
            field, f"含有密级标志“{found.group()}”。", "涉密内容不得上网，请立即停止办理并报告保密工作机构。", rule="secret.mark",
            quote=found.group(), start=found.start(),
        )  # fmt: skip
    elif found := _INTERNAL.search(text):
        yield block(
            field, f"含有内部资料标志“{found.group()}”。", "请核对是否可以公开；确可公开的，送审时写明理由。", overridable=True,
            rule="secret.internal", quote=found.group(), start=found.start(),
        )  # fmt: skip
    elif found := _WORD.search(text):
        yield warn(
            field, f"出现“{found.group()}”字样。", "请核对该内容是否可以公开。", rule="secret.word", quote=found.group(),
            start=found.start(),
        )  # fmt: skip
