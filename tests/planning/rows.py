"""Rows that the tests of the calendar need without the house around them."""

from datetime import datetime

from disclosures.records import Category, Disclosure, Revision, Unit


async def disclosure(now: datetime, *, formed_on: str, of: Disclosure | None = None) -> Disclosure:
    """A draft with its first revision, or one more revision of ``of``."""
    if of is None:
        unit, _ = await Unit.get_or_create(code="mz", defaults={"name": "区民政局"})
        category, _ = await Category.get_or_create(code="tz", defaults={"name": "通知公告"})
        of = await Disclosure.create(
            state="draft", title="通知", unit=unit, category=category, index_number=f"X/{await Disclosure.all().count()}",
            current_revision=0, author_id=1, author_name="李拟稿", created_at=now, updated_at=now,
        )  # fmt: skip
    of.current_revision += 1
    await of.save()
    await Revision.create(
        disclosure=of, number=of.current_revision, content={"formed_on": formed_on}, body_source="", body_format="markdown",
        content_hash="0" * 64, author_id=1, author_name="李拟稿", created_at=now,
    )  # fmt: skip
    return of
