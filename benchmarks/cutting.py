"""How fast texts are cut into words, and whether the words are jieba's.

    python -m benchmarks.cutting [FILES …]

FILES are .jsonl of entries or questions (every text in them is cut); without any, generated entries and questions are cut. Prints the characters
a second of jieba and of ours, and, last, one JSON line; ends with 1 if any text is cut differently.
"""

import argparse
import json
import re
import sys
import tempfile
import time
import warnings
from pathlib import Path
from typing import Any

from benchmarks.generated import entries, questions
from knowledge.keywords import Keywords, normalise

_WORD = re.compile(r"\w")


def texts_in(value: Any) -> set[str]:
    """All strings in a JSON value, normalised."""
    if isinstance(value, str):
        return {normalise(value)}
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return set().union(*(texts_in(part) for part in parts))


def compare(texts: list[str]) -> dict[str, Any]:
    """Cuts every text with both."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import jieba
    jieba.setLogLevel(60)
    jieba.initialize()
    with tempfile.TemporaryDirectory() as folder:
        keywords = Keywords(Path(folder))
        keywords.warm()
        keywords.words("预热")
        begun = time.process_time()
        mine = [keywords.cut(text) for text in texts]
        ours = time.process_time() - begun
    begun = time.process_time()
    theirs = [[word for word in jieba.cut_for_search(text) if _WORD.search(word)] for text in texts]
    reference = time.process_time() - begun
    characters = sum(map(len, texts))
    return {
        "texts": len(texts),
        "characters": characters,
        "different": sum(1 for one, other in zip(mine, theirs, strict=True) if one != other),
        "jieba_per_s": round(characters / reference),
        "ours_per_s": round(characters / ours),
        "ratio": round(reference / ours, 1),
    }


def _main() -> None:
    parser = argparse.ArgumentParser(description="our segmenter beside jieba")
    parser.add_argument("files", nargs="*", type=Path)
    chosen = parser.parse_args()
    texts: set[str] = set()
    for file in chosen.files:
        with file.open(encoding="utf8") as lines:
            texts |= set().union(*(texts_in(json.loads(line)) for line in lines if line.strip()))
    if not chosen.files:
        known = entries(5_000)
        texts = texts_in([f"{e['title']}{e['body']}" for e in known]) | texts_in(
            [q.text for q in questions(5_000, known)]
        )
    found = compare(sorted(texts - {""}))
    print(f"{found['different']} of {found['texts']} texts differ; {found['ratio']} times as fast as jieba")
    print(json.dumps(found))
    sys.exit(1 if found["different"] else 0)


if __name__ == "__main__":
    _main()
