"""The close look in plain Python and NumPy, for comparing with the kernel's."""

import re
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from knowledge.atoms import FIELDS
from knowledge.closeness import NAMES
from knowledge.index import Asked, Index
from knowledge.kernel import K1, B
from knowledge.keywords import latin_and_numbers
from knowledge.kinds import GRAMS, WORDS
from knowledge.lexicon import Lexicon, shipped_lexicon
from knowledge.postings import Floats, Ints
from knowledge.script import sounding
from knowledge.segment import Segment
from knowledge.synonyms import shipped_synonyms

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
        "吗|么$|么？|是否|是不是|能不能|可不可以|会不会|有没有",
    )
)
_NEGATION = re.compile("不|没|无|未|非|别|勿|禁止|取消")
_CLAUSE = re.compile(r"[。！？!?；;，,、：:\s【】#\[\]“”\"]+")
_SENTENCE = re.compile(r"[。！？!?；;]+")
CLAUSE_CHARACTERS = 5
CLAUSES = 40
ASKED_WORDS, HELD_WORDS = 48, 64  # the heaviest words of each side that are compared by meaning
SHORT_CHARACTERS = 80
TEXT_CHARACTERS = 400  # of a message that are compared character by character


@dataclass(frozen=True, slots=True, kw_only=True)
class _Words:
    """A question's words: their numbers in a segment (-1 for one that no entry there holds), weights and meanings."""

    numbers: Ints
    weights: Floats
    vectors: NDArray[np.float32]
    rarity: Floats
    place: NDArray[np.bool_]
    senses: Ints


@dataclass(frozen=True, slots=True, kw_only=True)
class _Held:
    """The words that a unit holds: their numbers, weights and rows in the lexicon."""

    numbers: Ints
    weights: Floats
    rows: Ints
    senses: Ints


def look(index: Index, asked: Asked, entries: Ints) -> Floats:
    """The features in `NAMES`, one row for each of the entries, which may be in any order."""
    rows = np.zeros((len(entries), len(NAMES)))
    lexicon, text = shipped_lexicon(), _Text.of(asked.text)
    pairs = asked.terms[GRAMS[1]]
    pair_weights = np.frombuffer(pairs.idf)
    for place, entry in enumerate(entries.tolist()):
        where, number = index._place(entry)
        segment = index.segments[where]
        words = _words(index, asked, where, lexicon)
        question, question_text = _best_unit(index, asked, where, number, "questions")
        passage, passage_text = _best_unit(index, asked, where, number, "passages")
        held_question, held_passage = (
            _held_words(index, where, number, field, unit)
            for field, unit in (("questions", question), ("passages", passage))
        )
        full = _held_words(index, where, number, "full", 0)
        in_full, in_question = np.isin(words.numbers, full.numbers), np.isin(words.numbers, held_question.numbers)
        in_both = in_question | np.isin(words.numbers, held_passage.numbers)
        pairs_in = np.zeros(len(pair_weights), dtype=np.bool_)
        for field, unit in (("questions", question), ("passages", passage)):
            if unit >= 0:
                pairs_in |= np.isin(
                    np.frombuffer(pairs.places[where], np.int32), _held(segment, GRAMS[1], field, number, unit)
                )
        rows[place] = [
            *_of_words(index, words, held_question, lexicon),
            *_of_words(index, words, held_passage, lexicon),
            *_missing(index, words, in_full),
            *_of_places(index, words, in_full, in_question, held_question, lexicon),
            *_of_text(asked, text, question_text),
            _run_in_passage(text.letters, passage_text),
            _best_sentence(text.bigrams, passage_text),
            float(words.weights @ in_both) / max(1e-9, float(words.weights.sum())),
            float(words.rarity @ in_both) / max(1e-9, float(words.rarity.sum())),
            float(pair_weights @ pairs_in) / max(1e-9, float(pair_weights.sum()) + pairs.unknown),
            *_of_senses(asked.text, question_text, passage_text),
        ]
    return rows


