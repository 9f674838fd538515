"""The handbook's day, walked in a real Chromium; with ``MINGBAI_PICTURES=docs/images/handbook`` the walk takes its pictures.

Without it the walk only has to come to the end, and every picture that the handbook names has to be there and to be small."""

import io
import os
import re
import time
import zipfile
from datetime import UTC, datetime, timedelta
from datetime import time as clock_time
from email.utils import formatdate
from pathlib import Path
from typing import Any, Final, cast

import pytest
from PIL import Image
from playwright.async_api import Browser, Page, expect

import sandbox.app
from audit.trail import Trail
from disclosures.records import Review
from gateway import wiring
from gateway.database.clock import DatabaseClock
from publishers.echo.figures import keep_figures
from publishers.echo.port import Figure, Post
from publishers.echo.records import Listening
from publishers.records import Delivery
from publishers.slot import SHANGHAI
from publishers.wechat.quota import next_month
from staff.records import Account
from staff.tokens import ApiTokens
from tests.endtoend import district
from tests.endtoend.conftest import MACHINE, PASSWORD
from tests.endtoend.screen import DESK, TELEPHONE, signed_in
from tests.endtoend.test_a_citizens_comment_is_answered_in_a_real_browser import heard

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
WORD: Final = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
EVERYWHERE: Final = ("portal", "wechat", "weibo", "answers")
ROOT: Final = Path(__file__).resolve().parents[2]
HANDBOOK: Final = ROOT / "docs" / "handbook.zh-CN.md"
PICTURES: Final = os.environ.get("MINGBAI_PICTURES", "")
BEGIN: Final = datetime(2026, 11, 30, 1, 5, tzinfo=UTC)
STARTED: Final = time.monotonic()
MOST_BYTES: Final = 120 * 1024
MOST_PICTURES: Final = 20


def named() -> list[str]:
    """The pictures that the handbook shows, by their names without ending."""
    return re.findall(r"!\[[^\]]+\]\(images/handbook/([a-z-]+)\.png\)", HANDBOOK.read_text(encoding="utf-8"))


def now() -> datetime:
    """The day of the pictures: it begins on a Monday at five past nine, whenever they are taken."""
    return BEGIN + timedelta(seconds=time.monotonic() - STARTED)


@pytest.fixture(autouse=True)
def morning(monkeypatch: pytest.MonkeyPatch) -> None:
    """Product and sandbox live in that day (before ``house`` is built), at an address that an office would have."""

    async def moment(clock: DatabaseClock) -> datetime:
        return now()

    monkeypatch.setattr(DatabaseClock, "now", moment)
    monkeypatch.setitem(cast("dict[str, Any]", wiring.build.__kwdefaults__), "machine_now", now)
    # The product compares its clock with what the platforms' answers say.
    monkeypatch.setattr(
        "aiohttp.web_response.rfc822_formatted_time", lambda: formatdate(now().timestamp(), usegmt=True)
    )
    monkeypatch.setitem(cast("dict[str, Any]", sandbox.app.run.__kwdefaults__), "clock", lambda: now().timestamp())
    monkeypatch.setattr("publishers.wechat.article._public", lambda address: True)


class Album:
    """Takes the pictures of one walk."""

    def __init__(self) -> None:
        self.taken: list[str] = []

    async def keep(self, page: Page, name: str, *, at: str = "") -> None:
        """The window from the top of the page, or from a little above the place ``at``."""
        self.taken.append(name)
        await page.evaluate("scrollTo({top: 0, behavior: 'instant'}); document.activeElement?.blur()")
        if at:
            await page.locator(at).first.evaluate(
                "each => scrollTo({top: each.getBoundingClientRect().top + scrollY - 18, behavior: 'instant'})"
            )
        if PICTURES:
            # What sticks to the top is drawn in the frame after the scrolling.
            await page.evaluate("() => new Promise(drawn => requestAnimationFrame(() => requestAnimationFrame(drawn)))")
            folder = ROOT / PICTURES
            folder.mkdir(parents=True, exist_ok=True)
            shot = Image.open(io.BytesIO(await page.screenshot(scale="css")))
            # A page has few colours: with a palette of its own it is a third of the size.
            shot.convert("RGB").quantize(colors=96, dither=Image.Dither.NONE).save(
                folder / f"{name}.png", optimize=True
            )


