"""What each of Weibo's error codes means for a delivery, as one table. Source: open.weibo.com/wiki/Error_code.

A code is classed by what it says about the effect of ``statuses/share``. Where the words leave it open whether the post
was written (10001, 10003, 10010, 10011: a fault behind the front door), the class is UNKNOWN: a second look is cheap, a
second post is not.
"""

from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final


class Outcome(StrEnum):
    LATER = "later"
    """Not done; try again later."""
    QUOTA = "quota"
    """Not done; the quota begins anew at the full hour."""
    FLOOD = "flood"
    """Not done; posting too often."""
    UNKNOWN = "unknown"
    """It may have been done: only reading back can tell."""
    EDIT = "edit"
    """Not done; the text must be changed."""
    ACCOUNT = "account"
    """Not done; the account or the app must be mended."""
    GONE = "gone"
    """The post named does not exist (any more)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Meaning:
    """A code's class, and in Simplified Chinese what happened and what to do."""

    outcome: Outcome
    message: str
    remedy: str = ""


AUTHORISE: Final = "请由微博账号管理员重新授权应用，并更新访问令牌。"
APP: Final = "请在微博开放平台核对应用权限与账号状态。"
DOMAIN: Final = "请在微博开放平台“应用信息—基本应用信息编辑”中登记安全域名并等待审核通过；如已通过，可再次投放。"
EDIT: Final = "请修改微博文案后重新送审。"
READ: Final = "系统将自动核对时间线，请勿重复发送。"

_LATER: Final = {
    10002: "微博服务暂不可用",
    10009: "微博任务过多，系统繁忙",
    21331: "微博授权服务暂不可用",
}
_QUOTA: Final = {10022: "服务器地址的调用次数已用完", 10023: "账号的调用次数已用完", 10024: "账号的发布次数已用完"}
_UNKNOWN: Final = {
    10001: "微博系统错误，是否已发布尚不能确定",
    10003: "微博后台服务错误，是否已发布尚不能确定",
    10010: "微博任务超时，是否已发布尚不能确定",
    10011: "微博内部调用错误，是否已发布尚不能确定",
    20032: "微博已受理，因服务器繁忙稍后显示",
    20053: "微博已受理，正在人工审核",
    20017: "微博提示内容相似，可能此前已经发布",
    20019: "微博提示内容重复，可能此前已经发布",
    20111: "微博提示内容重复，可能此前已经发布",
}
NO_PICTURE: Final = frozenset({20005, 20006, 20007})
"""The picture is refused, and with it the post: nothing was written."""
_EDIT: Final = {
    20005: "图片格式不受支持",
    20006: "图片过大",
    20007: "没有收到图片",
    20008: "微博文案为空",
    20012: "微博文案过长",
    20013: "微博文案过长",
    20014: "文案未通过微博安全检查",
    20018: "文案含有被微博拦截的网址",
    20020: "文案被微博判为广告",
    20021: "文案被微博判为违规内容",
    20104: "微博判定该内容违规",
    21602: "文案含有敏感词",
    10018: "提交内容超出长度限制",
}
_ACCOUNT: Final = {
    10004: "服务器地址被微博限制",
    10005: "应用权限不足",
    10006: "缺少应用标识或访问令牌",
    10007: "微博不接受该媒体类型",
    10008: "参数有误",
    10012: "请求不合法",
    10013: "微博账号无效",
    10014: "应用没有该接口的权限",
    10016: "缺少必填参数",
    10020: "微博接口不存在",
    10021: "请求方法不受支持",
    10032: "应用授权范围不足",
    20003: "微博账号不存在",
    20015: "账号、地址或应用异常",
    20022: "服务器地址行为异常",
    20031: "微博要求人工验证",
    20102: "该微博不属于本账号",
    21335: "请求的账号与授权账号不一致",
    21337: "应用没有该接口的权限",
    21321: "未审核应用超出使用限制",
}
_TOKEN: Final = (*range(21301, 21321), *range(21322, 21331), 21332)
"""Signing in and authorising: every one of these means that the access token is of no use now."""


def _table() -> dict[int, Meaning]:
    dead = Meaning(outcome=Outcome.ACCOUNT, message="微博访问令牌无效或已过期", remedy=AUTHORISE)
    table = dict.fromkeys(_TOKEN, dead)
    rows = (
        (_LATER, Outcome.LATER, "系统将自动重试。"),
        (_QUOTA, Outcome.QUOTA, "系统将在下一个整点后自动重试。"),
        (_UNKNOWN, Outcome.UNKNOWN, READ),
        (_EDIT, Outcome.EDIT, EDIT),
        (_ACCOUNT, Outcome.ACCOUNT, APP),
    )
    for codes, outcome, remedy in rows:
        table |= {code: Meaning(outcome=outcome, message=message, remedy=remedy) for code, message in codes.items()}
    table[10017] = Meaning(outcome=Outcome.ACCOUNT, message="微博未认可文案中的链接域名", remedy=DOMAIN)
    table[20016] = Meaning(outcome=Outcome.FLOOD, message="发布过于频繁", remedy="系统将稍后自动重试。")
    table[20101] = Meaning(outcome=Outcome.GONE, message="该微博不存在")
    table[20112] = Meaning(outcome=Outcome.ACCOUNT, message="该微博不可查看", remedy=APP)
    return table


MEANINGS: Final = MappingProxyType(_table())
"""Every code this gateway knows; for any other see ``meaning``."""


def meaning(code: int) -> Meaning:
    """What a code means; an unlisted one may hide an effect, so it is UNKNOWN."""
    return MEANINGS.get(code) or Meaning(outcome=Outcome.UNKNOWN, message=f"微博返回未知错误码 {code}", remedy=READ)
