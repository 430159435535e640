"""A journal without a disk: for runs that leave nothing behind, and to see the runtime with a disk that is slow or broken.

It keeps the contract of `port.Journal` to the letter. Levers: `hold` and `let_go` (a disk that does not answer), `fail` and
`heal` (one that refuses); `kept` is what a later process would find.
"""

import asyncio
import time
from collections.abc import Collection, Iterable, Mapping

from appliance.core.ids import LegId
from appliance.core.state import Leg
from appliance.faults import Faults
from appliance.store.faults import ADAPTER
from appliance.store.landings import PATIENCE, Landings
from appliance.store.port import Landed, Post


class MemoryJournal:
    """See `port.Journal`; everything happens on the loop."""

    def __init__(
        self, post: Post, loop: asyncio.AbstractEventLoop, left: Iterable[Leg] = (), *, patience: float = PATIENCE
    ) -> None:
        """`left` is what an earlier process left, with instants on our clock."""
        self.kept: dict[LegId, Leg] = {leg.id: leg for leg in left}
        """The legs on the disk that there would be."""
        self._loop = loop
        self._landings = Landings(
            Faults(post, ADAPTER), loop, patience, f"the disk has not answered for {patience:g} s"
        )
        self._wanted: dict[LegId, Leg] = {}
        self._last = 0
        self._written_at = 0.0
        self._cost = 0.0
        self._held = False
        self._trouble = ""
        self._stopped = False

    async def start(self) -> tuple[Leg, ...]:
        """Return what an earlier process left."""
        return tuple(self.kept.values())

    def write(self, changed: Mapping[LegId, Leg], gone: Collection[LegId], landed: Landed | None = None) -> None:
        """Keep these legs from now on, and those no more."""
        if self._stopped:
            if landed is not None:
                self._loop.call_soon(landed)
            return
        self._wanted.update(changed)
        for number in gone:
            self._wanted.pop(number, None)
        self._last = self._landings.expect(landed)
        self._written_at = time.monotonic()
        self._loop.call_soon(self._land)

    def beat(self) -> float:
        """Return now: there is no thread that could hang."""
        return time.monotonic()

    def cost(self) -> float:
        """Return how many seconds the last durable write took; 0.0 before the first."""
        return self._cost

    async def stop(self) -> None:
        """Write what is still to be written."""
        self._stopped = True
        self._land()
        self._landings.close()

    def hold(self) -> None:
        """Be a disk that does not answer from now on."""
        self._held = True

    def let_go(self) -> None:
        """Answer again."""
        self._held = False
        self._loop.call_soon(self._land)

    def fail(self, detail: str) -> None:
        """Be a disk that refuses every write from now on."""
        self._trouble = detail

    def heal(self) -> None:
        """Take writes again, and what was refused."""
        self._trouble = ""
        self._loop.call_soon(self._land)

    def _land(self) -> None:
        if self._held or not self._last:
            return
        if self._trouble:
            self._landings.broken(self._trouble)
            return
        self.kept = dict(self._wanted)
        self._cost = time.monotonic() - self._written_at
        self._landings.durable(self._last)
