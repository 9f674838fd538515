"""The short form of a post's id, as in https://weibo.com/UID/z0JH2lOMb.

Rule: cut the decimal mid from the right into groups of seven; each group in base 62 (0-9a-zA-Z), all but the
first padded to four.
"""

from typing import Final

ALPHABET: Final = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"


def encode(number: int) -> str:
    """A non-negative number in base 62."""
    digits = ""
    while True:
        number, rest = divmod(number, 62)
        digits = ALPHABET[rest] + digits
        if not number:
            return digits


def decode(text: str) -> int:
    """The number a base 62 text stands for. Raises ValueError on a foreign letter."""
    number = 0
    for letter in text:
        number = number * 62 + ALPHABET.index(letter)
    return number


def from_mid(mid: str) -> str:
    """The base 62 form of a decimal mid. Raises ValueError when it is not decimal."""
    if not (mid.isascii() and mid.isdigit()):
        raise ValueError(mid)
    first = len(mid) % 7 or 7
    groups = [mid[:first], *(mid[i : i + 7] for i in range(first, len(mid), 7))]
    head, *tail = [encode(int(group)) for group in groups]
    return head + "".join(group.rjust(4, "0") for group in tail)


def to_mid(short: str) -> str:
    """The decimal mid of a base 62 form. Raises ValueError when it is not base 62."""
    if not short:
        raise ValueError(short)
    first = len(short) % 4 or 4
    groups = [short[:first], *(short[i : i + 4] for i in range(first, len(short), 4))]
    head, *tail = [decode(group) for group in groups]
    return str(head) + "".join(str(group).rjust(7, "0") for group in tail)
