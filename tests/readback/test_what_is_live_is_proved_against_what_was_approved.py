"""After five seconds and then daily for a week: what is live says what was approved, or somebody is told."""

import asyncio
import itertools
from datetime import date, timedelta
from typing import Any

import pytest

from audit.actor import Actor
from audit.records import AuditRecord
from disclosures.content import Content, WeChatVersion
from publishers.records import Delivery, PortalPage, ReadBack
from tests.readback.conftest import CONTENT, Stage


def stage_content(title: str, *, mode: str = "publish") -> Content:
    return Content(
        title=f"{title}：关于冬季供暖的通告", body_html=f"<p>{title}供暖自11月15日起，室温不低于18℃。</p>",
        department="区民政局", category="通知公告", formed_on=date(2026, 11, 20), index_number=f"QMZ-{title}",
        wechat=WeChatVersion(mode=mode),
    )  # fmt: skip


async def test_every_channel_is_read_back_after_five_seconds(stage: Any) -> None:
    rows = await stage.out()
    stage.clock.advance(5)
    assert await stage.proving.sweep() == 4
    for row in rows.values():
        await row.refresh_from_db()
        (proof,) = await stage.proofs(row)
        assert (row.proof, proof.verdict) == ("same", "same"), (row.channel, proof.difference, proof.evidence)
        assert "935元" in proof.approved
        assert "935元" in proof.live
        assert row.proof_at is not None
        assert timedelta(hours=20) < row.proof_at - stage.clock.moment <= timedelta(hours=26)
        assert await stage.incident(row) is None
    assert await stage.proving.sweep() == 0


async def test_it_is_read_once_a_day_for_seven_days_and_the_platforms_quota_is_spared(stage: Any) -> None:
    row = (await stage.out())["wechat"]
    for _ in range(10 * 24 * 2):
        stage.clock.advance(1800)
        await stage.proving.sweep()
    await row.refresh_from_db()
    proofs = await stage.proofs(row)
    assert row.proof_at is None
    assert [proof.verdict for proof in proofs] == ["same"] * len(proofs)
    days = [(later.at - earlier.at).total_seconds() / 3600 for earlier, later in itertools.pairwise(proofs)]
    assert len(proofs) in {8, 9}
    assert all(20 <= hours <= 27 for hours in days)
    assert proofs[-1].at - row.published_at >= timedelta(days=7)
    assert await stage.calls("/cgi-bin/freepublish/getarticle") == 1
    assert await stage.calls("/cgi-bin/freepublish/batchget") <= len(proofs)


async def test_texts_that_did_not_change_are_kept_once(stage: Any) -> None:
    row = (await stage.out())["wechat"]
    for _ in range(3):
        stage.clock.advance(26 * 3600)
        await stage.proving.sweep()
    first, *others = await stage.proofs(row)
    assert first.approved
    assert first.live
    assert others
    for other in others:
        assert (other.approved, other.live) == ("", "")
        assert other.evidence["approved_in"] == other.evidence["live_in"] == first.id


async def test_a_changed_article_alarms_with_the_difference_and_is_never_withdrawn(stage: Any) -> None:
    row = (await stage.out())["wechat"]
    article = await stage.client.published_article(row.facts["article_id"])
    assert article is not None
    wrong = article["content"].replace("每人每月935元", "每人每月395元")
    await stage.control("POST", f"articles/{stage.slug(row)}/text", {"content": wrong})
    stage.clock.advance(5)
    await stage.proving.sweep()
    await row.refresh_from_db()
    (proof,) = await stage.proofs(row)
    assert (row.state, row.proof, proof.verdict) == ("published", "different", "different")
    assert {"op": "changed", "approved": "935", "live": "395"} in proof.difference
    incident = await stage.incident(row)
    assert incident is not None
    assert (incident.severity, incident.link) == ("alarm", f"/console/releases/{row.release_id}")
    assert "关于调整城乡低保标准的通知" in incident.message
    assert "微信" in incident.message
    assert "不一致" in incident.message
    # It is mended by hand: the next look clears the alarm by itself.
    await stage.control("POST", f"articles/{stage.slug(row)}/text", {"content": article["content"]})
    stage.clock.advance(60)
    await stage.proving.sweep()
    await row.refresh_from_db()
    assert row.proof == "same"
    assert await stage.incident(row) is None
    verbs = [record.verb for record in await AuditRecord.filter(subject=f"delivery:{row.id}").order_by("id")]
    assert verbs[-2:] == ["delivery.proof.different", "delivery.proof.same"]


