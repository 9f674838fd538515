"""The archive package: everything is in it, the same again gives the same bytes, it is read with nothing but a browser, and a
single changed letter shows."""

import asyncio
import hashlib
import io
import json
import os
import re
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from aiohttp import ClientError, ClientSession

from audit.records import AuditRecord
from audit.trail import Trail
from console.archive.making import Archives
from console.archive.package import entry, package, zipped
from console.archive.verifying import Unreadable, verify
from console.errors import ArchiveTooLarge
from disclosures.records import StoredFile
from publishers.records import Delivery, ForeignPost, ReadBack
from scheduler.records import Probe
from tests.console.conftest import BODY, Browser, House, draft

CSV = "对象,元\n低保户,400\n".encode()


async def _released(house: House, call: Any, clock: Any, **changed: Any) -> int:
    """A text with an attachment: rejected once, mended, approved, released, read back."""
    file = await house.files.put(CSV, "标准.csv", "text/csv", by=house.people["nigao"].actor, title="补贴标准")
    body = draft(attachments=[{"sha256": file.sha256, "title": "补贴标准"}], **changed)
    number = int((await call("nigao")("POST", "/disclosures", body)).body["id"])
    await call("nigao")("POST", f"/disclosures/{number}/submit")
    await call("chushen")("POST", f"/disclosures/{number}/reject", {"remark": "请核对<金额>"})
    await call("nigao")("PATCH", f"/disclosures/{number}", {"summary": "每户300元，已核对。"})
    await call("nigao")("POST", f"/disclosures/{number}/submit")
    for name in ("chushen", "fushen", "zhongshen"):
        assert (await call(name)("POST", f"/disclosures/{number}/approve")).status == 200
    await call("fabu")(
        "POST", "/releases", {"disclosure": number, "at": "now", "channels": ["portal", "wechat", "weibo"]}
    )
    await house.dispatcher.settle_down()
    row = await Delivery.get(disclosure_id=number, channel="weibo")
    await ReadBack.create(
        delivery_id=row.id, at=clock.moment, verdict="different", approved="每户300元", live="每户3000元",
        difference=[{"op": "changed", "approved": "300", "live": "3000"}],
    )  # fmt: skip
    return number


async def _zip(browser: Callable[[], Browser], path: str, name: str = "nigao") -> bytes:
    mine = browser()
    await mine.sign_in(name)
    async with mine.session.get(mine.base + path) as answer:
        assert answer.status == 200, path
        assert answer.headers["Content-Type"] == "application/zip"
        assert answer.headers["Content-Disposition"].startswith("attachment")
        return await answer.read()


