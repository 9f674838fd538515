"""The account's own menu: what an operator writes, checked against WeChat's limits, and the keys behind its buttons. Pure.

A button asks a question for the citizen, opens an address, or holds up to five such buttons. Source of the limits:
developers.weixin.qq.com, custom menu (three buttons, five below each; names of 16 and 60 bytes, keys of 128).
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

TOP, SUB = 3, 5
NAME_BYTES: Final = 16
SUB_NAME_BYTES: Final = 60
URL_BYTES: Final = 1024
LONGEST_QUESTION: Final = 60
LARGEST: Final = 20_000
"""Characters of the file."""
PREFIX: Final = "ask-"


class MenuRefused(ValueError):
    """菜单写得不对；说明里有哪个按钮、怎样改。"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What a button asks."""

    key: str
    name: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountMenu:
    """``buttons`` as menu/create takes them, and the questions behind their keys."""

    buttons: list[dict[str, Any]]
    questions: tuple[Question, ...]


def key_of_question(text: str) -> str:
    """A question's key: another question has another key, so an old button never asks a new one."""
    return PREFIX + hashlib.sha256(text.encode()).hexdigest()[:24]


def read_menu(text: str) -> AccountMenu:
    """The menu of a file. Raises MenuRefused."""
    if len(text) > LARGEST:
        raise MenuRefused(f"文件超过 {LARGEST} 个字符。")
    try:
        plain = json.loads(text)
    except (ValueError, RecursionError):
        raise MenuRefused("文件不是正确的 JSON，请核对括号、引号和逗号。") from None
    if not isinstance(plain, list) or not 1 <= len(plain) <= TOP:
        raise MenuRefused(f"最外层应当是 1 到 {TOP} 个按钮。")
    questions: list[Question] = []
    return AccountMenu(buttons=[_top(button, questions) for button in plain], questions=tuple(questions))


def _top(plain: Any, questions: list[Question]) -> dict[str, Any]:
    name, below = _name(plain, NAME_BYTES), plain.get("sub")
    if below is None:
        return _action(plain, name, questions)
    if not isinstance(below, list) or not 1 <= len(below) <= SUB:
        raise MenuRefused(f"“{name}”下面应当有 1 到 {SUB} 个按钮。")
    return {"name": name, "sub_button": [_action(one, _name(one, SUB_NAME_BYTES), questions) for one in below]}


def _name(plain: Any, most: int) -> str:
    name = plain.get("name") if isinstance(plain, dict) else None
    if not isinstance(name, str) or not name.strip():
        raise MenuRefused("每个按钮都要有名称（name）。")
    if len(name.strip().encode()) > most:
        raise MenuRefused(f"按钮“{name.strip()}”的名称太长，最多 {most // 3} 个汉字。")
    return name.strip()


def _action(plain: dict[str, Any], name: str, questions: list[Question]) -> dict[str, Any]:
    asked, url = plain.get("ask"), plain.get("url")
    if (
        isinstance(url, str)
        and url.startswith(("https://", "http://"))
        and len(url.encode()) <= URL_BYTES
        and not asked
    ):
        return {"type": "view", "name": name, "url": url}
    if not isinstance(asked, str) or not 2 <= len(asked.strip()) <= LONGEST_QUESTION or url:
        raise MenuRefused(f"按钮“{name}”请写一句要问的话（ask，最多 {LONGEST_QUESTION} 个字），或者一个网址（url）。")
    question = Question(key=key_of_question(asked.strip()), name=name, text=asked.strip())
    questions.append(question)
    return {"type": "click", "name": name, "key": question.key}


def listed(questions: Sequence[Question]) -> str:
    """The questions in a line, for the trail."""
    return "、".join(question.text for question in questions)
