"""The card of a zone that has none: takes samples as fast as a loudspeaker would, and nobody hears them.

It gives the zone its clock: pages last as long as they are, the relay is held for them, multicast senders find frames.
"""

import threading
import time

from hardware.ports import HardwareError

AHEAD = 3
"""Blocks that it takes before it makes the writer wait."""


class SilentOut:
    """One stream; see `hardware.ports.AudioOut`."""

    def __init__(self, rate: int, block: int) -> None:
        self._rate = rate
        self._block = block
        self._empty_at = time.monotonic()
        self._over = threading.Event()

    @property
    def rate(self) -> int:
        """Samples per second."""
        return self._rate

    @property
    def block(self) -> int:
        """Samples that each write hands over."""
        return self._block

    def write(self, samples: bytes) -> None:
        """Let one block pass by; raises HardwareError once closed."""
        now = time.monotonic()
        self._empty_at = max(now, self._empty_at) + len(samples) / 2 / self._rate
        self._over.wait(self._empty_at - now - AHEAD * self._block / self._rate)
        if self._over.is_set():
            raise HardwareError("the stream is closed: open it again")

    def close(self) -> None:
        """End; a write that waits ends with HardwareError."""
        self._over.set()


class SilentCards:
    """Every card is there; see `hardware.ports.SoundCards`."""

    def open_output(self, card: str, rate: int, block: int) -> SilentOut:  # noqa: ARG002 - the protocol's name
        """Open a stream that nobody hears."""
        return SilentOut(rate, block)
