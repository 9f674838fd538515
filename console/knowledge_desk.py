"""The knowledge base's pages together, and the table of their addresses."""

from collections.abc import Sequence

from aiohttp import web

from audit.clock import Clock
from console.care_pages import CarePages
from console.door import Door
from console.draft_pages import DraftPages
from console.knowledge_import_pages import KnowledgeImportPages
from console.knowledge_pages import Ask, Knowledge, KnowledgePages
from console.knowledge_release_pages import KnowledgeReleasePages
from console.knowledge_test_pages import KnowledgeTestPages
from console.screen import Screen
from knowledge.curating import Curating
from staff.roles import Verb

READ, WRITE, APPROVE = Verb.KNOWLEDGE_READ, Verb.KNOWLEDGE_WRITE, Verb.KNOWLEDGE_APPROVE


class KnowledgeDesk:
    """``ask`` is the bot as a citizen meets it, ``knowledge`` the base behind it."""

    def __init__(
        self, *, screen: Screen, door: Door, clock: Clock, knowledge: Knowledge, ask: Ask,
        curating: Curating,
    ) -> None:  # fmt: skip
        self._door = door
        self._entries = KnowledgePages(screen=screen, clock=clock, knowledge=knowledge, ask=ask)
        self._drafts = DraftPages(screen=screen, curating=curating)
        self._releases = KnowledgeReleasePages(screen=screen, door=door, curating=curating)
        self._care = CarePages(screen=screen, clock=clock, curating=curating)
        self._imports = KnowledgeImportPages(screen=screen, curating=curating)
        self._tests = KnowledgeTestPages(screen=screen, curating=curating)

    def routes(self) -> Sequence[web.RouteDef]:
        get, post, home, number = self._door.get, self._door.post, "/console/knowledge", r"/{id:\d{1,9}}"
        e, d, r, c, i, t = self._entries, self._drafts, self._releases, self._care, self._imports, self._tests
        one, version = f"{home}/drafts{number}", f"{home}/releases{number}"
        return [
            get(home, e.entries, READ),
            get(f"{home}/entries{number}", e.entry, READ),
            get(f"{home}/test", e.hit_test, READ),
            post(f"{home}/entries{number}/stop", d.stop, WRITE),
            get(f"{home}/drafts", d.drafts, READ),
            post(f"{home}/drafts", d.create, WRITE),
            get(f"{home}/drafts/new", d.new, WRITE),
            post(f"{home}/drafts/accept", d.accept_all, APPROVE),
            get(one, d.draft, READ),
            post(one, d.save, WRITE),
            get(f"{one}/edit", d.edit, WRITE),
            post(f"{one}/submit", d.submit, WRITE),
            post(f"{one}/accept", d.accept, APPROVE),
            post(f"{one}/send-back", d.send_back, APPROVE),
            post(f"{one}/discard", d.discard, WRITE),
            get(f"{home}/release", r.preparing, READ),
            post(f"{home}/release", r.release, APPROVE),
            post(f"{home}/release/prepare", r.prepare, WRITE),
            post(f"{home}/release/recheck", r.recheck, WRITE),
            post(f"{home}/release/ask", r.ask, APPROVE),
            post(f"{home}/release/drop", r.drop, WRITE),
            get(f"{home}/releases", r.history, READ),
            get(version, r.version, READ),
            post(f"{version}/roll-back", r.roll_back, WRITE),
            get(f"{home}/due", c.due, READ),
            get(f"{home}/conflicts", c.conflicts, READ),
            post(f"{home}/conflicts", c.survey, WRITE),
            get(f"{home}/export/{{name}}", i.export, READ),
            get(f"{home}/import", i.imports, READ),
            post(f"{home}/import", i.take, WRITE),
            post(f"{home}/import{number}/submit", i.submit, WRITE),
            post(f"{home}/import{number}/undo", i.undo, WRITE),
            get(f"{home}/tests", t.suites, READ),
            post(f"{home}/tests", t.run, WRITE),
            get(f"{home}/tests{number}", t.one, READ),
        ]
