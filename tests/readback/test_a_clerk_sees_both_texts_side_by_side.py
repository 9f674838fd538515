"""The proof on the screen: the verdict in words, both texts with the difference marked, and what was seen before."""

import re

from console.proofs import proofs_of_release
from console.screen import Screen
from tests.readback.conftest import Stage


def shown(proofs: object) -> str:
    """The partial template as the release page includes it."""
    return Screen(site_name="明白区")._templates.get_template("proofs.html").render(proofs=proofs)


async def test_the_difference_is_marked_on_both_sides(stage: Stage) -> None:
    rows = await stage.out()
    row = rows["wechat"]
    assert "发布后 5 秒开始核对" in shown(await proofs_of_release(row.release_id))
    article = await stage.client.published_article(row.facts["article_id"])
    assert article is not None
    wrong = {"content": article["content"].replace("935元", "<b>395</b>元"), "source_url": "https://evil.example/"}
    await stage.control("POST", f"articles/{stage.slug(row)}/text", wrong)
    await stage.control("POST", "weibo/review", {"mid": rows["weibo"].facts["mid"]})
    for seconds in (5, 60):
        stage.clock.advance(seconds)
        await stage.proving.sweep()
    proofs = {proof.channel: proof for proof in await proofs_of_release(row.release_id)}
    assert [proof.mark for proof in proofs.values()] == ["✔", "✘", "✘", "✔"]
    page = shown(list(proofs.values()))
    assert "与审核通过的内容不一致" in page
    assert "平台上已看不到" in page
    assert re.findall(r"<del>(.*?)</del>", page) == ["935"]
    assert re.findall(r"<ins>(.*?)</ins>", page) == ["395"]
    assert "evil.example" in page
    # The second look refers to the texts of the first, and the screen shows them all the same.
    assert "935元" in proofs["wechat"].approved
    assert "395元" in proofs["wechat"].live
    assert len(proofs["wechat"].history) == 2


async def test_what_a_platform_shows_is_never_run_on_our_screen(stage: Stage) -> None:
    row = (await stage.out())["weibo"]
    await stage.control(
        "POST", f"weibo/posts/{row.facts['mid']}/text", {"text": "&lt;script&gt;alert(1)&lt;/script&gt;"}
    )
    stage.clock.advance(5)
    await stage.proving.sweep()
    page = shown(await proofs_of_release(row.release_id))
    assert "<script>" not in page
    assert "&lt;script&gt;" in page
