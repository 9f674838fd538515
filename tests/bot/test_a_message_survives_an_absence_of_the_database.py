"""What a citizen writes while the database is away is answered when it is back: once, and by nobody else's eyes."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from tortoise.exceptions import OperationalError

from audit.kept_lines import KeptLines
from bot import moment, wording
from bot.conversation import Conversation
from bot.errors import NotKept
from bot.inbox import Answered, Inbox
from bot.message import Inbound, Kind
from bot.moment import DoorClock
from bot.reception import ANSWERABLE, Reception
from bot.records import InboundMessage
from bot.waiting import WaitingMessages

MESSAGE = Inbound(
    channel="wechat", account="gh_x", sender="oUser", kind=Kind.TEXT, created="1763861400",
    sent_at=datetime.fromtimestamp(1763861400, UTC), message_id="1234567890123456", text="低保怎么申请",
    body={"Content": "低保怎么申请"},
)  # fmt: skip
WEIBO = replace(MESSAGE, channel="weibo", message_id="")


class Gone:
    """An inbox whose database is away: gone (``error``), or silent."""

    def __init__(self, error: Exception | None = None) -> None:
        self._error = error

    async def once(self, *_: Any, **__: Any) -> Answered:
        if self._error is not None:
            raise self._error
        await asyncio.Event().wait()
        raise AssertionError


@dataclass(kw_only=True)
class Desk:
    """Receptions over one file: each is another life of the process."""

    path: Path
    inbox: Inbox
    conversation: Conversation
    sent: list[tuple[str, str]] = field(default_factory=list)
    events: list[str] = field(default_factory=list)

    def opened(self, inbox: Any = None) -> Reception:
        async def send(sender: str, text: str) -> None:
            self.sent.append((sender, text))

        async def keep_event(channel: str, kind: str, key: str, body: dict[str, Any]) -> None:
            if isinstance(inbox, Gone):
                raise OperationalError("away")
            self.events.append(kind)

        return Reception(
            inbox=inbox or self.inbox, conversation=self.conversation, keep_event=keep_event, send_text={"wechat": send},
            waiting=WaitingMessages(KeptLines(self.path), key="k"),
        )  # fmt: skip

    def waits(self) -> int:
        return len(KeptLines(self.path).read())


@pytest.fixture
def desk(tmp_path: Path, inbox: Inbox, conversation: Conversation) -> Desk:
    return Desk(path=tmp_path / "state" / "messages.jsonl", inbox=inbox, conversation=conversation)


@pytest.mark.parametrize("error", [OperationalError("gone"), ConnectionRefusedError(), TimeoutError()])
async def test_it_is_kept_and_answered_once_when_the_database_is_back(
    desk: Desk, now: datetime, error: Exception
) -> None:
    assert await desk.opened(Gone(error)).receive(MESSAGE, now=now, budget=4) == ""
    assert desk.waits() == 1
    assert "低保".encode() not in desk.path.read_bytes()
    assert b"oUser" not in desk.path.read_bytes()
    back = desk.opened()
    assert await back.catch_up(now=now) == 1
    assert [(sender, text[:6]) for sender, text in desk.sent] == [("oUser", "向户籍所在地")]
    assert desk.waits() == 0
    assert await back.catch_up(now=now) == 0
    assert await back.receive(MESSAGE, now=now, budget=4) == desk.sent[0][1], "a redelivery reads the stored reply"
    assert len(desk.sent) == 1


async def test_two_processes_that_find_it_answer_it_once(desk: Desk, now: datetime) -> None:
    await desk.opened().receive(MESSAGE, now=now, budget=4, away=True)
    await asyncio.gather(desk.opened().catch_up(now=now), desk.opened().catch_up(now=now))
    assert len(desk.sent) == 1
    assert desk.waits() == 0


async def test_where_we_may_not_write_the_citizen_fetches_his_answers(desk: Desk, now: datetime) -> None:
    away = desk.opened(Gone())
    for each in (WEIBO, replace(WEIBO, text="养老金认证怎么办理？怎么办", created="1763861401")):
        assert await away.receive(each, now=now, budget=4, away=True) == wording.LATE_NOTICE
    back = desk.opened()
    assert await back.catch_up(now=now) == 2
    fetched = await back.receive(replace(WEIBO, text="1", created="1763861402"), now=now, budget=4)
    assert "向户籍所在地" in fetched
    assert "养老金怎么认证" in fetched


async def test_it_is_on_the_disk_before_the_platform_hears_that_we_have_it(desk: Desk, now: datetime) -> None:
    frozen = desk.opened(Gone())
    assert await frozen.receive(MESSAGE, now=now, budget=0.05) == ""
    # The process is killed here, and another one finds what it kept.
    assert await desk.opened().catch_up(now=now) == 1
    assert len(desk.sent) == 1


async def test_a_slow_answer_leaves_nothing_behind(desk: Desk, now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    consider = desk.conversation.consider

    async def slowly(**question: Any) -> Any:
        await asyncio.sleep(0.2)
        return await consider(**question)

    monkeypatch.setattr(desk.conversation, "consider", slowly)
    slow = desk.opened()
    assert await slow.receive(MESSAGE, now=now, budget=0.05) == ""
    assert await slow.catch_up(now=now) == 0, "it is under way"
    await slow.close()
    assert len(desk.sent) == 1
    assert desk.waits() == 0


async def test_when_the_disk_is_full_too_the_platform_must_deliver_again(desk: Desk, now: datetime) -> None:
    desk.path.parent.mkdir()
    desk.path.mkdir()  # No file can be written here.
    for call in ({"away": True}, {}):
        with pytest.raises(NotKept):
            await desk.opened(Gone(OperationalError("full"))).receive(MESSAGE, now=now, budget=4, **call)


async def test_events_of_the_ledger_wait_too(desk: Desk, now: datetime) -> None:
    event = replace(
        MESSAGE, kind=Kind.EVENT, event="publishjobfinish", text="", message_id="", body={"Event": "PUBLISHJOBFINISH"}
    )
    assert await desk.opened(Gone()).receive(event, now=now, budget=4) == ""
    assert await desk.opened().catch_up(now=now) == 1
    assert desk.events == ["PUBLISHJOBFINISH"]


async def test_who_leaves_meanwhile_is_forgotten(desk: Desk, now: datetime) -> None:
    await desk.opened().receive(MESSAGE, now=now, budget=4)
    leaving = replace(MESSAGE, kind=Kind.EVENT, event="unsubscribe", message_id="", text="")
    await desk.opened().receive(leaving, now=now, budget=4, away=True)
    await desk.opened().catch_up(now=now)
    assert await InboundMessage.filter(sender="oUser").count() == 0


async def test_one_that_fails_keeps_nobody_waiting_and_one_that_is_too_old_is_given_up(
    desk: Desk, now: datetime, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    answer = desk.inbox.once

    async def once(inbound: Inbound, *rest: Any, **more: Any) -> Answered:
        if inbound.sender == "oStrange":
            raise OperationalError("no")
        return await answer(inbound, *rest, **more)

    monkeypatch.setattr(desk.inbox, "once", once)
    away = desk.opened(Gone())
    await away.receive(replace(MESSAGE, sender="oStrange"), now=now, budget=4, away=True)
    await away.receive(MESSAGE, now=now, budget=4, away=True)
    back = desk.opened()
    rounds = [await back.catch_up(now=now) for _ in range(6)]
    assert rounds == [1, 0, 0, 0, 0, 0]
    assert caplog.text.count("still waits") == 3, "it is tried less and less often"
    assert desk.waits() == 1
    while desk.waits():
        await back.catch_up(now=now + ANSWERABLE + timedelta(minutes=1))
    assert "waited for too long" in caplog.text
    assert len(desk.sent) == 1


async def test_a_line_sealed_with_another_key_is_left_alone(desk: Desk, now: datetime) -> None:
    other = WaitingMessages(KeptLines(desk.path), key="another")
    await other.keep(MESSAGE, now=now)
    assert await desk.opened().catch_up(now=now) == 0
    assert desk.waits() == 1
    (kept,) = await other.read()
    assert (kept.inbound, kept.received_at) == (MESSAGE, now)


class Telling:
    """A clock whose database may be gone or silent."""

    def __init__(self, say: Callable[[], Awaitable[datetime]]) -> None:
        self.say = say
        self.asked = 0

    async def now(self) -> datetime:
        self.asked += 1
        return await self.say()


async def test_the_door_knows_within_a_moment_that_the_database_is_away(
    monkeypatch: pytest.MonkeyPatch, now: datetime
) -> None:
    monkeypatch.setattr(moment, "PATIENCE", 0.05)
    monkeypatch.setattr(moment, "BELIEVED", 0.2)
    silent = asyncio.Event()

    async def there() -> datetime:
        return now

    async def gone() -> datetime:
        raise OperationalError("gone")

    async def hangs() -> datetime:
        await silent.wait()
        return now

    machine = now + timedelta(seconds=1)
    told = Telling(there)
    door = DoorClock(told, machine_now=lambda: machine)
    assert await door.moment() == moment.Moment(now=now)
    told.say = gone
    assert await door.moment() == moment.Moment(now=machine, away=True)
    told.say, told.asked = hangs, 0
    assert all(one.away for one in [await door.moment() for _ in range(20)])
    assert told.asked == 1, "nobody else waits for a database that is silent"
    told.say = there
    await asyncio.sleep(0.25)
    assert await door.moment() == moment.Moment(now=now)
    silent.set()
