"""
CaseworkError
├── CaseUnknown         there is no case with this number: check the number
├── NumberWrong         what was given is no case number, or a digit of it is mistyped
├── CaseRefused         this cannot be done with this case now; says why and what to do
│   ├── CaseTaken       somebody else has the case; names him
│   ├── NotYours        only the handler of the case may do this: take it over first
│   └── CaseMoved       somebody changed the case in this very moment: look again
└── FieldWrong          one field of a form is not acceptable; names it, and what to do

``str(error)`` is what the screen says.
"""


class CaseworkError(Exception):
    """诉求没有办理成功。"""

    def __str__(self) -> str:
        return (self.__doc__ or "").strip()


class CaseUnknown(CaseworkError):
    """没有这个编号的诉求。"""

    def __init__(self, number: str) -> None:
        super().__init__(number)
        self.number = number

    def __str__(self) -> str:
        return f"没有编号为“{self.number}”的诉求，请核对编号。"


class NumberWrong(CaseworkError):
    """受理编号不正确，请逐位核对；编号形如 20261127-0007-3。"""


class CaseRefused(CaseworkError):
    """这件诉求现在不能这样办。"""

    def __init__(self, what: str, remedy: str = "") -> None:
        super().__init__(what, remedy)
        self.what = what
        self.remedy = remedy

    def __str__(self) -> str:
        return self.what + self.remedy


class CaseTaken(CaseRefused):
    """这件诉求已由他人接办。"""

    def __init__(self, handler: str) -> None:
        super().__init__(f"这件诉求已由{handler}接办。", "如需转给您，请由对方或有转派权限的同事转派。")
        self.handler = handler


class NotYours(CaseRefused):
    """这件诉求不在您名下。"""

    def __init__(self, handler: str) -> None:
        held = f"这件诉求由{handler}承办。" if handler else "这件诉求还没有人接办。"
        super().__init__(held, "请先转到您名下，再办理。" if handler else "请先接办。")
        self.handler = handler


class CaseMoved(CaseRefused):
    """这件诉求刚刚有变化。"""

    def __init__(self) -> None:
        super().__init__("这件诉求刚刚有变化，您的操作没有生效。", "请看过最新情况后再办。")


class FieldWrong(CaseworkError):
    """填写的内容不符合要求。"""

    def __init__(self, field: str, what: str) -> None:
        super().__init__(field, what)
        self.field = field
        """text, unit, outcome, score, reason or handler."""
        self.what = what

    def __str__(self) -> str:
        return self.what
