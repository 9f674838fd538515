"""When somebody unfollows, no table keeps anything under his name or his mark (the platforms oblige us)."""

from datetime import UTC, date, datetime, timedelta
from importlib import import_module
from typing import Any

import pytest
from tortoise import fields
from tortoise.models import Model

from audit.kept_lines import KeptLines
from bot.asker import asker_hash
from bot.message import read_wechat
from gateway.commands.demo import demo_settings
from gateway.database.connection import RECORDS
from gateway.wiring import build

ME = "oWhoLeaves"
NAMES = ("sender", "asker_hash", "openid", "asker", "citizen")
EMPTY = {fields.JSONField: {}, fields.BinaryField: b"x", fields.BooleanField: False, fields.FloatField: 0.0}


CHOSEN = {"CitizenCase": {"kind": "handover", "state": "waiting"}}
"""What a column must say where not every word will do."""


def tables() -> list[tuple[type[Model], str]]:
    """Every table of the house that names a person of the platforms, and by which column."""
    found = []
    for module in RECORDS:
        for each in vars(import_module(module)).values():
            if isinstance(each, type) and issubclass(each, Model) and each is not Model and each.__module__ == module:
                found += [(each, name) for name in NAMES if name in each._meta.fields_map]
    return found


def row(table: type[Model], mine: dict[str, str], channel: str) -> Model:
    """A row of him, with something in every column that must have something."""
    values: dict[str, Any] = {}
    for name, kind in table._meta.fields_map.items():
        if name in CHOSEN.get(table.__name__, {}):
            values[name] = CHOSEN[table.__name__][name]
        elif name in mine:
            values[name] = mine[name]
        elif name == "channel":
            values[name] = channel
        elif kind.pk or kind.null or getattr(kind, "default", None) is not None:
            continue
        elif isinstance(kind, fields.DatetimeField):
            values[name] = datetime.now(UTC)
        elif isinstance(kind, fields.DateField):
            values[name] = date(2026, 11, 27)
        elif isinstance(kind, fields.CharField | fields.TextField):
            values[name] = f"{table.__name__[:9]}-{channel}"[: getattr(kind, "max_length", 99) or 99]
        elif isinstance(kind, fields.IntField | fields.BigIntField | fields.SmallIntField):
            values[name] = 1
        else:
            values[name] = next(value for each, value in EMPTY.items() if isinstance(kind, each))
    return table(**values)


@pytest.mark.parametrize("channel", ["wechat"])
async def test_every_table_lets_go_of_him(database_url: str, database: str, tmp_path: Any, channel: str) -> None:
    settings = demo_settings(tmp_path, port=1, sandbox_port=2).model_copy(update={"database_url": database_url})
    mark = asker_hash(settings.secret_key, channel=channel, sender=ME)
    mine = dict.fromkeys(NAMES, ME) | {"asker_hash": mark}
    assert len(tables()) >= 7
    for table in {table for table, _ in tables()}:
        await row(table, mine, channel).save()
    product = await build(settings)
    try:
        at = datetime.now(UTC) + timedelta(seconds=1)
        leaving = read_wechat(
            f"<xml><ToUserName>gh_5a3d6b0c9e8f</ToUserName><FromUserName>{ME}</FromUserName>"
            f"<CreateTime>{int(at.timestamp())}</CreateTime><MsgType>event</MsgType><Event>unsubscribe</Event></xml>"
        )
        assert await product.reception.receive(leaving, now=at, budget=60.0) == ""
    finally:
        await product.stop()
    kept = [f"{table.__name__}.{name}" for table, name in tables() if await table.filter(**{name: mine[name]}).exists()]
    assert kept == []
    assert KeptLines(settings.state_folder / "messages.jsonl").read() == []
