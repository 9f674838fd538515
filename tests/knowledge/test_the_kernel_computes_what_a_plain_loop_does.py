"""Each function of the kernel against a reference in plain Python, on whatever hypothesis thinks of."""

import math
from collections import Counter
from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge import kernel
from knowledge.atoms import FIELDS, Role
from knowledge.kinds import Kind
from knowledge.postings import Postings, Terms, Units, mean_of

VOCABULARY = 7
KIND = Kind(name="test", looks=("full", "questions", "passages"))
LETTERS = "低保a1医 ，\U00020000é"

text = st.text(alphabet=LETTERS, max_size=12)
terms_of_an_atom = st.lists(st.integers(0, VOCABULARY - 1), max_size=7)
entry = st.tuples(
    st.lists(terms_of_an_atom, max_size=3),
    st.lists(terms_of_an_atom, max_size=4),
    st.lists(terms_of_an_atom, max_size=1),
)
base = st.lists(entry, min_size=1, max_size=7)


def runs(text: str, size: int) -> list[str]:
    whole = [text[place : place + size] for place in range(len(text) - size + 1)]
    return [run for run in whole if all(character.isalnum() for character in run)]


def key(run: str) -> int:
    value = 0
    for character in run:
        value = value << 21 | ord(character)
    return value


@settings(max_examples=100, deadline=None)
@given(texts=st.lists(text, max_size=6), asked=text, size=st.integers(1, 3))
def test_runs_of_characters(texts: list[str], asked: str, size: int) -> None:
    starts, numbers, counts, keys = (
        np.frombuffer(part, kind)
        for part, kind in zip(
            kernel.gather_grams(tuple(texts), size), (np.int64, np.int32, np.uint8, np.uint64), strict=True
        )
    )
    assert keys.tolist() == sorted({key(run) for text in texts for run in runs(text, size)})
    for place, text in enumerate(texts):
        inside = slice(starts[place], starts[place + 1])
        found = dict(zip(keys[numbers[inside]].tolist(), counts[inside].tolist(), strict=True))
        assert found == Counter(key(run) for run in runs(text, size))
    often, (places,) = kernel.ask_grams(asked, size, (keys,))
    known = {value: place for place, value in enumerate(keys.tolist())}
    wanted = Counter(key(run) for run in runs(asked, size))
    assert np.frombuffer(often, np.int32).tolist() == list(wanted.values())
    assert np.frombuffer(places, np.int32).tolist() == [known.get(value, -1) for value in wanted]


def test_a_term_that_stands_very_often_is_counted_in_full() -> None:
    starts, _, counts, _ = kernel.gather_grams(("好" * 1000, "好"), 1)
    assert np.frombuffer(starts, np.int64).tolist() == [0, 4, 5]
    assert sum(counts) == 1001


@given(left=text, right=text)
def test_fingerprints_are_of_letters_and_digits(left: str, right: str) -> None:
    one, other = ("".join(c for c in t if c.isalnum()) for t in (left, right))
    prints = np.frombuffer(kernel.fingerprints((left, right)), np.uint64)
    assert (prints[0] == prints[1]) == (one == other)


def arrays(entries: list[tuple[list[list[int]], ...]]) -> tuple[np.ndarray, np.ndarray, list[list[int]]]:
    """Each entry's first atom, the atoms' roles and their terms."""
    atoms, roles, starts = [], [], [0]
    for questions, body, keywords in entries:
        for role, texts in ((Role.question, questions), (Role.piece, body), (Role.keywords, keywords)):
            atoms.extend(texts)
            roles.extend([role] * len(texts))
        starts.append(len(atoms))
    return np.array(starts, np.int64), np.array(roles, np.uint8), atoms


def built(entries: list[tuple[list[list[int]], ...]]) -> Postings:
    starts, roles, atoms = arrays(entries)
    occurrences = np.array([term for atom in atoms for term in atom], np.int32)
    passed = np.cumsum([0, *map(len, atoms)], dtype=np.int64)
    terms = Terms.read(kernel.gather_numbers(passed, occurrences, VOCABULARY))
    return Postings.build(terms, Units.of(starts, roles), KIND, VOCABULARY, None)


