"""Setting the account's menu: checked, its questions stored, then sent to the platform, then the old questions let go."""

from collections.abc import Awaitable, Callable
from typing import Any

from tortoise.transactions import in_transaction

from audit.actor import Actor
from audit.clock import Clock
from audit.trail import Trail
from bot.menu import AccountMenu, listed
from bot.talk_records import MenuQuestion

CreateMenu = Callable[[list[dict[str, Any]]], Awaitable[None]]
"""Puts the buttons on the platform. Raises PublishError."""


class MenuDesk:
    """What stands behind the keys of the menu."""

    def __init__(self, *, clock: Clock, trail: Trail) -> None:
        self._clock = clock
        self._trail = trail

    async def set(self, menu: AccountMenu, *, create: CreateMenu, by: Actor) -> None:
        """Until the platform has the new menu, the buttons of the old one still ask. Raises PublishError; then the old menu
        stands as it did."""
        now = await self._clock.now()
        rows = {
            question.key: MenuQuestion(key=question.key, name=question.name, question=question.text, set_at=now)
            for question in menu.questions
        }
        await MenuQuestion.bulk_create(
            [rows[key] for key in sorted(rows)], update_fields=["name", "set_at"], on_conflict=["key"]
        )
        await create(menu.buttons)
        async with in_transaction() as connection:
            await MenuQuestion.exclude(key__in=sorted(rows)).using_db(connection).delete()
            await self._trail.append(
                connection, at=now, actor=by, verb="menu.set", subject="menu:wechat", questions=listed(menu.questions)
            )

    async def question(self, key: str) -> str:
        """What a button asks; empty for a key that no button has any more."""
        row = await MenuQuestion.filter(key=key[:64]).first()
        return row.question if row is not None else ""
