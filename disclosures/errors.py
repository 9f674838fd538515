"""
DisclosureError
├── NotFound        there is no such disclosure, revision or file
├── NotPermitted    the person lacks the verb
├── InvalidContent  the text must be mended: the findings say where and how
├── FileRefused     the upload is not acceptable: choose another file
├── StateRefused    the disclosure is not in a state that allows this
├── ReviewRefused   this person may not sign this step of this submission
└── Conflict        somebody else was quicker: read again, then repeat

``str(error)`` is what the screen says.
"""

from collections.abc import Iterable

from disclosures.findings import Finding


class DisclosureError(Exception):
    """公开信息的操作没有完成。"""

    def __init__(self, message: str = "") -> None:
        super().__init__(message or (self.__doc__ or "").strip())


class NotFound(DisclosureError):
    """没有找到所请求的公开信息或文件。"""


class NotPermitted(DisclosureError):
    """您的账号没有进行此项操作的权限。"""


class InvalidContent(DisclosureError):
    """内容不符合要求，请按提示修改。"""

    def __init__(self, problems: Iterable[Finding]) -> None:
        self.problems = tuple(problems)
        """Every finding that stands in the way, each with its field."""
        super().__init__("；".join(problem.message for problem in self.problems))


class FileRefused(DisclosureError):
    """文件不符合要求，请更换文件。"""


class StateRefused(DisclosureError):
    """当前状态不能进行此项操作。"""


class ReviewRefused(DisclosureError):
    """不能审签此步骤。"""


class Conflict(DisclosureError):
    """内容已被他人修改，请刷新后核对再操作。"""
