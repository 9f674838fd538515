"""What the platform's errcodes mean for us, as data: wechat.md §11, from the official global list and per-page tables."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final
from zoneinfo import ZoneInfo

from publishers.errors import ChannelBusy, ChannelRefused, ChannelUnavailable, OutcomeUnknown, PublishError

SHANGHAI: Final = ZoneInfo("Asia/Shanghai")
_RID: Final = re.compile(r"rid: ?([0-9a-f-]{8,})")


class Kind(StrEnum):
    """What follows from an errcode."""

    BUSY = "busy"
    """The platform is busy: later; after an irreversible call nobody knows what it did."""
    TOKEN = "token"
    """Refused before any effect because of the token: renew it once, repeat once. Refused again: somebody else fetches tokens
    for this account, or its secret was changed; later, and once it is late a person decides (crash-point row 17)."""
    MINUTE = "minute"
    """Too fast: after a minute."""
    MIDNIGHT = "midnight"
    """The day's quota is spent: after midnight in Beijing."""
    REFUSED = "refused"
    """No effect; somebody must mend something."""
    UNCERTAIN = "uncertain"
    """Accepted or not: only reading tells."""


class Mender(StrEnum):
    """Who can do something about it."""

    NOBODY = "平台"
    OPERATOR = "系统管理员"
    ADMINISTRATOR = "公众号管理员"
    EDITOR = "发布员"
    CITIZEN = "用户"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """One errcode: what happened, what follows, who mends it and how."""

    meaning: str
    kind: Kind
    mender: Mender
    remedy: str


def _same(codes: tuple[int, ...], kind: Kind, mender: Mender, meaning: str, remedy: str) -> dict[int, Outcome]:
    return dict.fromkeys(codes, Outcome(meaning=meaning, kind=kind, mender=mender, remedy=remedy))


OUTCOMES: Final[Mapping[int, Outcome]] = {
    **_same((-1, 61450), Kind.BUSY, Mender.NOBODY, "微信平台繁忙", "系统会稍后再试。"),
    **_same(
        (40001, 40014, 42001), Kind.TOKEN, Mender.OPERATOR, "访问令牌被微信拒绝",
        "请检查 AppSecret 是否正确，并确认没有其他程序用同一公众号获取令牌。",
    ),
    **_same(
        (40002, 40013, 40125, 41002, 41004), Kind.REFUSED, Mender.OPERATOR, "AppID 或 AppSecret 不正确",
        "请在公众平台核对 AppID 和 AppSecret 后更新设置。",
    ),
    **_same((40243,), Kind.REFUSED, Mender.ADMINISTRATOR, "AppSecret 已被冻结", "请公众号管理员在公众平台解冻。"),
    **_same(
        (40164,), Kind.REFUSED, Mender.OPERATOR, "服务器地址不在公众号的 IP 白名单内",
        "请在公众平台“开发接口管理”中加入服务器出口地址，约 30 秒后生效，再重新发送。",
    ),
    **_same(
        (89503, 89506, 89507), Kind.REFUSED, Mender.ADMINISTRATOR, "服务器地址尚待公众号管理员确认",
        "请公众号管理员在微信中确认该地址；被拒绝的需等待 1 至 24 小时。",
    ),
    **_same((45009,), Kind.MIDNIGHT, Mender.OPERATOR, "当日接口调用次数已用完", "系统将在次日零时后继续；紧急时可清零调用次数。"),
    **_same((48006,), Kind.MIDNIGHT, Mender.OPERATOR, "当月清零次数已用完", "请等待次日额度恢复。"),
    **_same((45011, 42010, 53501), Kind.MINUTE, Mender.NOBODY, "调用过于频繁", "系统将在一分钟后继续。"),
    **_same(
        (45066,), Kind.UNCERTAIN, Mender.NOBODY, "同一群发刚刚提交过，结果尚不明确", "请等待平台通知，或在公众平台核对发表记录。",
    ),
    **_same(
        (45065,), Kind.UNCERTAIN, Mender.NOBODY, "同一群发先前已被受理", "请在公众平台核对发表记录。",
    ),
    **_same((45067,), Kind.REFUSED, Mender.OPERATOR, "群发标识过长", "请联系系统管理员。"),
    **_same((45028,), Kind.REFUSED, Mender.EDITOR, "本期群发次数已用完", "请改为“发布”，或在下一个周期重新群发。"),
    **_same(
        (89504,), Kind.UNCERTAIN, Mender.ADMINISTRATOR, "群发等待公众号管理员确认", "请管理员在 30 分钟内于微信中确认。",
    ),
    **_same((89505,), Kind.REFUSED, Mender.ADMINISTRATOR, "公众号管理员拒绝了群发", "请与公众号管理员商定后重新发送。"),
    **_same(
        (40003, 43004, 45015, 45047, 48002, 43019, 70000), Kind.REFUSED, Mender.CITIZEN, "现在不能给该用户发消息",
        "用户再次发来消息后才能回复。",
    ),
    **_same((40007,), Kind.REFUSED, Mender.OPERATOR, "微信找不到该草稿或素材", "请重新发送；仍不成功时请联系系统管理员。"),
    **_same(
        (40004, 40005, 40006, 40008, 40009, 40010, 40011, 40012, 40137, 44001, 45001, 45007), Kind.REFUSED,
        Mender.EDITOR, "图片格式或大小不符合要求", "请换用 1 MB 以内的 JPG 或 PNG 图片。",
    ),
    **_same((40066, 45005), Kind.REFUSED, Mender.EDITOR, "正文中有微信不接受的链接", "请删去外部链接。"),
    **_same(
        (41039,), Kind.REFUSED, Mender.OPERATOR, "微信不接受“阅读原文”的地址", "请检查网站公开地址，须为公众可访问的网址。",
    ),
    **_same((44002, 44003, 44004), Kind.REFUSED, Mender.EDITOR, "文章内容为空或不完整", "请补全标题和正文。"),
    **_same((45002,), Kind.REFUSED, Mender.EDITOR, "正文过长", "请精简正文，或把长表格、长名单改为附件。"),
    **_same((45003,), Kind.REFUSED, Mender.EDITOR, "标题过长", "请在“微信标题”中填写更短的标题。"),
    **_same((45004,), Kind.REFUSED, Mender.EDITOR, "摘要过长", "请缩短微信摘要。"),
    **_same((45110,), Kind.REFUSED, Mender.EDITOR, "作者名称过长", "请缩短作者名称。"),
    **_same((45006, 45008), Kind.REFUSED, Mender.EDITOR, "文章数量或图片链接超过限制", "请精简后重新发送。"),
    **_same((45166, 87014), Kind.REFUSED, Mender.EDITOR, "微信认为内容不合规", "请检查用词，修改后重新审核发送。"),
    **_same((47001, 40033, 40097), Kind.REFUSED, Mender.OPERATOR, "微信不能识别请求的格式", "请联系系统管理员。"),
    **_same(
        (40059, 40060, 40114, 40152, 40204, 53502, 53600), Kind.REFUSED, Mender.OPERATOR, "微信找不到该文章或发布任务",
        "请在公众平台的发表记录中核对。",
    ),
    **_same((48001,), Kind.REFUSED, Mender.ADMINISTRATOR, "公众号没有该接口的权限", "请公众号管理员完成认证并开通权限。"),
    **_same(
        (48004, 50002, 50007, 53500), Kind.REFUSED, Mender.ADMINISTRATOR, "公众号或其发布功能已被限制",
        "请公众号管理员登录公众平台查看通知并处理。",
    ),
    **_same(
        (48021, 53503, 53504, 53505), Kind.REFUSED, Mender.EDITOR, "草稿需要在公众平台由人处理",
        "请登录公众平台打开该草稿，按提示处理并保存后再发布。",
    ),
    **_same(tuple(range(88000, 88011)), Kind.REFUSED, Mender.ADMINISTRATOR, "留言功能不可用", "请在公众平台检查留言权限。"),
}  # fmt: skip

