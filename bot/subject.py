"""Follow-up questions: words that ask something of what was just answered, without naming it. Pure.

“多少钱”, “那外地户口呢”, “这个在哪办” mean something only after an answer. They are asked together with its subject, and the
reply says how they were understood (features C21). Whoever names a subject of his own is asked about that one: the old
subject must never make a wrong answer more likely.
"""

import re
import unicodedata
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Final

from knowledge.entry import Entry
from knowledge.finding import Finding

KEPT: Final = timedelta(minutes=10)
"""How long after an answer its subject is kept."""
LONGEST: Final = 18
"""Characters; a longer sentence names what it is about."""
ALIKE: Final = 0.5
"""From this part of the subject's pairs of characters on, another title is of the same subject."""
COVERED: Final = 0.6
"""From this part of the pairs of a new circumstance (外地户口) on, a text speaks of it."""


class Gap(StrEnum):
    """How a sentence leaves its subject out."""

    BARE = "bare"
    """It asks only for a property: 多少钱, 在哪办, 要什么材料."""
    TURNED = "turned"
    """It names another circumstance: 那外地户口呢."""
    POINTED = "pointed"
    """It points at the subject: 这个可以代办吗."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowUp:
    """What a sentence without a subject asks. ``aspect``: which property (the key of ``ASPECTS``), "" for none of them;
    ``circumstance``: what it says that is new, "" for nothing."""

    how: Gap
    aspect: str = ""
    circumstance: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Aspect:
    """A property that is asked for. ``shown``: how it is called in a sentence; ``said_by``: what a text says of it, at least."""

    asked: str
    shown: str
    said_by: str


_DO: Final = r"(?:办理?|申请|申报|领取?|交|缴|报名|登记|弄|搞|查询?|认证|报销|提取|买|开)"
ASPECTS: Final[dict[str, Aspect]] = {
    "fee": Aspect(
        asked=r"(?:(?:一共|总共|大概|需要|要|得|花|交|收|是)*(?:多少|几块?)(?:钱|费用?)|(?:要|收|需要|用)*(?:不要|不收)?(?:钱|费|收费|交钱|交费)|(?:收费|费用|价格|工本费|手续费)(?:标准)?(?:是?多少|怎么算)?|免费|贵不贵)",
        shown="费用", said_by=r"元|费|免|钱",
    ),
    "place": Aspect(
        asked=rf"(?:(?:要|需要|得|应该|该)?(?:在|去|到|上)?(?:哪里?|哪儿|什么地方|哪个(?:地方|部门|窗口|单位))(?:可以|能|去)?{_DO}?|(?:办理)?(?:地址|地点|窗口)(?:是?在?哪里?|是什么)?)",
        shown="办理地点", said_by=r"窗口|大厅|中心|地址|乡镇|街道|社区|网|平台|小程序|局|站|所|App|APP",
    ),
    "papers": Aspect(
        asked=r"(?:(?:还|要|需要|得|用|应该|该)*(?:带|准备|提供|交|提交|拿)?(?:些|点)?(?:什么|啥|哪些|那些)(?:材料|证件|资料|手续|东西|证明|表格?)?|(?:材料|证件|资料)(?:清单|有哪些|要哪些)?|(?:还|要|需要|得)*(?:带|准备)(?:些|点)?(?:什么|啥))",
        shown="所需材料", said_by=r"材料|证|表|原件|复印件|照片|户口簿|提供|携带",
    ),
    "time": Aspect(
        asked=rf"(?:(?:要|需要|得|大概|一般)*(?:几|多少)(?:个)?(?:工作日|天|小时|月|年)(?:可以|能|才)?(?:{_DO}?(?:好|完|下来|到账|到|拿到|成|批)?)|(?:要|需要|得)?(?:多久|多长时间|多少时间|什么时候|啥时候|何时)(?:可以|能|才|要)?(?:{_DO}?(?:好|完|下来|到账|到|拿到|拿|出来|发|开始|结束|截止)?)|(?:时限|期限|时间)(?:是?多[久长]|多长)?)",
        shown="时间", said_by=r"\d.{0,3}[日天月年时]|[一二三四五六七八九十]+(?:个)?(?:工作日|日|天|月|年|小时)|当场|即时|随时|每[年月天周]",
    ),
    "phone": Aspect(
        asked=r"(?:(?:咨询|联系|办公|服务)?(?:电话|热线|号码|联系方式)(?:号码)?(?:是|打)?(?:多少|什么|哪个|几号)?|(?:打|拨|有)(?:什么|哪个|没有|多少)?(?:电话|号码)|(?:找|问|联系)(?:谁|哪个部门|哪个单位|哪里))",
        shown="咨询电话", said_by=r"\d{3,4}-\d{7,8}|1\d{4}|电话",
    ),
    "way": Aspect(
        asked=rf"(?:(?:具体|应该|该|要)?(?:怎么|怎样|如何|咋|咋个)(?:样)?(?:去|来)?{_DO}|(?:办理)?(?:流程|步骤|手续|程序)(?:是什么?|是怎样|有哪些|怎么走)?)",
        shown="办理流程", said_by=r"申请|办理|提出|登录|前往|携带|提交|报名|网|窗口",
    ),
    "who": Aspect(
        asked=rf"(?:(?:要|需要|得|有)?(?:符合|满足|具备)?(?:什么|啥|哪些)(?:条件|要求|资格|限制)|(?:条件|资格|要求)(?:是什么?|有哪些)?|(?:谁|哪些人|什么人|什么样的人)(?:可以|能|才能|符合)?{_DO}?)",
        shown="申请条件", said_by=r"条件|符合|满|以上|以下|人员|对象|家庭|居民|户籍",
    ),
    "online": Aspect(
        asked=rf"(?:(?:可以|能|能不能|可不可以|可)?(?:在|从|用)?(?:网上|手机上?|线上|微信上?)(?:可以|能|能不能|可不可以)?{_DO}?|(?:能|可以|能不能)(?:网上|手机上?|线上){_DO})",
        shown="能否网上办理", said_by=r"网|手机|线上|平台|小程序|App|APP|微信|支付宝",
    ),
    "proxy": Aspect(
        asked=rf"(?:(?:可以|能|能不能|可不可以)?(?:找|让|请|由)?(?:别人|他人|家人|家属|亲属|子女)?(?:代|帮忙?|替)(?:我)?{_DO}|(?:要|需要|必须)(?:不要|不必)?本人(?:去|到场|来)?(?:{_DO})?)",
        shown="能否代办", said_by=r"代|委托|本人|亲属|监护",
    ),
    "hours": Aspect(
        asked=r"(?:(?:周末|周六|周日|星期[六天日]|节假日|中午)(?:可以|能)?(?:上班|办公|开门|办理?|有人)|(?:几点|什么时候|啥时候)(?:上班|下班|开门|关门)|(?:上班|办公|工作|开放)时间)",
        shown="办公时间", said_by=r"工作日|上午|下午|周|\d[:：]\d\d",
    ),
}  # fmt: skip
_BEFORE: Final = re.compile(
    r"^(?:那么|那就|那|然后|还有|另外|请问|顺便|再问(?:一下)?|我?(?:还)?想问(?:一下|问)?|对了|[，,、。！!？?\s])+"
)
_AFTER: Final = re.compile(r"(?:呢|啊|呀|吗|(?<!什)么|吧|的|了|嘛|哦|不|[，,。！!？?~～\s])+$")
_POINTING: Final = re.compile(
    r"(?:办|申请|关于)?(?:这个|那个|这种|那种|这项|该项|它|这事|那事|此事|上面(?:说的)?的?|刚才(?:说的)?的?|你说的)(?:事情?|业务|政策|证|东西|补贴|钱)?(?:的)?"
)
_TURN: Final = re.compile(
    r"^(?P<led>那么|那|如果|要是|假如|若)?(?:是|我是|我)?(?P<what>[^，,。！!？?\s]{1,10}?)"
    r"(?P<end>呢|的?话呢?|也?(?:可以|能|行|算|要)(?:吗|么|不)|怎么(?:办|算)|咋办)$"
)
_ASPECTS: Final = {name: re.compile(aspect.asked) for name, aspect in ASPECTS.items()}
_SAID: Final = {name: re.compile(aspect.said_by) for name, aspect in ASPECTS.items()}
_UNFIT: Final = re.compile(
    r"怎么|如何|什么|哪|谁|多少|几|为啥|是不是|真的|人呢|^(?:你|您|他|她|我|大家|你们|我们|然后|其他|别的|还有)$"
)
"""What names no circumstance: 你呢 asks nothing of a subject."""
_WHAT_IS: Final = re.compile(r"谁|什么意思|是什么|是啥|干什么|^人")


def follow_up(text: str) -> FollowUp | None:
    """What a text asks of the subject before it; None for a text that stands by itself."""
    said = unicodedata.normalize("NFKC", text).strip()
    if not said or len(said) > LONGEST or "\n" in said:
        return None
    led = _BEFORE.sub("", said)
    pointed = _POINTING.sub("", led)
    words = _AFTER.sub("", pointed if pointed != led else led)
    for name, asked in _ASPECTS.items():
        if asked.fullmatch(words):
            return FollowUp(how=Gap.BARE, aspect=name)
    if pointed != led:
        return FollowUp(how=Gap.POINTED, circumstance=words) if words and not _WHAT_IS.search(words) else None
    return _turned(said.rstrip("？?！!。~～ ").lstrip("，, "))


def _turned(said: str) -> FollowUp | None:
    """那外地户口呢, 如果是租房的呢, 外地户口可以吗: another circumstance of the same subject."""
    found = _TURN.fullmatch(said)
    if found is None or _UNFIT.search(found["what"]) or (not found["led"] and found["end"][:1] not in "呢也"):
        return None
    what = found["what"].removesuffix("的")
    return FollowUp(how=Gap.TURNED, circumstance=what) if len(what) >= 2 else None


def together(topic: str, text: str) -> str:
    """The question with its subject, as the base is asked it."""
    return f"{topic}，{_BEFORE.sub('', text.strip())}"


class Carry(StrEnum):
    """What becomes of a follow-up question."""

    WITH = "with"
    """It is understood with the subject."""
    ALONE = "alone"
    """It is understood as it stands."""
    NOT_SAID = "not_said"
    """It asks for a property of which the last answer says nothing: whom to ask is said, and the text is not repeated."""


def carry(asked: FollowUp, *, topic: str, entry: Entry, alone: Finding, with_subject: Finding) -> Carry:
    """Whether a follow-up is understood with its subject. ``entry``: what was answered last; ``alone`` and ``with_subject``:
    what the base finds for the words as they stand, and together with the subject."""
    top = with_subject.hits[0].entry if with_subject.hits else None
    if with_subject.decision == "none" or top is None or with_subject.withdrawn is not None:
        return Carry.NOT_SAID if asked.how is Gap.BARE and not says(entry, asked.aspect) else Carry.ALONE
    if asked.how is Gap.BARE:
        if top.id == entry.id and not says(entry, asked.aspect):
            return Carry.NOT_SAID
        # A property that many entries have must not lead to another subject that only has the property in its title.
        return Carry.WITH if top.id == entry.id or alike(topic, top.title) else Carry.ALONE
    if alone.decision == "answer" and alone.hits and alone.hits[0].entry.id != top.id:
        return Carry.ALONE
    if not asked.circumstance:
        return Carry.WITH if top.id == entry.id or alike(topic, top.title) else Carry.ALONE
    named = alone.hits[0].entry.title if alone.hits and alone.decision != "none" else ""
    if asked.circumstance in named and asked.circumstance not in top.title:
        return Carry.ALONE  # It names a subject of its own: 那公积金呢.
    related = top.id == entry.id or alike(topic, top.title)
    return Carry.WITH if related and speaks_of(top, asked.circumstance) else Carry.ALONE


def says(entry: Entry, aspect: str) -> bool:
    """Whether an entry says anything of a property."""
    if aspect == "phone" and entry.phone:
        return True
    return bool(aspect and _SAID[aspect].search(f"{entry.title}\n{entry.body}"))


def speaks_of(entry: Entry, circumstance: str) -> bool:
    """Whether an entry's text mentions a circumstance."""
    return _part(circumstance, "\n".join((entry.title, *entry.similar, entry.body))) >= COVERED


def alike(topic: str, title: str) -> bool:
    """Whether two titles are of one subject."""
    return _part(topic, title) >= ALIKE


def _part(of: str, within: str) -> float:
    """The part of the pairs of characters of one text that are in another."""
    bare = re.sub(r"[\W_]+|怎么|如何|什么|哪里|哪些|多少|需要|办理|申请|吗|呢", "", of)
    pairs = {bare[place : place + 2] for place in range(len(bare) - 1)} or {bare}
    return sum(pair in within for pair in pairs) / len(pairs)


def shown(topic: str) -> str:
    """The line that says how a follow-up was understood, and how to leave the subject."""
    title = re.sub(r"\s+", " ", topic).strip("《》〈〉")
    title = title if len(title) <= 20 else f"{title[:19]}…"
    return f"按〈{title}〉理解（问别的事，请写全）："
