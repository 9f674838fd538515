"""The words of every reply. Pure.

An answer is the approved text, word for word, cut into pages where a channel is too narrow; around it stand only its
source and its validity. The verdict or the answer comes first, then 依据、单位、日期、有效性、链接.
"""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from bot.clarifying import clarification_pages
from bot.cutting import cut
from bot.measure import Measure
from bot.memory import Option
from bot.office import Office
from knowledge.entry import IN_FORCE, Entry, EntryKind

MORE_MARK: Final = "\n……（后文请回复“更多”）"
MORE_LINK: Final = "\n……（全文见下方链接，或回复“更多”）"
TITLE_SHOWN: Final = 60
FIELD_SHOWN: Final = 80
TAKEN_BACK: Final = "已撤回"
REPLACED: Final = "已更正"
DISPENSABLE: Final = ("咨询电话", "单位", "发文机关", "日期", "公布日期", "成文日期", "依据", "链接")
"""Which line of the basis goes first when there is no room; the validity always stays."""
CORRECTED: Final = "【已更正】以下是{day}更正后的内容，替代此前发布的版本。"
WITHDRAWN: Final = "您询问的{title}已于{day}撤回，原内容不再有效，请勿引用或转发。"
SUPERSEDED: Final = "您询问的{title}已于{day}更正，原内容不再有效，请以更正后的为准。"
NOT_IN_FORCE: Final = "【{validity}】本文件已{validity}，以下内容仅供查阅，不再作为办理依据。"
CHANGED: Final = "【已修改】本文件已有修改，请以最新版本为准。"
HOTLINE: Final = "12345"


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """What an answer rests on, as the API and the web chat show it."""

    title: str
    document_number: str
    unit: str
    date: str
    """ISO 8601; empty when unknown."""
    validity: str
    url: str


def source_of(entry: Entry) -> Source:
    day = _day_of(entry)
    return Source(
        title=entry.source or (entry.evidence if entry.kind is EntryKind.rumour else "") or entry.title, document_number=entry.document_number, unit=entry.issuer or entry.unit,
        date=day.isoformat() if day else "", validity=_validity(entry),
        url=entry.source_url,
    )  # fmt: skip


def _validity(entry: Entry) -> str:
    if entry.withdrawn:
        return REPLACED if entry.superseded else TAKEN_BACK
    return entry.validity


def _day_of(entry: Entry) -> date | None:
    """The day a citizen cites: of a document when it was made (成文日期), of a clarification when it was given."""
    if entry.kind is EntryKind.rumour:
        return entry.published_on or entry.made_on
    return entry.made_on or entry.published_on


