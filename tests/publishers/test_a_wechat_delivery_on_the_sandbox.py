"""The WeChat channel against the sandbox, over real HTTP: one effect, whatever happens on the way."""

import io
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from PIL import Image

from disclosures.content import Content, FileReference, WeChatVersion
from publishers.errors import ChannelBusy, ChannelRefused, ChannelUnavailable, OutcomeUnknown
from publishers.port import ChannelName, Liveness, Ticket, Verdict
from publishers.readback import Proof, compared
from publishers.records import PlatformMaterial, PlatformToken
from publishers.wechat import wire
from publishers.wechat.channel import WeChatChannel
from publishers.wechat.client import WeChatClient
from publishers.wechat.limits import WeChatLimits
from publishers.wechat.token import WeChatTokens
from sandbox.app import make_app
from sandbox.options import SandboxOptions

APPID, SECRET = "wxba5fad812f8e6fb9", "s" * 32
PAGE = "https://www.example.gov.cn/d/7"
COVER = Path(__file__).parents[2] / "publishers" / "wechat" / "data" / "default-cover.png"
SUBMIT, SENDALL = "/cgi-bin/freepublish/submit", "/cgi-bin/message/mass/sendall"
PICTURE = FileReference(sha256="a" * 64, file_name="map.png", media_type="image/png", size=900, title="停水范围图")

CONTENT = Content(
    title="关于调整城乡低保标准的通知",
    body_html='<p>城市低保标准为<strong>935元</strong>，见<a href="https://www.gov.cn/1">办法</a>。</p>'
    f'<table><tbody><tr><td>城市</td><td>935</td></tr></tbody></table><p><img src="{PICTURE.path}" alt="图示"></p>',
    department="区民政局",
    category="通知公告",
    formed_on=date(2026, 11, 5),
    index_number="QMZ-2026-00012",
    pictures=(PICTURE,),
)


async def load_file(sha256: str) -> bytes:
    assert sha256 == PICTURE.sha256
    buffer = io.BytesIO()
    Image.new("RGB", (60, 40), "teal").save(buffer, "PNG")
    return buffer.getvalue()


@dataclass(slots=True, kw_only=True)
class Bench:
    """A channel on a running sandbox."""

    channel: WeChatChannel
    client: WeChatClient
    tokens: WeChatTokens
    http: aiohttp.ClientSession
    base: str
    clock: Any

    def ticket(self, content: Content = CONTENT, **changes: Any) -> Ticket:
        payload = self.channel.render(content, page_url=PAGE).payload
        ticket = Ticket(
            delivery_id=5, release_id=3, disclosure_id=7, payload=payload, facts={}, page_url=PAGE,
            due_at=self.clock.moment,
        )  # fmt: skip
        return replace(ticket, **changes)

    async def drafted(self, content: Content = CONTENT) -> Ticket:
        """A ticket whose draft exists and whose intent is committed."""
        ticket = self.ticket(content)
        facts = await self.channel.prepare(ticket, load_file)
        return replace(ticket, facts=facts, intent_at=self.clock.moment)

    async def control(self, method: str, path: str, body: Any = None) -> Any:
        async with self.http.request(method, f"{self.base}/control/{path}", json=body) as response:
            assert response.status == 200, await response.text()
            return await response.json()

    async def fault(self, kind: str, path: str, **more: Any) -> None:
        await self.control("POST", "faults", {"kind": kind, "platform": "wechat", "path": path, **more})

    async def effects(self, kind: str = "publications") -> list[dict[str, Any]]:
        return list((await self.control("GET", "effects"))[kind])

    async def calls(self, path: str) -> int:
        return int((await self.control("GET", "calls"))["calls"].get(path, 0))


@contextmanager
def short_patience(monkeypatch: pytest.MonkeyPatch, kind: str) -> Iterator[None]:
    """Our patience is short only where the platform hangs: a busy machine answers late, and that is no fault."""
    with monkeypatch.context() as patched:
        if kind.startswith("timeout"):
            patched.setattr(wire, "TIMEOUT", aiohttp.ClientTimeout(total=1.0))
        yield


def known(ticket: Ticket, sighting: Any) -> Ticket:
    return replace(ticket, facts={**ticket.facts, **sighting.facts})


