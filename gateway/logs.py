"""Logs: one event, one JSON line on standard error; line breaks and control characters cannot forge a second one."""

import json
import logging
import sys
from datetime import UTC, datetime


class JsonLine(logging.Formatter):
    """Formats a record as one line of JSON. ASCII only, so no terminal or viewer can be tricked by what a citizen typed."""

    def format(self, record: logging.LogRecord) -> str:
        event: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "where": record.name,
            "event": record.getMessage(),
        }
        if record.exc_info:
            event["trace"] = self.formatException(record.exc_info)
        return json.dumps(event)


def set_up(level: str) -> None:
    """Sends everything of ``level`` and above to standard error; chatty libraries only from WARNING."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLine())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for chatty in ("apscheduler", "asyncio", "tortoise", "aiosqlite", "aiohttp.access", "PIL", "jieba"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
