"""What truly happened on WeChat's side, counted by the examiner and not by the examined."""

from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any


@dataclass(slots=True, kw_only=True)
class Effect:
    """One article, mass text or customer message that reached the platform.

    `id` is publish_id or msg_id; `index` counts from 1 inside it. `body_sha256` is over the HTML (or text) as it was
    sent, `stored_sha256` over what the platform made of it. `at` is when the platform accepted it, `live_at` when the
    public could see it (0 = never), both in seconds since the epoch. `state`: running, live, failed.
    """

    id: str
    index: int
    title: str
    title_sha256: str
    body_sha256: str
    stored_sha256: str
    source_url: str
    media_id: str
    at: float
    live_at: float = 0.0
    state: str = "running"
    status: int | str = ""
    article_id: str = ""
    msg_data_id: str = ""
    url: str = ""
    openid: str = ""
    kind: str = ""
    deleted: bool = False
    recipients: int = 0

    def shown(self) -> dict[str, Any]:
        """As JSON, with readable times beside the exact ones."""
        data = asdict(self)
        data["at_iso"] = _iso(self.at)
        data["live_at_iso"] = _iso(self.live_at) if self.live_at else None
        return data


class Effects:
    """The three lists of effects."""

    def __init__(self) -> None:
        self.publications: list[Effect] = []
        self.mass_sends: list[Effect] = []
        self.customer_messages: list[Effect] = []
        self.previews: list[Effect] = []

    def shown(self) -> dict[str, list[dict[str, Any]]]:
        """Everything as JSON."""
        return {
            "publications": [effect.shown() for effect in self.publications],
            "mass_sends": [effect.shown() for effect in self.mass_sends],
            "customer_messages": [effect.shown() for effect in self.customer_messages],
            "previews": [effect.shown() for effect in self.previews],
        }


def _iso(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat()
