"""The words of a clarification: the verdict first, what it rests on, and the rumour in as few words as it takes. Pure.

A refutation that repeats the rumour spreads it. So the claim stands behind its verdict, cut to a short line; 依据, unit and
time follow in the second, so that a forwarded picture of the first two lines says everything that matters.
"""

import re
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from bot.cutting import cut
from bot.measure import Measure
from bot.verdict import short_claim, verdict_mark
from knowledge.entry import IN_FORCE, Entry

SHANGHAI: Final = ZoneInfo("Asia/Shanghai")
SHOWN: Final = 200
"""Characters of the approved text in the first message; the rest comes with “更多”."""
FORWARD: Final = 200
"""Characters of the text for a family group, with its link."""
LINK: Final = 110
"""A longer address would leave no room for the words: then the account is named instead."""
FIELD: Final = 60
FIELD_NARROW: Final = 20
NARROW: Final = 600
QUOTED: Final = 24
"""Characters of his own question that somebody is reminded of."""
MORE: Final = "\n……（后文请回复“更多”）"
CHARACTERS: Final = Measure(limit=SHOWN, unit="characters")
FORWARD_HINT: Final = "回复“转发”，可得到适合发到家庭群的短文。"
TELL_HINT: Final = "回复“告诉我”，核实清楚后通知您。"
FORWARD_WORD: Final = "转发"
TELL_WORD: Final = "告诉我"
CHECK_WORD: Final = "核实"


