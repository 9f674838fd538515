"""
BotError
├── EnvelopeRefused    a callback that is not from the platform, or not readable
└── NotKept            a message that neither the database nor this machine's disk could take

One class and one message for everything that is wrong with a callback: which check failed is told to nobody, because a
difference that can be seen from outside is an oracle for the cipher.
"""


class BotError(Exception):
    """Something about answering a citizen."""


class EnvelopeRefused(BotError):
    """The callback was refused."""

    def __init__(self) -> None:
        super().__init__("The callback was refused.")


class NotKept(BotError):
    """The message is nowhere yet: the platform must deliver it again."""
