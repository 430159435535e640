"""Pure: what a lamp shows as a level in time (B-5).

A pattern is a row of seconds, lit and dark in turn beginning with lit, that repeats from the instant when the lamp
began to show it: each change is seen at once, and lamps that were set together flash together. No clock: `shown` says the level
and when it changes next.

    pattern        lit and dark, seconds            seen as                          meaning (B-5)
    OFF            -                                dark                             free
    STEADY         -                                lit                              parked, this station's own place
    SLOW           0.5 0.5                          1 a second, calm                 parked
    MEDIUM         0.25 0.25                        2 a second                       parked for long
    FAST           0.125 0.125                      4 a second                       recall near or ringing
    FLICKER        0.05 0.05                        10 a second                      armed
    DOUBLE_BLINK   0.1 0.1 0.1 0.7                  two flashes a second             refused (shown for 1 s)
    DOUBLE_SLOW    0.25 0.25 0.25 1.25              two long flashes every 2 s       coming back after a restart
    HEARTBEAT      0.1 1.9                          one flash every 2 s              status: registered and alive
    TWO_SHORT      0.1 0.2 0.1 1.6                  two flashes every 2 s            status: not registered
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from itertools import accumulate
from types import MappingProxyType


class Pattern(Enum):
    """What a lamp may show."""

    OFF = "off"
    STEADY = "steady"
    SLOW = "slow"
    MEDIUM = "medium"
    FAST = "fast"
    FLICKER = "flicker"
    DOUBLE_BLINK = "double_blink"
    DOUBLE_SLOW = "double_slow"
    HEARTBEAT = "heartbeat"
    TWO_SHORT = "two_short"


CADENCES: Mapping[Pattern, tuple[float, ...]] = MappingProxyType({
    Pattern.SLOW: (0.5, 0.5),
    Pattern.MEDIUM: (0.25, 0.25),
    Pattern.FAST: (0.125, 0.125),
    Pattern.FLICKER: (0.05, 0.05),
    Pattern.DOUBLE_BLINK: (0.1, 0.1, 0.1, 0.7),
    Pattern.DOUBLE_SLOW: (0.25, 0.25, 0.25, 1.25),
    Pattern.HEARTBEAT: (0.1, 1.9),
    Pattern.TWO_SHORT: (0.1, 0.2, 0.1, 1.6),
})  # fmt: skip
"""Seconds lit, dark, lit ... of each pattern that moves."""


@dataclass(frozen=True, slots=True)
class Shown:
    """The level of a lamp, and until when it stays so."""

    lit: bool
    until: float | None
    """Monotonic seconds, always after the instant asked for; None: until another pattern is set."""


def shown(pattern: Pattern, began: float, now: float) -> Shown:
    """Level at `now` of a lamp that shows a pattern since `began`; an instant before that counts as `began`."""
    cadence = CADENCES.get(pattern)
    if cadence is None:
        return Shown(lit=pattern is Pattern.STEADY, until=None)
    period = sum(cadence)
    start = began + period * math.floor(max(0.0, now - began) / period)
    for step, end in enumerate(accumulate(cadence)):
        if now < start + end:
            return Shown(lit=step % 2 == 0, until=start + end)
    return Shown(lit=True, until=start + period + cadence[0])  # the quotient was rounded down: the next round began
