"""Whatever citizens and handlers do in whatever order, with every message delivered several times and shuffled: each word that
was meant for a person is in his case once, and each word of a person reaches the citizen once."""

import asyncio
import random
from collections import Counter
from typing import Any

import pytest

from audit.actor import Actor
from bot.inbox import Inbox
from bot.reporting import Reports
from casework.case import State
from casework.errors import CaseRefused
from casework.records import CaseMessage, CitizenCase
from knowledge.curation import Curation
from tests.bot.test_a_person_answers_and_the_bot_is_silent import Parts, Platform, reaching
from tests.casework.conftest import LI, WANG

SENDERS = ("oA", "oB", "oC")


@pytest.fixture
async def parts(base: Any, clock: Any, curation: Curation, reports: Reports, inbox: Inbox) -> Parts:
    await curation.put_entries(base.entries.values(), actor=Actor.machine("测试"))
    return Parts(base=base, clock=clock, curation=curation, reports=reports, inbox=inbox)


@pytest.mark.parametrize("seed", range(6))
async def test_each_word_arrives_once(parts: Parts, seed: int) -> None:
    chance, platform = random.Random(seed), Platform()
    sweep, meant, written, read = reaching(parts, platform), Counter[str](), Counter[str](), list[str]()
    for sender in SENDERS:
        await parts.registered(sender=sender)
    for step in range(60):
        parts.clock.advance(chance.choice((1, 30, 600)))
        sender = chance.choice(SENDERS)
        case = await CitizenCase.filter(sender=sender).order_by("-id").get()
        match chance.choice(("speak", "speak", "burst", "answer", "answer", "close", "reopen", "sweep")):
            case "speak" | "burst" as how:
                words = [f"第{step}步{n}句" for n in range(4 if how == "burst" else 1)]
                messages = [parts.inbound(word, sender) for word in words]
                shuffled = messages * 3
                chance.shuffle(shuffled)
                replies = await asyncio.gather(*(
                    parts.reception.receive(each, now=parts.clock.moment, budget=30.0) for each in shuffled
                ))  # fmt: skip
                for message in messages:
                    said = {reply for each, reply in zip(shuffled, replies, strict=True) if each is message}
                    assert len(said) == 1  # Every delivery of a message gets the same reply.
                    read += said
                if case.state != State.CLOSED:
                    meant.update(words)
            case "answer":
                handler, word = chance.choice((WANG, LI)), f"答{step}"
                try:
                    await parts.desk.reply(case.number, word, by=handler, final=chance.random() < 0.5)
                    written[word] += 1
                except CaseRefused:
                    assert case.state == State.CLOSED or case.handler_id != handler.account_id
            case "close":
                if case.state != State.CLOSED and case.last_word_at:
                    owner = WANG if case.handler_id == WANG.account_id else LI
                    await parts.desk.close(case.number, outcome="done", by=owner)
            case "reopen":
                read.append(await parts.says("没解决", sender))
                if case.state != State.CLOSED:
                    meant["没解决"] += 1
            case _:
                await sweep.sweep()
    await sweep.sweep()
    kept = Counter(row.text for row in await CaseMessage.filter(side="citizen"))
    assert {word: kept[word] for word in meant if word != "没解决"} == {w: 1 for w in meant if w != "没解决"}
    assert kept["没解决"] >= meant["没解决"]
    told = "\n".join([*read, *(text for _, text in platform.sent)]) + "\n"
    assert {word: told.count(f"：\n{word}\n") for word in written} == dict.fromkeys(written, 1)
