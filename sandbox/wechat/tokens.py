"""Access tokens: two isolated families, as the platform issues them."""

from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING, Any

from sandbox.wechat.account import Account
from sandbox.wechat.errors import ApiError

if TYPE_CHECKING:
    from sandbox.wechat.calls import Call

OVERLAP_SECONDS = 300
FORCED_PER_DAY = 20
FORCED_SPACING_SECONDS = 30


@dataclass(slots=True)
class _Token:
    value: str
    expires: float
    killed: bool = False


class Tokens:
    """Issues and checks tokens. Source: the pages on token and stable_token."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self._all: dict[str, _Token] = {}
        self._plain: _Token | None = None
        self._stable: _Token | None = None
        self._forced_at = float("-inf")
        self._forced_day = ""
        self._forced = 0
        self.issued = 0

    def check(self, value: str) -> None:
        """Refuse a call whose token is absent (41001), unknown or killed (40001) or expired (42001)."""
        if not value:
            raise ApiError(41001)
        token = self._all.get(value)
        if token is None or token.killed:
            raise ApiError(40001, "sandbox")
        if token.expires <= self._account.now():
            raise ApiError(42001, "sandbox")

    def plain(self, call: "Call") -> dict[str, Any]:
        """GET /cgi-bin/token: always a new token; the one before lives five minutes more at most."""
        if call.query.get("grant_type") != "client_credential":
            raise ApiError(40002)
        self._identify(call, call.query.get("appid", ""), call.query.get("secret", ""))
        if self._plain is not None:
            self._plain.expires = min(self._plain.expires, self._account.now() + OVERLAP_SECONDS)
        self._plain = self._issue()
        return self._shown(self._plain)

    def stable(self, call: "Call") -> dict[str, Any]:
        """POST /cgi-bin/stable_token: the same token while it is valid."""
        if call.body.get("grant_type") != "client_credential":
            raise ApiError(40002)
        self._identify(call, call.text("appid"), call.text("secret"))
        if call.body.get("force_refresh") is True:
            return self._shown(self._force())
        token = self._stable
        if token is None or token.killed or token.expires - self._account.now() <= self._overlap():
            token = self._stable = self._issue()
        return self._shown(token)

    def expire_all(self) -> None:
        """The control API: every token that is out becomes expired at once."""
        for token in self._all.values():
            token.expires = min(token.expires, self._account.now())
        self._plain = self._stable = None

    def kill_all(self) -> None:
        """The control API: another program fetched tokens; ours are no longer the latest."""
        for token in self._all.values():
            token.killed = True
        self._plain = self._stable = None

    def _overlap(self) -> float:
        return min(OVERLAP_SECONDS, self._account.options.token_seconds / 4)

    def _force(self) -> _Token:
        account = self._account
        now = account.now()
        if self._stable is not None and now - self._forced_at < FORCED_SPACING_SECONDS:
            return self._stable
        if self._forced_day != account.day():
            self._forced_day, self._forced = account.day(), 0
        if self._forced >= FORCED_PER_DAY:
            raise ApiError(45009)
        self._forced += 1
        self._forced_at = now
        if self._stable is not None:
            self._stable.killed = True
        self._stable = self._issue()
        return self._stable

    def _identify(self, call: "Call", appid: str, secret: str) -> None:
        options = self._account.options
        if not appid:
            raise ApiError(41002)
        if not secret:
            raise ApiError(41004)
        if appid != options.wechat_appid:
            raise ApiError(40013)
        if secret != options.wechat_secret:
            raise ApiError(40125)
        if options.ip_whitelist and call.remote not in options.ip_whitelist:
            ip = call.remote
            raise ApiError(40164, detail=f"{ip} ipv6 ::ffff:{ip}, not in whitelist")

    def _issue(self) -> _Token:
        options = self._account.options
        token = _Token(f"99_{self._account.letters(133)}", self._account.now() + options.token_seconds)
        self._all[token.value] = token
        self.issued += 1
        return token

    def _shown(self, token: _Token) -> dict[str, Any]:
        return {"access_token": token.value, "expires_in": max(1, ceil(token.expires - self._account.now()))}
