"""What the rumour desk had to tell may have been told after the backup: nobody is written to twice, no old proposal stands."""

from typing import Any

from tortoise.transactions import in_transaction

from gateway.backup.cleansing import cleanse
from knowledge.reporting import Reporting
from knowledge.rumour_records import RumourClaim, RumourNotice


async def test_notices_wait_for_the_next_message_and_proposals_are_made_anew(database: str, clock: Any) -> None:
    now = clock.moment
    await RumourClaim.create(
        key="k", title="题", first_at=now, last_at=now, proposal={}, proposed_at=now, proposed_by="吴"
    )
    for state in ("waiting", "telling"):
        await RumourNotice.create(
            claim_id=1, entry_id="e", channel="wechat", asker_hash=state, sender="oUser", asked="问", asked_at=now, made_at=now,
            state=state,
        )  # fmt: skip
    async with in_transaction() as connection:
        await cleanse(connection, now=now)
    assert (await RumourClaim.get()).proposed_at is None
    assert await Reporting().addressed(channels=["wechat"], limit=10) == []
    assert {row.asker_hash: row.state for row in await RumourNotice.all()} == {"waiting": "waiting", "telling": "told"}
    assert set(await Reporting().notices(["waiting", "telling"])) == {"waiting"}
