"""
ConsoleError
├── RequestInvalid   a field of the request cannot be taken: ``errors`` says which and what to do
├── BodyRefused      the body as a whole cannot be read (not JSON, too large): ``status`` says how HTTP calls it
├── KeyReused        the same Idempotency-Key came with another request
├── StillRunning     the first request with this Idempotency-Key is not finished
├── TokenRefused     no bearer token, or not a valid one
├── FormExpired      the form carries no valid CSRF token, or comes from another site
├── CopyRefused      what stands in a form cannot be kept as a working copy
├── ArchiveDamaged   what is kept does not have the hash that it should have: nothing is handed out
├── ArchiveTooLarge  the package would be larger than one file should be
└── PasswordNeeded   the password must be given again before this act

``str(error)`` is what the reader sees.
"""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldError:
    """What is wrong with one field, and what to do. Simplified Chinese."""

    field: str
    message: str
    remedy: str = ""


class ConsoleError(Exception):
    """操作没有完成。"""

    def __init__(self, message: str = "") -> None:
        super().__init__(message or (self.__doc__ or "").strip())


class RequestInvalid(ConsoleError):
    """填写的内容不符合要求，请按提示修改。"""

    def __init__(self, errors: Iterable[FieldError]) -> None:
        self.errors = tuple(errors)
        super().__init__("；".join(error.message for error in self.errors))


class BodyRefused(ConsoleError):
    """请求的内容无法读取。"""

    def __init__(self, message: str, *, status: int = 400) -> None:
        super().__init__(message)
        self.status = status


class KeyReused(ConsoleError):
    """这个 Idempotency-Key 已用于另一个请求，请为新的请求换一个键。"""


class StillRunning(ConsoleError):
    """使用这个 Idempotency-Key 的请求正在办理，请稍后用同一个键再试。"""


class TooManyQuestions(ConsoleError):
    """提问太频繁，请过一分钟再试。"""


class TokenRefused(ConsoleError):
    """缺少有效的访问令牌。请在 Authorization 头中提供 Bearer 令牌，令牌由系统管理员用 mingbai staff token 发放。"""


class FormExpired(ConsoleError):
    """页面已过期，请刷新页面后重新提交。"""


class CopyRefused(ConsoleError):
    """没有自动保存，请及时保存。"""


class PasswordNeeded(ConsoleError):
    """此项操作须再次确认本人身份，请输入登录密码。"""


class ArchiveDamaged(ConsoleError):
    """保存的内容与其校验值不符，归档没有完成。请联系系统管理员核对数据库。"""


class ArchiveTooLarge(ConsoleError):
    """归档内容过大，请缩短时间范围分批下载。"""
