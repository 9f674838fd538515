"""The same walk where one machine is not enough: PostgreSQL under the whole house."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tortoise.backends.base.executor import EXECUTOR_CACHE

from gateway.commands.demo import environment
from gateway.database.seed import seed
from sandbox.app import run
from sandbox.cli import options_from
from tests.endtoend import walk
from tests.endtoend.conftest import House, free_port, settings_for

pytestmark = [pytest.mark.postgres, pytest.mark.xdist_group("postgres")]


@pytest.fixture
async def house(postgres_url: str, tmp_path: Path) -> AsyncIterator[House]:
    EXECUTOR_CACHE.clear()
    port, sandbox_port = free_port(), free_port()
    settings = settings_for(tmp_path, postgres_url, port=port, sandbox_port=sandbox_port)
    runner = await run(options_from({**environment(settings)}, settings.public_url), port=sandbox_port)
    house = House(settings, sandbox_port)
    await house.open()
    await seed()
    await house.staff()
    yield house
    await house.http.close()
    await house.close()
    await runner.cleanup()
    EXECUTOR_CACHE.clear()


async def test_a_disclosure_reaches_every_channel_and_the_bot(house: House) -> None:
    number = await walk.approved(house)
    release = await walk.released(house, number)
    assert {d["state"] for d in release["deliveries"]} == {"published"}
    effects = await house.control("GET", "/effects")
    assert len(effects["publications"]) == len(effects["weibo_posts"]) == 1
    await house.product.knowledge.refresh()  # type: ignore[union-attr]
    answer = await house.must("fabu", "POST", "/ask", {"text": walk.QUESTION})
    assert answer["decision"] == "answer"
    told = await house.control("POST", "/followers/oCitizen0001/say", {"type": "text", "content": walk.QUESTION})
    assert "五个工作日内发放到社会保障卡" in str(told["chat"])
    await house.must("fabu", "POST", f"/disclosures/{number}/withdraw", {"explanation": "标准调整。"})
    await house.until(release["id"], "withdrawn")
    assert (await house.page(f"/d/{number}"))[0] == 410
