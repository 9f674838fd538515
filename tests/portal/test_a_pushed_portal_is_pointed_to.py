"""When the district's portal is another system: our address leads there, and it may fetch the files until withdrawal."""

from datetime import timedelta

from publishers.records import Delivery, Release


async def deliver(press, state, *, payload=None, url="https://portal.example/art/1.html"):
    release = await Release.create(
        disclosure_id=1,
        revision=1,
        content_hash="x",
        due_at=press.moment,
        created_by_id=1,
        created_by_name="甲",
        created_at=press.moment,
    )
    return await Delivery.create(
        release=release,
        disclosure_id=1,
        channel="portal",
        state=state,
        due_at=press.moment,
        content_hash="x",
        payload=payload or {},
        payload_sha256="x",
        url=url,
        updated_at=press.moment + timedelta(minutes=1),
    )


async def test_our_address_leads_to_the_page_over_there(serve, press):
    client = await serve(pushed=True)
    assert (await client.get("/d/1", allow_redirects=False)).status == 404
    await deliver(press, "submitted")
    assert (await client.get("/d/1", allow_redirects=False)).status == 404
    await deliver(press, "published")
    answer = await client.get("/d/1", allow_redirects=False)
    assert (answer.status, answer.headers["Location"]) == (302, "https://portal.example/art/1.html")


async def test_without_push_nothing_leads_away(serve, press):
    client = await serve()
    await deliver(press, "published")
    assert (await client.get("/d/1", allow_redirects=False)).status == 404


async def test_the_files_of_a_pushed_page_are_public_from_sending_to_withdrawal(serve, press):
    client = await serve(pushed=True)
    form = await press.store(b"form", name="表.pdf", media_type="application/pdf", title="表")
    delivery = await deliver(press, "pending", payload={"attachments": [{"sha256": form.sha256}], "body_html": ""})
    expected = {"pending": 404, "sending": 200, "published": 200, "withdrawing": 404, "withdrawn": 404}
    for state, status in expected.items():
        await Delivery.filter(id=delivery.id).update(state=state)
        assert (await client.get(f"/files/{form.sha256}/表.pdf")).status == status, state
