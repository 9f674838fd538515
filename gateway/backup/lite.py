"""SQLite saved and put back: the online backup, so that it is consistent while the product runs."""

import contextlib
import json
import os
import sqlite3
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

from audit.errors import TrailBroken
from gateway.backup.chain import Row, walk
from gateway.backup.container import SQLITE, Manifest
from gateway.backup.numbers import TABLES
from gateway.errors import CommandFailed

COUNTED: Final = (
    "disclosure",
    "release",
    "delivery",
    "audit_record",
    "stored_file",
    "knowledge_entry",
    "staff_account",
)
WAIT_SECONDS: Final = 30.0
_BESIDE: Final = ("-wal", "-shm")


def snapshot(database: Path, copy: Path) -> Manifest:
    """A consistent copy of a running database, checked, with what it holds. Raises CommandFailed 5 or 6."""
    if not database.is_file():
        raise CommandFailed(f"没有这个数据库文件：{database}。请核对 MINGBAI_DATABASE_URL", code=5)
    os.close(os.open(copy, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    try:
        with _open(database) as source, _open(copy) as target:
            moment = datetime.now(UTC)
            source.backup(target)
            target.execute("PRAGMA journal_mode=DELETE")
            return _described(target, moment)
    except sqlite3.Error as trouble:
        raise CommandFailed(f"数据库读取失败：{trouble}。请检查磁盘，并运行 mingbai doctor", code=5) from trouble


def _described(copy: sqlite3.Connection, moment: datetime) -> Manifest:
    if (found := copy.execute("PRAGMA quick_check(1)").fetchone()[0]) != "ok":
        raise CommandFailed(f"数据库文件已损坏：{found}。请从上一个备份恢复", code=6)
    tables = {row[0] for row in copy.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if "tortoise_migrations" not in tables:
        raise CommandFailed("这个数据库还没有建立，请先运行 mingbai migrate", code=5)
    head = copy.execute("SELECT last_id, hash FROM audit_head WHERE id = 1").fetchone() or (0, "")
    try:
        walk(_rows(copy), last_id=head[0], head=head[1])
    except TrailBroken as broken:
        raise CommandFailed(f"审计链不完整，备份没有保留：{broken}请立即查明原因", code=6) from broken
    names = [row[0] for row in copy.execute("SELECT name FROM tortoise_migrations ORDER BY id")]
    numbers = {name: seq for name, seq in copy.execute("SELECT name, seq FROM sqlite_sequence") if name in TABLES}
    for year, serial in copy.execute("SELECT year, last_serial FROM disclosure_index_serial"):
        numbers[f"index:{year}"] = serial
    counts = {name: copy.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in COUNTED}
    return Manifest(
        kind=SQLITE, product=version("mingbai"), migrations=tuple(names), moment=moment.isoformat(),
        audit_last_id=head[0], audit_hash=head[1], numbers=numbers, counts=counts,
    )  # fmt: skip


def _rows(copy: sqlite3.Connection) -> Iterator[Row]:
    fields = "id, at, actor_kind, actor_name, verb, subject, detail, previous_hash, hash"
    for found in copy.execute(f"SELECT {fields} FROM audit_record ORDER BY id"):
        detail = found[6] if isinstance(found[6], str) else json.dumps(found[6])
        yield Row(
            id=found[0], at=str(found[1]), actor_kind=found[2], actor_name=found[3], verb=found[4], subject=found[5],
            detail=detail, previous_hash=found[7], hash=found[8],
        )  # fmt: skip


def settle_down(database: Path) -> bool:
    """Brings everything into the one file, which only a process that is alone can do. False when the file cannot be read
    as a database at all. Raises CommandFailed (4) when another process has it open."""
    try:
        with _open(database, wait=1.0) as connection:
            mode = connection.execute("PRAGMA journal_mode=DELETE").fetchone()[0]
    except sqlite3.OperationalError as held:
        if "locked" not in str(held) and "busy" not in str(held):
            return False
        mode = "wal"
    except sqlite3.DatabaseError:
        return False
    if mode != "delete":
        raise CommandFailed("数据库正在被使用。请先停止 mingbai serve 和 worker，再恢复", code=4)
    return True


def is_empty(database: Path) -> bool:
    """Whether nobody has done anything in it yet."""
    if not database.exists() or database.stat().st_size == 0:
        return True
    try:
        with _open(database) as connection:
            return not any(_some(connection, name) for name in ("audit_record", "disclosure", "staff_account"))
    except sqlite3.DatabaseError:
        return False


def numbers_of(database: Path) -> dict[str, int]:
    """The highest numbers that a database which is about to be replaced has given; what cannot be read is left out."""
    found: dict[str, int] = {}
    with contextlib.suppress(sqlite3.DatabaseError), _open(database) as connection:
        for name, seq in _all(connection, "SELECT name, seq FROM sqlite_sequence"):
            if name in TABLES:
                found[name] = int(seq)
        for year, serial in _all(connection, "SELECT year, last_serial FROM disclosure_index_serial"):
            found[f"index:{year}"] = int(serial)
    return found


def put(fresh: Path, database: Path, *, stamp: str) -> Path | None:
    """The last step: the finished file gets the database's name. Nothing is lost: what stood there stays beside it under
    the returned name. Raises CommandFailed (4) when somebody has started the product meanwhile."""
    aside: Path | None = None
    if database.exists():
        settle_down(database)
        aside = database.with_name(f"{database.name}.before-restore-{stamp}")
        for ending in ("", *_BESIDE):
            part = Path(f"{database}{ending}")
            if part.exists():
                part.rename(f"{aside}{ending}")
    for ending in _BESIDE:
        Path(f"{fresh}{ending}").unlink(missing_ok=True)
    fresh.replace(database)
    descriptor = os.open(database.parent, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    return aside


def forget(fresh: Path) -> None:
    """Removes what a restore leaves behind beside the database."""
    for ending in ("", *_BESIDE, ".migrating"):
        Path(f"{fresh}{ending}").unlink(missing_ok=True)


def _some(connection: sqlite3.Connection, table: str) -> bool:
    return bool(_all(connection, f"SELECT 1 FROM {table} LIMIT 1"))


def _all(connection: sqlite3.Connection, query: str) -> Sequence[Any]:
    try:
        return connection.execute(query).fetchall()
    except sqlite3.OperationalError:
        return []  # There is no such table: an empty file, or one that was never migrated.


@contextlib.contextmanager
def _open(path: Path, wait: float = WAIT_SECONDS) -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(path, timeout=wait, isolation_level=None)
    try:
        yield connection
    finally:
        connection.close()
