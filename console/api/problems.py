"""Every exception of the packages below as an RFC 9457 problem: one table, from the class to the status."""

import json
from typing import Any, Final

from aiohttp import web
from pydantic import ValidationError

from audit.errors import AuditError
from console.errors import (
    ArchiveTooLarge,
    BodyRefused,
    ConsoleError,
    FieldError,
    FormExpired,
    KeyReused,
    PasswordNeeded,
    RequestInvalid,
    StillRunning,
    TokenRefused,
)
from disclosures import errors as disclosures
from knowledge import errors as knowledge
from publishers.echo.comment_desk import CommentUnknown, ReplyInvalid
from publishers.errors import DecisionRefused, NotReleasable, PublishError, SecondPersonNeeded
from scheduler.errors import AnnouncementNotFound, CalendarInvalid, MomentRefused, ReleaseNotFound, ScheduleError
from staff.errors import AccountInvalid, AccountNotFound, DeputyInvalid, DeputyNotFound, NotAllowed, StaffError

TABLE: Final[tuple[tuple[type[Exception], int, str, str], ...]] = (
    (TokenRefused, 401, "unauthorized", "需要访问令牌"),
    (FormExpired, 403, "form-expired", "页面已过期"),
    (PasswordNeeded, 403, "password-needed", "须确认身份"),
    (NotAllowed, 403, "not-allowed", "没有权限"),
    (disclosures.NotPermitted, 403, "not-allowed", "没有权限"),
    (disclosures.NotFound, 404, "not-found", "没有找到"),
    (ReleaseNotFound, 404, "not-found", "没有找到"),
    (AnnouncementNotFound, 404, "not-found", "没有找到"),
    (CalendarInvalid, 422, "invalid-content", "内容不符合要求"),
    (AccountNotFound, 404, "not-found", "没有找到"),
    (DeputyNotFound, 404, "not-found", "没有找到"),
    (DeputyInvalid, 422, "invalid-deputy", "代理的设置不符合要求"),
    (knowledge.NotPermitted, 403, "not-allowed", "没有权限"),
    (knowledge.AnotherPersonNeeded, 403, "second-person-needed", "须由另一人办理"),
    (knowledge.DraftUnknown, 404, "not-found", "没有找到"),
    (knowledge.ReleaseUnknown, 404, "not-found", "没有找到"),
    (knowledge.EntryUnknown, 404, "not-found", "没有找到"),
    (knowledge.EntryInvalid, 422, "invalid-content", "内容不符合要求"),
    (knowledge.EntryIncomplete, 422, "invalid-content", "内容不符合要求"),
    (knowledge.ImportRefused, 422, "file-refused", "文件不符合要求"),
    (knowledge.DraftMoved, 409, "conflict", "内容已变化"),
    (knowledge.ReleaseBlocked, 409, "checks-failed", "检查没有通过"),
    (knowledge.ClusterUnknown, 404, "not-found", "没有找到"),
    (knowledge.ClaimUnknown, 404, "not-found", "没有找到"),
    (knowledge.SecondCuratorNeeded, 403, "second-person-needed", "须由另一人办理"),
    (knowledge.KnowledgeError, 409, "refused", "没有完成"),
    (disclosures.InvalidContent, 422, "invalid-content", "内容不符合要求"),
    (disclosures.FileRefused, 422, "file-refused", "文件不符合要求"),
    (RequestInvalid, 422, "invalid-request", "请求不符合要求"),
    (AccountInvalid, 422, "invalid-account", "账号信息不符合要求"),
    (KeyReused, 422, "key-reused", "Idempotency-Key 已被使用"),
    (MomentRefused, 422, "moment-refused", "发布时间不合适"),
    (disclosures.StateRefused, 409, "wrong-state", "当前状态不允许"),
    (disclosures.ReviewRefused, 409, "review-refused", "不能审签"),
    (disclosures.Conflict, 409, "conflict", "内容已变化"),
    (CommentUnknown, 404, "not-found", "没有找到"),
    (ReplyInvalid, 422, "invalid-content", "内容不符合要求"),
    (SecondPersonNeeded, 403, "second-person-needed", "须由另一人办理"),
    (DecisionRefused, 409, "decision-refused", "不能这样决定"),
    (NotReleasable, 409, "not-releasable", "不能发布"),
    (StillRunning, 409, "still-running", "正在办理"),
    (AuditError, 409, "conflict", "请重试"),
    (disclosures.DisclosureError, 409, "refused", "没有完成"),
    (knowledge.KnowledgeError, 409, "refused", "没有完成"),
    (ScheduleError, 409, "refused", "没有完成"),
    (PublishError, 409, "refused", "没有完成"),
    (StaffError, 403, "refused", "没有完成"),
    (BodyRefused, 400, "unreadable", "请求无法读取"),
    (ArchiveTooLarge, 413, "archive-too-large", "归档内容过大"),
    (ConsoleError, 400, "refused", "没有完成"),
)
KNOWN: Final = tuple(row[0] for row in TABLE)
"""What a handler may raise; anything else is a fault of ours and becomes a 500 at the web edge."""

