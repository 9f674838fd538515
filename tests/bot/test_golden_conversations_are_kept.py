"""Every file in tests/conversations is played through the wired product on the demo's knowledge (features V5)."""

import json
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path

import pytest

from bot.golden import Condition, ScriptRefused, parse
from disclosures.records import Unit
from gateway.commands.demo import demo_settings
from gateway.commands.knowledge_talk import played
from gateway.demonstration_layers import demo_items
from knowledge import exchange

SCRIPTS = sorted((Path(__file__).parent.parent / "conversations").glob("*.txt"))
DEMO = files("gateway").joinpath("data", "demo")
NOW = datetime(2026, 11, 27, 2, 0, tzinfo=UTC)


async def wrong(tmp_path: Path, *texts: tuple[str, str]) -> list[str]:
    scripts = [script for name, text in texts for script in parse(text, name=name, now=NOW)]
    entries = [
        exchange.from_json(json.loads(line))
        for name in ("entries.jsonl", "rumours.jsonl")
        for line in DEMO.joinpath(name).read_text(encoding="utf-8").splitlines()
    ]
    office = Unit(code="mz", name="区民政局", short_name="民政局", phone="0000-8600101", hours="工作日 9:00–12:00")
    settings, layers = demo_settings(tmp_path, port=1, sandbox_port=2), demo_items(DEMO)
    found = await played(settings, entries, [office], scripts, layers)
    return [f"{one.title} 第 {one.line} 行“{one.said}”：{one.why}\n{one.reply}" for one in found]


async def test_the_conversations_go_as_they_are_written(tmp_path: Path) -> None:
    assert len(SCRIPTS) >= 2
    found = await wrong(tmp_path, *((path.name, path.read_text(encoding="utf-8")) for path in SCRIPTS))
    assert not found, "\n\n".join(found)


async def test_a_script_that_is_not_kept_says_which_line_and_why(tmp_path: Path) -> None:
    text = "# 不对的\n问：低保怎么申请\n答：含“月球”；首行“你好”；条目“x”；做法“choose”；不含“依据”\n"
    (found,) = await wrong(tmp_path, ("x.txt", text))
    assert found.startswith("不对的 第 2 行“低保怎么申请”：回复中没有“月球”；首行是“")
    for why in ("应为“你好”", "应为“x”", "应为“choose”", "回复中不应有“依据”"):
        assert why in found


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "没有对话"),
        ("问：低保", "第 1 行之后没有写“答：”"),
        ("答：含“低保”", "第 1 行：“答：”之前没有“问：”"),
        ("渠道：钉钉\n问：a\n答：含“b”", "没有“钉钉”这个渠道"),
        ("时间：明天\n问：a\n答：含“b”", "时间请写成"),
        ("过：一会儿\n问：a\n答：含“b”", "请写成“16分钟”"),
        ("问：a\n答：低保", "请写成：含“…”"),
        ("问：a\n答：含“b”；还有别的", "请写成：含“…”"),
        ("你好\n问：a\n答：含“b”", "看不懂“你好”"),
        ("问：" + "a" * 200_001, "超过"),
    ],
)
def test_a_script_that_cannot_be_read_says_where(text: str, said: str) -> None:
    with pytest.raises(ScriptRefused) as refused:
        parse(text, name="剧本.txt", now=NOW)
    assert said in str(refused.value)


def test_a_text_of_several_lines_is_one_message_and_people_keep_apart() -> None:
    (script,) = parse("问：第一行\n  第二行\n答：含“a”\n人：乙\n过：2小时\n问：b\n答：不含“c”", name="x", now=NOW)
    first, second = script.sayings
    assert first.text == "第一行\n第二行"
    assert (first.person, second.person, second.after.total_seconds()) == ("甲", "乙", 7200)
    assert second.wanted == (Condition(what="不含", value="c"),)
