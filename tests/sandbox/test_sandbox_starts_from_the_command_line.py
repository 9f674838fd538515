"""``python -m sandbox``: options from the product's environment, and a clean end."""

import asyncio
import os
import re
import signal
import sys
from pathlib import Path

import aiohttp
import pytest

from sandbox.cli import options_from
from sandbox.options import OptionError

ROOT = Path(__file__).resolve().parents[2]


def test_options_come_from_the_products_environment() -> None:
    environment = {
        "MINGBAI_WECHAT_APPID": "wx1",
        "MINGBAI_WECHAT_ACCOUNT_KIND": "service",
        "MINGBAI_PUBLIC_URL": "http://127.0.0.1:9000",
        "MINGBAI_WEIBO_UID": "7",
    }
    options = options_from(environment, "http://127.0.0.1:8970/", ["publish_seconds=3", "mass_protection=true"])
    assert (options.wechat_appid, options.account_kind, options.weibo_uid) == ("wx1", "certified_service", "7")
    assert (options.wechat_callback_url, options.weibo_callback_url) == (
        "http://127.0.0.1:8970/wechat",
        "http://127.0.0.1:8970/weibo",
    )
    assert {"127.0.0.1:8970", "127.0.0.1:9000"} <= set(options.treat_as_public)
    assert (options.publish_seconds, options.mass_protection) == (3.0, True)


@pytest.mark.parametrize("change", ["colour=red", "publish_seconds=soon", "callback_mode=secret"])
def test_a_wrong_option_is_named(change: str) -> None:
    with pytest.raises(OptionError):
        options_from({}, "http://127.0.0.1:8970", [change])


async def test_it_serves_on_the_loopback_and_ends_on_a_signal() -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MINGBAI_")}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "sandbox", "--port", "0", cwd=ROOT, env=environment, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    line = (await asyncio.wait_for(process.stdout.readline(), 15)).decode()
    found = re.search(r"http://127\.0\.0\.1:\d+/", line)
    assert found is not None, line
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=5)) as http:
        for path in ("", "phone", "weibo/", "control/effects"):
            async with http.get(found.group(0) + path) as response:
                assert response.status == 200
    process.send_signal(signal.SIGTERM)
    assert await asyncio.wait_for(process.wait(), 10) == 0
