"""A check that cannot fail proves nothing: every count of the chaos run rises when its promise is broken."""

from dataclasses import replace
from typing import Any

import pytest

from benchmarks.chaos.plan import FULL, SHORT, plans
from benchmarks.chaos.referee import Claimed, Effect, Verdict, effects_of, judge
from benchmarks.chaos.report import FIRST, Run, line, satisfied, together
from benchmarks.chaos.texts import Approved, sha256

ONE = Approved(
    disclosure_id=7, release_id=3, page_url="http://gov.example/d/7", due_at=1000.0, title="关于停水的通告",
    words=("一", "二"), weibo_text="【停水】今晚停水。 http://gov.example/d/7", wechat_title_sha256=sha256("关于停水的通告"),
    wechat_body_sha256=sha256("<p>一</p>"),
)  # fmt: skip
POST = Effect(channel="weibo", page_url=ONE.page_url, at=1000.5, as_approved=ONE.weibo_text)
ARTICLE = Effect(
    channel="wechat",
    page_url=ONE.page_url,
    at=1000.2,
    as_approved=f"{ONE.wechat_title_sha256} {ONE.wechat_body_sha256}",
)
CLAIM = Claimed(delivery_id=1, disclosure_id=7, channel="weibo", state="published", reason="", attempts=1, sent=True)
PAGE = replace(CLAIM, delivery_id=2, channel="portal")


def counts(effects: list[Effect], claims: list[Claimed], **what: Any) -> dict[str, int]:
    return {name: count for name, count in judge([ONE], effects, claims, **what).counts.items() if count}


def test_what_is_as_it_should_be_counts_nothing() -> None:
    claims = [CLAIM, replace(CLAIM, delivery_id=4, channel="wechat"), PAGE]
    assert counts([POST, ARTICLE], claims) == {}


@pytest.mark.parametrize(
    ("effects", "claims", "what", "broken"),
    [
        ([POST, replace(POST, at=1300.0)], [CLAIM], {}, {"duplicates": 1}),
        ([POST] * 4, [CLAIM], {}, {"duplicates": 3}),
        ([], [CLAIM], {}, {"lost": 1}),
        ([], [replace(CLAIM, state="failed", reason="微信不能识别")], {}, {"lost": 1}),
        ([], [replace(CLAIM, state="cancelled")], {}, {"lost": 1}),
        ([], [PAGE], {"missing_pages": {7}}, {"lost": 1}),
        ([], [replace(PAGE, channel="answers")], {"missing_answers": {7}}, {"lost": 1}),
        ([replace(POST, at=999.9)], [CLAIM], {}, {"early": 1}),
        ([POST], [CLAIM], {"early_pages": {7}}, {"early": 1}),
        ([POST], [CLAIM], {"moved": {("weibo", 7): 1020.0}}, {"early": 1}),
        ([replace(POST, as_approved=ONE.weibo_text + "。")], [CLAIM], {}, {"unapproved": 1}),
        ([replace(ARTICLE, as_approved=f"{ONE.wechat_title_sha256} {sha256('<p>二</p>')}")], [], {}, {"unapproved": 1}),
        ([replace(POST, page_url="http://gov.example/d/8")], [], {}, {"unapproved": 1}),
        ([POST], [replace(CLAIM, state="unknown")], {}, {"unresolved": 1}),
        ([], [replace(CLAIM, state="drafted", sent=False)], {}, {"unresolved": 1}),
        ([], [replace(CLAIM, state="held", reason="")], {}, {"unresolved": 1}),
        ([], [replace(CLAIM, state="held", reason="查无结果", attempts=0)], {}, {"unresolved": 1}),
        ([POST], [replace(CLAIM, state="failed", reason="微博拒绝")], {}, {"unadmitted": 1}),
        ([POST], [replace(CLAIM, state="cancelled")], {"cancelled": {7}}, {"unadmitted": 1}),
    ],
)  # fmt: skip
def test_a_broken_promise_is_counted(
    effects: list[Effect], claims: list[Claimed], what: dict[str, Any], broken: dict[str, int]
) -> None:
    assert counts(effects, claims, **what) == broken


