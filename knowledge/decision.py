"""The decision: answer, offer a choice, or say that the base does not know."""

import re
from functools import cache
from importlib import resources

from knowledge.finding import Decision
from knowledge.keywords import normalise

# Read off the report of benchmarks/train_confidence.py: docs/quality.md has the figures.
ANSWER_FROM = 0.94
CHOOSE_FROM = 0.20

_NOT_CONTENT = re.compile(r"[\W_]+")
_LAUGHTER = re.compile(r"(?:哈|呵|嘿|嘻|啊|嗯|哦|噢|喔|额|呃|唉|哎|呀|嗨|咦|h|6|2|3)+")
_KEYBOARD = re.compile(r"[a-z]*(?:qwer|wert|erty|asdf|sdfg|dfgh|fghj|ghjk|hjkl|zxcv|xcvb|cvbn)[a-z]*")
_LONGEST_SMALL_TALK = 24  # characters


def is_small_talk(text: str) -> bool:
    """Whether a message asks nothing: empty, signs, emoji, a single character, bare digits, laughter, a greeting, thanks, abuse or keys
    struck at random."""
    content = _NOT_CONTENT.sub("", normalise(text))
    if len(content) < 2 or content.isdigit() or _LAUGHTER.fullmatch(content) or _KEYBOARD.fullmatch(content):
        return True
    if not any(character.isalpha() for character in content) or len(set(content)) == 1:
        return True
    return len(content) <= _LONGEST_SMALL_TALK and _made_up_of_small_talk(content)


def _made_up_of_small_talk(content: str) -> bool:
    """Whether a text can be cut into utterances and fillers without anything left over."""
    pieces, longest = _utterances()
    reached, ends = [0], {0}
    for start in reached:  # grows while it is read
        for end in range(start + 1, min(start + longest, len(content)) + 1):
            if end not in ends and content[start:end] in pieces:
                ends.add(end)
                reached.append(end)
    return len(content) in ends


@cache
def _utterances() -> tuple[frozenset[str], int]:
    text = resources.files("knowledge").joinpath("data/small_talk.txt").read_text(encoding="utf8")
    found: set[str] = set()
    for line in text.splitlines():
        if not line.startswith("#"):
            found.update(line.removeprefix("= ").split())
    return frozenset(found), max(map(len, found))


def decide(confidence: float) -> Decision:
    """What to do with a candidate of this probability of being right."""
    if confidence >= ANSWER_FROM:
        return "answer"
    return "choose" if confidence >= CHOOSE_FROM else "none"
