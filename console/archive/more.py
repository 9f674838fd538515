"""Of the package: whatever else the house recorded about the disclosure. Every table that names a disclosure or a delivery
comes in by itself, so that a later part of the product is archived before anybody thinks of it."""

from typing import Any, Final

from tortoise import Tortoise
from tortoise.fields import BinaryField

from console.archive.case import Case, Section
from console.archive.package import Entry, json_entry

TOLD: Final = frozenset({
    "disclosure_revision", "disclosure_review", "delivery", "delivery_attempt", "delivery_proposal", "read_back", "release",
    "portal_page",
})  # fmt: skip
"""What other parts of the package show."""
NOT_KEPT: Final = ("bot_", "knowledge_", "rumour_", "comment", "citizen", "conversation", "draft_save", "autosave")
"""Beginnings or parts of the names of tables that hold citizens' words, the bot's own, or what was never saved: an archive
of the government's text has none of it (个人信息保护法 第六条: no more than the purpose needs)."""
SECRETS: Final = ("token", "secret", "password", "cookie", "address")
"""Columns that are no record of the text but a key to something, or where somebody sat."""
NAMES: Final = {
    "disclosure_remark": "审核意见与答复", "disclosure_override": "放行理由", "disclosure_finding": "检查记录",
    "disclosure_proofreading": "校对记录", "disclosure_secrecy": "保密审查", "disclosure_deputy": "代办", "emergency": "紧急发布",
    "emergency_debt": "紧急发布补审", "mass_reservation": "群发名额", "foreign_post": "平台上多出的内容",
    "announcement": "发布预告", "figure": "阅读与互动数据", "reviewer_link": "审阅链接",
}  # fmt: skip
"""Table → what it is called; one that is not named is called by its name."""


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
    listed = [(NAMES.get(table, table), f"records/{table}.json", len(rows)) for table, rows in found.items()]
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