def test_what_was_moved_on_one_channel_counts_for_that_one_only() -> None:
    moved = {("weibo", 7): 1020.0}
    assert counts([replace(POST, at=1020.1), ARTICLE], [CLAIM], moved=moved) == {}


def test_held_with_evidence_is_held_and_cancelled_by_a_person_is_not_lost() -> None:
    assert counts([], [replace(CLAIM, state="held", reason="时间线上没有看到")]) == {"held": 1}
    assert counts([POST], [replace(CLAIM, state="held", reason="没有看到")]) == {"held": 1, "held_though_out": 1}
    assert counts([], [replace(CLAIM, state="cancelled")], cancelled={7}) == {"cancelled": 1}


def test_a_deleted_post_still_counts_and_a_refused_submission_does_not() -> None:
    article = {
        "title_sha256": "t",
        "body_sha256": "b",
        "source_url": "http://gov.example/d/7#x",
        "at": 5,
        "state": "live",
    }
    told = {
        "publications": [article, {**article, "state": "failed"}],
        "weibo_posts": [{"urls": ["http://gov.example/d/7"], "created_at": 6, "text": "x", "deleted": True}],
    }  # fmt: skip
    seen = effects_of(told)
    assert [(one.channel, one.page_url, one.at, one.as_approved) for one in seen] == [
        ("wechat", "http://gov.example/d/7", 5.0, "t b"),
        ("weibo", "http://gov.example/d/7", 6.0, "x"),
    ]


def told(verdict: Verdict, *, mutant: bool = False) -> dict[str, Any]:
    measured = Run(
        kills=4, stops=1, phase=22.0, calls=100, faulty=35, events=2, crashes=0, drained=3.0, sigterm=0.5, stale=1, early_looks=9,
        edited=1, moved=2, audit_records=50, seconds=42.0,
    )  # fmt: skip
    return line(replace(SHORT, mutant=mutant), verdict, measured)


def test_the_line_begins_with_the_promised_keys_and_only_a_clean_run_satisfies() -> None:
    clean = told(judge([ONE], [POST, ARTICLE], [CLAIM]))
    twice = told(judge([ONE], [POST, POST], [CLAIM]))
    assert tuple(clean)[:10] == FIRST
    assert clean["faults"] == 37
    assert clean["faulty_share"] == 0.35
    assert satisfied([clean])
    assert not satisfied([clean, twice])
    both = together([clean, twice], seconds=50)
    assert tuple(both)[:10] == FIRST
    assert both["duplicates"] == 1
    assert both["failed"] == []
    assert together([clean], seconds=50, failed=["postgres"])["failed"] == ["postgres"]


def test_the_mutant_satisfies_only_when_every_run_reports_duplicates() -> None:
    clean = told(judge([ONE], [POST], [CLAIM]), mutant=True)
    twice = told(judge([ONE], [POST, POST], [CLAIM]), mutant=True)
    assert satisfied([twice, twice])
    assert not satisfied([twice, clean])


def test_the_plans_are_as_large_as_promised_and_smaller_on_demand() -> None:
    large = {plan.database: plan for plan in plans([], {})}
    assert large["postgres"].releases >= 1000
    assert large["postgres"].processes >= 3
    assert large["postgres"].kills >= 80
    assert large["sqlite"].releases >= 200
    assert large["sqlite"].kills >= 30
    assert all(plan.share == 0.35 and not plan.mutant for plan in large.values())
    (small,) = plans([], {"CHAOS_DATABASE": "sqlite", "CHAOS_RELEASES": "40", "MUTANT": "1"})
    assert (small.database, small.releases, small.mutant) == ("sqlite", 40, True)
    with pytest.raises(ValueError, match="settling time"):
        replace(FULL["sqlite"], late_commits=(FULL["sqlite"].settle,))
