"""
StaffError
├── NotAllowed        the person lacks the verb
├── SignInRefused     wrong name or password, locked, or disabled: one answer for all of the first kind
│   └── SignInLocked  too many failures: wait
├── AccountInvalid    a field of an account is not acceptable: correct it
├── AccountNotFound   there is no such account
├── DeputyInvalid     a field of an appointment is not acceptable: correct it
└── DeputyNotFound    there is no such appointment

``str(error)`` is what the screen says.
"""

from collections.abc import Mapping


class StaffError(Exception):
    """Something about accounts and their rights."""


class NotAllowed(StaffError):
    """您的账号没有进行此项操作的权限。如工作需要，请联系系统管理员调整角色。"""

    def __init__(self, verb: str) -> None:
        super().__init__("您的账号没有进行此项操作的权限。如工作需要，请联系系统管理员调整角色。")
        self.verb = verb


class SignInRefused(StaffError):
    """用户名或密码不正确。"""

    def __init__(self, message: str = "用户名或密码不正确。") -> None:
        super().__init__(message)


class SignInLocked(SignInRefused):
    """登录尝试过于频繁，请稍后再试。"""

    def __init__(self, *, minutes: int) -> None:
        super().__init__(f"登录尝试过于频繁，请在 {minutes} 分钟后再试。")
        self.minutes = minutes


class AccountInvalid(StaffError):
    """账号信息不符合要求，请按提示修改。"""

    def __init__(self, problems: Mapping[str, str]) -> None:
        super().__init__("；".join(problems.values()))
        self.problems = dict(problems)
        """Field name (name, display_name, roles, unit, password) → what is wrong."""


class AccountNotFound(StaffError):
    """没有这个账号。"""

    def __init__(self, name: str) -> None:
        super().__init__(f"没有名为“{name}”的账号。")


class DeputyInvalid(StaffError):
    """代理的设置不符合要求，请按提示修改。"""

    def __init__(self, problems: Mapping[str, str]) -> None:
        super().__init__("；".join(problems.values()) or (self.__doc__ or "").strip())
        self.problems = dict(problems)
        """Field name (person, deputy, steps, from_day, to_day, reason) → what is wrong."""


class DeputyNotFound(StaffError):
    """没有这条代理记录。"""

    def __init__(self) -> None:
        super().__init__("没有这条代理记录。")
