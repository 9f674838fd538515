"""Pictures that citizens sent to the Weibo account in private, by ``tovfid`` (``GET /2/mss/msget`` of the upload host)."""

import json
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

import aiohttp

from publishers.errors import ChannelRefused, ChannelUnavailable
from publishers.fetching import fetched

UPLOAD_HOSTS: Final = {"api.weibo.com": "https://upload.api.weibo.com"}
"""The real platform keeps messages' files on a host of its own (weibo.md §3)."""
_PASSING: Final = frozenset({10001, 10002, 10003, 10009, 10010, 10011, 10022, 10023, 10024})


class WeiboPictures:
    """Asks the configured host only."""

    def __init__(self, *, http: aiohttp.ClientSession, api_base: str, access_token: str, most: int) -> None:
        base = UPLOAD_HOSTS.get(urlsplit(api_base).hostname or "", api_base.rstrip("/"))
        self._http = http
        self._address = f"{base}/2/mss/msget"
        self._headers = {"Authorization": f"OAuth2 {access_token}"}
        self._most = most

    async def fetch(self, reference: Mapping[str, str]) -> bytes:
        """Raises ChannelUnavailable, ChannelRefused."""
        body = await fetched(
            self._http, self._address, query={"fid": reference.get("fid", "")}, headers=self._headers, most=self._most,
            platform="微博",
        )  # fmt: skip
        if not body.lstrip().startswith(b"{"):
            return body
        try:
            code = int(json.loads(body).get("error_code", -1))
        except (ValueError, AttributeError, TypeError):
            return body
        if code in _PASSING:
            raise ChannelUnavailable("微博暂时没有给出图片", remedy="系统会稍后再试。", error_code=code)
        raise ChannelRefused("微博上已经没有这张图片，或者不允许取回", remedy="请与来访人联系。", error_code=code)
