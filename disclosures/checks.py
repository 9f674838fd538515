"""What the house itself asks of a text, whatever channel it goes to. Pure; a channel's own limits are its own checks."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from types import MappingProxyType

from disclosures import markup, personal
from disclosures.attachments import MOST_TEXT
from disclosures.content import Content
from disclosures.draft import DraftText
from disclosures.findings import Finding, block, warn

LONGEST_TITLE = 200
STAGES = ("决策", "执行", "管理", "服务", "结果")
"""五公开 (国办发〔2016〕80号)."""

_WEEKDAYS = {"一": 0, "二": 1, "三": 2, "四": 3, "五": 4, "六": 5, "日": 6, "天": 6}
_DATED_WEEKDAY = re.compile(
    r"(?:(\d{4})\s*年)?\s*(\d{1,2})\s*月\s*(\d{1,2})\s*日\s*[（(]?\s*(?:星期|周|礼拜)\s*([一二三四五六日天])(?![一-鿿]*期)"
)
_SECRECY_MARK = re.compile(
    r"(?:绝\s*密|机\s*密|秘\s*密)\s*[★☆]|[★☆]\s*\d+\s*[年月日]|[★☆]\s*长期|密\s*级\s*[:：]\s*(?:绝密|机密|秘密)"
)
_INTERNAL_MARK = re.compile(
    r"内部(?:资料|文件|材料)[，,、；;\s（(]*(?:注意保存|妥善保管|不得外传|请勿外传|严禁外传)|(?:请勿|不得|严禁)公开(?:传播|发布)|工作秘密[★☆:：]"
)
_INTERNAL_WORD = re.compile(r"内部资料|内部文件|仅供内部|工作秘密|不予公开")
_LOOSE_NUMBER = re.compile(
    r"[一-鿿]{2,12}(?:发|办|函|字|令|通|规|告|批|复)\s*[\[［【(（]\s*\d{4}\s*[\]］】)）]\s*\d+\s*号"
)
_DOCUMENT_NUMBER = re.compile(
    r"[^〔〕\[\]（）()【】]{1,40}〔\d{4}〕\d+号|[^\d]{0,20}第\s*\d+\s*号|[^\d]{0,20}令第?\d+号"
)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


def structure(draft: DraftText, *, today: date) -> tuple[Finding, ...]:
    """What must be right before a draft can be saved at all. ``today`` is the date in Shanghai."""
    return (*_title(draft.title), *_fields(draft), *_lengths(draft), *_formed_on(draft.formed_on, today))


def check(
    content: Content,
    *,
    today: date,
    same_number: Sequence[str] = (),
    unkept_pictures: int = 0,
    attached: Mapping[str, str] = MappingProxyType({}),
) -> tuple[Finding, ...]:
    """What must be mended (block) or looked at (warn) before the text is submitted for review. ``same_number``: titles
    of other disclosures with the same 文号; ``unkept_pictures``: pictures of the author's body that were left out;
    ``attached``: the text of each attachment by its file name."""
    body = markup.plain_text(content.body_html)
    texts = {
        "title": content.title,
        "body": body,
        "summary": content.summary,
        **{f"particulars.{each.name}": each.value for each in content.particulars},
        "wechat.title": content.wechat.title,
        "wechat.digest": content.wechat.digest,
        "weibo.text": content.weibo.text,
        "attachments": "\n".join(f"{file.title} {file.file_name}" for file in content.attachments),
    }
    return (
        *_title(content.title),
        *_body(content, body, unkept_pictures),
        *_formed_on(content.formed_on, today),
        *_numbers(content, body, same_number),
        *(finding for field, text in texts.items() for finding in _dates(field, text, content.formed_on)),
        *_once(finding for field, text in texts.items() for finding in _privacy(field, text)),
        *_once(finding for field, text in texts.items() for finding in _secrecy(field, text)),
        *(finding for name, text in attached.items() for finding in _attachment(name, text)),
    )


def _title(title: str) -> Iterator[Finding]:
    if not title.strip():
        yield block("title", "标题不能为空。", "请填写标题。")
    if len(title.strip()) > LONGEST_TITLE:
        yield block("title", f"标题有 {len(title.strip())} 个字符，超过 {LONGEST_TITLE} 个字符。", "请精简标题。")
    if len(title.strip().splitlines()) > 1 or _CONTROL.search(title):
        yield block("title", "标题不能换行，也不能含有不可见的控制字符。", "请将标题改为一行。")


def _fields(draft: DraftText) -> Iterator[Finding]:
    if draft.body_format not in {"markdown", "html"}:
        yield block("body_format", "正文格式只能是 markdown 或 html。", "请改正正文格式。")
    if not draft.body.strip():
        yield block("body", "正文不能为空。", "请填写正文。")
    if not draft.department.strip():
        yield block("department", "未选择发布机构。", "请选择发布机构。")
    if not draft.category.strip():
        yield block("category", "未选择公开目录栏目。", "请选择栏目。")
    if draft.stage and draft.stage not in STAGES:
        yield block("stage", f"“五公开”环节只能是{'、'.join(STAGES)}之一，或留空。", "请重新选择。")
    if draft.wechat.mode not in {"publish", "mass"}:
        yield block("wechat.mode", "微信发布方式只能是 publish（发布）或 mass（群发）。", "请重新选择。")


def _lengths(draft: DraftText) -> Iterator[Finding]:
    limits = {
        "document_number": ("文号", draft.document_number, 100),
        "summary": ("内容概述", draft.summary, 500),
        "source": ("信息来源", draft.source, 100),
        "wechat.title": ("微信标题", draft.wechat.title, LONGEST_TITLE),
        "wechat.author": ("微信作者", draft.wechat.author, 100),
        "wechat.digest": ("微信摘要", draft.wechat.digest, 1000),
        "weibo.text": ("微博文字", draft.weibo.text, 5000),
    }
    for field, (name, text, most) in limits.items():
        if len(text) > most:
            yield block(field, f"{name}超过 {most} 个字符。", f"请精简{name}。")
        if _CONTROL.search(text):
            yield block(field, f"{name}含有不可见的控制字符。", "请删除后重新输入。")
    if len(draft.keywords) > 20 or any(len(word) > 30 for word in draft.keywords):
        yield block("keywords", "关键词最多 20 个，每个不超过 30 个字符。", "请精简关键词。")
    if len(draft.attachments) > 50:
        yield block("attachments", "附件最多 50 个。", "请合并附件。")


def _formed_on(formed_on: date, today: date) -> Iterator[Finding]:
    if formed_on > today:
        yield block("formed_on", f"成文日期 {formed_on.isoformat()} 晚于今天。", "请核对成文日期。")
    if formed_on.year < 1949:
        yield block("formed_on", f"成文日期 {formed_on.isoformat()} 过早。", "请核对成文日期。")


def _body(content: Content, body: str, unkept_pictures: int) -> Iterator[Finding]:
    if not body.strip() and not content.pictures:
        yield block("body", "正文不能为空。", "请填写正文。")
    elif not body.strip():
        yield block("body", "正文只有图片，没有文字。", "请补充与图片内容等同的文字，方便视障群众阅读。")
    missing = sum(1 for _, alt in markup.pictures(content.body_html) if not alt.strip())
    if missing:
        yield block("body", f"有 {missing} 张图片没有替代文字。", "请为每张图片填写替代文字（说明图片内容）。")
    if unkept_pictures:
        yield warn("body", f"有 {unkept_pictures} 张站外图片没有收录。", "请先上传图片，再插入正文。")
    if any(not file.title.strip() for file in content.attachments):
        yield warn("attachments", "有附件没有填写标题。", "请填写附件标题，便于群众辨认。")


def _numbers(content: Content, body: str, same_number: Sequence[str]) -> Iterator[Finding]:
    number = content.document_number
    if number and not _DOCUMENT_NUMBER.fullmatch(number):
        yield warn("document_number", f"文号“{number}”不是常见写法。", "规范写法如“国办发〔2017〕47号”。")
    if same_number:
        titles = "、".join(f"《{title}》" for title in same_number[:3])
        yield warn("document_number", f"文号“{number}”已用于{titles}。", "请核对是否重复公开；更正请在原信息上修改。")
    if found := _LOOSE_NUMBER.search(body):
        yield warn("body", f"正文中的文号“{found.group()}”未使用六角括号。", "年份请用〔〕，如〔2026〕。")


def _dates(field: str, text: str, formed_on: date) -> Iterator[Finding]:
    for found in _DATED_WEEKDAY.finditer(text):
        years = [int(found[1])] if found[1] else [formed_on.year, formed_on.year + 1]
        said, written = _WEEKDAYS[found[4]], found.group().strip("（( ")
        days = [day for year in years if (day := _day(year, int(found[2]), int(found[3])))]
        if not days:
            yield warn(field, f"“{written}”中的日期不存在。", "请核对日期。")
        elif all(day.weekday() != said for day in days):
            right = "一二三四五六日"[days[0].weekday()]
            yield warn(field, f"“{written}”与日历不符：{days[0].year}年该日是星期{right}。", "请核对日期和星期。")


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _privacy(field: str, text: str) -> Iterator[Finding]:
    for datum in personal.find(text):
        name = personal.KIND_NAMES[datum.kind]
        message = f"含有疑似{name} {datum.masked}。"
        if datum.kind is personal.Kind.MOBILE:
            yield warn(field, message, "如非对外公布的办公联系电话，请删除或遮盖。")
        else:
            yield block(field, message, f"请遮盖为 {datum.masked}；依法须公开的，送审时写明理由。", overridable=True)


def _secrecy(field: str, text: str) -> Iterator[Finding]:
    if found := _SECRECY_MARK.search(text):
        yield block(field, f"含有密级标志“{found.group()}”。", "涉密内容不得上网，请立即停止办理并报告保密工作机构。")
    elif found := _INTERNAL_MARK.search(text):
        yield block(
            field, f"含有内部资料标志“{found.group()}”。", "请核对是否可以公开；确可公开的，送审时写明理由。",
            overridable=True,
        )  # fmt: skip
    elif found := _INTERNAL_WORD.search(text):
        yield warn(field, f"出现“{found.group()}”字样。", "请核对该内容是否可以公开。")


def _attachment(name: str, text: str) -> Iterator[Finding]:
    """Attachments are full lists as a rule, so each attachment gets one finding of a kind, with the number of places."""
    found = personal.find(text)
    data = [datum for datum in found if datum.kind is not personal.Kind.MOBILE]
    if data:
        kinds = "、".join(dict.fromkeys(personal.KIND_NAMES[datum.kind] for datum in data))
        yield block(
            "attachments", f"附件“{name}”含有 {len(data)} 处疑似{kinds}，如 {data[0].masked}。",
            "请遮盖后重新上传；依法须公开的，送审时写明理由。", overridable=True,
        )  # fmt: skip
    if mobiles := [datum for datum in found if datum.kind is personal.Kind.MOBILE]:
        yield warn(
            "attachments", f"附件“{name}”含有 {len(mobiles)} 处疑似手机号码。", "如非办公联系电话，请遮盖后重新上传。"
        )
    if len(text) >= MOST_TEXT:
        yield warn("attachments", f"附件“{name}”过长，只检查了前面的部分。", "请人工核对其余部分。")
    for finding in _secrecy("attachments", text):
        yield replace(finding, message=f"附件“{name}”{finding.message}")


def _once(findings: Iterator[Finding]) -> Iterator[Finding]:
    yield from dict.fromkeys(findings)
