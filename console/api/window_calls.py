"""The API's calls on service windows: for a service hall's own system, which knows them first."""

from typing import Annotated

from aiohttp import web
from pydantic import BaseModel, Field, StringConstraints

from console.api.bodies import Taken
from console.api.intake import parse, read_body
from console.api.problems import dumps
from disclosures.service_windows import MOST, ServiceWindows, WindowText, windows
from staff.person import Person

Text = Annotated[str, StringConstraints(max_length=500)]


class WindowBody(Taken):
    """一个窗口；同名的即修改。services 用顿号隔开；latitude、longitude 是国内地图（GCJ-02）的度数，不知道就都不写。"""

    name: Text
    address: Text
    unit: Text = ""
    phone: Text = ""
    hours: Text = ""
    services: Text = ""
    latitude: float | None = None
    longitude: float | None = None
    source: Text = ""


class WindowsBody(Taken):
    """若干窗口，全部保存或者一个也不保存；没有列出的不动。"""

    windows: Annotated[list[WindowBody], Field(min_length=1, max_length=MOST)]


class WindowAnswer(BaseModel):
    """机器人用来答复的一个窗口。"""

    id: int
    name: str
    unit: str
    address: str
    phone: str
    hours: str
    services: list[str]
    latitude: float | None
    longitude: float | None
    source: str


class WindowsAnswer(BaseModel):
    """全部窗口。"""

    items: list[WindowAnswer]


class WindowsTaken(BaseModel):
    """新增和修改了几个窗口。"""

    added: int
    changed: int


class WindowCalls:
    """Handlers; each is parse → verb → answer."""

    def __init__(self, *, desk: ServiceWindows) -> None:
        self._desk = desk

    async def read_windows(self, request: web.Request, person: Person) -> web.Response:
        items = [WindowAnswer.model_validate(window, from_attributes=True) for window in await windows()]
        return web.json_response(WindowsAnswer(items=items).model_dump(mode="json"), dumps=dumps)

    async def save_windows(self, request: web.Request, person: Person) -> web.Response:
        body = parse(WindowsBody, await read_body(request))
        texts = [
            WindowText(**{name: "" if value is None else str(value) for name, value in each.model_dump().items()})
            for each in body.windows
        ]
        added, changed = await self._desk.take(person, texts, file="API")
        return web.json_response(WindowsTaken(added=added, changed=changed).model_dump(mode="json"), dumps=dumps)

    async def remove_window(self, request: web.Request, person: Person) -> web.Response:
        await self._desk.remove(person, int(request.match_info["id"]))
        return await self.read_windows(request, person)
