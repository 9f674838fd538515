"""Precision before recall: no honest message is taken for an advertisement, most advertisements are known."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.advertising import LONGEST, is_advertisement
from tests.bot.advertising_texts import ADS, HONEST

RECALL = 0.9
"""Measured: see docs/talk/guard.zh-CN.md."""


def test_there_are_enough_texts_to_say_so() -> None:
    assert len(set(ADS)) >= 60
    assert len(set(HONEST)) >= 120


@pytest.mark.parametrize("text", HONEST)
def test_an_honest_message_is_no_advertisement(text: str) -> None:
    assert not is_advertisement(text)


def test_most_advertisements_are_known() -> None:
    missed = [text for text in ADS if not is_advertisement(text)]
    assert 1 - len(missed) / len(ADS) >= RECALL, missed


@given(st.text(max_size=3 * LONGEST))
def test_any_text_may_come(text: str) -> None:
    assert is_advertisement(text) in (True, False)


def test_letters_between_blanks_and_in_other_widths_hide_nothing() -> None:
    assert is_advertisement("兼 职 刷 单，日 结，加 Ｖ Ｘ ａｂｃ１２３４５")
