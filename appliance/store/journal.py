"""The journal of legs on the disk (S-1): the loop's side of it.

`write` puts a change into the writer's queue and nothing more: what it costs the loop is a dict. What comes back from the
writer's thread comes as a call on the loop.
"""

import asyncio
import logging
import time
from collections.abc import Collection, Mapping
from concurrent.futures import Future
from pathlib import Path
from typing import Any

from appliance.core.ids import LegId
from appliance.core.state import Leg
from appliance.faults import Faults
from appliance.store.faults import ADAPTER, LEFT, silence
from appliance.store.landings import PATIENCE, Landings
from appliance.store.port import Landed, Post
from appliance.store.stamp import Clock, this_machine
from appliance.store.writer import Change, Outcome, Writer

_log = logging.getLogger(__name__)

RETRY = 5.0
"""Seconds between two tries at a disk that refuses."""
OPENING = 10.0
"""Seconds that `start` waits for the disk. What it has not read by then is not taken over."""
CLOSING = 5.0
"""Seconds that `stop` waits for it."""
TOLD = 3600.0
"""Seconds that the status shows what was wrong with the file that an earlier process left."""


class SqliteJournal:
    """See `port.Journal`. Its clock is the loop's: CLOCK_MONOTONIC."""

    def __init__(
        self,
        path: Path,
        post: Post,
        loop: asyncio.AbstractEventLoop,
        *,
        clock: Clock | None = None,
        patience: float = PATIENCE,
        retry: float = RETRY,
    ) -> None:
        self._loop = loop
        self._faults = Faults(post, ADAPTER)
        self._landings = Landings(self._faults, loop, patience, silence(path, patience))
        self._writer = Writer(path, clock or this_machine(), retry, self._tell)
        self._cost = 0.0
        self._stopped = False
        self._forget: asyncio.TimerHandle | None = None

    async def start(self) -> tuple[Leg, ...]:
        """Open the file and return the legs of an earlier process, on our clock. Never fails."""
        self._writer.start()
        if not await _done(self._writer.opened, OPENING):
            self._landings.broken(
                silence(self._writer.path, OPENING) + "; the calls of the last run are not taken over"
            )
            return ()
        opened = self._writer.opened.result()
        if opened.left:
            self._faults.stand(LEFT, opened.left)
            self._forget = self._loop.call_later(TOLD, self._faults.clear, LEFT)
        if opened.disk:
            self._landings.broken(opened.disk)
        return opened.legs

    def write(self, changed: Mapping[LegId, Leg], gone: Collection[LegId], landed: Landed | None = None) -> None:
        """Keep these legs from now on, and those no more."""
        if self._stopped:
            _log.debug("a write after the end: %r", changed)
            if landed is not None:
                self._loop.call_soon(landed)
            return
        self._writer.put(Change(self._landings.expect(landed), time.monotonic(), dict(changed), frozenset(gone)))

    def beat(self) -> float:
        """Return when the writer last showed that it lives; now while it is at the disk.

        A disk that hangs is told as a fault after PATIENCE and does not make the watchdog restart us: the next process
        would hang at the same disk, and each restart costs every caller his sound. A thread that ended, or that hangs
        anywhere else, is a bug of ours, and its beat stands still.
        """
        return time.monotonic() if self._writer.on_disk and self._writer.is_alive() else self._writer.heartbeat

    def cost(self) -> float:
        """Return how many seconds the last durable write took, the oldest of its group; 0.0 before the first."""
        return self._cost

    async def stop(self) -> None:
        """Write what is still to be written, and close the file."""
        self._stopped = True
        if self._writer.ident is not None:
            self._writer.put(None)
            if not await _done(self._writer.ended, CLOSING):
                _log.error("the disk does not let go of the journal; what it has not written is lost")
        self._landings.close()
        if self._forget is not None:
            self._forget.cancel()

    def _tell(self, outcome: Outcome) -> None:
        """In the writer's thread."""
        try:
            self._loop.call_soon_threadsafe(self._take, outcome)
        except RuntimeError:  # the loop is closed: the process is ending and nobody waits any more
            _log.debug("after the end: %r", outcome)

    def _take(self, outcome: Outcome) -> None:
        if outcome.took is not None:
            self._cost = outcome.took
        if outcome.trouble:
            self._landings.broken(outcome.trouble)
        else:
            self._landings.durable(outcome.upto)


async def _done(future: Future[Any], limit: float) -> bool:
    """Wait for what another thread does; returns whether it was done in time."""
    done, _ = await asyncio.wait({asyncio.wrap_future(future)}, timeout=limit)
    return bool(done)
