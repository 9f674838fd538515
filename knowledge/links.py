"""Links: the addresses inside a message, in the one form in which two of them can be compared. Pure.

A chain message carries its source as an address; whoever forwards it adds marks of his own device. Two addresses are the
same when they show the same page, so the scheme, `www.`, tracking marks and the way of writing are taken away. Short links
are kept as they are: nothing is fetched to look behind them.
"""

import re
from collections.abc import Sequence
from datetime import date
from functools import lru_cache
from typing import Final
from urllib.parse import parse_qsl, quote, quote_from_bytes, unquote_to_bytes, urlencode, urlsplit

from knowledge.entry import Entry, disclosure_entry_id

MOST: Final = 20
"""Addresses that are read of one message."""
READ: Final = 5000
"""Characters of a message in which addresses are looked for."""
LONGEST: Final = 2000
"""Characters of an address; a longer one is cut where it is read."""

_WIDE: Final = {
    **{wide: chr(wide - 0xFEE0) for wide in (*range(0xFF10, 0xFF1A), *range(0xFF21, 0xFF3B), *range(0xFF41, 0xFF5B))},
    **{ord(wide): narrow for wide, narrow in zip("：／．＝＆％＿－＃", ":/.=&%_-#", strict=True)},
}
_WIDE_QUERY: Final = re.compile(r"？(?=[0-9A-Za-z_]{1,40}=)")
"""A wide question mark ends a sentence, unless a name and an equals sign follow."""
_ENDINGS: Final = (
    "cn|com|net|org|gov|edu|info|biz|cc|top|xyz|vip|shop|club|site|online|store|fun|wang|ren|tech|me|io|tv|co|hk|tw|mo|link"
    "|ltd|work|app|icu|cyou|live|pro|win|bid|asia|mobi|la|im|ly|gd|do|so|us|uk|jp|ru"
)
_ADDRESS: Final = re.compile(
    rf"(?<![0-9A-Za-z@._/-])(?:https?:/{{1,2}}[0-9A-Za-z\[]|(?:[0-9A-Za-z-]{{1,63}}\.){{1,6}}(?:{_ENDINGS})(?![0-9A-Za-z@.-]|$)"
    rf"|(?:[0-9A-Za-z-]{{1,63}}\.){{1,6}}(?:{_ENDINGS})$)[0-9A-Za-z\-._~:/?#\[\]@!$&'()*+,;=%]{{0,{LONGEST}}}",
    re.IGNORECASE,
)
_AFTER: Final = ".,;:!?'\"]}"
_TRACKING: Final = re.compile(
    r"utm_\w+|spm|from|isappinstalled|scene|subscene|clicktime|enterid|sessionid|ascene|devicetype|version|nettype|lang"
    r"|exportkey|pass_ticket|wx_header|wxfrom|fbclid|gclid|nsukey|mpshare|srcid|chksm|share\w*|sharer_\w+|timestamp"
    r"|luicode|lfid|refer_flag|sourcetype|featurecode|wm|ts|sudaref|display|retcode",
    re.IGNORECASE,
)
_ARTICLE: Final = ("__biz", "mid", "idx", "sn")
"""What identifies an article of a WeChat account; everything else in its address is of the one who forwarded it."""
_BASE62: Final = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
_STATUS: Final = re.compile(r"(?:[0-9]{5,20}|status|detail)/([0-9A-Za-z]{8,20})")
_RUN: Final = re.compile(r"[0-9A-Za-z]{2,}")
_ENCODED: Final = re.compile(r"%[0-9A-Fa-f]{2}")


def links_in(text: str) -> tuple[str, ...]:
    """The addresses of a message in canonical form, in their order, each once; at most MOST. Takes any text."""
    found: dict[str, None] = {}
    for _, address in _addresses(text):
        if (plain := canonical(address)) and len(found) < MOST:
            found[plain] = None
    return tuple(found)


def without_links(text: str) -> str:
    """The message without its addresses; the message itself when it holds none, or next to nothing else."""
    parts, rest = [], _narrow(text[:READ])
    end = 0
    for start, address in _addresses(text):
        parts.append(rest[end:start])
        end = start + len(address)
    if not end:
        return text
    left = " ".join(part.strip() for part in (*parts, rest[end:], text[READ:]) if part.strip())
    return left if sum(character.isalnum() for character in left) >= 2 else text