CONTENT_TYPE: Final = "application/problem+json"

_SAID: Final = {
    "missing": ("缺少这个字段。", "请补上。"),
    "extra_forbidden": ("没有这个字段。", "请核对字段名。"),
    "string_type": ("应为文字。", "请改为字符串。"),
    "int_type": ("应为整数。", ""),
    "int_parsing": ("应为整数。", ""),
    "bool_type": ("应为 true 或 false。", ""),
    "bool_parsing": ("应为 true 或 false。", ""),
    "list_type": ("应为数组。", ""),
    "model_type": ("应为对象。", ""),
    "model_attributes_type": ("应为对象。", ""),
    "string_too_long": ("文字过长。", "请精简。"),
    "string_too_short": ("不能为空。", "请填写。"),
    "too_short": ("不能为空。", "请至少填写一项。"),
    "literal_error": ("取值不对。", ""),
    "string_pattern_mismatch": ("写法不对。", "应为 64 位小写十六进制摘要值。"),
}


def status_of(error: Exception) -> int:
    """The HTTP status of a known exception. Raises LookupError for any other."""
    return _row(error)[0]


def problem_of(error: Exception, *, status: int | None = None) -> web.Response:
    """The problem that a known exception is."""
    usual, slug, title = _row(error)
    usual = error.status if isinstance(error, BodyRefused) else usual
    fields = field_errors(error)
    remedy = str(getattr(error, "remedy", ""))
    body: dict[str, Any] = {
        "type": f"urn:mingbai:problem:{slug}",
        "title": title,
        "status": status or usual,
        "detail": "。".join(part.rstrip("。") for part in (str(error), remedy) if part) + "。",
    }
    if fields:
        body["errors"] = [{"field": each.field, "message": each.message, "remedy": each.remedy} for each in fields]
    headers = {"WWW-Authenticate": 'Bearer realm="mingbai"'} if body["status"] == 401 else None
    return web.json_response(body, status=body["status"], content_type=CONTENT_TYPE, headers=headers, dumps=dumps)


def field_errors(error: Exception) -> tuple[FieldError, ...]:
    """Which fields an exception is about; empty when none."""
    if isinstance(error, RequestInvalid):
        return error.errors
    if isinstance(error, disclosures.InvalidContent):
        return tuple(FieldError(field=p.field, message=p.message, remedy=p.remedy) for p in error.problems)
    if isinstance(error, knowledge.EntryInvalid):
        return (FieldError(field=error.field, message=error.what, remedy=error.remedy),)
    if isinstance(error, knowledge.EntryIncomplete):
        return tuple(FieldError(field=p.field, message=p.what, remedy=p.remedy) for p in error.problems)
    if isinstance(error, (AccountInvalid, DeputyInvalid)):
        return tuple(FieldError(field=field, message=said) for field, said in error.problems.items())
    if isinstance(error, CalendarInvalid):
        return (FieldError(field=error.field, message=str(error), remedy=error.remedy),)
    if isinstance(error, MomentRefused):
        return (FieldError(field="at", message=str(error)),)
    return ()


def of_validation(error: ValidationError) -> RequestInvalid:
    """Pydantic's findings in Chinese, with dotted field names."""
    return RequestInvalid(_said(each) for each in error.errors(include_url=False, include_input=False))


def dumps(value: object) -> str:
    """JSON as people can read it."""
    return json.dumps(value, ensure_ascii=False)


def _said(error: Any) -> FieldError:
    field = ".".join(str(part) for part in error["loc"]) or "body"
    kind = str(error["type"])
    message, remedy = _SAID.get(kind, ("取值不对。", ""))
    if kind.startswith("date"):
        message, remedy = "日期写法不对。", "请写成 2026-11-23。"
    elif kind == "value_error":
        message, remedy = f"{error['ctx']['error']}。", ""
    elif kind == "literal_error":
        remedy = f"可选：{error['ctx']['expected']}。".replace(" or ", "、")
    return FieldError(field=field, message=message, remedy=remedy)


def _row(error: Exception) -> tuple[int, str, str]:
    for kind, status, slug, title in TABLE:
        if isinstance(error, kind):
            return status, slug, title
    raise LookupError(type(error).__name__)
