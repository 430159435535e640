"""What the runtime may ask of the PA, and the records that cross that border.

Calls return at once and never raise for the state of a page: outcomes are the events PageStarted, PageEnded and
AdapterFault. Instants are monotonic seconds, levels dBFS (0 = the largest sample there is).
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Protocol

from appliance.core.events import Event
from appliance.core.ids import PageId
from appliance.core.orders import Announce, StopPage

Post = Callable[[Event], None]
"""Takes one event; may be called from any thread, returns at once."""

Speaker = Callable[[str, int], Awaitable[Path]]
"""Turns a text into a WAV file (16-bit mono PCM at that many samples per second), cached; raises AdapterError."""

NO_CARD = "none"
"""Card name of a zone that has no sound card: its relay works, its frames are for the network."""
SIM_CARD = "sim"
"""Card name of a zone that plays to the simulator, on a simulated card with the zone's own name."""


@dataclass(frozen=True, slots=True)
class ZoneSettings:
    """One zone of this box. Zones that name the same card share its one stream: one page at a time on all of them."""

    name: str
    card: str = "default"
    """Part of the card's name; `NO_CARD` or `SIM_CARD`."""
    relay: str = ""
    """Output line of the amplifier's relay; empty: the amplifier is always on, and then there is no lead."""
    lead: float = 0.3
    """Seconds that the relay is closed before the first sample goes to the card (A-1), 0-3."""
    tail: float = 2.0
    """Seconds that it stays closed after the last sample was heard."""
    chime: str = "ding-dong"
    """A generated one (`tones.CHIMES`), `off`, or the path of a sound file."""
    volume: float = 0.0
    """dB on chime and speech; what it makes too loud is limited to -1 dBFS (A-12)."""
    max_page: float = 300.0
    """Seconds, from the relay's closing, after which a page is cut off and the relay opened (A-2)."""


@dataclass(frozen=True, slots=True)
class PaSettings:
    """What holds for every zone of the site."""

    rate: int = 48000
    """Samples per second of the cards."""
    block: int = 960
    """Samples of one write: 20 ms, the period under which a Raspberry Pi begins to crackle."""
    queue: int = 8
    """Pages that may wait for a zone (A-3)."""
    pause: float = 0.3
    """Seconds of quiet between two pages in a row."""
    gap: float = 0.25
    """Seconds between chime and speech."""
    fade: float = 0.02
    """Seconds that a stopped page takes to fall silent: no click."""
    drain: int = 5
    """Blocks after its last one with which a page counts as heard: what a card holds back, four periods and one."""
    patience: float = 5.0
    """Seconds until a page goes without its speech because the voice does not come."""
    proofs: int = 500
    """Records of past pages that are kept."""


class Reason(Enum):
    """Why a page ended (A-16)."""

    SAID = "said"
    STOPPED = "stopped"
    LIMIT = "limit"
    FULL = "full"
    SILENT = "silent"
    SHUTDOWN = "shutdown"


@dataclass(frozen=True, slots=True)
class Proof:
    """What is known of one page that is over (A-16). The text is not in it: it names people."""

    page: PageId
    zone: str
    reason: Reason
    relay_at: float | None
    """When the relay closed for it; earlier than its order when it was still closed; None: no relay, or never."""
    first_at: float | None
    """When its first sample was handed to the card; None: none ever was."""
    last_at: float | None
    peak: float
    """Largest sample, dBFS; `levels.FLOOR` when there was none."""
    mean: float
    """Root mean square from the first sample to the last, dBFS."""

    @property
    def failed(self) -> bool:
        """Say whether the page ought to have been heard and was not."""
        return self.first_at is None and self.reason not in (Reason.STOPPED, Reason.SHUTDOWN)


@dataclass(frozen=True, slots=True)
class ZoneStatus:
    """One zone as it is now."""

    name: str
    card_there: bool
    relay_closed: bool
    page: PageId | None
    """The page whose turn it is."""
    sounding: bool
    """Its first sample has gone to the card."""
    waiting: tuple[PageId, ...]


PaOrder = Announce | StopPage


class Pa(Protocol):
    """A PA of ours."""

    async def start(self) -> None:
        """Drive the relays off, begin to feed the cards. A card that is not there is a fault, not an error (A-17).

        Raises AdapterError for a relay line that is not wired.
        """

    def obey(self, order: PaOrder) -> None:
        """Carry an order out; PageEnded follows an Announce exactly once, whatever happens."""

    def zones(self) -> tuple[ZoneStatus, ...]:
        """Return what every zone does now, in the order of the configuration."""

    def proofs(self) -> tuple[Proof, ...]:
        """Return the pages that are over, oldest first."""

    def beat(self) -> float:
        """Return the monotonic instant of the last sign of life of the card thread that is silent longest (S-9)."""

    async def stop(self) -> None:
        """End: every page falls silent and ends, the relays open, the cards are given back."""