def _read(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        return {info.filename: archive.read(info) for info in archive.infolist()}


def _written(path: Path, files: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return path


async def test_everything_is_in_it_and_it_proves_itself(
    house: House, call: Any, clock: Any, browser: Callable[[], Browser], tmp_path: Path
) -> None:
    number = await _released(house, call, clock)
    data = await _zip(browser, f"/console/disclosures/{number}/archive.zip")
    files = {name.removeprefix(f"disclosure-{number}/"): held for name, held in _read(data).items()}
    manifest = json.loads(files["manifest.json"])
    approved = manifest["disclosure"]["approved_hash"]
    assert hashlib.sha256(files["text/revision-2/content.json"]).hexdigest() == approved
    assert files["text/revision-1/source.md"].decode().strip() == BODY
    assert {row["decision"] for row in manifest["signatures"]} == {"approved", "rejected"}
    assert len({row["reviewer_id"] for row in manifest["signatures"] if row["content_hash"] == approved}) == 3
    for row in manifest["deliveries"]:
        assert hashlib.sha256(files[row["payload"]]).hexdigest() == row["payload_sha256"]
    assert {row["channel"] for row in manifest["deliveries"]} == {"portal", "wechat", "weibo"}
    (file,) = manifest["files"]
    assert files[file["path"]] == CSV
    for line in files["SHA256SUMS"].decode().splitlines():
        mark, path = line.split("  ", 1)
        assert hashlib.sha256(files[path]).hexdigest() == mark
    (found,) = verify(_written(tmp_path / "a.zip", _read(data)))
    assert found.faults == ()
    assert (found.revisions, found.signatures, found.deliveries) == (2, 4, 3)
    assert found.acts == len(files["audit/records.jsonl"].splitlines()) > 10


async def test_its_page_is_read_with_a_browser_alone(
    house: House, call: Any, clock: Any, browser: Callable[[], Browser]
) -> None:
    number = await _released(house, call, clock)
    files = _read(await _zip(browser, f"/console/disclosures/{number}/archive.zip"))
    folder = f"disclosure-{number}/"
    page = files[f"{folder}index.html"].decode()
    for told in (
        "王初审",
        "退回",
        "请核对&lt;金额&gt;",
        "与审核通过的内容不一致",
        "<ins>3000</ins>",
        "补贴标准",
        "安排在门户",
        "怎样核对",
    ):
        assert told in page, told
    assert "<script" not in page
    assert not re.search(r"""(?:src|href)=["'](?:https?:)?//""", page), "nothing is fetched from anywhere"
    for link in re.findall(r'href="([^"#][^"]*)"', page):
        there = folder + unquote(link)
        assert there in files or any(name.startswith(there) for name in files), link


async def test_the_same_again_gives_the_same_bytes(
    house: House, call: Any, clock: Any, browser: Callable[[], Browser]
) -> None:
    number = await _released(house, call, clock)
    path = f"/console/disclosures/{number}/archive.zip"
    first = await _zip(browser, path)
    clock.advance(3600)
    assert await _zip(browser, path, "fabu") == first
    notes = await AuditRecord.filter(subject=f"archive:{number}").order_by("id")
    assert [note.actor_name for note in notes] == ["李拟稿（nigao）", "周发布（fabu）"]
    sums = _read(first)[f"disclosure-{number}/SHA256SUMS"]
    assert {note.detail["sums"] for note in notes} == {hashlib.sha256(sums).hexdigest()}
    async with ClientSession() as session:
        headers = {"Authorization": f"Bearer {house.bearers['fabu']}"}
        async with session.get(f"{browser().base}/api/v1/disclosures/{number}/archive", headers=headers) as answer:
            assert await answer.read() == first, "the API gives the same package"


@pytest.mark.parametrize(
    ("path", "change", "fault"),
    [
        ("text/revision-2/content.json", lambda data: data.replace(b"300", b"900"), "第 2 版的内容与签署的摘要值不符"),
        ("index.html", lambda data: data + b" ", "内容被改动：index.html"),
        ("audit/records.jsonl", lambda data: data.replace("请核对".encode(), "同意".encode()), "被改动"),
        ("audit/records.jsonl", lambda data: b"\n".join(data.split(b"\n")[:-2]) + b"\n", "条数或末条"),
        ("reviews.json", None, "缺少文件：reviews.json"),
        ("manifest.json", lambda data: data.replace(b'"reviewer_id": 3', b'"reviewer_id": 2'), "同一人签署"),
        ("manifest.json", lambda data: b"[]", "归档清单读不懂"),
    ],
)  # fmt: skip
async def test_a_change_shows(
    house: House,
    call: Any,
    clock: Any,
    browser: Callable[[], Browser],
    tmp_path: Path,
    path: str,
    change: Any,
    fault: str,
) -> None:
    """Also when whoever changed it wrote new sums."""
    number = await _released(house, call, clock)
    files = _read(await _zip(browser, f"/console/disclosures/{number}/archive.zip"))
    where, sums = f"disclosure-{number}/{path}", f"disclosure-{number}/SHA256SUMS"
    if change is None:
        del files[where]
    else:
        changed = change(files[where])
        assert changed != files[where]
        if path != "index.html":
            marks = [hashlib.sha256(data).hexdigest().encode() for data in (files[where], changed)]
            files[sums] = files[sums].replace(*marks)
        files[where] = changed
    (found,) = verify(_written(tmp_path / "a.zip", files))
    assert any(fault in each for each in found.faults), found.faults


async def test_what_was_withdrawn_still_proves_that_it_was_signed(
    house: House, call: Any, clock: Any, browser: Callable[[], Browser], tmp_path: Path
) -> None:
    number = await _released(house, call, clock)
    await call("fabu")("POST", f"/disclosures/{number}/withdraw", {"explanation": "金额有误。"})
    await house.dispatcher.settle_down()
    files = _read(await _zip(browser, f"/console/disclosures/{number}/archive.zip"))
    assert "金额有误" in files[f"disclosure-{number}/index.html"].decode()
    (found,) = verify(_written(tmp_path / "a.zip", files))
    assert found.faults == ()
    where = f"disclosure-{number}/manifest.json"
    files[where] = files[where].replace(b'"step": "final"', b'"step": "first"')
    (found,) = verify(_written(tmp_path / "b.zip", files))
    assert any("没有齐全的三审签署" in each for each in found.faults)


async def test_the_command_makes_the_same_package_and_verifies_it_without_a_database(
    house: House, call: Any, clock: Any, browser: Callable[[], Browser], database: str, tmp_path: Path
) -> None:
    number = await _released(house, call, clock)
    first = await _zip(browser, f"/console/disclosures/{number}/archive.zip")

    async def run(*words: str, url: str) -> tuple[int, str]:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("MINGBAI_")}
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "gateway", "archive", *words, cwd=tmp_path, stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT, env={**environment, "MINGBAI_ENV": "test", "MINGBAI_DATABASE_URL": url},
        )  # fmt: skip
        told, _ = await process.communicate()
        return process.returncode or 0, told.decode()

    status, told = await run("make", str(number), "--to", "a.zip", url=database)
    assert (status, (tmp_path / "a.zip").read_bytes()) == (0, first), told
    status, told = await run("verify", "a.zip", url="sqlite:///nowhere/at/all.db")
    assert status == 0, told
    assert "完整" in told
    changed = _read(first)
    changed[f"disclosure-{number}/reviews.json"] += b" "
    _written(tmp_path / "b.zip", changed)
    status, told = await run("verify", "b.zip", "--json", url="sqlite:///nowhere/at/all.db")
    assert (status, "内容被改动：reviews.json" in told) == (6, True)


