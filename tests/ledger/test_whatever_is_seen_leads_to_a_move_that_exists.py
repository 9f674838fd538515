"""``settle`` may be asked about any state after the intent, any verdict and any age: what it says is in the table."""

from datetime import UTC, datetime, timedelta
from itertools import product

import pytest

from publishers.port import Capabilities, Sighting, Verdict
from publishers.states import AFTER_INTENT, MOVES, Patience, State, settle

NOW = datetime(2026, 11, 23, 1, 30, tzinfo=UTC)
AGES = (0, 70, 80, 299, 301, 1799, 1801, 86399, 86401, 10 * 86400)


@pytest.mark.parametrize(("state", "verdict"), list(product(sorted(AFTER_INTENT), Verdict)))
def test_no_age_and_no_channel_leads_out_of_the_table(state: State, verdict: Verdict) -> None:
    for age, absent, tries in product(AGES, (True, False), (0, 1, 50)):
        intent_at = NOW - timedelta(seconds=age)
        settled = settle(
            state, Sighting(verdict=verdict), tries=tries, intent_at=intent_at, now=NOW, patience=Patience(),
            capabilities=Capabilities(local=False, links_to_portal=True, may_conclude_absent=absent),
            settle_until=intent_at + timedelta(seconds=75),
        )  # fmt: skip
        assert settled.state is state or settled.state in MOVES[state], (age, absent, settled)
        if settled.state is State.DRAFTED:
            assert verdict is Verdict.ABSENT, "only a proof of absence leads to another sending"
            assert absent
            assert age >= 75
