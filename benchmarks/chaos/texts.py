"""The texts that the run has approved, and what of them must arrive on each platform, byte for byte."""

import hashlib
import random
import re
from dataclasses import dataclass
from datetime import date
from html import unescape
from typing import Final

from disclosures.content import WeiboVersion
from disclosures.draft import DraftText

CHARACTERS: Final = "春防火水电路桥医保社教育交通环卫住房养老托幼就业市场食品药消气象林农技文旅体税务民政公安司法统计审"
DEPARTMENT: Final = "区民政局"
CATEGORY: Final = "通知公告"


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """One disclosure as its author wrote it. No two are alike."""

    title: str
    paragraphs: tuple[str, ...]
    weibo: str

    def draft(self) -> DraftText:
        return DraftText(
            title=self.title, body="\n\n".join(self.paragraphs), department=DEPARTMENT, category=CATEGORY,
            formed_on=date(2026, 11, 20), summary=f"{self.title}：{self.paragraphs[0][:30]}", weibo=WeiboVersion(text=self.weibo),
        )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Approved:
    """What three people signed, in the form in which a platform must receive it. The product's rows are not asked."""

    disclosure_id: int
    release_id: int
    page_url: str
    due_at: float
    """Seconds since the epoch."""
    title: str
    words: tuple[str, ...]
    """The paragraphs of the body."""
    weibo_text: str
    wechat_title_sha256: str
    wechat_body_sha256: str


def write(number: int, dice: random.Random) -> Text:
    """The text with this number."""
    topic = "".join(dice.sample(CHARACTERS, 5))
    paragraphs = tuple(
        f"{topic}事项第{number}号之{part}，自即日起施行。" + "".join(dice.choices(CHARACTERS, k=60)) + "。"
        for part in "一二三"
    )
    words = "".join(dice.choices(CHARACTERS, k=40))
    return Text(
        title=f"关于{topic}工作第{number}号的通告", paragraphs=paragraphs, weibo=f"【{topic}第{number}号】{words}。"
    )


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def says(html: str, text: Text) -> bool:
    """Whether an article says every paragraph once, in order."""
    plain = re.sub(r"\s+", "", unescape(re.sub(r"<[^>]*>", "", html)))
    return plain.count("".join(text.paragraphs)) == 1 and all(plain.count(one) == 1 for one in text.paragraphs)
