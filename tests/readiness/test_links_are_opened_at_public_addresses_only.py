"""The link probe: dead links are found in the background, and nothing of our own network is ever opened."""

import socket
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import date, timedelta
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from tortoise.transactions import in_transaction

from audit.trail import Trail
from disclosures.catalogue import seed
from disclosures.check_records import LinkLook
from disclosures.desk import Desk
from disclosures.draft import DraftText
from disclosures.workdays import WorkingDays
from scheduler.link_probe import MOST_BYTES, LinkProbe, is_public
from staff.person import Person
from staff.roles import Role

DRAFTER = Person(account_id=1, name="nigao", display_name="拟稿", unit="", roles=frozenset({Role.DRAFTER}))


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.1.2.3", "192.168.0.1", "172.16.0.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1", "255.255.255.255",
        "::1", "fe80::1", "fc00::1", "::ffff:10.0.0.1", "::ffff:127.0.0.1", "64:ff9b::a00:1", "64:ff9b::808:808", "2002:a00:1::", "::", "nonsense", "fe80::1%eth0",
        "198.18.0.1", "192.0.2.1",
    ],
)  # fmt: skip
def test_what_is_not_the_public_internet_is_refused(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "114.114.114.114", "2400:3200::1"])
def test_what_is_public_is_allowed(address: str) -> None:
    assert is_public(address)


class Site:
    """A small web site that counts who came."""

    def __init__(self) -> None:
        self.seen: list[str] = []
        self.base = ""

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.seen.append(request.path)
        match request.path:
            case "/ok":
                return web.Response(text="有")
            case "/forbidden":
                return web.Response(status=403)
            case "/broken":
                return web.Response(status=500)
            case "/inside":
                raise web.HTTPFound("http://169.254.169.254/latest/meta-data/")
            case "/elsewhere":
                raise web.HTTPFound("/ok")
            case "/loop":
                raise web.HTTPFound("/loop")
            case "/endless":
                answer = web.StreamResponse()
                await answer.prepare(request)
                for _ in range(4):
                    await answer.write(b"x" * MOST_BYTES)
                return answer
        return web.Response(status=404)


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    here = Site()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", here.handle)
    server = TestServer(app)
    await server.start_server()
    here.base = f"http://www.example.gov.cn:{server.port}"
    yield here
    await server.close()


def probe_of(clock: Any, site: Site, *, resolve: Callable[..., Any] | None = None, allowed: Callable[[str], bool] | None = None) -> LinkProbe:  # fmt: skip
    """As the product's, but the name of the site leads to this machine, and this machine alone is allowed."""

    async def here(host: str, port: int) -> Sequence[tuple[int, str]]:
        return [(socket.AF_INET, "127.0.0.1")]

    port = int(site.base.rpartition(":")[2])
    return LinkProbe(
        clock=clock, own_host="www.own.gov.cn", resolve=resolve or here, allowed=allowed or (lambda address: address == "127.0.0.1"),
        ports=frozenset({80, 443, port}), seconds=2.0,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("path", "problem"),
    [
        ("/ok", ""), ("/gone", "页面不存在"), ("/broken", "网站报错（500）"), ("/forbidden", ""), ("/elsewhere", ""), ("/loop", "转来转去"),
        ("/endless", ""),
    ],
)  # fmt: skip
async def test_a_page_that_does_not_open_is_told_with_its_cause(
    clock: Any, site: Site, path: str, problem: str
) -> None:
    assert (await probe_of(clock, site).problem(f"{site.base}{path}")).startswith(problem)
    assert site.seen[0] == path


@pytest.mark.parametrize(
    "address",
    [
        "http://127.0.0.1:{port}/ok", "http://localhost:{port}/ok", "http://2130706433:{port}/ok", "http://0x7f.1:{port}/ok",
        "http://[::1]:{port}/ok", "http://www.own.gov.cn:{port}/ok", "file:///etc/passwd", "http://www.example.gov.cn:22/ok",
        "http://www.example.gov.cn:99999/ok", "http://[broken/ok",
    ],
)  # fmt: skip
async def test_an_address_inside_is_never_opened(clock: Any, site: Site, address: str) -> None:
    probe = probe_of(clock, site, allowed=is_public)
    assert await probe.problem(address.format(port=site.base.rpartition(":")[2])) == ""
    assert site.seen == []


async def test_a_name_that_leads_inside_is_never_opened(clock: Any, site: Site) -> None:
    async def both(host: str, port: int) -> Sequence[tuple[int, str]]:
        return [(socket.AF_INET, "8.8.8.8"), (socket.AF_INET, "127.0.0.1")]

    assert await probe_of(clock, site, resolve=both, allowed=is_public).problem(f"{site.base}/ok") == ""
    assert site.seen == []


async def test_a_redirect_inside_is_not_followed(clock: Any, site: Site) -> None:
    assert await probe_of(clock, site).problem(f"{site.base}/inside") == ""
    assert site.seen == ["/inside"]


async def test_the_name_is_resolved_once_for_what_is_connected_to(clock: Any, site: Site) -> None:
    asked: list[str] = []

    async def changing(host: str, port: int) -> Sequence[tuple[int, str]]:
        asked.append(host)
        return [(socket.AF_INET, "127.0.0.1" if len(asked) == 1 else "10.0.0.1")]

    assert await probe_of(clock, site, resolve=changing).problem(f"{site.base}/ok") == ""
    assert (len(asked), site.seen) == (1, ["/ok"])


async def test_a_name_that_does_not_exist_is_told(clock: Any, site: Site) -> None:
    async def nowhere(host: str, port: int) -> Sequence[tuple[int, str]]:
        raise socket.gaierror(socket.EAI_NONAME, "unknown")

    assert await probe_of(clock, site, resolve=nowhere).problem(f"{site.base}/ok") == "域名不存在"


async def test_the_links_of_a_draft_are_looked_at_and_told_after_the_second_failure(
    database: str, clock: Any, site: Site
) -> None:
    async with in_transaction() as connection:
        await seed(connection)
    desk = Desk(clock=clock, trail=Trail(), credit_code="11441700007280420Y", working_days=WorkingDays())
    body = f"见[办事指南]({site.base}/ok)和[旧页面]({site.base}/gone)。"
    sheet = await desk.create(DRAFTER, DraftText(
        title="关于办事指南的通知", body=body, department="区民政局", category="通知公告", formed_on=date(2026, 11, 20),
    ))  # fmt: skip
    probe = probe_of(clock, site)

    async def broken() -> list[str]:
        return [each.quote for each in await desk.findings(sheet) if each.rule == "link.broken"]

    assert await probe.sweep() == 2
    assert (await broken(), await probe.sweep()) == ([], 0)
    clock.moment += timedelta(minutes=21)
    assert await probe.sweep() == 1
    assert await broken() == [f"{site.base}/gone"]
    clock.moment += timedelta(hours=7)
    assert await probe.sweep() == 2
    assert await LinkLook.all().count() == 2
