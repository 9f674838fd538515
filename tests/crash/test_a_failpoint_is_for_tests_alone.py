"""Nothing but MINGBAI_ENV=test may arm a failpoint, and one that does not exist is refused by name."""

from pathlib import Path

import pytest

from gateway.errors import SettingInvalid
from gateway.settings import Environment, Settings, check_for_serving
from publishers.failpoints import KillAt, armed, nothing
from tests.crash.conftest import settings_for


def _with(tmp_path: Path, text: str, env: Environment) -> Settings:
    return settings_for(tmp_path, f"sqlite://{tmp_path}/x.db").model_copy(update={"env": env, "failpoint": text})


@pytest.mark.parametrize("env", [Environment.PRODUCTION, Environment.DEMO])
def test_no_other_environment_starts_with_one(tmp_path: Path, env: Environment) -> None:
    with pytest.raises(SettingInvalid, match=r"MINGBAI_FAILPOINT.*只能用于测试"):
        check_for_serving(_with(tmp_path, "after_intent", env))


@pytest.mark.parametrize("text", ["after_intend", "after_intent:0", "after_intent:x", "after_intent=sleep", "nothing"])
def test_a_point_that_does_not_exist_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(SettingInvalid, match="MINGBAI_FAILPOINT"):
        check_for_serving(_with(tmp_path, text, Environment.TEST))


def test_a_point_that_exists_is_accepted(tmp_path: Path) -> None:
    check_for_serving(_with(tmp_path, "after_intent:3=stop,before_claim", Environment.TEST))


async def test_it_acts_at_its_turn_and_nowhere_else(monkeypatch: pytest.MonkeyPatch) -> None:
    acted: list[int] = []
    monkeypatch.setattr(KillAt, "_act", lambda self: acted.append(1))
    reach = armed("after_intent:2")
    for name in ("before_intent", "after_intent", "after_answer"):
        await reach(name)
    assert acted == []
    await reach("after_intent")
    assert acted == [1]
    await reach("after_intent")
    assert acted == [1]


def test_nothing_armed_is_nothing() -> None:
    assert armed("") is nothing
