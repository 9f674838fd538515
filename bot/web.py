"""The web chat: the same conversation for a visitor of the portal. Wiring gives it to the portal as a function."""

from bot.conversation import Conversation
from bot.seeking import Place
from bot.turn import Turn


class WebChat:
    """``visitor`` is the random id of a browser's chat; without one nothing is remembered."""

    def __init__(self, *, conversation: Conversation) -> None:
        self._conversation = conversation

    async def answer(self, visitor: str, text: str) -> Turn:
        """The reply to a visitor's text: ``turn.text`` to show, ``turn.options`` as buttons, ``turn.sources`` below."""
        return await self._conversation.answer(channel="web", sender=visitor[:128], text=text)

    async def located(self, visitor: str, place: Place) -> Turn:
        """The nearest counters to a visitor's place."""
        return await self._conversation.answer(channel="web", sender=visitor[:128], text="", place=place)

    def greeting(self) -> str:
        """What the chat shows before the first question."""
        return self._conversation.help("web")
