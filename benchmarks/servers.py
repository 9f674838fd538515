"""The servers that are measured: each a process of its own on a free port, ended when the run is over."""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from benchmarks.generated import themes
from benchmarks.letters import ACCOUNT, AES_KEY, APPID, TOKEN

ROOT: Final = Path(__file__).parent.parent
STARTING: Final = 120.0
"""Seconds a server may take to listen."""
WEROBOT: Final = ("WeRoBot==1.13.1", "tornado>=6.4,<7", "cryptography>=42")
INSTALLING: Final = 180
FILTERS: Final = 1000


class PeerMissing(Exception):
    """A peer cannot be measured on this machine; the message says why."""


@contextmanager
def product(folder: Path, entries: Sequence[Mapping[str, Any]], *, database_url: str) -> Iterator[int]:
    """``mingbai serve`` over a new database with these entries; yields the port."""
    port = free_port()
    environment = {
        "MINGBAI_ENV": "test", "MINGBAI_DATABASE_URL": database_url, "MINGBAI_BIND": f"127.0.0.1:{port}",
        "MINGBAI_SECRET_KEY": "b" * 32, "MINGBAI_STATE_DIR": str(folder / "state"), "MINGBAI_WECHAT_ACCOUNT": ACCOUNT,
        "MINGBAI_WECHAT_APPID": APPID, "MINGBAI_WECHAT_SECRET": "no-call-goes-out", "MINGBAI_WECHAT_TOKEN": TOKEN,
        "MINGBAI_WECHAT_AES_KEY": AES_KEY, "MINGBAI_WECHAT_API_BASE": "http://127.0.0.1:9", "MINGBAI_LOG_LEVEL": "WARNING",
    }  # fmt: skip
    lines = folder / "entries.jsonl"
    lines.write_text("".join(json.dumps(entry, ensure_ascii=False) + "\n" for entry in entries), "utf8")
    mingbai = [sys.executable, "-m", "gateway"]
    _run([*mingbai, "migrate"], environment)
    _run([*mingbai, "knowledge", "load", str(lines)], environment)
    with _serving([*mingbai, "serve"], port, environment, log=folder / "product.log"):
        yield port


@contextmanager
def bare(folder: Path) -> Iterator[int]:
    port = free_port()
    with _serving([sys.executable, "-m", "benchmarks.bare", str(port)], port, {}, log=folder / "bare.log"):
        yield port


@contextmanager
def werobot(folder: Path, python: Path) -> Iterator[int]:
    """WeRoBot with its filters: one for each pair of matter and phrase, so that nearly every message meets its filter."""
    port, settings = free_port(), folder / "werobot.json"
    filters = [(f".*{matter}.*{phrase}", f"{matter}：请到便民服务中心办理。") for matter, phrase in themes(FILTERS)]
    plain = {"token": TOKEN, "app_id": APPID, "encoding_aes_key": AES_KEY, "filters": filters}
    settings.write_text(json.dumps(plain, ensure_ascii=False), "utf8")
    command = [str(python), str(ROOT / "benchmarks" / "werobot_peer.py"), str(port), str(settings)]
    with _serving(command, port, {}, log=folder / "werobot.log"):
        yield port


def werobot_python(folder: Path) -> Path:
    """An interpreter with WeRoBot, made at the first call. Raises PeerMissing with the reason."""
    python = folder / "bin" / "python"
    try:
        if not python.exists():
            subprocess.run([sys.executable, "-m", "venv", folder], check=True, capture_output=True, timeout=INSTALLING)
        if subprocess.run([python, "-c", "import werobot, tornado, cryptography"], capture_output=True).returncode:
            command = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *WEROBOT]
            subprocess.run(command, check=True, capture_output=True, timeout=INSTALLING, text=True)
    except (OSError, subprocess.SubprocessError) as trouble:
        said = str(getattr(trouble, "stderr", "") or trouble).strip().splitlines()
        raise PeerMissing(f"WeRoBot cannot be installed: {said[-1] if said else trouble}") from trouble
    return python


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _run(command: Sequence[str], environment: Mapping[str, str]) -> None:
    ended = subprocess.run(command, cwd=ROOT, env={**os.environ, **environment}, capture_output=True, text=True)
    if ended.returncode:
        raise RuntimeError(f"{' '.join(command)}: {ended.stderr.strip()[-2000:]}")


@contextmanager
def _serving(command: Sequence[str], port: int, environment: Mapping[str, str], *, log: Path) -> Iterator[None]:
    with log.open("wb") as out:
        process = subprocess.Popen(command, cwd=ROOT, env={**os.environ, **environment}, stdout=out, stderr=out)
        try:
            _wait(port, process, log)
            yield
        finally:
            process.terminate()
            try:
                process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _wait(port: int, process: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + STARTING
    while time.monotonic() < deadline and process.poll() is None:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5).close()
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError(f"a server did not start: {log.read_text('utf8', 'replace')[-2000:]}")
