"""A house with something of everything in it, and an address for every page, so that a test can visit them all.

A new page without a number in its address is visited by itself. One with a number needs a line in ``SAMPLES``.
"""

import base64
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from tortoise.transactions import in_transaction

from audit.trail import Trail
from bot.feedback_records import AnswerFeedback
from console.guarding import verbs_of
from console.show_links import ShowLinks
from disclosures.records import StoredFile
from gateway.database.clock import DatabaseClock
from knowledge.cases import Case
from knowledge.records import KnowledgeEntry, KnowledgeTrial
from knowledge.reporting import Asked, Reporting
from knowledge.rumour_records import RumourClaim
from publishers.echo.comment_desk import NEW
from publishers.echo.records import Comment
from publishers.records import Delivery
from staff.roles import Role, may
from tests.endtoend import walk
from tests.endtoend.conftest import MACHINE, PASSWORD, PEOPLE

MORE: Final = {"guanli": ["operator"], "gongkai": ["officer"], "shenji": ["auditor"], "chengban": ["handler"]}
ROLES: Final = {**PEOPLE, **MORE}
NOT_PAGES: Final = ("/api/", "/static/", "/healthz", "/readyz", "/metrics", "/wechat", "/weibo")
"""Answers to programs."""
PUBLIC: Final = ""
"""Nobody who is signed in."""

