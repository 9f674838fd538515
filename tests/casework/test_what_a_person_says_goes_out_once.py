"""What a person says to a citizen goes out once: by a message of ours, with his next word, or on the portal; whatever is tried."""

from datetime import timedelta
from typing import Any

import pytest
from tortoise.transactions import in_transaction

from casework.case import Delivery, State
from casework.desk import CaseDesk
from casework.lookup import Lookup
from casework.outbox import Outbox
from casework.records import CaseMessage
from tests.casework.conftest import KEY, WANG, Opens


async def delivery(message_id: int) -> str:
    return (await CaseMessage.get(id=message_id)).delivery


@pytest.fixture
async def said(desk: CaseDesk, opens: Opens) -> tuple[str, int]:
    """A case with one word that waits: its number, and the word's."""
    number = await opens()
    await desk.reply(number, "已报修，请打13812345678。", by=WANG)
    return number, (await CaseMessage.get(delivery=Delivery.WAITING)).id


async def test_how_people_stand_is_read_in_one_go(
    desk: CaseDesk, opens: Opens, outbox: Outbox, clock: Any, said: tuple[str, int]
) -> None:
    number, message_id = said
    closed = await opens(sender="oB")
    await desk.reply(closed, "好。", by=WANG)
    await desk.close(closed, outcome="done", by=WANG)
    nobody, first, second, other = await outbox.standing(
        [("wechat", ""), ("wechat", "oUser"), ("wechat", "oB"), ("weibo", "oUser")], now=clock.moment
    )
    assert (nobody.active, nobody.closed, nobody.untold) == (None, None, ())
    assert (other.active, other.untold) == (None, ())
    assert first.active is not None
    assert [(case.number, line.id, line.text) for case, line in first.untold] == [
        (number, message_id, "已报修，请打13812345678。")  # A person's own words are for the citizen whole.
    ]
    assert second.active is None
    assert second.closed is not None
    assert (second.closed.number, second.closed.state) == (closed, State.CLOSED)
    assert [line.what for _, line in second.untold] == ["words", "closing"]


async def test_a_word_is_sent_or_said_never_both(outbox: Outbox, clock: Any, said: tuple[str, int]) -> None:
    _, message_id = said
    assert [one.line.id for one in await outbox.to_send(channels=["wechat"], limit=9)] == [message_id]
    assert await outbox.to_send(channels=["weibo"], limit=9) == []
    assert await outbox.say([message_id], now=clock.moment) == (message_id,)
    assert await outbox.say([message_id], now=clock.moment) == ()
    assert not await outbox.begin(message_id, now=clock.moment)
    async with in_transaction() as connection:
        await outbox.told(connection, [message_id], now=clock.moment)
    assert await delivery(message_id) == Delivery.TOLD


async def test_what_was_not_stored_waits_again_and_what_was_sent_does_not(
    outbox: Outbox, clock: Any, said: tuple[str, int]
) -> None:
    _, message_id = said
    await outbox.say([message_id], now=clock.moment)
    later = clock.moment + timedelta(minutes=3)
    await outbox.give_up(now=later)
    assert await delivery(message_id) == Delivery.WAITING
    assert await outbox.begin(message_id, now=clock.moment)
    await outbox.undo(message_id, again=False)
    assert await delivery(message_id) == Delivery.WAITING
    assert await outbox.to_send(channels=["wechat"], limit=9) == []
    assert await outbox.begin(message_id, now=clock.moment)
    assert await outbox.give_up(now=later) == 1
    assert await delivery(message_id) == Delivery.UNKNOWN


async def test_the_question_about_satisfaction_is_asked_when_the_end_is_told(
    desk: CaseDesk, outbox: Outbox, clock: Any, said: tuple[str, int]
) -> None:
    number, _ = said
    await desk.close(number, outcome="done", by=WANG)
    assert (await desk.one(number)).rating_asked_at is None
    closing = await CaseMessage.get(what="closing")
    assert await outbox.begin(closing.id, now=clock.moment)
    await outbox.end(closing.id, now=clock.moment)
    assert (await desk.one(number)).rating_asked_at == clock.moment


async def test_the_portal_shows_it_to_whoever_has_the_code(
    desk: CaseDesk, outbox: Outbox, clock: Any, said: tuple[str, int]
) -> None:
    number, message_id = said
    lookup = Lookup(outbox=outbox, key=KEY)
    assert await lookup.look(number, "0" * 8, now=clock.moment) is None
    assert await lookup.look(number, "", now=clock.moment) is None
    found = await lookup.look(number, desk.code(number), now=clock.moment)
    assert found is not None
    assert [line.text for line in found.lines] == ["已报修，请打13812345678。"]
    assert await delivery(message_id) == Delivery.TOLD
