"""Everything that can be set on the sandbox, for both platforms."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, Literal, get_args, get_origin


class OptionError(ValueError):
    """The option does not exist or its value has the wrong form; the text names it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxOptions:
    """Accounts, timing, and the rules the public documents leave open. Times are in seconds.

    Every field without the prefix ``weibo_`` can be changed while the sandbox runs (`PATCH /control/profile`).
    """

    wechat_appid: str
    wechat_secret: str
    wechat_token: str
    wechat_aes_key: str
    wechat_account: str
    account_kind: Literal["certified_subscription", "certified_service", "uncertified"] = "certified_subscription"
    account_name: str = "明白政务"
    callback_mode: Literal["plain", "compatible", "safe"] = "safe"
    wechat_callback_url: str | None = None

    weibo_app_key: str = "1000000001"
    weibo_app_secret: str = "sandbox-weibo-app-secret"
    weibo_access_token: str = "2.00sandboxweibotoken"
    weibo_uid: str = "2000000001"
    weibo_safe_domain: str = "127.0.0.1"
    weibo_callback_url: str | None = None

    # Timing. The real review takes minutes to hours; a test wants milliseconds.
    publish_seconds: float = 1.0
    mass_seconds: float = 1.0
    event_seconds: float = 0.2
    event_lost_probability: float = 0.0
    token_seconds: int = 7200
    callback_seconds: float = 5.0
    callback_pause_seconds: float = 0.0

    # The account and its console.
    ip_whitelist: tuple[str, ...] = ()
    publish_banned: bool = False
    mass_protection: bool = False
    comment_right: bool = True
    review_refuses: tuple[str, ...] = ()
    content_refuses: tuple[str, ...] = ()
    # (path, calls a day); the path "*" stands for every path that is not named. Given as an object in JSON.
    daily_limits: tuple[tuple[str, int], ...] = ()

    # The world around: hosts (host or host:port) that count as public web sites although they are local, and the
    # address under which articles are linked. None = the address of the sandbox itself, so that links can be opened.
    treat_as_public: tuple[str, ...] = ()
    article_url_base: str | None = None

    # What is uncertain in the documents, each as a switch.
    callback_attempts: int = 3
    retry_fresh_nonce: bool = True
    title_limit: int = 32
    title_unit: Literal["characters", "bytes"] = "characters"
    author_limit: int = 16
    digest_limit: int = 120
    text_limit_bytes: int = 2048
    articles_per_draft: int = 8
    escaped_json: Literal["refuse", "count", "accept"] = "refuse"
    recognition: bool = False
    msg_data_id_in_submit: bool = True
    draft_consumed: Literal["submit", "success"] = "submit"
    errors_as_text: bool = False
    clientmsgid_bytes: int = 32
    clientmsgid_derived: bool = False
    clientmsgid_retry_seconds: float = 0.0
    passive_uses_allowance: bool = False
    datacube_values: Literal["total", "daily"] = "total"

    seed: int = 20261123

    def changed(self, patch: Mapping[str, Any]) -> "SandboxOptions":
        """The options with some values replaced; raises `OptionError` for a wrong name, type or choice."""
        types = {field.name: field.type for field in fields(self)}
        values: dict[str, Any] = {}
        for name, value in patch.items():
            if name not in types:
                raise OptionError(f"no such option: {name}")
            values[name] = _checked(name, value, types[name], getattr(self, name))
        return replace(self, **values)


def _checked(name: str, value: Any, declared: Any, current: Any) -> Any:
    if get_origin(declared) is Literal:
        if value not in get_args(declared):
            raise OptionError(f"{name} must be one of {', '.join(get_args(declared))}")
        return value
    if value is None:
        if type(None) not in get_args(declared):
            raise OptionError(f"{name} must not be null")
        return None
    if isinstance(current, tuple):
        if name == "daily_limits" and isinstance(value, Mapping):
            return tuple((str(path), int(limit)) for path, limit in value.items())
        if not isinstance(value, list | tuple):
            raise OptionError(f"{name} must be a list")
        return tuple(value)
    wanted: tuple[type, ...] = (
        (int, float) if isinstance(current, float) else (str,) if current is None else (type(current),)
    )
    if not isinstance(value, wanted) or (isinstance(value, bool) and bool not in wanted):
        raise OptionError(f"{name} has the wrong type")
    return value