def units_of(entry: tuple[list[list[int]], ...], field: str) -> list[list[int]]:
    questions, body, keywords = entry
    if field == "full":
        return [[term for atom in (*questions, *body, *keywords) for term in atom]]
    if field == "questions":
        return questions
    return [[t for atom in body[n : n + 2] for t in atom] for n in range(max(1, len(body) - 1) if body else 0)]


def bm25(unit: list[int], weights: dict[int, float], mean: float) -> float:
    damp = kernel.K1 * (1 - kernel.B + kernel.B * len(unit) / mean)
    return sum(w * unit.count(t) * (kernel.K1 + 1) / (unit.count(t) + damp) for t, w in weights.items() if t in unit)


@settings(max_examples=150, deadline=None)
@given(entries=base, asked=st.sets(st.integers(0, VOCABULARY - 1), min_size=1), count=st.integers(1, 4), data=st.data())
def test_the_first_look_gives_the_best(
    entries: list[tuple[list[list[int]], ...]], asked: set[int], count: int, data: st.DataObject
) -> None:
    postings = built(entries)
    weights = {term: 0.5 + term for term in asked}
    allowed = np.array(data.draw(st.lists(st.booleans(), min_size=len(entries), max_size=len(entries))))
    for number, field in enumerate(FIELDS):
        units = [units_of(entry, field.name) for entry in entries]
        sizes = [len(unit) for several in units for unit in several]
        mean = mean_of(sum(sizes), len(sizes))
        scores = [max((bm25(unit, weights, mean) for unit in several), default=0.0) for several in units]
        gains = np.array([weight * (kernel.K1 + 1) for weight in weights.values()])
        for mask in (None, allowed):
            found, given = postings.kernel.look(number, np.array(list(weights), np.int32), gains, count, mask)
            best = sorted((s for e, s in enumerate(scores) if s > 0 and (mask is None or mask[e])), reverse=True)[
                :count
            ]
            chosen = np.frombuffer(found, np.int32).tolist()
            assert np.allclose(np.frombuffer(given), best, rtol=1e-3)
            assert np.allclose([scores[entry] for entry in chosen], best, rtol=1e-3)
            assert len(set(chosen)) == len(chosen)


def test_the_first_look_is_exact_where_it_does_not_read_everything() -> None:
    lot = np.random.default_rng(3)
    shares = 1 / np.arange(1, 41)
    drawn = lot.choice(40, size=(20_000, 6), p=shares / shares.sum())
    starts, roles = np.arange(20_001, dtype=np.int64), np.full(20_000, Role.question, np.uint8)
    passed = np.arange(0, 6 * 20_000 + 1, 6, dtype=np.int64)
    terms = Terms.read(kernel.gather_numbers(passed, drawn.ravel().astype(np.int32), 40))
    postings = Postings.build(terms, Units.of(starts, roles), KIND, 40, None)
    for _ in range(30):
        asked = lot.choice(40, size=8, replace=False).astype(np.int32)
        idf = np.log1p((20_000 - postings.frequency[asked] + 0.5) / (postings.frequency[asked] + 0.5))
        often = np.stack([(drawn == term).sum(axis=1) for term in asked])
        scores = (idf[:, None] * often * (kernel.K1 + 1) / (often + kernel.K1)).sum(axis=0)
        _, given = postings.kernel.look(0, asked, idf * (kernel.K1 + 1), 30, None)
        assert np.allclose(np.frombuffer(given), np.sort(scores)[::-1][:30], rtol=2e-4)


