"""The first change of an empty knowledge base makes the row that counts the changes; two nodes may both be first."""

import asyncio

from tortoise.transactions import in_transaction

from gateway.database.seed import seed
from knowledge.generation import next_generation
from knowledge.records import KnowledgeState


async def _change(ready: asyncio.Barrier) -> int:
    await ready.wait()
    async with in_transaction() as connection:
        return await next_generation(connection)


async def test_both_count_and_neither_fails(any_database: str) -> None:
    ready = asyncio.Barrier(4)
    generations = await asyncio.gather(*(_change(ready) for _ in range(4)))
    assert sorted(generations) == [1, 2, 3, 4]


async def test_seeding_keeps_what_stands(any_database: str) -> None:
    await asyncio.gather(seed(), _change(asyncio.Barrier(1)))
    await seed()
    assert await KnowledgeState.all().values_list("generation", flat=True) == [1]
