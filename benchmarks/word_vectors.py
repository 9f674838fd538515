"""Makes `knowledge/data/words.npz`: what the frequent words of Chinese mean, how rare they are, and which are names of places.

    python -m benchmarks.word_vectors cnsyn-1.2.0-py3-none-any.whl --write knowledge/data/words.npz

The vectors are those of the package cnsyn (Apache-2.0), which took them from PaddleNLP (Apache-2.0); frequencies and the mark for places are
jieba's (MIT). The package keeps its vectors in a pickle, which is read here as bytes and never executed.
"""

import argparse
import math
import zipfile
from pathlib import Path

import jieba
import numpy as np
from numpy.typing import NDArray

MEMBER = "cnsyn/query/words_tree_mini.m"
COUNT, WIDTH = 129_691, 75
WORDS, KEPT_WIDTH = 60_000, 64
"""The most frequent words that have a vector, and its first dimensions, which carry the most (they are principal components)."""
BEFORE_VECTORS = b"allow_mmap\x94\x88ub"
BEFORE_WORDS = b"words\x94]\x94("
SHORT, LONG, FRAME, REMEMBERED, REMEMBERED_FAR = 0x8C, 0x58, 0x95, ord("h"), ord("j")
"""Of the pickle's codes, those that stand in a list of strings: a short or long string, a frame, a string seen before."""
SKIPPED = frozenset({0x94, ord("e"), ord("(")})


def vectors_and_words(wheel: Path) -> tuple[NDArray[np.float64], list[str]]:
    """The table of the package and the word of each row; an empty string where the file only refers to an earlier one."""
    with zipfile.ZipFile(wheel) as archive:
        content = archive.read(MEMBER)
    start = content.index(BEFORE_VECTORS) + len(BEFORE_VECTORS)
    table = np.frombuffer(content, dtype="<f8", count=COUNT * WIDTH, offset=start).reshape(COUNT, WIDTH)
    words: list[str] = []
    place = content.index(BEFORE_WORDS, start) + len(BEFORE_WORDS)
    while len(words) < COUNT:
        code = content[place]
        if code in {SHORT, LONG}:
            width = 1 if code == SHORT else 4
            size = int.from_bytes(content[place + 1 : place + 1 + width], "little")
            begin = place + 1 + width
            words.append(content[begin : begin + size].decode())
            place = begin + size
        elif code in {REMEMBERED, REMEMBERED_FAR}:
            words.append("")
            place += 2 if code == REMEMBERED else 5
        elif code == FRAME or code in SKIPPED:
            place += 9 if code == FRAME else 1
        else:
            raise SystemExit(f"{MEMBER}: code {code:#x} at {place} was not expected")
    return table, words


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("wheel", type=Path)
    parser.add_argument("--write", type=Path, required=True)
    args = parser.parse_args()
    table, words = vectors_and_words(args.wheel)
    row_of = {word: row for row, word in enumerate(words) if word}
    lines = Path(jieba.__file__).with_name("dict.txt").read_text(encoding="utf8").splitlines()
    known = [(word, int(often), kind) for word, often, kind in (line.split(" ") for line in lines)]
    total = sum(often for _, often, _ in known)
    frequent = sorted((row for row in known if row[0] in row_of), key=lambda row: -row[1])[:WORDS]
    named = {word for word, _, _ in frequent}
    places = [row for row in known if row[2] == "ns" and len(row[0]) >= 2 and row[0] not in named]
    chosen = frequent + places
    vectors = np.zeros((len(chosen), KEPT_WIDTH), dtype=np.float32)
    for place, (word, _, _) in enumerate(frequent):
        vectors[place] = table[row_of[word], :KEPT_WIDTH]
    vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
    largest = np.maximum(np.abs(vectors).max(axis=1, keepdims=True), 1e-9)
    rarity = [min(255, round(10 * math.log(total / max(often, 1)))) for _, often, _ in chosen]
    np.savez_compressed(
        args.write,
        words=np.frombuffer("\n".join(word for word, _, _ in chosen).encode(), dtype=np.uint8),
        vectors=np.round(vectors / largest * 127).astype(np.int8),
        rarity=np.array(rarity, dtype=np.uint8),
        place=np.array([kind == "ns" for _, _, kind in chosen]),
    )
    print(f"{len(frequent)} words, {len(places)} more places, {args.write.stat().st_size} bytes")


if __name__ == "__main__":
    main()
