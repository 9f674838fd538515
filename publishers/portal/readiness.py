"""Is the portal ready? Our own: a citizen's road to it is open. A pushed one: its receiving address answers (features P23)."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

import aiohttp

from publishers.errors import ChannelRefused, ChannelUnavailable, OutcomeUnknown
from publishers.port import Problem, Severity

TIMEOUT: Final = aiohttp.ClientTimeout(total=5, connect=4)

Ask = Callable[[], Awaitable[tuple[int, Mapping[str, Any]]]]
"""One signed GET for an item that the receiver cannot have: its status and its document. Raises the errors of the port."""


async def public_readiness(http: aiohttp.ClientSession, public_url: str) -> tuple[Problem, ...]:
    """Whether ``public_url`` answers as a citizen asks it. A warning only: this machine may see the road another way than
    citizens do (a firewall that does not turn inner calls round)."""
    try:
        async with http.get(f"{public_url}/", timeout=TIMEOUT, max_redirects=3) as answer:
            status = answer.status
    except aiohttp.ClientConnectorCertificateError:
        return (_found(f"门户 {public_url} 的证书无效。", "请系统管理员更换证书。", field="portal.url", warn=False),)
    except (aiohttp.ClientError, TimeoutError, OSError) as trouble:
        return (
            _found(
                f"从本机打不开门户 {public_url}（{type(trouble).__name__}）。",
                "请从外网核对门户能否打开；能打开的，请系统管理员放行本机访问自身公网地址。", field="portal.url",
            ),
        )  # fmt: skip
    if status < 400:
        return ()
    return (
        _found(
            f"门户 {public_url} 返回 {status}。", "请系统管理员检查反向代理和门户服务。", field="portal.url", warn=False
        ),
    )


async def push_readiness(ask: Ask) -> tuple[Problem, ...]:
    """Whether the foreign portal's receiving address answers, knows our signature and speaks the agreed language:
    404 with ``unknown`` (or 200 with ``received``) is what docs/portal-push.md asks of it."""
    try:
        status, document = await ask()
    except (ChannelUnavailable, OutcomeUnknown) as error:
        return (_found(f"{error}。", "请与对方门户的维护人员联系；系统会再次查验。", field="portal.push", warn=True),)
    except ChannelRefused as error:
        return (_found(f"{error}。", error.remedy, field="portal.push", warn=False),)
    if status in (401, 403):
        return (
            _found("对方门户拒绝了签名。", "请核对门户推送密钥和双方服务器时间。", field="portal.push", warn=False),
        )
    if (status == 404 and "unknown" in document) or (status == 200 and "received" in document):
        return ()
    return (
        _found(
            f"对方门户的接口答复不合约定（状态码 {status}）。",
            "请按《门户推送接口说明》与对方核对接收地址。",
            field="portal.push",
            warn=False,
        ),
    )


def _found(message: str, remedy: str, *, field: str, warn: bool = True) -> Problem:
    return Problem(severity=Severity.WARN if warn else Severity.BLOCK, field=field, message=message, remedy=remedy)
