"""Normalising takes away what platforms are known to rewrite, and nothing that changes what is said."""

import time
from datetime import UTC, datetime, timedelta

import pytest

from publishers.port import ChannelName, Live, Liveness
from publishers.proving import AGAIN, next_proof
from publishers.readback import CUT, DIFFERS, MOST_SPANS, RULES, Proof, compared, differences, normalised

TEXT = "关于调整低保标准的通知\n一、自2026年12月1日起，标准为每人每月935元。\n二、咨询电话：0730-1234567。"
WECHAT, WEIBO = ChannelName.WECHAT, ChannelName.WEIBO


def live(text: str, **evidence: object) -> Live:
    return Live(liveness=Liveness.LIVE, text=text, evidence=evidence)


@pytest.mark.parametrize(
    ("rewritten", "channel"),
    [
        (TEXT.replace("\n", "\n\n"), WECHAT),
        (TEXT.replace("\n", " "), WEIBO),
        (TEXT.replace("每月", "每月\u00a0"), WECHAT),
        (TEXT.replace("935", "９３５").replace("：", ":"), WECHAT),
        (TEXT + " \u200b", WEIBO),
        (TEXT.replace("低保", "低\u2060保").replace("元", "元\ufe0f"), WECHAT),
        (TEXT.replace("一、", "一、&nbsp;").replace("935元", "935&#20803;"), WECHAT),
        (TEXT + " http://t.cn/A6xyzW", WEIBO),
        (TEXT + " 网页链接", WEIBO),
    ],
)
def test_what_a_platform_rewrites_is_the_same(rewritten: str, channel: ChannelName) -> None:
    assert rewritten != TEXT
    assert compared(TEXT, live(rewritten), channel).proof is Proof.SAME


@pytest.mark.parametrize(
    ("said", "channel"),
    [
        (TEXT.replace("935", "953"), WECHAT),
        (TEXT.replace("935", "93 5"), WECHAT),
        (TEXT.replace("12月", "1月"), WEIBO),
        (TEXT.replace("每人每月", "每户每月"), WEIBO),
        (TEXT.replace("二、咨询电话：0730-1234567。", ""), WECHAT),
        (TEXT + "（转发有奖）", WECHAT),
        (TEXT + " http://t.cn/A6xyzW", WECHAT),
        ("", WECHAT),
    ],
)
def test_what_changes_the_meaning_is_different(said: str, channel: ChannelName) -> None:
    result = compared(TEXT, live(said), channel)
    assert result.proof is Proof.DIFFERENT
    assert any(span["op"] not in {"equal", "note"} for span in result.difference)


def test_a_letter_written_as_two_code_points_is_the_same() -> None:
    assert compared("Café 通知", live("Cafe\u0301 通知"), WECHAT).proof is Proof.SAME


def test_normalising_twice_is_normalising_once() -> None:
    for channel in ChannelName:
        once = normalised(f"{TEXT}\u200b ＡＢ １ http://t.cn/a b 12 34", channel)
        assert normalised(once, channel) == once


def test_every_rule_says_why_and_where_it_is_known_from() -> None:
    assert len({rule.name for rule in RULES}) == len(RULES) >= 5
    assert all(rule.why.endswith(".") and rule.source for rule in RULES)


def test_the_verdict_follows_what_was_found() -> None:
    assert compared(TEXT, Live(liveness=Liveness.GONE), WECHAT).proof is Proof.GONE
    assert compared(TEXT, Live(liveness=Liveness.UNREADABLE), WECHAT).proof is Proof.UNREADABLE
    told = compared(TEXT, live(TEXT, **{DIFFERS: ["链接不同"]}), WECHAT)
    assert (told.proof, told.difference[0]["op"]) == (Proof.DIFFERENT, "note")
    unread = Live(liveness=Liveness.UNREADABLE, evidence={DIFFERS: ["数据库中的页面不同"]})
    assert compared(TEXT, unread, WECHAT).proof is Proof.DIFFERENT
    assert compared(TEXT, live(TEXT[:30] + "...全文", **{CUT: True}), WEIBO).proof is Proof.SAME
    assert compared(TEXT, live("别的" + TEXT[:30] + "...全文", **{CUT: True}), WEIBO).proof is Proof.DIFFERENT


def test_the_difference_reads_like_the_texts() -> None:
    said = TEXT.replace("935元", "395元").replace("二、咨询", "二、求助") + "\n转发有奖！"
    spans = differences(TEXT, said, WECHAT)
    assert "".join(span["approved"] for span in spans) == TEXT
    assert "".join(span["live"] for span in spans) == said
    changed = [(span["approved"].strip(), span["live"].strip()) for span in spans if span["op"] != "equal"]
    assert changed == [("935", "395"), ("咨询", "求助"), ("", "转发有奖！")]


def test_a_long_difference_is_capped_and_comes_soon() -> None:
    ours = "".join(f"第{number}条，按规定办理。" for number in range(1500))
    theirs = "".join(f"第{number}项，按规定处理。" for number in range(1500))
    began = time.perf_counter()
    spans = compared(ours, live(theirs), WECHAT).difference
    assert time.perf_counter() - began < 5
    assert len(spans) <= MOST_SPANS + 1
    assert "没有列出" in spans[-1]["live"]
    same = "按规定办理。" * 7000
    began = time.perf_counter()
    assert compared(same, live(f"好{same[:9000]}坏{same[9000:]}"), WECHAT).proof is Proof.DIFFERENT
    assert time.perf_counter() - began < 5


def test_the_plan_is_soon_then_daily_then_done() -> None:
    out = datetime(2026, 11, 23, 1, 30, tzinfo=UTC)
    now = out + timedelta(seconds=5)
    daily = next_proof(Proof.SAME, published_at=out, in_a_row=0, now=now)
    assert daily is not None
    assert timedelta(hours=20) <= daily - now <= timedelta(hours=26)
    for place, wait in enumerate(AGAIN):
        assert next_proof(Proof.UNREADABLE, published_at=out, in_a_row=place, now=now) == now + wait
    later = next_proof(Proof.UNREADABLE, published_at=out, in_a_row=len(AGAIN), now=now)
    assert later == daily
    week = out + timedelta(days=7)
    assert next_proof(Proof.SAME, published_at=out, in_a_row=3, now=week) is None
    assert next_proof(Proof.UNREADABLE, published_at=out, in_a_row=9, now=week) is None
    assert next_proof(Proof.DIFFERENT, published_at=out, in_a_row=9, now=week) is not None
    assert next_proof(Proof.GONE, published_at=out, in_a_row=9, now=out + timedelta(days=30)) is None
