"""What a restored database must not believe any more: who is running, who holds what, who is signed in."""

from datetime import datetime

from tortoise.backends.base.client import BaseDBAsyncClient

from bot.correction_records import CorrectionNotice
from knowledge.rumour_records import RumourClaim, RumourNotice
from publishers.records import Delivery, Halt, PlatformToken, Proposal
from scheduler.records import Duty, Node
from staff.records import StaffSession

RESTORED = "恢复数据后失效"


async def cleanse(connection: BaseDBAsyncClient, *, now: datetime) -> None:
    """In the transaction that raises the quarantine.

    The platform's token may be another by now; a session that was ended after the backup must not live again; a decision
    that waits for its second person is about a world that has moved on, and a request to lift a halt as well. Who was to be
    told of a rumour or a correction may have been told since: no message of our own goes out again, he hears it with his next one.
    """
    await Node.all().using_db(connection).delete()
    await Duty.all().using_db(connection).update(owner="", lease_until=None)
    await PlatformToken.all().using_db(connection).delete()
    await StaffSession.filter(ended_at=None).using_db(connection).update(ended_at=now)
    await Delivery.exclude(lease_until=None).using_db(connection).update(lease_until=None)
    open_ones = Proposal.exclude(open_key=None).using_db(connection)
    await open_ones.update(
        open_key=None, state="overtaken", decided_at=now, decided_by_name="恢复后核对", remark=RESTORED
    )
    await RumourClaim.exclude(proposed_at=None).using_db(connection).update(proposed_at=None, remark=RESTORED)
    await RumourNotice.filter(state="telling").using_db(connection).update(state="told", told_at=now, sender="")
    await RumourNotice.exclude(sender="").using_db(connection).update(sender="")
    await CorrectionNotice.filter(state="telling").using_db(connection).update(state="told", told_at=now)
    await CorrectionNotice.filter(state="waiting").using_db(connection).update(state="later")
    asked = Halt.exclude(lift_asked_at=None).filter(lifted_at=None).using_db(connection)
    await asked.update(lift_asked_at=None, lift_asked_by_id=None, lift_asked_by_name="", lift_reason="")
