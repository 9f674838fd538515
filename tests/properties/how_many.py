"""How many examples the property tests try: 1,000 of 50 steps for each machine, or as many as somebody has time for.

``PROPERTY_EXAMPLES=20000 .venv/bin/python -m pytest -n 2 tests/properties`` tries more. The seeds are fixed: what fails in one
place fails everywhere, and a failure is printed as steps and as a blob to be repeated.
"""

import os

from hypothesis import HealthCheck, Phase, settings

EXAMPLES = int(os.environ.get("PROPERTY_EXAMPLES", "1000"))
STEPS = 50
SHARDS = 4
"""The examples of one machine are spread over so many tests, so that several processes can share them."""


def how(*, examples: int | None = None, shrink: bool = True) -> settings:
    """The settings of one shard."""
    phases = [Phase.generate, Phase.shrink] if shrink else [Phase.generate]
    return settings(
        max_examples=examples or -(-EXAMPLES // SHARDS),
        stateful_step_count=STEPS,
        deadline=None,
        database=None,
        print_blob=True,
        report_multiple_bugs=False,
        phases=phases,
        suppress_health_check=list(HealthCheck),
    )
