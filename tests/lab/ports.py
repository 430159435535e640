"""Ports on 127.0.0.1 for several labs at once: a block is taken by listening (TCP) on its last port.

The listener dies with this process, so a killed run gives its ports back. Blocks lie below the range from which the
kernel takes ports for sockets that did not ask for one.
"""

import random
import socket
from types import TracebackType
from typing import Self

HOST = "127.0.0.1"
_SLOT = 100
_SLOTS = range(110, 320)  # 11000 to 31999


class Ports:
    """A block of free ports: `first` to `last`, first even; UDP and TCP except `last` itself, which guards."""

    def __init__(self, count: int = 99) -> None:
        slots = -(-count // _SLOT)
        for _ in range(200):
            start = random.choice(_SLOTS)  # noqa: S311 - to spread, not to hide
            if (guards := _take(start, slots)) is not None:
                break
        else:
            raise RuntimeError(f"no {count} free ports between {_SLOTS[0] * _SLOT} and {_SLOTS[-1] * _SLOT}")
        self._guards = guards
        self.first = start * _SLOT
        self.last = self.first + slots * _SLOT - 1

    def close(self) -> None:
        """Give the block back."""
        for guard in self._guards:
            guard.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()


def _take(start: int, slots: int) -> list[socket.socket] | None:
    guards: list[socket.socket] = []
    for slot in range(start, start + slots):
        guard = _guard(slot)
        if guard is None:
            for taken in guards:
                taken.close()
            return None
        guards.append(guard)
    return guards


def _guard(slot: int) -> socket.socket | None:
    """Listen on the last port of the slot; None when another lab does, or something else sits in the slot."""
    guard = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        guard.bind((HOST, slot * _SLOT + _SLOT - 1))
        guard.listen(1)
        for port in range(slot * _SLOT, slot * _SLOT + _SLOT - 1):
            _probe(port)
    except OSError:
        guard.close()
        return None
    return guard


def _probe(port: int) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind((HOST, port))
