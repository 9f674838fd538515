"""Personal data in a text: found with little noise, and masked (invariant 10). Pure.

Identity numbers follow GB 11643-1999 (region, date of birth, ISO 7064 check digit); bank cards ISO/IEC 7812 (Luhn).
Full-width digits and numbers written in groups are found too.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class Kind(StrEnum):
    IDENTITY = "identity"
    MOBILE = "mobile"
    BANK_CARD = "bank_card"


KIND_NAMES = {Kind.IDENTITY: "身份证号", Kind.MOBILE: "手机号码", Kind.BANK_CARD: "银行卡号"}


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonalDatum:
    """One number that belongs to a person, by its place in the text. ``masked`` may be shown."""

    kind: Kind
    start: int
    end: int
    masked: str


# One character for one character, so that places in the folded text are places in the text.
_FOLD = str.maketrans("０１２３４５６７８９Ｘｘx－—–‐\u00a0\u2002\u2003\u2009\u3000", "0123456789XXX----     ")

_GAP = "[ -]?"
_BEFORE, _AFTER = "(?<![0-9A-Za-z])(?<![0-9]-)", "(?![0-9A-Za-z])"
_ID_18 = re.compile(rf"{_BEFORE}[1-8](?:{_GAP}\d){{16}}{_GAP}[\dX]{_AFTER}")
_ID_15 = re.compile(rf"{_BEFORE}[1-8](?:{_GAP}\d){{14}}{_AFTER}")
_CARD = re.compile(rf"{_BEFORE}\d(?:{_GAP}\d){{15,18}}{_AFTER}")
_MOBILE = re.compile(
    rf"(?:(?<![0-9A-Za-z+])|(?<=\+86)|(?<=\+86[ -]))(?:86[ -]?)?(1[3-9]\d{_GAP}\d{{4}}{_GAP}\d{{4}}){_AFTER}"
)

_REGIONS = frozenset(
    str(code)
    for code in (
        *range(11, 16),
        *range(21, 24),
        *range(31, 38),
        *range(41, 47),
        *range(50, 55),
        *range(61, 66),
        71,
        81,
        82,
        83,
    )
)
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_MOBILE_SEGMENTS = re.compile(r"13\d|14[5-9]|15[0-35-9]|16[2567]|17[0-8]|18\d|19[0-35-9]")
_ABOUT_ID = re.compile("身份证|证件号")
_ABOUT_CARD = re.compile("银行|卡号|账号|帐号|账户|帐户")
_OTHER_NUMBER = re.compile(r"(?:编号|单号|案号|流水号|证号|文号|条码|批次|合同号|项目代码)[为是]?[:： ]*$|第\s*$")


def find(text: str) -> tuple[PersonalDatum, ...]:
    """Every identity number, bank card and mobile number, in the order of the text."""
    folded = text.translate(_FOLD)
    found: list[PersonalDatum] = []
    for kind, finder in _FINDERS:
        for start, end in finder(folded):
            if all(end <= other.start or start >= other.end for other in found):
                found.append(PersonalDatum(kind=kind, start=start, end=end, masked=_masked(kind, folded[start:end])))
    return tuple(sorted(found, key=lambda datum: datum.start))


def mask(text: str) -> str:
    """The text with every such number masked: 35*************123, 138****1234, 6222***********1234."""
    parts, at = [], 0
    for datum in find(text):
        parts += [text[at : datum.start], datum.masked]
        at = datum.end
    return "".join((*parts, text[at:]))


def _digits(text: str) -> str:
    return re.sub("[ -]", "", text)


def _masked(kind: Kind, written: str) -> str:
    number = _digits(written)
    head, tail = {Kind.IDENTITY: (2, 3), Kind.MOBILE: (3, 4), Kind.BANK_CARD: (4, 4)}[kind]
    return number[:head] + "*" * (len(number) - head - tail) + number[-tail:]


def _each(
    pattern: re.Pattern[str], text: str, accept: Callable[[re.Match[str]], bool], group: int = 0
) -> Iterator[tuple[int, int]]:
    """The accepted matches. After a match that is refused the search goes on one character later, because a number in
    groups may begin inside it."""
    at = 0
    while match := pattern.search(text, at):
        if accept(match):
            yield match.span(group)
            at = match.end()
        else:
            at = match.start() + 1


def _identities(text: str) -> Iterator[tuple[int, int]]:
    yield from _each(_ID_18, text, lambda match: _is_identity(_digits(match.group())))
    # The 15-digit numbers ended in 2013; without a word about identity cards such a number is something else.
    yield from _each(
        _ID_15, text, lambda match: bool(_ABOUT_ID.search(text[max(0, match.start() - 20) : match.start()]))
        and _is_old_identity(_digits(match.group())),
    )  # fmt: skip


def _is_identity(number: str) -> bool:
    """GB 11643. A number that ends in X is hardly anything else, so there a mistyped digit does not unmask a person."""
    check = "10X98765432"[sum(int(d) * w for d, w in zip(number, _WEIGHTS, strict=False)) % 11]
    return number[:2] in _REGIONS and _is_birth_date(number[6:14]) and number[17] in {check, "X"}


def _is_old_identity(number: str) -> bool:
    return number[:2] in _REGIONS and _is_birth_date(f"19{number[6:12]}")


def _is_birth_date(digits: str) -> bool:
    try:
        born = date(int(digits[:4]), int(digits[4:6]), int(digits[6:8]))
    except ValueError:
        return False
    return 1900 <= born.year < 2050


def _cards(text: str) -> Iterator[tuple[int, int]]:
    def accept(match: re.Match[str]) -> bool:
        number = _digits(match.group())
        if not _passes_luhn(number):
            return False
        if number.startswith("62"):
            return True
        # Other ranges overlap with order numbers and the like: only next to a word about banks.
        near = text[max(0, match.start() - 20) : match.start()]
        return number[0] in "3459" and bool(_ABOUT_CARD.search(near))

    yield from _each(_CARD, text, accept)


def _passes_luhn(number: str) -> bool:
    total = 0
    for place, digit in enumerate(reversed(number)):
        value = int(digit) * (1 + place % 2)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def _mobiles(text: str) -> Iterator[tuple[int, int]]:
    def accept(match: re.Match[str]) -> bool:
        if not _MOBILE_SEGMENTS.match(_digits(match.group(1))):
            return False
        after = text[match.end() : match.end() + 2]
        if after.startswith("号") and after != "号码":
            return False
        return not _OTHER_NUMBER.search(text[max(0, match.start() - 10) : match.start()])

    yield from _each(_MOBILE, text, accept, 1)


_FINDERS = ((Kind.IDENTITY, _identities), (Kind.BANK_CARD, _cards), (Kind.MOBILE, _mobiles))
