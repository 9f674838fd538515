"""Day and minute quotas of the API, counted per path."""

from collections import Counter, deque
from typing import TYPE_CHECKING, Any

from sandbox.wechat.account import Account
from sandbox.wechat.errors import ApiError

if TYPE_CHECKING:
    from sandbox.wechat.calls import Call, Endpoint

CLEARS_PER_MONTH = 10


class Quotas:
    """Counts calls. Limits of a new account: /doc/service/Message_Management/API_Call_Limits.html."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self._daily: dict[str, int | None] = {}
        self._minute: dict[str, int | None] = {}
        self._recent: dict[str, deque[float]] = {}
        self._used: Counter[str] = Counter()
        self._day = ""
        self._clears = 0
        self._month = ""
        self.calls: Counter[str] = Counter()

    def register(self, endpoint: "Endpoint") -> None:
        """Learn the limits of a path."""
        self._daily[endpoint.path] = endpoint.daily
        self._minute[endpoint.path] = endpoint.per_minute

    def spend(self, path: str) -> None:
        """Count one call; raises 45009 when the day's quota is spent and 45011 for too many in a minute."""
        self._roll()
        self.calls[path] += 1
        limit = self._limit(path)
        if limit is not None and self._used[path] >= limit:
            raise ApiError(45009)
        per_minute = self._minute.get(path)
        if per_minute is not None:
            now = self._account.now()
            recent = self._recent.setdefault(path, deque())
            while recent and recent[0] <= now - 60:
                recent.popleft()
            if len(recent) >= per_minute:
                raise ApiError(45011)
            recent.append(now)
        self._used[path] += 1

    def clear(self, call: "Call") -> dict[str, Any]:
        """POST /cgi-bin/clear_quota and /v2: ten resets a month, then 48006."""
        options = self._account.options
        if (call.text("appid") or call.query.get("appid", "")) != options.wechat_appid:
            raise ApiError(40013)
        if "access_token" not in call.query:
            secret = call.text("appsecret") or call.query.get("appsecret", "")
            if secret != options.wechat_secret:
                raise ApiError(40125)
        if self._month != self._account.month():
            self._month, self._clears = self._account.month(), 0
        if self._clears >= CLEARS_PER_MONTH:
            raise ApiError(48006)
        self._clears += 1
        self._used.clear()
        return {"errcode": 0, "errmsg": "ok"}

    def get(self, call: "Call") -> dict[str, Any]:
        """POST /cgi-bin/openapi/quota/get."""
        self._roll()
        path = call.text("cgi_path")
        if path not in self._daily:
            raise ApiError(76021)
        limit = self._limit(path)
        shown = 100_000_000 if limit is None else limit
        used = self._used[path]
        answer: dict[str, Any] = {
            "errcode": 0,
            "errmsg": "ok",
            "quota": {"daily_limit": shown, "used": used, "remain": max(0, shown - used)},
        }
        per_minute = self._minute.get(path)
        if per_minute is not None:
            answer["rate_limit"] = {"call_count": per_minute, "refresh_second": 60}
        return answer

    def _limit(self, path: str) -> int | None:
        changed = dict(self._account.options.daily_limits)
        return changed.get(path, changed.get("*", self._daily.get(path)))

    def _roll(self) -> None:
        if self._day != self._account.day():
            self._day = self._account.day()
            self._used.clear()
