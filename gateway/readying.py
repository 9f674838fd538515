"""What the wiring needs to look ahead: the mass-send quota, the probes of the channels, the vigil, and their bells."""

import socket
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import cast

import aiohttp

from audit.clock import Clock
from audit.trail import Trail
from gateway.settings import Settings
from publishers.mass_quota import MassQuota
from publishers.planned import planned_slots
from publishers.port import Channel, ChannelName, RemoteChannel
from publishers.portal.readiness import public_readiness
from publishers.slot import Planned, Slot
from publishers.wechat.quota import load_rules
from scheduler.alarm import Alarm
from scheduler.readiness import Ask, AskText, Readiness
from scheduler.vigil import Vigil

PROBE_EVERY, QUOTA_EVERY, DUE_EVERY, DISK_EVERY, FORGET_EVERY = 30.0, 30.0, 15.0, 60.0, 86400.0
"""Seconds between two looks at what is due for a probe, at the quota, at what is overdue, at the disk, at old incidents."""


def slots_of(channel: ChannelName, clock: Clock) -> Planned:
    """What is planned on a channel, for its own probe."""

    async def planned() -> Sequence[Slot]:
        return await planned_slots(channel, now=await clock.now())

    return planned


def mass_quota_of(settings: Settings, *, clock: Clock, trail: Trail) -> MassQuota | None:
    """The quota of the connected official account; None where there is none."""
    if not settings.wechat_appid:
        return None
    rules = load_rules(
        settings.wechat_account_kind, per_day=settings.wechat_mass_per_day, per_month=settings.wechat_mass_per_month
    )
    return MassQuota(account=f"wechat:{settings.wechat_appid}", rules=rules, clock=clock, trail=trail)


def readiness_of(
    settings: Settings, *, channels: Mapping[ChannelName, Channel], http: aiohttp.ClientSession, clock: Clock,
    machine_now: Callable[[], datetime], mass_quota: MassQuota | None, text: AskText | None = None,
) -> Readiness:  # fmt: skip
    """The probes: every platform answers for itself, our own portal is looked at as a citizen sees it."""
    asks: dict[ChannelName, Ask] = {
        name: cast(RemoteChannel, channel).readiness
        for name, channel in channels.items()
        if not channel.capabilities.local
    }
    asks.setdefault(ChannelName.PORTAL, partial(public_readiness, http, settings.public_url))
    return Readiness(clock=clock, machine_now=machine_now, asks=asks, mass_quota=mass_quota, text=text)


def folders_of(settings: Settings) -> list[Path]:
    """Where this node writes: what may be rebuilt, and the SQLite file if there is one."""
    folders = [settings.state_folder]
    if settings.database_url.startswith("sqlite://"):
        folders.append(Path(settings.database_url.removeprefix("sqlite://").split("?")[0]).parent)
    return [folder.absolute() for folder in folders]


def ring_for_readiness(
    alarm: Alarm, settings: Settings, *, readiness: Readiness, mass_quota: MassQuota | None, clock: Clock
) -> None:
    """Hangs up the bells. All but the disk's belong to the node on duty."""
    vigil = Vigil(clock=clock, node=socket.gethostname(), folders=folders_of(settings))
    alarm.every(PROBE_EVERY, readiness.sweep, name="readiness", on_duty=True)
    if mass_quota is not None:
        alarm.every(QUOTA_EVERY, mass_quota.settle, name="mass-quota", on_duty=True)
    alarm.every(DUE_EVERY, vigil.look_at_due, name="overdue", on_duty=True)
    alarm.every(FORGET_EVERY, vigil.forget, name="old-incidents", on_duty=True)
    alarm.every(DISK_EVERY, vigil.look_at_disk, name="disk")
