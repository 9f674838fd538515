"""What can go wrong in the knowledge base, drawn as one tree.

KnowledgeError
├── EntryInvalid        one entry is wrong: line, field, what, remedy
├── ImportRefused       a whole file is refused; carries every EntryInvalid found
├── ExportRefused       the base does not fit into that kind of file
├── BatchUnknown        no import has this number
├── UndoRefused         an import cannot be undone: undone before, or entries were changed since; carries their ids
├── CasesUnknown        no test cases are kept under this name
├── LayerConflict       a disclosure would overwrite a curator's entry, or the other way round
├── EntryUnknown        no entry has this id
├── NotPermitted        the account may not do this
├── DraftUnknown        no draft has this number
├── DraftOpen           the entry has an open draft already: it is that one that must be changed
├── DraftMoved          somebody else saved the draft meanwhile; carries who and when
├── EntryIncomplete     the entry lacks what a release needs; carries every wanting field
├── ReleaseUnknown      no release has this number
├── ReleaseBlocked      what was checked stands in the way; carries the report
├── ClaimUnknown        no claim on the rumour desk has this number
├── ClusterUnknown      no cluster of unanswered questions has this number
├── CaseRefused         this very case cannot be dealt with like this now; says why and what to do
│   ├── AnotherPersonNeeded  somebody else must do this: the author of a draft, or who asked for the release
│   ├── DraftRefused         the draft's state, or its entry's, does not allow this
│   ├── QuestionRefused      a cluster of unanswered questions
│   ├── ReleaseRefused       the release cannot be prepared or done as things stand
│   └── ClaimRefused         a claim on the rumour desk
│       └── SecondCuratorNeeded  who proposed a verdict cannot confirm it
└── ModelUnreadable     the coefficients that ship with the package cannot be read

The docstring of a class is the message its reader sees.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from knowledge.requirements import Wanting


class KnowledgeError(Exception):
    """知识库操作没有完成。"""

    def __str__(self) -> str:
        return (self.__doc__ or "").strip()


class CaseRefused(KnowledgeError):
    """这件事现在不能这样办。"""

    def __init__(self, what: str, remedy: str = "") -> None:
        super().__init__(what, remedy)
        self.what = what
        self.remedy = remedy

    def __str__(self) -> str:
        return self.what


class EntryInvalid(KnowledgeError):
    """知识条目不符合要求。"""

    def __init__(self, line: int, field: str, what: str, remedy: str = "") -> None:
        super().__init__(line, field, what, remedy)
        self.line = line
        self.field = field
        self.what = what
        self.remedy = remedy

    def __str__(self) -> str:
        where = f"第 {self.line} 行" if self.line else "条目"
        field = f"，字段 {self.field}" if self.field else ""
        remedy = f"请{self.remedy}。" if self.remedy else ""
        return f"{where}{field}：{self.what}。{remedy}"


class ImportRefused(KnowledgeError):
    """文件没有导入，知识库保持原样。"""

    SHOWN = 20

    def __init__(self, errors: Sequence[EntryInvalid]) -> None:
        super().__init__(tuple(errors))
        self.errors = tuple(errors)

    def __str__(self) -> str:
        lines = [f"文件没有导入，知识库保持原样：共有 {len(self.errors)} 处错误。"]
        lines += [str(error) for error in self.errors[: self.SHOWN]]
        if len(self.errors) > self.SHOWN:
            lines.append(f"其余 {len(self.errors) - self.SHOWN} 处未列出。")
        return "\n".join(lines)


class ExportRefused(KnowledgeError):
    """没有导出：这种文件装不下全部条目。"""

    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.what = what

    def __str__(self) -> str:
        return f"没有导出：{self.what}，这种文件装不下。请改为导出 .jsonl 文件。"


class BatchUnknown(KnowledgeError):
    """没有这个批号的导入。"""

    def __init__(self, batch: int) -> None:
        super().__init__(batch)
        self.batch = batch

    def __str__(self) -> str:
        return f"没有第 {self.batch} 批导入。请用 mingbai knowledge imports 核对批号。"


class UndoRefused(KnowledgeError):
    """导入没有撤销，知识库保持原样。"""

    SHOWN = 20

    def __init__(self, batch: int, changed: Sequence[str]) -> None:
        super().__init__(batch, tuple(changed))
        self.batch = batch
        self.changed = tuple(changed)

    def __str__(self) -> str:
        if not self.changed:
            return f"第 {self.batch} 批导入已经撤销过，知识库保持原样。"
        more = f"等 {len(self.changed)} 个" if len(self.changed) > self.SHOWN else ""
        return (
            f"第 {self.batch} 批导入没有撤销，知识库保持原样：导入之后这些条目又有改动："
            f"{'、'.join(self.changed[: self.SHOWN])}{more}。请先撤销后来的导入，或逐条改回。"
        )


class CasesUnknown(KnowledgeError):
    """没有保存过这个名称的测试用例。"""

    def __init__(self, suite: str) -> None:
        super().__init__(suite)
        self.suite = suite

    def __str__(self) -> str:
        return f"没有保存过名为“{self.suite}”的测试用例。请先用文件测试一次。"


class LayerConflict(KnowledgeError):
    """同一编号的条目属于另一来源，不能覆盖。"""

    def __init__(self, entry_id: str, owner: str, comer: str) -> None:
        super().__init__(entry_id, owner, comer)
        self.entry_id = entry_id
        self.owner = owner
        self.comer = comer

    def __str__(self) -> str:
        return f"条目 {self.entry_id} 来自 {self.owner}，不能由 {self.comer} 覆盖。请换一个编号。"


class EntryUnknown(KnowledgeError):
    """没有这个编号的条目。"""

    def __init__(self, entry_id: str) -> None:
        super().__init__(entry_id)
        self.entry_id = entry_id

    def __str__(self) -> str:
        return f"没有编号为 {self.entry_id} 的条目。请核对编号。"


class ModelUnreadable(KnowledgeError):
    """随软件安装的排序参数文件损坏或版本不符，请重新安装。"""


class NotPermitted(KnowledgeError):
    """您的账号没有进行此项操作的权限。"""


class AnotherPersonNeeded(CaseRefused):
    """须由另一位同志办理。"""


class DraftUnknown(KnowledgeError):
    """没有这份草稿。"""


class DraftOpen(KnowledgeError):
    """这个条目已经有一份草稿。"""

    def __init__(self, draft_id: int, entry_id: str, author: str) -> None:
        super().__init__(draft_id, entry_id, author)
        self.draft_id = draft_id
        self.entry_id = entry_id
        self.author = author
        self.remedy = f"请在第 {draft_id} 号草稿上修改，或先将它作废。"

    def __str__(self) -> str:
        return f"条目 {self.entry_id} 已有一份没有发布的草稿（第 {self.draft_id} 号，{self.author}）。"


class DraftMoved(KnowledgeError):
    """草稿已被他人修改。"""

    def __init__(self, by: str, at: datetime, version: int) -> None:
        super().__init__(by, at, version)
        self.by = by
        self.at = at
        self.version = version
        self.remedy = "您填写的内容仍在页面上，没有保存。请与他核对后，再决定以哪一份为准。"

    def __str__(self) -> str:
        return f"您打开之后，{self.by}保存过这份草稿（现在是第 {self.version} 稿）。"


class DraftRefused(CaseRefused):
    """现在不能这样办理。"""


class EntryIncomplete(KnowledgeError):
    """条目还缺少发布必须的内容。"""

    def __init__(self, problems: Sequence[Wanting]) -> None:
        super().__init__(tuple(problems))
        self.problems = tuple(problems)

    def __str__(self) -> str:
        return f"还不能送审：{'；'.join(f'{one.what}，请{one.remedy}' for one in self.problems)}。"


class ReleaseUnknown(KnowledgeError):
    """知识库没有这一版。"""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number

    def __str__(self) -> str:
        return f"知识库没有第 {self.number} 版。请核对版号。"


class ReleaseRefused(CaseRefused):
    """现在不能发布。"""


class ReleaseBlocked(KnowledgeError):
    """发布前的检查没有通过。"""

    def __init__(self, report: Any) -> None:
        super().__init__(report)
        self.report = report
        self.remedy = "请按发布页列出的问题逐条处理后，再次检查。"

    def __str__(self) -> str:
        return f"发布前的检查没有通过：{'；'.join(self.report.obstacles)}。"


class ClaimUnknown(KnowledgeError):
    """没有这条传言。请从谣言处置列表重新打开。"""


class ClaimRefused(CaseRefused):
    """这条传言现在不能这样处置。"""


class SecondCuratorNeeded(ClaimRefused):
    """结论须由另一人确认。"""


class ClusterUnknown(KnowledgeError):
    """没有这一组问题。请从未解答问题列表重新打开。"""


class QuestionRefused(CaseRefused):
    """这一组问题现在不能这样办理。"""