SAMPLES: Final[dict[str, tuple[tuple[str, str], ...]]] = {
    "/c/{category}": ((PUBLIC, "/c/通知公告"),),
    "/u/{unit}": ((PUBLIC, "/u/区民政局"),),
    "/d/{id}": ((PUBLIC, "/d/{released}"), (PUBLIC, "/d/{withdrawn}")),
    "/d/{id}/history": ((PUBLIC, "/d/{released}/history"), (PUBLIC, "/d/{withdrawn}/history")),
    "/console/disclosures/{id}/public-history": (
        ("fabu", "/console/disclosures/{corrected}/public-history"),
        ("nigao", "/console/disclosures/{withdrawn}/public-history"),
    ),
    "/search": ((PUBLIC, "/search"), (PUBLIC, "/search?q=补助")),
    "/files/{sha256}/{name}": ((PUBLIC, "/files/{file}"),),
    "/console/": tuple((name, "/console/") for name in ROLES),
    "/console/files/{sha256}/{name}": (("nigao", "/console/files/{file}"),),
    "/console/disclosures/{id}": (
        ("nigao", "/console/disclosures/{draft}"),
        ("chushen", "/console/disclosures/{submitted}"),
        ("fabu", "/console/disclosures/{approved}"),
        ("fabu", "/console/disclosures/{released}"),
        ("fabu", "/console/disclosures/{withdrawn}"),
        ("shenji", "/console/disclosures/{corrected}"),
    ),
    "/console/disclosures/{id}/edit": (
        ("nigao", "/console/disclosures/{draft}/edit"),
        ("nigao", "/console/disclosures/{released}/edit"),
    ),
    "/console/disclosures/{id}/preview/wechat": (("nigao", "/console/disclosures/{draft}/preview/wechat"),),
    "/console/disclosures/{id}/revisions/{number}": (("nigao", "/console/disclosures/{corrected}/revisions/2"),),
    "/console/disclosures/{id}/archive.zip": (("shenji", "/console/disclosures/{released}/archive.zip"),),
    "/console/archive/period.zip": (("shenji", "/console/archive/period.zip?since=2020-01-01&until=2099-12-31"),),
    "/console/disclosures/{id}/preview/portal": (("nigao", "/console/disclosures/{draft}/preview/portal"),),
    "/console/disclosures/{id}/read": (
        ("chushen", "/console/disclosures/{submitted}/read"),
        ("nigao", "/console/disclosures/{draft}/read"),
    ),
    "/console/disclosures/{id}/compare": (("chushen", "/console/disclosures/{corrected}/compare"),),
    "/console/disclosures/{id}/emergency": (("zhongshen", "/console/disclosures/{draft}/emergency"),),
    "/console/disclosures/{id}/people": (("nigao", "/console/disclosures/{draft}/people"),),
    "/console/calendar.ics": (),  # for programs, with a key of its own
    "/console/kinds/{code}": (("gongkai", "/console/kinds/tongzhi"),),
    "/console/figures/{name}": (("fabu", "/console/figures/figures.csv"),),
    "/console/lexicon/export/{name}": (("fabu", "/console/lexicon/export/lexicon.csv"),),
    "/console/comments/{id}": (("fabu", "/console/comments/{comment}"),),
    "/console/comments/{id}/state": (("fabu", "/console/comments/{comment}/state"),),
    "/show/{secret}": ((PUBLIC, "/show/{secret}"),),
    "/show/{secret}/files/{sha256}/{name}": ((PUBLIC, "/show/{secret}/files/{file}"),),
    "/console/releases/{id}": (
        ("fabu", "/console/releases/{release}"),
        ("fabu", "/console/releases/{planned}"),
        ("fabu", "/console/releases/{doubtful}"),
    ),
    "/console/releases/{id}/results": (("fabu", "/console/releases/{release}/results"),),
    "/console/deliveries/{id}": (("fabu", "/console/deliveries/{delivery}"),),
    "/console/deliveries/{id}/known": (("fabu", "/console/deliveries/{delivery}/known"),),
    "/console/deliveries/{id}/tried": (("fabu", "/console/deliveries/{delivery}/tried"),),
    "/console/deliveries/{id}/live": (("fabu", "/console/deliveries/{delivery}/live"),),
    "/console/knowledge/entries/{id}": (("zhishi", "/console/knowledge/entries/{entry}"),),
    "/console/knowledge/test": (("zhishi", "/console/knowledge/test?q=" + walk.QUESTION),),
    "/console/knowledge/drafts/{id}": (("zhishi", "/console/knowledge/drafts/{knowledge_draft}"),),
    "/console/knowledge/drafts/{id}/edit": (("zhishi", "/console/knowledge/drafts/{knowledge_draft}/edit"),),
    "/console/knowledge/releases/{id}": (("zhishi", "/console/knowledge/releases/1"),),
    "/console/knowledge/export/{name}": (("zhishi", "/console/knowledge/export/knowledge.csv"),),
    "/console/knowledge/tests/{id}": (("zhishi", "/console/knowledge/tests/{trial}"),),
    "/console/knowledge/questions/{id}": (
        ("zhishi", "/console/knowledge/questions/{question}"),
        ("nigao", "/console/knowledge/questions/{question}"),
    ),
    "/console/rumours/{id}": (("zhishi", "/console/rumours/{rumour}"),),
}
"""Route → (who looks, address); the names in braces are ``seeded``'s."""

PICTURE: Final = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAgAAAAICAIAAABLbSncAAAAEUlEQVR42mPgjs/GihiGlgQAtvQ1QbOWijAAAAAASUVORK5CYII="
)
SANDBOX: Final = ("/", "/phone", "/weibo/", "/weibo/messages", "/weibo/messages/chat")


@dataclass(frozen=True, slots=True, kw_only=True)
class Visited:
    """One page to be looked at. ``who`` is empty for the public."""

    route: str
    who: str
    address: str


def visits(house: Any, seed: dict[str, Any]) -> list[Visited]:
    """Every page of the product. Fails on a route that needs a sample and has none."""
    found, wanting = [], []
    for route in house.product.app.router.routes():
        where = route.resource.canonical if route.resource is not None else ""
        if route.method != "GET" or not where or where.startswith(NOT_PAGES):
            continue
        samples = SAMPLES.get(where)
        if samples is None and "{" in where:
            wanting.append(where)
        elif samples is None:
            found.append(Visited(route=where, who=_who(verbs_of(route.handler)), address=where))
        else:
            found += [Visited(route=where, who=who, address=address.format(**seed)) for who, address in samples]
    assert not wanting, f"tests/endtoend/pages.py needs a line in SAMPLES for {', '.join(sorted(wanting))}"
    return found


