"""What lies over the entries of a base: the district's dictionary, the pins, and the rules that come before it. Pure."""

from dataclasses import dataclass, field

from knowledge.canned import Rules
from knowledge.dictionary import Dictionary
from knowledge.dictionary_pins import Pins


@dataclass(frozen=True, slots=True, kw_only=True)
class Layers:
    """All three as they are at one generation of the base."""

    words: Dictionary = field(default_factory=Dictionary)
    pins: Pins = field(default_factory=Pins)
    rules: Rules = field(default_factory=Rules)


NO_LAYERS = Layers()
