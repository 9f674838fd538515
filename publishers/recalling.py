"""Recalling: brings answers that were kept in the evidence file to the database, when it can be reached again."""

import asyncio
import logging
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from audit.clock import Clock
from audit.kept_lines import KeptLines
from publishers.answer import proof_in
from publishers.conclusion import AfterPublish
from publishers.errors import StaleClaim
from publishers.ledger import Ledger
from publishers.port import Capabilities, ChannelName, Sighting
from publishers.records import Attempt, Delivery
from publishers.states import AFTER_INTENT, Patience, State

log = logging.getLogger(__name__)
VERB = "evidence"


class Recalling:
    """Each answer becomes an attempt of its delivery and settles it, if nobody knows yet what became of that very send."""

    def __init__(
        self,
        *,
        ledger: Ledger,
        evidence: KeptLines,
        capabilities: Mapping[ChannelName, Capabilities],
        clock: Clock,
        patience: Patience,
        after_publish: AfterPublish,
    ) -> None:
        self._ledger = ledger
        self._evidence = evidence
        self._capabilities = capabilities
        self._clock = clock
        self._patience = patience
        self._after_publish = after_publish

    async def recall(self) -> int:
        """Returns how many answers the database has now. To be called at the start and every few seconds: doing it twice
        changes nothing, and an answer whose row another worker still holds waits in the file."""
        answers = await asyncio.to_thread(self._evidence.read)
        done = []
        for answer in answers:
            try:
                if await self._recall(answer):
                    done.append(answer["mark"])
            except Exception:
                # The edge of a loop: one answer that cannot be used now must not keep the others waiting.
                log.exception("the kept answer to delivery %s cannot be used now", answer.get("delivery"))
        await asyncio.to_thread(self._evidence.forget, done)
        return len(done)

    async def _recall(self, answer: Mapping[str, Any]) -> bool:
        row = await Delivery.get_or_none(id=int(answer.get("delivery") or 0))
        if row is None:
            # A database from before that release: the answer is kept for whoever reconciles.
            log.error("the evidence file has an answer to delivery %s, which is unknown", answer.get("delivery"))
            return False
        await self._attach(answer, row)
        proof = proof_in(answer)
        if proof is None or State(row.state) not in AFTER_INTENT or await self._sent_since(answer, row):
            return True
        return await self._settle(row, proof)

    async def _attach(self, answer: Mapping[str, Any], row: Delivery) -> None:
        known = await Attempt.filter(delivery_id=row.id, verb=VERB)
        if any(attempt.detail.get("mark") == answer["mark"] for attempt in known):
            return
        await Attempt.create(
            delivery_id=row.id,
            verb=VERB,
            fence=int(answer.get("fence") or 0),
            owner=str(answer.get("owner", ""))[:96],
            began_at=datetime.fromisoformat(str(answer["at"])),
            ended_at=await self._clock.now(),
            outcome=str(answer.get("outcome", ""))[:32],
            detail=dict(answer),
        )

    async def _sent_since(self, answer: Mapping[str, Any], row: Delivery) -> bool:
        """A later send, on a person's word, has an outcome of its own."""
        return await Attempt.filter(delivery_id=row.id, verb="send", id__gt=int(answer.get("attempt") or 0)).exists()

    async def _settle(self, row: Delivery, proof: Sighting) -> bool:
        claim = await self._ledger.claim_one(row.id)
        if claim is None:
            return False
        now = await self._clock.now()
        settled = claim.settled_by(
            proof, capabilities=self._capabilities[claim.channel], now=now, patience=self._patience
        )
        try:
            await self._ledger.settle(claim, settled, proof, self._after_publish)
        except StaleClaim:
            return False
        return True
