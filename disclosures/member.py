"""The person at the desk, as far as a disclosure needs to know him; ``staff.person.Person`` is one."""

from typing import Protocol

from audit.actor import Actor

WRITE = "disclosure.write"
SUBMIT = "disclosure.submit"
WITHDRAW = "disclosure.withdraw"
REPEAL = "disclosure.repeal"
CATALOGUE = "catalogue.write"
LEXICON = "lexicon.write"
SCHEDULE = "release.schedule"
EMERGENCY = "release.emergency"
"""The verbs this package guards, besides those of the three reviews (``disclosures.review.STEP_VERBS``)."""


class Member(Protocol):
    """Somebody with an account, and what he may do."""

    @property
    def account_id(self) -> int: ...

    @property
    def display_name(self) -> str: ...

    @property
    def actor(self) -> Actor: ...

    def may(self, verb: str) -> bool: ...
