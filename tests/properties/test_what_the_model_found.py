"""What the state machine found, or what was seen on the way to it, walked step by step."""

from collections.abc import Iterator

import pytest

from publishers.port import ChannelName
from publishers.records import Delivery
from tests.properties.fast_database import FastDatabase, opened_database
from tests.properties.newsroom import PUBLISHERS, Newsroom, watch_moves
from tests.properties.platform_model import LATEST_COMMIT


@pytest.fixture
def database() -> Iterator[FastDatabase]:
    with opened_database() as database:
        watch_moves(database)
        yield database


@pytest.fixture
def room(database: FastDatabase) -> Iterator[Newsroom]:
    room = Newsroom(database)
    with room.open():
        yield room
        room.end()


def row(room: Newsroom, channel: ChannelName, release: int = 1) -> Delivery:
    return room.database.run(Delivery.get(release_id=release, channel=channel))  # type: ignore[arg-type]


def test_a_request_that_left_late_and_is_done_late_is_not_sent_again(room: Newsroom) -> None:
    """The worker is frozen for as long as its lease allows, then the request leaves, and the platform takes its longest time.
    Two persons, who both look and see nothing, must not be believed before that is over."""
    room.plan(room.approve(), 0)
    room.weibo.send_mood, room.weibo.delay = "stopped", LATEST_COMMIT
    room.sweeps(0)
    (frozen,) = room.standing()
    room.truth.advance(room.patience.lease / 2 - 1)
    room.resume(frozen, "late")
    for seconds in (32, 15, 5, 5, 4, 20, 60):
        room.truth.advance(seconds)
        room.sweeps(1)
        asking = [each for each in room.asking() if each.channel == ChannelName.WEIBO]
        for each in asking:
            room.decide(each, PUBLISHERS[0])
        for proposal in room.open_proposals():
            room.second(proposal, PUBLISHERS[1])
        room.check()
    assert row(room, ChannelName.WEIBO).state == "published"


def test_a_post_whose_page_was_corrected_away_does_not_wait_for_ever(room: Newsroom) -> None:
    """The page is out, the post is held as too late, the page is taken down for a correction, and then somebody lets the post
    go: it links to a page that will not come, so that a person must hear of it."""
    disclosure = room.approve()
    room.plan(disclosure, 0)
    room.sweep(0)
    room.truth.advance(1000)
    room.sweeps(0)
    assert (row(room, ChannelName.PORTAL).state, row(room, ChannelName.WEIBO).state) == ("published", "held")
    room.approve(disclosure)
    room.plan(disclosure, 0)
    room.sweeps(0)
    assert row(room, ChannelName.PORTAL).state == "withdrawn"
    room.decide(row(room, ChannelName.WEIBO), PUBLISHERS[0])
    for _ in range(3):
        room.truth.advance(120)
        room.sweeps(0)
    held = row(room, ChannelName.WEIBO)
    assert held.state == "held"
    assert "页面已撤下" in held.problem
    room.check()