def _words(index: Index, asked: Asked, where: int, lexicon: Lexicon) -> _Words:
    terms = asked.terms[WORDS]
    places = dict(zip(terms.texts, np.frombuffer(terms.places[where], np.int32).tolist(), strict=True))
    idf = dict(zip(terms.texts, np.frombuffer(terms.idf).tolist(), strict=True))
    weights = np.array([idf.get(word, index.unknown_weight) for word in asked.words])
    heaviest = np.sort(np.argsort(-weights, kind="stable")[:ASKED_WORDS])
    chosen, group_of = [asked.words[place] for place in heaviest.tolist()], shipped_synonyms().group_of
    rows = lexicon.rows_of(chosen)
    return _Words(
        numbers=np.array([places.get(word, -1) for word in chosen], np.int32),
        weights=weights[heaviest],
        vectors=lexicon.vectors[rows] * lexicon.scales[rows][:, None],
        rarity=lexicon.rarity[rows].astype(np.float64),
        place=lexicon.place[rows],
        senses=np.array([group_of.get(word, -1) for word in chosen], np.int32),
    )


def _held(segment: Segment, kind: str, field: str, entry: int, unit: int) -> Ints:
    number = [f.name for f in FIELDS].index(field)
    return np.frombuffer(segment.postings[kind].kernel.held(number, entry, unit), np.int32)


def _held_words(index: Index, where: int, entry: int, field: str, unit: int) -> _Held:
    segment = index.segments[where]
    numbers = np.sort(_held(segment, WORDS, field, entry, unit)) if unit >= 0 else np.zeros(0, np.int32)
    often = index.word_frequencies[where][numbers]
    return _Held(
        numbers=numbers,
        weights=np.log1p((index.count - often + 0.5) / (often + 0.5)),
        rows=segment.meanings.rows[numbers],
        senses=segment.meanings.senses[numbers],
    )


def _best_unit(index: Index, asked: Asked, where: int, entry: int, field: str) -> tuple[int, str]:
    """Which of an entry's units is most like the question, counted from 0, and its text; -1 for an entry without any."""
    segment = index.segments[where]
    units = segment.units[field]
    first, end = units.first_unit[entry : entry + 2].tolist()
    if first == end:
        return -1, ""
    total = np.zeros(end - first)
    for kind in (WORDS, GRAMS[1]):
        terms, postings = asked.terms[kind], segment.postings[kind]
        idf, weights = np.frombuffer(terms.idf), np.frombuffer(terms.weights)
        asked_for = {
            term: n for n, term in enumerate(np.frombuffer(terms.places[where], np.int32).tolist()) if term >= 0
        }
        number = [f.name for f in FIELDS].index(field)
        mean = index._means[kind][number]
        for unit in range(first, end):
            begin, stop = postings.terms.starts[units.first[unit]], postings.terms.starts[units.last[unit]]
            often: dict[int, int] = {}
            for term, count in zip(
                postings.terms.numbers[begin:stop].tolist(), postings.terms.counts[begin:stop].tolist(), strict=True
            ):
                if term in asked_for:
                    often[asked_for[term]] = often.get(asked_for[term], 0) + count
            damp = K1 * (1 - B + B * postings.lengths[field][unit] / mean)
            shared = sum(idf[n] for n in often)
            score = sum(weights[n] * idf[n] * times * (K1 + 1) / (times + damp) for n, times in often.items())
            share = shared / (float(idf.sum()) or 1.0)
            every = postings.frequency[_held(segment, kind, field, entry, unit - first)]
            own = np.log1p((index.count - every + 0.5) / (every + 0.5)).sum()
            held = shared / max(1e-9, float(own))
            if field == "questions":
                total[unit - first] += 2 * share * held / (share + held) if share + held > 0 else 0.0
            else:
                total[unit - first] += score / ((float((idf * weights).sum()) * (K1 + 1)) or 1.0)
    best = int(total.argmax())
    return best, "".join(segment.texts[units.first[first + best] : units.last[first + best]])