UNLISTED: Final = Outcome(
    meaning="微信拒绝了请求", kind=Kind.REFUSED, mender=Mender.OPERATOR, remedy="请按错误码查阅微信公众平台文档。"
)


def outcome_of(code: int) -> Outcome:
    """The row of an errcode; an unlisted one is a refusal."""
    return OUTCOMES.get(code, UNLISTED)


def failure(code: int, errmsg: str, *, irreversible: bool, now: datetime, **evidence: Any) -> PublishError:
    """The error that an errcode is. ``errmsg`` must be free of secrets; it is kept as evidence with its rid."""
    outcome = outcome_of(code)
    rid = _RID.search(errmsg)
    detail: dict[str, Any] = {"errcode": code, "errmsg": errmsg, "rid": rid.group(1) if rid else "", **evidence}
    message = f"{outcome.meaning}（错误码 {code}）。"
    remedy = outcome.remedy if outcome.mender is Mender.NOBODY else f"{outcome.mender}：{outcome.remedy}"
    if outcome.kind is Kind.UNCERTAIN or (outcome.kind is Kind.BUSY and irreversible):
        return OutcomeUnknown(message, remedy="请等待系统核实，不要重复发送。", **detail)
    if outcome.kind in {Kind.BUSY, Kind.TOKEN}:
        return ChannelUnavailable(message, remedy=remedy, **detail)
    if outcome.kind is Kind.MINUTE:
        return ChannelBusy(message, retry_at=now + timedelta(seconds=60), remedy=remedy, **detail)
    if outcome.kind is Kind.MIDNIGHT:
        return ChannelBusy(message, retry_at=next_midnight(now), remedy=remedy, **detail)
    return ChannelRefused(message, remedy=remedy, **detail)


def next_midnight(now: datetime) -> datetime:
    """The coming midnight in Beijing, when day quotas begin anew; in the zone of ``now``."""
    local = now.astimezone(SHANGHAI)
    midnight = (local + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight.astimezone(now.tzinfo)


PUBLISH_VERDICTS: Final[Mapping[int, tuple[str, str]]] = {
    2: ("微信原创校验未通过。", "请在公众平台查看原因；转载内容请注明来源后重新发布。"),
    3: ("微信发布失败。", "请在公众平台查看草稿和通知后重新发布。"),
    4: ("微信平台审核未通过。", "请修改内容，经审核后重新发布；必要时由宣传部门与平台沟通。"),
    5: ("文章已在微信上被删除。", "如非本单位操作，请公众号管理员核查。"),
    6: ("文章已被微信平台封禁。", "请公众号管理员在公众平台查看原因并申诉。"),
}
"""publish_status → (reason, remedy); 0 is published and 1 is running (api_freepublish_get)."""

MASS_VERDICTS: Final[Mapping[str, str]] = {
    "10001": "涉嫌广告", "20001": "涉嫌政治内容", "20002": "涉嫌色情", "20004": "涉嫌社会内容", "20006": "涉嫌违法犯罪",
    "20008": "涉嫌欺诈", "20013": "涉嫌版权问题", "21000": "涉嫌其他问题", "22000": "涉嫌互推", "30001": "原创校验系统错误",
    "30002": "原创校验不允许群发", "30003": "被判定为转载，而群发设置为不允许转载", "40001": "管理员拒绝群发",
    "40002": "管理员 30 分钟内没有确认",
}  # fmt: skip
"""The number in “err(n)” of MASSSENDJOBFINISH → the reason."""
