"""Who waits for which write, and how long: nobody longer than PATIENCE, and not at all while the disk is known to be broken.

On the loop. A caller is not left in silence for the sake of a promise that cannot be kept: he is parked, and the fault says that
the promise is off until everything that is wanted is on the disk again.
"""

import asyncio

from appliance.faults import Faults
from appliance.store.faults import DISK
from appliance.store.port import Landed

PATIENCE = 2.0
"""Seconds that a write may take before whoever waits for it goes on without it."""


class Landings:
    """Writes are numbered upwards from 1, in the order of `expect`."""

    def __init__(self, faults: Faults, loop: asyncio.AbstractEventLoop, patience: float, silence: str) -> None:
        """`silence` is the fault of a disk that does not answer."""
        self._faults, self._loop, self._patience, self._silence = faults, loop, patience, silence
        self._waiting: dict[int, tuple[Landed | None, asyncio.TimerHandle]] = {}
        self._last = 0
        self._unsafe = 0
        """The last write that somebody was told of although it was not on the disk."""

    def expect(self, landed: Landed | None) -> int:
        """Number a write; `landed` is called once, later."""
        self._last += 1
        if self._faults.stands(DISK):
            self._unsafe = self._last
            if landed is not None:
                self._loop.call_soon(landed)
        else:
            timer = self._loop.call_later(self._patience, self._overdue)
            self._waiting[self._last] = (landed, timer)
        return self._last

    def durable(self, upto: int) -> None:
        """All writes up to this number are on the disk."""
        self._land(upto)
        if upto >= self._unsafe:
            self._faults.clear(DISK)

    def broken(self, detail: str) -> None:
        """The disk refuses: nobody waits for it."""
        self._unsafe = self._last
        self._faults.stand(DISK, detail)
        self._land(self._last)

    def close(self) -> None:
        """Nothing more will come: whoever still waits is told."""
        self._land(self._last)

    def _overdue(self) -> None:
        self.broken(self._silence)

    def _land(self, upto: int) -> None:
        for number in [one for one in self._waiting if one <= upto]:
            landed, timer = self._waiting.pop(number)
            timer.cancel()
            if landed is not None:
                landed()
