"""Atoms: the stretches of an entry's text that are cut once, and the fields whose units are rows of them."""

from dataclasses import dataclass
from enum import IntEnum

from knowledge.entry import Entry
from knowledge.keywords import normalise
from knowledge.passages import WINDOW, pieces

HEAD_CHARACTERS = 60  # the beginning of a body stands in for a missing title
_ENOUGH_FOR_A_HEAD = 400  # the first piece of a body ends well before


class Role(IntEnum):
    """What an atom is of its entry. An entry's atoms lie in this order."""

    head = 0
    question = 1
    piece = 2
    keywords = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """Which roles make up a field, and how many neighbours are one unit; 0 for one unit an entry, of them all."""

    name: str
    roles: tuple[Role, ...]
    window: int

    @property
    def mask(self) -> int:
        """The roles as bits."""
        return sum(1 << role for role in self.roles)


FIELDS = (
    Field(name="full", roles=(Role.question, Role.piece, Role.keywords), window=0),
    Field(name="questions", roles=(Role.head, Role.question), window=1),
    Field(name="passages", roles=(Role.piece,), window=WINDOW),
)
FULL, QUESTIONS, PASSAGES = (field.name for field in FIELDS)


def atoms_of(entry: Entry) -> list[tuple[Role, str]]:
    """An entry's atoms, normalised, in the order of their roles."""
    questions = [(Role.question, text) for text in _given_questions(entry)]
    body = [(Role.piece, normalise(piece)) for piece in pieces(entry.body)]
    head = [] if questions or not body else [(Role.head, body[0][1][:HEAD_CHARACTERS])]
    keywords = [(Role.keywords, normalise(" ".join(entry.keywords)))] if entry.keywords else []
    return [*head, *questions, *body, *keywords]


def questions_of(entry: Entry) -> list[str]:
    """The normalised questions of an entry: its title and similar questions, or the beginning of its body."""
    questions = _given_questions(entry)
    if not questions:
        body = pieces(entry.body[:_ENOUGH_FOR_A_HEAD])
        questions = [normalise(body[0])[:HEAD_CHARACTERS]] if body else []
    return questions


def is_titled(entry: Entry) -> bool:
    """Whether somebody wrote down what the entry answers."""
    return bool(entry.title.strip() or entry.similar)


def _given_questions(entry: Entry) -> list[str]:
    return [normalise(question) for question in (entry.title, *entry.similar) if question.strip()]