async def test_a_link_that_leads_elsewhere_is_a_difference(stage: Any) -> None:
    rows = await stage.out()
    await stage.control("POST", f"articles/{stage.slug(rows['wechat'])}/text", {"source_url": "https://evil.example/"})
    mid = rows["weibo"].facts["mid"]
    await stage.control("POST", "weibo/switches", {"url_objects": True})
    await stage.control("POST", f"weibo/posts/{mid}/text", {"urls": ["https://evil.example/"]})
    stage.clock.advance(5)
    await stage.proving.sweep()
    for channel in ("wechat", "weibo"):
        (proof,) = await stage.proofs(rows[channel])
        assert proof.verdict == "different"
        assert proof.difference[0]["op"] == "note"
        assert "evil.example" in proof.difference[0]["live"]


@pytest.mark.parametrize(("status", "words"), [(5, "删除"), (6, "封禁")])
async def test_an_article_that_the_platform_took_down_is_told(stage: Any, status: int, words: str) -> None:
    row = (await stage.out())["wechat"]
    stage.clock.advance(5)
    await stage.proving.sweep()
    await stage.control("POST", f"publications/{row.facts['publish_id']}/status", {"status": status})
    stage.clock.advance(26 * 3600)
    await stage.proving.sweep()
    await row.refresh_from_db()
    assert (row.state, row.proof) == ("published", "gone")
    incident = await stage.incident(row)
    assert incident is not None
    assert "已看不到" in incident.message
    assert words in incident.message
    assert (await stage.proofs(row))[-1].evidence["publish_status"] == status
    assert await AuditRecord.filter(subject=f"delivery:{row.id}", verb="delivery.proof.gone").count() == 1


async def test_a_post_that_weibo_took_down_or_changed_is_told(stage: Any) -> None:
    gone = (await stage.out(stage_content("第一条")))["weibo"]
    other = (await stage.out(stage_content("第二条")))["weibo"]
    await stage.control("POST", "weibo/review", {"mid": gone.facts["mid"]})
    shown = next(e for e in (await stage.control("GET", "weibo/effects"))["effects"] if e["mid"] == other.facts["mid"])
    text = shown["shown"].replace("第二条", "第三条")
    await stage.control("POST", f"weibo/posts/{other.facts['mid']}/text", {"text": text})
    stage.clock.advance(5)
    await stage.proving.sweep()
    await gone.refresh_from_db()
    await other.refresh_from_db()
    assert (gone.proof, other.proof) == ("gone", "different")
    assert {"op": "changed", "approved": "二", "live": "三"} in (await stage.proofs(other))[0].difference


async def test_our_own_page_is_read_as_a_citizen_reads_it(stage: Any) -> None:
    rows = await stage.out()
    page = await PortalPage.get(disclosure_id=rows["portal"].disclosure_id)
    wrong = page.payload["body_html"].replace("935元", "395元")
    await PortalPage.filter(disclosure_id=page.disclosure_id).update(payload={**page.payload, "body_html": wrong})
    stage.clock.advance(5)
    await stage.proving.sweep()
    (proof,) = await stage.proofs(rows["portal"])
    assert proof.verdict == "different"
    assert "395元" in proof.live
    assert any("正文" in span["live"] for span in proof.difference if span["op"] == "note")
    # A field that is not part of the text, changed behind our back, is a difference as well.
    number = {**page.payload, "document_number": "伪造〔2026〕1号"}
    await PortalPage.filter(disclosure_id=page.disclosure_id).update(payload=number)
    stage.clock.advance(60)
    await stage.proving.sweep()
    last = (await stage.proofs(rows["portal"]))[-1]
    assert (last.verdict, [span["op"] for span in last.difference]) == ("different", ["note"])
    assert "文号" in last.difference[0]["live"]
    await PortalPage.filter(disclosure_id=page.disclosure_id).delete()
    stage.clock.advance(300)
    await stage.proving.sweep()
    assert (await stage.proofs(rows["portal"]))[-1].verdict == "gone"


async def test_what_the_bot_would_say_is_read_from_where_it_says_it(stage: Any) -> None:
    row = (await stage.out())["answers"]
    entry = await stage.curation.stored(f"disclosure:{row.disclosure_id}")
    await stage.curation.stop_entry(entry.id, "误停", actor=Actor.machine("测试"))
    stage.clock.advance(5)
    await stage.proving.sweep()
    await row.refresh_from_db()
    assert row.proof == "gone"


