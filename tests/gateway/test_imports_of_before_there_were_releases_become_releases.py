"""The migration that brings releases makes one of every import there was, so that a rollback and an undo cover those too."""

import json
from typing import Any

import pytest
from tortoise import Tortoise
from tortoise.backends.base.executor import EXECUTOR_CACHE
from tortoise.connection import get_connection
from tortoise.migrations.executor import MigrationTarget

from audit.actor import Actor
from audit.trail import Trail
from gateway.database.connection import connect, disconnect, tortoise_config
from gateway.database.migrate import _executor, migrate
from gateway.database.seed import seed
from knowledge.curation import Curation
from knowledge.frozen import digest, thawed
from knowledge.history import at_release
from knowledge.intake import Intake
from knowledge.records import KnowledgeEntry, KnowledgeRelease

BEFORE = "0003_knowledge_imports"
AT = "2026-11-01 00:00:00+00:00"


@pytest.fixture(
    params=["sqlite", pytest.param("postgres", marks=[pytest.mark.postgres, pytest.mark.xdist_group("postgres")])]
)
async def url(request: pytest.FixtureRequest, tmp_path: Any) -> str:
    """An open database as it was before, with two imports in it."""
    if request.param == "sqlite":
        url = f"sqlite://{tmp_path}/old.db"
    else:
        url = request.getfixturevalue("postgres_url")
        await _scripts(url, ["DROP SCHEMA public CASCADE", "CREATE SCHEMA public"])
    await _scripts(url, rows(), first=BEFORE)
    return url


async def _scripts(url: str, scripts: list[str], *, first: str = "") -> None:
    await Tortoise.init(config=tortoise_config(url))
    try:
        if first:
            await _executor().migrate([MigrationTarget(app_label="mingbai", name=first)])
        for sql in scripts:
            await get_connection("default").execute_script(sql)
    finally:
        await Tortoise.close_connections()


def rows() -> list[str]:
    new = json.dumps({"id": "a", "kind": "faq", "title": "题", "body": "第二稿"}, ensure_ascii=False)
    old = json.dumps({"id": "a", "kind": "faq", "title": "题", "body": "第一稿"}, ensure_ascii=False)
    entry = (
        'INSERT INTO knowledge_entry (entry_id, kind, title, body, "similar", keywords, verdict, unit, source, source_url, '
        "document_number, issuer, validity, evidence, phone, origin, live, changed_in, updated_at) VALUES "
        f"('a', 'faq', '题', '第二稿', '[]', '[]', '', '', '', '', '', '', '有效', '', '', 'curator', TRUE, 2, '{AT}')"
    )
    imports = [
        'INSERT INTO knowledge_import ("at", "by", file, sha256, mode, counts, undone_by) '
        f"VALUES ('{AT}', '命令行导入', '{name}', 'x', 'replace', '{counts}', '')"
        for name, counts in (("一.xlsx", '{"new": 1}'), ("二.xlsx", '{"changed": 1}'))
    ]
    sha = digest(thawed(json.loads(new)))
    return [
        "INSERT INTO knowledge_state (id, generation) VALUES (1, 2)", entry, *imports,
        "INSERT INTO knowledge_import_change (import_id, entry_id, before, after_sha256) VALUES (1, 'a', NULL, 'x')",
        f"INSERT INTO knowledge_import_change (import_id, entry_id, before, after_sha256) VALUES (2, 'a', '{old}', '{sha}')",
    ]  # fmt: skip


async def test_every_import_is_a_release_and_can_still_be_undone(url: str, clock: Any) -> None:
    # tortoise-orm keeps the SQL of a model's statements for the whole process, whatever database came first.
    EXECUTOR_CACHE.clear()
    await migrate(url, then=seed)
    await connect(url)
    try:
        releases = await KnowledgeRelease.all().order_by("number")
        assert [(row.number, row.origin, row.title, row.target) for row in releases] == [
            (1, "import", "一.xlsx", 1), (2, "import", "二.xlsx", 2),
        ]  # fmt: skip
        entry = await KnowledgeEntry.get(entry_id="a")
        assert (entry.responsible, entry.next_review_on, entry.checked) == ("", None, None)
        then = (await at_release(1))["a"]
        assert then is not None
        assert then.body == "第一稿"
        intake = Intake(clock=clock, trail=Trail(), curation=Curation(clock=clock, trail=Trail()))
        assert (await intake.undo(2, actor=Actor.machine("测试"))).restored == 1
        assert (await KnowledgeEntry.get(entry_id="a")).body == "第一稿"
        assert await KnowledgeRelease.filter(number=3, origin="undo").exists()
    finally:
        await disconnect()
        EXECUTOR_CACHE.clear()
