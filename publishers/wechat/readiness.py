"""Is the official account ready to publish what is planned? Reads only; every finding names its remedy (features P23).

Asked are the things that fail at the moment of sending and cost hours to mend: the AppSecret and the list of allowed
addresses (by ``stable_token`` without force, which gives the same token to everybody), the right to publish (by the
list of published articles) and the day quotas, which are read from the platform and never assumed (wechat.md §1).
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Protocol

from publishers.errors import ChannelBusy, ChannelRefused, ChannelUnavailable, OutcomeUnknown, PublishError
from publishers.port import Problem, Severity
from publishers.slot import Slot, day_of

QUOTA_NOT_TOLD: Final = frozenset({76021, 76022})
"""quota/get knows no such path, or this account may not ask about it: nothing is said about the path itself."""
NO_RIGHT: Final = 48001
ADDRESS_REFUSED: Final = frozenset({40164, 89503, 89506, 89507})
_ADDRESS: Final = re.compile(r"invalid ip ([0-9a-fA-F:.]{3,45})")
POLLS: Final = 5
"""How often the end of one submission is usually asked for: the event comes, or the back-off of ``Patience.follow``."""


class Platform(Protocol):
    """The calls of ``WeChatClient`` that a probe makes. Each raises the errors of ``publishers.errors``."""

    async def prove_credentials(self) -> None:
        """POST stable_token without force: AppID, AppSecret and address are accepted now. What is kept is not touched."""

    async def day_quota(self, cgi_path: str) -> Mapping[str, Any]:
        """POST openapi/quota/get: the object ``quota`` of the answer, {daily_limit, used, remain}."""

    async def published_page(self, *, offset: int, count: int = 20) -> list[dict[str, Any]]:
        """POST freepublish/batchget."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Path:
    path: str
    name: str
    for_publish: int
    """Calls for one article that is published (发布) …"""
    for_mass: int
    """… and for one that is sent to all followers (群发)."""


PATHS: Final = (
    _Path(path="/cgi-bin/draft/add", name="新建草稿", for_publish=1, for_mass=1),
    _Path(path="/cgi-bin/freepublish/submit", name="发布", for_publish=1, for_mass=0),
    _Path(path="/cgi-bin/freepublish/get", name="查询发布结果", for_publish=POLLS, for_mass=0),
    _Path(path="/cgi-bin/message/mass/sendall", name="群发", for_publish=0, for_mass=1),
)


async def readiness(*, client: Platform, slots: Sequence[Slot], now: datetime) -> tuple[Problem, ...]:
    """What would keep the planned ``slots`` from going out; empty when all is well. Never raises for the platform's sake."""
    try:
        await client.prove_credentials()
    except (ChannelUnavailable, ChannelRefused, OutcomeUnknown) as error:
        # Without a token nothing else can be asked.
        return (_credentials(error),)
    problems: list[Problem] = []
    try:
        await client.published_page(offset=0, count=1)
    except (ChannelUnavailable, ChannelRefused, OutcomeUnknown) as error:
        problems.append(_of(error, field="wechat.right"))
        if error.detail.get("errcode") == NO_RIGHT:
            return tuple(problems)
    for path in PATHS:
        try:
            quota = await client.day_quota(path.path)
        except (ChannelUnavailable, ChannelRefused, OutcomeUnknown) as error:
            if error.detail.get("errcode") in QUOTA_NOT_TOLD:
                continue
            problems.append(_of(error, field="wechat.quota"))
            break
        problems += _spent(path, quota, slots, now)
    return tuple(problems)


def _credentials(error: PublishError) -> Problem:
    code = error.detail.get("errcode")
    if code not in ADDRESS_REFUSED:
        return _of(error, field="wechat.token")
    found = _ADDRESS.search(str(error.detail.get("errmsg", "")))
    if code == 40164 and found:
        return Problem(
            severity=Severity.BLOCK, field="wechat.address",
            message=f"服务器出口地址 {found.group(1)} 不在公众号的 IP 白名单内（错误码 40164）。",
            remedy=f"系统管理员：请在公众平台“开发接口管理”的 IP 白名单中加入 {found.group(1)}，约 30 秒后生效。",
        )  # fmt: skip
    return _of(error, field="wechat.address")


def _of(error: PublishError, *, field: str) -> Problem:
    """A refusal blocks; what may pass by itself (no connection, a busy platform) is a warning."""
    refused = isinstance(error, ChannelRefused) or error.detail.get("errcode") == 45009
    remedy = error.remedy or "请稍后再查；多次如此，请检查服务器网络。"
    if isinstance(error, ChannelUnavailable) and not isinstance(error, ChannelBusy):
        remedy = "请系统管理员检查服务器能否访问 api.weixin.qq.com；系统会再次查验。"
    return Problem(
        severity=Severity.BLOCK if refused else Severity.WARN, field=field, message=str(error), remedy=remedy
    )


def _spent(path: _Path, quota: Mapping[str, Any], slots: Sequence[Slot], now: datetime) -> list[Problem]:
    """Today's slots must fit into what remains, those of a later day into a whole day's limit. Pure."""
    limit, remain = _number(quota.get("daily_limit")), _number(quota.get("remain"))
    today = day_of(now)
    found: list[Problem] = []
    for day in sorted({day_of(slot.at) for slot in slots} | {today}):
        there = [slot for slot in slots if day_of(slot.at) == day]
        wanted = sum(path.for_mass if slot.mass else path.for_publish for slot in there)
        allowed = remain if day == today else limit
        if allowed is None or wanted <= allowed:
            continue
        found.append(
            Problem(
                severity=Severity.BLOCK, field="wechat.quota",
                message=f"微信“{path.name}”接口{_when(day == today, day)}只能再调用 {allowed} 次，"
                f"已安排的 {len(there)} 条约需 {wanted} 次。",
                remedy="请把部分发布改到另一天，或由系统管理员清零调用次数（clear_quota，每月最多 10 次）。",
            )
        )  # fmt: skip
    return found


def _when(is_today: bool, day: object) -> str:
    return "今天" if is_today else f"在 {day} "


def _number(value: object) -> int | None:
    """A number that the platform tells; None when it does not (then nothing is concluded from it)."""
    return value if isinstance(value, int) and not isinstance(value, bool) else None