async def test_what_cannot_be_read_is_read_again_soon_and_keeps_nobody_waiting(stage: Any) -> None:
    rows = await stage.out()
    await stage.control(
        "POST", "faults", {"kind": "http_5xx_before", "platform": "weibo", "path": "/2/statuses/show.json", "count": 6}
    )  # fmt: skip
    stage.clock.advance(5)
    assert await stage.proving.sweep() == 4
    verdicts = {row.channel: row.proof for row in await Delivery.filter(release_id=rows["weibo"].release_id)}
    assert verdicts == {"portal": "same", "wechat": "same", "answers": "same", "weibo": "unreadable"}
    assert await stage.incident(rows["weibo"]) is None
    waits = []
    for _ in range(5):
        row = await Delivery.get(id=rows["weibo"].id)
        waits.append(int((row.proof_at - stage.clock.moment).total_seconds()))
        stage.clock.moment = row.proof_at
        await stage.proving.sweep()
    assert waits[:4] == [60, 300, 1800, 7200]
    assert waits[4] > 20 * 3600
    incident = await stage.incident(rows["weibo"])
    assert incident is not None
    assert incident.severity == "warn"
    stage.clock.moment = (await Delivery.get(id=rows["weibo"].id)).proof_at
    await stage.proving.sweep()
    assert (await Delivery.get(id=rows["weibo"].id)).proof == "same"
    assert await stage.incident(rows["weibo"]) is None


async def test_one_delivery_that_breaks_the_reader_does_not_stop_the_others(stage: Any) -> None:
    rows = await stage.out()
    await Delivery.filter(id=rows["wechat"].id).update(payload={"title": "坏了"})
    stage.clock.advance(5)
    assert await stage.proving.sweep() == 4
    assert await ReadBack.filter(verdict="same").count() == 3


async def test_a_frozen_text_that_was_changed_in_the_database_proves_nothing(stage: Any) -> None:
    row = (await stage.out())["weibo"]
    payload = {**row.payload, "count": 1}
    await Delivery.filter(id=row.id).update(payload=payload)
    stage.clock.advance(5)
    await stage.proving.sweep()
    (proof,) = await stage.proofs(row)
    assert proof.verdict == "different"
    assert "定稿" in proof.difference[0]["live"]


async def test_two_nodes_read_a_delivery_once(stage: Any) -> None:
    await stage.out()
    stage.clock.advance(5)
    other = stage.another_node()
    read = await asyncio.gather(stage.proving.sweep(), other.sweep())
    assert sum(read) == 4
    assert await ReadBack.all().count() == 4


async def test_a_mass_sent_article_is_watched_for_its_deletion_only(stage: Any) -> None:
    row = (await stage.out(stage_content("群发", mode="mass")))["wechat"]
    assert row.facts["msg_id"]
    stage.clock.advance(5)
    await stage.proving.sweep()
    await row.refresh_from_db()
    assert row.proof == "unreadable"
    assert row.proof_at - stage.clock.moment > timedelta(hours=19)
    await stage.client.delete_mass(row.facts["msg_id"])
    stage.clock.moment = row.proof_at
    await stage.proving.sweep()
    await row.refresh_from_db()
    assert row.proof == "gone"


async def test_a_publication_that_nobody_planned_a_proof_for_is_proved_too(stage: Any) -> None:
    row = (await stage.out())["wechat"]
    await Delivery.filter(id=row.id).update(proof_at=None)
    await stage.proving.sweep()
    stage.clock.advance(5)
    await stage.proving.sweep()
    assert (await Delivery.get(id=row.id)).proof == "same"


async def test_a_portal_that_its_own_machine_cannot_reach_is_hinted_at_and_its_store_compared(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = (await stage.out(CONTENT, "portal"))["portal"]
    monkeypatch.setattr(stage, "public_url", "http://127.0.0.1:9")
    for seconds in (5, 60, 300, 1800, 7200, 26 * 3600):
        stage.clock.advance(seconds)
        await stage.proving.sweep()
    last = (await stage.proofs(row))[-1]
    assert last.verdict == "unreadable"
    assert "放行本机访问" in last.evidence["message"]
    assert await stage.incident(row) is None
    await PortalPage.filter(disclosure_id=row.disclosure_id).update(payload={**row.payload, "document_number": "伪造"})
    stage.clock.advance(26 * 3600)
    await stage.proving.sweep()
    assert (await stage.proofs(row))[-1].verdict == "different"
    assert await stage.incident(row) is not None
