"""Service windows (服务窗口): where citizens are served, and the codes of QR codes and menu buttons that lead to them.

Both are data that the disclosure office keeps; the bot says a window word for word as it is written here.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Final

from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.exceptions import IntegrityError
from tortoise.transactions import in_transaction

from audit.clock import Clock
from audit.trail import Trail
from disclosures.errors import InvalidContent, NotFound, NotPermitted
from disclosures.findings import Finding, block
from disclosures.member import CATALOGUE, Member
from disclosures.window_records import ServiceWindow, Signpost

LONGEST: Final = {"name": 64, "unit": 64, "address": 128, "phone": 64, "hours": 128, "services": 500, "source": 255}
COLUMNS: Final[Mapping[str, str]] = {
    "名称": "name", "单位": "unit", "地址": "address", "电话": "phone", "服务时间": "hours", "可办事项": "services",
    "纬度": "latitude", "经度": "longitude", "来源": "source",
}  # fmt: skip
"""The columns of an import file and the fields they fill."""
MOST: Final = 2000
"""Windows of one district."""
KINDS: Final = {"question": "一个问题", "window": "一个窗口", "unit": "一个单位"}
"""What a code may stand for."""
CODE: Final = re.compile(r"[0-9A-Za-z_.-]{1,64}")
_BETWEEN: Final = re.compile(r"[、，,;；\s]+")
_DEGREES: Final = re.compile(r"-?\d{1,3}(?:\.\d{1,12})?")


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowText:
    """A window as it stands in a form or in a row of a file: texts, not yet checked."""

    name: str
    address: str
    unit: str = ""
    phone: str = ""
    hours: str = ""
    services: str = ""
    latitude: str = ""
    longitude: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A window as it is used. ``services`` are single words or short phrases; coordinates are GCJ-02 degrees, or None."""

    id: int
    name: str
    unit: str
    address: str
    phone: str
    hours: str
    services: tuple[str, ...]
    latitude: float | None
    longitude: float | None
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RowWrong:
    """What is wrong with a row of a file."""

    line: int
    column: str
    what: str
    remedy: str


async def windows() -> tuple[Window, ...]:
    """Every window in its order."""
    rows = await ServiceWindow.filter(active=True).order_by("sort", "id").limit(MOST)
    return tuple(_window(row) for row in rows)


async def signpost(code: str) -> Signpost | None:
    """What a code stands for; None for one that nobody has set up."""
    return await Signpost.get_or_none(code=code) if CODE.fullmatch(code) else None


def checked(text: WindowText) -> tuple[dict[str, object], list[Finding]]:
    """The values to be stored, and what is wrong with them; nothing is stored while anything is wrong. Pure."""
    values: dict[str, object] = {}
    problems: list[Finding] = []
    for name, most in LONGEST.items():
        value = " ".join(str(getattr(text, name)).split())
        values[name] = value
        if len(value) > most:
            problems.append(block(name, f"不能超过 {most} 个字。", "请精简。"))
    values["services"] = "、".join(word for word in _BETWEEN.split(str(values["services"])) if word)
    problems += [block(name, "此项不能为空。", "请填写。") for name in ("name", "address") if not values[name]]
    place = [text.latitude.strip(), text.longitude.strip()]
    values["latitude"] = values["longitude"] = None
    if any(place):
        degrees = [float(each) if _DEGREES.fullmatch(each) else 999.0 for each in place]
        # China's land lies within these degrees; a swapped pair falls outside.
        if 3 <= degrees[0] <= 54 and 73 <= degrees[1] <= 136:
            values["latitude"], values["longitude"] = degrees
        else:
            problems.append(
                block("latitude", "经纬度不对。", "纬度约为 18 至 54，经度约为 73 至 136；不知道的两项都留空。")
            )
    return values, problems


def read_rows(rows: Sequence[tuple[int, Sequence[str]]]) -> tuple[list[WindowText], list[RowWrong]]:
    """The windows of a table whose first row names its columns, and everything that is wrong with it. Pure."""
    if not rows:
        return [], [RowWrong(line=0, column="", what="文件是空的", remedy="请先下载模板，填好后再导入")]
    heads = [cell.strip() for cell in rows[0][1]]
    if missing := [name for name in ("名称", "地址") if name not in heads]:
        return [], [RowWrong(line=rows[0][0], column=missing[0], what="缺少这一列", remedy="请使用模板中的列名")]
    found, wrong, seen = [], list[RowWrong](), dict[str, int]()
    for line, cells in rows[1 : MOST + 1]:
        given = {COLUMNS[head]: cell for head, cell in zip(heads, cells, strict=False) if head in COLUMNS}
        text = WindowText(**{"name": "", "address": "", **given})
        values, problems = checked(text)
        headers = {field: head for head, field in COLUMNS.items()}
        wrong += [
            RowWrong(line=line, column=headers.get(each.field, ""), what=each.message.rstrip("。"), remedy=each.remedy.rstrip("。"))
            for each in problems
        ]  # fmt: skip
        name = str(values["name"])
        if name and name in seen:
            wrong.append(RowWrong(line=line, column="名称", what=f"与第 {seen[name]} 行同名", remedy="请合并或改名"))
        seen.setdefault(name, line)
        found.append(text)
    if len(rows) > MOST + 1:
        wrong.append(RowWrong(line=MOST + 1, column="", what=f"超过 {MOST} 行", remedy="请分成几个文件导入"))
    return found, wrong


