"""The index: every entry's texts as postings of words and of characters' runs. Immutable; built off the event loop."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from knowledge.entry import Entry
from knowledge.grams import code_points, runs
from knowledge.keywords import Keywords, latin_and_numbers, normalise
from knowledge.lexicon import shipped_lexicon
from knowledge.passages import WINDOW, pieces
from knowledge.postings import Floats, Ints, Postings, ranges
from knowledge.synonyms import shipped_synonyms

HEAD_CHARACTERS = 60  # the beginning of a body stands in for a missing title
SYNONYM_WEIGHT = 0.4  # of a word that could stand in place of one of the question's
GRAM_SIZES = (1, 2, 3)
WORDS = "words"
GRAMS = tuple(f"grams{size}" for size in GRAM_SIZES)
KINDS = (WORDS, *GRAMS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """Which texts (atoms) make up the units of the three fields; pairs of (unit, atom), units in the order of the entries."""

    atoms: list[str]
    full: list[tuple[int, int]]
    questions: list[tuple[int, int]]
    question_entry: list[int]
    question_texts: list[str]
    passages: list[tuple[int, int]]
    passage_entry: list[int]
    passage_texts: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fields:
    """The three fields of one kind of term."""

    full: Postings
    questions: Postings
    passages: Postings


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """A question's terms of one kind: the known ones with their weight, and the weight of those that no entry holds."""

    known: Ints
    weights: Floats
    unknown: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A question, cut for this index."""

    text: str
    words: tuple[str, ...]
    terms: Mapping[str, Terms]
    numbers: frozenset[str]
    wide: Terms  # the words and, with less weight, the words that could stand in their place


class Index:
    """Entries with their postings. Build it with `Index.build`; nothing in it changes afterwards."""

    def __init__(
        self,
        *,
        entries: tuple[Entry, ...],
        layout: Layout,
        fields: Mapping[str, Fields],
        vocabulary: Mapping[str, int],
        gram_keys: Mapping[str, Ints],
        numbers: tuple[frozenset[str], ...],
        cuts: Mapping[str, list[str]],
    ) -> None:
        self.entries = entries
        self.layout = layout
        self.fields = fields
        self.numbers = numbers
        self.cuts = cuts
        self.titled = np.array([bool(entry.title.strip() or entry.similar) for entry in entries], dtype=bool)
        self.unknown_weight = _idf(0, len(entries))
        self._vocabulary = vocabulary
        self._words = tuple(vocabulary)
        self.meanings = shipped_lexicon().rows_of(vocabulary)
        group_of = shipped_synonyms().group_of
        self.senses = np.fromiter(
            (group_of.get(word, -1) for word in vocabulary), dtype=np.int64, count=len(vocabulary)
        )
        self._gram_keys = gram_keys
        self._same = _by_question(layout, self.titled)
        self.withdrawn = np.array([entry.withdrawn for entry in entries], dtype=bool)
        self.bounded = tuple(
            number
            for number, entry in enumerate(entries)
            if not entry.live or entry.valid_from is not None or entry.valid_to is not None
        )

    @classmethod
    def build(cls, entries: Sequence[Entry], keywords: Keywords, *, before: "Index | None" = None) -> "Index":
        """Builds from entries; texts that stood in the index `before` are not cut again. Blocking: about 2 s for 2,700 long entries."""
        layout = _lay_out(entries)
        known = before.cuts if before is not None else {}
        cuts = {atom: known[atom] if atom in known else keywords.words(atom) for atom in set(layout.atoms)}
        vocabulary = {word: number for number, word in enumerate(dict.fromkeys(chain.from_iterable(cuts.values())))}
        fields: dict[str, Fields] = {}
        sizes = np.array([len(cuts[atom]) for atom in layout.atoms], dtype=np.int64)
        terms = np.fromiter(
            (vocabulary[word] for atom in layout.atoms for word in cuts[atom]), dtype=np.int64, count=int(sizes.sum())
        )
        fields[WORDS] = _fields(layout, terms, sizes, len(vocabulary), len(entries))
        gram_keys: dict[str, Ints] = {}
        points = code_points("\0".join(layout.atoms))
        starts = np.cumsum([0] + [len(atom) + 1 for atom in layout.atoms])
        for size, kind in zip(GRAM_SIZES, GRAMS, strict=True):
            occurrences, places = runs(points, size)
            keys, numbers = np.unique(occurrences, return_inverse=True)
            gram_keys[kind] = keys
            counts = np.diff(np.searchsorted(places, starts))
            fields[kind] = _fields(layout, numbers, counts, len(keys), len(entries))
        return cls(
            entries=tuple(entries),
            layout=layout,
            fields=fields,
            vocabulary=vocabulary,
            gram_keys=gram_keys,
            numbers=tuple(
                frozenset(latin_and_numbers(normalise(f"{entry.title} {' '.join(entry.similar)} {entry.body}")))
                for entry in entries
            ),
            cuts=cuts,
        )

    def cut(self, text: str, keywords: Keywords) -> Asked:
        """Cuts a question into the index's terms."""
        text = normalise(text)
        words = keywords.words(text)
        terms = {WORDS: self._word_terms(words)}
        points = code_points(text)
        for size, kind in zip(GRAM_SIZES, GRAMS, strict=True):
            terms[kind] = self._gram_terms(kind, runs(points, size)[0])
        return Asked(
            text=text,
            words=tuple(dict.fromkeys(words)),
            terms=terms,
            numbers=frozenset(latin_and_numbers(text)),
            wide=self._widened(terms[WORDS], text),
        )

    def same_question(self, text: str) -> tuple[int, ...]:
        """The entries that have exactly this question, signs and blanks aside."""
        return self._same.get(bare(text), ())

    def word(self, number: int) -> str:
        """The word of a term's number."""
        return self._words[number]

    def number(self, word: str) -> int:
        """The number of a word; -1 for one that no entry holds."""
        return self._vocabulary.get(word, -1)

    def questions_of(self, entry: int) -> list[str]:
        """The normalised questions of one entry: its title and similar questions, or the beginning of its body."""
        first = self.fields[WORDS].questions.first_unit
        return self.layout.question_texts[first[entry] : first[entry + 1]]

    def _word_terms(self, words: Sequence[str]) -> Terms:
        counts: dict[int, int] = {}
        unknown: set[str] = set()
        for word in words:
            number = self._vocabulary.get(word)
            if number is None:
                unknown.add(word)
            else:
                counts[number] = counts.get(number, 0) + 1
        known = np.fromiter(counts.keys(), dtype=np.int64, count=len(counts))
        often = np.fromiter(counts.values(), dtype=np.float64, count=len(counts))
        return Terms(known=known, weights=1 + np.log(np.maximum(often, 1)), unknown=len(unknown) * self.unknown_weight)

    def _widened(self, terms: Terms, text: str) -> Terms:
        others = (self._vocabulary.get(word, -1) for word in shipped_synonyms().others(text))
        more = np.array(
            sorted({number for number in others if number >= 0} - set(terms.known.tolist())), dtype=np.int64
        )
        weights = np.concatenate([terms.weights, np.full(len(more), SYNONYM_WEIGHT)])
        return Terms(known=np.concatenate([terms.known, more]), weights=weights, unknown=terms.unknown)

    def _gram_terms(self, kind: str, grams: Ints) -> Terms:
        keys, often = np.unique(grams, return_counts=True)
        vocabulary = self._gram_keys[kind]
        if not len(vocabulary):
            return Terms(known=keys[:0], weights=np.zeros(0), unknown=len(keys) * self.unknown_weight)
        places = np.minimum(np.searchsorted(vocabulary, keys), len(vocabulary) - 1)
        found = vocabulary[places] == keys
        unknown = float((~found).sum()) * self.unknown_weight
        return Terms(known=places[found], weights=1 + np.log(often[found]), unknown=unknown)


