"""A missing or weak setting stops the start, and the message names the variable and the remedy."""

from typing import Any

import pytest

from gateway.database.connection import tortoise_config
from gateway.errors import SettingInvalid
from gateway.settings import check_for_serving, load_settings

GOOD: dict[str, Any] = {
    "env": "production",
    "database_url": "sqlite:///var/lib/mingbai/mingbai.db",
    "bind": "127.0.0.1:8970",
    "public_url": "https://www.mingbai.gov.cn",
    "secret_key": "p7Qm2xVt9LkWz4RnB8sYc3Hd6JfGa1Te",
    "wechat_account": "gh_0123456789ab",
    "wechat_appid": "wx0123456789abcdef",
    "wechat_secret": "0f1e2d3c4b5a69788796a5b4c3d2e1f0",
    "wechat_token": "Zk3vN8pQ2rT6wY9bC4dF7gH1",
    "wechat_aes_key": "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQ",
    "weibo_app_key": "1234567890",
    "weibo_app_secret": "0f1e2d3c4b5a69788796a5b4c3d2e1f0",
    "weibo_access_token": "2.00abcdefgh",
    "weibo_uid": "1234567890",
    "weibo_safe_domain": "www.mingbai.gov.cn",
    "site_name": "某区人民政府",
    "site_domain": "www.mingbai.gov.cn",
    "site_id_code": "4306110001",
    "site_credit_code": "11430611006392345A",
}


def _refusal(**changes: Any) -> SettingInvalid:
    with pytest.raises(SettingInvalid) as refused:
        check_for_serving(load_settings(_env_file=None, **(GOOD | changes)))
    return refused.value


def _start(**changes: Any) -> None:
    settings = load_settings(_env_file=None, **(GOOD | changes))
    tortoise_config(settings.database_url)
    check_for_serving(settings)


def test_good_settings_pass() -> None:
    check_for_serving(load_settings(_env_file=None, **GOOD))


@pytest.mark.parametrize("name", sorted(set(GOOD) - {"env", "bind", "wechat_appid", "weibo_app_key"}))
def test_a_missing_setting_is_named_with_its_remedy(name: str) -> None:
    refused = _refusal(**{name: ""})
    assert refused.variable == f"MINGBAI_{name.upper()}"
    assert refused.remedy


@pytest.mark.parametrize(
    ("name", "weak"),
    [
        ("secret_key", "short"),
        ("secret_key", "a" * 40),
        ("secret_key", "my-secret-key-for-production-use"),
        ("wechat_token", "weixin"),
        ("wechat_aes_key", "tooshort"),
        ("public_url", "http://www.mingbai.gov.cn"),
        ("public_url", "www.mingbai.gov.cn"),
        ("bind", "8970"),
        ("bind", "127.0.0.1:http"),
        ("site_credit_code", "123"),
        ("site_id_code", "123"),
        ("database_url", "mysql://root@localhost/mingbai"),
    ],
)
def test_a_weak_or_malformed_setting_is_named(name: str, weak: str) -> None:
    with pytest.raises(SettingInvalid) as refused:
        _start(**{name: weak})
    assert refused.value.variable == f"MINGBAI_{name.upper()}"


def test_a_trial_needs_a_database_and_nothing_else() -> None:
    settings = load_settings(_env_file=None, env="test", database_url="sqlite:///trial.db")
    check_for_serving(settings)
    assert settings.public_url == "http://127.0.0.1:8970"
    assert not settings.wechat_appid


def test_no_secret_shows_when_the_settings_are_printed() -> None:
    shown = repr(load_settings(_env_file=None, **GOOD))
    for name in (
        "secret_key",
        "wechat_secret",
        "wechat_token",
        "wechat_aes_key",
        "weibo_app_secret",
        "weibo_access_token",
    ):
        assert str(GOOD[name]) not in shown
