"""What the runtime may ask of the panels, and the records that say how they are wired and how they behave."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from appliance.core.events import Event
from appliance.core.ids import KeyId
from appliance.core.lamp import Lamp

Post = Callable[[Event], None]
"""Takes one event; returns at once."""


@dataclass(frozen=True, slots=True)
class KeyLines:
    """One key of a panel, and the lines that it is wired to, by the names they have in the hardware."""

    key: KeyId
    contact: str | None = None
    """Input line; None: the key is pressed by `Panel.press` only (a browser, a command)."""
    lamp: str | None = None
    """Output line; None: what the lamp shows is seen in `Panel.lamps` only."""


@dataclass(frozen=True, slots=True)
class PanelWiring:
    """All keys of all panels of this box."""

    keys: tuple[KeyLines, ...] = ()
    status: str | None = None
    """Output line of the status lamp (B-5)."""


@dataclass(frozen=True, slots=True)
class PanelSettings:
    """How keys behave; seconds."""

    debounce: float = 0.015
    """How long a contact must be still, 0.005 to 0.050 (B-7)."""
    long: float = 1.5
    """From here on a press is long (B-4)."""
    chord: float = 3.0
    """Two keys held so long: lamp test (B-7)."""
    stuck: float = 60.0
    """A key held so long is reported, and ignored until released (B-7)."""
    lamp_test: float = 2.0
    """How long all lamps are lit then."""
    reread: float = 1.0
    """How often the levels are read anew, should an edge not have been told."""


class Panel(Protocol):
    """The panels of this box. Everything is called on the loop."""

    async def start(self) -> None:
        """Light the status lamp, begin to listen. Raises AdapterError (a line that the hardware does not have ...)."""

    def show(self, lamps: Mapping[KeyId, Lamp]) -> None:
        """Say what each lamp shows from now on: the whole picture, each time; lamps not named are off.

        A lamp that is told the same again goes on without a break. Raises AdapterError for a key that there is not.
        """

    def show_status(self, *, registered: bool) -> None:
        """Say what the status lamp shows from now on."""

    def press(self, key: KeyId, hold: float) -> None:
        """Press a key as if by hand, for `hold` seconds. Raises AdapterError that names the keys there are."""

    def lamps(self) -> Mapping[KeyId, Lamp]:
        """What every lamp shows now; all keys are there."""

    def beat(self) -> float:
        """Return the monotonic instant of the last sign of life of the poller (S-9)."""

    async def stop(self) -> None:
        """Stop listening, all lamps dark. Inputs and outputs stay open: they belong to whoever opened them."""
