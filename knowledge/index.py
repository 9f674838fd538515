"""The index: every entry's texts as postings of words, of characters' runs and of numbers. Immutable; a change makes a new one.

An index is one large segment and, after changes, a small one of what is new; what was replaced is marked in the large one. How
often a term stands in the base is exact over both. Only a text's own weight (`held` of an overlap) stays as it was when its segment was
built, until `merged` makes one segment of both: docs/benchmarks.md has how far that can be off.
"""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from knowledge import kernel, kinds
from knowledge.atoms import questions_of
from knowledge.entry import Entry
from knowledge.keywords import Keywords, latin_and_numbers, normalise
from knowledge.kinds import PAIRS, WORDS, Kind
from knowledge.lexicon import shipped_lexicon
from knowledge.postings import COLUMNS, Bools, Floats, Ints, mean_of
from knowledge.segment import Segment
from knowledge.synonyms import shipped_synonyms
from knowledge.vocabulary import Keys, Strings, counted

SYNONYM_WEIGHT = 0.4  # of a word that could stand in place of one of the question's
SMALL = 1_000  # entries of a base that is simply made anew after a change
LATE_SHARE = 0.02  # of the entries, changed since the large segment was built, from which on both should be merged
_TABLED = 4096  # frequencies whose weights are kept
_KIND = {kind.name: kind for kind in kinds.ALL}
_NONE = np.zeros(0, np.int32)


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """A question's terms of one kind, those that some entry holds: in each segment their numbers there (-1 for none), and their
    weights. `known` is the sum of the idf, `unknown` that of the terms that no entry holds. Arrays are bytes for the kernel, of
    int32 and float64. `texts` are the terms themselves where they are strings."""

    places: tuple[bytes, ...]
    idf: bytes
    weights: bytes
    known: float
    unknown: float
    texts: tuple[str, ...] = ()
    kept: bytes = b""
    """Which of the question's distinct terms these are (int32)."""

    @property
    def seen(self) -> float:
        """The share of the question's weight that some entry holds."""
        return self.known / (self.known + self.unknown) if self.known else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A question, cut for this index."""

    text: str
    words: tuple[str, ...]
    terms: Mapping[str, Terms]
    numbers: frozenset[str]
    wide: Terms
    """The words and, with less weight, the words that could stand in their place."""


class Index:
    """Entries with their postings, numbered through all segments. Make it with `Index.build`; it never changes afterwards."""

    def __init__(self, segments: tuple[Segment, ...]) -> None:
        self.segments = segments
        self.entries: tuple[Entry, ...] = sum((segment.entries for segment in segments), ())
        self.count = sum(len(segment) for segment in segments)
        self.titled = np.concatenate([segment.facts.titled for segment in segments])
        self.unknown_weight = self._idf(0)
        stands = np.concatenate([_standing(segment) for segment in segments])
        self.withdrawn = np.concatenate([segment.facts.withdrawn for segment in segments]) & stands
        self.any_withdrawn = bool(self.withdrawn.any())
        self._stands = None if bool(stands.all()) else stands
        self._offsets = [0]
        for segment in segments:
            self._offsets.append(self._offsets[-1] + len(segment.entries))
        self._allowed: dict[date, Bools | None] = {}
        self._means = {kind.name: self._means_of(kind) for kind in kinds.ALL}
        often = np.arange(min(self.count, _TABLED) + 1)
        self._idfs = np.log1p((self.count - often + 0.5) / (often + 0.5))
        self.word_frequencies = tuple(self._word_frequency(place) for place in range(len(segments)))
        self._frequencies = {
            kind.name: tuple(segment.frequencies[kind.name] for segment in segments) for kind in kinds.ALL
        }

    @classmethod
    def build(cls, entries: Sequence[Entry], keywords: Keywords) -> "Index":
        """Builds from entries. Blocking: see docs/benchmarks.md; other threads get the GIL in between."""
        return cls((Segment.build(entries, keywords),))

    def changed(self, put: Sequence[Entry], gone: Iterable[str], keywords: Keywords) -> "Index":
        """The index with some entries put in (in the place of those with the same id) and others taken out. Blocking: a few
        milliseconds, and more for many entries."""
        old = [entry.id for entry in put] + list(gone)
        base = self.segments[0].without([n for n in map(self.segments[0].numbers.get, old) if n is not None])
        parts = [Segment.build(put, keywords, base)] if put else []
        order = [(len(self.segments) - 1, number) for number in range(len(put))]
        if len(self.segments) > 1:
            late = self.segments[1].without([n for n in map(self.segments[1].numbers.get, old) if n is not None])
            order = [(0, number) for number in range(len(late.entries)) if late.stands(number)] + order
            parts = [late, *parts]
        if not order:
            return Index((base,))
        late = Segment.merge(parts, order, base) if len(parts) > 1 or parts[0].removed is not None else parts[0]
        return Index((base, late))

    @property
    def late(self) -> int:
        """How many entries were changed since the large segment was built."""
        return len(self.segments[0].entries) - len(self.segments[0]) + sum(len(s) for s in self.segments[1:])

    @property
    def should_merge(self) -> bool:
        """Whether so much was changed that the segments should become one."""
        return self.late > LATE_SHARE * self.count

    def merged(self) -> "Index":
        """The same entries in one segment, as `build` would make it; a replaced entry keeps its place. Blocking: seconds for
        100,000 entries, most of it without the GIL."""
        base, *late = self.segments
        replaced = {entry for segment in late for entry in segment.numbers}
        order = {
            entry: (0, place) for entry, place in base.numbers.items() if base.stands(place) or entry in replaced
        } | {entry: (1, place) for segment in late for entry, place in segment.numbers.items()}
        return Index((Segment.merge(self.segments, list(order.values())),))

    def find(self, entry_id: str) -> Entry | None:
        """The entry of that id."""
        for segment in reversed(self.segments):
            number = segment.numbers.get(entry_id)
            if number is not None and segment.stands(number):
                return segment.entries[number]
        return None

    def number(self, entry_id: str) -> int | None:
        """Where the entry of that id stands among `entries`."""
        for place, segment in enumerate(self.segments):
            number = segment.numbers.get(entry_id)
            if number is not None and segment.stands(number):
                return self._offsets[place] + number
        return None

    def allowed(self, today: date) -> Bools | None:
        """Which entries may answer on that local day; None when all may."""
        if today not in self._allowed:
            day = today.toordinal()
            parts = [(s.facts.begins <= day) & (day <= s.facts.ends) & _standing(s) for s in self.segments]
            allowed = np.concatenate(parts)
            self._allowed = {today: None if bool(allowed.all()) else allowed}
        return self._allowed[today]

    def cut(self, text: str, keywords: Keywords) -> Asked:
        """Cuts a question into the index's terms."""
        text = normalise(text)
        cuts = {kind.name: list(kind.cut(keywords, text)) for kind in kinds.ALL if kind.cut is not None}
        terms = {
            kind.name: self._run_terms(kind, text) if kind.cut is None else self._string_terms(kind, cuts[kind.name])
            for kind in kinds.ALL
        }
        return Asked(
            text=text,
            words=tuple(dict.fromkeys(cuts[WORDS])),
            terms=terms,
            numbers=frozenset(latin_and_numbers(text)),
            wide=self._widened(terms[WORDS], text),
        )

    def look(self, asked: Asked, fields: Sequence[tuple[str, str]], count: int, allowed: Bools | None = None) -> Ints:
        """The entries that are among the best `count` by BM25 in one of the fields, pairs of kind and field, in ascending order."""
        allowed = self._stands if allowed is None else allowed
        chosen: list[Ints] = []
        for kind, field in fields:
            terms, number = asked.wide if kind == WORDS else asked.terms[kind], _KIND[kind].fields.index(field)
            gains = np.frombuffer(terms.idf) * np.frombuffer(terms.weights) * (kernel.K1 + 1)
            found = [
                segment.postings[kind].kernel.look(
                    number, terms.places[place], gains, count,
                    None if allowed is None else allowed[self._offsets[place] : self._offsets[place + 1]],
                )
                for place, segment in enumerate(self.segments)
            ]  # fmt: skip
            best = [np.frombuffer(part[0], np.int32) + self._offsets[place] for place, part in enumerate(found)]
            if len(best) == 1:
                chosen.append(best[0])
                continue
            scores = np.concatenate([np.frombuffer(part[1]) for part in found])
            chosen.append(np.concatenate(best)[np.argsort(-scores, kind="stable")[:count]])
        return np.unique(np.concatenate(chosen)).astype(np.int32, copy=False) if chosen else _NONE

    def overlaps(self, asked: Asked, kind_names: Sequence[str], entries: Ints) -> Floats:
        """How the question overlaps with each of some entries, a row an entry: for each kind, for each of its fields, the four
        numbers of `COLUMNS`, each the best among the entry's units."""
        widths = [len(_KIND[name].fields) * len(COLUMNS) for name in kind_names]
        table = np.zeros((len(entries), sum(widths)))
        for place, own, rows in self._by_segment(entries):
            column = 0
            for name, width in zip(kind_names, widths, strict=True):
                terms = asked.terms[name]
                if not terms.idf:
                    column += width
                    continue
                self.segments[place].postings[name].kernel.overlap(
                    terms.places[place],
                    terms.idf,
                    terms.weights,
                    terms.seen,
                    self._means[name],
                    own,
                    rows,
                    table,
                    column,
                )
                column += width
        return table

    def closely(self, asked: Asked, close: kernel.Close, entries: Ints, table: Floats, column: int) -> None:
        """Writes what `close` sees of the question beside each of some entries into its row of the table, from the column on."""
        rows_of, group_of = shipped_lexicon().rows, shipped_synonyms().group_of
        last = len(rows_of)
        rows = np.array([rows_of.get(word, last) for word in asked.words], np.int32)
        senses = np.array([group_of.get(word, -1) for word in asked.words], np.int32)
        words, pairs = asked.terms[WORDS], asked.terms[PAIRS]
        for place, own, into in self._by_segment(entries):
            segment = self.segments[place]
            close.look(
                asked.text,
                rows,
                senses,
                self.unknown_weight,
                self.count,
                (
                    segment.postings[WORDS].kernel,
                    words.places[place],
                    words.idf,
                    words.weights,
                    self._means[WORDS],
                    words.kept,
                ),
                (
                    segment.postings[PAIRS].kernel,
                    pairs.places[place],
                    pairs.idf,
                    pairs.weights,
                    self._means[PAIRS],
                    pairs.unknown,
                ),
                (segment.texts, segment.meanings.rows, segment.meanings.senses, self.word_frequencies[place]),
                self._idfs,
                own,
                into,
                table,
                column,
            )

    def shared(self, asked: Asked, kind: str, entries: Ints, most: int) -> list[list[str]]:
        """For each of some entries the question's strings that it holds, the heaviest first, at most so many."""
        terms = asked.terms[kind]
        found: list[list[str]] = [[] for _ in entries]
        for place, own, rows in self._by_segment(entries) if terms.texts else ():
            held = self.segments[place].postings[kind].kernel.shared(0, own, terms.places[place], terms.idf, most)
            numbers = memoryview(held).cast("i")
            for number, row in enumerate(rows.tolist()):
                chosen = numbers[number * most : (number + 1) * most]
                found[row] = [terms.texts[term] for term in chosen if term >= 0]
        return found

    def same_question(self, text: str) -> tuple[int, ...]:
        """The entries that have exactly this question, signs and blanks aside."""
        wanted = bare(text)
        fingerprint = int.from_bytes(kernel.fingerprints((wanted,)), "little")
        found: list[int] = []
        for place, segment in enumerate(self.segments):
            found.extend(
                self._offsets[place] + number
                for number in sorted(set(segment.alike(fingerprint).tolist()))
                if segment.stands(number) and any(bare(q) == wanted for q in questions_of(segment.entries[number]))
            )
        return tuple(found)

    def _by_segment(self, entries: Ints) -> Iterator[tuple[int, Ints, Ints]]:
        """For each segment the entries that lie in it, numbered as there, and where they stand among the given ones."""
        if len(self.segments) == 1:
            yield 0, entries, np.arange(len(entries), dtype=np.int32)
            return
        for place in range(len(self.segments)):
            inside = (entries >= self._offsets[place]) & (entries < self._offsets[place + 1])
            rows = np.flatnonzero(inside).astype(np.int32)
            yield place, entries[rows] - np.int32(self._offsets[place]), rows

    def _place(self, entry: int) -> tuple[int, int]:
        """The segment of an entry, and its number there."""
        for place in range(len(self.segments) - 1, 0, -1):
            if entry >= self._offsets[place]:
                return place, entry - self._offsets[place]
        return 0, entry

    def _word_frequency(self, place: int) -> Ints:
        """How many entries of the whole index hold each word of one segment."""
        own = self.segments[place]
        found = own.frequencies[WORDS]
        for segment in self.segments:
            if segment is not own:
                found = found + counted(
                    own.vocabularies[WORDS], segment.vocabularies[WORDS], segment.frequencies[WORDS]
                )
        return found

    def _means_of(self, kind: Kind) -> Floats:
        totals = [[segment.totals[kind.name, field] for segment in self.segments] for field in kind.fields]
        return np.array([mean_of(sum(t for t, _ in total), sum(n for _, n in total)) for total in totals])

    def _run_terms(self, kind: Kind, text: str) -> Terms:
        vocabularies = [segment.vocabularies[kind.name] for segment in self.segments]
        often, places = kernel.ask_grams(text, kind.size, tuple(v.keys for v in vocabularies if isinstance(v, Keys)))
        places, idf, weights, _, known, unknown = kernel.weighed(
            often, places, self._frequencies[kind.name], self.count, kind.plain
        )
        return Terms(places=places, idf=idf, weights=weights, known=known, unknown=unknown)

    def _string_terms(self, kind: Kind, cut: Sequence[str]) -> Terms:
        if not cut:
            return Terms(places=(b"",) * len(self.segments), idf=b"", weights=b"", known=0, unknown=0)
        counts: dict[str, int] = {}
        for term in cut:
            counts[term] = counts.get(term, 0) + 1
        given: list[Ints] = []
        for segment in self.segments:
            vocabulary = segment.vocabularies[kind.name]
            assert isinstance(vocabulary, Strings)
            given.append(np.array([vocabulary.numbers.get(term, -1) for term in counts], np.int32))
        often = np.fromiter(counts.values(), np.int32, len(counts))
        places, idf, weights, kept, known, unknown = kernel.weighed(
            often, tuple(given), self._frequencies[kind.name], self.count, kind.plain
        )
        texts = tuple(counts)
        chosen = tuple(texts[number] for number in memoryview(kept).cast("i"))
        return Terms(places=places, idf=idf, weights=weights, known=known, unknown=unknown, texts=chosen, kept=kept)

    def _widened(self, terms: Terms, text: str) -> Terms:
        others = [word for word in shipped_synonyms().others(text) if word not in terms.texts]
        if not others:
            return terms
        more = self._string_terms(_KIND[WORDS], others)
        return Terms(
            places=tuple(one + other for one, other in zip(terms.places, more.places, strict=True)),
            idf=terms.idf + more.idf,
            weights=terms.weights + np.full(len(more.texts), SYNONYM_WEIGHT).tobytes(),
            known=terms.known + more.known,
            unknown=terms.unknown,
            texts=terms.texts + more.texts,
        )

    def _idf(self, frequency: int) -> float:
        return math.log1p((self.count - frequency + 0.5) / (frequency + 0.5))


def bare(text: str) -> str:
    """The letters and digits of a text alone."""
    return "".join(character for character in text if character.isalnum())


def _standing(segment: Segment) -> Bools:
    return np.ones(len(segment.entries), bool) if segment.removed is None else ~segment.removed
