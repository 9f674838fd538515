"""``python -m gateway`` is ``mingbai``."""

from gateway.cli import main

main()
