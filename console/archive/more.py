"""Of the package: whatever else the house recorded about the disclosure. Every table that names a disclosure or a delivery
comes in by itself, so that a later part of the product is archived before anybody thinks of it."""

import re
from datetime import datetime
from typing import Any, Final

from tortoise import Tortoise
from tortoise.fields import BinaryField

from console.archive.case import Case, Section
from console.archive.package import Entry, json_entry
from console.screen import minute
from console.words import CHANNEL_MARKS as MARKS

_MOMENT: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d")

TOLD: Final = frozenset({
    "disclosure_revision", "disclosure_review", "delivery", "delivery_attempt", "delivery_proposal", "read_back", "release",
    "portal_page",
})  # fmt: skip
"""What other parts of the package show."""
NOT_KEPT: Final = (
    "bot_", "knowledge_", "rumour_", "comment", "citizen", "conversation", "working_copy", "form_presence", "fingerprint",
)  # fmt: skip
"""Parts of the names of tables that hold citizens' words, the bot's own, what was never saved, or what is reckoned from the
text: an archive of the government's text has none of it (个人信息保护法 第六条: no more than the purpose needs)."""
SECRETS: Final = ("token", "secret", "password", "cookie", "address")
"""Columns that are no record of the text but a key to something, or where somebody sat."""
NAMES: Final = {
    "disclosure_remark": "审核意见与答复", "disclosure_opening": "审核人打开稿件", "disclosure_proof_pass": "校对",
    "disclosure_emergency": "紧急发布与补审", "disclosure_embargo_reader": "定时解密前可看的人", "check_override": "放行理由",
    "show_link": "审阅链接", "show_remark": "审阅意见", "announcement": "发布预告", "figure_reading": "阅读与互动数据",
    "figure_total": "阅读与互动合计", "day_count": "门户每日访问", "mass_reservation": "群发名额", "probe": "发布前查验",
    "foreign_post": "平台上多出的内容",
}  # fmt: skip
"""Table → what it is called; one that is not named is called by its name."""
COLUMNS: Final = {
    "at": "时间", "made_at": "时间", "created_at": "时间", "read_at": "时间", "day": "日期", "channel": "渠道", "by_name": "办理人",
    "made_by_name": "办理人", "author_name": "办理人", "authorised_by_name": "批准人", "closed_by_name": "了结人", "viewer": "审阅人",
    "name": "名称", "field": "位置", "quote": "原文", "message": "检查结果", "text": "意见", "reason": "理由", "answer": "答复",
    "answered_by_name": "答复人", "answered_at": "答复时间", "value": "数值", "note": "说明", "due_at": "期限",
    "settled_at": "补审时间", "expires_at": "到期", "revoked_at": "收回", "state": "状态",
}  # fmt: skip
"""What stands on the page, in this order; the file has every column."""
SHOWN: Final = 200
"""Rows of one table on the page."""


async def more(case: Case) -> Section | None:
    ids = [row.id for row in case.deliveries] or [0]
    releases = [row.id for row in case.releases] or [0]
    found: dict[str, list[dict[str, Any]]] = {}
    for model in sorted(Tortoise.apps["mingbai"].values(), key=lambda each: str(each._meta.db_table)):
        table = str(model._meta.db_table)
        if table in TOLD or any(part in table for part in NOT_KEPT):
            continue
        columns = model._meta.fields_db_projection.values()
        by = next((each for each in ("disclosure_id", "delivery_id", "release_id") if each in columns), None)
        if by is None:
            continue
        wanted = {"disclosure_id": [case.id], "delivery_id": ids, "release_id": releases}[by]
        rows = await model.filter(**{f"{by}__in": wanted}).order_by(model._meta.pk_attr)
        if rows:
            found[table] = [_plain(row) for row in rows]
    if not found:
        return None
    entries: tuple[Entry, ...] = tuple(json_entry(f"records/{table}.json", rows) for table, rows in found.items())
    listed = [
        (NAMES.get(table, table), f"records/{table}.json", len(rows), *_table(rows[:SHOWN]))
        for table, rows in found.items()
    ]
    return Section(
        key="more", title="其他登记", html=case.render("more.html", listed=listed), entries=entries,
        manifest={"records": {table: len(rows) for table, rows in found.items()}},
    )  # fmt: skip


def _plain(row: Any) -> dict[str, Any]:
    values = {
        name: getattr(row, name)
        for name in sorted(row._meta.db_fields)
        if not any(part in name for part in SECRETS) and not isinstance(row._meta.fields_map[name], BinaryField)
    }
    return {name: value.isoformat() if hasattr(value, "isoformat") else value for name, value in values.items()}


def _table(rows: list[dict[str, Any]]) -> tuple[list[str], list[list[str]]]:
    """(heads, cells) of what a person reads of some rows; columns that say nothing in any row are left out."""
    columns = [name for name in COLUMNS if any(row.get(name) not in {None, ""} for row in rows)]
    cells = [[_said(row.get(name)) for name in columns] for row in rows]
    return [COLUMNS[name] for name in columns], cells


def _said(value: Any) -> str:
    if isinstance(value, str) and _MOMENT.match(value):
        return minute(datetime.fromisoformat(value))
    return MARKS.get(value, value) if isinstance(value, str) else "" if value is None else str(value)
