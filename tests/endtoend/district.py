"""A district's ordinary day, for the handbook's pictures: its people, its Word file, and the texts that are under way."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from tests.disclosures.word_files import cell, docx, font, link, note_mark, p, picture, row, run, table

NAMES: Final[Mapping[str, tuple[str, str, str]]] = MappingProxyType(
    {
        "nigao": ("liwen", "李雯", "区民政局"),
        "chushen": ("wangfang", "王芳", "区民政局"),
        "fushen": ("zhaomin", "赵敏", "区司法局"),
        "zhongshen": ("sunjianguo", "孙建国", "区政府办公室"),
        "fabu": ("zhouli", "周丽", "区政府办公室"),
        "zhishi": ("wuxiaodong", "吴晓东", "区行政审批服务局"),
    }
)
"""The house's account → how the person signs in, what he is called, and where he works. None of them lives."""
COLLEAGUE: Final = ("heqian", "何倩", "drafter")
SECOND_FINAL: Final = ("chenzhiqiang", "陈志强", "final_reviewer")

TITLE: Final = "关于发放困难群众冬季取暖补助的通知"
STEPS: Final = "取暖补助办理步骤：一是到村（社区）登记，二是镇街审核，三是区民政局发放到社会保障卡"
STEPS_PAGE: Final = """<meta charset="utf-8"><style>
body { margin: 0 } ol { display: flex; gap: 20px; margin: 0; padding: 18px; width: 600px; list-style: none; font: 20px sans-serif; background: #f3f7f7 }
li { flex: 1; padding: 14px; border-radius: 8px; background: #fff; border-top: 4px solid #0b5f6b; text-align: center }
small { display: block; color: #456; font-size: 15px; margin-top: 6px }</style>
<ol><li>村（社区）登记<small>当场办结</small></li><li>镇街审核<small>三个工作日</small></li><li>发放到卡<small>五个工作日</small></li></ol>"""
"""What becomes the picture in the Word file."""
_GUIDE: Final = (
    '<Relationship Id="rIdL" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/hyperlink" '
    'Target="https://www.gov.cn/zhengce/content/2014-02/27/content_8670.htm" TargetMode="External"/>'
)


def word_file(drawing: bytes) -> bytes:
    """The notice as the bureau's clerk wrote it; ``drawing`` is a PNG without a description, as Word files have them."""
    return docx(
        p(run("明白区民政局文件", font("方正小标宋简体")), align="center"),
        p("明民发[2026]31号", align="center"),
        p("关于发放困难群众冬季取暖补助的通知", align="center"),
        p("各乡镇人民政府、街道办事处："),
        p("　　为保障困难群众温暖过冬，根据", link("rIdL", "《社会救助暂行办法》"), "，现就今年冬季取暖补助发放工作通知如下。"),
        p(run("一、发放对象和标准", font("黑体"))),
        p("　　补助发给本区户籍的下列家庭，每户一次发清。低保边缘家庭", note_mark(1), "今年首次纳入。"),
        table(
            row(cell("对象"), cell("标准（元/户）"), cell("户数"), head=True),
            row(cell("特困供养家庭"), cell("600"), cell("412")),
            row(cell("低保家庭"), cell("400"), cell("2865")),
            row(cell("低保边缘家庭"), cell("300"), cell("1038")),
        ),
        p(run("二、办理程序", font("黑体"))),
        p("　　申请人持身份证到户籍地村（社区）登记，镇街三个工作日内审核，区民政局五个工作日内发放到社会保障卡。"),
        p(picture()),
        p("　　行动不便的，由村（社区）上门代办。咨询电话：0000-8600150。"),
        p("明白区民政局", align="right"),
        p("2026年11月20日", align="right"),
        footnotes=("指人均收入高于低保标准、不足低保标准一点五倍的家庭。",),
        relations=_GUIDE,
        parts={"word/media/image1.png": drawing},
    )  # fmt: skip


def text(
    title: str, body: str, unit: str, *, day: str = "2026-11-20", category: str = "通知公告", **more: Any
) -> dict[str, Any]:
    """A disclosure for the API."""
    return {
        "title": title, "body_markdown": body, "department": unit, "category": category, "formed_on": day, **more,
    }  # fmt: skip


