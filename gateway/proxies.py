"""From where a request comes, when a reverse proxy stands before us. Only proxies that are named are believed."""

from collections.abc import Callable, Sequence
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

from aiohttp import web

from gateway.errors import SettingInvalid

Network = IPv4Network | IPv6Network


def parse_networks(text: str) -> tuple[Network, ...]:
    """Reads MINGBAI_TRUSTED_PROXIES: addresses or networks, separated by commas. Raises SettingInvalid."""
    try:
        return tuple(ip_network(part.strip(), strict=False) for part in text.split(",") if part.strip())
    except ValueError as wrong:
        raise SettingInvalid(
            "MINGBAI_TRUSTED_PROXIES", f"不是 IP 地址或网段（{wrong}）", "例如 127.0.0.1,10.0.0.0/24"
        ) from wrong


def address_reader(trusted: Sequence[Network]) -> Callable[[web.Request], str]:
    """The client's address: the nearest one in X-Forwarded-For that is not a trusted proxy; without a trusted proxy the
    peer itself, whatever the header claims."""

    def believed(text: str) -> bool:
        try:
            return any(ip_address(text) in network for network in trusted)
        except ValueError:
            return False

    def read(request: web.Request) -> str:
        here = request.remote or ""
        claimed = [part.strip() for line in request.headers.getall("X-Forwarded-For", []) for part in line.split(",")]
        while believed(here) and claimed:
            here = claimed.pop()
        return here[:64]

    return read
