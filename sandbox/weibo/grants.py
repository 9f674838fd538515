"""Access tokens: who granted what to the application, how long it lives and how it dies."""

import secrets
from dataclasses import dataclass, field
from typing import Final, Literal

from sandbox.weibo.errors import Refusal

Death = Literal["alive", "expired", "revoked", "password_changed"]
Kind = Literal["test", "normal", "owner"]

DAY: Final = 24 * 3600
OWNER_SECONDS: Final = 157_679_471
CODE_SECONDS: Final = 300


@dataclass(slots=True, kw_only=True)
class Grant:
    """One access token. `owner` tokens (the app's owner grants his own app) live five years, `test` ones a day."""

    token: str
    uid: str
    kind: Kind
    created_at: float
    lives: float
    death: Death = "alive"

    def remaining(self, now: float) -> int:
        return int(self.created_at + self.lives - now)


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """An authorisation code: good once, for five minutes, for one redirect address."""

    code: str
    uid: str
    redirect_uri: str
    expires_at: float


@dataclass(slots=True, kw_only=True)
class GrantBook:
    """All tokens and codes."""

    by_token: dict[str, Grant] = field(default_factory=dict)
    codes: dict[str, Code] = field(default_factory=dict)

    def issue(self, uid: str, kind: Kind, now: float, lives: float, token: str | None = None) -> Grant:
        grant = Grant(token=token or "2.00" + secrets.token_hex(14), uid=uid, kind=kind, created_at=now, lives=lives)
        self.by_token[grant.token] = grant
        return grant

    def issue_code(self, uid: str, redirect_uri: str, now: float) -> str:
        code = secrets.token_hex(16)
        self.codes[code] = Code(code=code, uid=uid, redirect_uri=redirect_uri, expires_at=now + CODE_SECONDS)
        return code

    def redeem(self, code: str, redirect_uri: str, now: float) -> str:
        """The uid behind a code, which is used up by this. Raises Refusal 21325, or 21322 for another address."""
        known = self.codes.pop(code, None)
        if known is None or now >= known.expires_at:
            raise Refusal(21325)
        if known.redirect_uri != redirect_uri:
            raise Refusal(21322)
        return known.uid

    def check(self, token: str, now: float, password_death_code: int) -> Grant:
        """The living grant of a token. Raises Refusal 21332, 21319, 21317 or 21327."""
        grant = self.by_token.get(token)
        if grant is None:
            raise Refusal(21332)
        if grant.death == "revoked":
            raise Refusal(21319)
        if grant.death == "password_changed":
            raise Refusal(password_death_code)
        if grant.death == "expired" or grant.remaining(now) <= 0:
            raise Refusal(21327)
        return grant
