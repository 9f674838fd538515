"""The flat arrays give the scores of the textbook's BM25, whichever direction they are summed in."""

import math

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge.postings import K1, B, Postings

VOCABULARY = 6


@settings(max_examples=80, deadline=None)
@given(
    texts=st.lists(st.lists(st.integers(0, VOCABULARY - 1), max_size=8), min_size=1, max_size=6),
    asked=st.sets(st.integers(0, VOCABULARY - 1), min_size=1),
)
def test_bm25_and_overlap(texts: list[list[int]], asked: set[int]) -> None:
    idf = np.arange(1, VOCABULARY + 1) / 2
    owner = np.array([unit // 2 for unit in range(len(texts))])
    entry_count = int(owner[-1]) + 1
    postings = Postings.build(
        units=np.array([unit for unit, text in enumerate(texts) for _ in text], dtype=np.int64),
        terms=np.array([term for text in texts for term in text], dtype=np.int64),
        entry_of_unit=owner,
        entry_count=entry_count,
        idf=idf,
    )
    terms = np.array(sorted(asked), dtype=np.int64)
    weights = np.ones(len(terms))
    mean = max(1.0, sum(map(len, texts)) / len(texts))

    def bm25(text: list[int]) -> float:
        damp = K1 * (1 - B + B * len(text) / mean)
        return sum(idf[t] * text.count(t) * (K1 + 1) / (text.count(t) + damp) for t in asked if t in text)

    expected = [
        max(bm25(texts[unit]) for unit in range(len(texts)) if owner[unit] == entry) for entry in range(entry_count)
    ]
    assert np.allclose(postings.entry_scores(terms, weights), expected, rtol=1e-5)

    entries = np.arange(entry_count)
    overlap, starts = postings.overlap(terms, weights, entries)
    assert starts.tolist() == [*np.searchsorted(owner, entries).tolist(), len(texts)]
    most = sum(idf[t] for t in asked) * (K1 + 1)
    for unit, text in enumerate(texts):
        shared = sum(idf[t] for t in asked & set(text))
        assert math.isclose(overlap.bm25[unit], bm25(text) / most, rel_tol=1e-5, abs_tol=1e-9)
        assert math.isclose(overlap.asked[unit], shared / sum(idf[t] for t in asked), abs_tol=1e-9)
        own = sum(idf[t] for t in set(text))
        assert math.isclose(overlap.held[unit], shared / own if own else 0.0, abs_tol=1e-9)

    # One entry alone is summed from its own terms, all together from the terms of the question: both must agree.
    for entry in entries:
        alone, rows = postings.overlap(terms, weights, entries[entry : entry + 1])
        assert np.allclose(alone.bm25, overlap.bm25[starts[entry] : starts[entry + 1]])
        assert np.allclose(alone.asked, overlap.asked[starts[entry] : starts[entry + 1]])
        assert rows.tolist() == [0, starts[entry + 1] - starts[entry]]