class Day:
    """One day of the press office: the house, the album, and the people at their screens."""

    def __init__(self, house: Any, chromium: Browser) -> None:
        self.house, self.chromium, self.album = house, chromium, Album()
        self.today = now().astimezone(SHANGHAI).date()
        self.month = next_month(self.today)

    async def people(self) -> None:
        """Accounts with the names of people, as an office has them."""
        for name, (sign_in, person, unit) in district.NAMES.items():
            await Account.filter(name=name).update(name=sign_in, display_name=person, unit=unit)
        for name, person, role in (district.COLLEAGUE, district.SECOND_FINAL):
            unit = "区民政局" if role == "drafter" else "区政府办公室"
            await self.house.product.accounts.add(
                name, roles=[role], display_name=person, unit=unit, password=PASSWORD, by=MACHINE
            )
            tokens = ApiTokens(clock=DatabaseClock(), trail=Trail())
            self.house.tokens[name] = await tokens.issue(name, by=MACHINE)

    async def at(self, name: str, *, size: tuple[int, int] = DESK) -> Page:
        page = await signed_in(self.chromium, self.house, district.NAMES[name][0], size=size)
        await page.emulate_media(reduced_motion="reduce")
        return page

    def sheet(self, number: int, part: str = "") -> str:
        return f"{self.house.base}/console/disclosures/{number}{part}"

    async def made(self, text: dict[str, Any]) -> int:
        return int((await self.house.must("nigao", "POST", "/disclosures", text))["id"])

    async def approved(self, text: dict[str, Any]) -> int:
        number = await self.made(text)
        await self.sign(number)
        return number

    async def sign(self, number: int) -> None:
        await self.house.must("nigao", "POST", f"/disclosures/{number}/submit")
        for reviewer in ("chushen", "fushen", "zhongshen"):
            await self.house.must(reviewer, "POST", f"/disclosures/{number}/approve")

    async def plan(self, number: int, at: str, *channels: str) -> int:
        plan = {"disclosure": number, "at": at, "channels": list(channels)}
        return int((await self.house.must("fabu", "POST", "/releases", plan))["id"])

    async def public(self) -> Page:
        size = {"width": TELEPHONE[0], "height": TELEPHONE[1]}
        return await (await self.chromium.new_context(viewport=size, locale="zh-CN")).new_page()  # type: ignore[arg-type]


async def _morning(day: Day) -> dict[str, int]:
    """What the day before left: something public, something sent back, something planned, something in doubt."""
    public = {"water": district.WATER, "vaccine": district.VACCINE, "school": district.SCHOOL}
    left = {name: await day.approved(text) for name, text in public.items()}
    releases = [await day.plan(left[name], "now", *EVERYWHERE) for name in public]
    for release in releases:
        await day.house.until(release, "published")
    left["food"] = await _in_doubt(day)
    back = await day.made(district.MEDICAL)
    await day.house.must("nigao", "POST", f"/disclosures/{back}/submit")
    await day.house.must("chushen", "POST", f"/disclosures/{back}/reject", {"remark": "请补上与第二季度的比较。"})
    left["merge"] = await day.made({**district.MERGED, "formed_on": str(day.today - timedelta(days=12))})
    await day.approved(district.PARKING)
    for after, hour, text in district.PLANNED:
        at = datetime.combine(day.month + timedelta(days=after), clock_time(hour), SHANGHAI).isoformat()
        number = await day.approved({**text, "formed_on": str(day.today)})
        await day.plan(number, at, "portal", "wechat", *(["weibo"] if hour == 9 else []))
    when = day.month + timedelta(days=6)
    budget = {"title": f"{when.year + 1}年区级财政预算（草案）", "unit": "区财政局", "due": str(when)}
    told = await day.house.must("fabu", "POST", "/announcements", budget)
    await day.house.must("zhongshen", "POST", f"/announcements/{told['id']}/confirm", {})
    return left


