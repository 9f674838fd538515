"""Where the processes of a test are born: ``python -m tests.crash.nursery`` has imported the product and only forks.

Every child is a process of its own that calls the product's run function in ``tests.crash.launcher``; what is spared is
two seconds of importing for each of a hundred of them. One line of JSON on standard input is one birth. Beside the child's
log, ``.pid`` tells its number and ``.code`` how it ended; when standard input ends, its children do too.
"""

import json
import os
import random
import select
import signal
import sys
import tempfile
import traceback
from pathlib import Path
from typing import Any

from knowledge.keywords import Keywords
from tests.crash import launcher


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        dictionary = Keywords(Path(folder))._ready()
    Keywords._build = lambda self: dictionary  # type: ignore[method-assign]
    children: dict[int, Path] = {}
    while True:
        readable, _, _ = select.select([sys.stdin], [], [], 0.02)
        if readable:
            line = sys.stdin.readline()
            if not line:
                break
            order = json.loads(line)
            child = _born(order)
            children[child] = Path(order["log"])
            _written(children[child].with_suffix(".pid"), str(child))
        _reap(children)
    for child in children:
        os.kill(child, signal.SIGKILL)


def _born(order: dict[str, Any]) -> int:
    child = os.fork()
    if child:
        return child
    code = 1
    try:
        log = os.open(order["log"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        nowhere = os.open(os.devnull, os.O_RDWR)
        for descriptor, target in ((nowhere, 0), (nowhere, 1), (log, 2)):
            os.dup2(descriptor, target)
        os.environ.clear()
        os.environ.update(order["environment"])
        random.seed()
        launcher.main(order["kind"], order["patience"])
        code = 0
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(code)


def _reap(children: dict[int, Path]) -> None:
    for child in list(children):
        found, status = os.waitpid(child, os.WNOHANG)
        if found:
            _written(children.pop(child).with_suffix(".code"), str(os.waitstatus_to_exitcode(status)))


def _written(path: Path, text: str) -> None:
    beside = path.with_name(path.name + ".new")
    beside.write_text(text)
    beside.replace(path)


if __name__ == "__main__":
    main()
