"""取消发布: what was not sent is cancelled at once; what may be out and cannot be proved is proposed to be given up, which a
second person confirms."""

from publishers.errors import NotReleasable
from publishers.proposals import Proposals
from scheduler.timetable import Timetable
from staff.person import Person
from staff.roles import Verb


async def cancel(
    person: Person, release_id: int, *, reason: str, timetable: Timetable, proposals: Proposals
) -> tuple[int, int]:
    """(deliveries cancelled, proposals opened). Raises NotAllowed, NotReleasable when there is neither, ReleaseNotFound."""
    person.require(Verb.RELEASE_CANCEL)
    proposed = 0
    if person.may(Verb.DELIVERY_DECIDE):
        # First, because a missing reason must stop the whole act before anything is cancelled.
        proposed = await proposals.give_up(person, release_id, reason=reason)
    try:
        return await timetable.cancel(person, release_id), proposed
    except NotReleasable:
        if proposed:
            return 0, proposed
        raise
