"""Mouths and ears of a crowd: one UDP port for all, each call known by the port of its far side.

Every 20 ms each caller says his packet; every 80 ms it is judged what each of them has heard meanwhile (`voices`). What
changes is noted with its instant, so that a call keeps a short history instead of a recording. Runs on the crowd's loop.
"""

import asyncio
import contextlib
import socket
import struct
import time
from dataclasses import dataclass, field

from tests.lab import voices
from tests.lab.ports import HOST
from tests.lab.voices import NOTHING, WINDOW, Heard

PTIME = 0.02
BEHIND = 0.5
"""Seconds behind its time from which on a machine that stood still does not make up for what it has missed."""
_PAYLOAD_TYPE = 8
_HEADER = 12
_RCVBUFFORCE = 33
"""Of Linux, which Python does not name: more than others may have, for a second of a hundred callers."""


@dataclass(frozen=True, slots=True)
class Spell:
    """From an instant (monotonic, of the window's end) on, this is heard."""

    at: float
    heard: Heard
    until: float
    """The next spell's beginning; now for the last."""

    @property
    def length(self) -> float:
        """Return its seconds."""
        return self.until - self.at


@dataclass(slots=True)
class Ear:
    """What one call hears."""

    changes: list[tuple[float, Heard]] = field(default_factory=list)
    window: list[bytes] = field(default_factory=list)

    def note(self, at: float, heard: Heard) -> None:
        """Keep what is new."""
        if not self.changes or self.changes[-1][1] != heard:
            self.changes.append((at, heard))

    def spells(self) -> list[Spell]:
        """Return the history until now."""
        changes = list(self.changes)
        ends = [*[at for at, _ in changes[1:]], time.monotonic()]
        return [Spell(at, heard, until) for (at, heard), until in zip(changes, ends, strict=False)]


class RtpCrowd:
    """Speaks and listens for everybody whom `connect` names, until `close`."""

    def __init__(self) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        with contextlib.suppress(PermissionError):
            self._socket.setsockopt(socket.SOL_SOCKET, _RCVBUFFORCE, 1 << 23)
        self._socket.bind((HOST, 0))
        self._socket.setblocking(False)
        self.port: int = self._socket.getsockname()[1]
        self._ears: dict[int, Ear] = {}
        self._words: dict[int, bytes] = {}
        self._task = asyncio.get_running_loop().create_task(self._run(), name="rtp of the crowd")

    def connect(self, port: int, voice: int, ear: Ear) -> None:
        """Let a call speak to a far side and hear it."""
        self._words[port] = voices.packet(voice)
        self._ears[port] = ear

    def disconnect(self, port: int, ear: Ear) -> None:
        """End that; nothing when the port is another call's meanwhile."""
        if self._ears.get(port) is ear:
            del self._ears[port], self._words[port]
            ear.note(time.monotonic(), NOTHING)

    async def close(self) -> None:
        """Fall silent."""
        self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._task
        self._socket.close()

    async def _run(self) -> None:
        due, number = time.monotonic(), 0
        while True:
            await asyncio.sleep(max(due - time.monotonic(), 0))
            self._speak(number)
            self._hear()
            if number % WINDOW == 0:
                self._judge()
            due, number = due + PTIME, number + 1
            if time.monotonic() - due > BEHIND:
                due = time.monotonic()

    def _speak(self, number: int) -> None:
        """Send everybody's packet: each far side has a session of its own, so one header serves all."""
        stamp = number * voices.PACKET & 0xFFFFFFFF
        header = struct.pack("!BBHII", 0x80, _PAYLOAD_TYPE, number & 0xFFFF, stamp, 0x5EED)
        for port, words in self._words.items():
            with contextlib.suppress(OSError):
                self._socket.sendto(header + words, (HOST, port))

    def _hear(self) -> None:
        ears = self._ears
        with contextlib.suppress(BlockingIOError):
            while True:
                data, (_, port) = self._socket.recvfrom(2048)
                ear = ears.get(port)
                if ear is not None and data[1] & 0x7F == _PAYLOAD_TYPE and len(data) == _HEADER + voices.PACKET:
                    ear.window.append(data[_HEADER:])

    def _judge(self) -> None:
        """Judge the last packets of each; fewer than a window are repeated, for each holds whole periods."""
        now = time.monotonic()
        there = [ear for ear in self._ears.values() if ear.window]
        for ear in self._ears.values():
            if not ear.window:
                ear.note(now, NOTHING)
        windows = [b"".join((ear.window * WINDOW)[-WINDOW:]) for ear in there]
        for ear, heard in zip(there, voices.recognise(windows), strict=True):
            ear.note(now, heard)
            ear.window.clear()
