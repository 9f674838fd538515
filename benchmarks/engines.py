"""The engines that are measured side by side over the same entries, with words from the same segmenter."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from knowledge.entry import Entry
from knowledge.index import Index
from knowledge.keywords import Keywords
from knowledge.model import shipped
from knowledge.search import find

OURS: Final = "mingbai"
BM25S: Final = "bm25s"
TANTIVY: Final = "tantivy"
TOP: Final = 10
DAY: Final = date(2026, 11, 23)

Ask = Callable[[str], list[str]]
"""The ids of the entries found for a question, best first."""


@dataclass(slots=True, kw_only=True)
class Engine:
    """An engine that is built; only ours has an index that can be changed."""

    ask: Ask
    index: Index | None = None


def ours(known: list[Entry], keywords: Keywords) -> Engine:
    """The whole way of ``KnowledgeBase.ask``: cut, candidates, features, ranking, confidence, decision, reasons."""
    (ranker, model), engine = shipped(), Engine(ask=lambda text: [], index=Index.build(known, keywords))

    def ask(text: str) -> list[str]:
        assert engine.index is not None
        found = find(engine.index, text, keywords=keywords, ranker=ranker, model=model, top=TOP, today=DAY)
        return [hit.entry.id for hit in found.hits]

    engine.ask = ask
    return engine


def bm25s(known: list[Entry], keywords: Keywords) -> Engine:
    """Ten candidates; bm25s neither decides nor explains."""
    import bm25s

    retriever = bm25s.BM25()
    retriever.index([keywords.words(f"{entry.title} {entry.body}") for entry in known], show_progress=False)

    def ask(text: str) -> list[str]:
        numbers, _ = retriever.retrieve([keywords.words(text)], k=min(TOP, len(known)), show_progress=False)
        return [known[number].id for number in numbers[0].tolist()]

    return Engine(ask=ask)


def tantivy(known: list[Entry], keywords: Keywords) -> Engine:
    """Ten candidates by BM25 from one segment in memory, without positions and without a count of all that match, which is the
    fastest way to ask it."""
    import tantivy

    schema = (
        tantivy.SchemaBuilder()
        .add_text_field("words", tokenizer_name="whitespace", index_option="freq")
        .add_integer_field("number", fast=True)
        .build()
    )
    index: Any = tantivy.Index(schema)
    writer = index.writer(heap_size=1_000_000_000, num_threads=1)
    for number, entry in enumerate(known):
        words = " ".join(keywords.words(f"{entry.title} {entry.body}"))
        writer.add_document(tantivy.Document(words=words, number=number))
    writer.commit()
    writer.wait_merging_threads()
    index.reload()
    searcher: Any = index.searcher()

    def ask(text: str) -> list[str]:
        terms = [
            (tantivy.Occur.Should, tantivy.Query.term_query(schema, "words", word, index_option="freq"))
            for word in dict.fromkeys(keywords.words(text))
        ]
        found = searcher.search(tantivy.Query.boolean_query(terms), limit=TOP, count=False).hits
        numbers = searcher.fast_field_values("number", [address for _, address in found])
        return [known[number].id for number in numbers]

    return Engine(ask=ask)


ENGINES: Final[dict[str, Callable[[list[Entry], Keywords], Engine]]] = {OURS: ours, BM25S: bm25s, TANTIVY: tantivy}
