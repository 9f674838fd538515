"""Lateness is a policy of the channel: what is too late for a post may still be wanted on the portal."""

from dataclasses import replace
from typing import Any

import pytest

from gateway.errors import SettingInvalid
from gateway.settings import load_settings
from publishers.lateness import lateness
from publishers.port import ChannelName
from publishers.states import Patience, State
from tests.ledger.conftest import PUBLISHER


async def test_one_channel_asks_while_the_other_still_publishes(desk: Any) -> None:
    desk.patience = Patience(late=600, late_by_channel={ChannelName.PORTAL: 86400})
    desk.dispatcher = desk.worker("worker-1")
    release = await desk.release("portal", "wechat", at="2026-11-23T10:00:00+08:00")
    desk.clock.advance(30 * 60 + 20 * 60)
    await desk.dispatcher.settle_down()
    assert (await desk.row(release, "portal")).state == State.PUBLISHED
    row = await desk.row(release, "wechat")
    assert (row.state, row.next_at) == (State.HELD, None)
    assert row.problem == "已比计划时间晚 20 分钟，超过微信的限度（10 分钟），系统没有自动发布"
    await desk.decisions.publish_late(PUBLISHER, row.id, reason="仍需公开")
    await desk.dispatcher.settle_down()
    assert (await desk.row(release, "wechat")).state == State.PUBLISHED


async def test_exactly_at_the_limit_it_still_goes_out(desk: Any) -> None:
    late = replace(Patience(), late=600)
    due = await desk.clock.now()
    desk.clock.advance(600)
    assert lateness(ChannelName.WEIBO, due, None, now=await desk.clock.now(), patience=late) is None
    desk.clock.advance(1)
    assert lateness(ChannelName.WEIBO, due, None, now=await desk.clock.now(), patience=late) is not None


def test_the_settings_tell_each_channel(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MINGBAI_LATE_MINUTES_PORTAL", "1440")
    monkeypatch.setenv("MINGBAI_LATE_MINUTES_WEIBO", "")
    settings = load_settings(env="test", database_url="sqlite:///tmp/x.db")
    assert settings.late_seconds == {ChannelName.PORTAL: 86400}
    monkeypatch.setenv("MINGBAI_LATE_MINUTES_WEIBO", "0")
    with pytest.raises(SettingInvalid, match="MINGBAI_LATE_MINUTES_WEIBO"):
        load_settings(env="test", database_url="sqlite:///tmp/x.db")
