from array import array
from typing import Any, final

from numpy.typing import NDArray

Buffer = bytes | array[int] | NDArray[Any]

K1: float
B: float

@final
class Postings:
    terms: int
    entries: int
    def __new__(
        cls, terms: int, starts: Buffer, postings: Buffer, counts: Buffer, fields: tuple[tuple[Buffer, ...], ...]
    ) -> Postings: ...
    def look(
        self, field: int, places: Buffer, gains: Buffer, count: int, allowed: Buffer | None, /
    ) -> tuple[bytes, bytes]: ...
    def overlap(
        self,
        places: Buffer,
        idf: Buffer,
        weights: Buffer,
        seen: float,
        means: Buffer,
        entries: Buffer,
        rows: Buffer,
        table: Buffer,
        column: int,
        /,
    ) -> None: ...
    def held(self, field: int, entry: int, unit: int, /) -> bytes: ...
    def shared(self, field: int, entries: Buffer, places: Buffer, idf: Buffer, most: int, /) -> bytes: ...

@final
class Trees:
    columns: int
    def __new__(
        cls, feature: Buffer, threshold: Buffer, left: Buffer, right: Buffer, value: Buffer, roots: Buffer, columns: int
    ) -> Trees: ...
    def of(self, rows: Buffer, /) -> bytes: ...

@final
class Phrases:
    def __new__(cls, phrases: tuple[str, ...], values: Buffer, last: Buffer) -> Phrases: ...
    def any(self, text: str, /) -> int: ...
    def longest(self, text: str, /) -> bytes: ...

@final
class Close:
    def __new__(
        cls,
        vectors: Buffer,
        scales: Buffer,
        rarity: Buffer,
        place: Buffer,
        sounds: Buffer,
        interrogatives: Phrases,
        synonyms: Phrases,
    ) -> Close: ...
    def look(
        self,
        text: str,
        word_rows: Buffer,
        word_senses: Buffer,
        unknown: float,
        entries: float,
        words: tuple[Postings, Buffer, Buffer, Buffer, Buffer, Buffer],
        pairs: tuple[Postings, Buffer, Buffer, Buffer, Buffer, float],
        segment: tuple[tuple[str, ...], Buffer, Buffer, Buffer],
        idfs: Buffer,
        chosen: Buffer,
        into: Buffer,
        table: Buffer,
        column: int,
        /,
    ) -> None: ...

def gather_grams(texts: tuple[str, ...], size: int, /) -> tuple[bytes, bytes, bytes, bytes]: ...
def gather_numbers(starts: Buffer, occurrences: Buffer, terms: int, /) -> tuple[bytes, bytes, bytes]: ...
def units(atoms: Buffer, roles: Buffer, mask: int, window: int, /) -> tuple[bytes, bytes, bytes, bytes]: ...
def tally(
    starts: Buffer, terms: Buffer, counts: Buffer, first: Buffer, last: Buffer, term_count: int, /
) -> tuple[bytes, bytes]: ...
def weigh(starts: Buffer, terms: Buffer, counts: Buffer, first: Buffer, last: Buffer, weights: Buffer, /) -> bytes: ...
def invert(
    starts: Buffer,
    terms: Buffer,
    counts: Buffer,
    first: Buffer,
    last: Buffer,
    frequency: Buffer,
    length: Buffer,
    mean: float,
    /,
) -> tuple[bytes, bytes, bytes, bytes]: ...
def splice(
    sources: tuple[tuple[Buffer, Buffer, Buffer, Buffer], ...], source: Buffer, first: Buffer, last: Buffer, /
) -> tuple[bytes, bytes, bytes]: ...
def ask_grams(text: str, size: int, vocabularies: tuple[Buffer, ...], /) -> tuple[bytes, tuple[bytes, ...]]: ...
def weighed(
    often: Buffer, places: tuple[Buffer, ...], frequencies: tuple[Buffer, ...], entries: float, plain: bool, /
) -> tuple[tuple[bytes, ...], bytes, bytes, bytes, float, float]: ...
def fingerprints(texts: tuple[str, ...], /) -> bytes: ...
def shortlist(
    measured: Buffer,
    titled: Buffer,
    column: Buffer,
    only: Buffer,
    relative: Buffer,
    blended: Buffer,
    shares: Buffer,
    of_best: float,
    numbers: int,
    most: int,
    features: Buffer,
    /,
) -> bytes: ...