def _of_words(index: Index, words: _Words, unit: _Held, lexicon: Lexicon) -> list[float]:
    if not len(unit.numbers) or not len(words.numbers):
        return [0.0] * 4 + [1.0, 1.0, 0.0, 0.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0]
    heaviest = np.sort(np.argsort(-unit.weights, kind="stable")[:HELD_WORDS])
    held, held_weights, rows = unit.numbers[heaviest], unit.weights[heaviest], unit.rows[heaviest]
    held_rarity = lexicon.rarity[rows].astype(np.float64)
    held_vectors = lexicon.vectors[rows] * lexicon.scales[rows][:, None]
    like = words.vectors @ held_vectors.T
    exact = words.numbers[:, None] == held[None, :]
    meant = (words.senses[:, None] == unit.senses[heaviest][None, :]) & (words.senses[:, None] >= 0)
    like = np.where(exact | meant, 1.0, np.clip(like, 0.0, 0.95))
    to_held, to_asked = like.max(axis=1), like.max(axis=0)
    asked_total, held_total = words.weights.sum(), held_weights.sum()
    asked_share = float((words.weights * to_held).sum() / asked_total)
    held_share = float((held_weights * to_asked).sum() / max(held_total, 1e-9))
    left, right = words.weights @ words.vectors, held_weights @ held_vectors
    norm = float(np.linalg.norm(left) * np.linalg.norm(right))
    has, had = exact.any(axis=1), exact.any(axis=0)
    unknown = index.unknown_weight
    asked_missing, held_missing = words.weights * ~has, held_weights * ~had
    return [
        asked_share,
        held_share,
        2 * asked_share * held_share / max(asked_share + held_share, 1e-9),
        float(left @ right) / norm if norm > 0 else 0.0,
        float((words.weights * (1 - to_held)).max()) / unknown,
        float((held_weights * (1 - to_asked)).max()) / unknown,
        float((words.rarity * has).sum() / words.rarity.sum()),
        float((held_rarity * had).sum() / held_rarity.sum()),
        float((words.rarity * (1 - to_held)).max()),
        float((held_rarity * (1 - to_asked)).max()),
        float(asked_missing.sum()) / (len(has) * unknown),
        float(held_missing.sum()) / (len(had) * unknown),
        float(asked_missing.max()) / unknown,
        float(held_missing.max()) / unknown,
    ]


def _missing(index: Index, words: _Words, among: NDArray[np.bool_]) -> list[float]:
    """What of the question the whole entry lacks."""
    if not len(among):
        return [0.0] * 5
    missing = np.sort(words.weights * ~among)[::-1] / index.unknown_weight
    rare = words.rarity * ~among
    return [
        float(missing[0]),
        float(missing[1]) if len(missing) > 1 else 0.0,
        float(missing.mean()),
        float(rare.max()),
        float(rare.sum() / words.rarity.sum()),
    ]


