"""Working copies: kept while one types, offered to their author alone, gone when saved, forgotten after thirty days."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from console.form import Fields
from console.presence import ago
from console.records import FormPresence, WorkingCopy
from console.working_copies import MOST_COPIES, WorkingCopies
from disclosures.records import Disclosure, Revision
from tests.console.test_a_disclosure_goes_its_whole_way_on_the_screen import fields, signed_in, written

KEY = "k" * 22


async def kept(person: Any, **changed: str) -> tuple[int, Any]:
    """(status, answer) of what the page's script posts."""
    data = {**fields(), "csrf": person.csrf, "key": KEY, **changed}
    path = f"disclosures/{data['disclosure']}/" if data.get("disclosure") else ""
    async with person.session.post(
        f"{person.base}/console/{path}working-copy", data=data,
        headers={"Origin": person.base, "Accept": "application/json"}, allow_redirects=False,
    ) as answer:  # fmt: skip
        return answer.status, await answer.json()


async def test_an_unsaved_text_is_offered_again_and_gone_when_it_is_saved(browser: Any, house: Any) -> None:
    drafter = await signed_in(browser, "nigao")
    await drafter.get("/console/disclosures/new")
    for title in ("写到一半", "写到一半的通知"):
        status, told = await kept(drafter, title=title, disclosure="", revision="", particulars_contact="2345678")
        assert (status, told["kept"]) == (200, "9:30")
    assert (await WorkingCopy.all().count(), await Revision.all().count()) == (1, 0)
    house.clock.advance(60 * 20)
    await drafter.get("/console/disclosures/new")
    assert "您有一份未保存的草稿，9:30" in drafter.text
    copy = (await WorkingCopy.get()).id
    await drafter.get(f"/console/disclosures/new?copy={copy}")
    assert 'value="写到一半的通知"' in drafter.text
    assert f'name="key" value="{KEY}"' in drafter.text
    assert "您有一份未保存的草稿" not in drafter.text
    assert await drafter.post("/console/disclosures", fields(title="写完了", key=KEY)) == 200
    assert await WorkingCopy.all().count() == 0


async def test_a_copy_of_an_existing_text_remembers_from_which_version_it_began(browser: Any) -> None:
    drafter, number = await written(browser)
    await drafter.get(f"/console/disclosures/{number}/edit")
    await kept(drafter, summary="我的概述", disclosure=str(number), revision="1")
    assert await drafter.post(f"/console/disclosures/{number}", fields(summary="别人的概述", revision="1")) == 200
    copy = (await WorkingCopy.get()).id
    await drafter.get(f"/console/disclosures/{number}/edit?copy={copy}")
    assert "我的概述" in drafter.text
    assert 'name="revision" value="1"' in drafter.text, "so that the saving meets the version that came between"
    assert "之后有人保存了第 2 版" in drafter.text
    await drafter.get("/console/disclosures/new?copy=" + str(copy))
    assert "我的概述" not in drafter.text, "a copy belongs to its text"


async def test_a_copy_is_thrown_away_only_by_its_author_and_seen_by_nobody_else(browser: Any, house: Any) -> None:
    drafter = await signed_in(browser, "nigao")
    await drafter.get("/console/disclosures/new")
    await kept(drafter, title="只给我看")
    copy = (await WorkingCopy.get()).id
    await house.staff("wangfang", "drafter", "王芳")
    other = await signed_in(browser, "wangfang")
    await other.get(f"/console/disclosures/new?copy={copy}")
    assert "只给我看" not in other.text
    assert await other.post("/console/working-copy/discard", {"copy": str(copy)}) == 200
    assert await WorkingCopy.all().count() == 1
    await drafter.get("/console/disclosures/new")
    assert await drafter.post("/console/working-copy/discard", {"copy": str(copy)}) == 200
    assert "已丢弃这份未保存的草稿" in drafter.text
    assert await WorkingCopy.all().count() == 0


