"""The pages of what lies over the base, together: hit test, dictionary, pins, rules, and the changes of the last three."""

from collections.abc import Sequence

from aiohttp import web

from audit.clock import Clock
from console.canned_pages import CannedPages
from console.change_pages import ChangePages
from console.dictionary_pages import DictionaryPages
from console.door import Door
from console.hit_acts import HitActs
from console.hit_pages import HitPages
from console.layering import Layering
from console.screen import Screen
from console.threshold_pages import ThresholdPages
from staff.roles import Verb

READ, WRITE, APPROVE = Verb.KNOWLEDGE_READ, Verb.KNOWLEDGE_WRITE, Verb.KNOWLEDGE_APPROVE
HOME = "/console/knowledge"


class LayerPages:
    def __init__(self, *, screen: Screen, door: Door, clock: Clock, layering: Layering) -> None:
        self._door = door
        self._hits = HitPages(screen=screen, clock=clock, layering=layering)
        self._acts = HitActs(pages=self._hits, layering=layering)
        self._words = DictionaryPages(screen=screen, layering=layering)
        self._rules = CannedPages(screen=screen, layering=layering)
        self._changes = ChangePages(screen=screen, layering=layering)
        self._thresholds = ThresholdPages(screen=screen)

    def routes(self) -> Sequence[web.RouteDef]:
        get, post = self._door.get, self._door.post
        h, a, w, r, c = self._hits, self._acts, self._words, self._rules, self._changes
        one = HOME + r"/changes/{id:\d{1,9}}"
        return [
            get(f"{HOME}/test", h.hit_test, READ),
            post(f"{HOME}/test/edit", a.edit, WRITE),
            post(f"{HOME}/test/alias", a.alias, WRITE),
            post(f"{HOME}/test/move", a.move, WRITE),
            post(f"{HOME}/test/stop", a.stop, WRITE),
            post(f"{HOME}/test/pin", a.pin, WRITE),
            get(f"{HOME}/tests/thresholds", self._thresholds.thresholds, READ),
            get(f"{HOME}/dictionary", w.words, READ),
            post(f"{HOME}/dictionary", w.put, WRITE),
            post(f"{HOME}/dictionary/remove", w.remove, WRITE),
            post(f"{HOME}/dictionary/import", w.take, WRITE),
            get(f"{HOME}/dictionary/export/{{name}}", w.export, READ),
            get(f"{HOME}/pins", w.pins, READ),
            post(f"{HOME}/pins/remove", w.unpin, WRITE),
            get(f"{HOME}/rules", r.rules, READ),
            post(f"{HOME}/rules", r.put, WRITE),
            post(f"{HOME}/rules/remove", r.remove, WRITE),
            get(one, c.change, READ),
            post(f"{one}/accept", c.accept, APPROVE),
            post(f"{one}/refuse", c.refuse, APPROVE),
            post(f"{one}/take-back", c.take_back, WRITE),
            post(f"{one}/undo", c.undo, WRITE),
        ]
