"""The wiring of the press desk: kinds, checks, reviews, calendar, figures, comments, archive."""

from console.echo_desk import EchoDesk
from console.press import PressDesk


def press_desk(
    *,
    echo: EchoDesk | None = None,
) -> PressDesk:
    return PressDesk(
        echo=echo,
    )
