"""A segment: some entries with their postings. Immutable; an index is one large segment and perhaps a small one of late changes."""

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from knowledge import kernel, kinds
from knowledge.atoms import Role, atoms_of, is_titled
from knowledge.entry import Entry
from knowledge.keywords import Keywords
from knowledge.postings import Beside, Bools, Ints, Longs, Postings, Terms, Units, ranges
from knowledge.vocabulary import Meanings, Strings, Vocabulary, counted, gathered, united

_AT_ONCE = 32  # texts that are cut before others may have the GIL
_PICKED_AT_ONCE = 2_000  # texts, before others may have the GIL
_NEVER = date.max.toordinal() + 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What is known of each entry beside its text. Days are ordinals; an entry answers from `begins` to `ends`."""

    titled: Bools
    withdrawn: Bools
    begins: Ints
    ends: Ints

    @classmethod
    def of(cls, entries: Sequence[Entry]) -> "Facts":
        """Of entries, in their order."""
        return cls(
            titled=np.array([is_titled(entry) for entry in entries], dtype=bool),
            withdrawn=np.array([entry.withdrawn for entry in entries], dtype=bool),
            begins=np.array([_begins(entry) for entry in entries], dtype=np.int32),
            ends=np.array([_NEVER if e.valid_to is None else e.valid_to.toordinal() for e in entries], dtype=np.int32),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """Entries, numbered from 0. `removed` marks those that were replaced or taken out since, and `gone` says what that leaves
    of each kind's frequencies and lengths; both are None where all entries stand."""

    entries: tuple[Entry, ...]
    numbers: Mapping[str, int]  # id -> entry
    atoms: Longs
    roles: NDArray[np.uint8]
    texts: tuple[str, ...]  # of the atoms, normalised
    prints: NDArray[np.uint64]  # of each atom that is a question of a titled entry; 0 for others
    facts: Facts
    units: Mapping[str, Units]
    vocabularies: Mapping[str, Vocabulary]
    meanings: Meanings  # of the words
    postings: Mapping[str, Postings]
    sorted_prints: tuple[NDArray[np.uint64], Ints]  # ascending, and the entry of each
    removed: Bools | None = None
    frequencies: Mapping[str, Ints]
    totals: Mapping[tuple[str, str], tuple[int, int]]  # kind and field -> the sum of the lengths, the number of units

    @classmethod
    def build(cls, entries: Sequence[Entry], keywords: Keywords, beside: "Segment | None" = None) -> "Segment":
        """Cuts the texts of entries. Blocking, about 60 µs a short entry; others get the GIL every few texts.
        Terms weigh what they do together with the entries of a segment `beside`."""
        pause = _pauses()
        texts, roles, atoms = [], [], [0]
        for entry in entries:
            for role, text in atoms_of(entry):
                roles.append(role)
                texts.append(text)
            atoms.append(len(texts))
            next(pause)
        facts = Facts.of(entries)
        starts, kept = np.array(atoms, np.int64), np.array(roles, np.uint8)
        titled = np.repeat(facts.titled, np.diff(starts))
        prints = np.frombuffer(kernel.fingerprints(tuple(texts)), np.uint64)
        prints = np.where((kept == Role.question) & titled, prints, np.uint64(0))
        cuts = {kind.name: gathered(texts, kind, keywords, pause) for kind in kinds.ALL}
        return cls._of(tuple(entries), starts, kept, tuple(texts), prints, facts, cuts, beside)

    @classmethod
    def merge(
        cls, segments: Sequence["Segment"], order: Sequence[tuple[int, int]], beside: "Segment | None" = None
    ) -> "Segment":
        """The entries of several segments, as (segment, entry) in the wanted order, with nothing cut again. Blocking, a few
        seconds for 100,000 entries, most of it without the GIL."""
        source = np.array([segment for segment, _ in order], np.int32)
        place = np.array([entry for _, entry in order], np.int64)
        entry_base = np.cumsum([0, *(len(segment.entries) for segment in segments)])[source] + place
        atom_base = np.cumsum([0, *(len(segment.roles) for segment in segments)])
        firsts = np.concatenate([segment.atoms[:-1] for segment in segments])[entry_base]
        lasts = np.concatenate([segment.atoms[1:] for segment in segments])[entry_base]
        picked = ranges(firsts + atom_base[source], lasts + atom_base[source])
        facts = Facts(
            **{
                name: np.concatenate([getattr(segment.facts, name) for segment in segments])[entry_base]
                for name in ("titled", "withdrawn", "begins", "ends")
            }
        )
        cuts: dict[str, tuple[Vocabulary, Terms]] = {}
        rows = (source, firsts.astype(np.int32), lasts.astype(np.int32))
        for kind in kinds.ALL:
            used = [_used(segment, kind.name) for segment in segments]
            vocabulary, maps = united([segment.vocabularies[kind.name] for segment in segments], used)
            terms = [segment.postings[kind.name].terms for segment in segments]
            sources = tuple((t.starts, t.numbers, t.counts, m) for t, m in zip(terms, maps, strict=True))
            cuts[kind.name] = vocabulary, Terms.read(kernel.splice(sources, *rows))
        return cls._of(
            tuple(segments[segment].entries[entry] for segment, entry in order),
            np.concatenate(([0], np.cumsum(lasts - firsts))),
            np.concatenate([segment.roles for segment in segments])[picked],
            _picked([segment.texts for segment in segments], picked),
            np.concatenate([segment.prints for segment in segments])[picked],
            facts,
            cuts,
            beside,
        )

    @classmethod
    def _of(
        cls,
        entries: tuple[Entry, ...],
        atoms: Longs,
        roles: NDArray[np.uint8],
        texts: tuple[str, ...],
        prints: NDArray[np.uint64],
        facts: Facts,
        cuts: Mapping[str, tuple[Vocabulary, Terms]],
        beside: "Segment | None",
    ) -> "Segment":
        units = Units.of(atoms, roles)
        postings: dict[str, Postings] = {}
        for kind in kinds.ALL:
            vocabulary, terms = cuts[kind.name]
            others = beside.seen_beside(kind, vocabulary) if beside is not None else None
            postings[kind.name] = Postings.build(terms, units, kind, len(vocabulary), others)
        words = cuts[kinds.WORDS][0]
        assert isinstance(words, Strings)
        owners = np.repeat(np.arange(len(entries), dtype=np.int32), np.diff(atoms))
        asked = np.flatnonzero(prints)
        asked = asked[np.argsort(prints[asked], kind="stable")]
        return cls(
            entries=entries,
            numbers={entry.id: number for number, entry in enumerate(entries)},
            atoms=atoms,
            roles=roles,
            texts=texts,
            prints=prints,
            facts=facts,
            units=units,
            vocabularies={name: vocabulary for name, (vocabulary, _) in cuts.items()},
            meanings=Meanings.of(words.words, _pauses()),
            postings=postings,
            sorted_prints=(prints[asked], owners[asked]),
            frequencies={name: found.frequency for name, found in postings.items()},
            totals={
                (name, field): (int(length.sum()), len(length))
                for name, found in postings.items()
                for field, length in found.lengths.items()
            },
        )

    def __len__(self) -> int:
        """How many of the entries stand."""
        return len(self.entries) - (int(self.removed.sum()) if self.removed is not None else 0)

    def seen_beside(self, kind: kinds.Kind, vocabulary: Vocabulary) -> Beside:
        """What this segment's entries are to another one with that vocabulary."""
        return Beside(
            frequency=counted(vocabulary, self.vocabularies[kind.name], self.frequencies[kind.name]),
            entries=len(self),
            totals={field: self.totals[kind.name, field] for field in kind.fields},
        )

    def stands(self, number: int) -> bool:
        """Whether an entry was not taken out."""
        return self.removed is None or not self.removed[number]

    def without(self, numbers: Sequence[int]) -> "Segment":
        """The segment with some entries taken out: they count for nothing any more."""
        gone = [number for number in dict.fromkeys(numbers) if self.stands(number)]
        if not gone:
            return self
        removed = np.zeros(len(self.entries), bool) if self.removed is None else self.removed.copy()
        removed[gone] = True
        frequencies, totals = dict(self.frequencies), dict(self.totals)
        for name, found in self.postings.items():
            fewer = frequencies[name].copy()
            for number in gone:
                fewer[np.frombuffer(found.kernel.held(0, number, -1), np.int32)] -= 1
            frequencies[name] = fewer
            for field, length in found.lengths.items():
                first = self.units[field].first_unit
                total, count = totals[name, field]
                for number in gone:
                    total -= int(length[first[number] : first[number + 1]].sum())
                    count -= int(first[number + 1] - first[number])
                totals[name, field] = total, count
        return replace(self, removed=removed, frequencies=frequencies, totals=totals)

    def alike(self, fingerprint: int) -> Ints:
        """The entries with a question of that fingerprint."""
        prints, owners = self.sorted_prints
        begin = end = int(prints.searchsorted(np.uint64(fingerprint)))
        while end < len(prints) and prints[end] == fingerprint:
            end += 1
        return owners[begin:end]


def _begins(entry: Entry) -> int:
    if not entry.live:
        return _NEVER
    return 0 if entry.valid_from is None else entry.valid_from.toordinal()


def _used(segment: Segment, kind: str) -> Bools:
    used = np.zeros(len(segment.vocabularies[kind]), bool)
    if segment.removed is None:
        used[:] = True
        return used
    terms, kept = segment.postings[kind].terms, np.repeat(~segment.removed, np.diff(segment.atoms))
    used[terms.numbers[np.repeat(kept, np.diff(terms.starts))]] = True
    return used


def _picked(texts: Sequence[tuple[str, ...]], picked: Longs) -> tuple[str, ...]:
    every = list(chain.from_iterable(texts)) if len(texts) > 1 else texts[0]
    found: list[str] = []
    for start in range(0, len(picked), _PICKED_AT_ONCE):
        found.extend(map(every.__getitem__, picked[start : start + _PICKED_AT_ONCE].tolist()))
        time.sleep(0)  # others may have the GIL
    return tuple(found)


def _pauses() -> Iterator[None]:
    """Gives the GIL to others every few steps: a thread that wants it would else wait for five milliseconds."""
    while True:
        for _ in range(_AT_ONCE):
            yield
        time.sleep(0)
