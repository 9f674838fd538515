"""What WeChat allows, as data with its source: the platform changes these, and some were never settled."""

from dataclasses import dataclass
from datetime import date
from typing import Final

SOURCE: Final = "https://developers.weixin.qq.com/doc/subscription/api/draftbox/draftmanage/api_draft_add.html"


@dataclass(frozen=True, slots=True, kw_only=True)
class WeChatLimits:
    """The rules in force. Lengths in characters unless the name says bytes. Read on ``effective`` at ``source``."""

    source: str = SOURCE
    effective: date = date(2026, 10, 7)
    title: int = 32
    """32 字, stated since 2025-12-19."""
    author: int = 16
    digest: int = 120
    """120 字 in the reading of 2026-10; 128 in the text of 2025-12: the smaller is safe under both."""
    content: int = 20_000
    """The article's HTML must be shorter than this, marks and styles included."""
    content_bytes: int = 1024 * 1024
    source_url_bytes: int = 1024
    body_picture_bytes: int = 1_000_000
    """uploadimg takes jpg and png below 1 MB; whether the mega is decimal is not said, so the smaller is kept."""
    picture_url: int = 200
    """What a picture's address on the platform may take of ``content``, for the estimate before it is uploaded."""
    picture_pixels: int = 50_000_000
    """Ours, against decompression bombs."""
    table_columns: int = 4
    """Ours: a wider table is not legible on a telephone of 375 px and becomes one card for each row."""
    client_message_id_bytes: int = 32
    client_message_id_hours: int = 24
    """How long mass/sendall remembers a clientmsgid."""
    custom_text_bytes: int = 2_000
    """A customer-service text; 2,048 was measured, no figure is official."""
