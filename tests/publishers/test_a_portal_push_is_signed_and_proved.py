"""The push to a foreign portal, against a small strict receiver over real HTTP."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from tortoise.transactions import in_transaction

from audit.trail import Trail
from disclosures.content import Content
from publishers.errors import ChannelBusy, ChannelRefused, ChannelUnavailable, OutcomeUnknown
from publishers.port import ChannelName, Liveness, Rendered, Ticket, Verdict
from publishers.portal import signature
from publishers.portal.hub import announce
from publishers.portal.push import PortalPush
from publishers.readback import Proof, compared
from publishers.records import Delivery, Incident, Release
from publishers.repealing import Repeals, open_tasks, told_of_repeals

SECRET = "a-shared-secret-of-the-two-systems"
NOW = datetime(2026, 11, 23, 1, 30, tzinfo=UTC)
HANG = 2.0
"""Seconds for which a receiver that hangs says nothing."""
CONTENT = Content(
    title="关于 <低保> 的通知",
    body_html="<p>正文。</p>",
    department="区民政局",
    category="通知公告",
    formed_on=date(2026, 11, 20),
    index_number="11330100000000000X/2026-00001",
)
ID = "tag:www.mingbai.example,2026:disclosure/1"


class Receiver:
    """A portal as docs/portal-push.md asks for: checks signatures, keeps items, remembers keys."""

    def __init__(self) -> None:
        self.items: dict[str, dict] = {}
        self.keys: dict[str, str] = {}
        self.withdrawn: set[str] = set()
        self.effects = 0
        self.fault = ""
        self.shows_pages = True
        self.now = NOW
        self.removed_by_hand = False
        self.added = ""
        self.root = ""

    def _check(self, request: web.Request, signed: bytes) -> None:
        if not signature.verify(
            SECRET,
            timestamp=request.headers.get("Mingbai-Timestamp", ""),
            signature=request.headers.get("Mingbai-Signature", ""),
            body=signed,
            now=int(self.now.timestamp()),
        ):
            raise web.HTTPForbidden

    async def receive(self, request: web.Request) -> web.Response:
        body = await request.read()
        self._check(request, body)
        if self.fault == "refuse":
            return web.json_response({"error": "缺少分类"}, status=422)
        if self.fault == "busy":
            return web.Response(status=429, headers={"Retry-After": "30"})
        if self.fault == "moved":
            raise web.HTTPFound("https://elsewhere.example/")
        if self.fault == "hang before":
            await asyncio.sleep(HANG)
        if self.fault == "500 before":
            return web.Response(status=500)
        document, key = json.loads(body), request.headers["Idempotency-Key"]
        number = document["id"] if document["action"] == "withdraw" else document["item"]["id"]
        if self.keys.get(number) != key:
            self.effects += 1
            self.keys[number] = key
            if document["action"] == "withdraw":
                self.withdrawn.add(number)
            else:
                self.items[number] = document["item"]
        if self.fault == "hang after":
            await asyncio.sleep(HANG)
        if self.fault == "500 after":
            return web.Response(status=500)
        if self.fault == "garbage":
            return web.Response(text="<html>ok</html>")
        return web.json_response({"received": number, "url": f"{self.root}/art/1.html"}, status=201)

    async def tell(self, request: web.Request) -> web.Response:
        self._check(request, request.query["id"].encode())
        number = request.query["id"]
        if number not in self.items:
            return web.json_response({"unknown": number}, status=404)
        state = "withdrawn" if number in self.withdrawn else "live"
        return web.json_response(
            {"received": number, "key": self.keys[number], "state": state, "url": f"{self.root}/art/1.html"}
        )

    async def article(self, request: web.Request) -> web.Response:
        if not self.items or not self.shows_pages:
            raise web.HTTPNotFound
        if self.withdrawn or self.removed_by_hand:
            raise web.HTTPGone
        item = next(iter(self.items.values()))
        title = item["title"].replace("<", "&lt;").replace(">", "&gt;")
        notice = "<p>已废止</p>" if item["_zwgk"].get("validity") == "废止" else ""
        page = (
            f"<html><head><title>某市门户</title><style>p {{}}</style></head><body><nav>首页 政务公开</nav>{notice}"
            f"<h1>{title}</h1><p>发布时间：2026-11-23 字号：大 中 小</p><div id=zoom>{item['content_html']}{self.added}</div>"
            "<footer>版权所有</footer></body></html>"
        )
        return web.Response(text=page, content_type="text/html")


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    portal = Receiver()
    app = web.Application()
    app.add_routes(
        [web.post("/push", portal.receive), web.get("/push", portal.tell), web.get("/art/1.html", portal.article)]
    )
    server = TestServer(app)
    await server.start_server()
    portal.root = str(server.make_url("/")).rstrip("/")
    yield portal
    await server.close()


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as opened:
        yield opened


@pytest.fixture
def push(receiver, http, clock) -> PortalPush:
    return PortalPush(
        http=http,
        clock=clock,
        push_url=f"{receiver.root}/push",
        secret=SECRET,
        site_name="明白区",
        domain="www.mingbai.example",
        public_url="https://www.mingbai.example/",
        seconds=20,
    )


def impatient(push: PortalPush, fault: str) -> None:
    """Only where the receiver hangs may our own patience be short: a busy machine answers late, and that is no fault."""
    if fault.startswith("hang"):
        push._timeout = aiohttp.ClientTimeout(total=HANG / 2)


def ticket(push, content=CONTENT, *, delivery=1, facts=None):
    url = "https://www.mingbai.example/d/1"
    return Ticket(
        delivery_id=delivery,
        release_id=delivery,
        disclosure_id=1,
        facts=facts or {},
        page_url=url,
        due_at=NOW,
        payload=push.render(content, page_url=url).payload,
        intent_at=NOW,
    )


async def test_what_is_acknowledged_runs_until_the_page_itself_is_seen(push, receiver):
    receiver.shows_pages = False
    sent = await push.send(ticket(push))
    assert sent.verdict is Verdict.RUNNING
    assert sent.external_id == ID
    after = ticket(push, facts=sent.facts)
    assert (await push.follow(after)).verdict is Verdict.RUNNING
    receiver.shows_pages = True
    seen = await push.follow(after)
    assert seen.verdict is Verdict.PUBLISHED
    assert seen.url == f"{receiver.root}/art/1.html"
    item = receiver.items[ID]
    assert item["_zwgk"]["index_number"] == "11330100000000000X/2026-00001"
    assert item["url"] == "https://www.mingbai.example/d/1"


async def test_sending_again_has_one_effect_and_a_correction_has_another(push, receiver):
    await push.send(ticket(push))
    await push.send(ticket(push))
    assert receiver.effects == 1
    await push.send(ticket(push, replace(CONTENT, body_html="<p>更正。</p>"), delivery=2))
    assert receiver.effects == 2
    assert "更正" in receiver.items[ID]["content_html"]


async def test_a_refusal_tells_the_officer_why(push, receiver):
    receiver.fault = "refuse"
    with pytest.raises(ChannelRefused, match="缺少分类"):
        await push.send(ticket(push))
    receiver.fault = "moved"
    with pytest.raises(ChannelRefused, match="地址已变更"):
        await push.send(ticket(push))


async def test_a_wrong_secret_is_refused_with_its_remedy(receiver, http, clock):
    wrong = PortalPush(
        http=http,
        clock=clock,
        push_url=f"{receiver.root}/push",
        secret="another",
        site_name="明白区",
        domain="www.mingbai.example",
        public_url="https://www.mingbai.example/",
    )
    with pytest.raises(ChannelRefused) as refusal:
        await wrong.send(ticket(wrong))
    assert "密钥" in refusal.value.remedy
    assert receiver.effects == 0


async def test_busy_means_later(push, receiver, clock):
    receiver.fault = "busy"
    with pytest.raises(ChannelBusy) as busy:
        await push.send(ticket(push))
    assert busy.value.retry_at == clock.moment + timedelta(seconds=30)


@pytest.mark.parametrize("fault", ["hang after", "500 after", "garbage"])
async def test_an_unknown_outcome_with_effect_is_found_by_looking(push, receiver, fault):
    receiver.fault = fault
    impatient(push, fault)
    with pytest.raises(OutcomeUnknown):
        await push.send(ticket(push))
    receiver.fault = ""
    push._timeout = aiohttp.ClientTimeout(total=20)
    assert (await push.look(ticket(push))).verdict is Verdict.PUBLISHED
    assert receiver.effects == 1


@pytest.mark.parametrize("fault", ["hang before", "500 before"])
async def test_an_unknown_outcome_without_effect_is_proved_absent(push, receiver, fault):
    receiver.fault = fault
    impatient(push, fault)
    with pytest.raises(OutcomeUnknown):
        await push.send(ticket(push))
    assert (await push.look(ticket(push))).verdict is Verdict.ABSENT


async def test_an_earlier_revision_over_there_does_not_prove_this_one(push, receiver):
    await push.send(ticket(push))
    corrected = ticket(push, replace(CONTENT, body_html="<p>更正。</p>"), delivery=2)
    assert (await push.look(corrected)).verdict is Verdict.ABSENT


async def test_a_proxy_s_404_proves_nothing(push, receiver, http, clock):
    astray = PortalPush(
        http=http,
        clock=clock,
        push_url=f"{receiver.root}/nowhere",
        secret=SECRET,
        site_name="明白区",
        domain="www.mingbai.example",
        public_url="https://www.mingbai.example/",
    )
    assert (await astray.look(ticket(astray))).verdict is Verdict.UNKNOWN


async def test_nothing_listening_means_nothing_was_sent(http, clock, unused_tcp_port):
    dead = PortalPush(
        http=http,
        clock=clock,
        push_url=f"http://127.0.0.1:{unused_tcp_port}/push",
        secret=SECRET,
        site_name="明白区",
        domain="www.mingbai.example",
        public_url="https://www.mingbai.example/",
    )
    with pytest.raises(ChannelUnavailable):
        await dead.send(ticket(dead))
    with pytest.raises(ChannelUnavailable):
        await dead.look(ticket(dead))


async def test_a_withdrawal_is_gone_only_when_the_portal_says_so(push, receiver):
    await push.send(ticket(push))
    gone = await push.withdraw(ticket(push, facts={"explanation": "数据有误"}))
    assert gone.verdict is Verdict.GONE
    assert receiver.withdrawn == {ID}


async def test_a_page_address_on_a_foreign_host_is_not_believed(push, receiver):
    real = receiver.root
    receiver.root = "https://phishing.example"
    sent = await push.send(ticket(push))
    assert sent.url == "https://www.mingbai.example/d/1"
    receiver.root = real


@pytest.mark.parametrize(("timestamp", "off"), [("1000", 0), ("1300", 0), ("1301", 1), ("699", 1), ("x", 1), ("", 1)])
def test_old_and_future_messages_are_refused(timestamp, off):
    moment = int(timestamp) if timestamp.isdigit() else 0
    mark = signature.sign("s", timestamp=moment, body=b"body")
    assert signature.verify("s", timestamp=timestamp, signature=mark, body=b"body", now=1000) is (off == 0)
    assert not signature.verify("s", timestamp=timestamp, signature=mark, body=b"other", now=1000)


async def test_the_hub_is_told_of_every_topic_and_its_refusal_is_heard(http):
    heard = []

    async def hub(request: web.Request) -> web.Response:
        form = await request.post()
        heard.append((form["hub.mode"], form["hub.url"]))
        return web.Response(status=500 if "bad" in str(form["hub.url"]) else 204)

    app = web.Application()
    app.add_routes([web.post("/", hub)])
    server = TestServer(app)
    await server.start_server()
    try:
        await announce(http, str(server.make_url("/")), ["https://a.example/feed.atom", "https://a.example/feed.json"])
        assert heard == [("publish", "https://a.example/feed.atom"), ("publish", "https://a.example/feed.json")]
        with pytest.raises(ChannelUnavailable):
            await announce(http, str(server.make_url("/")), ["https://a.example/bad"])
    finally:
        await server.close()


async def test_the_foreign_page_is_read_as_a_citizen_reads_it(push, receiver):
    content = replace(CONTENT, body_html="<p>一、标准为935元。</p><p>二、自12月1日起执行。</p>")
    out = ticket(push, content, facts=(await push.send(ticket(push, content))).facts)

    async def proof():
        live = await push.read_back(out)
        return compared(push.approved_text(out.payload), live, ChannelName.PORTAL)

    # What the other portal puts around the text and between the two is its own.
    assert (await proof()).proof is Proof.SAME
    receiver.added = "<p>三、转发有奖。</p>"
    assert (await proof()).proof is Proof.SAME  # It stands after the text, like a footer.
    receiver.added = ""
    shown = receiver.items[ID]["content_html"]
    receiver.items[ID]["content_html"] = shown.replace("</p><p>", "</p><p>转发有奖。</p><p>")
    assert {"op": "added", "approved": "", "live": "转发有奖。\n"} in (await proof()).difference
    receiver.items[ID]["content_html"] = shown.replace("935", "395").replace("二、自", "二、\u200b自")
    assert {"op": "changed", "approved": "935", "live": "395"} in (await proof()).difference
    receiver.items[ID]["content_html"] = shown.replace("</p><p>", "<br>")
    assert (await proof()).proof is Proof.SAME
    receiver.items[ID]["title"] = "另一个标题"
    assert (await proof()).difference[0]["op"] == "missing"
    receiver.removed_by_hand = True
    assert (await proof()).proof is Proof.GONE


async def test_a_page_that_nobody_can_open_any_more_is_withdrawn(push, receiver):
    """The receiver refuses our request, but its own staff removed the page: the look settles it, not the answer."""
    out = ticket(push, facts=(await push.send(ticket(push))).facts)
    receiver.fault = "refuse"
    with pytest.raises(ChannelRefused):
        await push.withdraw(out)
    receiver.removed_by_hand = True
    assert (await push.withdraw(out)).verdict is Verdict.GONE


async def test_a_repeal_is_told_until_the_other_portal_confirms_it(push, receiver, database, clock):
    payload = push.render(CONTENT, page_url="https://www.mingbai.example/d/1").payload
    sent = await push.send(ticket(push))
    release = await Release.create(
        disclosure_id=1,
        revision=1,
        content_hash="h",
        due_at=NOW,
        created_by_id=1,
        created_by_name="发布员",
        created_at=NOW,
    )
    row = await Delivery.create(
        release=release, disclosure_id=1, channel="portal", state="published", due_at=NOW, content_hash="h",
        payload=payload, payload_sha256=Rendered(payload=payload).sha256, facts=sent.facts, updated_at=NOW,
    )  # fmt: skip
    repeals = Repeals(
        clock=clock,
        trail=Trail(),
        channels={ChannelName.PORTAL: push},
        page_url=lambda _: "https://www.mingbai.example/d/1",
    )
    assert told_of_repeals({ChannelName.PORTAL: push}) == ["portal"]
    assert await repeals.sweep() == 0
    async with in_transaction() as connection:
        assert await open_tasks(connection, ["portal"], 1, explanation="已有新规定", now=clock.moment) == 1
    receiver.fault = "500 before"
    assert await repeals.sweep() == 0
    clock.advance(16 * 60)
    receiver.now = clock.moment
    assert await repeals.sweep() == 0
    assert await Incident.filter(open_key=f"repeal:{row.id}").exists()
    receiver.fault = "500 after"
    clock.advance(24 * 3600)
    receiver.now = clock.moment
    assert await repeals.sweep() == 1
    assert receiver.items[ID]["_zwgk"] | {} == {
        **receiver.items[ID]["_zwgk"],
        "validity": "废止",
        "explanation": "已有新规定",
    }
    assert receiver.effects == 2
    await row.refresh_from_db()
    assert (row.state, row.next_at, row.facts["repealed"]["told"]) == ("published", None, True)
    assert not await Incident.filter(open_key=f"repeal:{row.id}").exists()
    assert await repeals.sweep() == 0
    assert (await push.read_back(ticket(push, facts=sent.facts))).liveness is Liveness.LIVE


async def test_the_receiver_is_asked_whether_it_is_ready(push, receiver):
    assert await push.readiness() == ()
    assert await push.shown(limit=5) == ()
    receiver.now = NOW + timedelta(hours=1)
    (problem,) = await push.readiness()
    assert "签名" in problem.message
