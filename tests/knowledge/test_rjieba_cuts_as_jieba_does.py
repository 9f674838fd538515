"""What the quick segmenter gives is what jieba gives, or jieba is asked: over generated texts and hostile ones."""

import re
import warnings
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from benchmarks.generated import entries, questions
from knowledge.keywords import Keywords, normalise

WORD = re.compile(r"\w")
HAN = "低保怎么申请医保卡在哪里办理城乡居民最低生活障金农机购置补贴残疾人两项老年优待证一年级卡拉"
SIGNS = "0123456789.._%+#&-aAzZqQ，。？！ ()（）/:@\n"
STRANGE = "é㐀鿖鿽𠀀豈ーかナ한글٣²①😀\u200d\u0300ßİǅ"


@pytest.fixture(scope="module")
def quick(tmp_path_factory: pytest.TempPathFactory) -> Keywords:
    return Keywords(tmp_path_factory.mktemp("jieba"))


@pytest.fixture(scope="module")
def reference(quick: Keywords) -> object:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import jieba
    return jieba.Tokenizer()


def by_jieba(reference: object, text: str) -> list[str]:
    return [word for word in reference.cut_for_search(normalise(text)) if WORD.search(word)]  # type: ignore[attr-defined]


@settings(max_examples=600, deadline=None)
@given(text=st.text(alphabet=HAN + SIGNS, max_size=40) | st.text(alphabet=HAN + SIGNS + STRANGE, max_size=30))
@example(text="电话0000-00000000转8，网址www.example.gov.cn，1.05米、50%、2018.10.11、C++、卡拉OK、A&B、x_1")
@example(text="１２．５％的ＡＢＣ－ｄ")
@example(text="三五·一〇、3.5万元、.5、5.、1..2、-1-")
def test_any_text(quick: Keywords, reference: object, text: str) -> None:
    assert quick.words(text) == by_jieba(reference, text)


def test_generated_texts(quick: Keywords, reference: object) -> None:
    known = entries(400)
    texts = [f"{entry['title']} {entry['body']}" for entry in known] + [q.text for q in questions(400, known)]
    assert [quick.words(text) for text in texts] == [by_jieba(reference, text) for text in texts]


def test_a_user_dictionary_is_honoured(tmp_path: Path) -> None:
    taught = Keywords(tmp_path, user_words=["紫藤长廊", "一卡通办"])
    assert "紫藤长廊" in taught.words("紫藤长廊几点开门")
    assert "一卡通办" in taught.words("请问一卡通办在哪")
