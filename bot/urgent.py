"""What cannot wait for an answer from the base: a life, a beating, a lost child. Pure.

No candidate list may stand between such a sentence and the number to call. The numbers are national: 110 police, 120
ambulance, 12356 psychological aid (National Health Commission, in use everywhere since 2025), 12338 the Women's
Federation, 12355 the Youth League.
"""

import re
from typing import Final

LONGEST: Final = 60
"""Characters; a longer text is a story or a forwarded message, and is asked of the base."""
HEARSAY: Final = re.compile(r"听说|网传|据说|传言|谣言|转发|扩散|真的|真假|是不是真")
LIFE_TEXT: Final = (
    "您说的情况很要紧，请先确保安全：\n· 有人有生命危险，请立即拨打 110 或 120\n"
    "· 心里难受、撑不住，请拨打 12356 心理援助热线\n也请马上告诉身边信任的人，让他陪着您。"
)
VIOLENCE_TEXT: Final = (
    "请先到安全的地方。正在发生或者可能再发生的，请立即拨打 110 报警，并保留伤情照片、就诊和报警记录。\n"
    "· 妇女维权热线 12338\n· 未成年人可以拨打 12355\n· 请律师有困难的，可以拨打 12348 咨询法律援助"
)
MISSING_TEXT: Final = "请立即拨打 110 报警，报警不需要等满 24 小时。\n请说明走失时间、地点、衣着、身高和近照，并请身边的人一起在附近寻找。"
FIRE_TEXT: Final = (
    "请立即拨打 119 报警，说清地点、烧的是什么、有没有人被困。\n"
    "先撤离，不坐电梯，用湿毛巾捂住口鼻低姿前行；有人受伤请拨打 120。"
)
_KIN: Final = r"(?:老公|丈夫|男友|男朋友|对象|老婆|妻子|婆婆|公公|父亲|爸爸?|母亲|妈妈?|继父|继母|家里人|儿子)"
_LOST: Final = r"(?:孩子|小孩|娃娃?|儿子|女儿|闺女|孙子|孙女|老人|老爸|老妈|爷爷|奶奶|外公|外婆)"
_CASES: Final = (
    (re.compile(r"(?:想|要)死(?!亡)|不想活|活不下去|活够了|(?:想|要|准备|正在)自杀|轻生|(?:想|要|正在?|准备)跳(?:楼|河|桥|江)"), LIFE_TEXT),
    (re.compile(rf"{_KIN}(?:又|在|还|经常|总是?|天天|老是?|动手|喝酒|要)*打(?:我|孩子|小孩|伤)|被{_KIN}打|(?:被|遭受?|受到)家暴|家暴(?:我|怎么办|找谁|了)"), VIOLENCE_TEXT),
    (re.compile(r"(?:着火|起火|失火)了(?!.*(?:赔|保险|救助|补|责任)).{0,4}(?:救命|救火|怎么办|快来|[!！。]|$)"), FIRE_TEXT),
    (re.compile(rf"{_LOST}(?:都|突然|好像|放学)?(?:不见了?|走丢|走失|失踪|丢了|找不到了?|被拐)"), MISSING_TEXT),
)  # fmt: skip


def urgent_text(text: str) -> str:
    """What to say at once to a short text that speaks of danger; "" for any other, and for hearsay."""
    if len(text) > LONGEST or HEARSAY.search(text):
        return ""
    return next((said for pattern, said in _CASES if pattern.search(text)), "")
