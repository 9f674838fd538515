"""jieba's cache lies in our own folder, closed to others; its words hold the user dictionary's."""

import stat
from pathlib import Path

from knowledge.keywords import Keywords


def test_the_cache_is_in_the_given_folder(cache_folder: Path) -> None:
    keywords = Keywords(cache_folder, user_words=["君悦湖湿地公园"])
    keywords.warm()
    assert [file.name for file in cache_folder.iterdir()] == ["jieba.cache"]
    assert stat.S_IMODE(cache_folder.stat().st_mode) == 0o700


def test_user_words_stay_whole_and_signs_are_dropped(cache_folder: Path) -> None:
    plain, taught = Keywords(cache_folder / "a"), Keywords(cache_folder / "b", user_words=["君悦湖湿地公园"])
    assert "君悦湖湿地公园" not in plain.words("君悦湖湿地公园几点开门？")
    words = taught.words("君悦湖湿地公园几点开门？！ＡＢＣ")
    assert "君悦湖湿地公园" in words
    assert "湿地" in words
    assert "abc" in words
    assert not {"？", "?", "!"} & set(words)
