"""The loop's side: takes the core's reports, and answers what became of the calls."""

import asyncio
import time
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from pathlib import Path

from appliance.core.events import AdapterFault, Event
from appliance.core.ids import Ticket
from appliance.core.orders import Report
from appliance.errors import ControlError
from appliance.history import file
from appliance.history.stay import Instant, Stay
from appliance.history.writer import DAY, Asked, Settled, Told, Writer

CLOSING = 2.0
"""Seconds that `stop` waits for the disk."""
PATIENCE = 5.0
"""Seconds that who asks waits for it."""
EVERYTHING = 1_000_000
"""Records; more than a business has in ten years."""


def now() -> Instant:
    """Return this instant."""
    return Instant(time.time(), time.monotonic())


class History:
    """One file with one writer; on the loop, and never waits for the disk but in `stop`."""

    def __init__(
        self,
        path: Path,
        post: Callable[[Event], None],
        *,
        keep_days: int = 30,
        hidden: bool = False,
        clock: Callable[[], Instant] = now,
    ) -> None:
        """`hidden`: numbers and names of callers are left out."""
        self._clock = clock
        keep = keep_days * DAY
        self._writer = Writer(path, keep, lambda told: post(AdapterFault("history", told)), hidden=hidden, clock=clock)

    def start(self) -> None:
        """Begin to write."""
        self._writer.start()

    def tell(self, report: Report) -> None:
        """Take what happened."""
        if report.ticket is not None:
            self._writer.put(Told(report, self._clock()))

    def settle(self, tickets: Iterable[Ticket]) -> None:
        """Say who came back from an earlier process: of the others it is written that they were lost (S-3)."""
        self._writer.put(Settled(frozenset(tickets), self._clock()))

    async def stays(self, since: float, place: str = "", limit: int = EVERYTHING) -> list[Stay]:
        """Return the newest records since an instant (Unix time), oldest first. Raises ControlError."""
        if self._writer.refusing:
            raise ControlError(f"the history cannot be read: {self._writer.refusing}")
        answer: Future[list[Stay]] = Future()
        self._writer.put(Asked(since, place, limit, answer))
        try:
            return await asyncio.wait_for(asyncio.wrap_future(answer), PATIENCE)
        except TimeoutError as error:
            raise ControlError("the history cannot be read: the disk does not answer, see `parkdeck status`") from error
        except file.Error as error:
            raise ControlError(f"the history cannot be read: {error}") from error

    def stop(self) -> None:
        """Write what waits, and close the file."""
        self._writer.end()
        self._writer.join(CLOSING)
