"""PostgreSQL saved and put back with its own tools: pg_dump of one snapshot, and a restore in one transaction."""

import asyncio
import importlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import asyncpg
from tortoise.models import Model

from audit.errors import TrailBroken
from gateway.backup.chain import Row, walk
from gateway.backup.container import POSTGRES, Manifest
from gateway.backup.lite import COUNTED
from gateway.backup.numbers import TABLES
from gateway.database.connection import RECORDS, tortoise_config
from gateway.errors import CommandFailed

SERVER_BINARIES: Final = Path("/usr/lib/postgresql")
"""Where Debian and its kin keep the tools of each version."""
TOOL_SECONDS: Final = 3600
_FIELDS: Final = "id, at, actor_kind, actor_name, verb, subject, detail, previous_hash, hash"
_BEFORE: Final = "DROP SCHEMA IF EXISTS public CASCADE;\nCREATE SCHEMA public;\n"
_AFTER: Final = """DO $$ BEGIN IF to_regclass('public.halt') IS NOT NULL THEN
  INSERT INTO public.halt (kind, open_key, reason, raised_by_name, raised_at, lift_asked_by_name, lift_reason,
                           lifted_by_name, detail)
  VALUES ('quarantine', 'quarantine', '正在恢复数据', '系统（恢复数据）', clock_timestamp(), '', '', '', '{}')
  ON CONFLICT (open_key) DO NOTHING;
END IF; END $$;
"""
"""In the transaction of the restore itself: whoever opens the database afterwards finds it halted."""


class Postgres:
    """One database, and the tools that fit it."""

    def __init__(self, url: str) -> None:
        self._credentials: dict[str, Any] = tortoise_config(url)["connections"]["default"]["credentials"]
        self._major = 0

    async def dump(self, target: Path) -> Manifest:
        """A consistent dump while the product runs, and what it holds. Raises CommandFailed 5 or 6."""
        connection = await self._connected()
        try:
            async with connection.transaction(isolation="repeatable_read", readonly=True):
                shared = await connection.fetchval("SELECT pg_export_snapshot()")
                manifest = await self._described(connection)
                # The snapshot is good for as long as this transaction is open.
                await _in_thread(
                    self._run, "pg_dump", "--format=custom", "--compress=0", f"--snapshot={shared}", f"--file={target}"
                )
        finally:
            await connection.close()
        try:
            walk(self._rows(target), last_id=manifest.audit_last_id, head=manifest.audit_hash)
        except TrailBroken as broken:
            raise CommandFailed(f"审计链不完整，备份没有保留：{broken}请立即查明原因", code=6) from broken
        return manifest

    async def refuse_if_running(self) -> None:
        """Raises CommandFailed (4) while the product has the database open."""
        connection = await self._connected()
        try:
            others = await connection.fetchval(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
                " AND application_name LIKE 'mingbai%' AND backend_type = 'client backend'"
            )
        finally:
            await connection.close()
        if others:
            raise CommandFailed("数据库正在被使用。请先停止每台机器上的 mingbai serve 和 worker，再恢复", code=4)

    async def is_empty(self) -> bool:
        """Whether nobody has done anything in it yet. Raises CommandFailed (4) when it holds what is not ours: restoring
        would remove it."""
        connection = await self._connected()
        try:
            rows = await connection.fetch(
                "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename"
            )
            tables = {str(row["tablename"]) for row in rows}
            if strange := sorted(tables - _ours()):
                raise CommandFailed(
                    f"目标数据库中有不属于本系统的表（{'、'.join(strange[:3])}），恢复会把它们删除。请换一个专用的数据库",
                    code=4,
                )
            for table in tables & {"audit_record", "disclosure", "staff_account"}:
                if await connection.fetchval(f'SELECT EXISTS (SELECT 1 FROM "{table}")'):
                    return False
        finally:
            await connection.close()
        return True

    async def numbers(self) -> dict[str, int]:
        """The highest numbers that a database which is about to be replaced has given."""
        connection = await self._connected()
        try:
            if await connection.fetchval("SELECT to_regclass('disclosure_index_serial') IS NULL"):
                return {}
            return await _numbers(connection)
        finally:
            await connection.close()

    async def put(self, dump: Path) -> None:
        """Replaces everything by the dump, in one transaction: all or nothing, and halted from its first moment."""
        with tempfile.TemporaryDirectory(prefix="mingbai-restore-") as folder:
            script, before, after = (Path(folder) / name for name in ("dump.sql", "before.sql", "after.sql"))
            before.write_text(_BEFORE, "utf-8")
            after.write_text(_AFTER, "utf-8")
            await _in_thread(self._run, "pg_restore", "--no-owner", "--no-privileges", f"--file={script}", str(dump))
            await _in_thread(
                self._run, "psql", "-X", "-q", "-1", "-v", "ON_ERROR_STOP=1",
                "-f", str(before), "-f", str(script), "-f", str(after),
            )  # fmt: skip

    async def _described(self, connection: "asyncpg.Connection[Any]") -> Manifest:
        if await connection.fetchval("SELECT to_regclass('tortoise_migrations') IS NULL"):
            raise CommandFailed("这个数据库还没有建立，请先运行 mingbai migrate", code=5)
        head = await connection.fetchrow("SELECT last_id, hash FROM audit_head WHERE id = 1")
        moment: datetime = await connection.fetchval("SELECT transaction_timestamp()")
        names = await connection.fetch("SELECT name FROM tortoise_migrations ORDER BY id")
        return Manifest(
            kind=POSTGRES, product=version("mingbai"), migrations=tuple(str(row["name"]) for row in names),
            moment=moment.astimezone(UTC).isoformat(), audit_last_id=int(head["last_id"]) if head else 0,
            audit_hash=str(head["hash"]) if head else "", numbers=await _numbers(connection),
            counts={name: int(await connection.fetchval(f"SELECT count(*) FROM {name}")) for name in COUNTED},
        )  # fmt: skip

    def _rows(self, dump: Path) -> Iterator[Row]:
        """The audit records as the dump itself holds them: this is what would be restored."""
        script = self._run("pg_restore", "--data-only", "--table=audit_record", "--file=-", str(dump))
        columns: list[str] = []
        found: list[Row] = []
        for line in script.splitlines():
            if not columns:
                if line.startswith("COPY "):
                    columns = [name.strip(' "') for name in line[line.index("(") + 1 : line.index(")")].split(",")]
            elif line == "\\.":
                break
            else:
                values = dict(zip(columns, map(_plain, line.split("\t")), strict=True))
                found.append(Row(**{**values, "id": int(values["id"])}))  # type: ignore[arg-type]
        return iter(sorted(found, key=lambda row: row.id))

    async def _connected(self) -> "asyncpg.Connection[Any]":
        known = self._credentials
        try:
            connection = await asyncpg.connect(
                host=known["host"], port=known["port"], user=known["user"], password=known["password"],
                database=known["database"], timeout=10, server_settings={"application_name": "backup"},
            )  # fmt: skip
        except (OSError, asyncpg.PostgresError) as trouble:
            raise CommandFailed(f"打不开数据库：{trouble}。请核对 MINGBAI_DATABASE_URL", code=5) from trouble
        self._major = connection.get_server_version().major
        return connection

    def _run(self, tool: str, *words: str) -> str:
        """Runs one of PostgreSQL's tools; the password goes by its environment, never by its arguments."""
        known = self._credentials
        target = [] if tool == "pg_restore" else ["--no-password", f"--dbname={known['database']}"]
        done = subprocess.run(
            [tool_path(tool, self._major), *target, *words], capture_output=True, check=False, timeout=TOOL_SECONDS,
            env={**os.environ, **_environment(known)},
        )  # fmt: skip
        if done.returncode != 0:
            said = done.stderr.decode("utf-8", "replace").strip().splitlines()
            raise CommandFailed(f"{tool} 没有完成：{said[-1] if said else done.returncode}", code=5)
        return done.stdout.decode("utf-8")


