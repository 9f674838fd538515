"""Logs: one event, one JSON line on standard error; line breaks and control characters cannot forge a second one."""

import json
import logging
import re
import sys
from datetime import UTC, datetime

SECRET_PATH = re.compile(r"(/show/)[^/\s\"'?#]+")
"""The address of a link for a reader without an account is itself the key."""


class JsonLine(logging.Formatter):
    """Formats a record as one line of JSON. ASCII only, so no terminal or viewer can be tricked by what a citizen typed."""

    def format(self, record: logging.LogRecord) -> str:
        event: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "where": record.name,
            "event": _masked(record.getMessage()),
        }
        if record.exc_info:
            event["trace"] = _masked(self.formatException(record.exc_info))
        return json.dumps(event)


def _masked(text: str) -> str:
    return SECRET_PATH.sub(r"\1…", text)


def set_up(level: str) -> None:
    """Sends everything of ``level`` and above to standard error; chatty libraries only from WARNING."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLine())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for chatty in ("apscheduler", "asyncio", "tortoise", "aiosqlite", "aiohttp.access", "PIL", "jieba"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
