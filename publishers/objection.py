"""The last look before anything goes out (I2, I3): the moment, the approval, the archive and the frozen bytes."""

from dataclasses import dataclass
from datetime import datetime

from tortoise.backends.base.client import BaseDBAsyncClient

from disclosures.content import Content
from disclosures.records import Revision
from publishers.conclusion import WITHDRAWN_MEANWHILE, lock_disclosure
from publishers.port import Rendered
from publishers.records import Delivery

AGAIN = "请重新送审，三审通过后重新安排发布"


@dataclass(frozen=True, slots=True, kw_only=True)
class Objection:
    """Why a delivery may not go out now. ``early``: only its moment has not come, which time mends by itself;
    ``withdrawn``: it is not wanted any more."""

    problem: str
    remedy: str
    early: bool = False
    withdrawn: bool = False


async def objection(connection: BaseDBAsyncClient, row: Delivery, now: datetime) -> Objection | None:
    """None when the row may go out. Takes the disclosure's lock, so that an edit comes before or after, never between."""
    if now < row.due_at:
        return Objection(problem="还没有到发布时间", remedy="系统会到时再发；如仍出现，请核对数据库时钟", early=True)
    disclosure = await lock_disclosure(connection, row.disclosure_id)
    if row.facts.get(WITHDRAWN_MEANWHILE) or (disclosure is not None and disclosure.state == "withdrawn"):
        return Objection(problem="该信息已经撤回，没有发布", remedy="如需重新公开，请另行安排发布", withdrawn=True)
    if disclosure is None or disclosure.state not in {"approved", "released"}:
        return Objection(problem="该信息已不在“审核通过”状态，没有发布", remedy=AGAIN)
    if disclosure.approved_hash != row.content_hash:
        return Objection(problem="内容在安排发布之后改动过，原审核失效，没有发布", remedy=AGAIN)
    revision = (
        await Revision.filter(disclosure_id=row.disclosure_id, number=disclosure.approved_revision)
        .using_db(connection)
        .first()
    )
    if revision is None or Content.parse(revision.content).digest() != row.content_hash:
        return Objection(
            problem="已审核的文本与存档不一致，没有发布", remedy="请联系系统管理员核对数据库，并查看审计记录"
        )
    if Rendered(payload=row.payload).sha256 != row.payload_sha256:
        return Objection(problem="待发内容与定稿时不一致，没有发布", remedy="请取消后重新安排发布，并查看审计记录")
    return None
