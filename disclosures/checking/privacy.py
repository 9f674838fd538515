"""Personal data in what is about to be public, beyond the numbers of ``disclosures.personal``. Pure.

Numbers are certain enough to stop a text; names, homes and number plates are told only, because lists of results hold
them lawfully. A mask is offered for each, and applied by a person only.
"""

import re
from collections.abc import Iterator
from typing import Final

from disclosures import personal
from disclosures.checking.structure import Structure
from disclosures.findings import Finding, block, warn

_SURNAMES: Final = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范金石廖贾夏韦付方"
    "白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤温康施文牛樊葛邢安齐易乔伍庞颜倪庄聂章鲁岳翟殷詹申欧耿关兰焦俞左柳甘祝"
)
_NAME: Final = rf"(?:欧阳|上官|司马|诸葛|[{_SURNAMES}])[一-鿿]{{1,2}}"
_PHONE: Final = re.compile(
    r"(?:家庭|住宅|宅|家长|监护人|本人|个人)(?:联系)?(?:电话|电)[：: ]*(?:\d{3,4}[- ]?)?(\d{7,8})(?!\d)"
)
_PASSPORT: Final = re.compile(r"护照[^，。；\n]{0,12}?(?<![A-Za-z0-9])([EGDSPK][A-Z]?\d{7,8})(?!\d)")
_PLATE: Final = re.compile(
    r"(?<![一-鿿A-Za-z])?([京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼][A-HJ-NP-Z][· •]?(?=[A-HJ-NP-Z0-9]*\d)[A-HJ-NP-Z0-9]{5,6})(?![A-Za-z0-9])"
)
_ADDRESS: Final = re.compile(
    r"[一-鿿A-Za-z0-9]{1,12}(?:小区|花园|家园|公寓|新村|嘉园|名苑|苑|府|城|里|庄|村|社区)[一-鿿A-Za-z0-9]{0,6}?"
    r"((?:\d{1,3}|[A-Z])(?:号楼|栋|幢|座|组团|组)?[-—－]?(?:\d{1,2}(?:单元|门)?[-—－]?)?\d{3,4}(?:室|户|号房|房)|"
    r"(?:\d{1,3}|[A-Z])(?:号楼|栋|幢|座)(?:\d{1,2}单元)?\d{1,4}(?:室|户|号|房)?)"
)
_MINOR: Final = re.compile(
    rf"(?:学生|幼儿|儿童|未成年人|小学生|中学生|初中生|少年|孤儿|留守儿童|适龄儿童)(?:姓名)?[：: ]?({_NAME})(?=[、，,。；（(\s：:]|同学|$|等|（|荣获|获)"
)
_MINOR_HEAD: Final = re.compile("学生|幼儿|儿童|未成年|年级|班级|就读|学籍|监护人|家长")
_NAME_HEAD: Final = re.compile("^(?:学生|幼儿|儿童)?姓名$|^学生$|^幼儿$")
_WHOLE_NAME: Final = re.compile(rf"^{_NAME}$")

KINDS: Final = {
    personal.Kind.IDENTITY: "private.identity",
    personal.Kind.MOBILE: "private.mobile",
    personal.Kind.BANK_CARD: "private.card",
}


def find(field: str, text: str) -> Iterator[Finding]:
    """Each datum of one field, masked."""
    for datum in personal.find(text):
        name = personal.KIND_NAMES[datum.kind]
        message, rule = f"含有疑似{name} {datum.masked}。", KINDS[datum.kind]
        if datum.kind is personal.Kind.MOBILE:
            yield warn(
                field, message, "如非对外公布的办公联系电话，请删除或遮盖。", rule=rule, quote=datum.masked, start=datum.start,
                mask=datum.masked,
            )  # fmt: skip
        else:
            yield block(
                field, message, f"请遮盖为 {datum.masked}；依法须公开的，送审时写明理由。", overridable=True, rule=rule,
                quote=datum.masked, start=datum.start, mask=datum.masked,
            )  # fmt: skip
    yield from others(field, text)


def others(field: str, text: str) -> Iterator[Finding]:
    """What ``disclosures.personal`` does not know: it masks for logs, where an office's telephone must stay."""
    for start, _, rule, name, masked in spans(text):
        message = f"含有疑似{name} {masked}。"
        if rule == "private.passport":
            yield block(
                field, message, f"请遮盖为 {masked}；依法须公开的，送审时写明理由。", overridable=True, rule=rule, quote=masked,
                start=start, mask=masked,
            )  # fmt: skip
        else:
            yield warn(
                field,
                message,
                "请核对是否必须公开；不必的，请删除或遮盖。",
                rule=rule,
                quote=masked,
                start=start,
                mask=masked,
            )


def spans(text: str) -> Iterator[tuple[int, int, str, str, str]]:
    """(start, end, rule, what it is, masked) of each datum that is no number of ``personal.find``."""
    for found in _PASSPORT.finditer(text):
        yield *found.span(1), "private.passport", "护照号", f"{found[1][:2]}{'*' * (len(found[1]) - 4)}{found[1][-2:]}"
    for found in _PHONE.finditer(text):
        yield *found.span(1), "private.phone", "住宅电话", f"{found[1][:3]}****{found[1][-1:]}"
    for found in _PLATE.finditer(text):
        yield *found.span(1), "private.plate", "车牌号", f"{found[1][:2]}***{found[1][-2:]}"
    for found in _ADDRESS.finditer(text):
        yield *found.span(1), "private.address", "住址门牌", re.sub(r"[0-9A-Z]", "*", found[1])
    for found in _MINOR.finditer(text):
        yield *found.span(1), "private.minor", "未成年人姓名", _veiled(found[1])


def in_tables(structure: Structure) -> Iterator[Finding]:
    """Lists of pupils with their full names: one finding a table."""
    for table in structure.tables:
        if not table.rows or not any(_MINOR_HEAD.search(head) for head in (*table.rows[0], table.caption)):
            continue
        columns = [place for place, head in enumerate(table.rows[0]) if _NAME_HEAD.match(head.replace(" ", ""))]
        names = [
            row[place]
            for place in columns
            for row in table.rows[1:]
            if place < len(row) and _WHOLE_NAME.match(row[place])
        ]
        if names:
            yield warn(
                "body", f"表格中有 {len(names)} 个疑似未成年人的完整姓名，如 {_veiled(names[0])}。", "请核对法律依据；公示的，只留姓或以“李某某”代替。",
                rule="private.minor", quote=_veiled(names[0]),
            )  # fmt: skip


def masked_text(text: str, mask: str) -> str:
    """The text with each datum whose mask is ``mask`` replaced by it; unchanged when there is none."""
    found = [(datum.start, datum.end) for datum in personal.find(text) if datum.masked == mask]
    found += [(start, end) for start, end, _, _, masked in spans(text) if masked == mask]
    for start, end in sorted(found, reverse=True):
        text = text[:start] + mask + text[end:]
    return text


def _veiled(name: str) -> str:
    return name[0] + "*" * (len(name) - 1)
