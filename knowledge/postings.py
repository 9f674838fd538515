"""Postings: the terms of one kind in the atoms of a segment's entries, as flat arrays for the kernel.

Arrays are read-only. A unit is a row of atoms that is scored as a whole: an entry's full text, one of its questions, or one
passage of its body. Nothing here knows what a term is.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from knowledge import kernel
from knowledge.atoms import FIELDS
from knowledge.kinds import Kind

Ints = NDArray[np.int32]
Longs = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

COLUMNS = ("bm25", "asked", "held", "dice")
"""What is measured of a question and a field; see `kernel.Postings.overlap`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Units:
    """The units of one field, in the order of their entries; `first` to before `last` are a unit's atoms."""

    first_unit: Ints  # entry -> its first unit; one longer than the entries
    owner: Ints
    first: Ints
    last: Ints

    @classmethod
    def of(cls, atoms: Longs, roles: NDArray[np.uint8]) -> "dict[str, Units]":
        """For every field, from each entry's first atom (one longer than the entries) and each atom's role."""
        found: dict[str, Units] = {}
        for field in FIELDS:
            parts = [np.frombuffer(part, np.int32) for part in kernel.units(atoms, roles, field.mask, field.window)]
            found[field.name] = cls(first_unit=parts[0], owner=parts[1], first=parts[2], last=parts[3])
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """Which terms stand in each atom: those from `starts[a]` to before `starts[a + 1]`, and how often."""

    starts: Longs
    numbers: Ints
    counts: NDArray[np.uint8]

    @classmethod
    def read(cls, parts: Sequence[bytes]) -> "Terms":
        """From what the kernel gives."""
        return cls(
            starts=np.frombuffer(parts[0], np.int64),
            numbers=np.frombuffer(parts[1], np.int32),
            counts=np.frombuffer(parts[2], np.uint8),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """What stands beside a segment: how many other entries hold each of its terms, how many others there are, and for each field
    the sum of their units' lengths and the number of those units."""

    frequency: Ints
    entries: int
    totals: Mapping[str, tuple[int, int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Postings:
    """One kind of term, ready to be asked. `frequency` says how many entries hold each term."""

    terms: Terms
    frequency: Ints
    lengths: Mapping[str, Ints]  # field -> how many terms each unit has
    kernel: kernel.Postings

    @classmethod
    def build(
        cls, terms: Terms, units: Mapping[str, Units], kind: Kind, count: int, beside: Beside | None
    ) -> "Postings":
        """From terms that are numbered from 0 to before `count`. Blocking; most of it without the GIL."""
        given = (terms.starts, terms.numbers, terms.counts)
        frequency, _ = (np.frombuffer(p, np.int32) for p in _tally(given, units[FIELDS[0].name], count))
        entries = len(units[FIELDS[0].name].first_unit) - 1
        often = frequency if beside is None else frequency + beside.frequency
        total = entries if beside is None else entries + beside.entries
        weights = np.ones(count) if kind.plain else np.log1p((total - often + 0.5) / (often + 0.5))
        fields: list[tuple[NDArray[np.generic] | bytes, ...]] = []
        lengths: dict[str, Ints] = {}
        for name in kind.fields:
            unit = units[name]
            held, length = (np.frombuffer(part, np.int32) for part in _tally(given, unit, count))
            weight = kernel.weigh(*given, unit.first, unit.last, weights)
            lists: tuple[bytes, ...] = ()
            if name in kind.looks:
                summed, several = (0, 0) if beside is None else beside.totals[name]
                mean = mean_of(length.sum() + summed, len(length) + several)
                lists = kernel.invert(*given, unit.first, unit.last, held, length, mean)
            fields.append((unit.first_unit, unit.owner, unit.first, unit.last, length, weight, *lists))
            lengths[name] = length
        asked = kernel.Postings(count, *given, tuple(fields))
        return cls(terms=terms, frequency=frequency, lengths=lengths, kernel=asked)


def mean_of(total: float, count: float) -> float:
    """The mean length of units; 1 at least."""
    return max(1.0, float(total) / float(count)) if count > 0 else 1.0


def ranges(starts: NDArray[np.integer], ends: NDArray[np.integer]) -> Longs:
    """All numbers of several ranges in a row."""
    sizes = (ends - starts).astype(np.int64)
    passed = np.concatenate(([0], np.cumsum(sizes)))
    return np.repeat(starts - passed[:-1], sizes) + np.arange(passed[-1])


def _tally(given: tuple[Longs, Ints, NDArray[np.uint8]], unit: Units, count: int) -> tuple[bytes, bytes]:
    return kernel.tally(*given, unit.first, unit.last, count)
