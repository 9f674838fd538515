"""The knowledge base alone, for what only asks."""

from audit.trail import Trail
from gateway.database.clock import DatabaseClock
from gateway.settings import Settings
from knowledge.base import KnowledgeBase
from knowledge.curating import Curating
from knowledge.keywords import Keywords


def keywords_of(settings: Settings) -> Keywords:
    """The segmenter; its cache lies in the private state folder."""
    return Keywords(settings.state_folder / "jieba")


def knowledge_base(settings: Settings, *, keywords: Keywords | None = None) -> KnowledgeBase:
    """Not yet loaded."""
    return KnowledgeBase(keywords=keywords or keywords_of(settings), clock=DatabaseClock())


def curating(settings: Settings) -> Curating:
    """The curator's desk over a base that is not yet loaded, for the command line."""
    keywords = keywords_of(settings)
    base = knowledge_base(settings, keywords=keywords)
    return Curating.of(clock=DatabaseClock(), trail=Trail(), keywords=keywords, base=base)
