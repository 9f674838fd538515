"""The words about a case: the offer of a person, the receipt, how it stands, what a person answers, and what is asked afterwards.
Pure."""

from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from bot.wording import HOTLINE
from casework.case import REASONS, SCORES, Case, Line, State
from casework.promise import Promise

SHANGHAI: Final = ZoneInfo("Asia/Shanghai")
_WEEKDAYS: Final = "一二三四五六日"

WORD: Final = "登记"
"""What a citizen says to have a case opened."""
BACK_WORD: Final = "机器人"
PROGRESS_WORD: Final = "进度"
MESSAGE_WORD: Final = "留言"
UNSOLVED_WORD: Final = "没解决"
SHORT_OFFER: Final = f"需要工作人员答复，请回复“{WORD}”，内容由承办人员阅读。"
"""The offer where there is little room, or beside an answer."""
PASSED_ON: Final = "已转给工作人员。"
NOT_REGISTERED: Final = "好的，没有登记。还有其他问题，请直接输入。"
UNKNOWN_NUMBER: Final = "这个账号下没有编号为{number}的诉求，请核对编号，并用登记时的账号查询。"
PROVISIONAL: Final = "（遇节假日安排公布，以公布后的工作日为准）"


def offer_text(*, unit: str, known: bool) -> str:
    """That a person may answer, what is kept for it and who reads it. ``known``: what he asks is known already."""
    what = "您的问题和刚才半小时的对话" if known else "您接下来写的内容"
    return f"需要工作人员答复，请回复“{WORD}”：{what}会交给{unit}的承办人员阅读、答复，并取得受理编号。不回复则不登记。"


def receipt_text(
    number: str, *, unit: str, promise: Promise, now: datetime, closed: str, known: bool, code: str = "", page: str = ""
) -> str:
    """The receipt: number, promised time, what to do meanwhile. ``closed``: that nobody is there now, and from when on."""
    lines = [f"已登记，受理编号 {number}。"]
    if not known:
        lines.append("请写明什么事、在哪里、什么时候发生，直接发过来即可。")
    lines.append(promise_text(unit, promise, now) + closed)
    lines.append(
        f"有补充请直接写，会一并转给工作人员。回复“{PROGRESS_WORD}”查办理情况；问其他问题请回复“{BACK_WORD}”。"
    )
    if code:
        lines.append(f"查询码 {code}。关掉本页以后，凭编号和查询码到 {page} 查看答复，请记下。")
    return "\n".join(lines)


def promise_text(unit: str, promise: Promise, now: datetime) -> str:
    first, last = moment_text(promise.reply_due, now), moment_text(promise.answer_due, now)
    note = PROVISIONAL if promise.provisional else ""
    return f"{unit}承诺：{first}前有人回应，{last}前答复{note}。"


def acknowledged_text(case: Case) -> str:
    """The first of his further words is acknowledged; what follows is kept without a word."""
    return f"已转给工作人员（编号 {case.number}）。问其他问题请回复“{BACK_WORD}”。"


def back_text(case: Case) -> str:
    return (
        f"好的，请直接输入您的问题。编号 {case.number} 的诉求照常办理，答复会发给您；"
        f"要给工作人员补充，请回复“{MESSAGE_WORD}”。"
    )


def message_text(case: Case) -> str:
    return f"请直接写，会转给编号 {case.number} 的承办人员。问其他问题请回复“{BACK_WORD}”。"


def progress_text(case: Case, now: datetime) -> str:
    """How a case stands, and what comes next."""
    head = f"编号 {case.number}：{case.state_name}。"
    if case.state is State.CLOSED:
        told = f"办理结果：{case.outcome_name}。" if case.outcome_name else ""
        return f"{head}{told}问题还没解决的，请回复“{UNSOLVED_WORD}”。"
    if case.state is State.ANSWERED:
        return f"{head}已由{case.unit}答复。还有补充，请回复“{MESSAGE_WORD}”后直接写。"
    due = case.answer_due if case.replied_at else case.reply_due
    promised = "答复" if case.replied_at else "有人回应"
    if now > due:
        return f"{head}已超过承诺的时间，十分抱歉。也可以拨打 {HOTLINE} 催办。"
    note = PROVISIONAL if case.provisional else ""
    return f"{head}{case.unit}承诺{moment_text(due, now)}前{promised}{note}。"


def under_way_text(case: Case, now: datetime) -> str:
    """He asks for a person while one has his case."""
    return f"您的诉求正在办理，请直接写，会转给承办人员。{progress_text(case, now)}"


def still_open_text(case: Case) -> str:
    """The bot finds nothing while a person has a case of his."""
    return (
        f"这个问题没有查到可以答复的公开信息。您有一件诉求正在办理（编号 {case.number}），"
        f"要一并告诉工作人员，请回复“{MESSAGE_WORD}”后直接写。"
    )


def reply_text(case: Case, line: Line, *, numbered: bool = True) -> str:
    """What a person answers, signed, with the number of its case; or how the case ended."""
    if line.what == "closing":
        return closing_text(case, line, numbered=numbered)
    return f"【{line.signed or case.unit}】答复您的诉求（编号 {case.number}）：\n{line.text}"


def closing_text(case: Case, line: Line, *, numbered: bool = True) -> str:
    """How a case ended, with the question how satisfied he is. ``numbered``: a number may answer it."""
    said = f"\n【{line.signed or case.unit}】{line.text}" if line.text else ""
    scores = "、".join(f"{number} {name}" if numbered else name for number, name in SCORES.items())
    how = "数字或文字" if numbered else "文字"
    return (
        f"您的诉求（编号 {case.number}）{case.outcome_name or '已办结'}。{said}\n"
        f"请评价：{scores}（回复{how}）。还没解决的，请回复“{UNSOLVED_WORD}”。"
    )


def rated_text(score: int) -> str:
    if score == 3:
        reasons = "、".join(REASONS.values())
        return (
            f"已记录：不满意。方便的话请告诉我们原因：{reasons}（回复其中一项即可）。"
            f"要重新办理，请回复“{UNSOLVED_WORD}”。"
        )
    return f"已记录：{SCORES[score]}。谢谢您的评价。"


def reason_text() -> str:
    return f"已记录，谢谢，我们会改进。要重新办理，请回复“{UNSOLVED_WORD}”。"


def reopened_text(case: Case, *, promise: Promise, now: datetime) -> str:
    return f"编号 {case.number} 已重新办理。{promise_text(case.unit, promise, now)}\n还有什么没解决，请直接写。"


def too_late_to_reopen_text(case: Case) -> str:
    return f"编号 {case.number} 办结已久，不能重新打开。请写明现在的情况，再回复“人工”，另行登记。"


def waiting_text(told: str) -> str:
    """What a person answered comes first; the answer that found no room beside it is fetched with “1”."""
    return f"{told}\n\n您刚才问的，请回复“1”查看（10 分钟内有效）。"


def moment_text(moment: datetime, now: datetime) -> str:
    """今天 16:30, 明天 10:30, 12月4日（星期五）17:00."""
    here, today = moment.astimezone(SHANGHAI), now.astimezone(SHANGHAI).date()
    clock = f"{here:%H:%M}"
    if here.date() == today:
        return f"今天 {clock} "
    if here.date() == today + timedelta(days=1):
        return f"明天 {clock} "
    year = f"{here.year}年" if here.year != today.year else ""
    return f"{year}{here.month}月{here.day}日（星期{_WEEKDAYS[here.weekday()]}）{clock} "
