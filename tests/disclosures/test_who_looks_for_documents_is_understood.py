"""Words that look for documents, and words that only sound like it: what is understood of each (features C29)."""

import json
from datetime import date
from importlib.resources import files

import pytest

from disclosures.seeking import Named, Sought, may_seek, read, sayings

TODAY = date(2026, 11, 27)
_UNITS = json.loads(files("disclosures").joinpath("data/units.json").read_text("utf-8"))
_COLUMNS = json.loads(files("disclosures").joinpath("data/categories.json").read_text("utf-8"))
UNITS = [Named(name=row["name"], said=sayings(row["name"], row["short_name"])) for row in _UNITS]
COLUMNS = [
    Named(name=row["name"])
    for row in (_COLUMNS if isinstance(_COLUMNS, list) else _COLUMNS["categories"])
    if len(row["name"]) > 2
]

SEARCHES = {
    "教育局 2026 预算": "区教育局、2026年、预算",
    "民政局最近的通知": "区民政局、通知",
    "低保的文件": "低保",
    "2026年财政预算": "2026年、财政、预算",
    "区财政局2025年决算": "区财政局、2025年、决算",
    "去年教育局的预算": "区教育局、2025年、预算",
    "帮我查一下住建局的公告": "区住房和城乡建设局、公告",
    "查一下卫健局最新的通知": "区卫生健康局、通知",
    "民政局发了什么文件": "区民政局",
    "人社局有哪些文件": "区人力资源和社会保障局",
    "公安局最近发了什么": "区公安分局",
    "交通局今年的公告": "区交通运输局、2026年、公告",
    "信息公开年报": "信息公开年报",
    "关于养老服务的文件": "养老服务",
    "医保的政策文件": "政策文件、医保",
    "危房改造实施方案": "危房改造、实施方案",
    "农业农村局 高标准农田 公告": "区农业农村局、高标准农田、公告",
    "找一下明政发〔2026〕12号": "〔2026〕12号、明政发",
    "明政办发2026 5号": "〔2026〕5号、明政办发",
    "明民发(2025)第8号文件": "〔2025〕8号、明民发",
    "自然资源局征地公告": "区自然资源局、征地、公告",
    "招聘公告 教育局": "区教育局、招聘公告",
    "最新的招聘公告": "招聘公告",
    "水利局近期的公示": "区水利局、公示",
    "今年的行政处罚有哪些": "行政处罚、2026年",
    "低保 政策解读": "政策解读、低保",
    "区政府办公室2026年的规范性文件": "区政府办公室、规范性文件、2026年",
    "财政预决算 2026": "财政预决算、2026年",
    "教育局 2026": "区教育局、2026年",
    "高龄津贴的通知": "高龄津贴、通知",
    "城乡低保标准的公告": "城乡低保标准、公告",
    "2024年的规划": "2024年、规划",
    "26年的工作报告": "2026年、工作报告",
    "商务局 采购 公示": "区商务局、采购、公示",
    "司法局这个月的公告": "区司法局、公告",
    "看看农业农村局的补贴公示": "区农业农村局、补贴、公示",
    "民政局《养老服务》的实施方案": "区民政局、养老服务、实施方案",
    "有哪些关于房屋征收的公告": "房屋征收、公告",
    "请问有没有教育局招生的通知": "区教育局、招生、通知",
    "我想看民政局的年报": "区民政局、年报",
    "教育局2026年部门预算公开": "区教育局、2026年、部门、预算",
}
QUESTIONS = (
    "低保怎么申请", "办低保要什么文件", "通知怎么还没发", "教育局电话", "民政局几点上班", "教育局在哪", "收到一条通知说社保卡要停用", "公积金",
    "2026年放假安排", "今年放几天假", "低保", "你好", "结婚登记要带什么材料", "预算是什么意思", "我家楼上那只鹦鹉会背唐诗", "计划生育", "身份证丢了怎么办",
    "最近天气怎么样", "公告栏在哪里", "意见箱", "我有意见", "文件丢了怎么办", "政策", "通知", "信息", "网传自来水停水七天的通知是真的吗", "我想了解一下",
    "最近停水吗", "民政局", "2026", "居住证", "我要投诉教育局", "养老金认证", "残疾人补贴标准", "规定", "找工作", "查社保", "查公积金", "查违章", "看病",
    "看病报销", "搜", "查询社保缴费", "社保查询", "公示期多久", "计划生育服务", "通知书丢了", "户口簿", "", " ", "？？？", "1", "都不是", "更多",
    "我" * 60 + "的文件",
)  # fmt: skip


@pytest.mark.parametrize(("text", "told"), list(SEARCHES.items()))
def test_a_search_is_understood(text: str, told: str) -> None:
    sought = read(text, units=UNITS, categories=COLUMNS, today=TODAY)
    assert sought is not None
    assert sought.told == told
    assert may_seek(text)


@pytest.mark.parametrize("text", QUESTIONS)
def test_a_question_is_no_search(text: str) -> None:
    assert read(text, units=UNITS, categories=COLUMNS, today=TODAY) is None


def test_full_width_digits_are_digits() -> None:
    assert read("教育局２０２６年预算", units=UNITS, categories=COLUMNS, today=TODAY) == Sought(
        unit="区教育局", year=2026, words=("预算",)
    )


def test_a_unit_is_known_by_what_people_call_it() -> None:
    assert sayings("区人力资源和社会保障局", "区人社局") == (
        "区人力资源和社会保障局", "区人社局", "人力资源和社会保障局", "人社局",
    )  # fmt: skip
    assert sayings("区公安分局") == ("区公安分局", "公安分局", "公安局")
