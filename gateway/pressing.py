"""The wiring of the press desk: kinds, checks, reviews, calendar, figures, comments, archive."""

from console.press import PressDesk


def press_desk() -> PressDesk:
    return PressDesk()
