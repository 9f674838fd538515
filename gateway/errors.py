"""
GatewayError
├── SettingInvalid      a setting is missing, weak or malformed
├── MigrationFailed     the schema could not be brought up to date
└── CommandFailed       a command line verb that cannot go on; carries the exit code
"""


class GatewayError(Exception):
    """Something about the process itself."""


class SettingInvalid(GatewayError):
    """A setting is missing, weak or malformed: names the variable, what is wrong, and the remedy."""

    def __init__(self, variable: str, what: str, remedy: str) -> None:
        super().__init__(f"{variable}：{what}。处理办法：{remedy}")
        self.variable = variable
        self.what = what
        self.remedy = remedy


class MigrationFailed(GatewayError):
    """The schema could not be brought up to date; nothing was started."""


class CommandFailed(GatewayError):
    """A command that cannot go on. Exit codes: 2 wrong use, 3 not found, 4 refused by a rule, 5 no database, 6 checks."""

    def __init__(self, message: str, *, code: int) -> None:
        super().__init__(message)
        self.code = code
