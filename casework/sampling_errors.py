"""
SamplingError
├── ItemUnknown        no conversation of a sample has this number
├── WeekRefused        this week cannot be drawn
├── JudgementInvalid   the judgement is not complete: ``problems`` says which field and what to do
└── JudgementRefused   this officer may not judge it: his own case, or somebody else judged it

``str(error)`` is what the reader sees.
"""

from collections.abc import Mapping


class SamplingError(Exception):
    """质检没有完成。"""

    def __init__(self, message: str = "") -> None:
        super().__init__(message or (self.__doc__ or "").strip())


class ItemUnknown(SamplingError):
    """没有这件样本。"""


class WeekRefused(SamplingError):
    """这一周不能抽取。"""


class JudgementInvalid(SamplingError):
    """评定没有填写完整。"""

    def __init__(self, problems: Mapping[str, str]) -> None:
        self.problems = dict(problems)
        super().__init__("；".join(self.problems.values()))


class JudgementRefused(SamplingError):
    """这件样本不能由您评定。"""
