"""The API's call on the kinds of documents."""

from dataclasses import asdict

from aiohttp import web

from console.api.bodies import KindAnswer, KindFieldAnswer, KindListAnswer
from console.api.problems import dumps
from disclosures.kinds import active_kinds
from staff.person import Person


async def read_kinds(request: web.Request, person: Person) -> web.Response:
    """The kinds that may be chosen for a new text, with their fields."""
    items = [
        KindAnswer(
            code=kind.code, name=kind.name, description=kind.description, category=kind.category,
            asks=list(kind.asks), chain=list(kind.chain), template=kind.template,
            fields=[KindFieldAnswer(**{k: v for k, v in asdict(each).items() if k != "retired"}) for each in kind.present],
        )
        for kind in await active_kinds()
    ]  # fmt: skip
    return web.json_response(KindListAnswer(items=items).model_dump(mode="json"), dumps=dumps)
