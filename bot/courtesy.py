"""Courtesy: words that ask nothing, such as a greeting, thanks or abuse. Pure.

They are neither a question for the base nor one for the curator's list, and they do not count as a failed try.
"""

import re
from typing import Final

EMOTICON: Final = re.compile(r"\[[\u3400-\u9fffA-Za-z]{1,6}\]|/:[a-z0-9:@,'~!?<>()*&|;+-]{1,8}")
"""How the platforms write a small face into the text: [微笑] on both, /:rose on WeChat."""
LONGEST: Final = 20
"""Characters; what is longer says something (and is not tried against patterns of repeated words)."""
ENDS: Final = re.compile(r"^[\W_]+|[\W_]+$")
_GREETING: Final = re.compile(
    r"(?:你们?好|您好|大家好|hi|hello|hey|哈[喽啰]|嗨|喂|请问|在[吗么]|在不在|(?:有|有没有)人(?:在)?|早安|晚安|早|早上|上午|中午|下午|晚上"
    r"|你?(?:是谁|是机器人|是人工智能|是不是(?:人工智能|机器人|真人))|你?(?:会|能)(?:干|做)?(?:什么|啥)|(?:怎么|如何)(?:用|使用|操作)"
    r"|帮助|help|菜单|测试|test|开始|[好啊呀呢吗么哈哦噢吧,，.。!！?？~\s])+"
)
_GREETS: Final = re.compile(r"[a-z\u3400-\u9fff]")
_THANKS: Final = re.compile(
    r"(?:好[的吧滴]?|行|嗯|哦|非常|十分|太|谢|感谢|多谢|谢谢|辛苦|你们?|您|收到|知道|明白|懂|清楚|再见|拜|ok|okay|[了啊啦呀哈哒呢,，.。!！~\s])+"
)
_THANKS_WORD: Final = re.compile(r"谢|好|嗯|收到|知道|明白|懂|清楚|辛苦|再见|拜|ok|行")
_ABUSE: Final = (
    r"傻[逼比叉bx]|煞笔|沙比|sb|脑残|智障|混蛋|王八蛋?|狗官|狗屁|放屁|废话|滚蛋?|去死|他妈的?|特么|你妈[的逼]?|妈的|尼玛|"
    r"[操草艹肏](?:你|你妈|他妈|蛋)?|cnm|nmsl|神经病"
)
_MILD: Final = r"垃圾|废物|有病|没用|饭桶|吃屎|什么东西|什么玩意儿?"
_TARGET: Final = r"你们?|政府|客服|机器人|公务员|系统|平台|公众号|官员|领导|局长|区长|东西|玩意儿?"
_RUDE: Final = re.compile(
    rf"(?:{_ABUSE}|{_MILD}|{_TARGET}|[都是真太这那些帮群一个的了吧啊死全就破给我人儿]|[,，.。!！?？\s])+"
)


def plain(text: str) -> str:
    """The words of a normalised text without faces, punctuation and white space at the ends."""
    return ENDS.sub("", EMOTICON.sub("", text))


def is_greeting(words: str) -> bool:
    """Whether the words only greet, or ask what the account is for."""
    return len(words) <= LONGEST and bool(_GREETING.fullmatch(words) and _GREETS.search(words)) and words != "好"


def is_thanks(words: str) -> bool:
    """Whether the words only thank, agree or say good-bye."""
    return len(words) <= LONGEST and bool(_THANKS.fullmatch(words) and _THANKS_WORD.search(words))


def is_abuse(words: str) -> bool:
    """Whether the words only abuse; a word that may also be a topic (垃圾) counts when somebody is called so."""
    if len(words) > LONGEST or not _RUDE.fullmatch(words):
        return False
    return bool(re.search(_ABUSE, words) or (re.search(_MILD, words) and re.search(_TARGET, words)))
