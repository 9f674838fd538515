"""What the handbook puts in quotation marks can be found on the screens: the name of a button is written as it stands there."""

import re
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
HANDBOOK: Final = ROOT / "docs" / "handbook.zh-CN.md"
SCREENS: Final = ("console", "disclosures", "publishers", "scheduler", "staff")
KINDS: Final = {".html", ".py", ".js", ".mjs", ".ts", ".json"}
PUT_TOGETHER: Final = {
    "初审通过": "通过</button>",
    "去初审：通过或退回": "：通过或退回",
    "合在一起，保存为第 3 版": "合在一起，保存为第 ",
    "本条不在微博发布": "本条不在",
}
"""Words with a part that the page fills in, and what of them stands in its template."""


def quoted() -> set[str]:
    """The words in quotation marks; a way through the navigation counts as its places."""
    found = re.findall(r"“([^”]+)”", HANDBOOK.read_text(encoding="utf-8"))
    return {place.strip() for words in found for place in words.split("›")}


def screens() -> str:
    """Everything that is written on screens, with its tags and without."""
    files = [path for name in SCREENS for path in sorted((ROOT / name).rglob("*")) if path.suffix in KINDS]
    text = "\n".join(path.read_text(encoding="utf-8") for path in files if "node_modules" not in path.parts)
    return text + re.sub(r"<[^>]+>", "", text)


def test_the_handbook_speaks_the_words_of_the_screens() -> None:
    shown, words = screens(), quoted()
    assert len(words) > 100
    strange = sorted(each for each in words if PUT_TOGETHER.get(each, each) not in shown)
    assert not strange, f"no screen says {'、'.join(strange)}"
