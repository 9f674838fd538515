"""What the records declare is what the migrations build: no forgotten migration."""

from gateway.database.drafting import changes, rendered


async def test_no_change_of_the_records_lacks_a_migration() -> None:
    missing = [rendered(writer) for writer in await changes()]
    assert missing == [], "run: python -m gateway.database.drafting NAME"