async def test_what_cannot_be_kept_is_said(browser: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("console.working_copies.MOST_BYTES", 60_000)
    drafter = await signed_in(browser, "nigao")
    await drafter.get("/console/disclosures/new")
    status, told = await kept(drafter, body="字" * 20_000)
    assert status == 422
    assert "太长" in told["detail"]
    assert (await kept(drafter, key="../../etc"))[0] == 422
    for place in range(MOST_COPIES):
        assert (await kept(drafter, key=f"{place:022d}"))[0] == 200
    status, told = await kept(drafter)
    assert status == 422
    assert str(MOST_COPIES) in told["detail"]
    assert (await kept(drafter, key=f"{0:022d}", title="旧的照样能更新"))[0] == 200


async def test_an_ended_sign_in_is_told_and_a_new_one_of_the_same_person_goes_on(browser: Any) -> None:
    drafter = await signed_in(browser, "nigao")
    await drafter.get("/console/disclosures/new")
    before = drafter.csrf
    assert await drafter.post("/console/sign-out") == 200
    async with drafter.session.post(
        f"{drafter.base}/console/working-copy", data={**fields(), "key": KEY, "csrf": before},
        headers={"Origin": drafter.base, "Accept": "application/json"},
    ) as answer:  # fmt: skip
        assert answer.status == 401
    assert await drafter.sign_in("nigao") == 200
    async with drafter.session.get(
        f"{drafter.base}/console/form-token", headers={"Accept": "application/json"}
    ) as answer:
        told = await answer.json()
    assert told["csrf"] != before
    assert told["name"] == "李拟稿"
    async with drafter.session.post(
        f"{drafter.base}/console/working-copy", data={**fields(), "key": KEY, "csrf": told["csrf"]},
        headers={"Origin": drafter.base, "Accept": "application/json"},
    ) as answer:  # fmt: skip
        assert answer.status == 200


async def test_after_thirty_days_it_is_forgotten(any_database: str, clock: Any) -> None:
    copies = WorkingCopies(clock=clock)
    text = Fields(values={"title": "旧"}, particulars={"a": "1"}, attachments=(("a" * 64, "附件"),), kind="tongzhi")
    await copies.keep(1, KEY, text, disclosure_id=0, base_revision=0)
    await copies.keep(2, KEY, text, disclosure_id=7, base_revision=3)
    assert [copy.base_revision for copy in await copies.of(2)] == [3]
    found = await copies.read(1, (await copies.of(1, 0))[0].id)
    assert found is not None
    assert found[1].plain() == text.plain()
    clock.advance(timedelta(days=29, hours=23).total_seconds())
    await copies.keep(2, KEY, text, disclosure_id=7, base_revision=3)
    await copies.sweep()
    assert await WorkingCopy.all().count() == 2
    clock.advance(timedelta(hours=2).total_seconds())
    await copies.sweep()
    assert [row.account_id for row in await WorkingCopy.all()] == [2]


async def test_two_people_at_one_text_know_of_each_other(browser: Any, house: Any) -> None:
    drafter, number = await written(browser)
    await house.staff("wangfang", "drafter", "王芳")
    other = await signed_in(browser, "wangfang")
    await other.get(f"/console/disclosures/{number}/edit")
    await drafter.get(f"/console/disclosures/{number}")
    assert "王芳 刚刚打开了修改页" in drafter.text
    key = other.text.split('name="key" value="', 1)[1].split('"', 1)[0]
    status, told = await kept(other, key=key, disclosure=str(number), revision="1")
    assert (status, told["others"]) == (200, [])
    house.clock.advance(40)
    await drafter.get(f"/console/disclosures/{number}/edit")
    assert "王芳正在修改（刚刚）" in drafter.text
    # The page of the one who writes tells of the other, and of a version that was saved meanwhile.
    assert await drafter.post(f"/console/disclosures/{number}", fields(summary="先到", revision="1")) == 200
    async with other.session.post(
        f"{other.base}/console/disclosures/{number}/presence",
        data={"csrf": other.csrf, "key": key, "disclosure": str(number), "revision": "1"},
        headers={"Origin": other.base},
    ) as answer:
        told = await answer.json()
    assert "李拟稿 9:30 保存了第 2 版" in told["newer"]
    # Whoever falls silent is gone, and so is whoever closed the page.
    await drafter.get(f"/console/disclosures/{number}/people")
    assert "王芳" in drafter.text
    house.clock.advance(60)
    await drafter.get(f"/console/disclosures/{number}/people")
    assert "王芳" not in drafter.text
    await other.get(f"/console/disclosures/{number}/edit")
    key = other.text.split('name="key" value="', 1)[1].split('"', 1)[0]
    assert await other.post("/console/presence/left", {"key": key}) == 204
    assert await FormPresence.filter(account_id=house.people["wangfang"].account_id, key=key).count() == 0
    assert (await Disclosure.get(id=number)).current_revision == 2


@pytest.mark.parametrize(("minutes", "words"), [(0, "刚刚"), (2, "2分钟前"), (59, "59分钟前"), (130, "2小时前")])
def test_how_long_ago_is_said_in_words(minutes: int, words: str) -> None:
    now = datetime(2026, 11, 23, 1, tzinfo=UTC)
    assert ago(now - timedelta(minutes=minutes), now) == words


async def test_an_open_page_alone_does_not_keep_anybody_signed_in(browser: Any, house: Any) -> None:
    drafter, number = await written(browser)
    await drafter.get(f"/console/disclosures/{number}/edit")
    key = drafter.text.split('name="key" value="', 1)[1].split('"', 1)[0]
    for _ in range(4):
        house.clock.advance(60 * 9)
        async with drafter.session.post(
            f"{drafter.base}/console/disclosures/{number}/presence", data={"csrf": drafter.csrf, "key": key, "disclosure": str(number)},
            headers={"Origin": drafter.base, "Accept": "application/json", "X-Quiet": "yes"},
        ) as answer:  # fmt: skip
            status = answer.status
    assert status == 401
