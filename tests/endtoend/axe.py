"""What is wrong with a page for somebody who cannot see, cannot use a mouse, or reads it on a telephone: axe-core, the width,
and what the browser itself complains about."""

from importlib.resources import files
from typing import Any, Final

from playwright.async_api import ConsoleMessage, Page

AXE: Final = (files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")
"""axe-core as its Python package brings it; put into the page past its Content-Security-Policy, as a tester's tool may be."""
GRAVE: Final = frozenset({"serious", "critical"})
RUN: Final = """
() => axe.run(document, { iframes: false, resultTypes: ['violations'] }).then(found => found.violations.map(rule => ({
  id: rule.id, impact: rule.impact, help: rule.help,
  nodes: rule.nodes.slice(0, 4).map(node => ({
    html: node.html.slice(0, 160), where: node.target.join(' '),
    why: node.any.concat(node.all, node.none).map(check => check.message).slice(0, 2).join('; ')
  }))
})))
"""
WIDER: Final = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
WIDEST: Final = """
() => Array.from(document.querySelectorAll('body *')).filter(each => {
  const box = each.getBoundingClientRect();
  return box.width > 0 && box.right > document.documentElement.clientWidth + 1;
}).slice(0, 4).map(each => each.tagName.toLowerCase() + '.' + each.className).join(', ')
"""


async def violations(page: Page, *, impacts: frozenset[str] = GRAVE) -> list[str]:
    """One line for each rule that the page breaks as it is shown now, with the places; ``impacts`` says how grave."""
    if not await page.evaluate("typeof axe === 'object'"):
        await page.evaluate(AXE)
    found: list[dict[str, Any]] = await page.evaluate(RUN)
    return [_line(rule) for rule in found if rule["impact"] in impacts]


def _line(rule: dict[str, Any]) -> str:
    places = "\n      ".join(f"{node['where']}: {node['why']} in {node['html']}" for node in rule["nodes"])
    return f"{rule['impact']} {rule['id']}: {rule['help']}\n      {places}"


async def too_wide(page: Page) -> str:
    """What runs off the side of the page as it is shown now; empty when nothing does."""
    wider = await page.evaluate(WIDER)
    return f"{wider} px too wide: {await page.evaluate(WIDEST)}" if wider > 0 else ""


class Complaints:
    """What the browser says about the pages of one tab: script errors, refusals of the policy, files that are missing."""

    def __init__(self, page: Page) -> None:
        self.heard: list[str] = []
        page.on("console", self._note)
        page.on("pageerror", lambda error: self.heard.append(f"script: {error}"))

    def _note(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.heard.append(f"browser: {message.text}")

    def taken(self) -> list[str]:
        """What was heard since the last time."""
        heard, self.heard = self.heard, []
        return heard
