"""Is the Weibo account ready to post what is planned? Reads only; every finding names its remedy (features P23).

A server cannot renew Weibo's token: a person must authorise again, so its end is told days ahead (weibo.md §2.4).
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from ipaddress import IPv4Address, ip_address
from typing import Any, Final, Protocol
from urllib.parse import urlsplit

from publishers.errors import ChannelUnavailable, OutcomeUnknown
from publishers.port import Problem, Severity
from publishers.slot import SHANGHAI, Slot
from publishers.weibo.client import WeiboError
from publishers.weibo.outcomes import AUTHORISE, DOMAIN, Outcome, meaning

EARLY_WARNING: Final = timedelta(days=7)
CALLS_EACH: Final = 3
"""Calls for one post: share, then the timeline or the post itself to read it back."""
SHARE: Final = "/statuses/share"


class Platform(Protocol):
    """The calls of ``WeiboClient`` that a probe makes. Each raises ChannelUnavailable, OutcomeUnknown or WeiboError."""

    async def token_info(self) -> Mapping[str, Any]:
        """POST oauth2/get_token_info: {uid, expire_in, …}."""

    async def rate_limits(self) -> Mapping[str, Any]:
        """GET account/rate_limit_status, which does not itself count."""


async def readiness(
    *, client: Platform, uid: str, safe_domain: str, public_url: str, rip: str, slots: Sequence[Slot], now: datetime
) -> tuple[Problem, ...]:
    """What would keep the planned ``slots`` from going out; empty when all is well. Never raises for the platform's sake.

    ``public_url`` is the portal's root (empty: not checked), ``rip`` the address that stands in for the operator's.
    """
    problems = _domain(safe_domain, public_url)
    if not _trial(public_url):
        problems += _address(rip)
    try:
        problems += _token(await client.token_info(), uid=uid, slots=slots, now=now)
        problems += _limits(await client.rate_limits(), slots=slots, now=now)
    except WeiboError as error:
        means = meaning(error.code)
        passing = means.outcome in {Outcome.LATER, Outcome.QUOTA, Outcome.FLOOD, Outcome.UNKNOWN}
        remedy = "系统会再次查验；多次如此，请在微博开放平台查看应用状态。" if passing else means.remedy
        problems.append(_found(f"{means.message}（错误码 {error.code}）。", remedy, field="weibo.token", warn=passing))
    except (ChannelUnavailable, OutcomeUnknown) as error:
        remedy = "请系统管理员检查服务器能否访问 api.weibo.com；系统会再次查验。"
        problems.append(_found(f"{error}。", remedy, field="weibo.token", warn=True))
    return tuple(problems)


def _trial(public_url: str) -> bool:
    """A portal on this very machine is a trial: there is no public address to tell."""
    try:
        return ip_address(urlsplit(public_url).hostname or "").is_loopback
    except ValueError:
        return False


def _domain(safe_domain: str, public_url: str) -> list[Problem]:
    host = urlsplit(public_url).hostname or ""
    if not public_url or host == safe_domain.lower():
        return []
    return [
        _found(
            f"门户域名 {host} 与微博安全域名 {safe_domain or '（未设置）'} 不一致，微博将拒绝发布。",
            DOMAIN,
            field="weibo.domain",
        )
    ]


def _address(rip: str) -> list[Problem]:
    try:
        public = IPv4Address(rip).is_global
    except ValueError:
        public = False
    if public:
        return []
    remedy = "系统管理员：把 MINGBAI_WEIBO_RIP 设为服务器出口的公网 IPv4 地址。"
    return [
        _found(
            f"向微博申报的地址（rip）{rip or '没有设置'} 不是公网地址，微博可能拒收。",
            remedy,
            field="weibo.rip",
            warn=True,
        )
    ]


def _token(info: Mapping[str, Any], *, uid: str, slots: Sequence[Slot], now: datetime) -> list[Problem]:
    found: list[Problem] = []
    owner = str(info.get("uid") or "")
    if owner and owner != uid:
        remedy = "系统管理员：请用本单位微博账号重新授权，或更正 MINGBAI_WEIBO_UID。"
        found.append(_found(f"微博访问令牌属于账号 {owner}，不是设置中的 {uid}。", remedy, field="weibo.token"))
    seconds = _number(info.get("expire_in", info.get("expires_in")))
    if seconds is None:
        return found
    end = now + timedelta(seconds=seconds)
    ends = f"{end.astimezone(SHANGHAI):%Y-%m-%d %H:%M}"
    lost = [slot for slot in slots if slot.at >= end]
    if seconds <= 0 or lost:
        what = f"，在已安排的 {len(lost)} 条微博发出之前" if lost else ""
        found.append(_found(f"微博访问令牌将于 {ends} 到期{what}。", AUTHORISE, field="weibo.token"))
    elif end - now < EARLY_WARNING:
        found.append(_found(f"微博访问令牌将于 {ends} 到期。", AUTHORISE, field="weibo.token", warn=True))
    return found


def _limits(status: Mapping[str, Any], *, slots: Sequence[Slot], now: datetime) -> list[Problem]:
    """The hour's quota of posts against the fullest planned hour, and the account's calls against what is due in their window."""
    found: list[Problem] = []
    hours = Counter(slot.at.replace(minute=0, second=0, microsecond=0) for slot in slots)
    this_hour = now.replace(minute=0, second=0, microsecond=0)
    for row in status.get("api_rate_limits") or ():
        if not isinstance(row, Mapping) or row.get("api") != SHARE:
            continue
        limit, left = _number(row.get("limit")), _number(row.get("remaining_hits"))
        for hour, wanted in sorted(hours.items()):
            allowed = left if hour == this_hour else limit
            if allowed is not None and wanted > allowed:
                when = f"{hour.astimezone(SHANGHAI):%m-%d %H} 时"
                found.append(
                    _found(
                        f"{when}安排了 {wanted} 条微博，该小时只能再发 {allowed} 条。", "请把部分微博改到另一个小时。",
                        field="weibo.quota",
                    )
                )  # fmt: skip
    left = _number(status.get("remaining_user_hits"))
    reset = now + timedelta(seconds=_number(status.get("reset_time_in_seconds")) or 3600)
    wanted = CALLS_EACH * sum(1 for slot in slots if slot.at < reset)
    if left is not None and wanted > left:
        found.append(
            _found(
                f"微博账号的调用次数只剩 {left} 次，已安排的微博约需 {wanted} 次。", "请把部分微博改到额度恢复之后。", field="weibo.quota"
            )
        )  # fmt: skip
    return found


def _found(message: str, remedy: str, *, field: str, warn: bool = False) -> Problem:
    return Problem(severity=Severity.WARN if warn else Severity.BLOCK, field=field, message=message, remedy=remedy)


def _number(value: object) -> int | None:
    """A whole number, which Weibo writes as a number or as a string; None when it is neither."""
    try:
        return int(str(value))
    except ValueError:
        return None