def digest(entry: Entry) -> str:
    """Marks the text that pages are cut from: when it changes, an old page number means nothing."""
    parts = "\0".join((entry.title, entry.body, entry.verdict, entry.validity))
    return hashlib.sha256(parts.encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """What stands around the answer, and the room that is left for it."""

    head: str
    body: str
    basis: str
    mark: str
    room: int

    def around(self, text: str) -> str:
        return _join(self.head, text, self.basis)


def answer_pages(entry: Entry, measure: Measure) -> tuple[str, ...]:
    """The answer in as many messages as the channel needs. The first has verdict, basis and link; every one fits."""
    if entry.kind is EntryKind.rumour and not entry.withdrawn:
        return clarification_pages(entry, measure)
    frame = frame_of(entry, measure)
    if measure.fits(frame.around(frame.body)):
        return (frame.around(frame.body),)
    first = cut(frame.body, frame.room, measure)
    pages, rest = [frame.around(first.rstrip() + frame.mark)], frame.body[len(first) :].lstrip()
    while rest:
        if measure.fits(rest):
            pages.append(rest)
            break
        part = cut(rest, measure.limit - measure.of(MORE_MARK), measure)
        pages.append(part.rstrip() + MORE_MARK)
        rest = rest[len(part) :].lstrip()
    return tuple(pages)


def frame_of(entry: Entry, measure: Measure) -> Frame:
    """What stands around an entry's answer on a channel."""
    head, body = _head(entry), _body(entry)
    lines = _basis(entry)
    basis = _block(lines)
    mark = MORE_LINK if entry.source_url else MORE_MARK
    if measure.fits(_join(head, body, basis)):
        return Frame(head=head, body=body, basis=basis, mark=mark, room=measure.of(body))
    for name in DISPENSABLE:
        # A long basis leaves too little room for the answer itself: the least important line goes first.
        if measure.of(_join(head, mark.strip(), basis)) > measure.limit * 2 // 3:
            lines.pop(name, None)
            basis = _block(lines)
    room = measure.limit - measure.of(_join(head, "", basis)) - measure.of("\n\n") - measure.of(mark)
    return Frame(head=head, body=body, basis=basis, mark=mark, room=room)


def _body(entry: Entry) -> str:
    """The approved text; of a withdrawn entry only that it was withdrawn, when, and what the public was told of it."""
    if not entry.withdrawn:
        return entry.body.strip() or entry.title.strip()
    title = entry.title.strip()
    named = title if title.startswith("《") else f"《{title}》"
    said = SUPERSEDED if entry.superseded else WITHDRAWN
    notice = said.format(title=_shown(named, TITLE_SHOWN), day=_day(entry.withdrawn_on))
    return notice if entry.superseded else _join(notice, f"公开说明：{entry.withdrawn_because.strip()}")


def _join(*parts: str) -> str:
    return "\n".join(part for part in parts if part)


def _head(entry: Entry) -> str:
    if entry.withdrawn:
        return ""
    warning = warning_of(entry)
    corrected = CORRECTED.format(day=_day(entry.corrected_on)) if entry.corrected_on else ""
    told = entry.withdrawn_because.strip() if warning else ""
    return _join(warning, f"公开说明：{_shown(told, FIELD_SHOWN)}" if told else "", corrected)


def warning_of(entry: Entry) -> str:
    """What must be said before a word of a text that is not in force as it stands; "" for one that is."""
    if not entry.in_force:
        return NOT_IN_FORCE.format(validity=entry.validity)
    return CHANGED if entry.validity == "已修改" else ""


def _basis(entry: Entry) -> dict[str, str]:
    """The lines below an answer, by their names."""
    if entry.withdrawn:
        told = {"单位": entry.issuer or entry.unit, "有效性": _validity(entry), "链接": entry.source_url}
        return {name: value for name, value in told.items() if value}
    said = [
        ("依据", _document(entry)),
        *_made_by_and_when(entry),
        ("有效性", entry.validity or IN_FORCE),
        ("咨询电话", _phone(entry)),
        ("链接", entry.source_url),
    ]
    return {name: value if name == "链接" else _shown(value, FIELD_SHOWN) for name, value in said if value.strip()}


def _document(entry: Entry) -> str:
    """The document's title and number; of an entry that names no source the title only where it is a policy's own."""
    title = entry.title.strip() if entry.kind is EntryKind.policy else ""
    source = entry.source or (title if title.startswith("《") or not title else f"《{title}》")
    number = "" if entry.document_number in source else entry.document_number
    return f"{source} {number}".strip()


def _made_by_and_when(entry: Entry) -> list[tuple[str, str]]:
    """Of a policy 发文机关 and 成文日期, each under that name only where it is known as that."""
    policy, day = entry.kind is EntryKind.policy, _day(_day_of(entry))
    unit = "发文机关" if policy and entry.issuer else "单位"
    dated = ("成文日期" if entry.made_on else "公布日期") if policy else "日期"
    return [(unit, entry.issuer or entry.unit), (dated, day)]


def _phone(entry: Entry) -> str:
    """The telephone; with its unit where another one than the unit above picks up (a law's issuer has no counter here)."""
    unit = entry.unit if entry.unit != (entry.issuer or entry.unit) else ""
    return f"{unit} {entry.phone}".strip() if entry.phone else ""


def _block(lines: dict[str, str]) -> str:
    return "".join(f"\n{name}：{value}" for name, value in lines.items())


def _day(day: date | None) -> str:
    return f"{day.year}年{day.month}月{day.day}日" if day else ""


def _shown(text: str, length: int) -> str:
    text = re.sub(r"\s+", " ", text).strip()
    return text if len(text) <= length else text[: length - 1] + "…"


def choice_text(options: Sequence[Option], minutes: int) -> str:
    """A numbered choice, with 都不是 as its last number and its expiry said."""
    lines = [f"{number}. {_shown(option.title, TITLE_SHOWN)}" for number, option in enumerate(options, 1)]
    asked = "您想了解的是哪一项？请回复数字：" if len(lines) > 1 else "您想了解的是这一项吗？请回复数字："
    return _join(asked, *lines, f"{len(options) + 1}. 都不是", f"（选项 {minutes} 分钟内有效）")


def rephrase_text(office: Office, *, rejected: bool, example: str) -> str:
    """The first time that nothing was found: other words."""
    begin = "抱歉，没有找到您要的内容。" if rejected else "暂时没有查到与您的问题相符的公开信息。"
    again = f"请换一种说法再问一次，尽量写明要办的事项和所在地，例如“{_shown(example, TITLE_SHOWN)}”。"
    return _join(f"{begin}{again}", f"也可直接咨询：{contact(office)}。")


def abuse_text(office: Office) -> str:
    """An answer to abuse: calm, with the way to a person."""
    return _join(
        "您的心情我们理解。请直接写明要办或者要反映的事，我来帮您查。",
        f"也可以联系工作人员：{contact(office)}，或者拨打 {HOTLINE}。",
    )


def hand_over_text(office: Office, unit: Office | None, *, kept: bool, closed: str = "") -> str:
    """The end of the machine's tries: a person with telephone and hours; never a loop. ``closed``: that nobody is there
    now, and from when on somebody is."""
    begin = "没有查到可以答复您的公开信息，已将您的问题记录，交由工作人员补充。" if kept else "您可以直接联系工作人员："
    lines = [f"{contact(unit)}"] if unit else []
    if unit is None or unit.name != office.name:
        lines.append(contact(office))
    return _join(begin, *lines, *([closed] if closed else []), f"也可拨打 {HOTLINE} 政务服务便民热线。")


def lapsed_text(entry: Entry) -> str:
    """What was asked for had an answer whose last day has passed; nothing of that answer is said."""
    about = "这条消息的核实情况" if entry.kind is EntryKind.rumour else f"“{_shown(entry.title, TITLE_SHOWN)}”的答复"
    whom = contact(Office(name=entry.unit, phone=entry.phone)) if entry.unit else ""
    latest = f"最新情况请咨询{whom}。" if whom else ""
    return f"{about}有效期到{_day(entry.valid_to)}为止，现已过期，不再据此答复。{latest}"


def not_said_text(aspect: str, office: Office) -> str:
    """A follow-up question that the published text does not answer."""
    return f"已公开的内容没有写明{aspect}，您的问题已经记录。请直接咨询：{contact(office)}。"


def contact(office: Office) -> str:
    """An office with what is known of its telephone and hours."""
    parts = [part for part in (f"电话 {office.phone}" if office.phone else "", office.hours) if part]
    return f"{office.name}（{'，'.join(parts)}）" if parts else office.name


def _examples(examples: Sequence[str]) -> list[str]:
    return [f"· {_shown(example, TITLE_SHOWN)}" for example in examples[:3]]


def help_text(examples: Sequence[str], *, english: Office | None = None) -> str:
    """For greetings and nonsense: short, with real questions; to an English greeting with whom to call, in English."""
    hello = "您好，我可以查询已公开的政策、办事和辟谣信息。请直接输入您的问题，例如："
    return _join(hello, *_examples(examples), *([_in_english(english)] if english is not None else []))


def welcome_text(name: str, examples: Sequence[str]) -> str:
    """For a new follower: what can be asked, shown by three real questions."""
    head, tail = welcome_around(name)
    return _join(head, *_examples(examples), tail)


def welcome_around(name: str) -> tuple[str, str]:
    """What stands above and below the three questions of the welcome."""
    return (
        f"欢迎关注{name}。政策怎么规定、事情怎么办、消息真不真，都可以直接问我，例如：",
        "看到不确定的消息，整段转发过来即可核实。答复均出自已公开的信息，并注明依据。",
    )


def english_text(office: Office) -> str:
    """For whoever writes English: what this account can do and whom to call; nothing is translated or invented."""
    return _join(_in_english(office), f"您好，本账号用中文回答问题；需要人工帮助请拨打 {office.phone or HOTLINE}。")


def _in_english(office: Office) -> str:
    whom = f"{office.phone} or {HOTLINE}" if office.phone else HOTLINE
    return (
        "Hello. This account answers in Chinese only, from published government information. "
        f"Please type your question in Chinese, or call {whom} (government service hotline)."
    )


def expired_text(examples: Sequence[str]) -> str:
    return _join("上次的选项已过期，请重新输入您的问题，例如：", *_examples(examples))


def menu_changed_text(examples: Sequence[str]) -> str:
    """For a button of an older menu, which a phone still shows."""
    return _join("这个菜单按钮已经更新。请直接输入您的问题，例如：", *_examples(examples))


def changed_text() -> str:
    return "您选的内容刚刚有更新，请重新输入您的问题。"


TOO_MANY_TEXT: Final = "您发送得太快了，请过一分钟再试。您的话已经收到；紧急情况请直接拨打电话。"
THANKS_TEXT: Final = "不客气。还有其他问题，请直接输入。"
NO_MORE_TEXT: Final = "没有后文了。还有其他问题，请直接输入。"
LATE_NOTICE: Final = "正在查询，请稍候回复“1”查看答复（10 分钟内有效）。"
LATE_BEGIN_TEXT: Final = "【您上次问题的答复】"
LATE_CHANGED_TEXT: Final = "您上次的问题，答复内容刚刚有更新，请再问一次。"
VOICE_TEXT: Final = "暂不能识别语音内容，也没有保存这段语音。请用一句话把问题打出来，例如“低保怎么申请”。"
IMAGE_TEXT: Final = "暂不能识别图片内容，请用一句话写明您想问的事；如需核实图片中的消息，请把其中的文字发过来。"
IMAGE_KEPT_TEXT: Final = "图片收到了，会保存 {days} 天，只给经办的工作人员看。" + IMAGE_TEXT
IMAGE_FULL_TEXT: Final = "您今天发来的图片已经很多，这一张没有保存。" + IMAGE_TEXT
VIDEO_TEXT: Final = "暂不能识别视频内容，也没有保存这段视频。请用一句话写明您想核实或咨询的内容。"
FILE_TEXT: Final = "文件打不开，也没有保存。请把其中要问、要核实的那段文字直接发过来。"
STICKER_TEXT: Final = "表情收到了。想问什么事，请用一句话写出来。"
CARD_TEXT: Final = "小程序打不开。请把您想问的事用一句话写出来，或者发来小程序里的那段文字。"
LOCATION_TEXT: Final = "已收到位置，但暂不能按位置查询。请写明所在乡镇、街道和要办的事项。"
HEARD_TEXT: Final = "您说的是：“{words}”"
LINK_TEXT: Final = "暂未查到与这个链接相符的信息。请把需要核实的那段文字直接发过来。"
UNKNOWN_TEXT: Final = "这类消息在这里看不到内容，请用文字输入您的问题。"


def fitted(text: str, measure: Measure) -> str:
    """The last guard: a text that is too long for the channel is cut on a character boundary."""
    return text if measure.fits(text) else cut(text, measure.limit, measure)
