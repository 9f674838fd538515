"""The knowledge base alone, for what only asks."""

from gateway.database.clock import DatabaseClock
from gateway.settings import Settings
from knowledge.base import KnowledgeBase
from knowledge.keywords import Keywords


def knowledge_base(settings: Settings) -> KnowledgeBase:
    """Not yet loaded; the segmenter's cache lies in the private state folder."""
    return KnowledgeBase(keywords=Keywords(settings.state_folder / "jieba"), clock=DatabaseClock())
