"""Appeals (诉求): words with which somebody brings something before the government, instead of asking how one does so. Pure."""

import re
from typing import Final

_ONLY: Final = re.compile(
    r"(?:我?(?:要|想|来)?)(?:投诉举报|投诉|反映|举报|提?诉求)(?:一下|下|一个|一些)?(?:问题|情况|事情|诉求)?"
)
_BEGINS: Final = re.compile(r"我(?:要|想|来)(?:投诉|反映|举报)(?:一下|下|一个)?")
_ASKS_HOW: Final = re.compile(r"怎么|如何|哪里|哪儿|去哪|找谁|电话|流程|渠道|方式|网站|[吗呢]$")


def is_appeal(words: str) -> bool:
    """Whether plain words only say that somebody wants to bring something (我要投诉)."""
    return bool(_ONLY.fullmatch(words))


def brings_an_appeal(words: str) -> bool:
    """Whether plain words bring something before the government (我要投诉楼下烧烤店扰民)."""
    return is_appeal(words) or (bool(_BEGINS.match(words)) and not _ASKS_HOW.search(words))