def clarification_pages(entry: Entry, measure: Measure, *, due: str = "") -> tuple[str, ...]:
    """The clarification in as many messages as it takes; every one fits. ``due`` is the sentence by when a claim that is
    核实中 is settled (see ``due_text``)."""
    narrow = measure.limit < NARROW
    claim = f"{verdict_mark(entry)}{short_claim(entry.title)}"
    head = _lines(claim, _basis(entry, FIELD_NARROW if narrow else FIELD), due)
    body = entry.body.strip() or "请以官方发布为准。"
    tail = _tail(entry, room=measure.limit * 2 // 3 - measure.of(head), measure=measure)
    room = measure.limit - measure.of(f"{head}\n{MORE}{tail}")
    first = _beginning(body, room, measure)
    rest = body[len(first) :].lstrip()
    if not rest:
        return (f"{head}\n{first}{tail}",)
    pages = [f"{head}\n{first.rstrip()}{MORE}{tail}"]
    while rest:
        part = rest if measure.fits(rest) else cut(rest, measure.limit - measure.of(MORE), measure)
        rest = rest[len(part) :].lstrip()
        pages.append(part.rstrip() + (MORE if rest else ""))
    return tuple(pages)


def hinted(page: str, entry: Entry, measure: Measure) -> str:
    """A clarification with the word that leads on below it, where there is room for it."""
    said = f"{page}\n\n{TELL_HINT if entry.under_check else FORWARD_HINT}"
    return said if measure.fits(said) else page


def forward_text(entry: Entry, *, account: str) -> str:
    """The clarification for the family group: plain text of at most FORWARD characters that leads back to the source."""
    lead = f"{verdict_mark(entry)}{short_claim(entry.title)}\n"
    by = "，".join(part for part in (entry.issuer or entry.unit, _day(entry)) if part)
    by = f"{by}{'：' if entry.under_check else '核实：'}" if by else ""
    linked = entry.source_url if 0 < len(entry.source_url) <= LINK else ""
    tail = f"\n官方链接：{linked}" if linked else f"\n来源：{account[:40]}"
    room = FORWARD - len(f"{lead}{by}{tail}")
    body = entry.body.strip() or "请以官方发布为准，不信谣、不传谣。"
    return f"{lead}{by}{_beginning(body, room, CHARACTERS).rstrip()}{tail}"


def notice_text(entry: Entry, *, asked: str, asked_at: datetime) -> str:
    """What somebody who asked is told when his question has its answer."""
    quoted = asked if len(asked) <= QUOTED else f"{asked[: QUOTED - 1]}…"
    quoted = re.sub(r"\s+", " ", quoted)
    day = asked_at.astimezone(SHANGHAI)
    by = "，".join(part for part in (entry.issuer or entry.unit, _day(entry)) if part)
    linked = f"\n链接：{entry.source_url}" if 0 < len(entry.source_url) <= LINK else ""
    return _lines(
        f"您{day.month}月{day.day}日问的“{quoted}”，已有结果：",
        f"{verdict_mark(entry)}{short_claim(entry.title)}{f'（{by}）' if by else ''}{linked}",
    )


def due_text(due: datetime, now: datetime) -> str:
    """By when a claim that is being checked gets its answer."""
    if due <= now:
        return "核实尚未结束，有结果立即公布，请稍后再来询问。"
    return f"最迟{moment(due)}前公布核实结果。"


def moment(when: datetime) -> str:
    """A moment as it is said: the day and the hour, in Shanghai."""
    local = when.astimezone(SHANGHAI)
    return f"{local.month:02d}月{local.day:02d}日{local.hour:02d}时{local.minute:02d}分"


def offer_text(hotline: str, office: str, *, noted: bool) -> str:
    """Nothing is known of a rumour: that somebody asked is ``noted``, and he may have it checked."""
    note = "，已记下有人询问（不含您的身份信息）" if noted else ""
    return _lines(
        f"暂时没有查到这条消息的核实结论{note}。在权威发布之前，请不要转发。",
        f"想请工作人员核实，请回复“{CHECK_WORD}”。" if noted else "",
        f"着急的，可以拨打 {hotline}，或咨询：{office}。",
    )


def consent_text(office: str, *, hours: int) -> str:
    """Before a report is handed in: what is handed in, who reads it, by when, and that he need not."""
    return _lines(
        "提交之前请您确认：",
        "· 内容：您发来的这段文字，其中的手机号、身份证号等已遮盖",
        f"· 谁会看到：{office}和负责核实的单位，只用于核实",
        f"· 何时答复：最迟 {hours} 小时；有了结果，我们主动发给您，或在您下次来问时先告诉您",
        "· 为了通知您，会保存您在本平台的编号，通知之后即删除",
        "同意请回复“同意”；不提交请回复“不用”，不影响您继续查询。",
    )


def receipt_text(number: int | None, due: datetime | None) -> str:
    """The report is in."""
    numbered = f"，编号 {number}" if number is not None else ""
    until = f"最迟{moment(due)}前答复。" if due is not None else ""
    return _lines(
        f"已提交核实{numbered}。{until}",
        "有了结果会告诉您。在此之前，请不要转发这条消息。",
    )


DECLINED_TEXT: Final = "好的，没有提交。还有其他问题，请直接输入。"
NOTHING_TO_FORWARD_TEXT: Final = "请先发来要核实的消息，有了结论，再回复“转发”取得短文。"


def _beginning(body: str, room: int, measure: Measure) -> str:
    """The beginning of a text: no more than SHOWN characters, and no more than there is room for."""
    part = cut(body, SHOWN, CHARACTERS) if len(body) > SHOWN else body
    return part if measure.of(part) <= room else cut(part, max(room, 1), measure)


def _basis(entry: Entry, length: int) -> str:
    day, unit = _day(entry), entry.issuer or entry.unit
    if entry.under_check:
        said = [("核实单位", unit), ("受理时间", day)]
    else:
        said = [("依据", entry.evidence or entry.document_number or entry.source), ("发布单位", unit), ("时间", day)]
    return "　".join(f"{name}：{_shown(value, length)}" for name, value in said if value)


def _tail(entry: Entry, *, room: int, measure: Measure) -> str:
    """The lines below the text; the telephone, then the link goes where they would leave too little room for it."""
    said = {
        "有效性": "" if entry.validity == IN_FORCE else entry.validity, "咨询电话": _shown(_phone(entry), FIELD),
        "链接": entry.source_url,
    }  # fmt: skip
    for dispensable in ("咨询电话", "链接", ""):
        lines = "".join(f"\n{name}：{value}" for name, value in said.items() if value.strip())
        if not lines or measure.of(f"\n{lines}") <= room:
            break
        said.pop(dispensable, None)
    return f"\n{lines}" if lines else ""


def _phone(entry: Entry) -> str:
    """The telephone; with its unit where another one than the unit above picks up."""
    unit = entry.unit if entry.unit != (entry.issuer or entry.unit) else ""
    return f"{unit} {entry.phone}".strip() if entry.phone else ""


def _day(entry: Entry) -> str:
    day = entry.published_on or entry.made_on
    return f"{day.year}年{day.month}月{day.day}日" if day else ""


def _shown(text: str, length: int) -> str:
    text = re.sub(r"\s+", " ", text).strip()
    return text if len(text) <= length else text[: length - 1] + "…"


def _lines(*parts: str) -> str:
    return "\n".join(part for part in parts if part)
