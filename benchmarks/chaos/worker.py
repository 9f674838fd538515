"""One process of the product, as ``mingbai serve`` or ``mingbai worker`` runs it: ``python -m benchmarks.chaos.worker``.

It calls the product's own run function; only what the run's plan says is changed before: fields of the patience, and in the
mutant the one forbidden rule. Neither is, or can become, a setting of the product.
"""

import argparse
import asyncio
import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from unittest.mock import patch

from gateway import logs, wiring
from gateway.commands.machine import run_until_stopped
from gateway.settings import check_for_serving, load_settings
from publishers.port import Sighting
from publishers.states import Patience, Settled, State, settle


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("role", choices=("serve", "worker"))
    parser.add_argument("--patience", type=json.loads, default={})
    parser.add_argument("--mutant", action="store_true")
    given = parser.parse_args()
    settings = load_settings()
    check_for_serving(settings)
    logs.set_up(settings.log_level)
    if given.patience:
        _shorten(given.patience)
    if given.mutant:
        _forget_the_rule()
    asyncio.run(run_until_stopped(settings, serve_web=given.role == "serve"))


def _shorten(changes: Mapping[str, Any]) -> None:
    given: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in changes.items()
    }
    patience = Patience(**given)
    build = wiring.build

    async def patiently(settings: Any, **more: Any) -> wiring.Product:
        return await build(settings, **{**more, "patience": patience})

    patch("gateway.wiring.build", patiently).start()


def _forget_the_rule() -> None:
    """Unknown → try again: what is not proved to be out is sent once more, at once."""

    def reckless(state: State, sighting: Sighting, **rules: Any) -> Settled:
        settled = settle(state, sighting, **rules)
        return (
            replace(settled, state=State.DRAFTED, next_at=rules["now"]) if settled.state is State.UNKNOWN else settled
        )

    patch("publishers.claim.settle", reckless).start()


if __name__ == "__main__":
    main()
