"""The access token of one account: one row, one owner at a time, the same token for every process.

The platform advises one central keeper, because programs that fetch on their own invalidate each other's tokens. The row
holds a lease; whoever gets it asks ``stable_token`` (without force) and writes the answer by compare-and-set. The token
is sealed with a key made of the AppSecret, which is never in the database: a copied database gives no access.
"""

import asyncio
import base64
import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

import aiohttp
from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from tortoise.exceptions import IntegrityError
from tortoise.transactions import in_transaction

from audit.clock import Clock
from publishers.errors import ChannelUnavailable
from publishers.records import PlatformToken
from publishers.wechat.outcomes import failure
from publishers.wechat.wire import Request, Wire, as_json

PATH: Final = "/cgi-bin/stable_token"
MARGIN: Final = timedelta(minutes=5)
"""The platform renews five minutes before the end and keeps the old token for as long."""
LEASE: Final = timedelta(seconds=15)
"""Longer than the one call that is made under it."""
_POLL_SECONDS: Final = 0.1
_POLLS: Final = 100


class WeChatTokens:
    """Keeps the token of one account. Raises the errors of `publishers.errors`, which never carry token or secret."""

    def __init__(
        self, *, http: aiohttp.ClientSession, api_base: str, appid: str, secret: str, clock: Clock, owner: str
    ) -> None:
        self.account = f"wechat:{appid}"
        self.clock = clock
        self._wire = Wire(http=http, api_base=api_base)
        self._appid = appid
        self._secret = secret
        self._owner = f"{owner[:72]}/{secrets.token_hex(6)}"
        self._one_at_a_time = asyncio.Lock()
        key = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"mingbai wechat token").derive(secret.encode())
        self._seal = Fernet(base64.urlsafe_b64encode(key))

    async def current(self) -> str:
        """A token that is good for five minutes or more."""
        return await self._good_token(rejected="")

    async def renewed(self, *, rejected: str) -> str:
        """Another token than the rejected one if there is any: the store is read again first, it may be newer."""
        return await self._good_token(rejected=rejected)

    async def proved(self) -> None:
        """Asks the platform for the token as it stands, without force: AppID, AppSecret and address are accepted now.
        What is kept is not touched, since the platform gives the same token to everybody (wechat.md §1)."""
        await self._asked()

    def censored(self, text: str, token: str = "") -> str:
        """The text without token and secret, for logs and evidence."""
        for hidden in (token, self._secret):
            text = text.replace(hidden, "***") if hidden else text
        return text

    async def _good_token(self, *, rejected: str) -> str:
        async with self._one_at_a_time:
            seen: int | None = None
            for _ in range(_POLLS):
                row = await self._row()
                token = self._opened(row, await self.clock.now())
                # A changed generation is the platform's latest word, even when it repeats the rejected token.
                if token and (token != rejected or (seen is not None and row.generation != seen)):
                    return token
                seen = row.generation
                if await self._leased(row.generation):
                    return await self._fetched(row.generation)
                await asyncio.sleep(_POLL_SECONDS)
        raise ChannelUnavailable("访问令牌正由另一进程更新，尚未完成。", remedy="系统会稍后再试。")

    async def _row(self) -> PlatformToken:
        row = await PlatformToken.get_or_none(account=self.account)
        if row is not None:
            return row
        try:
            return await PlatformToken.create(account=self.account)
        except IntegrityError:
            return await PlatformToken.get(account=self.account)

    def _opened(self, row: PlatformToken, now: datetime) -> str:
        """The row's token, empty when there is none, when it ends soon, or when it was sealed with another secret."""
        if not row.token or row.expires_at is None or row.expires_at - MARGIN <= now:
            return ""
        try:
            return self._seal.decrypt(row.token.encode()).decode()
        except InvalidToken:
            return ""

    async def _leased(self, generation: int) -> bool:
        now = await self.clock.now()
        async with in_transaction() as connection:
            rows = PlatformToken.filter(account=self.account, generation=generation).using_db(connection)
            lease: dict[str, Any] = {"owner": self._owner, "lease_until": now + LEASE}
            if await rows.filter(lease_until__isnull=True).update(**lease) == 1:
                return True
            return await rows.filter(lease_until__lt=now).update(**lease) == 1

    async def _fetched(self, generation: int) -> str:
        try:
            answer = await self._asked()
        except BaseException:
            await self._written(generation, {"owner": "", "lease_until": None})
            raise
        token = str(answer["access_token"])
        expires_at = await self.clock.now() + timedelta(seconds=int(answer["expires_in"]))
        sealed = self._seal.encrypt(token.encode()).decode()
        values = {"token": sealed, "expires_at": expires_at, "owner": "", "lease_until": None}
        # Whoever lost the lease meanwhile still holds a token that works: the platform gives everyone the same.
        await self._written(generation, {**values, "generation": generation + 1})
        return token

    async def _written(self, generation: int, values: Mapping[str, Any]) -> None:
        async with in_transaction() as connection:
            rows = PlatformToken.filter(account=self.account, owner=self._owner, generation=generation)
            await rows.using_db(connection).update(**values)

    async def _asked(self) -> dict[str, Any]:
        body = {"grant_type": "client_credential", "appid": self._appid, "secret": self._secret, "force_refresh": False}
        request = Request(path=PATH, body=as_json(body), content_type="application/json")
        answer = await self._wire.exchange(request)
        code = int(answer.get("errcode") or 0)
        if code:
            errmsg = self.censored(str(answer.get("errmsg", "")))
            raise failure(code, errmsg, irreversible=False, now=await self.clock.now(), path=PATH)
        if not isinstance(answer.get("access_token"), str) or not isinstance(answer.get("expires_in"), int):
            raise ChannelUnavailable("微信没有给出访问令牌。", remedy="系统会稍后再试。", path=PATH)
        return answer
