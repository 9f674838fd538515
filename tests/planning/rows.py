"""Rows that the tests of the calendar need without the house around them."""

from datetime import datetime

from disclosures.records import Category, Disclosure, Revision, Unit
from publishers.records import Delivery, Release


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


async def delivery(now: datetime, row: Disclosure, *, due_at: datetime) -> Delivery:
    """A mass send by WeChat that is planned."""
    release = await Release.create(
        disclosure_id=row.id, revision=1, content_hash="0" * 64, due_at=due_at, created_by_id=1, created_by_name="周发布",
        created_at=now, mass_confirmed_by_id=1,
    )  # fmt: skip
    return await Delivery.create(
        release=release, disclosure_id=row.id, channel="wechat", state="pending", due_at=due_at, next_at=due_at,
        content_hash="0" * 64, payload={"mode": "mass"}, payload_sha256="0" * 64, updated_at=now,
    )  # fmt: skip
