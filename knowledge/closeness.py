"""Closeness: a careful look at one question beside the best few candidates, one row of numbers for each. The kernel takes it."""

from functools import cache
from itertools import chain

import numpy as np

from knowledge import kernel
from knowledge.index import Asked, Index
from knowledge.lexicon import shipped_lexicon
from knowledge.postings import Floats, Ints
from knowledge.script import sounding
from knowledge.synonyms import phrases, shipped_synonyms

_OF_WORDS = (
    "meaning asked",
    "meaning held",
    "meaning dice",
    "meaning whole",
    "asked lacks",
    "held lacks",
    "rare asked",
    "rare held",
    "rare asked lacks",
    "rare held lacks",
    "asked missing mean",
    "held missing mean",
    "asked missing most",
    "held missing most",
)
_OF_PLACES = ("places asked", "places missing", "places other")
_OF_TEXT = (
    "same",
    "longest run",
    "order asked",
    "order held",
    "order dice",
    "bigrams dice",
    "sound dice",
    "clause dice",
    "other interrogative",
    "same interrogative",
    "other numbers",
    "numbers lacking",
    "other negation",
    "length ratio",
)
_OF_PASSAGE = ("run", "sentence asked")
_OF_BOTH = ("both asked", "both rare", "both bigrams", "senses asked", "senses held")
NAMES = (
    *(f"question {name}" for name in _OF_WORDS),
    *(f"passage {name}" for name in _OF_WORDS),
    "full missing most",
    "full missing second",
    "full missing mean",
    "full rare missing most",
    "full rare missing mean",
    *_OF_PLACES,
    *_OF_TEXT,
    *(f"passage {name}" for name in _OF_PASSAGE),
    *_OF_BOTH,
)

LESS = frozenset(name for name in NAMES if any(part in name for part in ("lacks", "missing", "lacking", "other")))
"""The names of which more means less alike."""
FREE = frozenset({"length ratio", "same interrogative"})
"""The names that say nothing of likeness by themselves."""

# Each row is one thing that can be asked for; two questions that ask for different things are not the same question.
_ASKED_FOR = (
    "怎么样 怎样 如何 怎么 咋 办法 方法 步骤 流程",
    "为什么 为何 原因 怎么回事 咋回事",
    "多少 几 价格 费用 多大 多高 多重 多远",
    "什么时候 何时 多久 多长时间 几点 几时 时间 日期",
    "哪里 哪儿 在哪 何处 地址 地点 什么地方",
    "谁 哪位 何人",
    "什么意思 含义 意思",
    "哪个 哪些 哪种 哪家 哪款 哪一",
    "吗 么$ 是否 是不是 能不能 可不可以 会不会 有没有",
)
"""`$` stands for the end of the text."""
_NEGATION = 31  # the number of what says no, in `kernel_close.h`
_SAYS_NO = "不 没 无 未 非 别 勿 禁止 取消"


def look(index: Index, asked: Asked, entries: Ints, table: Floats, column: int) -> None:
    """Writes the features in `NAMES` into the table, from the column on: a row for each of the entries, which may be in any order."""
    index.closely(asked, shipped_close(), entries, table, column)


@cache
def shipped_close() -> kernel.Close:
    """The kernel's look, with the lexicon and the lists that ship with the package. Raises ModelUnreadable."""
    lexicon = shipped_lexicon()
    sounds = np.zeros(1 << 16, np.uint16)
    for character, sound in sounding().items():
        if character < len(sounds):
            sounds[character] = ord(sound)
    sounds.flags.writeable = False
    rows = chain(enumerate(row.split() for row in _ASKED_FOR), [(_NEGATION, _SAYS_NO.split())])
    asked_for = [(phrase, number) for number, row in rows for phrase in row]
    return kernel.Close(
        lexicon.vectors,
        lexicon.scales,
        lexicon.rarity,
        lexicon.place,
        sounds,
        phrases(asked_for),
        shipped_synonyms().by_group,
    )
