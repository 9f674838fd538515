"""The message: what of a citizen's text is the question, without greetings, thanks and signatures."""

import re

MOST_CHARACTERS = 5000

_LETTERS = re.compile(r"\w")
_OPENING = re.compile(
    r"^\s*(?:(?:尊敬的|敬爱的|亲爱的)[^，。！？：:,!?\n]{0,20}[，。！：:,!\s]+"
    r"|(?:您好|你好|领导好|大家好)(?=\W|请|想|我|咨询|$)[，。！：:,!\s]*"
    r"|(?:请问一下|请问|请教一下|请教|想请问一下|想请问|想咨询一下|咨询一下)[，。！：:,!\s]*"
    r"|(?:听说|网传|据说|听人说|有人说|网上说|网上传)[，：:,\s]*)+"
)
_CLOSING = re.compile(
    r"(?:[，。！？!?,.\s]*(?:谢谢(?:您|你|了|领导|大家)?|多谢|万分感谢|非常感谢|感谢|盼复|望回复|请回复|急急急|此致|敬礼"
    r"|是真的吗|是真的么|是真是假|真的假的|是不是真的|是否属实|属实吗|可信吗|靠谱吗|是谣言吗|是不是谣言))+[，。！？!?,.\s]*$"
)
_CLOSING_CHARACTERS = 60  # only the end is searched, so that no message is slow


def question_in(text: str) -> str:
    """The question inside a message; the message itself when nothing else would be left. At most MOST_CHARACTERS characters."""
    text = text[:MOST_CHARACTERS].strip()
    inner = _OPENING.sub("", text)
    end = max(0, len(inner) - _CLOSING_CHARACTERS)
    inner = (inner[:end] + _CLOSING.sub("", inner[end:])).strip()
    return inner if len(_LETTERS.findall(inner)) >= 2 else text
