"""One key, told once, by however many ways its phone tells it. Pure.

Keys come as telephone-events (RFC 4733), in an INFO, or as tones in the sound. A phone, or a gateway behind it, that uses two
ways at once says each key twice, a moment apart; a person presses the same key again by the same way. So a key that
came by another way a moment ago, and has not been answered for by this way yet, is that one's echo.
"""

from dataclasses import dataclass, replace
from enum import Enum

from appliance.core.ids import Seconds

ECHO = Seconds(2)
"""How far apart two ways may tell one key: INFO is sent when it is let go, a tone is heard when it is pressed."""


class Way(Enum):
    """How a key is told."""

    EVENT = "telephone-event"
    INFO = "INFO"
    TONES = "tones"


@dataclass(frozen=True, slots=True)
class Told:
    """A key that was passed on, and by which ways it has been told so far."""

    digit: str
    at: Seconds
    ways: frozenset[Way]


@dataclass(frozen=True, slots=True)
class Digits:
    """What a leg has told of late, oldest first."""

    told: tuple[Told, ...] = ()


def take(digits: Digits, way: Way, digit: str, now: Seconds) -> tuple[Digits, bool]:
    """Return what is known then, and whether the key is a new one."""
    recent = tuple(one for one in digits.told if now - one.at <= ECHO)
    for at, one in enumerate(recent):
        if one.digit == digit and way not in one.ways:
            heard = replace(one, ways=one.ways | {way})
            return Digits((*recent[:at], heard, *recent[at + 1 :])), False
    return Digits((*recent, Told(digit, now, frozenset({way})))), True
