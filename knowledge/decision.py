"""The decision: answer, offer a choice, or say that the base does not know."""

import re

from knowledge.finding import Decision
from knowledge.keywords import normalise

# Read off the report of benchmarks/train_confidence.py: docs/quality.md has the figures.
ANSWER_FROM = 0.90
CHOOSE_FROM = 0.20

_NOT_CONTENT = re.compile(r"[\W_]+")
_LAUGHTER = re.compile(r"(?:哈|呵|嘿|嘻|啊|嗯|哦|噢|喔|额|呃|唉|哎|呀|嗨|咦|h|6|2|3)+")
_SMALL_TALK = frozenset(
    [
        "你好",
        "您好",
        "你们好",
        "大家好",
        "早上好",
        "上午好",
        "中午好",
        "下午好",
        "晚上好",
        "早",
        "早安",
        "晚安",
        "午安",
        "在吗",
        "在不在",
        "在么",
        "有人吗",
        "有人在吗",
        "有人么",
        "hi",
        "hello",
        "hey",
        "谢谢",
        "谢谢你",
        "谢谢您",
        "多谢",
        "感谢",
        "非常感谢",
        "辛苦了",
        "再见",
        "拜拜",
        "bye",
        "好的",
        "好",
        "好吧",
        "好滴",
        "ok",
        "okay",
        "行",
        "行吧",
        "可以",
        "知道了",
        "明白",
        "明白了",
        "收到",
        "了解",
        "是的",
        "是",
        "对",
        "对的",
        "不是",
        "不对",
        "不",
        "没有",
        "没",
        "不用了",
        "不用",
        "算了",
        "没事",
        "测试",
        "test",
        "测试一下",
        "试试",
        "你是谁",
        "你叫什么",
        "你叫什么名字",
        "你是机器人吗",
        "机器人",
        "人工",
        "人呢",
        "喂",
        "请问",
        "咨询",
        "我想咨询",
        "我要咨询",
        "帮帮我",
        "帮我",
        "救命",
        "无语",
        "垃圾",
        "废物",
        "傻逼",
        "傻子",
        "笨蛋",
        "神经病",
        "滚",
        "去死",
        "他妈的",
        "妈的",
        "操",
        "靠",
        "我靠",
        "卧槽",
        "牛",
        "赞",
        "厉害",
        "无聊",
        "讲个笑话",
        "你真棒",
        "真棒",
        "不错",
        "很好",
        "新年好",
        "新年快乐",
        "春节快乐",
        "生日快乐",
        "什么",
        "为什么",
        "怎么办",
        "怎么",
        "啥",
        "呢",
        "吗",
    ]
)
_POLITE_AROUND = re.compile(
    r"^(?:你好|您好|请问|请教|hi|hello|喂|嗨)+|(?:谢谢|谢谢你|谢谢您|啊|呀|呢|吗|哦|哈|嘛|吧)+$"
)


def is_small_talk(text: str) -> bool:
    """Whether a message asks nothing: empty, signs, emoji, a single character, bare digits, laughter, a greeting, thanks or abuse."""
    content = _NOT_CONTENT.sub("", normalise(text))
    if len(content) < 2 or content.isdigit() or _LAUGHTER.fullmatch(content):
        return True
    if not any(character.isalpha() for character in content) or len(set(content)) == 1:
        return True
    return content in _SMALL_TALK or _POLITE_AROUND.sub("", content) in {"", *_SMALL_TALK}


def decide(confidence: float) -> Decision:
    """What to do with a candidate of this probability of being right."""
    if confidence >= ANSWER_FROM:
        return "answer"
    return "choose" if confidence >= CHOOSE_FROM else "none"
