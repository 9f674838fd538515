"""Closeness: a slow, careful look at one question beside one entry's question; used for the best candidate only."""

import re

from knowledge.index import Asked, Index
from knowledge.kernel import longest_run
from knowledge.keywords import latin_and_numbers

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
    held, held_words = _nearest_question(index, asked, entry)
    asked_missing = [index.word_weight(word) for word in asked.words if word not in held]
    held_missing = [index.word_weight(word) for word in held_words if word not in asked.text]
    asked_most, asked_mean = _most_and_mean(index, asked_missing, len(asked.words))
    held_most, held_mean = _most_and_mean(index, held_missing, len(held_words))
    asked_kinds, held_kinds = _interrogatives(asked.text), _interrogatives(held)
    asked_numbers, held_numbers = asked.numbers, latin_and_numbers(held)
    longest, *lengths, same = longest_run(asked.text, held)
    shorter, longer = sorted(lengths)
    return [
        float(same),
        longest / shorter if shorter else 0.0,
        asked_most,
        asked_mean,
        held_most,
        held_mean,
        float(bool(asked_kinds) and bool(held_kinds) and not asked_kinds & held_kinds),
        float(bool(asked_numbers ^ held_numbers)),
        float(bool(_NEGATION.search(asked.text)) != bool(_NEGATION.search(held))),
        shorter / longer if longer else 0.0,
    ]


def _nearest_question(index: Index, asked: Asked, entry: int) -> tuple[str, list[str]]:
    """The text and its distinct words."""
    questions = index.questions_of(entry)
    if not questions:
        return "", []
    nearest = 0
    if len(questions) > 1:
        characters = set(asked.text)
        shares = [len(characters & set(text)) / max(1, len(characters | set(text))) for text in questions]
        nearest = shares.index(max(shares))
    return questions[nearest], index.question_words(entry, nearest)


def _most_and_mean(index: Index, weights: list[float], count: int) -> tuple[float, float]:
    if not weights:
        return 0.0, 0.0
    return max(weights) / index.unknown_weight, sum(weights) / (count * index.unknown_weight)


def _interrogatives(text: str) -> frozenset[int]:
    return frozenset(number for number, pattern in enumerate(_INTERROGATIVES) if pattern.search(text))
