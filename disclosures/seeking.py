"""Whether words look for documents, and for which: “教育局 2026 预算”, “民政局最近的通知”, “低保的文件”, a 文号. Pure.

It is careful: a question how something is done is not looking for documents, even if it names one.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

LONGEST: Final = 40
"""Characters; who looks for documents says little."""
LONGEST_SUBJECT: Final = 14
MOST_WORDS: Final = 4
GENERIC: Final = (
    "政府信息", "公开信息", "红头文件", "相关文件", "政策文件", "通知公告", "文件", "政策", "信息", "资料", "文", "发文", "内容", "消息",
)  # fmt: skip
"""Names of documents that tell nothing of their title."""
TYPED: Final = (
    "规范性文件", "实施方案", "实施细则", "实施意见", "管理办法", "工作报告", "工作要点", "年度报告", "信息公开年报", "招聘公告", "征求意见",
    "行政处罚", "行政许可", "权责清单", "公示名单", "预决算", "预算", "决算", "年报", "年度计划", "规划", "计划", "通知", "公告", "通告", "公示",
    "意见", "办法", "方案", "规定", "细则", "决定", "批复", "解读", "名单", "报告", "纪要", "条例", "预案", "简报", "标准文件", "招标", "采购", "任免",
    "清单", "报表",
)  # fmt: skip
"""Names of documents that stand in their titles."""
_ASKING: Final = re.compile(
    r"怎么|怎样|如何|多少|几[天个点号元岁年月]|什么时候|何时|为什么|为啥|是不是|能不能|能否|可不可以|可以吗|行不行|要不要|需要|要带|要什么|"
    r"条件|流程|办理|去哪办|在哪办|哪里办|哪儿办|电话|地址|上班|下班|投诉|举报|是真的|真的吗|谣言|网传|听说|收到|没有?收到|不想|"
    r"算不算|有没有用|有什么用|怎么办|咋|谁|什么意思|啥意思|多久|多长|期限|在哪里?$|哪里$|丢了|弄丢"
)
"""Who asks so wants an answer, not a list."""
_LOOKING: Final = re.compile(
    r"查一下|查一查|查查|查询|查找|查看|查阅|搜一下|搜搜|搜索|找一下|找一找|找找|找到|看一下|看一看|看看|下载|浏览|列出|"
    r"^(?:查|搜|找|看)|有哪些|有什么|都有啥|发了什么|发了哪些|出了什么|出了哪些|公布了什么|公布了哪些|公开了什么|公开了哪些|在哪里?看|哪里?能看|哪里?有"
)
_RECENT: Final = re.compile(
    r"最近|近期|最新|新近|刚刚?[发出]|这几天|这两天|这阵子|本周|这周|这一周|本月|这个?月|上个?月|新发布|新出台|新出"
)
_FULL_YEAR: Final = re.compile(r"(?<!\d)(20[0-4]\d)(?!\d)(?:年度|年)?")
_SHORT_YEAR: Final = re.compile(r"(?<!\d)([0-4]\d)年(?:度)?(?!龄)")
_SAID_YEAR: Final = (("今年", 0), ("本年度", 0), ("去年", -1), ("上年度", -1), ("前年", -2), ("明年", 1))
_NUMBER: Final = re.compile(r"([\u4e00-\u9fff]{1,8}?) ?[〔\[【(（]?(20[0-4]\d)[〕\]】)）]? ?第?(\d{1,4})号")
_PADDING: Final = re.compile(
    r"请问|请|您好|你好|麻烦|劳驾|帮我|帮忙|给我|发给我|我想|我要|想要|想|要|一下|有关|关于|相关|方面|以来|发布|出台|印发|下发|公布|公开|发的|出的|"
    r"发了|出了|所有|全部|都|一些|哪些|什么|有没有|吗|呢|呀|吧|啊|的|了|和|与|及|里|我们|咱们|区里|本区|全区|一份|一个|几个|几份|有|是|发"
)
ELSEWHERE: Final = frozenset({
    "计划", "规划", "意见", "决定", "报告", "采购", "招标", "规定", "办法", "清单", "标准文件", "方案", "名单", "通知", "公告", "公示", "文", "政策", "信息",
    "内容", "消息",
})  # fmt: skip
"""Words that begin or fill other words too (计划生育, 公告栏): a document's name only where the words end or part."""
_SPACES: Final = re.compile(r"[\s,，。.、;；:：!！?？“”\"'《》<>·\-—_/|]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """A unit or a column: its name in the pages, and what people say for it."""

    name: str
    said: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Sought:
    """What somebody looks for. Empty fields do not limit it."""

    unit: str = ""
    category: str = ""
    year: int = 0
    number: str = ""
    """The year and the number of a 文号 as they are printed: 〔2026〕12号."""
    words: tuple[str, ...] = ()
    """Each must stand in the title or, failing that, in the text."""
    recent: bool = False

    @property
    def told(self) -> str:
        """What was understood: 区教育局、2026年、预算."""
        parts = (self.unit, self.category, f"{self.year}年" if self.year else "", self.number, *self.words)
        return "、".join(part for part in parts if part)


def sayings(name: str, short: str = "") -> tuple[str, ...]:
    """What people say for a unit: without 区 or 县 before it, a branch office (分局) as a 局."""
    found = dict.fromkeys(each for each in (name, short) if each)
    for each in tuple(found):
        plain = each.removeprefix("区").removeprefix("县")
        found |= dict.fromkeys(one for one in (plain, plain.replace("分局", "局")) if len(one) >= 3)
    return tuple(found)


def may_seek(text: str) -> bool:
    """Whether it is worth reading the catalogue for this: cheap, and never wrong by saying no."""
    words = _plain(text)
    if not 2 <= len(words) <= LONGEST or _ASKING.search(words):
        return False
    return bool(
        _NUMBER.search(words)
        or _document(words)
        or _LOOKING.search(words)
        or _RECENT.search(words)
        or _year(words, 2000)[0]
    )


def read(text: str, *, units: Sequence[Named], categories: Sequence[Named], today: date) -> Sought | None:
    """What is sought; None when the words do not look for documents."""
    if not may_seek(text):
        return None
    words = _plain(text)
    if found := _NUMBER.search(words):
        return Sought(number=f"〔{found[2]}〕{int(found[3])}号", words=_issuer(found[1]))
    unit, rest = _taken(words, units)
    looking, recent = bool(_LOOKING.search(rest)), bool(_RECENT.search(rest))
    rest = _RECENT.sub(" ", _LOOKING.sub(" ", rest))
    year, rest = _year(rest, today.year)
    category, rest = _taken(rest, categories)
    document = _document(rest)
    if document and document in GENERIC:
        rest = rest.replace(document, " ")
    elif document:
        rest = rest.replace(document, f" {document} ")
    subject = tuple(part for part in _SPACES.split(_PADDING.sub(" ", rest)) if part and part not in "查找搜看")
    named = bool(document or category)
    topic = [part for part in subject if part != document]
    whole = bool(category) and any(one in category for one in TYPED)
    # A unit, a year or “最近” alone says little; two of them together with nothing else are a search.
    hints = sum((bool(unit), bool(year), recent, named, looking))
    about = sum((bool(unit), bool(year), recent and bool(unit or named), named and bool(topic), bool(category)))
    if hints < (1 if (named and topic) or whole else 2) or not about:
        return None
    if not named and ((subject and not (looking or recent or (unit and year))) or not (unit or year)):
        return None
    if (
        len(subject) > MOST_WORDS
        or sum(map(len, subject)) > LONGEST_SUBJECT
        or any(len(one) == 1 and not one.isascii() for one in subject)
    ):
        return None
    return Sought(unit=unit, category=category, year=year, words=subject, recent=recent)


def _plain(text: str) -> str:
    return _SPACES.sub(" ", unicodedata.normalize("NFKC", text)).strip().lower()


def _document(words: str) -> str:
    """The longest name of a document; of equals the last one, since the kind stands at the end."""
    found = [(len(one), words.rfind(one), one) for one in (*TYPED, *GENERIC) if one in words]
    found = [each for each in found if each[2] not in ELSEWHERE or _ends(words, each[2])]
    return max(found)[2] if found else ""


def _ends(words: str, name: str) -> bool:
    """Whether the words end, or part, behind a document's name."""
    after = _PADDING.sub(" ", _LOOKING.sub(" ", words[words.rfind(name) + len(name) :]))
    return not after or after.startswith((" ", "20", "文件"))


def _taken(words: str, named: Sequence[Named]) -> tuple[str, str]:
    """The one that is named by its longest saying, and the words without it."""
    found = [
        (len(said), one.name, said)
        for one in named
        for said in (one.name, *one.said)
        if len(said) >= 2 and said in words
    ]
    if not found:
        return "", words
    _, name, said = max(found)
    return name, words.replace(said, " ", 1)


def _year(words: str, this_year: int) -> tuple[int, str]:
    if found := _FULL_YEAR.search(words):
        return int(found[1]), words[: found.start()] + " " + words[found.end() :]
    if found := _SHORT_YEAR.search(words):
        return 2000 + int(found[1]), words[: found.start()] + " " + words[found.end() :]
    for said, away in _SAID_YEAR:
        if said in words:
            return this_year + away, words.replace(said, " ", 1)
    return 0, words


def _issuer(before: str) -> tuple[str, ...]:
    """The letters of a 文号 before its year (明政发), without the words that lead up to it."""
    letters = re.sub("^(?:请问|请|麻烦|帮我|我要|我想|想要|有没有|的)+", "", _LOOKING.sub("", before))
    return (letters,) if len(letters) >= 2 else ()
