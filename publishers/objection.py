"""The last look before anything goes out (I2, I3): the moment, the halts, the approval, the archive, the frozen bytes."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from tortoise.backends.base.client import BaseDBAsyncClient

from disclosures.content import Content
from disclosures.records import Revision
from publishers.conclusion import WITHDRAWN_MEANWHILE, lock_disclosure
from publishers.halt import QUARANTINE, standing_halt
from publishers.port import Rendered
from publishers.records import Delivery, Halt

AGAIN = "请重新送审，三审通过后重新安排发布"


class Until(StrEnum):
    """What an objection that time or people mend by themselves waits for."""

    MOMENT = "moment"
    OPENED = "opened"


@dataclass(frozen=True, slots=True, kw_only=True)
class Objection:
    """Why a delivery may not go out now. ``waits``: it stays where it is and goes on by itself, at its moment or when the
    halt is lifted; ``withdrawn``: it is not wanted any more; otherwise a person must decide."""

    problem: str
    remedy: str
    waits: Until | None = None
    at: datetime | None = None
    """The moment it waits for."""
    withdrawn: bool = False


async def objection(connection: BaseDBAsyncClient, row: Delivery, now: datetime) -> Objection | None:
    """None when the row may go out. Takes the disclosure's lock and then the row's, so that an edit, a withdrawal or another
    moment comes before or after, never between; ``row`` holds the bytes that would be sent."""
    disclosure = await lock_disclosure(connection, row.disclosure_id)
    stored = await Delivery.filter(id=row.id).using_db(connection).select_for_update().get()
    if now < stored.due_at:
        return Objection(
            problem="还没有到发布时间",
            remedy="系统会到时再发；如仍出现，请核对数据库时钟",
            waits=Until.MOMENT,
            at=stored.due_at,
        )
    halt = await standing_halt(connection)
    if halt is not None:
        return halted(halt)
    if stored.facts.get(WITHDRAWN_MEANWHILE) or (disclosure is not None and disclosure.state == "withdrawn"):
        return Objection(problem="该信息已经撤回，没有发布", remedy="如需重新公开，请另行安排发布", withdrawn=True)
    # An emergency release: one person answers for exactly this text, and the signatures are owed (ADR 0029).
    emergency = disclosure is not None and disclosure.emergency_hash == stored.content_hash
    if disclosure is None or (disclosure.state not in {"approved", "released"} and not emergency):
        return Objection(problem="该信息已不在“审核通过”状态，没有发布", remedy=AGAIN)
    if disclosure.approved_hash != stored.content_hash and not emergency:
        return Objection(problem="内容在安排发布之后改动过，原审核失效，没有发布", remedy=AGAIN)
    revision = (
        await Revision.filter(
            disclosure_id=row.disclosure_id,
            number=disclosure.current_revision if emergency else disclosure.approved_revision,
        )
        .using_db(connection)
        .first()
    )
    if revision is None or Content.parse(revision.content).digest() != stored.content_hash:
        return Objection(
            problem="已审核的文本与存档不一致，没有发布", remedy="请联系系统管理员核对数据库，并查看审计记录"
        )
    if Rendered(payload=row.payload).sha256 != stored.payload_sha256:
        return Objection(problem="待发内容与定稿时不一致，没有发布", remedy="请取消后重新安排发布，并查看审计记录")
    return None


def halted(halt: Halt) -> Objection:
    """What a halt says to a delivery whose moment has come."""
    if halt.kind == QUARANTINE:
        return Objection(
            problem="系统恢复后正在核对各渠道已发出的内容，暂不发布",
            remedy="核对完成、由两人解除后自动继续；届时已过时的会先问人",
            waits=Until.OPENED,
        )
    return Objection(
        problem=f"发布总开关已关闭：{halt.reason}",
        remedy="由两人解除后自动继续；届时已过时的会先问人",
        waits=Until.OPENED,
    )
