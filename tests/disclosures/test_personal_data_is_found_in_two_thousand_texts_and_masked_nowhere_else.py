"""Recall and false masks of the personal-data check over generated texts; the figures are printed."""

import random
from datetime import date

from disclosures import personal
from disclosures.checking import privacy

MANY = 2_000
WORDS = "经审核现将名单公示如下有异议者请在公示期内反映联系地址为区政务服务中心一楼大厅按照文件精神办理"
REGIONS = ("110105", "330106", "440305", "510107", "650102", "320583")
WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def around(dice: random.Random, datum: str) -> str:
    left = "".join(dice.choices(WORDS, k=dice.randint(0, 30)))
    right = "".join(dice.choices(WORDS, k=dice.randint(0, 30)))
    return f"{left}{dice.choice(['', '：', '（', ' ', '，'])}{datum}{dice.choice(['', '）', '。', ' ', '，'])}{right}"


def identity(dice: random.Random) -> str:
    born = date(1940, 1, 1).toordinal() + dice.randint(0, 28_000)
    body = f"{dice.choice(REGIONS)}{date.fromordinal(born):%Y%m%d}{dice.randint(0, 999):03d}"
    return body + "10X98765432"[sum(int(d) * w for d, w in zip(body, WEIGHTS, strict=True)) % 11]


def card(dice: random.Random) -> str:
    body = "62" + "".join(dice.choices("0123456789", k=16))
    for check in "0123456789":
        total = 0
        for place, digit in enumerate(reversed(body + check)):
            value = int(digit) * (1 + place % 2)
            total += value - 9 if value > 9 else value
        if total % 10 == 0:
            return body + check
    raise AssertionError


def mobile(dice: random.Random) -> str:
    return dice.choice(["138", "159", "186", "177", "199"]) + "".join(dice.choices("0123456789", k=8))


def plate(dice: random.Random) -> str:
    return f"{dice.choice('京沪粤浙川')}{dice.choice('ABCDE')}{dice.choice(['', '·'])}{dice.randint(10_000, 99_999)}"


def home(dice: random.Random) -> str:
    return f"{dice.choice(['幸福', '阳光', '翠苑'])}{dice.choice(['小区', '花园', '公寓'])}{dice.randint(1, 30)}栋{dice.randint(1, 4)}单元{dice.randint(101, 2804)}室"


def passport(dice: random.Random) -> str:
    return f"护照号码{dice.choice('EG')}{dice.randint(10_000_000, 99_999_999)}"


MAKERS = (identity, card, mobile, plate, home, passport)


def innocent(dice: random.Random) -> str:
    """What looks like a number of a person and is none: office telephones, codes, amounts, document numbers, rooms."""
    return dice.choice([
        f"咨询电话0571-{dice.randint(80_000_000, 89_999_999)}", f"统一社会信用代码9144{dice.randint(10**13, 10**14 - 1)}",
        f"项目编号{dice.randint(10**14, 10**15 - 1)}", f"金额{dice.randint(1, 10**9):,}元", f"区政发〔2026〕{dice.randint(1, 99)}号",
        f"政务服务中心{dice.randint(1, 9)}楼{dice.randint(101, 999)}室", f"合同号13800{dice.randint(100_000, 999_999)}", f"2026年{dice.randint(1, 12)}月1日",
        f"京A级景区{dice.randint(1, 99)}家", f"热线12345转{dice.randint(1, 9)}", f"邮编{dice.randint(100_000, 999_999)}",
        f"坐标东经{dice.randint(100, 130)}.{dice.randint(10_000, 99_999)}", f"人民路{dice.randint(1, 999)}号",
    ])  # fmt: skip


def found_in(text: str) -> int:
    return len(personal.find(text)) + sum(1 for _ in privacy.spans(text))


def test_recall_and_false_masks() -> None:
    dice = random.Random(20261123)
    missed: dict[str, int] = {}
    for number in range(MANY):
        make = MAKERS[number % len(MAKERS)]
        if not found_in(around(dice, make(dice))):
            missed[make.__name__] = missed.get(make.__name__, 0) + 1
    wrong = [text for text in (around(dice, innocent(dice)) for _ in range(MANY)) if found_in(text)]
    recall = 1 - sum(missed.values()) / MANY
    print(f"recall {recall:.1%} of {MANY}, missed {missed}; false masks {len(wrong)} of {MANY}")
    assert recall >= 0.99
    assert len(wrong) <= MANY // 200, wrong[:5]


def test_a_mask_leaves_nothing_of_the_datum_readable() -> None:
    dice = random.Random(7)
    for number in range(600):
        text = around(dice, MAKERS[number % len(MAKERS)](dice))
        for finding in privacy.find("body", text):
            masked = privacy.masked_text(text, finding.mask)
            assert masked != text
            assert finding.quote in masked
            assert not any(
                each.mask == finding.mask and each.rule == finding.rule for each in privacy.find("body", masked)
            )
