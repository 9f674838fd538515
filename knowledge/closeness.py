"""Closeness: a slow, careful look at one question beside one entry's question; used for the best candidate only."""

import re

import numpy as np

from knowledge.grams import code_points
from knowledge.index import Asked, Index
from knowledge.keywords import latin_and_numbers
from knowledge.postings import Ints

NAMES = (
    "same",
    "longest run",
    "asked missing most",
    "asked missing mean",
    "held missing most",
    "held missing mean",
    "other interrogative",
    "other numbers",
    "other negation",
    "length ratio",
)

# Each row is one thing that can be asked for; two questions that ask for different things are not the same question.
_INTERROGATIVES = tuple(
    re.compile(pattern)
    for pattern in (
        "怎么样|怎样|如何|怎么|咋|办法|方法|步骤|流程",
        "为什么|为何|原因|怎么回事|咋回事",
        "多少|几|价格|费用|多大|多高|多重|多远",
        "什么时候|何时|多久|多长时间|几点|几时|时间|日期",
        "哪里|哪儿|在哪|何处|地址|地点|什么地方",
        "谁|哪位|何人",
        "什么意思|含义|意思",
        "哪个|哪些|哪种|哪家|哪款|哪一",
    )
)
_NEGATION = re.compile("不|没|无|未|非|别|勿|禁止|取消")


def look(index: Index, asked: Asked, entry: int) -> list[float]:
    """The features in `NAMES` for a question and the entry's question that is nearest to it."""
    held = _nearest_question(index, asked, entry)
    held_words = list(dict.fromkeys(index.cuts.get(held, ())))
    asked_missing = [index.word_weight(word) for word in asked.words if word not in held]
    held_missing = [index.word_weight(word) for word in held_words if word not in asked.text]
    asked_most, asked_mean = _most_and_mean(index, asked_missing, len(asked.words))
    held_most, held_mean = _most_and_mean(index, held_missing, len(held_words))
    asked_kinds, held_kinds = _interrogatives(asked.text), _interrogatives(held)
    asked_numbers, held_numbers = asked.numbers, latin_and_numbers(held)
    left, right = code_points(asked.text), code_points(held)
    left, right = left[left > 0], right[right > 0]
    shorter, longer = sorted((len(left), len(right)))
    return [
        float(len(left) == len(right) and bool((left == right).all())),
        longest_run(left, right) / shorter if shorter else 0.0,
        asked_most,
        asked_mean,
        held_most,
        held_mean,
        float(bool(asked_kinds) and bool(held_kinds) and not asked_kinds & held_kinds),
        float(bool(asked_numbers ^ held_numbers)),
        float(bool(_NEGATION.search(asked.text)) != bool(_NEGATION.search(held))),
        shorter / longer if longer else 0.0,
    ]


def longest_run(left: Ints, right: Ints) -> int:
    """The length of the longest run of characters that stands in both."""
    if len(left) < len(right):
        left, right = right, left
    best, row = 0, np.zeros(len(left) + 1, dtype=np.int64)
    for character in right:
        row[1:] = np.where(left == character, row[:-1] + 1, 0)
        best = max(best, int(row.max()))
    return best


def _nearest_question(index: Index, asked: Asked, entry: int) -> str:
    questions = index.questions_of(entry)
    if len(questions) < 2:
        return questions[0] if questions else ""
    characters = set(asked.text)
    return max(questions, key=lambda text: len(characters & set(text)) / max(1, len(characters | set(text))))


def _most_and_mean(index: Index, weights: list[float], count: int) -> tuple[float, float]:
    if not weights:
        return 0.0, 0.0
    return max(weights) / index.unknown_weight, sum(weights) / (count * index.unknown_weight)


def _interrogatives(text: str) -> frozenset[int]:
    return frozenset(number for number, pattern in enumerate(_INTERROGATIVES) if pattern.search(text))