FAULTY: Final = text(
    "关于2026年11月份困难群众临时救助资金发放情况和12月份申请受理安排的公示",
    """2026年11月18日（星期四），区民政局完成11月份临时救助资金发放，现予公示。

| 镇街 | 户数 | 金额（元） |
| --- | --- | --- |
| 城关街道 | 12 | 36000 |
| 清溪镇 | 9 | 25200 |
| 云岭镇 | 7 | 18900 |
| 合计 | 28 | 81100 |

首批领取人刘某，身份证号11010519491231002X，对公示内容有异议的，请截止12月4日前向区民政局反应，电话0000-8600150。
""",
    "区民政局",
    day="2026-11-19",
    document_number="明民公示[2026]9号",
)
"""A text with something to mend: an identity number, a title too long for WeChat, a wrong weekday, a sum that is not right, brackets, a slip of the pen."""

MERGED: Final = text(
    "社区食堂老年人助餐补贴办理指南",
    """六十周岁以上的本区户籍老年人，在社区食堂就餐可享受补贴。

八十周岁以上每餐补贴3元，其他老年人每餐补贴2元，每天最多两餐。

持身份证到社区食堂登记，次日起生效。
""",
    "区民政局",
)
MEDICAL: Final = text(
    "2026年第三季度医疗救助资金使用情况",
    "第三季度，全区医疗救助1264人次，支出救助资金318.6万元，其中住院救助286.4万元，门诊救助32.2万元。\n",
    "区医疗保障局",
)
PARKING: Final = text(
    "关于老旧小区停车泊位改造的公告",
    "区住房和城乡建设局将于12月改造建设路、文化路沿线七个老旧小区的停车泊位，新增泊位210个，施工期间请按指引停放。\n",
    "区住房和城乡建设局",
)
STORM: Final = text(
    "今夜起强降温和大风的防范提示",
    """区气象台预计，今夜到明天上午有强降温，最低气温零下3摄氏度，阵风8级。

请加固棚架和广告牌，减少外出；独居老人、困难群众可到各镇街取暖点，值班电话0000-8600110，24小时有人接听。
""",
    "区应急管理局",
)
WATER: Final = text(
    "关于城南水厂检修期间停水的通告",
    "因城南水厂管网检修，11月30日22时至12月1日6时，城南路、学府路沿线停水。请提前储水，恢复供水后先放水两分钟再使用。\n",
    "区水利局",
    channels={"weibo": {"text": "【停水通告】11月30日22时至12月1日6时，城南路、学府路沿线停水检修，请提前储水。"}},
)
WITHDRAWN: Final = "检修提前完成，11月30日夜间不再停水。"
VACCINE: Final = text(
    "老年人免费接种流感疫苗的安排",
    "12月底前，六十五周岁以上的本区居民可到社区卫生服务中心免费接种流感疫苗。请带身份证，周一至周六上午接种，无需预约。\n",
    "区卫生健康局",
    summary="12月底前，六十五周岁以上老人可在社区免费接种流感疫苗。",
)
SCHOOL: Final = text(
    "中小学冬季作息时间调整",
    "自12月1日起，全区小学到校时间推迟到8时20分，初中推迟到8时，课后服务照常开展。家长可在校门口公示栏查看本校安排。\n",
    "区教育局",
)
FOOD: Final = text(
    "2026年第47周食品安全抽检结果",
    "本周抽检粮油、蔬菜、肉制品等食品96批次，合格95批次，不合格1批次，已责令下架并立案调查。\n",
    "区市场监督管理局",
)
PLANNED: Final = (
    (
        1,
        9,
        text("冬春季森林防火通告", "十二月起进入森林防火期，林区内禁止一切野外用火，举报电话12119。\n", "区应急管理局"),
    ),
    (2, 10, text("公办幼儿园春季插班名额公布", "全区公办幼儿园春季可插班名额合计86个，12月中旬起报名。\n", "区教育局")),
    (
        7,
        9,
        text(
            "城乡居民医保缴费提醒",
            "城乡居民医保缴费将于年底截止，可在手机、银行网点和村（社区）缴纳。\n",
            "区医疗保障局",
        ),
    ),
    (
        7,
        15,
        text("建设路夜间施工降噪安排", "建设路改造夜间施工每晚22时前停止，噪声投诉电话12345。\n", "区住房和城乡建设局"),
    ),
    (
        10,
        10,
        text(
            "春节前困难群众慰问金发放办法", "慰问金一月中旬前发放到社会保障卡，名单在村（社区）公示七天。\n", "区民政局"
        ),
    ),
)
"""(Days after the first of the month to come; hour; text)."""
CITIZENS: Final = (
    ("wechat", "我母亲腿脚不便，社区能上门接种吗？"),
    ("wechat", "打完要观察多久？周六几点开门？"),
    ("weibo", "外地户口随子女住在明白区的老人能打吗？"),
)
