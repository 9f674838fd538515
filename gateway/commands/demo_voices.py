"""Citizens who speak in the demo: some comments below the first posts, and some readers, so that there is something to answer."""

import asyncio
import json
import logging
from importlib.resources import files
from typing import Any, Final

import aiohttp

log = logging.getLogger(__name__)
TRIES: Final = 60
PAUSE: Final = 2.0
CITIZEN: Final = "oCitizenChenXiuying_00000001"


async def citizens_speak(port: int) -> None:
    """Waits until the posts are out, then comments below them in the sandbox. Gives up quietly: it is only the demo's colour."""
    voices = json.loads((files("gateway") / "data" / "demo" / "voices.json").read_text(encoding="utf-8"))
    limit = aiohttp.ClientTimeout(total=5)
    async with aiohttp.ClientSession(
        base_url=f"http://127.0.0.1:{port}/control/", trust_env=False, timeout=limit
    ) as http:
        for _ in range(TRIES):
            await asyncio.sleep(PAUSE)
            try:
                voices = [voice for voice in voices if not await _spoken(http, voice)]
            except (aiohttp.ClientError, TimeoutError):
                log.info("the sandbox does not answer; its citizens say nothing")
                return
            if not voices:
                return


async def _spoken(http: aiohttp.ClientSession, voice: dict[str, str]) -> bool:
    """Whether the post was there to be commented on."""
    async with http.get("effects") as answer:
        effects: dict[str, Any] = await answer.json()
    if voice["platform"] == "weibo":
        post = next((each for each in effects["weibo_posts"] if voice["below"] in each["text"]), None)
        if post is None:
            return False
        await _post(http, "weibo/comment", {"mid": post["mid"], "text": voice["text"]})
        await _post(http, "weibo/engage", {"mid": post["mid"], "deed": "like", "times": 3})
        return True
    article = next((each for each in effects["publications"] if each["url"] and voice["below"] in each["title"]), None)
    if article is None:
        return False
    slug = article["url"].rsplit("/", 1)[-1]
    await _post(http, f"articles/{slug}/comments", {"openid": CITIZEN, "content": voice["text"]})
    await _post(http, f"articles/{slug}/engage", {"deed": "read", "times": 40})
    return True


async def _post(http: aiohttp.ClientSession, path: str, body: dict[str, Any]) -> None:
    async with http.post(path, json=body) as answer:
        answer.raise_for_status()
