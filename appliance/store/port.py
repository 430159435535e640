"""What the runtime may ask of the journal: the legs as they are, on disk, so that a later process can take them over (S-1)."""

from collections.abc import Callable, Collection, Mapping
from typing import Protocol

from appliance.core.events import Event
from appliance.core.ids import LegId
from appliance.core.state import Leg

Post = Callable[[Event], None]
"""Takes one event; may be called from any thread, returns at once."""

Landed = Callable[[], None]
"""Called on the loop when a write is on the disk; also when it cannot be (a fault was posted) or takes too long."""


class Journal(Protocol):
    """One file with one writer. Everything is called on the loop and returns at once, `start` and `stop` aside."""

    async def start(self) -> tuple[Leg, ...]:
        """Open the file and return the legs that an earlier process left there, their instants put on this process's clock.

        Never fails: what cannot be read is put aside under another name and told as a fault of the adapter `journal`,
        and parking goes on without the promise (S-1).
        """

    def write(self, changed: Mapping[LegId, Leg], gone: Collection[LegId], landed: Landed | None = None) -> None:
        """Keep these legs from now on, and those no more: one transaction, in the order of the calls.

        The first write of a process replaces whatever an earlier process left.
        """

    def beat(self) -> float:
        """Return the monotonic instant of the last sign of life of the writer; now while the disk makes it wait.

        A disk that hangs is a fault of its own, and no reason to start again (S-1).
        """

    def cost(self) -> float:
        """Return how many seconds the last durable write took, from `write` to the disk; 0.0 before the first."""

    async def stop(self) -> None:
        """Write what is still to be written, and close the file."""
