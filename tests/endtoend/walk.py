"""The press officer's road over the API, step by step, so that several tests can walk it."""

from typing import Any

BODY = """各乡镇人民政府、街道办事处：

为方便困难群众，自 2026 年 12 月 1 日起，**冬季取暖补助**由户籍地村（居）民委员会代办。

| 对象 | 标准（元/户） |
| --- | --- |
| 特困供养户 | 600 |
| 低保户 | 400 |

申请人持身份证到村（居）民委员会登记，民政所在五个工作日内发放到社会保障卡。
"""
TITLE = "关于发放困难群众冬季取暖补助的通知"
REASON = "同一文稿多次发布，用于测试"
"""One text is released again and again in these tests, which the checks would ask about."""
QUESTION = "困难群众冬季取暖补助怎么领"


def draft(title: str = TITLE) -> dict[str, Any]:
    return {
        "title": title,
        "body_markdown": BODY,
        "department": "区民政局",
        "category": "通知公告",
        "formed_on": "2026-11-20",
        "document_number": "明民发〔2026〕31号",
        "summary": "低保户、特困供养户冬季取暖补助由村（居）代办，五个工作日内到卡。",
        "channels": {
            "wechat": {"digest": "取暖补助由村居代办，五个工作日到卡。"},
            "weibo": {"text": "【取暖补助】低保户、特困户的冬季取暖补助由村（居）代办，五个工作日到卡。"},
        },
    }


async def written(house: Any, title: str = TITLE) -> int:
    made = await house.must("nigao", "POST", "/disclosures", draft(title))
    assert made["state"] == "draft"
    return int(made["id"])


async def approved(house: Any, title: str = TITLE) -> int:
    number = await written(house, title)
    await house.must("nigao", "POST", f"/disclosures/{number}/submit")
    for reviewer in ("chushen", "fushen", "zhongshen"):
        await house.must(reviewer, "POST", f"/disclosures/{number}/approve")
    return number


async def released(house: Any, number: int) -> Any:
    made = await house.must(
        "fabu",
        "POST",
        "/releases",
        {
            "disclosure": number,
            "at": "now",
            "channels": ["portal", "wechat", "weibo", "answers"],
            "reason": REASON,
        },
    )
    return await house.until(made["id"], "published")