def _lay_out(entries: Sequence[Entry]) -> Layout:
    layout = Layout(
        atoms=[],
        full=[],
        questions=[],
        question_entry=[],
        question_texts=[],
        passages=[],
        passage_entry=[],
        passage_texts=[],
    )
    for number, entry in enumerate(entries):
        body = [normalise(piece) for piece in pieces(entry.body)]
        first = len(layout.atoms)
        questions = [normalise(question) for question in (entry.title, *entry.similar) if question.strip()]
        layout.atoms.extend([*questions, *body])
        if entry.keywords:
            layout.atoms.append(normalise(" ".join(entry.keywords)))
        layout.full.extend((number, atom) for atom in range(first, len(layout.atoms)))
        if not questions and body:
            questions = [body[0][:HEAD_CHARACTERS]]
            layout.questions.append((len(layout.question_texts), len(layout.atoms)))
            layout.atoms.append(questions[0])
        else:
            unit = len(layout.question_texts)
            layout.questions.extend((unit + place, first + place) for place in range(len(questions)))
        layout.question_texts.extend(questions)
        layout.question_entry.extend([number] * len(questions))
        _lay_out_passages(
            layout, number, first + len(questions) if entry.title.strip() or entry.similar else first, body
        )
    return layout


def _lay_out_passages(layout: Layout, entry: int, first_atom: int, body: list[str]) -> None:
    for place in range(max(1, len(body) - WINDOW + 1) if body else 0):
        unit = len(layout.passage_texts)
        window = range(place, min(place + WINDOW, len(body)))
        layout.passages.extend((unit, first_atom + part) for part in window)
        layout.passage_entry.append(entry)
        layout.passage_texts.append("".join(body[part] for part in window))