def canonical(address: str) -> str:
    """An address without its scheme, `www.` and tracking, written in one way; "" for what is no web address."""
    written = _narrow(address.strip()).replace("&amp;", "&")
    scheme = re.match(r"(?i)https?:/{1,2}", written)
    try:
        parts = urlsplit(f"//{written[scheme.end() if scheme else 0 :]}")
        host, port = (parts.hostname or "").rstrip("."), parts.port
    except ValueError:
        return ""
    if parts.username is not None or not host or ("." not in host and ":" not in host and host != "localhost"):
        return ""
    host = host.removeprefix("www.") + (f":{port}" if port not in (None, 80, 443) else "")
    path = quote_from_bytes(unquote_to_bytes(parts.path), safe="/-._~!$&'()*+,;=:@").rstrip("/")
    query = [(name, value) for name, value in parse_qsl(parts.query, keep_blank_values=True)]
    if host == "mp.weixin.qq.com":
        return _article(host, path, query)
    if host in {"weibo.com", "weibo.cn", "m.weibo.cn", "m.weibo.com"} and (
        found := _STATUS.fullmatch(path.lstrip("/"))
    ):
        return f"weibo.com/status/{_status_number(found[1])}"
    kept = sorted((name, value) for name, value in query if not _TRACKING.fullmatch(name))
    return f"{host}{path}" + (f"?{urlencode(kept, quote_via=quote)}" if kept else "")


def by_link(entries: Sequence[Entry], links: Sequence[str], *, today: date) -> tuple[Entry, ...]:
    """The entries that one of some canonical addresses belongs to: those for which a curator wrote it down, else the
    disclosure whose page it is, else those that name it as their source. Withdrawn disclosures are among them."""
    if not links:
        return ()
    marks, wanted = tuple(mark for link in links for mark in _marks(link)), frozenset(links)
    levels: tuple[list[Entry], list[Entry], list[Entry]] = ([], [], [])
    for entry in entries:
        # This stands before everything else: of a hundred thousand entries nearly all end here.
        if not entry.links and not _marked(entry.source_url, marks):
            continue
        level = _level(entry, marks, wanted)
        if level is not None and (entry.answers_on(today) or entry.withdrawn):
            levels[level].append(entry)
    return tuple(next((level for level in levels if level), []))


def _level(entry: Entry, marks: Sequence[str], wanted: frozenset[str]) -> int | None:
    if any(_stored(link) in wanted for link in entry.links):
        return 0
    if not _marked(entry.source_url, marks) or canonical(entry.source_url) not in wanted:
        return None
    return 1 if entry.disclosure_id and entry.id == disclosure_entry_id(entry.disclosure_id) else 2


def _marked(address: str, marks: Sequence[str]) -> bool:
    """Whether an address may be a wanted one: it spares the work of reading those that cannot be."""
    for mark in marks:  # noqa: SIM110 - a generator costs three times as much here
        if mark in address:
            return True
    return False


@lru_cache(maxsize=8192)
def _stored(address: str) -> str:
    """The canonical form of an address that a curator wrote down."""
    return canonical(address)


def _marks(link: str) -> tuple[str, ...]:
    """What stands in every way of writing an address: its most telling run of letters and digits. A Weibo post has two ways,
    by its number and by its letters. A whole site has none: it is the source of many entries, and tells of none of them."""
    if (number := link.removeprefix("weibo.com/status/")) != link:
        return (number, _status_letters(number))
    host, _, rest = link.partition("/")
    runs = _RUN.findall(_ENCODED.sub(" ", rest))
    telling = [run for run in runs if any(sign.isdigit() for sign in run)] or runs
    if telling:
        return (max(reversed(telling), key=len),)
    path = f"/{re.split('[%?]', rest)[0]}"
    return () if not rest else (path,) if len(path) > 1 else (host,)


def _addresses(text: str) -> list[tuple[int, str]]:
    """Where addresses begin, and each as it is written in narrow characters."""
    found = []
    for match in _ADDRESS.finditer(_narrow(text[:READ])):
        address = match[0].rstrip(_AFTER)
        while address.endswith(")") and address.count(")") > address.count("("):
            address = address[:-1].rstrip(_AFTER)
        found.append((match.start(), address))
        if len(found) == MOST:
            break
    return found


def _narrow(text: str) -> str:
    """The same text, character for character, with the wide forms that occur in addresses made narrow."""
    return _WIDE_QUERY.sub("?", text.translate(_WIDE))


def _article(host: str, path: str, query: Sequence[tuple[str, str]]) -> str:
    if path.startswith("/s/") or not query:
        return f"{host}{path}"
    kept = {name: value for name, value in query if name in _ARTICLE and value}
    if not kept:
        return f"{host}{path}"
    return f"{host}{path}?" + "&".join(f"{name}={quote(kept[name], safe='=')}" for name in _ARTICLE if name in kept)


def _status_number(written: str) -> str:
    """The number of a Weibo post: its address shows it in base 62, four letters for every seven digits, or plainly."""
    if written.isdigit():
        return written
    groups = [written[max(0, end - 4) : end] for end in range(len(written), 0, -4)][::-1]
    digits = ["".join(str(_value(group))).zfill(7) for group in groups]
    return "".join(digits).lstrip("0")


def _status_letters(number: str) -> str:
    if not number.isdigit():
        return number
    groups = [number[max(0, end - 7) : end] for end in range(len(number), 0, -7)][::-1]
    return "".join(_letters(int(group)).rjust(4, "0") for group in groups).lstrip("0")


def _value(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 62 + _BASE62.index(letter)
    return number


def _letters(number: int) -> str:
    found = ""
    while number:
        number, place = divmod(number, 62)
        found = _BASE62[place] + found
    return found