def _who(verbs: Any) -> str:
    """The first account that may see a page."""
    if not verbs:
        return PUBLIC
    return next(name for name, roles in ROLES.items() if any(may([Role(r) for r in roles], verb) for verb in verbs))


async def seeded(house: Any) -> dict[str, Any]:
    """Fills a new house: a text in every state, a release in every mood, something in the knowledge base and a rumour."""
    for name, roles in MORE.items():
        await house.product.accounts.add(name, roles=roles, unit="区政府办", password=PASSWORD, by=MACHINE)
    made = await house.must("nigao", "POST", "/disclosures", await _with_files(house, "草稿"))
    seed: dict[str, Any] = {"draft": made["id"]}
    seed["submitted"] = await walk.written(house, "关于冬季取暖补助的通知（在审）")
    await house.must("nigao", "POST", f"/disclosures/{seed['submitted']}/submit")
    await house.must("chushen", "POST", f"/disclosures/{seed['submitted']}/approve")
    await house.must("fushen", "POST", f"/disclosures/{seed['submitted']}/reject", {"remark": "请核实补助标准。"})
    await house.must("nigao", "POST", f"/disclosures/{seed['submitted']}/submit")
    seed["approved"] = await walk.approved(house, "关于冬季取暖补助的通知（待发布）")
    seed["released"] = await walk.approved(house)
    seed["release"] = (await walk.released(house, seed["released"]))["id"]
    await _ended(house, seed)
    await _in_doubt(house, seed)
    await _known(house, seed)
    file = await StoredFile.all().first()
    seed["file"] = f"{file.sha256}/{file.file_name}" if file is not None else ""
    await _read_by_others(house, seed)
    return seed


async def _read_by_others(house: Any, seed: dict[str, Any]) -> None:
    """A link for a reader without an account, and a citizen's comment."""
    links = ShowLinks(clock=DatabaseClock(), trail=Trail())
    drafter = await house.product.accounts.get("nigao")
    sheet = await house.product.desk.sheet(seed["draft"])
    _, seed["secret"] = await links.make(drafter, sheet, viewer="区财政局张科长", hours=24)
    now = datetime.now(UTC)
    delivery = await Delivery.filter(disclosure_id=seed["released"], channel="wechat").get()
    comment = await Comment.create(
        channel="wechat", external_id="1", address={}, delivery_id=delivery.id, disclosure_id=seed["released"],
        author="读者", text="补助什么时候到卡？", at=now, heard_at=now, state=NEW,
    )  # fmt: skip
    seed["comment"] = comment.id


async def _with_files(house: Any, mood: str) -> dict[str, Any]:
    """A text with a picture and an attachment."""
    picture = await house.product.files.put(PICTURE, "tu.png", by=MACHINE, title="补助发放流程图")
    table = await house.product.files.put(
        "对象,元\n低保户,400\n".encode(), "biao.csv", "text/csv", by=MACHINE, title="补助标准表"
    )
    text = walk.draft(f"关于冬季取暖补助的通知（{mood}）")
    text["body_markdown"] += f"\n![补助发放流程图]({picture.path})\n"
    text["attachments"] = [{"sha256": table.sha256, "title": "补助标准表"}]
    return text


async def _ended(house: Any, seed: dict[str, Any]) -> None:
    for name in ("withdrawn", "corrected"):
        seed[name] = await walk.approved(house, f"关于冬季取暖补助的通知（{name}）")
        plan = {"disclosure": seed[name], "at": "now", "channels": ["portal", "answers"]}
        await house.until((await house.must("fabu", "POST", "/releases", plan))["id"], "published")
    await house.must(
        "fabu", "POST", f"/disclosures/{seed['withdrawn']}/withdraw", {"explanation": "内容有误，正在核实。"}
    )
    await house.must("nigao", "PATCH", f"/disclosures/{seed['corrected']}", {"summary": "更正：补助标准见表。"})


