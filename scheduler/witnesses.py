"""Independent witnesses of the time: the servers of the platforms tell it with every answer (RFC 9110 §6.6.1, Date)."""

import logging
from collections.abc import Callable
from datetime import datetime
from email.utils import parsedate_to_datetime

import aiohttp

from publishers.fencing import steady_seconds
from scheduler.steadiness import Span

log = logging.getLogger(__name__)
PATIENCE = aiohttp.ClientTimeout(total=5)


class DateWitness:
    """Asks one address with HEAD. Any answer will do, also a refusal: its Date is the server's own."""

    def __init__(self, *, http: aiohttp.ClientSession, url: str, steady: Callable[[], float] = steady_seconds) -> None:
        self._http = http
        self._url = url
        self._steady = steady

    async def testify(self) -> Span | None:
        before = self._steady()
        try:
            asked = self._http.head(
                self._url, allow_redirects=False, timeout=PATIENCE, headers={"Cache-Control": "no-cache"}
            )
            async with asked as answer:
                after = self._steady()
                moment = _moment(answer.headers.get("Date"))
                stored = "Age" in answer.headers
        except (aiohttp.ClientError, OSError, TimeoutError) as trouble:
            log.info("%s does not tell the time: %r", self._url, trouble)
            return None
        if moment is None or stored:
            # An answer out of a store on the way tells when it was made, not what time it is.
            return None
        return Span.read(moment, before=before, after=after, resolution=1.0)


def _moment(text: str | None) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text) if text else None
    except ValueError:
        return None
    return moment if moment is not None and moment.tzinfo is not None else None
