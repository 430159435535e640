"""What the appliance may ask of hardware, and the records that cross that border.

Back ends (`gpio`, `sound`, `sim`) implement these protocols; adapters above know nothing else of hardware.
A line or a card is known by the name that the configuration gives it, never by a number. Callbacks given to
`Inputs.listen` run in a thread of the back end: they may post, and nothing else.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol


class HardwareError(OSError):
    """A pin or a card that cannot be had; the message names it and says what to do."""


@dataclass(frozen=True, slots=True)
class Edge:
    """A line changed its level. `active` is logical (wiring's high or low is resolved), `at` is monotonic seconds."""

    line: str
    active: bool
    at: float


class Inputs(Protocol):
    """Named input lines: keys and contacts, raw and not debounced."""

    def levels(self) -> Mapping[str, bool]:
        """Read every line now: name to logical level (True = pressed)."""

    def listen(self, on_edge: Callable[[Edge], None]) -> None:
        """Call `on_edge` at every change of a line from now on, in a foreign thread."""

    def close(self) -> None:
        """Give the lines back. Later calls do nothing."""


class Outputs(Protocol):
    """Named output lines: lamps and relays."""

    def write(self, line: str, *, active: bool) -> None:
        """Drive one line to a logical level at once. Raises HardwareError, or KeyError for a line that is not wired."""

    def close(self) -> None:
        """Drive every line to inactive, then give them back. Later calls do nothing."""


class AudioOut(Protocol):
    """One open playback stream: int16 samples, mono, at `rate` per second, `block` samples a write."""

    @property
    def rate(self) -> int:
        """Samples per second."""

    @property
    def block(self) -> int:
        """Samples that each write hands over."""

    def write(self, samples: bytes) -> None:
        """Play one block (2 * `block` bytes, little endian); blocks until the card has room.

        Raises HardwareError when the card is gone; the stream is dead then and must be closed.
        """

    def close(self) -> None:
        """Give the card back. Later calls do nothing."""


class SoundCards(Protocol):
    """The cards of the machine, opened by name."""

    def open_output(self, card: str, rate: int, block: int) -> AudioOut:
        """Open a card for playback; raises HardwareError that names the cards there are."""
