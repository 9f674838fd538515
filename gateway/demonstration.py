"""Fills an empty database with the fictional district: staff, units, knowledge, and disclosures on the real road.

Every demo disclosure is written, signed by three people and released as a real one would be; nothing is slipped in.
"""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from importlib.resources import files as package_files
from importlib.resources.abc import Traversable
from zoneinfo import ZoneInfo

from tortoise.transactions import in_transaction

from audit.actor import Actor
from audit.trail import Trail
from disclosures.checking.leaders import Leader
from disclosures.content import FileReference, WeChatVersion, WeiboVersion
from disclosures.draft import DraftText
from disclosures.records import Unit
from disclosures.service_windows import ServiceWindows, WindowText
from gateway.database.clock import DatabaseClock
from gateway.demonstration_layers import lay_over
from gateway.wiring import Product
from knowledge import exchange
from knowledge.reporting import Asked
from scheduler.announcements import Text
from staff.person import Person

WITH_SOCIAL = 8
"""So many of the disclosures also go to WeChat and Weibo; Weibo takes 30 posts an hour (weibo.md §8)."""
UNFINISHED = 3
"""The last disclosures stay on the desk: one planned for tomorrow, one in review, one draft."""
MACHINE = Actor.machine("演示")
SHANGHAI = ZoneInfo("Asia/Shanghai")

LEADERS = (
    ("周明礼", "区委书记"), ("沈立言", "区委副书记、区长"), ("方知远", "区委常委、常务副区长"), ("苏望舒", "副区长"), ("程守正", "副区长"),
)  # fmt: skip