def tool_path(tool: str, major: int) -> str:
    """The tool of the server's own version; else the oldest that is newer, for no tool reads a newer server. Raises
    CommandFailed (5) with the remedy."""
    found = {
        version: path
        for path in SERVER_BINARIES.glob(f"*/bin/{tool}")
        if (version := path.parent.parent.name).isdigit() and int(version) >= major
    }
    path = str(found[min(found, key=int)]) if found else shutil.which(tool)
    if path is None:
        raise CommandFailed(
            f"本机没有适用的 {tool}。请安装与数据库服务器同版本（{major}）的 PostgreSQL 客户端工具（Debian、Ubuntu："
            f"apt install postgresql-client-{major}；openEuler、麒麟：dnf install postgresql），再运行本命令",
            code=5,
        )
    return path


def _environment(known: Mapping[str, Any]) -> dict[str, str]:
    named = {"PGHOST": known["host"], "PGPORT": known["port"], "PGUSER": known["user"], "PGPASSWORD": known["password"]}
    plain = {name: str(value) for name, value in named.items() if value is not None}
    return {**plain, "PGAPPNAME": "backup", "PGTZ": "UTC", "PGCLIENTENCODING": "UTF8", "LC_ALL": "C"}


async def _numbers(connection: "asyncpg.Connection[Any]") -> dict[str, int]:
    numbers: dict[str, int] = {}
    for table in TABLES:
        sequence = await connection.fetchval("SELECT pg_get_serial_sequence($1, 'id')", f'"{table}"')
        row = await connection.fetchrow(f"SELECT last_value, is_called FROM {sequence}")
        numbers[table] = int(row["last_value"]) if row is not None and row["is_called"] else 0
    for row in await connection.fetch("SELECT year, last_serial FROM disclosure_index_serial"):
        numbers[f"index:{row['year']}"] = int(row["last_serial"])
    return numbers


_ESCAPES: Final = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}


def _plain(value: str) -> str:
    """A value of COPY's text format."""
    if "\\" not in value:
        return value
    out, letters = [], iter(value)
    for letter in letters:
        if letter == "\\":
            letter = next(letters, "")
            out.append(_ESCAPES.get(letter, letter))
        else:
            out.append(letter)
    return "".join(out)


def _ours() -> set[str]:
    """The tables of every package."""
    modules = [importlib.import_module(name) for name in RECORDS]
    return {
        str(found.Meta.table)  # type: ignore[attr-defined]
        for module in modules
        for found in vars(module).values()
        if isinstance(found, type) and issubclass(found, Model) and found is not Model
    } | {"tortoise_migrations"}


async def _in_thread(work: Any, *words: str) -> str:
    return str(await asyncio.to_thread(work, *words))