@settings(max_examples=150, deadline=None)
@given(entries=base, asked=st.sets(st.integers(0, VOCABULARY - 1), min_size=1))
def test_overlaps_are_the_formulas(entries: list[tuple[list[list[int]], ...]], asked: set[int]) -> None:
    postings = built(entries)
    frequency = postings.frequency
    own = np.log1p((len(entries) - frequency + 0.5) / (frequency + 0.5))
    idf = {term: 1.0 + term / 3 for term in asked}
    weights = {term: 1.0 + term / 5 for term in asked}
    table = np.full((len(entries), 3 + 4 * len(FIELDS)), -7.0)
    means = np.array([2.0, 3.0, 4.0])
    order = np.arange(len(entries), dtype=np.int32)[::-1].copy()
    postings.kernel.overlap(
        np.array(list(idf), np.int32), np.array(list(idf.values())), np.array(list(weights.values())), 0.8, means,
        order, order, table, 3,
    )  # fmt: skip
    assert (table[:, :3] == -7).all()
    most = sum(idf[t] * weights[t] for t in asked) * (kernel.K1 + 1)
    for place, entry in enumerate(entries):
        for number, field in enumerate(FIELDS):
            rows = [[0.0] * 4]
            for unit in units_of(entry, field.name):
                share = 0.8 * sum(idf[t] for t in asked & set(unit)) / sum(idf.values())
                held = sum(idf[t] for t in asked & set(unit)) / max(sum(own[t] for t in set(unit)), 1e-9)
                score = bm25(unit, {t: idf[t] * weights[t] for t in asked}, means[number])
                dice = 2 * share * held / (share + held) if share + held else 0.0
                rows.append([0.8 * score / most, share, held, dice])
            assert np.allclose(table[place, 3 + 4 * number : 7 + 4 * number], np.max(rows, axis=0), rtol=1e-5)
        whole = units_of(entry, "full")[0]
        assert np.frombuffer(postings.kernel.held(0, place, -1), np.int32).tolist() == list(dict.fromkeys(whole))
        wanted = np.array(sorted(asked), np.int32)
        heavy = np.array([idf[t] for t in sorted(asked)])
        shared = postings.kernel.shared(0, np.array([place], np.int32), wanted, heavy, 3)
        expected = sorted(asked & set(whole), key=lambda t: -idf[t])[:3]
        assert [wanted[n] for n in np.frombuffer(shared, np.int32).tolist() if n >= 0] == expected


@settings(max_examples=60, deadline=None)
@given(data=st.data(), columns=st.integers(1, 4))
def test_trees_are_walked(data: st.DataObject, columns: int) -> None:
    number = st.floats(-2, 2)
    nodes: list[tuple[int, float, int, int, float]] = []

    def grow(depth: int) -> int:
        place = len(nodes)
        nodes.append((-1, 0.0, 0, 0, data.draw(number)))
        if depth and data.draw(st.booleans()):
            feature, threshold = data.draw(st.integers(0, columns - 1)), data.draw(number)
            left = grow(depth - 1)
            nodes[place] = (feature, threshold, left, grow(depth - 1), 0.0)
        return place

    roots = [grow(3) for _ in range(data.draw(st.integers(0, 3)))]
    rows = np.array(data.draw(st.lists(st.lists(number, min_size=columns, max_size=columns), min_size=1, max_size=5)))

    def reached(node: int, row: np.ndarray) -> float:
        feature, threshold, left, right, value = nodes[node]
        return value if feature < 0 else reached(left if row[feature] <= threshold else right, row)

    parts = [
        np.array([node[n] for node in nodes], t) for n, t in enumerate((np.int32, float, np.int32, np.int32, float))
    ]
    trees = kernel.Trees(*(part.tobytes() for part in parts), np.array(roots, np.int32).tobytes(), columns)
    expected = [sum(reached(root, row) for root in roots) for row in rows]
    assert np.allclose(np.frombuffer(trees.of(rows)), expected)