class Demonstration:
    """Loads the demo content into a product that was wired on an empty database."""

    def __init__(
        self, product: Product, *, now: datetime, password: str, tell: Callable[[str, int, int], None]
    ) -> None:
        self._product = product
        self._now = now
        self._password = password
        self._tell = tell
        self._people: dict[str, Person] = {}
        self._ids: dict[str, int] = {}

    async def load(self) -> list[dict[str, str]]:
        """Loads everything; returns the accounts (name, display name, unit, roles) for the greeting."""
        accounts = await self._staff()
        await self._units()
        await self._windows()
        await self._leaders()
        await self._knowledge()
        await lay_over(_folder(), author=self._people["curator"], second=self._people["final_reviewer"])
        await self._rumours()
        await self._disclosures()
        await self._announcements()
        return accounts

    async def _staff(self) -> list[dict[str, str]]:
        rows = json.loads((_folder() / "staff.json").read_text(encoding="utf-8"))
        for number, row in enumerate(rows, 1):
            person = await self._product.accounts.add(
                row["name"],
                display_name=row["display_name"],
                unit=row["unit"],
                roles=row["roles"],
                password=self._password,
                by=MACHINE,
            )
            for role in row["roles"]:
                self._people.setdefault(role, person)
            self._tell("账号", number, len(rows))
        return [
            {"name": r["name"], "display_name": r["display_name"], "unit": r["unit"], "roles": "、".join(r["roles"])}
            for r in rows
        ]

    async def _units(self) -> None:
        for row in json.loads((_folder() / "units.json").read_text(encoding="utf-8")):
            await Unit.filter(name=row["name"]).update(phone=row["phone"], address=row["address"], hours=row["hours"])

    async def _windows(self) -> None:
        """Service windows, and what the codes of the demo's QR codes stand for."""
        desk, person = ServiceWindows(clock=DatabaseClock(), trail=Trail()), self._people["officer"]
        plain = json.loads((_folder() / "windows.json").read_text(encoding="utf-8"))
        await desk.take(person, [WindowText(**row) for row in plain["windows"]], file="windows.json")
        for row in plain["signposts"]:
            await desk.point(person, **row)

    async def _leaders(self) -> None:
        """People who do not exist, so that the check of names and titles has somebody to compare with."""
        lexicon = self._product.desk.examination.lexicon
        for order, (name, title) in enumerate(LEADERS, 1):
            await lexicon.put_leader(self._people["publisher"], Leader(name=name, title=title, order=order))

    async def _knowledge(self) -> None:
        texts = [(_folder() / name).read_text(encoding="utf-8") for name in ("entries.jsonl", "rumours.jsonl")]
        entries = [exchange.from_json(json.loads(line)) for text in texts for line in text.splitlines() if line.strip()]
        await self._product.curation.put_entries(entries, actor=MACHINE)
        self._tell("知识条目", len(entries), len(entries))

    async def _rumours(self) -> None:
        """What citizens asked about and nobody has settled yet: each claim with its wordings and how many asked in each."""
        rows = [json.loads(line) for line in (_folder() / "reports.jsonl").read_text(encoding="utf-8").splitlines()]
        for number, row in enumerate(rows, 1):
            at, claims = self._now - timedelta(hours=row["hours"]), set()
            askers = [text for text, count in row["wordings"] for _ in range(count)]
            for place, text in enumerate(askers):
                asked = Asked(
                    text=text, channel=("wechat", "web", "weibo")[place % 3], asker_hash=f"demo:{number}:{place}",
                    at=at + timedelta(hours=row["hours"] * place / (len(askers) + 1)),
                )  # fmt: skip
                async with in_transaction() as connection:
                    claims.add(await self._product.reporting.keep(connection, asked))
            if row.get("check"):
                person = self._people["curator"]
                for claim in sorted(claims):
                    await self._product.rumour_desk.check(
                        claim, title=row["check"], unit=row["unit"], actor=person.actor
                    )
            self._tell("传言", number, len(rows))

    async def _announcements(self) -> None:
        """What will be made public, each confirmed by another person; one of them was put off."""
        writer, other = self._people["publisher"], self._people["final_reviewer"]
        desk = self._product.calendar.announcements
        rows = json.loads((_folder() / "announcements.json").read_text(encoding="utf-8"))
        for number, row in enumerate(rows, 1):
            due = (self._now + timedelta(days=row["days"])).astimezone(SHANGHAI).date().isoformat()
            text = Text(title=row["title"], unit=row["unit"], precision=row["precision"], due=due, note=row["note"])
            made = await desk.propose(writer, text)
            await desk.confirm(other, made.id)
            if row.get("changed"):
                later = (self._now + timedelta(days=row["changed"])).astimezone(SHANGHAI).date().isoformat()
                await desk.ask_change(writer, made.id, precision=row["precision"], due=later, reason=row["reason"])
                await desk.confirm(other, made.id)
            self._tell("预告", number, len(rows))

    async def _disclosures(self) -> None:
        texts = sorted(
            (f for f in (_folder() / "disclosures").iterdir() if f.name.endswith(".md")), key=lambda f: f.name
        )
        for number, text in enumerate(texts, 1):
            left = len(texts) - number
            await self._disclosure(text, social=number <= WITH_SOCIAL, left=left)
            self._tell("公开信息", number, len(texts))

    async def _disclosure(self, text: Traversable, *, social: bool, left: int) -> None:
        head, body = _parts(text.read_text(encoding="utf-8"))
        desk, person = self._product.desk, self._people["drafter"]
        sheet = await desk.create(person, await self._draft(head, body))
        self._ids[text.name.removesuffix(".md")] = sheet.id
        if left == 0:
            return
        await desk.submit(person, sheet.id)
        await desk.approve(self._people["first_reviewer"], sheet.id)
        if left == 1:
            return
        await desk.approve(self._people["second_reviewer"], sheet.id)
        await desk.approve(self._people["final_reviewer"], sheet.id)
        channels = (
            ["portal"] + (["wechat", "weibo"] if social else []) + (["answers"] if head.get("answers") == "yes" else [])
        )
        channels = [name for name in channels if name in self._product.timetable.channels]
        tomorrow = (self._now.astimezone(SHANGHAI) + timedelta(days=1)).replace(
            hour=9, minute=0, second=0, microsecond=0
        )
        at = tomorrow.isoformat() if left == UNFINISHED - 1 else "now"
        await self._product.timetable.schedule(self._people["publisher"], sheet.id, at=at, channels=channels)

    async def _draft(self, head: dict[str, str], body: str) -> DraftText:
        attachments = [
            await self._file(name.strip()) for name in head.get("attachments", "").split(",") if name.strip()
        ]
        for picture in sorted(set(_pictures(body))):
            body = body.replace(f"({picture}", f"({(await self._file(picture)).path}")
        draft = DraftText(
            title=head["title"],
            body=body,
            department=head["department"],
            category=head["category"],
            formed_on=date.fromisoformat(head["formed_on"]),
            document_number=head.get("document_number", ""),
            summary=head.get("summary", ""),
            keywords=tuple(k.strip() for k in head.get("keywords", "").split(",") if k.strip()),
            stage=head.get("stage", ""),
            attachments=tuple(attachments),
            wechat=WeChatVersion(digest=head.get("wechat_digest", ""), cover=await self._file("cover.png")),
            weibo=WeiboVersion(text=head.get("weibo_text", "")),
            kind=head.get("kind", ""),
            particulars=tuple(
                (name.removeprefix("particular."), value.replace("｜", "\n"))
                for name, value in head.items()
                if name.startswith("particular.")
            ),
        )
        interprets = self._ids.get(head.get("interprets", ""))
        return replace(draft, interprets=interprets)

    async def _file(self, name: str) -> FileReference:
        """A file by its name; the title of an attachment stands behind ｜."""
        name, _, title = name.partition("｜")
        source = _folder() / "disclosures" / "files" / name.removeprefix("files/")
        return replace(await self._product.files.put(source.read_bytes(), source.name, by=MACHINE), title=title)


def _folder() -> Traversable:
    return package_files("gateway") / "data" / "demo"


def _parts(text: str) -> tuple[dict[str, str], str]:
    """Front matter (``key: value`` lines between two lines of ---) and body."""
    _, head, body = text.split("---\n", 2)
    pairs = (line.split(":", 1) for line in head.splitlines() if ":" in line)
    return {key.strip(): value.strip() for key, value in pairs}, body.strip() + "\n"


def _pictures(body: str) -> list[str]:
    """The files/… paths that a Markdown body shows or links."""
    return [part.split(")")[0].split(" ")[0] for part in body.split("](")[1:] if part.startswith("files/")]