async def _in_doubt(house: Any, seed: dict[str, Any]) -> None:
    number, at = await walk.approved(house, "关于冬季取暖补助的通知（已安排）"), datetime.now(UTC) + timedelta(days=3)
    planned = {"disclosure": number, "at": at.isoformat(), "channels": ["portal", "wechat"]}
    seed["planned"] = (await house.must("fabu", "POST", "/releases", planned))["id"]
    rule = {"platform": "weibo", "path": "/2/statuses/share.json", "count": 1}
    await house.control("POST", "/faults", {"kind": "http_5xx_before", **rule})
    number = (await house.must("nigao", "POST", "/disclosures", await _with_files(house, "待核实")))["id"]
    await house.must("nigao", "POST", f"/disclosures/{number}/submit")
    for reviewer in ("chushen", "fushen", "zhongshen"):
        await house.must(reviewer, "POST", f"/disclosures/{number}/approve")
    plan = {"disclosure": number, "at": "now", "channels": ["portal", "weibo"]}
    seed["doubtful"] = (await house.must("fabu", "POST", "/releases", plan))["id"]
    await house.until(seed["doubtful"], "published", "unknown")
    weibo = Delivery.filter(release_id=seed["doubtful"], channel="weibo")
    await weibo.update(next_at=datetime(2099, 1, 1, tzinfo=UTC))
    seed["delivery"] = (await weibo.get()).id


async def _known(house: Any, seed: dict[str, Any]) -> None:
    entry = {
        "title": "冬季供暖补贴怎么领", "body": "每户300元。", "unit": "区民政局", "source": "区民政局", "validity": "有效",
        "kind": "faq", "similar": ["供暖补贴怎么申请"],
    }  # fmt: skip
    home = "/knowledge"
    made = await house.must("zhishi", "POST", f"{home}/drafts", {"entry": entry})
    await house.must("zhishi", "POST", f"{home}/drafts/{made['id']}/submit", {"version": 1})
    await house.must("zhongshen", "POST", f"{home}/drafts/{made['id']}/accept", {"sha256": made["sha256"]})
    prepared = await house.must("zhishi", "POST", f"{home}/release/prepare", {"title": "冬季"})
    await house.must("zhongshen", "POST", f"{home}/release", {"release": prepared["id"]})
    open_draft = await house.must("zhishi", "POST", f"{home}/drafts", {"entry": {**entry, "title": "高龄津贴怎么领"}})
    seed["knowledge_draft"] = open_draft["id"]
    row = await KnowledgeEntry.all().order_by("id").first()
    seed["entry"] = row.id if row is not None else 1
    asked = Asked(text="听说河口镇水厂要停水七天", channel="web", asker_hash="a", at=datetime.now(UTC))
    async with in_transaction() as connection:
        await Reporting().keep(connection, asked)
    claim = await RumourClaim.all().first()
    seed["rumour"] = claim.id if claim is not None else 1
    await _unanswered(house, seed)
    case = Case(line=2, question=walk.QUESTION, entries=("heating",))
    await house.product.curating.trials.run("常问", [case], actor=MACHINE)
    trial = await KnowledgeTrial.all().first()
    seed["trial"] = trial.id if trial is not None else 1


async def _unanswered(house: Any, seed: dict[str, Any]) -> None:
    """Three people who asked the same and got no answer, and one who found an answer of no use."""
    now = datetime.now(UTC)
    for number, text in enumerate(("供暖补贴哪天到账", "供暖补贴几时到账", "取暖补贴什么时候到账")):
        await house.product.curation.keep_unanswered(
            text=text, masked=text, channel="wechat", asker_hash=f"asker{number}", asked_at=now, decision="none", reason="none"
        )  # fmt: skip
    seed["question"] = (await house.must("zhishi", "GET", "/knowledge/questions"))["items"][0]["id"]
    await AnswerFeedback.create(
        channel="wechat", asker_hash="asker0", entry_id="heating", mark="m", useful=False, reason="看不懂", at=now
    )