def _of_places(
    index: Index,
    words: _Words,
    in_full: NDArray[np.bool_],
    in_question: NDArray[np.bool_],
    held: _Held,
    lexicon: Lexicon,
) -> list[float]:
    place = words.place
    asked_total = float(words.weights[place].sum())
    other = held.weights[lexicon.place[held.rows] & ~np.isin(held.numbers, words.numbers)]
    unknown = index.unknown_weight
    return [
        float(words.weights[place & in_question].sum()) / asked_total if asked_total else 0.5,
        float((words.weights * (place & ~in_full)).max()) / unknown if len(place) else 0.0,
        float(other.max()) / unknown if len(other) else 0.0,
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Text:
    """A question's text, made ready for comparing."""

    letters: str
    bigrams: frozenset[str]
    sounds: frozenset[str]
    clauses: tuple[frozenset[str], ...]
    kinds: frozenset[int]
    masks: dict[str, int]

    @classmethod
    def of(cls, text: str) -> "_Text":
        letters = "".join(filter(str.isalnum, text))[:TEXT_CHARACTERS]
        masks: dict[str, int] = {}
        for place, character in enumerate(letters):
            masks[character] = masks.get(character, 0) | 1 << place
        clauses = [part for part in _CLAUSE.split(text) if len(part) >= CLAUSE_CHARACTERS][:CLAUSES]
        return cls(
            letters=letters,
            bigrams=_pairs(letters),
            sounds=_pairs(letters.translate(sounding())),
            clauses=tuple(_pairs(part) for part in clauses),
            kinds=_interrogatives(text),
            masks=masks,
        )


def _of_text(asked: Asked, text: _Text, held: str) -> list[float]:
    letters = "".join(filter(str.isalnum, held))
    pairs, kinds = _pairs(letters), _interrogatives(held)
    numbers = latin_and_numbers(held)
    shorter, longer = sorted((len(text.letters), len(letters)))
    order = subsequence(text.masks, len(text.letters), letters)
    whole = _dice(text.bigrams, pairs)
    return [
        float(text.letters == letters),
        longest_run(letters, text.letters) / shorter if shorter else 0.0,
        order / max(1, len(text.letters)),
        order / max(1, len(letters)),
        2 * order / max(1, len(text.letters) + len(letters)),
        whole,
        _dice(text.sounds, _pairs(letters.translate(sounding()))),
        max((_dice(clause, pairs) for clause in text.clauses), default=whole),
        float(bool(text.kinds) and bool(kinds) and not text.kinds & kinds),
        float(bool(text.kinds & kinds) or (not text.kinds and not kinds)),
        float(bool(asked.numbers ^ numbers)),
        float(bool(numbers - asked.numbers)),
        float(bool(_NEGATION.search(asked.text)) != bool(_NEGATION.search(held))),
        shorter / longer if longer else 0.0,
    ]


def _run_in_passage(letters: str, passage: str) -> float:
    """Only a short question may stand in a passage word for word; a story is not looked for."""
    if not 0 < len(letters) <= SHORT_CHARACTERS:
        return 0.0
    return longest_run(letters, "".join(filter(str.isalnum, passage))) / len(letters)


def _best_sentence(bigrams: frozenset[str], passage: str) -> float:
    """The largest share of the question's pairs of characters that one sentence of a passage holds."""
    if not bigrams:
        return 0.0
    return max((len(bigrams & _pairs(part)) / len(bigrams) for part in _SENTENCE.split(passage)), default=0.0)


def _of_senses(asked: str, question: str, passage: str) -> list[float]:
    wanted, named = senses(asked), senses(question)
    held = named | senses(passage)
    return [
        len(wanted & held) / len(wanted) if wanted else 0.5,
        len(wanted & named) / len(named) if named else 0.5,
    ]


def longest_run(left: str, right: str) -> int:
    """The length of the longest run of characters that stands in both."""
    shorter, longer = (left, right) if len(left) < len(right) else (right, left)
    best = 0
    for start in range(len(shorter)):
        while start + best < len(shorter) and shorter[start : start + best + 1] in longer:
            best += 1
    return best


def subsequence(masks: dict[str, int], length: int, held: str) -> int:
    """The length of the longest common subsequence of a text, given as the places of each character, and another."""
    full = (1 << length) - 1
    row = full
    for character in held:
        hit = row & masks.get(character, 0)
        row = ((row + hit) | (row - hit)) & full
    return length - row.bit_count()


def _pairs(text: str) -> frozenset[str]:
    return frozenset(map("".join, pairwise(text)))


def _dice(left: frozenset[str], right: frozenset[str]) -> float:
    return 2 * len(left & right) / (len(left) + len(right)) if left and right else 0.0


def _interrogatives(text: str) -> frozenset[int]:
    return frozenset(number for number, pattern in enumerate(_INTERROGATIVES) if pattern.search(text))


def senses(text: str) -> frozenset[int]:
    """The groups of synonyms of which a word stands in a text; of overlapping words the longest counts."""
    group_of = shipped_synonyms().group_of
    longest_first = sorted(group_of, key=lambda word: (-len(word), word))
    return frozenset(group_of[word] for word in re.findall("|".join(map(re.escape, longest_first)), text))