async def _in_doubt(day: Day) -> int:
    """Weibo gave no answer that could be read: 待核实."""
    number = await day.approved(district.FOOD)
    rule = {"platform": "weibo", "path": "/2/statuses/share.json", "count": 1}
    await day.house.control("POST", "/faults", {"kind": "http_5xx_before", **rule})
    release = await day.plan(number, "now", "portal", "weibo")
    await day.house.until(release, "published", "unknown")
    await Delivery.filter(release_id=release, channel="weibo").update(next_at=datetime(2099, 1, 1, tzinfo=UTC))
    return number


async def _citizens(day: Day) -> None:
    """Citizens read, like, and ask below what is public."""
    effects = await day.house.control("GET", "/effects")
    title = district.VACCINE["title"]
    article = next(each for each in effects["publications"] if each["url"] and title in each["title"])
    post = next(each for each in effects["weibo_posts"] if title in each["text"])
    slug = article["url"].rsplit("/", 1)[-1]
    for channel, words in district.CITIZENS:
        if channel == "weibo":
            await day.house.control("POST", "/weibo/comment", {"mid": post["mid"], "text": words})
        else:
            said = {"openid": "oCitizenChenXiuying_00000001", "content": words}
            await day.house.control("POST", f"/articles/{slug}/comments", said)
    await Listening.filter(key__startswith="comments:").update(next_at=None, cursor={})


