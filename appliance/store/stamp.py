"""When something was written, by each clock of the machine, and what that instant is on the clock of another process.

CLOCK_MONOTONIC is one clock for all processes of one boot; it begins anew with the next. Between two boots only the wall clock
speaks, and a Pi has none until the network is there: it is believed within bounds.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
LONGEST = 900.0
"""Seconds that a reboot can have taken; more than that is a wall clock that was wrong."""


@dataclass(frozen=True, slots=True)
class Stamp:
    """One instant."""

    boot: str
    """Which boot of the machine; empty: not known, equal to none."""
    monotonic: float
    wall: float
    """Seconds since 1970, if the clock was right."""


@dataclass(frozen=True, slots=True)
class Clock:
    """The clocks of this machine."""

    boot: str
    monotonic: Callable[[], float] = time.monotonic
    """The same clock as the loop's."""
    wall: Callable[[], float] = time.time

    def now(self) -> Stamp:
        """Return this instant."""
        return Stamp(self.boot, self.monotonic(), self.wall())


def this_machine() -> Clock:
    """Return the clocks of this boot."""
    try:
        return Clock(BOOT_ID.read_text().strip())
    except OSError:  # no such kernel: every start counts as a boot
        return Clock("")


def offset(then: Stamp, now: Stamp) -> float:
    """Return what is to be added to instants written at `then` so that they hold on the clock of `now`.

    Same boot: nothing, whatever the wall clock did. Another: they lie as far from now as they lay from `then`, less the time
    that the wall clock says has passed.
    """
    if then.boot == now.boot and now.boot:
        return 0.0
    elapsed = min(max(now.wall - then.wall, 0.0), LONGEST)
    return now.monotonic - elapsed - then.monotonic
