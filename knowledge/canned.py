"""Rules before the base: for sentences about some subjects the answer is a fixed text, a person, or a polite refusal. Pure.

A rule takes a sentence that is one of its exact sentences, or that holds all of its ``every`` words and at least one of its
``some`` words; never one that holds one of its ``unless`` words. Signs and blanks do not count: who writes 拆 迁 is understood.
There are no patterns: what a rule takes can be read by anybody. Among rules that take a sentence the smallest number of
priority counts, and of the same number the one with the stricter act.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any, Final, Literal

from knowledge.errors import EntryInvalid
from knowledge.index import bare
from knowledge.keywords import normalise

Act = Literal["text", "person", "decline"]
ACTS: Final[Mapping[str, str]] = {"person": "转人工", "decline": "不作答", "text": "固定答复"}
"""The strictest first."""
CHANNELS: Final[Mapping[str, str]] = {"wechat": "微信", "weibo": "微博", "web": "网页", "api": "接口"}
MOST: Final = 500
MOST_WORDS: Final = 60
LONGEST_WORD: Final = 100
LONGEST_TEXT: Final = 1_200
LONGEST_NAME: Final = 40
LONGEST_LINE: Final = 300
SHORTEST: Final = 2
_LISTS: Final = ("exact", "every", "some", "unless")
LIST_NAMES: Final = {"exact": "整句", "every": "全部含有", "some": "含有任意一个", "unless": "含有则不适用"}
_STEERING: Final = frozenset({
    "都不是", "都不对", "更多", "全文", "继续", "同意", "不同意", "人工", "转人工", "客服", "转发", "核实", "告诉我", "通知我", "退出",
    "你好", "您好", "谢谢", "确认", "取消", "提交", "帮助", "不用",
})  # fmt: skip
"""Words that steer the conversation: a rule on them would take the citizen's way out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """``valid_from`` and ``valid_to`` are local days, both included; empty ``channels`` are all of them. ``text``, ``unit``
    and ``source`` are what a fixed answer says and what it rests on."""

    name: str
    act: Act
    priority: int = 100
    exact: tuple[str, ...] = ()
    every: tuple[str, ...] = ()
    some: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    text: str = ""
    unit: str = ""
    source: str = ""
    source_url: str = ""
    valid_from: date | None = None
    valid_to: date | None = None
    note: str = ""

    @property
    def key(self) -> str:
        return normalise(self.name)

    def holds(self, today: date) -> bool:
        return (self.valid_from is None or self.valid_from <= today) and (
            self.valid_to is None or today <= self.valid_to
        )

    def to_json(self) -> dict[str, Any]:
        lists = {name: list(getattr(self, name)) for name in (*_LISTS, "channels")}
        days = {"valid_from": self.valid_from, "valid_to": self.valid_to}
        return asdict(self) | lists | {name: day.isoformat() if day else "" for name, day in days.items()}

    @classmethod
    def from_json(cls, row: Mapping[str, Any]) -> "Rule":
        def words(name: str) -> tuple[str, ...]:
            return tuple(str(each) for each in row.get(name) or ())

        def text(name: str) -> str:
            return str(row.get(name) or "")

        def day(name: str) -> date | None:
            return date.fromisoformat(text(name)) if text(name) else None

        return cls(
            name=text("name"), act=row["act"], priority=int(row.get("priority", 100)), exact=words("exact"), every=words("every"),
            some=words("some"), unless=words("unless"), channels=words("channels"), text=text("text"), unit=text("unit"),
            source=text("source"), source_url=text("source_url"), valid_from=day("valid_from"), valid_to=day("valid_to"),
            note=text("note"),
        )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """How one rule looks at a sentence: whether it takes it, and why or why not, in words of the screen."""

    rule: Rule
    takes: bool
    why: str


class Rules:
    """Ready to be asked. Immutable."""

    def __init__(self, rules: Iterable[Rule] = ()) -> None:
        self.rules = tuple(sorted(rules, key=lambda rule: (rule.priority, list(ACTS).index(rule.act), rule.name)))
        self._folded = [(rule, {name: _folded(getattr(rule, name)) for name in _LISTS}) for rule in self.rules]

    def matching(self, text: str, *, channel: str = "", today: date) -> Rule | None:
        """The rule that takes a sentence. ``channel`` "" are the rules of all channels alone."""
        if not self.rules:
            return None
        plain = bare(normalise(text))
        return next((r for r, words in self._folded if not _refuses(r, words, plain, channel, today)), None)

    def look(self, text: str, *, channel: str = "", today: date) -> tuple[Looked, ...]:
        """Every rule that takes the sentence or at least has a word of it, the one that counts first."""
        plain = bare(normalise(text))
        found: list[Looked] = []
        for rule, words in self._folded:
            refusal = _refuses(rule, words, plain, channel, today)
            if not refusal:
                found.append(Looked(rule=rule, takes=True, why=_taken_by(rule, words, plain)))
            elif any(word in plain for name in ("exact", "every", "some") for word in words[name]):
                found.append(Looked(rule=rule, takes=False, why=refusal))
        return tuple(sorted(found, key=lambda one: not one.takes))


def _folded(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(found for text in texts if (found := bare(normalise(text))))


def _refuses(rule: Rule, words: Mapping[str, tuple[str, ...]], text: str, channel: str, today: date) -> str:
    """Why a rule does not take a sentence; empty when it does."""
    if not rule.holds(today):
        return "不在有效期内"
    if rule.channels and channel not in rule.channels:
        return f"只用于{'、'.join(CHANNELS.get(each, each) for each in rule.channels)}"
    if unwanted := next((word for word in words["unless"] if word in text), ""):
        return f"含有“{unwanted}”，不适用"
    if text in words["exact"]:
        return ""
    if not words["every"] and not words["some"]:
        return "与整句不同"
    if missing := next((word for word in words["every"] if word not in text), ""):
        return f"没有“{missing}”"
    if words["some"] and not any(word in text for word in words["some"]):
        return "“含有任意一个”中的词都没有"
    return ""


def _taken_by(rule: Rule, words: Mapping[str, tuple[str, ...]], text: str) -> str:
    if text in words["exact"]:
        return "与整句相同"
    held = [*words["every"], *(word for word in words["some"] if word in text)]
    return "含有" + "、".join(f"“{word}”" for word in held)


def wrong_with(rule: Rule) -> list[EntryInvalid]:
    """What is wrong with one rule by itself."""
    found = [*_wrong_frame(rule), *(fault for name in _LISTS for fault in _wrong_words(name, getattr(rule, name)))]
    if rule.act == "text":
        found += [
            EntryInvalid(0, name, "固定答复须写明", f"填写{name}")
            for field, name in (("text", "答复"), ("unit", "单位"), ("source", "依据"))
            if not getattr(rule, field).strip()
        ]
    if len(rule.text) > LONGEST_TEXT:
        found.append(EntryInvalid(0, "答复", f"超过 {LONGEST_TEXT} 个字", "写短一些，其余放在链接里"))
    if rule.source_url and not rule.source_url.startswith(("https://", "http://")):
        found.append(EntryInvalid(0, "链接", "不是网址", "以 https:// 开头"))
    for field, name in (("unit", "单位"), ("source", "依据"), ("note", "说明"), ("source_url", "链接")):
        if len(getattr(rule, field)) > LONGEST_LINE:
            found.append(EntryInvalid(0, name, f"超过 {LONGEST_LINE} 个字", "写短一些"))
    return found


def _wrong_frame(rule: Rule) -> list[EntryInvalid]:
    found: list[EntryInvalid] = []
    if not rule.name.strip() or len(rule.name) > LONGEST_NAME:
        found.append(
            EntryInvalid(0, "名称", f"应为 1 至 {LONGEST_NAME} 个字", "写一个看得懂的名称，例如“征地拆迁个案”")
        )
    if rule.act not in ACTS:
        found.append(EntryInvalid(0, "做法", "没有选择做法", f"选{'、'.join(ACTS.values())}之一"))
    if not 1 <= rule.priority <= 999:
        found.append(EntryInvalid(0, "优先级", "应为 1 至 999 的整数", "数字小的先"))
    if not (rule.exact or rule.every or rule.some):
        found.append(
            EntryInvalid(0, LIST_NAMES["some"], "没有写任何词语或整句", "“整句”“全部含有”“含有任意一个”至少填写一项")
        )
    if any(channel not in CHANNELS for channel in rule.channels):
        found.append(EntryInvalid(0, "渠道", "没有这个渠道", f"选{'、'.join(CHANNELS.values())}"))
    if rule.valid_from and rule.valid_to and rule.valid_to < rule.valid_from:
        found.append(EntryInvalid(0, "有效期至", "止日早于起日", "改写日期"))
    return found


def _wrong_words(name: str, words: Sequence[str]) -> list[EntryInvalid]:
    found: list[EntryInvalid] = []
    folded = [(word, bare(normalise(word))) for word in words]
    if len(words) > MOST_WORDS:
        found.append(EntryInvalid(0, LIST_NAMES[name], f"超过 {MOST_WORDS} 个", "分成几条规则"))
    if bad := next((word for word, plain in folded if not SHORTEST <= len(plain) <= LONGEST_WORD), None):
        what = f"“{bad[:20]}”不是 {SHORTEST} 至 {LONGEST_WORD} 个字"
        found.append(EntryInvalid(0, LIST_NAMES[name], what, "写具体的词语或句子"))
    steering = next((word for word, plain in folded if plain in _STEERING or plain.isdigit()), None)
    if name != "unless" and steering is not None:
        what = f"“{steering}”是对话用语，拦住它群众就无法继续"
        found.append(EntryInvalid(0, LIST_NAMES[name], what, "换成具体的事项"))
    return found


def wrong_together(rules: Sequence[Rule], changed: Iterable[str]) -> list[EntryInvalid]:
    return [EntryInvalid(0, "", f"规则超过 {MOST} 条", "先删去不再使用的")] if len(rules) > MOST else []
