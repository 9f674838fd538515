"""English: whether somebody writes English, and not pinyin or the name of a thing. Pure."""

import re
from typing import Final

LONGEST: Final = 300
_LETTERS: Final = re.compile(r"[a-z0-9\s'’,.?!;:()/&+-]+")
_HELLO: Final = re.compile(r"\W*(?:hi|hello|hey|good (?:morning|afternoon|evening))(?: there)?\W*")
_WORD: Final = re.compile(r"[a-z]+(?:['’][a-z]+)?")
_SURE: Final = frozenset({
    "hello", "hey", "morning", "afternoon", "evening", "how", "what", "what's", "where", "where's", "when", "which", "who", "whose", "why", "the", "is", "are",
    "does", "did", "please", "english", "help", "apply", "application", "passport", "visa", "office", "phone", "number",
    "speak", "foreigner", "foreign", "register", "registration", "residence", "permit", "license", "licence", "marriage",
    "school", "hospital", "police", "insurance", "address", "open", "hours", "thanks", "thank", "service", "government",
    "translate", "translation", "contact", "driver", "driving", "work", "house", "tax", "health", "emergency", "support",
})  # fmt: skip
"""Words that are no chain of Chinese syllables, or that nobody types for one."""
_MORE: Final = frozenset({
    "a", "an", "i", "i'm", "my", "me", "you", "your", "can", "could", "do", "need", "want", "to", "for", "of", "in", "on",
    "at", "get", "go", "be", "have", "has", "it", "this", "that", "there", "any", "anyone", "someone", "about", "from", "with",
    "and", "or", "not", "no", "yes", "hi", "good", "much", "many", "long", "time", "card", "bank", "china", "chinese",
    "live", "stay", "new", "baby", "child", "birth", "car", "bus", "pay", "fee", "water", "day", "dear", "sir", "madam",
})  # fmt: skip


def is_english(words: str) -> bool:
    """Whether a text of Latin letters is English: at least half its words are, and one of them surely is.

    A bare “hi” or “ok” is what people who write Chinese say too.
    """
    if len(words) > LONGEST or not _LETTERS.fullmatch(words):
        return False
    found = _WORD.findall(words)
    sure = sum(word in _SURE for word in found)
    known = sure + sum(word in _MORE for word in found)
    return bool(sure) and 2 * known >= len(found)


def is_hello(text: str) -> bool:
    """Whether somebody greets in English."""
    return bool(_HELLO.fullmatch(text.lower()))
