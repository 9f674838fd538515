"""Golden conversations: plain text files in which a curator writes what a citizen says and what must be answered. Pure.

    # 低保：选项过期
    时间：2026-11-27 10:00
    问：补贴怎么办
    答：含“请回复数字”
    过：16分钟
    问：1
    答：含“已过期”；不含“依据”

Lines: ``渠道：`` 微信, 微博 or 网页 (微信 when none is named); ``时间：`` when it begins, in Beijing; ``人：`` another citizen;
``过：`` time that passes; ``问：`` a text, ``语音：`` a recognised speech (empty: not recognised), ``链接：`` a forwarded link,
``图片``, ``位置``, ``视频``, ``关注``; ``答：`` what the reply must be. ``#`` begins a title. A line that begins with none of
these belongs to the text before it.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from bot.message import Kind

SHANGHAI: Final = ZoneInfo("Asia/Shanghai")
LONGEST: Final = 200_000
"""Characters of one file."""
CHANNELS: Final[Mapping[str, str]] = {"微信": "wechat", "微博": "weibo", "网页": "web"}
SAID: Final[Mapping[str, Kind]] = {
    "问": Kind.TEXT, "语音": Kind.VOICE, "链接": Kind.LINK, "图片": Kind.IMAGE, "位置": Kind.LOCATION, "视频": Kind.VIDEO,
    "关注": Kind.EVENT,
}  # fmt: skip
UNITS: Final = {"秒": 1, "分钟": 60, "小时": 3600, "天": 86400}
_WORD: Final = re.compile(r"\s*(渠道|时间|人|过|答|问|语音|链接|图片|位置|视频|关注)\s*(?:[：:]\s*(.*))?")
_BARE: Final = frozenset({"图片", "位置", "视频", "关注", "语音"})
_CONDITION: Final = re.compile(r"\s*(含|不含|首行|条目|做法)\s*[“\"]([^”\"]+)[”\"]\s*[；;，,。]?")
_PASSING: Final = re.compile(r"(\d{1,4})\s*(秒|分钟|小时|天)")


class ScriptRefused(ValueError):
    """剧本写得不对；说明里有行号。"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """One thing that a reply must be. ``what``: 含, 不含, 首行, 条目 (the entry's id) or 做法 (the step's name)."""

    what: str
    value: str

    def wrong(self, reply: Mapping[str, object]) -> str:
        """Why the reply is not so; empty when it is."""
        text = str(reply.get("text", ""))
        first = text.split("\n", 1)[0]
        found, kept = {
            "含": ("回复中没有", self.value in text),
            "不含": ("回复中不应有", self.value not in text),
            "首行": (f"首行是“{first}”，应为", self.value == first),
            "条目": (f"答复出自“{reply.get('entry', '')}”，应为", self.value == reply.get("entry")),
            "做法": (f"做法是“{reply.get('step', '')}”，应为", self.value == reply.get("step")),
        }[self.what]
        return "" if kept else f"{found}“{self.value}”"


@dataclass(frozen=True, slots=True, kw_only=True)
class Saying:
    """One message of a citizen and what must be answered. ``after`` is the time that passed before it."""

    line: int
    kind: Kind
    text: str
    channel: str
    person: str
    after: timedelta = timedelta()
    wanted: tuple[Condition, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """One conversation."""

    title: str
    begins: datetime
    sayings: tuple[Saying, ...]


def parse(text: str, *, name: str, now: datetime) -> tuple[Script, ...]:
    """The conversations of a file. ``now``: when a script begins that names no time. Raises ScriptRefused."""
    if len(text) > LONGEST:
        raise ScriptRefused(f"{name} 超过 {LONGEST} 个字符，请分成几个文件。")
    reader = _Reader(name=name, now=now.astimezone(SHANGHAI))
    for number, line in enumerate(text.splitlines(), 1):
        reader.take(number, line)
    return reader.end()


class _Reader:
    """Takes a file line by line."""

    def __init__(self, *, name: str, now: datetime) -> None:
        self._name, self._now = name, now
        self._scripts: list[Script] = []
        self._begin(name)

    def take(self, number: int, line: str) -> None:
        if line.lstrip().startswith("#"):
            self._close()
            self._begin(line.strip().lstrip("#").strip() or self._name)
            return
        found = _WORD.fullmatch(line)
        if found and (found[2] is not None or found[1] in _BARE):
            self._word(number, found[1], (found[2] or "").strip())
        elif line.strip():
            self._more(number, line)

    def end(self) -> tuple[Script, ...]:
        self._close()
        if not self._scripts:
            raise ScriptRefused(f"{self._name} 里没有对话，请至少写一组“问：”和“答：”。")
        return tuple(self._scripts)

    def _begin(self, title: str) -> None:
        self._title, self._at = title, self._now
        self._channel, self._person, self._after = "wechat", "甲", timedelta()
        self._sayings: list[Saying] = []

    def _close(self) -> None:
        if not self._sayings:
            return
        if silent := [each.line for each in self._sayings if not each.wanted]:
            raise ScriptRefused(f"{self._name} 第 {silent[0]} 行之后没有写“答：”，请写明应当怎样答复。")
        self._scripts.append(Script(title=self._title, begins=self._at, sayings=tuple(self._sayings)))

    def _word(self, number: int, word: str, rest: str) -> None:
        match word:
            case "渠道":
                if rest not in CHANNELS:
                    raise self._wrong(number, f"没有“{rest}”这个渠道，可写：{'、'.join(CHANNELS)}")
                self._channel = CHANNELS[rest]
            case "时间":
                self._at = self._moment(number, rest)
            case "人":
                self._person = rest or "甲"
            case "过":
                self._after += self._passing(number, rest)
            case "答":
                self._wanted(number, rest)
            case _:
                saying = Saying(
                    line=number, kind=SAID[word], text=rest, channel=self._channel, person=self._person, after=self._after
                )  # fmt: skip
                self._sayings.append(saying)
                self._after = timedelta()

    def _moment(self, number: int, text: str) -> datetime:
        try:
            return datetime.strptime(text, "%Y-%m-%d %H:%M").replace(tzinfo=SHANGHAI)
        except ValueError:
            raise self._wrong(number, "时间请写成“2026-11-27 10:00”") from None

    def _passing(self, number: int, text: str) -> timedelta:
        found = _PASSING.fullmatch(text)
        if found is None:
            raise self._wrong(number, "请写成“16分钟”“2小时”“3天”")
        return timedelta(seconds=int(found[1]) * UNITS[found[2]])

    def _wanted(self, number: int, text: str) -> None:
        if not self._sayings:
            raise self._wrong(number, "“答：”之前没有“问：”")
        conditions, place = [], 0
        while found := _CONDITION.match(text, place):
            conditions.append(Condition(what=found[1], value=found[2]))
            place = found.end()
        if not conditions or text[place:].strip():
            raise self._wrong(number, "请写成：含“…”；不含“…”；首行“…”；条目“…”")
        last = self._sayings[-1]
        self._sayings[-1] = replace(last, wanted=(*last.wanted, *conditions))

    def _more(self, number: int, line: str) -> None:
        if not self._sayings or self._sayings[-1].wanted:
            raise self._wrong(number, f"看不懂“{line.strip()[:20]}”")
        last = self._sayings[-1]
        self._sayings[-1] = replace(last, text=f"{last.text}\n{line.strip()}")

    def _wrong(self, number: int, what: str) -> ScriptRefused:
        return ScriptRefused(f"{self._name} 第 {number} 行：{what}。")
