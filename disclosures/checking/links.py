"""Links: what an address says about itself, before anybody opens it. Pure; whether a page answers is found elsewhere."""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

from disclosures.checking.structure import Link
from disclosures.findings import Finding, block, warn

_WRITTEN: Final = re.compile(r"https?://[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%一-鿿]*[A-Za-z0-9/=_\-]", re.IGNORECASE)
_BAD_WRITTEN: Final = re.compile(
    r"(?<![A-Za-z])(?:https?\s*[：]\s*[/／]{1,2}|htttps?://|http:/(?!/)|https:/(?!/)|https?;//|[wW]{3}[。，][A-Za-z]|www\.\s)[^\s一-鿿]{0,40}"
)
_HOST: Final = re.compile(r"^(?:https?://)?((?:[A-Za-z0-9-]+\.)+[A-Za-z]{2,})(?:[/:?#]|$)", re.IGNORECASE)
_SHORTENERS: Final = frozenset({
    "t.cn", "url.cn", "dwz.cn", "suo.im", "sina.lt", "bit.ly", "goo.gl", "tinyurl.com", "t.co", "is.gd", "u.nu", "w.url.cn",
    "rrd.me", "c7.gg", "mrw.so", "985.so", "tb.cn", "m.tb.cn", "v.douyin.com", "surl.li",
})  # fmt: skip
_GOVERNMENT: Final = re.compile(r"(?:^|\.)gov(?:\.[a-z]{2})?$")
_PROGRAM: Final = re.compile(r"\.(?:exe|apk|msi|bat|cmd|scr|js|vbs|jar|dmg|ps1)(?:[?#]|$)", re.IGNORECASE)
_VAGUE: Final = re.compile(
    r"^(?:点击|请点击|点此|这里|此处|链接|详情|更多|查看|点击这里|点击此处|点击查看|戳这里|请戳|here|click here)$",
    re.IGNORECASE,
)
_DROPPED: Final = re.compile(
    r"""(?:\]\(\s*<?|href\s*=\s*["']?)\s*((?:javascript|vbscript|data|file)\s*:[^)\s"'>]{0,40}|https?://[^/\s)"'>]*@[^)\s"'>]{1,60}|//[^)\s"'>]{1,60})""",
    re.IGNORECASE,
)


def find(field: str, links: tuple[Link, ...], text: str, dead: Mapping[str, str]) -> Iterator[Finding]:
    """What is wrong with the links of a text and the addresses that stand in its words. ``dead``: address → why it does
    not open."""
    for link in links:
        yield from _address(field, link.address, link.text, dead)
        yield from _label(field, link)
    linked = {link.address for link in links}
    for found in _WRITTEN.finditer(text):
        if found.group() not in linked:
            yield from _address(field, found.group(), found.group(), dead, found.start())
    for found in _BAD_WRITTEN.finditer(text):
        yield warn(
            field, f"网址“{found.group()}”的写法有误，打不开。", "请用半角字符，以 https:// 开头。", rule="link.plain",
            quote=found.group(), start=found.start(),
        )  # fmt: skip


def dropped(field: str, source: str) -> Iterator[Finding]:
    """Links of the author's own text that cleaning leaves out, so that they do not vanish unsaid."""
    for found in _DROPPED.finditer(source):
        yield warn(
            field, f"链接“{found[1][:40]}”的地址不安全，没有收录。", "请改为 https:// 开头的网页地址，或删去。", rule="link.dropped",
            quote=found[1],
        )  # fmt: skip


def addresses(links: tuple[Link, ...], text: str) -> tuple[str, ...]:
    """The web addresses of a text, each once: what the probe may open."""
    written = [found.group() for found in _WRITTEN.finditer(text)]
    all_of_them = [*(link.address for link in links), *written]
    return tuple(dict.fromkeys(each for each in all_of_them if each.lower().startswith(("http://", "https://"))))


def host_of(address: str) -> str:
    """The host of an address in small letters; empty when there is none."""
    try:
        return (urlsplit(address).hostname or "").lower().rstrip(".")
    except ValueError:
        return ""


def _address(
    field: str, address: str, label: str, dead: Mapping[str, str], start: int | None = None
) -> Iterator[Finding]:
    host = host_of(address)
    if not host:
        return
    if danger := _danger(host, address):
        yield block(
            field, f"链接“{_short(address)}”{danger}。", "请核对来源；确认无误的，说明理由后放行。", overridable=True,
            rule="link.danger", quote=address, start=start,
        )  # fmt: skip
    elif host in _SHORTENERS:
        yield warn(
            field, f"“{_short(address)}”是短链接，看不出去向，也可能失效。", "请换成完整的网址。", rule="link.plain", quote=address,
            start=start,
        )  # fmt: skip
    elif address.lower().startswith("http://"):
        yield warn(
            field, f"“{_short(address)}”没有加密。", "对方支持的，改为 https://。", rule="link.plain", quote=address, start=start,
            mask=f"https://{address[7:]}" if label == address else "",
        )  # fmt: skip
    if address in dead:
        yield warn(
            field, f"“{_short(address)}”打不开：{dead[address]}。", "请核对网址；对方网站临时故障的，稍后再看。",
            rule="link.broken", quote=address, start=start,
        )  # fmt: skip


def _danger(host: str, address: str) -> str:
    """Why an address should not be trusted; empty when nothing speaks against it."""
    if _is_ip(host):
        return "是一串数字地址，看不出是哪个网站"
    shown = _unicode(host)
    if _mixed(shown):
        return f"的域名混用了形近字母（{shown}），可能是仿冒网站"
    labels = host.split(".")
    if any("gov" in re.split("[-_]", label) for label in labels) and not _GOVERNMENT.search(host):
        return "含有 gov 字样，却不是政府网站的域名"
    if _PROGRAM.search(urlsplit(address).path):
        return "直接下载程序文件"
    return ""


def _label(field: str, link: Link) -> Iterator[Finding]:
    text = link.text.strip()
    said, real = _HOST.match(text), host_of(link.address)
    if said and real and said[1].lower().removeprefix("www.") != real.removeprefix("www."):
        yield block(
            field, f"链接文字写的是“{_short(text)}”，实际打开的是“{_short(link.address)}”。", "请改为同一个网址。", overridable=True,
            rule="link.text", quote=text,
        )  # fmt: skip
    elif _VAGUE.match(text):
        yield warn(
            field,
            f"链接文字“{text}”没有说明去向。",
            "改为对方页面的名称，如“区民政局办事指南”。",
            rule="link.vague",
            quote=text,
        )


def _is_ip(host: str) -> bool:
    try:
        ip_address(host.strip("[]"))
    except ValueError:
        # Browsers also read 2130706433 and 0x7f.1 as addresses.
        return bool(re.fullmatch(r"(?:0x[0-9a-f]+|\d+)(?:\.(?:0x[0-9a-f]+|\d+)){0,3}", host))
    return True


def _unicode(host: str) -> str:
    try:
        return host.encode("ascii").decode("idna") if "xn--" in host else host
    except UnicodeError:
        return host


def _mixed(host: str) -> bool:
    """Whether one label mixes alphabets that look alike, or is written in one of them that is not ours."""
    for label in host.split("."):
        scripts = {unicodedata.name(letter, "?").split()[0] for letter in label if letter.isalpha()}
        if scripts - {"LATIN", "CJK"} or any(
            ord(letter) > 127 and "CJK" not in unicodedata.name(letter, "") for letter in label
        ):
            return True
    return False


def _short(address: str) -> str:
    return address if len(address) <= 60 else f"{address[:59]}…"
