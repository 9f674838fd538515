"""Case numbers (受理编号): the day, a running number and a check digit, as in 20261127-0007-3. Pure.

They are read aloud over a telephone, so they have digits only, in groups, and a mistyped or swapped digit is noticed: the
last digit is the check of ISO/IEC 7064 MOD 11,10 over the others (GB/T 17710-2008 takes it over).
"""

import re
import unicodedata
from datetime import date
from typing import Final

_NUMBER: Final = re.compile(r"(?<!\d)(20\d{6})[-—–－ ]?(\d{4,6})[-—–－ ]?(\d)(?!\d)")


def number_of(day: date, place: int) -> str:
    """The number of a day's case. ``place`` counts from 1."""
    digits = f"{day:%Y%m%d}{place:04d}"
    return f"{digits[:8]}-{digits[8:]}-{check_digit(digits)}"


def check_digit(digits: str) -> str:
    """The check digit of ISO/IEC 7064 MOD 11,10."""
    product = 10
    for digit in digits:
        total = (int(digit) + product) % 10 or 10
        product = total * 2 % 11
    return str((11 - product) % 10)


def sound(number: str) -> bool:
    """Whether a number in its written form has the right check digit."""
    digits = number.replace("-", "")
    return digits.isdigit() and len(digits) >= 13 and check_digit(digits[:-1]) == digits[-1]


def found_in(text: str) -> str:
    """The first sound number in a text, in its written form, however its groups are parted; "" when there is none."""
    for match in _NUMBER.finditer(unicodedata.normalize("NFKC", text)):
        number = "-".join(match.groups())
        if sound(number):
            return number
    return ""
