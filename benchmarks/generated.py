"""Entries and questions from templates: as many as a benchmark wants, the same ones every time, nobody's real words."""

import random
from dataclasses import dataclass
from itertools import product
from typing import Any, Final

SEED: Final = 20261123

TOWNS: Final = tuple(
    f"{first}{second}{kind}"
    for kind in ("镇", "乡", "街道")
    for first, second in product("东南西北青白石金银龙凤云花柳松竹梅桃清平", "山河桥湖塘坪溪田港岭")
)
COUNTIES: Final = (
    "",
    "安澜县",
    "平岚县",
    "永泓县",
    "清渚县",
    "长霖县",
    "宁漪县",
    "丰汀县",
    "景浦县",
    "和澍县",
    "嘉沅县",
    "昌湄县",
)
"""The first is none: a town's name alone stands for it until there are more entries than its towns hold."""
MATTERS: Final = (
    "最低生活保障", "高龄津贴", "残疾人两项补贴", "临时救助", "医疗救助", "孤儿基本生活费", "老年人优待证", "居住证", "新生儿落户",
    "户口迁移", "身份证换领", "城乡居民医保参保", "异地就医备案", "生育津贴", "养老保险关系转移", "养老金资格认证", "失业保险金",
    "灵活就业社保补贴", "创业担保贷款", "公租房", "住房公积金提取", "不动产登记", "农村宅基地审批", "危房改造补助", "耕地地力保护补贴",
    "农机购置补贴", "小学入学", "初中入学", "家庭经济困难学生资助", "教师资格认定", "个体工商户登记", "食品经营许可", "公共场所卫生许可",
    "道路运输证", "机动车年检", "驾驶证换领", "结婚登记", "收养登记", "法律援助", "公证", "退役军人优待证", "义务兵家庭优待金",
    "烟花爆竹零售许可", "林木采伐许可", "取水许可", "排污许可", "建筑工程施工许可", "老旧小区加装电梯", "天然气开户", "自来水过户",
)  # fmt: skip
ASPECTS: Final = (
    ("怎么申请", "向{unit}提出申请，填写申请表并提交身份证明，{days}个工作日内办结。", ("怎么办理啊", "要怎么去申请", "找谁办")),
    ("需要哪些材料", "需提交身份证、户口簿和近{months}个月的收入证明，原件核对后退回。", ("要带什么东西", "得准备啥材料")),
    ("补助标准是多少", "标准为每人每月{money}元，按季度发放到社会保障卡。", ("一个月给多少钱", "能领多少")),
    ("在哪里办理", "请到{unit}一楼{window}号窗口办理，也可在政务服务网办理。", ("去哪儿办", "在哪个地方弄")),
    ("多久能办好", "自受理之日起{days}个工作日内作出决定，情况复杂的可延长十日。", ("几天办得下来", "要等多久")),
    ("符合什么条件", "本地户籍或持居住证满{months}个月，且家庭人均月收入低于{money}元。", ("哪些人可以办", "我这种情况行不行")),
    ("有效期是几年", "自批准之日起{years}年内有效，期满前一个月申请复核。", ("能管几年", "什么时候到期")),
    ("不予批准怎么办", "可自收到决定之日起六十日内申请行政复议，窗口电话转{window}号。", ("没批下来咋办", "被退回来了找谁")),
)  # fmt: skip
FRAMES: Final = (
    "{town}的{matter}{asked}？", "请问{town}{matter}{asked}", "我是{town}的，{age}岁，想问{matter}{asked}", "{matter}{asked}？我家在{town}",
    "你好，{town}这边{matter}{asked}，谢谢", "{age}岁的老人在{town}，{matter}{asked}",
)  # fmt: skip
STRANGE: Final = (
    "飞船停放证", "温泉疗养券", "天文台参观证", "海外务工担保", "宠物寄养补助", "古琴等级证", "冰雕摊位证", "热气球驾照", "邮轮陪同证",
)  # fmt: skip
STRANGE_SHARE: Final = 0.1
"""Of the questions, so many have no entry."""


def entries(count: int) -> list[dict[str, Any]]:
    """Entries in the format of ``mingbai knowledge load``; at most one for each place, matter and aspect.

    Up to 100,000 lie in one county; beyond, counties are added, so that a place has as many entries as before.
    """
    draw = random.Random(SEED)
    towns = len(TOWNS) * min(len(COUNTIES), max(1, -(-count // 100_000)))
    numbers = draw.sample(range(towns * len(MATTERS) * len(ASPECTS)), count)
    return [_entry(number, towns, draw) for number in numbers]


def place(number: int) -> str:
    """The name of a town, with its county's if there are several."""
    county, town = divmod(number, len(TOWNS))
    return COUNTIES[county] + TOWNS[town]


def _entry(number: int, towns: int, draw: random.Random) -> dict[str, Any]:
    number, town_number = divmod(number, towns)
    aspect_number, matter_number = divmod(number, len(MATTERS))
    town, matter, (aspect, answer, _) = place(town_number), MATTERS[matter_number], ASPECTS[aspect_number]
    unit = f"{town}便民服务中心"
    said = answer.format(
        unit=unit, days=draw.randint(3, 30), months=draw.randint(3, 12), money=draw.randint(100, 3000),
        window=draw.randint(1, 40), years=draw.randint(1, 10),
    )  # fmt: skip
    return {
        "id": f"bench-{town_number}-{matter_number}-{aspect_number}", "kind": "faq", "title": f"{town}{matter}{aspect}",
        "body": f"{town}居民办理{matter}：{said}",
        "unit": unit, "source": f"{matter}办事指南", "made_on": "2026-03-01",
    }  # fmt: skip


def themes(count: int) -> list[tuple[str, str]]:
    """So many pairs of matter and phrase: each generated question holds exactly one pair, and all come about equally often."""
    phrases = [phrase for _, _, phrases in ASPECTS for phrase in phrases]
    pairs = list(product((*MATTERS, *STRANGE), phrases))
    random.Random(SEED).shuffle(pairs)
    return pairs[:count]


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """``entry`` is the id of the entry that answers; empty when there is none."""

    text: str
    entry: str


def questions(count: int, entries: list[dict[str, Any]], *, seed: int = 0) -> list[Question]:
    """Different questions in a citizen's words: most have their entry, a tenth has none."""
    draw = random.Random(SEED + 1 + seed)
    found: dict[str, Question] = {}
    while len(found) < count:
        question = _question(draw, draw.choice(entries)["id"])
        found.setdefault(question.text, question)
    return list(found.values())


def _question(draw: random.Random, entry: str) -> Question:
    town, matter, aspect = (int(number) for number in entry.split("-")[1:])
    known = draw.random() >= STRANGE_SHARE
    text = draw.choice(FRAMES).format(
        town=place(town), matter=MATTERS[matter] if known else draw.choice(STRANGE),
        asked=draw.choice(ASPECTS[aspect][2]), age=draw.randint(18, 99),
    )  # fmt: skip
    return Question(text=text, entry=entry if known else "")
