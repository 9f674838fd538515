"""A throwaway PostgreSQL cluster from the machine's own binaries, run by an unprivileged user; gone with the tests."""

import contextlib
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path


def binaries() -> Path | None:
    """The folder with initdb and pg_ctl, or None."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), reverse=True)
    if found:
        return found[0].parent
    initdb = shutil.which("initdb")
    return Path(initdb).parent if initdb else None


def _unprivileged() -> tuple[int, int] | None:
    """Who runs the cluster when we are root, which PostgreSQL refuses to be."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            user = pwd.getpwnam(name)
            return user.pw_uid, user.pw_gid
    return None


@contextlib.contextmanager
def cluster() -> Iterator[str]:
    """Yields the URL of the cluster's superuser without a database name, e.g. postgres://postgres@127.0.0.1:5555"""
    folder = binaries()
    if folder is None:
        raise RuntimeError("no PostgreSQL binaries")
    who = _unprivileged()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with tempfile.TemporaryDirectory(prefix="mingbai-pg-", dir="/tmp", ignore_cleanup_errors=True) as home:
        if who:
            os.chown(home, *who)
        data = Path(home) / "data"
        user = {"user": who[0], "group": who[1], "extra_groups": []} if who else {}

        def run(*words: str) -> None:
            subprocess.run(
                words, check=True, cwd=home, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=60, **user
            )  # type: ignore[call-overload]

        run(str(folder / "initdb"), "-D", str(data), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "-N")
        options = f"-p {port} -k {home} -c listen_addresses=127.0.0.1 -c fsync=off -c max_connections=60"
        run(str(folder / "pg_ctl"), "-D", str(data), "-o", options, "-l", str(Path(home) / "log"), "-w", "start")
        try:
            yield f"postgres://postgres@127.0.0.1:{port}"
        finally:
            with contextlib.suppress(subprocess.SubprocessError):
                run(str(folder / "pg_ctl"), "-D", str(data), "-m", "immediate", "-w", "stop")
