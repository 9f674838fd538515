"""A correction on the portal stops the bot's old answer in the same transaction (invariant 5).

The corrected text is taught by the release's own delivery to the answers channel, moments later or, where the release has
none, not at all. Until then the bot says that the text was corrected, and where the new one stands.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import cast

from tortoise.backends.base.client import BaseDBAsyncClient

from knowledge.entry import CORRECTED
from publishers.conclusion import AfterPublish
from publishers.port import Channel, ChannelName, LocalChannel
from publishers.records import Delivery
from publishers.states import State


def stopping_the_old_answer(channels: Mapping[ChannelName, Channel]) -> AfterPublish:
    """What follows from a publication for the bot; to be called in the transaction that records it."""

    async def after(connection: BaseDBAsyncClient, row: Delivery, now: datetime) -> None:
        answers = channels.get(ChannelName.ANSWERS)
        if row.channel != ChannelName.PORTAL or answers is None:
            return
        taught = Delivery.filter(disclosure_id=row.disclosure_id, channel=ChannelName.ANSWERS, state=State.PUBLISHED)
        if await taught.exclude(content_hash=row.content_hash).using_db(connection).exists():
            await cast(LocalChannel, answers).retract(
                connection, row.disclosure_id, explanation=CORRECTED, repealed=False, now=now
            )

    return after
