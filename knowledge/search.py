"""The search: one function from a message to a finding. Hit test, batch test and live chat all call it."""

from datetime import date

import numpy as np
from numpy.typing import NDArray

from knowledge.claims import judged
from knowledge.confidence import Confidence
from knowledge.decision import decide, is_small_talk
from knowledge.entry import Entry
from knowledge.finding import Decision, Finding, Hit
from knowledge.index import Asked, Index, bare
from knowledge.keywords import Keywords, normalise
from knowledge.kinds import NUMBERS, WORDS
from knowledge.links import without_links
from knowledge.message import question_in
from knowledge.ranking import NAMES, Ranked, Ranker

WORDS_SHOWN = 5
_SHARED_WORD, _SHARED_NUMBER = "共有词：", "共有数字或字母："
NAMING = 6  # a title of so many characters that stands in a question names its document
SURE_OF_THE_SAME = 0.95  # a question that a curator wrote down word for word for one entry only
_IN_ORDER = NAMES.index("order dice")
NEAR_COPY = 0.8  # share of characters in order from which another entry's question is nearly the same one


def find(
    index: Index, text: str, *, keywords: Keywords, ranker: Ranker, model: Confidence, top: int, today: date
) -> Finding:
    """What the entries of an index say to a message on a local day. Pure; any text is allowed."""
    question = question_in(without_links(text))
    if is_small_talk(question):
        found = Finding(decision="none", confidence=0.0, hits=(), question=question)
    else:
        found = _found(index, question, keywords, ranker, model, top, today)
    return judged(found, text, entries=index.entries, today=today)


def _found(
    index: Index, question: str, keywords: Keywords, ranker: Ranker, model: Confidence, top: int, today: date
) -> Finding:
    """What the entries say by their words."""
    asked = index.cut(question, keywords)
    ranked, confidence = _ranked(index, asked, ranker, model, index.allowed(today))
    hits = _hits(index, asked, ranked, top)
    decision = decide(confidence)
    withdrawn = _withdrawn(index, asked, ranker, model, today, decision)
    return Finding(decision=decision, confidence=confidence, hits=hits, question=question, withdrawn=withdrawn)


def _ranked(
    index: Index, asked: Asked, ranker: Ranker, model: Confidence, allowed: NDArray[np.bool_] | None
) -> tuple[Ranked, float]:
    """The candidates among the entries that are allowed, best first, and how sure it is that the first is right."""
    ranked = ranker.rank(index, asked, allowed)
    named = index.same_question(asked.text)
    same = np.isin(ranked.entries, named) if named else None
    if same is not None and same.any():
        ranked = _first(ranked, same)
    confidence = model.of(index, asked, ranked)
    if same is not None and same.sum() == 1 and not _has_near_copy(ranked):
        confidence = max(confidence, SURE_OF_THE_SAME)
    return ranked, confidence


def _has_near_copy(ranked: Ranked) -> bool:
    """Whether a candidate behind the first asks nearly what the question asks; then being the same to the letter proves little."""
    return bool((ranked.rows[1:, _IN_ORDER] >= NEAR_COPY).any())


def _withdrawn(
    index: Index, asked: Asked, ranker: Ranker, model: Confidence, today: date, decision: Decision
) -> Entry | None:
    """The withdrawn entry that the question is about: it must win against everything that is live, and where something live
    is the answer, the question must name it. `decision` is what the live entries alone lead to."""
    if not index.any_withdrawn:
        return None
    live = index.allowed(today)
    allowed = index.withdrawn if live is None else index.withdrawn | live
    ranked, confidence = _ranked(index, asked, ranker, model, allowed)
    if not len(ranked.entries) or not index.withdrawn[ranked.entries[0]]:
        return None
    entry, found = index.entries[int(ranked.entries[0])], decide(confidence)
    if decision == "answer":
        about = _names(asked, entry)
    else:
        about = found == "answer" or (found == "choose" and decision == "none")
    return entry.without_text() if about else None


def _names(asked: Asked, entry: Entry) -> bool:
    title = bare(normalise(entry.title))
    return len(title) >= NAMING and title in bare(asked.text)


def _first(ranked: Ranked, chosen: NDArray[np.bool_]) -> Ranked:
    """The chosen candidates before the others, with a score no lower than any."""
    order = np.argsort(~chosen, kind="stable")
    scores = np.where(chosen, np.maximum(ranked.scores, ranked.scores.max()), ranked.scores)
    return Ranked(entries=ranked.entries[order], scores=scores[order], rows=ranked.rows[order])


def _hits(index: Index, asked: Asked, ranked: Ranked, top: int) -> tuple[Hit, ...]:
    """The first candidates with the heaviest words and numbers that they share with the question, in words of the screen."""
    entries = ranked.entries[:top]
    words = index.shared(asked, WORDS, entries, WORDS_SHOWN)
    numbers = index.shared(asked, NUMBERS, entries, WORDS_SHOWN)
    return tuple(
        Hit(
            entry=index.entries[entry],
            score=score,
            why=(*map(_SHARED_WORD.__add__, shared), *map(_SHARED_NUMBER.__add__, sorted(shared_numbers))),
        )
        for entry, score, shared, shared_numbers in zip(
            entries.tolist(), ranked.scores[:top].tolist(), words, numbers, strict=True
        )
    )
