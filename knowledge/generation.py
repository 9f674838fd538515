"""The generation of the base: a number that every change raises, and the lock by which changes wait for each other."""

from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.expressions import F

from knowledge.records import STATE_ID, KnowledgeState


async def next_generation(connection: BaseDBAsyncClient) -> int:
    """Raises it in the caller's transaction; until its end nobody else can."""
    row = KnowledgeState.filter(id=STATE_ID).using_db(connection)
    if not await row.update(generation=F("generation") + 1):
        # The very first change, perhaps of several nodes at once: the row is made by one of them, and raised by each.
        await _made(connection)
        await row.update(generation=F("generation") + 1)
    state = await KnowledgeState.get(id=STATE_ID, using_db=connection)
    return state.generation


async def locked_generation(connection: BaseDBAsyncClient) -> int:
    """As it is now; until the end of the caller's transaction nobody else can raise it."""
    await _made(connection)
    state = await KnowledgeState.filter(id=STATE_ID).using_db(connection).select_for_update().first()
    return state.generation if state is not None else 0


async def present_generation() -> int:
    """As it is now, outside of any transaction; 0 before the first change."""
    state = await KnowledgeState.filter(id=STATE_ID).first()
    return state.generation if state is not None else 0


async def _made(connection: BaseDBAsyncClient) -> None:
    first = KnowledgeState(id=STATE_ID, generation=0)
    await KnowledgeState.bulk_create([first], ignore_conflicts=True, using_db=connection)
