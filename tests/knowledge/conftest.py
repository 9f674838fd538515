"""A small base of a fictional district, and the parts that a test of the knowledge base needs."""

from datetime import date
from pathlib import Path

import pytest

from audit.actor import Actor
from audit.clock import Clock
from audit.trail import Trail
from knowledge.base import KnowledgeBase
from knowledge.curating import Curating
from knowledge.curation import Curation
from knowledge.entry import Entry, EntryKind
from knowledge.keywords import Keywords

ACTOR = Actor.machine("测试")


@pytest.fixture(scope="session")
def keywords(tmp_path_factory: pytest.TempPathFactory) -> Keywords:
    return Keywords(tmp_path_factory.mktemp("jieba"), user_words=("城乡居民医保",))


@pytest.fixture
def today() -> date:
    return date(2026, 11, 23)


@pytest.fixture
def actor() -> Actor:
    return ACTOR


@pytest.fixture
def curation(database: str, clock: Clock) -> Curation:
    return Curation(clock=clock, trail=Trail())


@pytest.fixture
def base(keywords: Keywords, clock: Clock) -> KnowledgeBase:
    return KnowledgeBase(keywords=keywords, clock=clock)


@pytest.fixture
def curating(request: pytest.FixtureRequest, keywords: Keywords, base: KnowledgeBase, clock: Clock) -> Curating:
    """Over the database that the test asks for; SQLite if it asks for none."""
    request.getfixturevalue("any_database" if "any_database" in request.fixturenames else "database")
    return Curating.of(clock=clock, trail=Trail(), keywords=keywords, base=base)


@pytest.fixture
def cache_folder(tmp_path: Path) -> Path:
    return tmp_path / "private"


@pytest.fixture
def entries() -> list[Entry]:
    """Twelve entries of all kinds, two of them with every field filled."""
    faq, service = EntryKind.faq, EntryKind.service
    return [
        Entry(
            id="low-income",
            kind=service,
            title="如何申请最低生活保障？",
            body="共同生活的家庭成员人均收入低于当地低保标准的家庭，可以向户籍所在地的乡镇人民政府或者街道办事处提出书面申请。",
            similar=("低保怎么办理", "申请低保要什么条件"),
            keywords=("低保", "最低生活保障"),
            unit="区民政局",
            source="社会救助暂行办法",
            source_url="https://www.example.gov.cn/d/1",
            document_number="国务院令第649号",
            issuer="国务院",
            made_on=date(2014, 2, 21),
            published_on=date(2014, 2, 27),
            validity="已修改",
            phone="0730-0000000",
            valid_from=date(2014, 5, 1),
        ),
        Entry(
            id="medical",
            kind=EntryKind.policy,
            title="城乡居民医保什么时候缴费",
            body="城乡居民基本医疗保险实行年度缴费，集中缴费期一般为每年9月至12月，具体以当年通知为准。可以在电子税务局或者银行网点办理。",
        ),
        Entry(
            id="medical-remote",
            kind=faq,
            title="异地就医如何备案",
            body="参保人可以在国家医保服务平台或者参保地经办窗口办理备案。",
        ),
        Entry(
            id="hukou",
            kind=service,
            title="新生儿怎样上户口",
            body="凭出生医学证明、父母户口簿和结婚证到派出所办理出生登记。",
        ),
        Entry(
            id="fund",
            kind=faq,
            title="住房公积金可以提取的情形",
            body="购买、建造、翻建、大修自住住房，离休、退休，偿还购房贷款本息等情形可以提取。",
        ),
        Entry(
            id="school",
            kind=faq,
            title="小学入学报名需要哪些材料",
            body="户口簿、不动产权证书、预防接种证等，以学校当年招生公告为准。",
        ),
        Entry(
            id="bus",
            kind=faq,
            title="老年人乘坐公交车有优惠吗",
            body="年满六十五周岁的老年人凭证件免费乘坐城市公共汽车。",
        ),
        Entry(
            id="passport", kind=service, title="护照在哪里办理", body="到任一出入境管理窗口申请，须本人到场采集指纹。"
        ),
        Entry(id="waste", kind=faq, title="大件垃圾如何处理", body="联系社区预约上门收运，不得随意丢弃在路边。"),
        Entry(
            id="pension",
            kind=faq,
            title="退休人员养老金资格认证怎么做",
            body="可以在手机上通过人脸识别完成认证，也可以到社区办理。",
        ),
        Entry(
            id="rumour-salt",
            kind=EntryKind.rumour,
            title="加碘盐能防核辐射",
            body="食盐中碘含量很低，不能预防放射性碘，过量食用有害健康。",
            verdict="不实",
            evidence="中国疾病预防控制中心说明",
            unit="区卫生健康局",
        ),
        Entry(
            id="rumour-dam",
            kind=EntryKind.rumour,
            title="上游水库今晚要泄洪淹没县城",
            body="区水利局正在核实，请以官方通报为准。",
            verdict="核实中",
            unit="区水利局",
        ),
    ]