def _fields(layout: Layout, terms: Ints, sizes: Ints, term_count: int, entry_count: int) -> Fields:
    starts = np.concatenate(([0], np.cumsum(sizes)))

    def occurrences(pairs: list[tuple[int, int]]) -> tuple[Ints, Ints]:
        table = np.array(pairs, dtype=np.int64).reshape(-1, 2)
        places, counts = ranges(starts[table[:, 1]], starts[table[:, 1] + 1])
        return np.repeat(table[:, 0], counts), terms[places]

    units, held = occurrences(layout.full)
    pairs = np.unique(units * max(1, term_count) + held)
    frequency = np.bincount(pairs % max(1, term_count), minlength=term_count)
    idf = np.log1p((entry_count - frequency + 0.5) / (frequency + 0.5))

    def field(pairs: list[tuple[int, int]], entry_of_unit: Sequence[int]) -> Postings:
        units, held = occurrences(pairs)
        owner = np.array(entry_of_unit, dtype=np.int64)
        return Postings.build(units=units, terms=held, entry_of_unit=owner, entry_count=entry_count, idf=idf)

    return Fields(
        full=field(layout.full, range(entry_count)),
        questions=field(layout.questions, layout.question_entry),
        passages=field(layout.passages, layout.passage_entry),
    )


def _by_question(layout: Layout, titled: NDArray[np.bool_]) -> dict[str, tuple[int, ...]]:
    found: dict[str, tuple[int, ...]] = {}
    for text, entry in zip(layout.question_texts, layout.question_entry, strict=True):
        if titled[entry] and entry not in found.get(bare(text), ()):
            found[bare(text)] = (*found.get(bare(text), ()), entry)
    return found


def bare(text: str) -> str:
    """The letters and digits of a text alone."""
    return "".join(character for character in text if character.isalnum())


def _idf(frequency: int, entry_count: int) -> float:
    return math.log1p((entry_count - frequency + 0.5) / (frequency + 0.5))
