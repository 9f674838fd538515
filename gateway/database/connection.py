"""From a database URL to an open database: the engines' settings, and the tables of every package."""

from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from tortoise import Tortoise

from gateway.errors import SettingInvalid

RECORDS = (
    "audit.records",
    "staff.records",
    "disclosures.records",
    "disclosures.embargo_records",
    "disclosures.year_records",
    "disclosures.check_records",
    "disclosures.reviewing_records",
    "knowledge.records",
    "knowledge.rumour_records",
    "knowledge.usage_records",
    "knowledge.question_records",
    "publishers.records",
    "publishers.echo.records",
    "publishers.history_records",
    "scheduler.records",
    "scheduler.calendar_records",
    "bot.records",
    "bot.correction_records",
    "bot.subscription_records",
    "bot.feedback_records",
    "bot.talk_records",
    "console.records",
    "console.show_records",
)


def sqlite_path(url: str) -> Path | None:
    """The file of an ``sqlite:///…`` URL (absolute after the third slash, as in sqlite:////var/… or sqlite:///var/…)."""
    if not url.startswith("sqlite://"):
        return None
    return Path(unquote(url.removeprefix("sqlite://").split("?")[0]))


def tortoise_config(url: str) -> dict[str, Any]:
    """The configuration for tortoise-orm. Raises SettingInvalid for a URL that is neither sqlite:// nor postgres://."""
    return {
        "connections": {"default": _sqlite(url) if url.startswith("sqlite://") else _postgres(url)},
        "apps": {
            "mingbai": {
                "models": list(RECORDS),
                "default_connection": "default",
                "migrations": "gateway.database.migrations",
            }
        },
        "use_tz": True,
        "timezone": "UTC",
    }


async def connect(url: str) -> None:
    """Opens the database for this process; handlers in any task see it."""
    path = sqlite_path(url)
    if path is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
    await Tortoise.init(config=tortoise_config(url), _enable_global_fallback=True)


async def disconnect() -> None:
    """Closes every connection; without it the process does not end."""
    await Tortoise.close_connections()


def _sqlite(url: str) -> dict[str, Any]:
    path = sqlite_path(url)
    if path is None or not path.name:
        raise SettingInvalid("MINGBAI_DATABASE_URL", "没有写明数据库文件", "例如 sqlite:///var/lib/mingbai/mingbai.db")
    return {
        "engine": "gateway.database.sqlite_guarded",
        "credentials": {
            "file_path": str(path),
            "journal_mode": "WAL",
            # FULL: NORMAL may lose the last committed intent when the power fails, and a lost intent is a duplicate.
            "synchronous": "FULL",
            "busy_timeout": 5000,
            "foreign_keys": "ON",
        },
    }


def _postgres(url: str) -> dict[str, Any]:
    parts = urlsplit(url)
    if parts.scheme not in {"postgres", "postgresql"} or not parts.path.strip("/"):
        raise SettingInvalid(
            "MINGBAI_DATABASE_URL",
            "既不是 sqlite:// 也不是 postgres:// 地址",
            "例如 sqlite:///var/lib/mingbai/mingbai.db 或 postgres://用户:口令@主机:5432/库名",
        )
    options = dict(parse_qsl(parts.query))
    credentials: dict[str, Any] = {
        "host": options.get("host") or parts.hostname or "localhost",
        "port": parts.port or 5432,
        "user": unquote(parts.username or "postgres"),
        "password": unquote(parts.password or "") or None,
        "database": parts.path.strip("/"),
        "minsize": 1,
        "maxsize": int(options.get("pool", "10")),
        "command_timeout": 10,
        "server_settings": {
            "application_name": "mingbai",
            "idle_in_transaction_session_timeout": "15s",
            "lock_timeout": "5s",
            "statement_timeout": "10s",
        },
    }
    return {"engine": "gateway.database.asyncpg_guarded", "credentials": credentials}