async def _counted(day: Day, *numbers: int) -> None:
    """A week of readers, as the platforms would have told it."""
    begun = now() - timedelta(days=9)
    weights = {"portal": 3, "wechat": 11}
    public = Delivery.filter(state="published", disclosure_id__in=numbers)
    await public.update(published_at=begun)
    for row in await public:
        figures, reads = [], 0
        for back in range(9, -1, -1):
            reads += weights.get(row.channel, 0) * (back * back + 5) * (row.disclosure_id + 1) // 5
            told = {"reads": reads, "likes": reads // 40, "shares": reads // 25} if reads else {"likes": 61 - 4 * back}
            figures += [
                Figure(delivery_id=row.id, name=name, day=day.today - timedelta(days=back), value=value, source="沙箱")
                for name, value in told.items()
            ]
        post = Post(
            delivery_id=row.id, disclosure_id=row.disclosure_id, facts={}, url=row.url or "", published_at=begun
        )
        await keep_figures(row.channel, figures, {row.id: post}, now=now())


async def _drawn(day: Day) -> bytes:
    """The picture of the Word file."""
    page = await day.public()
    await page.set_viewport_size({"width": 660, "height": 300})
    await page.set_content(district.STEPS_PAGE)
    data = await page.locator("ol").screenshot()
    await page.context.close()
    return data


async def _checked(day: Day, clerk: Page) -> None:
    """Something must be mended, something needs a reason, and something should be looked at."""
    await clerk.goto(day.sheet(await day.made(district.FAULTY)))
    await expect(clerk.locator("#check-block")).to_be_visible()
    await day.album.keep(clerk, "checks", at="#check-box")


async def _written(day: Day, clerk: Page, drawing: bytes) -> int:
    """A Word file comes in, is looked through and saved."""
    data = district.word_file(drawing)
    await clerk.goto(f"{day.house.base}/console/disclosures/new")
    await clerk.click("#import-word")
    await clerk.set_input_files("#file", {"name": "取暖补助通知.docx", "mimeType": WORD, "buffer": data})
    await clerk.click("#import")
    await expect(clerk.locator(".word-told")).to_contain_text("请逐项核对")
    await day.album.keep(clerk, "word", at=".word-told")
    await clerk.locator(".editor-undescribed button").click()
    await clerk.fill("#editor-field-alt", district.STEPS)
    await clerk.keyboard.press("Enter")
    await clerk.locator(".ProseMirror td", has_text="2865").click()
    await expect(clerk.locator("[data-action=row-after]")).to_be_visible()
    await day.album.keep(clerk, "editor", at="label[for=body]")
    await clerk.select_option("[name=category]", value="通知公告")
    await clerk.fill(
        "[name=summary]", "特困、低保和低保边缘家庭的冬季取暖补助在村（社区）登记，五个工作日内发放到社会保障卡。"
    )
    await clerk.click("#save")
    await expect(clerk.locator("h1")).to_have_text(district.TITLE)
    return int(await clerk.get_attribute("body", "data-disclosure") or "0")


async def _merged(day: Day, clerk: Page, number: int) -> None:
    await clerk.goto(day.sheet(number, "/edit"))
    body = await clerk.input_value("[name=body]")
    theirs = body.replace("3元", "4元").replace("次日起", "当日起")
    token = await day.house.must("heqian", "PATCH", f"/disclosures/{number}", {"body_markdown": theirs})
    assert token["revision"] == 2
    await clerk.fill("[name=body]", body.replace("3元", "5元") + "\n咨询电话：0000-8600150。\n")
    await clerk.click("#save")
    await expect(clerk.locator("#conflict")).to_contain_text("1 处两人都改了")
    await day.album.keep(clerk, "merge")


async def _previewed(day: Day, clerk: Page, number: int) -> None:
    await clerk.goto(day.sheet(number))
    await clerk.click("#tab-wechat")
    await clerk.click("label[for=wechat-marked]")
    await expect(clerk.frame_locator(".phone-marked iframe").locator("mark").first).to_be_visible()
    await day.album.keep(clerk, "wechat", at="section:has(> #preview)")
    await clerk.click("text=送给没有账号的人看")
    await clerk.fill("#viewer", "李局长")
    await clerk.click("#make-link")
    reader = await day.public()
    await reader.goto(await clerk.input_value("#address"))
    await reader.click("#read")
    await expect(reader.locator("h1")).to_have_text(district.TITLE)
    await day.album.keep(reader, "reader")
    await reader.context.close()


async def _reviewed(day: Day, clerk: Page, number: int) -> None:
    """A sentence is remarked upon, mended, answered, accepted; three sign."""
    await day.house.must("nigao", "POST", f"/disclosures/{number}/submit")
    reviewer = await day.at("chushen")
    await reviewer.goto(day.sheet(number, "/read"))
    await reviewer.locator("[data-sentence]", has_text="每户一次发清").click()
    await reviewer.fill("#text", "请写明今年首次纳入低保边缘家庭的依据。")
    await reviewer.click("#place")
    await expect(reviewer.locator("[data-state=open]")).to_have_count(1)
    await day.album.keep(reviewer, "remark")
    await reviewer.click("#to-sign")
    await reviewer.click("#reject")
    await expect(reviewer.locator("#review-box")).to_contain_text("见逐句意见（1 条）")
    await clerk.goto(f"{day.house.base}/console/")
    await expect(clerk.locator("main")).to_contain_text("1 条意见待答复")
    await day.album.keep(clerk, "today")

    html = (await day.house.must("nigao", "GET", f"/disclosures/{number}"))["body_html"]
    mended = html.replace("今年首次纳入", "依据省民政厅今年的通知首次纳入").replace(">1038<", ">1042<")
    await day.house.must("nigao", "PATCH", f"/disclosures/{number}", {"body_html": mended})
    await clerk.goto(day.sheet(number, "/read"))
    remark = clerk.locator("[data-state=open]").first
    await remark.get_by_role("radio", name="改了").check()
    await remark.get_by_role("button", name="答复").click()
    await expect(clerk.locator("[data-state=answered]")).to_have_count(1)
    await day.house.must("nigao", "POST", f"/disclosures/{number}/submit")
    await reviewer.goto(day.sheet(number, "/compare"))
    await day.album.keep(reviewer, "compare")
    await reviewer.goto(day.sheet(number, "/read"))
    await reviewer.get_by_role("button", name="认可答复").first.click()
    await expect(reviewer.locator("[data-state=answered]")).to_have_count(0)
    for name in ("chushen", "fushen", "zhongshen"):
        await day.house.must(name, "POST", f"/disclosures/{number}/approve")
    await Review.filter(disclosure_id=number, step="first").update(opened_at=now() - timedelta(minutes=6))
    await reviewer.context.close()


async def _planned(day: Day, officer: Page, number: int) -> None:
    await officer.goto(f"{day.house.base}/console/calendar?at={day.month}")
    await day.album.keep(officer, "calendar", at=".cal-nav")
    await officer.goto(f"{day.house.base}/console/calendar?view=week&at={day.month + timedelta(days=8)}")
    await day.album.keep(officer, "calendar-week", at=".cal-nav")
    await officer.goto(day.sheet(number))
    await officer.fill("#at", f"{day.month + timedelta(days=2)}T22:30")
    await expect(officer.locator("#schedule-box .advice")).to_contain_text("夜间")
    await day.album.keep(officer, "schedule", at="#schedule-box")


async def _emergency(day: Day) -> None:
    number = await day.made(district.STORM)
    final = await day.at("zhongshen")
    await final.goto(day.sheet(number, "/emergency"))
    await final.fill("#reason", "大风今夜到达，须立即告知群众加固和避险")
    await final.check("[name=secrecy_checked]")
    await final.click("#release-now")
    await expect(final.locator(".debt-banner")).to_contain_text("审签待补")
    for channel in EVERYWHERE:
        await expect(final.locator(f"[data-channel={channel}][data-state=published]").first).to_be_visible()
    await expect(final.locator("#release-state")).to_have_text("已全部发布")
    await final.goto(day.sheet(number))
    await day.album.keep(final, "emergency")
    await final.context.close()


async def _result(day: Day, officer: Page, number: int) -> None:
    release = await day.plan(number, "now", *EVERYWHERE)
    await day.house.until(release, "published")
    await officer.goto(day.sheet(number))
    await expect(officer.locator(".channels li")).to_have_count(4)
    await day.album.keep(officer, "result")


async def _told(day: Day, officer: Page, left: dict[str, int]) -> None:
    """Comments, figures, and the morning's telephone."""
    for channel, words in district.CITIZENS:
        comment = await heard(channel, words)
    await officer.goto(f"{day.house.base}/console/comments")
    await expect(officer.locator("main")).to_contain_text(district.CITIZENS[0][1])
    await day.album.keep(officer, "comments")
    await officer.goto(f"{day.house.base}/console/comments/{comment.id}")
    await officer.fill("#text", "可以。在本区居住满六个月的老人，凭身份证和居住证到社区卫生服务中心接种。")
    await day.album.keep(officer, "comment")
    await _counted(day, left["vaccine"], left["school"], left["food"])
    await officer.goto(f"{day.house.base}/console/figures?month={day.today - timedelta(days=9):%Y-%m}")
    await day.album.keep(officer, "figures")
    phone = await day.at("fabu", size=TELEPHONE)
    await day.album.keep(phone, "today-phone")
    await phone.context.close()


async def _archived(day: Day, officer: Page, number: int) -> None:
    answer = await officer.context.request.get(day.sheet(number, "/archive.zip"))
    with zipfile.ZipFile(io.BytesIO(await answer.body())) as archive:
        index = archive.read(f"disclosure-{number}/index.html").decode()
    alone = await day.public()
    await alone.set_viewport_size({"width": DESK[0], "height": DESK[1]})
    await alone.set_content(index)
    await expect(alone.locator("h1")).to_have_text(district.TITLE)
    await day.album.keep(alone, "archive")


async def test_the_handbook_shows_the_product(house: Any, chromium: Browser) -> None:
    day = Day(house, chromium)
    await day.people()
    left = await _morning(day)
    await _citizens(day)
    clerk, officer, drawing = await day.at("nigao"), await day.at("fabu"), await _drawn(day)
    number = await _written(day, clerk, drawing)
    await _merged(day, clerk, left["merge"])
    await _checked(day, clerk)
    await _previewed(day, clerk, number)
    await _reviewed(day, clerk, number)
    await _planned(day, officer, number)
    await _told(day, officer, left)
    await _result(day, officer, number)
    await _archived(day, officer, number)
    await house.must("fabu", "POST", f"/disclosures/{left['water']}/withdraw", {"explanation": district.WITHDRAWN})
    await officer.goto(day.sheet(left["water"]))
    await expect(officer.locator(".banner").first).to_contain_text(district.WITHDRAWN)
    await day.album.keep(officer, "withdrawn")
    await _emergency(day)
    assert set(named()) <= set(day.album.taken), "the walk takes every picture that the handbook shows"


def test_every_picture_is_there_and_small() -> None:
    names = named()
    assert 0 < len(names) <= MOST_PICTURES
    for name in names:
        path = ROOT / "docs" / "images" / "handbook" / f"{name}.png"
        assert path.is_file(), f"{path} is missing: MINGBAI_PICTURES=docs/images/handbook takes it"
        assert path.stat().st_size <= MOST_BYTES, f"{path} is larger than {MOST_BYTES // 1024} KB"
