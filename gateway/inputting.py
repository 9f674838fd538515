"""The wiring of what citizens send besides words: their pictures, and how each platform gives them to us."""

from collections.abc import Mapping

import aiohttp

from bot.media import Fetching, FetchPicture
from casework.media import CitizenPictures, load_keeping
from gateway.settings import Settings
from publishers.wechat.citizen_pictures import WeChatPictures
from publishers.wechat.token import WeChatTokens
from publishers.weibo.citizen_pictures import WeiboPictures
from scheduler.alarm import Alarm

__all__ = ["fetchers", "ring_for_pictures"]


def fetchers(
    settings: Settings, http: aiohttp.ClientSession, tokens: WeChatTokens | None
) -> Mapping[str, FetchPicture]:
    """How a picture is fetched, by channel; a platform that is not configured has none."""
    most, found = load_keeping().largest_bytes, dict[str, FetchPicture]()
    if tokens is not None:
        wechat = WeChatPictures(http=http, api_base=settings.wechat_api_base, tokens=tokens, most=most)
        found["wechat"] = wechat.fetch
    if settings.weibo_app_key:
        weibo = WeiboPictures(
            http=http, api_base=settings.weibo_api_base, access_token=settings.weibo_access_token, most=most
        )
        found["weibo"] = weibo.fetch
    return found


def ring_for_pictures(alarm: Alarm, *, pictures: CitizenPictures, fetch: Mapping[str, FetchPicture]) -> None:
    """Pictures are fetched every few seconds, and deleted when their days are over."""
    alarm.every(3.0, Fetching(pictures=pictures, fetch=fetch).sweep, name="citizens' pictures", on_duty=True)
    alarm.every(3600.0, pictures.expire, name="old pictures", on_duty=True)