def row_of(window: Window) -> tuple[str, ...]:
    """A window as a row of an export, in the order of COLUMNS."""
    plain = {**asdict(window), "services": "、".join(window.services)}
    return tuple("" if plain[name] is None else str(plain[name]) for name in COLUMNS.values())


class ServiceWindows:
    """Keeps the windows and the codes; changing needs ``catalogue.write`` and is audited."""

    def __init__(self, *, clock: Clock, trail: Trail) -> None:
        self._clock, self._trail = clock, trail

    async def save(self, person: Member, text: WindowText, *, window_id: int | None = None) -> int:
        """Adds a window, or changes one. Raises NotPermitted, InvalidContent, NotFound."""
        _permitted(person)
        values, problems = checked(text)
        if problems:
            raise InvalidContent(problems)
        async with in_transaction() as connection:
            return await self._save(connection, person, values, window_id)

    async def take(self, person: Member, texts: Sequence[WindowText], *, file: str) -> tuple[int, int]:
        """Takes in the windows of a file, all or none: those with a known name are changed. How many were added, changed."""
        _permitted(person)
        added = changed = 0
        async with in_transaction() as connection:
            for text in texts:
                values, problems = checked(text)
                if problems:
                    raise InvalidContent(problems)
                row = await ServiceWindow.filter(name=values["name"]).using_db(connection).first()
                await self._save(connection, person, values, row.id if row else None, file=file)
                added, changed = added + (row is None), changed + (row is not None)
        return added, changed

    async def remove(self, person: Member, window_id: int) -> None:
        """Raises NotPermitted, NotFound."""
        _permitted(person)
        async with in_transaction() as connection:
            row = await ServiceWindow.filter(id=window_id).using_db(connection).first()
            if row is None:
                raise NotFound("没有这个窗口，可能刚刚被删去。")
            await row.delete(using_db=connection)
            await self._trail.append(
                connection, at=await self._clock.now(), actor=person.actor, verb="window.removed",
                subject=f"window:{window_id}", name=row.name,
            )  # fmt: skip

    async def signposts(self) -> list[Signpost]:
        return await Signpost.all().order_by("code").limit(MOST)

    async def point(self, person: Member, *, code: str, kind: str, target: str, note: str = "") -> None:
        """Sets up what a code stands for, or changes it. Raises NotPermitted, InvalidContent."""
        _permitted(person)
        code, target, note = code.strip(), " ".join(target.split()), " ".join(note.split())
        problems = []
        if not CODE.fullmatch(code):
            problems.append(block("code", "编码只能用字母、数字和 . _ -，最多 64 个。", "例如 chuangkou-12。"))
        if kind not in KINDS:
            problems.append(block("kind", "请选择它代表什么。"))
        if not target or len(target) > 255:
            problems.append(block("target", "请写明问题，或者窗口、单位的名称。", "最多 255 个字。"))
        elif kind == "window" and not await ServiceWindow.filter(name=target).exists():
            problems.append(block("target", f"没有名为“{target}”的窗口。", "请先添加这个窗口，或者核对名称。"))
        if len(note) > 128:
            problems.append(block("note", "不能超过 128 个字。", "请精简。"))
        if problems:
            raise InvalidContent(problems)
        now = await self._clock.now()
        async with in_transaction() as connection:
            row = await Signpost.filter(code=code).using_db(connection).first() or Signpost(code=code)
            row.kind, row.target, row.note = kind, target, note
            row.changed_at, row.changed_by = now, person.display_name
            await row.save(using_db=connection)
            await self._trail.append(
                connection, at=now, actor=person.actor, verb="signpost.saved", subject=f"signpost:{row.id}", code=code,
                kind=kind, target=target,
            )  # fmt: skip

    async def unpoint(self, person: Member, signpost_id: int) -> None:
        """Raises NotPermitted, NotFound."""
        _permitted(person)
        async with in_transaction() as connection:
            row = await Signpost.filter(id=signpost_id).using_db(connection).first()
            if row is None:
                raise NotFound("没有这个编码，可能刚刚被删去。")
            await row.delete(using_db=connection)
            await self._trail.append(
                connection, at=await self._clock.now(), actor=person.actor, verb="signpost.removed",
                subject=f"signpost:{signpost_id}", code=row.code,
            )  # fmt: skip

    async def _save(
        self, connection: BaseDBAsyncClient, person: Member, values: Mapping[str, object], window_id: int | None, *,
        file: str = "",
    ) -> int:  # fmt: skip
        now = await self._clock.now()
        row = await ServiceWindow.filter(id=window_id).using_db(connection).first() if window_id else ServiceWindow()
        if row is None:
            raise NotFound("没有这个窗口，可能刚刚被删去。")
        row.update_from_dict({**values, "changed_at": now, "changed_by": person.display_name})
        try:
            await row.save(using_db=connection)
        except IntegrityError:
            raise InvalidContent(
                [block("name", f"已经有名为“{values['name']}”的窗口。", "请换一个名称，或修改原来的。")]
            ) from None
        await self._trail.append(
            connection, at=now, actor=person.actor, verb="window.saved", subject=f"window:{row.id}",
            name=str(values["name"]), file=file,
        )  # fmt: skip
        return int(row.id)


def _permitted(person: Member) -> None:
    if not person.may(CATALOGUE):
        raise NotPermitted


def _window(row: ServiceWindow) -> Window:
    plain = {field.name: getattr(row, field.name) for field in fields(Window)}
    return Window(**{**plain, "services": tuple(word for word in _BETWEEN.split(row.services) if word)})
