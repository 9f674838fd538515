"""Every kind of fault: whether the effect took place, and what the client saw."""

import asyncio
from typing import Any

import aiohttp
import pytest

from sandbox.faults import Fault, FaultKind, FaultPlan, FaultRuleError

SUBMIT = "/cgi-bin/freepublish/submit"


async def submitted(wechat: Any, *, patience: float = 20.0) -> Any:
    """The answer of a submission, or the name of what went wrong."""
    body = {"media_id": (await wechat.draft())["media_id"]}
    url = f"{wechat.base}/wechat-api{SUBMIT}?access_token={wechat.token}"
    limit = aiohttp.ClientTimeout(total=patience)
    try:
        async with wechat.http.post(url, json=body, timeout=limit) as response:
            if response.status != 200:
                return response.status
            return (await response.json(content_type=None))["errcode"]
    except TimeoutError:
        return "timeout"
    except aiohttp.ClientConnectionError:
        return "reset"
    except ValueError:
        return "garbled"


@pytest.mark.parametrize(
    ("rule", "seen", "effects"),
    [
        ({"kind": "timeout_before"}, "timeout", 0),
        ({"kind": "timeout_after"}, "timeout", 1),
        ({"kind": "timeout_after", "seconds": 0.05}, "reset", 1),
        ({"kind": "http_5xx_before"}, 502, 0),
        ({"kind": "http_5xx_after", "status": 504}, 504, 1),
        ({"kind": "reset_before"}, "reset", 0),
        ({"kind": "reset_after"}, "reset", 1),
        ({"kind": "truncated_after"}, "garbled", 1),
        ({"kind": "errcode", "errcode": 45009}, 45009, 0),
        ({"kind": "errcode", "errcode": -1, "after": True}, -1, 1),
        ({"kind": "slow", "seconds": 0.1}, 0, 1),
    ],
)
async def test_a_fault_acts_once_and_the_effect_is_counted_on_this_side(
    wechat: Any, rule: dict[str, Any], seen: Any, effects: int
) -> None:
    await wechat.control("POST", "faults", {**rule, "platform": "wechat", "path": "/cgi-bin/freepublish/*"})
    assert await submitted(wechat, patience=1.0 if seen == "timeout" else 20.0) == seen
    assert len(await wechat.effects("publications")) == effects
    assert await submitted(wechat) == 0
    assert len(await wechat.effects("publications")) == effects + 1


async def test_a_late_commit_answers_at_once_and_takes_effect_afterwards(wechat: Any) -> None:
    await wechat.control("POST", "faults", {"kind": "late_commit", "path": SUBMIT, "seconds": 1.0})
    assert await submitted(wechat) == 502
    assert await wechat.effects("publications") == []
    assert (await wechat.control("GET", "idle"))["late_effects"] == 1
    async with asyncio.timeout(20):
        while (await wechat.control("GET", "idle"))["late_effects"]:
            pass
    assert len(await wechat.effects("publications")) == 1


async def test_a_late_upload_keeps_its_file(wechat: Any) -> None:
    path = "/cgi-bin/material/add_material"
    await wechat.control("POST", "faults", {"kind": "late_commit", "path": path, "seconds": 0.05})
    with pytest.raises(ValueError, match="Expecting value"):
        await wechat.cover()
    async with asyncio.timeout(20):
        while (await wechat.control("GET", "idle"))["late_effects"]:
            pass
    assert (await wechat.get("/cgi-bin/material/get_materialcount"))["image_count"] == 1


async def test_rules_are_listed_with_what_they_did_and_can_be_removed(wechat: Any) -> None:
    rules = [{"kind": "http_5xx_before", "path": SUBMIT, "count": None}, {"kind": "slow", "path": "/x"}]
    numbers = (await wechat.control("POST", "faults", rules))["numbers"]
    assert [await submitted(wechat), await submitted(wechat)] == [502, 502]
    listed = (await wechat.control("GET", "faults"))["faults"]
    assert [(rule["fired"], rule["remaining"]) for rule in listed] == [(2, None), (0, 1)]
    await wechat.control("DELETE", f"faults/{numbers[0]}")
    assert await submitted(wechat) == 0
    await wechat.control("DELETE", "faults")
    assert (await wechat.control("GET", "faults"))["faults"] == []


async def test_a_wrong_rule_is_refused_by_name(wechat: Any) -> None:
    for rule in ({"kind": "flood"}, {"kind": "slow", "speed": 3}, {"kind": "slow", "probability": 2}):
        async with wechat.http.post(f"{wechat.base}/control/faults", json=rule) as response:
            assert response.status == 400
            assert (await response.json())["error"]


def test_probabilities_repeat_with_the_same_seed() -> None:
    def run(seed: int) -> list[bool]:
        plan = FaultPlan(seed)
        plan.add(Fault(kind=FaultKind.SLOW, probability=0.5, count=None))
        return [plan.draw("wechat", "/x") is not None for _ in range(50)]

    assert run(7) == run(7)
    assert run(7) != run(8)
    assert 10 < sum(run(7)) < 40


def test_rules_keep_to_their_platform_and_events_to_their_name() -> None:
    plan = FaultPlan()
    plan.add(Fault(kind=FaultKind.RESET_BEFORE, platform="weibo", path="/2/*"))
    plan.add(Fault(kind=FaultKind.EVENT_LOST, path="PUBLISHJOBFINISH"))
    assert plan.draw("wechat", "/2/x") is None
    assert plan.draw("weibo", "/2/x") is not None
    assert plan.draw("weibo", "/2/x") is None
    assert plan.copies("wechat", "subscribe") == 1
    assert plan.copies("wechat", "PUBLISHJOBFINISH") == 0
    assert plan.copies("wechat", "PUBLISHJOBFINISH") == 1
    with pytest.raises(FaultRuleError, match="count"):
        Fault.from_json({"kind": "slow", "count": 0})


async def test_reset_forgets_effects_faults_and_options(wechat: Any) -> None:
    await wechat.published()
    await wechat.profile(account_kind="uncertified")
    await wechat.control("POST", "faults", {"kind": "slow"})
    await wechat.control("POST", "reset")
    assert await wechat.effects("publications") == []
    assert (await wechat.control("GET", "profile"))["account_kind"] == "certified_subscription"
    assert (await wechat.control("GET", "faults"))["faults"] == []
    assert (await wechat.get("/cgi-bin/draft/count"))["errcode"] == 40001
    await wechat.log_in()
    assert (await wechat.get("/cgi-bin/draft/count"))["total_count"] == 0


async def test_a_wrong_option_is_refused_by_name(wechat: Any) -> None:
    for patch in ({"colour": 1}, {"account_kind": "golden"}, {"digest_limit": "many"}, {"review_refuses": 5}):
        async with wechat.http.patch(f"{wechat.base}/control/profile", json=patch) as response:
            assert response.status == 400
            assert next(iter(patch)) in (await response.json())["error"]
