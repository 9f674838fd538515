"""X-Forwarded-For counts only behind a proxy that the settings name."""

import pytest
from aiohttp.test_utils import make_mocked_request

from gateway.errors import SettingInvalid
from gateway.proxies import address_reader, parse_networks


@pytest.mark.parametrize(
    ("trusted", "header", "expected"),
    [
        ("", "203.0.113.7", "192.0.2.1"),
        ("192.0.2.1", "203.0.113.7", "203.0.113.7"),
        ("192.0.2.0/24", "198.51.100.9, 203.0.113.7", "203.0.113.7"),
        ("192.0.2.0/24,203.0.113.7", "198.51.100.9, 203.0.113.7", "198.51.100.9"),
        ("192.0.2.1", "", "192.0.2.1"),
        ("10.0.0.0/8", "203.0.113.7", "192.0.2.1"),
    ],
)
def test_the_address_that_counts(trusted: str, header: str, expected: str) -> None:
    headers = {"X-Forwarded-For": header} if header else {}
    request = make_mocked_request("GET", "/", headers=headers).clone(remote="192.0.2.1")
    assert address_reader(parse_networks(trusted))(request) == expected


def test_a_malformed_setting_names_itself() -> None:
    with pytest.raises(SettingInvalid, match="MINGBAI_TRUSTED_PROXIES"):
        parse_networks("127.0.0.1, proxy.internal")