def test_a_question_weighs_the_same_in_one_segment_as_in_two() -> None:
    often = np.array([1, 3, 1], np.int32)
    one = kernel.weighed(often, (np.array([0, 1, -1], np.int32),), (np.array([5, 2], np.int32),), 10, False)
    two = kernel.weighed(
        often, (np.array([0, 1, -1], np.int32), np.array([2, -1, 0], np.int32)),
        (np.array([4, 2], np.int32), np.array([0, 9, 1], np.int32)), 10, False,
    )  # fmt: skip
    assert one[1:] == two[1:]
    assert np.frombuffer(one[3], np.int32).tolist() == [0, 1]
    assert math.isclose(one[4], math.log1p(5.5 / 5.5) + math.log1p(8.5 / 2.5))
    assert math.isclose(one[5], math.log1p(10.5 / 0.5))


numbers = st.lists(st.integers(-3, 9), max_size=9)


@settings(max_examples=400, deadline=None)
@given(parts=st.lists(numbers, min_size=10, max_size=10), count=st.integers(-2, 9), window=st.integers(-1, 3))
def test_what_does_not_fit_together_is_refused_and_breaks_nothing(
    parts: list[list[int]], count: int, window: int
) -> None:
    longs, ints = [np.array(p, np.int64) for p in parts], [np.array(p, np.int32) for p in parts]
    small = [np.array([max(0, n) for n in p], np.uint8) for p in parts]
    wide = [np.array([max(0, n) for n in p], np.uint16) for p in parts]
    floats, doubles = [np.array(p, np.float32) for p in parts], [np.array(p, np.float64) for p in parts]
    given = (longs[0], ints[1], small[2], ints[3], ints[4])
    field = (ints[0], ints[1], ints[2], ints[3], ints[4], floats[5], longs[6], ints[7], wide[8], wide[9])
    frozen = tuple(part.tobytes() for part in field)
    calls = (
        lambda: kernel.gather_numbers(longs[0], ints[1], count),
        lambda: kernel.units(longs[0], small[1], 7, window),
        lambda: kernel.tally(*given, count),
        lambda: kernel.weigh(*given, doubles[5]),
        lambda: kernel.invert(*given, ints[5], ints[6], doubles[7].sum()),
        lambda: kernel.splice(((longs[0], ints[1], small[2], ints[3]),), ints[4], ints[5], ints[6]),
        lambda: kernel.weighed(ints[0], (ints[1],), (ints[2],), 5, False),
        lambda: kernel.Postings(count, longs[0].tobytes(), ints[1].tobytes(), small[2].tobytes(), (frozen,)),
        lambda: kernel.Trees(
            ints[0].tobytes(), doubles[1].tobytes(), ints[2].tobytes(), ints[3].tobytes(), doubles[4].tobytes(),
            ints[5].tobytes(), count,
        ),
    )  # fmt: skip
    for call in calls:
        with suppress(ValueError):
            call()


@settings(max_examples=200, deadline=None)
@given(entries=base, places=numbers, field=st.integers(-1, 4), entry=st.integers(-2, 9), column=st.integers(-1, 9))
def test_a_wrong_question_is_refused_and_breaks_nothing(
    entries: list[tuple[list[list[int]], ...]], places: list[int], field: int, entry: int, column: int
) -> None:
    asked = built(entries).kernel
    asked_for, some = np.array(places, np.int32), np.array([entry], np.int32)
    table, ones = np.zeros((4, 13)), np.ones(len(places))
    calls = (
        lambda: asked.look(field, asked_for, ones, entry, None),
        lambda: asked.overlap(asked_for, ones, ones, 1.0, np.ones(3), some, some, table, column),
        lambda: asked.held(field, entry, column),
        lambda: asked.shared(field, some, asked_for, ones, column),
    )
    for call in calls:
        with suppress(ValueError):
            call()


def test_an_array_that_could_change_is_not_taken() -> None:
    writable = np.array([0, 0], np.int64)
    with pytest.raises(ValueError, match="read-only"):
        kernel.Postings(1, writable, b"", b"", ((b"",) * 6,))
    with pytest.raises(ValueError, match="type 'i'"):
        kernel.gather_numbers(np.array([0, 1], np.int64), np.array([1.5]), 3)