@pytest.fixture
async def bench(database: str, clock: Any) -> AsyncIterator[Bench]:
    options = SandboxOptions(
        wechat_appid=APPID, wechat_secret=SECRET, wechat_token="AAAAA", wechat_aes_key="a" * 43,
        wechat_account="gh_sandbox", publish_seconds=0.0, mass_seconds=0.0, event_seconds=0.0,
    )  # fmt: skip
    runner = web.AppRunner(make_app(options, clock=lambda: clock.moment.timestamp()), shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    base = "http://{}:{}".format(*runner.addresses[0][:2])
    async with aiohttp.ClientSession() as http:
        api_base = f"{base}/wechat-api"
        tokens = WeChatTokens(http=http, api_base=api_base, appid=APPID, secret=SECRET, clock=clock, owner="test")
        client = WeChatClient(http=http, api_base=api_base, tokens=tokens)
        channel = WeChatChannel(client=client, limits=WeChatLimits(), default_cover=COVER, account_name="某区政务")
        yield Bench(channel=channel, client=client, tokens=tokens, http=http, base=base, clock=clock)
    await runner.cleanup()


async def test_a_delivery_goes_from_draft_to_page(bench: Bench) -> None:
    ticket = await bench.drafted()
    assert set(ticket.facts) == {"media_id", "draft_hash", "kept_hash"}
    sent = await bench.channel.send(ticket)
    assert sent.verdict is Verdict.RUNNING
    ticket = known(ticket, sent)
    (effect,) = await bench.effects()
    assert effect["source_url"] == PAGE
    ended = await bench.channel.follow(ticket)
    assert ended.verdict is Verdict.PUBLISHED
    assert ended.external_id == ended.facts["article_id"] != ""
    async with bench.http.get(ended.url) as response:
        page = await response.text()
    assert "935元" in page
    assert "mmbiz" in page
    live = await bench.channel.read_back(known(ticket, ended))
    approved = bench.channel.approved_text(ticket.payload)
    assert live.url == ended.url
    assert compared(approved, live, ChannelName.WECHAT).proof is Proof.SAME


async def test_the_event_tells_the_same_as_the_question(bench: Bench) -> None:
    ticket = await bench.drafted()
    sent = await bench.channel.send(ticket)
    ticket, early = known(ticket, sent), ticket
    asked = await bench.channel.follow(ticket)
    event = {
        "Event": "PUBLISHJOBFINISH",
        "PublishEventInfo": {
            "publish_id": sent.facts["publish_id"], "publish_status": "0", "article_id": asked.external_id,
            "article_detail": {"count": "1", "item": {"idx": "1", "article_url": asked.url}},
        },
    }  # fmt: skip
    told = bench.channel.recognise(event, ticket)
    assert told is not None
    assert (told.verdict, told.external_id, told.url) == (asked.verdict, asked.external_id, asked.url)
    assert bench.channel.recognise({"xml": event}, ticket) == told
    assert bench.channel.recognise(event, early) is None
    assert bench.channel.recognise({**event, "Event": "subscribe"}, ticket) is None


async def test_preparing_again_makes_no_second_draft(bench: Bench) -> None:
    ticket = await bench.drafted()
    assert await bench.channel.prepare(ticket, load_file) == {}
    assert await bench.calls("/cgi-bin/draft/add") == 1
    with pytest.raises(ChannelRefused, match="不能再建草稿"):
        await bench.channel.prepare(replace(ticket, facts={}), load_file)


async def test_a_picture_is_uploaded_once_for_all_deliveries(bench: Bench) -> None:
    await bench.drafted()
    await bench.drafted(replace(CONTENT, title="另一篇"))
    assert await bench.calls("/cgi-bin/media/uploadimg") == 1
    assert await bench.calls("/cgi-bin/material/add_material") == 1
    assert await PlatformMaterial.all().count() == 2


async def test_a_lost_cover_is_uploaded_anew(bench: Bench) -> None:
    await bench.drafted()
    await PlatformMaterial.filter(kind="cover").update(media_id="removed-on-the-website")
    ticket = await bench.drafted()
    assert ticket.facts["media_id"]
    assert await bench.calls("/cgi-bin/material/add_material") == 2


@pytest.mark.parametrize("deed", ["kill", "expire"])
async def test_a_refused_token_is_renewed_once_and_the_call_repeated_once(bench: Bench, deed: str) -> None:
    ticket = await bench.drafted()
    await bench.control("POST", f"tokens/{deed}")
    sent = await bench.channel.send(ticket)
    assert sent.verdict is Verdict.RUNNING
    assert len(await bench.effects()) == 1
    assert (await PlatformToken.get()).generation == 2


async def test_a_token_that_is_refused_again_waits_and_does_not_loop(bench: Bench) -> None:
    ticket = await bench.drafted()
    before = await bench.calls("/cgi-bin/stable_token")
    await bench.fault("errcode", SUBMIT, errcode=40001, count=None)
    with pytest.raises(ChannelUnavailable, match="访问令牌") as caught:
        await bench.channel.send(ticket)
    assert "AppSecret" in caught.value.remedy
    assert await bench.calls("/cgi-bin/stable_token") - before == 1
    assert await bench.effects() == []


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "errcode", "errcode": -1, "after": True}, {"kind": "http_5xx_after"}, {"kind": "reset_after"},
        {"kind": "truncated_after"}, {"kind": "timeout_after", "seconds": 5.0},
    ],
    ids=lambda fault: str(fault["kind"]),
)  # fmt: skip
async def test_a_lost_answer_is_unknown_and_found_by_reading(
    bench: Bench, fault: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    ticket = await bench.drafted()
    await bench.control("POST", "faults", {**fault, "platform": "wechat", "path": SUBMIT})
    with pytest.raises(OutcomeUnknown), short_patience(monkeypatch, str(fault["kind"])):
        await bench.channel.send(ticket)
    looked = await bench.channel.look(ticket)
    assert looked.verdict is Verdict.PUBLISHED
    assert looked.url.startswith("http")
    assert looked.evidence["text_same"] is True
    assert len(await bench.effects()) == 1


@pytest.mark.parametrize("kind", ["timeout_before", "reset_before", "http_5xx_before", "errcode"])
async def test_what_never_arrived_is_absent_and_the_same_draft_serves_again(
    bench: Bench, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ticket = await bench.drafted()
    await bench.fault(kind, SUBMIT, seconds=5.0)
    with pytest.raises(OutcomeUnknown), short_patience(monkeypatch, kind):
        await bench.channel.send(ticket)
    looked = await bench.channel.look(ticket)
    assert looked.verdict is Verdict.ABSENT
    assert looked.evidence == {"draft": "there"}
    assert (await bench.channel.send(known(ticket, looked))).verdict is Verdict.RUNNING
    assert len(await bench.effects()) == 1
    assert await bench.calls("/cgi-bin/draft/add") == 1


async def test_a_late_effect_makes_no_second_one(bench: Bench) -> None:
    ticket = await bench.drafted()
    await bench.fault("late_commit", SUBMIT, seconds=1.0)
    with pytest.raises(OutcomeUnknown):
        await bench.channel.send(ticket)
    looked = await bench.channel.look(ticket)
    assert looked.verdict is Verdict.ABSENT
    while (await bench.control("GET", "idle"))["late_effects"]:
        pass
    again = await bench.channel.send(known(ticket, looked))
    assert again.verdict is Verdict.PUBLISHED
    assert len(await bench.effects()) == 1


async def test_a_used_draft_is_never_a_failure_while_its_article_may_be_in_review(bench: Bench) -> None:
    await bench.control("PATCH", "profile", {"publish_seconds": 60.0})
    ticket = await bench.drafted()
    await bench.channel.send(ticket)
    looked = await bench.channel.look(ticket)
    assert looked.verdict is Verdict.UNKNOWN
    with pytest.raises(OutcomeUnknown):
        await bench.channel.send(replace(ticket, facts={**ticket.facts, "looked_absent": True}))
    bench.clock.advance(61)
    assert (await bench.channel.look(ticket)).verdict is Verdict.PUBLISHED
    assert len(await bench.effects()) == 1


async def test_an_older_article_of_the_same_page_is_not_taken_for_ours(bench: Bench) -> None:
    first = await bench.drafted()
    await bench.channel.send(first)
    bench.clock.advance(3600)
    second = await bench.drafted()
    await bench.client.delete_draft(second.facts["media_id"])
    assert (await bench.channel.look(second)).verdict is Verdict.UNKNOWN


async def test_a_draft_edited_on_the_website_does_not_go_out(bench: Bench) -> None:
    ticket = await bench.drafted()
    article = await bench.client.draft(ticket.facts["media_id"])
    assert article is not None
    fields = {"title": article["title"], "content": "<p>改动</p>", "thumb_media_id": article["thumb_media_id"]}
    body = json.dumps({"media_id": ticket.facts["media_id"], "index": 0, "articles": fields}, ensure_ascii=False)
    path = f"/wechat-api/cgi-bin/draft/update?access_token={await bench.tokens.current()}"
    async with bench.http.post(bench.base + path, data=body.encode()) as answer:
        assert (await answer.json(content_type=None))["errcode"] == 0
    with pytest.raises(ChannelRefused, match="被改动"):
        await bench.channel.send(ticket)
    assert await bench.effects() == []


async def test_a_title_the_platform_finds_too_long_is_explained(bench: Bench) -> None:
    await bench.control("PATCH", "profile", {"title_limit": 10})
    with pytest.raises(ChannelRefused, match="标题过长") as caught:
        await bench.drafted()
    assert caught.value.detail["errcode"] == 45003
    assert caught.value.detail["rid"]
    assert "更短的标题" in caught.value.remedy


async def test_quota_and_frequency_wait_for_the_platforms_own_hour(bench: Bench) -> None:
    ticket = await bench.drafted()
    await bench.fault("errcode", SUBMIT, errcode=45009)
    with pytest.raises(ChannelBusy) as spent:
        await bench.channel.send(ticket)
    assert spent.value.retry_at.isoformat() == "2026-11-23T16:00:00+00:00"  # Midnight in Beijing.
    await bench.fault("errcode", SUBMIT, errcode=53501)
    with pytest.raises(ChannelBusy) as fast:
        await bench.channel.send(ticket)
    assert fast.value.retry_at == bench.clock.moment + timedelta(seconds=60)


@pytest.mark.parametrize(("status", "reason"), [(2, "原创"), (3, "发布失败"), (4, "审核未通过")])
async def test_the_platforms_own_refusal_is_told_in_words(bench: Bench, status: int, reason: str) -> None:
    await bench.control("POST", "publications/next", {"statuses": [status]})
    ticket = await bench.drafted()
    ticket = known(ticket, await bench.channel.send(ticket))
    ended = await bench.channel.follow(ticket)
    assert ended.verdict is Verdict.FAILED
    assert reason in ended.message
    assert ended.remedy
    event = {
        "Event": "PUBLISHJOBFINISH",
        "PublishEventInfo": {"publish_id": ticket.facts["publish_id"], "publish_status": status},
    }
    told = bench.channel.recognise(event, ticket)
    assert told is not None
    assert told.verdict is Verdict.FAILED
    doubtful = replace(ticket, facts={**ticket.facts, "looked_absent": True})
    held_back = bench.channel.recognise(event, doubtful)
    assert held_back is not None
    assert held_back.verdict is Verdict.RUNNING


async def test_a_submission_repeated_by_mistake_is_not_reported_as_failed(bench: Bench) -> None:
    """Where the platform keeps the draft until success, a lost answer can lead to two submissions of one draft."""
    await bench.control("PATCH", "profile", {"draft_consumed": "success", "publish_seconds": 60.0})
    ticket = await bench.drafted()
    await bench.fault("http_5xx_after", SUBMIT)
    with pytest.raises(OutcomeUnknown):
        await bench.channel.send(ticket)
    ticket = known(ticket, await bench.channel.look(ticket))
    ticket = known(ticket, await bench.channel.send(ticket))
    bench.clock.advance(61)
    ended = await bench.channel.follow(ticket)
    assert ended.verdict is Verdict.PUBLISHED
    assert [effect["state"] for effect in await bench.effects()].count("live") == 1


async def test_withdrawing_deletes_and_proves_it_and_twice_is_once(bench: Bench) -> None:
    ticket = await bench.drafted()
    ticket = known(ticket, await bench.channel.send(ticket))
    with_article = known(ticket, await bench.channel.follow(ticket))
    gone = await bench.channel.withdraw(ticket)
    assert gone.verdict is Verdict.GONE
    assert (await bench.effects())[0]["deleted"] is True
    assert (await bench.channel.withdraw(with_article)).verdict is Verdict.GONE
    assert (await bench.channel.follow(ticket)).verdict is Verdict.GONE
    assert (await bench.channel.read_back(with_article)).liveness is Liveness.GONE


async def test_withdrawing_after_a_lost_answer_finds_the_article(bench: Bench) -> None:
    ticket = await bench.drafted()
    await bench.fault("reset_after", SUBMIT)
    with pytest.raises(OutcomeUnknown):
        await bench.channel.send(ticket)
    assert (await bench.channel.withdraw(ticket)).verdict is Verdict.GONE
    assert (await bench.effects())[0]["deleted"] is True


async def test_withdrawing_what_never_went_out_removes_the_draft(bench: Bench) -> None:
    ticket = await bench.drafted()
    assert (await bench.channel.withdraw(replace(ticket, intent_at=None))).verdict is Verdict.GONE
    assert await bench.client.draft(ticket.facts["media_id"]) is None
    assert (await bench.channel.withdraw(bench.ticket())).verdict is Verdict.GONE


async def test_withdrawing_waits_for_a_review_that_runs(bench: Bench) -> None:
    await bench.control("PATCH", "profile", {"publish_seconds": 60.0})
    ticket = await bench.drafted()
    ticket = known(ticket, await bench.channel.send(ticket))
    with pytest.raises(ChannelUnavailable, match="审核"):
        await bench.channel.withdraw(ticket)


MASS = replace(CONTENT, wechat=WeChatVersion(mode="mass"))


async def test_a_mass_send_reaches_followers_once(bench: Bench) -> None:
    await bench.control("POST", "followers", {"openid": "oCitizen"})
    ticket = await bench.drafted(MASS)
    sent = await bench.channel.send(ticket)
    assert sent.verdict is Verdict.RUNNING
    ticket = known(ticket, sent)
    ended = await bench.channel.follow(ticket)
    assert (ended.verdict, ended.external_id) == (Verdict.PUBLISHED, ticket.facts["msg_id"])
    event = {
        "Event": "MASSSENDJOBFINISH", "MsgID": int(ticket.facts["msg_id"]), "Status": "send success", "SentCount": "1",
        "ArticleUrlResult": {"Count": "1", "ResultList": {"item": {"ArticleIdx": "1", "ArticleUrl": "https://mp/s/1"}}},
    }  # fmt: skip
    told = bench.channel.recognise(event, ticket)
    assert told is not None
    assert (told.verdict, told.url) == (Verdict.PUBLISHED, "https://mp/s/1")
    refused = bench.channel.recognise(
        {**event, "Status": "err(40002)", "ArticleUrlResult": {"ResultList": None}}, ticket
    )
    assert refused is not None
    assert refused.verdict is Verdict.FAILED
    assert "30 分钟" in refused.message
    assert bench.channel.recognise({**event, "MsgID": 1}, ticket) is None


async def test_a_mass_send_whose_answer_was_lost_is_recovered_by_its_own_mark(bench: Bench) -> None:
    ticket = await bench.drafted(MASS)
    await bench.fault("reset_after", SENDALL)
    with pytest.raises(OutcomeUnknown):
        await bench.channel.send(ticket)
    looked = await bench.channel.look(ticket)
    assert looked.verdict is Verdict.RUNNING
    assert looked.facts["msg_id"]
    assert (await bench.channel.follow(known(ticket, looked))).verdict is Verdict.PUBLISHED
    assert len(await bench.effects("mass_sends")) == 1


async def test_a_mass_send_is_absent_only_while_the_platform_remembers(bench: Bench) -> None:
    ticket = await bench.drafted(MASS)
    await bench.fault("reset_before", SENDALL)
    with pytest.raises(OutcomeUnknown):
        await bench.channel.send(ticket)
    assert (await bench.channel.look(ticket)).verdict is Verdict.ABSENT
    bench.clock.advance(23 * 3600)
    assert (await bench.channel.look(ticket)).verdict is Verdict.UNKNOWN


async def test_a_mass_send_is_withdrawn_with_proof(bench: Bench) -> None:
    ticket = await bench.drafted(MASS)
    ticket = known(ticket, await bench.channel.send(ticket))
    assert (await bench.channel.follow(ticket)).verdict is Verdict.PUBLISHED
    assert (await bench.channel.withdraw(ticket)).verdict is Verdict.GONE
    assert (await bench.channel.withdraw(ticket)).verdict is Verdict.GONE
    assert (await bench.effects("mass_sends"))[0]["deleted"] is True


async def test_a_spent_mass_quota_is_for_a_person(bench: Bench) -> None:
    first = await bench.drafted(MASS)
    await bench.channel.send(first)
    second = replace(await bench.drafted(MASS), delivery_id=6)
    with pytest.raises(ChannelRefused, match="群发次数"):
        await bench.channel.send(second)


async def test_a_citizen_is_written_to_at_most_once(bench: Bench) -> None:
    await bench.control("POST", "followers", {"openid": "oCitizen"})
    with pytest.raises(ChannelRefused, match="不能给该用户"):
        await bench.client.send_custom_text("oCitizen", "答复")
    with pytest.raises(ValueError, match="2000 bytes"):
        await bench.client.send_custom_text("oCitizen", "长" * 700)
    await bench.fault("http_5xx_before", "/cgi-bin/message/custom/send")
    with pytest.raises(OutcomeUnknown):
        await bench.client.send_custom_text("oCitizen", "答复")
