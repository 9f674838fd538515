"""What nobody knows for sure about the live platform, and what a test wants to turn.

Defaults are the strictest reading of the documentation. Every field may be changed while the server runs.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, Literal, Self, get_args, get_origin

from sandbox.weibo.counting import Counting
from sandbox.weibo.errors import SwitchError


@dataclass(frozen=True, slots=True, kw_only=True)
class WeiboSwitches:
    """All switches. Times are seconds, lengths are characters as the platform counts them."""

    # Who the account and its application are.
    screen_name: str = "明白区发布"
    verified_reason: str = "明白区人民政府办公室官方微博"
    app_name: str = "明白区政务公开平台"
    app_reviewed: bool = True
    testers: tuple[str, ...] = ()
    redirect_uri: str = "https://api.weibo.com/oauth2/default.html"
    require_https: bool = False
    normal_token_days: int = 30
    password_death_code: Literal[21317, 21332] = 21317

    # How errors look.
    error_status: Literal["typical", "always_200", "always_400", "always_403"] = "typical"
    error_code_as: Literal["number", "string"] = "number"

    # What the application may do.
    share_permitted: bool = True
    update_permitted: bool = False
    destroy_permitted: bool = True
    repost_permitted: bool = True
    comments_permitted: bool = True
    short_url_permitted: bool = True
    article_permitted: bool = False
    messages_permitted: bool = True

    # How a share is examined.
    strict_rip: bool = True
    share_limit: int = 140
    counting: Counting = "weibo"
    topics: Literal["filter", "refuse", "keep"] = "filter"
    swallow: bool = True
    picture_bytes: int = 5 * 1024 * 1024
    illegal_words: tuple[str, ...] = ("代开发票",)
    forbidden_words: tuple[str, ...] = ("刷单返利",)
    advertising_words: tuple[str, ...] = ("加微信", "微信二维码")
    illegal_sites: tuple[str, ...] = ("/illegal-site",)
    duplicate_seconds: float = 24 * 3600
    similar_ratio: float | None = 1.0

    # How a post is read back.
    timeline_newest: int = 5
    timeline_lag: float = 0
    url_objects: bool = True
    zero_width_tail: bool = False

    # How much is allowed.
    posts_per_hour: int = 30
    comments_per_hour: int = 60
    calls_per_day: int = 100
    ip_calls_per_hour: int = 15_000
    seconds_between_posts: float = 0
    article_seconds: float = 0
    mass_sends_per_day: int = 1

    # How the fans service behaves.
    push_timeout: float = 5.0
    push_attempts: int = 3
    push_pause: float = 0.0
    verify_first: bool = True
    mention_type: Literal["mention", "event"] = "mention"
    reply_data: Literal["percent", "plain", "either"] = "percent"
    reply_limit: int = 300
    window_seconds: float = 48 * 3600
    closed_window_code: int = 26402
    mass_send_seconds: float = 0.05

    # How an article is read.
    article_content: Literal["percent", "plain"] = "percent"
    article_limit: int = 90_000

    def changed(self, wishes: Mapping[str, Any]) -> Self:
        """These switches with some of them turned. Raises SwitchError."""
        kinds = {field.name: field.type for field in fields(self)}
        unknown = sorted(set(wishes) - set(kinds))
        if unknown:
            raise SwitchError(f"unknown switch: {', '.join(unknown)}")
        return replace(self, **{name: _fitting(name, kinds[name], value) for name, value in wishes.items()})


def _fitting(name: str, kind: Any, value: Any) -> Any:
    if get_origin(kind) is Literal:
        fits = any(value == choice and type(value) is type(choice) for choice in get_args(kind))
    elif get_origin(kind) is tuple:
        fits = isinstance(value, list | tuple) and all(isinstance(item, str) for item in value)
        value = tuple(value) if fits else value
    elif kind is float or kind == float | None:
        fits = (value is None and kind is not float) or (isinstance(value, int | float) and not isinstance(value, bool))
    else:
        fits = type(value) is kind
    if not fits:
        raise SwitchError(f"wrong value for {name}: {value!r}")
    return value
