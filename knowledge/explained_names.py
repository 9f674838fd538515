"""The groups into which the search's measurements are gathered for a curator's eye."""

from typing import Final

AHEAD: Final = " ahead"
_BY_BEGINNING: Final = (
    ("words.", "共有的词语"),
    ("grams1.", "共有的单字"),
    ("grams2.", "共有的连续两字"),
    ("grams3.", "共有的连续三字"),
    ("numbers", "共有的数字和字母"),
    ("places", "地名相符"),
    ("both", "整个条目包含问句"),
    ("senses", "同义词"),
    ("unknown", "问句中知识库没有的词"),
)
_BY_PART: Final = (
    ("sound", "读音相近（错别字、谐音）"),
    ("interrogative", "问的是同一类内容"),
    ("negation", "肯定与否定"),
    ("numbers", "共有的数字和字母"),
    ("lacks", "词语齐全"),
    ("missing", "词语齐全"),
    ("rare", "少见词相符"),
    ("meaning", "词义相近"),
    ("passage", "正文段落相符"),
)
_OTHERS: Final = {
    "score": "总分", "margin": "领先第二名", "share": "领先第二名", "crowd": "相近条目的多少", "length": "问句长短", "words": "问句长短",
    "length ratio": "问句长短", "trees": "综合判断", "rumour": "谣言条目",
}  # fmt: skip
LITERAL: Final = "字面和语序"


def group_of(name: str) -> str:
    """The group of a measurement by its name (``confidence.PLAIN`` and ``ranking.NAMES``)."""
    if name.endswith(AHEAD):
        return "领先第二名"
    if name in _OTHERS:
        return _OTHERS[name]
    found = next((group for beginning, group in _BY_BEGINNING if name.startswith(beginning)), "")
    return found or next((group for part, group in _BY_PART if part in name), LITERAL)
