"""The API's calls on releases, and the question to the bot."""

import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from aiohttp import web
from tortoise.exceptions import IntegrityError

from audit.allowance import Allowance
from console.api.answers import release_answer
from console.api.bodies import AskAnswer, AskBody, CancelBody, MoveBody, ReleaseBody
from console.api.intake import parse, read_body
from console.api.problems import dumps
from console.api.receipts import Answer, Receipts, keyed
from console.cancelling import cancel
from console.errors import KeyReused, TooManyQuestions
from console.results import read_release
from disclosures.desk import Desk
from disclosures.embargo import hidden_from
from disclosures.errors import NotFound
from publishers.errors import NotReleasable
from publishers.proposals import Proposals
from publishers.records import Release
from scheduler.timetable import Timetable
from staff.person import Person

Ask = Callable[[str, str], Awaitable[Mapping[str, Any]]]
"""(text, session or “”) → {decision, confidence, answer, sources, hits}, JSON throughout."""

QUESTIONS_A_MINUTE: Final = 30_000
"""Of one account from one address: a program that asks more than that is out of control."""


class ReleaseCalls:
    """Handlers; each is parse → verb → answer."""

    def __init__(
        self, *, desk: Desk, timetable: Timetable, proposals: Proposals, receipts: Receipts, ask: Ask,
        address: Callable[[web.Request], str],
    ) -> None:  # fmt: skip
        self._address = address
        self._desk = desk
        self._timetable = timetable
        self._proposals = proposals
        self._receipts = receipts
        self._ask = ask
        self._asked = Allowance(most=QUESTIONS_A_MINUTE, seconds=60)

    async def create_release(self, request: web.Request, person: Person) -> web.Response:
        raw = await read_body(request)
        body = parse(ReleaseBody, raw)
        asked = keyed(request, person, raw)

        async def schedule() -> Answer:
            if body.disclosure in await hidden_from(person.account_id):
                raise NotFound
            await self._desk.sheet(body.disclosure)
            release = await self._scheduled(request, person, body, asked.key if asked else None)
            if release.disclosure_id != body.disclosure:
                raise KeyReused
            return 201, release_answer(await read_release(release.id)).model_dump(mode="json")

        status, answer = await self._receipts.remember(asked, schedule)
        headers = {"Location": f"/api/v1/releases/{answer['id']}"}
        return web.json_response(answer, status=status, headers=headers, dumps=dumps)

    async def read_release(self, request: web.Request, person: Person) -> web.Response:
        return await _answered(int(request.match_info["id"]))

    async def move_release(self, request: web.Request, person: Person) -> web.Response:
        raw, number = await read_body(request), int(request.match_info["id"])
        body = parse(MoveBody, raw)

        async def move() -> Answer:
            await self._timetable.move(person, number, at=body.at, reason=body.reason.strip(), override=body.override)
            return 200, release_answer(await read_release(number)).model_dump(mode="json")

        status, answer = await self._receipts.atomically(keyed(request, person, raw), move)
        return web.json_response(answer, status=status, dumps=dumps)

    async def cancel_release(self, request: web.Request, person: Person) -> web.Response:
        number = int(request.match_info["id"])
        body = parse(CancelBody, await read_body(request))
        reason = body.reason.strip() or "取消发布计划"
        await cancel(person, number, reason=reason, timetable=self._timetable, proposals=self._proposals)
        return await _answered(number)

    async def ask(self, request: web.Request, person: Person) -> web.Response:
        body = parse(AskBody, await read_body(request))
        if not self._asked.take(f"{person.account_id}:{self._address(request)}", now=time.monotonic()):
            raise TooManyQuestions
        # The session of one account is not that of another, nor of any citizen.
        session = f"api:{person.account_id}:{body.session}" if body.session else ""
        answer = AskAnswer.model_validate(dict(await self._ask(body.text, session)))
        return web.json_response(answer.model_dump(mode="json"), dumps=dumps)

    async def _scheduled(self, request: web.Request, person: Person, body: ReleaseBody, key: str | None) -> Release:
        async def schedule() -> Release:
            return await self._timetable.schedule(
                person, body.disclosure, at=body.at, channels=body.channels, confirm_mass=body.confirm_mass,
                idempotency_key=key, operator_address=self._address(request), override=body.override, reason=body.reason,
            )  # fmt: skip

        try:
            return await schedule()
        except (IntegrityError, NotReleasable):
            # A twin of this request may have written the release meanwhile: then it is found under the key.
            twin = await Release.get_or_none(idempotency_key=key) if key is not None else None
            if twin is None:
                raise
            return twin


async def _answered(release_id: int) -> web.Response:
    return web.json_response(release_answer(await read_release(release_id)).model_dump(mode="json"), dumps=dumps)
