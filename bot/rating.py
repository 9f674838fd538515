"""The words with which a citizen marks an answer. Pure."""

from typing import Final

USEFUL_WORD: Final = "有用"
USELESS_WORD: Final = "没用"
REASONS: Final = ("答非所问", "看不懂", "过时或有误", "不完整")
"""Why an answer was of no use: fixed, so that nobody has to write (features C16)."""
USEFUL: Final = frozenset(
    {"有用", "有用的", "很有用", "有帮助", "有帮助的", "很有帮助", "帮到了", "有用谢谢", "解决了", "已解决"}
)
USELESS: Final = frozenset(
    {"没用", "没有用", "无用", "没什么用", "没帮助", "没有帮助", "没帮到", "没解决", "未解决", "没有解决", "不管用"}
)


def reason_of(words: str) -> str:
    """The reason that a number or its own words stand for; empty for anything else."""
    if words in REASONS:
        return words
    number = {"一": 1, "二": 2, "三": 3, "四": 4}.get(words) or (int(words) if words in {"1", "2", "3", "4"} else 0)
    return REASONS[number - 1] if number else ""
