"""The search: one function from a message to a finding. Hit test, batch test and live chat all call it."""

from datetime import date

import numpy as np
from numpy.typing import NDArray

from knowledge.confidence import Confidence
from knowledge.decision import decide, is_small_talk
from knowledge.finding import Finding, Hit
from knowledge.index import WORDS, Asked, Index
from knowledge.keywords import Keywords
from knowledge.message import question_in
from knowledge.ranking import Ranked, Ranker

WORDS_SHOWN = 5
SURE_OF_THE_SAME = 0.98  # a question that a curator wrote down word for word for one entry only


def find(
    index: Index, text: str, *, keywords: Keywords, ranker: Ranker, model: Confidence, top: int, today: date
) -> Finding:
    """What the entries of an index say to a message on a local day. Pure; any text is allowed."""
    question = question_in(text)
    if is_small_talk(question):
        return Finding(decision="none", confidence=0.0, hits=(), question=question)
    asked = index.cut(question, keywords)
    ranked = ranker.rank(index, asked, answering(index, today))
    same = np.isin(ranked.entries, index.same_question(asked.text))
    if same.any():
        ranked = _first(ranked, same)
    confidence = model.of(index, asked, ranked)
    if same.sum() == 1:
        confidence = max(confidence, SURE_OF_THE_SAME)
    words = np.zeros(len(index.fields[WORDS].full.idf), dtype=np.bool_)
    words[asked.terms[WORDS].known] = True
    hits = tuple(_hit(index, asked, words, ranked, place) for place in range(min(top, len(ranked.entries))))
    return Finding(decision=decide(confidence), confidence=confidence, hits=hits, question=question)


def answering(index: Index, today: date) -> NDArray[np.bool_] | None:
    """Which entries may answer on that day; None when all may, which is the usual case."""
    bounded = index.bounded
    if not bounded:
        return None
    allowed = np.ones(len(index.entries), dtype=bool)
    for number in bounded:
        allowed[number] = index.entries[number].answers_on(today)
    return allowed


def _first(ranked: Ranked, chosen: NDArray[np.bool_]) -> Ranked:
    """The chosen candidates before the others, with a score no lower than any."""
    order = np.argsort(~chosen, kind="stable")
    scores = np.where(chosen, np.maximum(ranked.scores, ranked.scores.max()), ranked.scores)
    return Ranked(entries=ranked.entries[order], scores=scores[order], rows=ranked.rows[order])


def _hit(index: Index, asked: Asked, words: NDArray[np.bool_], ranked: Ranked, place: int) -> Hit:
    entry = int(ranked.entries[place])
    return Hit(entry=index.entries[entry], score=float(ranked.scores[place]), why=_why(index, asked, words, entry))


def _why(index: Index, asked: Asked, words: NDArray[np.bool_], entry: int) -> tuple[str, ...]:
    """The heaviest words that question and entry share, in words of the screen."""
    full = index.fields[WORDS].full
    held = full.forward_terms[full.forward_start[entry] : full.forward_start[entry + 1]]
    shared = held[words[held]]
    heaviest = shared[np.argsort(-full.idf[shared], kind="stable")][:WORDS_SHOWN]
    why = tuple(f"共有词：{index.word(number)}" for number in heaviest.tolist())
    numbers = sorted(asked.numbers & index.numbers[entry])
    return (*why, *(f"共有数字或字母：{number}" for number in numbers[:WORDS_SHOWN]))