async def test_what_another_table_says_of_it_comes_in_by_itself(
    house: House, call: Any, clock: Any, browser: Callable[[], Browser]
) -> None:
    number = await _released(house, call, clock)
    release = (await Delivery.filter(disclosure_id=number).first()).release_id
    findings = [{"channel": "weibo", "severity": "warn", "message": "令牌三天后到期", "remedy": ""}]
    await Probe.create(release_id=release, horizon="1h", at=clock.moment, ok=False, findings=findings)
    await Probe.create(release_id=release + 1, horizon="1h", at=clock.moment, ok=True)
    await ForeignPost.create(
        channel="weibo", external_id="X1", disclosure_id=number, text="平台上多出的一条", found_at=clock.moment
    )
    files = _read(await _zip(browser, f"/console/disclosures/{number}/archive.zip"))
    (probe,) = json.loads(files[f"disclosure-{number}/records/probe.json"])
    assert probe["findings"][0]["message"] == "令牌三天后到期"
    page = files[f"disclosure-{number}/index.html"].decode()
    for told in ("发布前查验", "2026-11-23 09:30", "平台上多出的内容", "平台上多出的一条", "微博"):
        assert told in page, told


async def test_a_period_comes_as_one_file(
    house: House, call: Any, clock: Any, browser: Callable[[], Browser], tmp_path: Path
) -> None:
    first = await _released(house, call, clock)
    second = await _released(house, call, clock, title="关于第二件事的通知")
    await house.staff("shenji", "auditor", "钱审计")
    mine = browser()
    await mine.sign_in("shenji")
    assert await mine.get("/console/archive?since=2026-11-01&until=2026-11-30") == 200
    assert "共 <b>2</b> 件" in mine.text
    assert await mine.get("/console/archive/period.zip?since=2026-11-30&until=2026-11-01") == 422
    assert "起始日期不晚于截止日期" in mine.text
    assert await mine.get("/console/archive/period.zip?since=2025-01-01&until=2025-02-01") == 404
    data = await _zip(browser, "/console/archive/period.zip?since=2026-11-23&until=2026-11-23", "shenji")
    files = _read(data)
    page = files["index.html"].decode()
    assert f'href="disclosure-{first}/index.html"' in page
    assert "关于第二件事的通知" in page
    found = verify(_written(tmp_path / "a.zip", files))
    assert [each.folder for each in found] == [f"disclosure-{first}", f"disclosure-{second}"]
    assert not any(each.faults for each in found)
    assert (await AuditRecord.filter(verb="archive.made").order_by("-id").first()).detail["ids"] == [first, second]
    drafter = browser()
    await drafter.sign_in("nigao")
    assert await drafter.get("/console/archive/period.zip?since=2026-11-01&until=2026-11-30") == 403


async def test_a_lost_file_is_named_and_an_altered_one_is_not_handed_out(
    house: House, call: Any, clock: Any, browser: Callable[[], Browser], tmp_path: Path
) -> None:
    number = await _released(house, call, clock)
    archives = Archives(clock=clock, trail=Trail())
    await StoredFile.all().update(data=b"altered")
    mine = browser()
    await mine.sign_in("nigao")
    with pytest.raises(ClientError):
        await _zip(browser, f"/console/disclosures/{number}/archive.zip")
    await StoredFile.all().delete()
    pieces = [piece async for piece in zipped([await archives.make(number)])]
    path = tmp_path / "a.zip"
    path.write_bytes(b"".join(pieces))
    (found,) = verify(path)
    assert found.faults == ("归档时库中已没有文件“标准.csv”",)


async def test_what_is_too_large_is_refused_before_it_is_sent(
    house: House, call: Any, clock: Any, browser: Callable[[], Browser], monkeypatch: pytest.MonkeyPatch
) -> None:
    number = await _released(house, call, clock)
    monkeypatch.setattr("console.archive.making.MOST_BYTES", 100)
    mine = browser()
    await mine.sign_in("nigao")
    assert await mine.get(f"/console/disclosures/{number}/archive.zip") == 413
    assert "归档内容共" in mine.text
    monkeypatch.setattr("console.archive.making.MOST_IN_A_BATCH", 0)
    with pytest.raises(ArchiveTooLarge):
        await Archives(clock=clock, trail=Trail()).released(clock.moment.date(), clock.moment.date())


def test_what_is_no_package_is_told_so(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    path.write_bytes(b"PK no")
    with pytest.raises(Unreadable, match="打不开"):
        verify(path)
    with pytest.raises(Unreadable, match=r"manifest\.json"):
        verify(_written(tmp_path / "b.zip", {"a.txt": b"x"}))
    with pytest.raises(Unreadable, match="不安全的路径"):
        verify(_written(tmp_path / "c.zip", {"../a/manifest.json": b"{}"}))


def test_one_path_is_one_file() -> None:
    assert [each.path for each in package("x", [entry("b", "1"), entry("a", "2"), entry("b", "1")]).entries] == [
        "a",
        "b",
    ]
    with pytest.raises(ValueError, match="two different files"):
        package("x", [entry("a", "1"), entry("a", "2")])
