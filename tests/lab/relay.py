"""A bad wire between the box and the PBX: a UDP relay that loses, doubles, delays or drops what passes, SIP and RTP.

Both sides see an address of the relay in place of the other's: in SIP every `127.0.0.1:port` of theirs is written over with
one of ours and back (all ports have five digits, so no length changes), and for each port that an SDP names a port of ours is
opened. One thread; the dice are seeded.
"""

import heapq
import itertools
import random
import re
import selectors
import socket
import threading
import time
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from tests.lab.ports import HOST, Ports

_ADDRESS = re.compile(rb"(127\.0\.0\.1:|;rport=)(\d{5})")
_AUDIO = re.compile(rb"(?m)^(m=audio )(\d{5})")
_SECRET = (b"authorization:", b"proxy-authorization:")
"""Whose value is hashed over the address that it names."""
_LATEST = 0.3
"""Seconds that a packet which is overtaken waits at most."""


@dataclass(slots=True)
class Weather:
    """What the wire does to each packet; probabilities from 0 to 1. Change it while it runs."""

    lost: float = 0.0
    doubled: float = 0.0
    late: float = 0.0
    """Delayed, so that others overtake it."""
    cut: bool = False


@dataclass(slots=True)
class Count:
    """What became of the packets."""

    passed: int = 0
    lost: int = 0
    doubled: int = 0
    late: int = 0


@dataclass(slots=True)
class _Side:
    """One side of the relay: whom we send to from here, and what stands for the other side's ports here."""

    peer: tuple[str, int]
    media: dict[int, socket.socket] = field(default_factory=dict)
    """By a port of the *other* side: our socket that stands for it on this side."""


class Relay:
    """Between the box at one port and the PBX at another; `server` is what the box is told as its PBX."""

    def __init__(self, box: int, pbx: int, seed: int = 0) -> None:
        self.weather = Weather()
        self.count = Count()
        self._dice = random.Random(seed)  # noqa: S311 - weather, not secrets
        self._ports = Ports(800)
        self._free = iter(range(self._ports.first, self._ports.last, 2))
        self._selector = selectors.DefaultSelector()
        self._box, self._pbx = _Side((HOST, box)), _Side((HOST, pbx))
        self._to_box, self._to_pbx = self._open(), self._open()
        for socket_, sender in ((self._to_box, self._box), (self._to_pbx, self._pbx)):
            self._selector.register(socket_, selectors.EVENT_READ, ("sip", sender, 0))
        front, back = self._to_box.getsockname()[1], self._to_pbx.getsockname()[1]
        self.server = f"{HOST}:{front}"
        self._for_pbx = {box: back, front: pbx}
        self._for_box = {pbx: front, back: box}
        self._queue: list[tuple[float, int, socket.socket, bytes, tuple[str, int]]] = []
        self._order = itertools.count()
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._run, name="relay", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._closed.set()
        self._thread.join()
        for key in list(self._selector.get_map().values()):
            assert isinstance(key.fileobj, socket.socket)
            key.fileobj.close()
        self._selector.close()
        self._ports.close()

    def _run(self) -> None:
        while not self._closed.is_set():
            pause = min(self._queue[0][0] - time.monotonic(), 0.1) if self._queue else 0.1
            for key, _ in self._selector.select(max(pause, 0)):
                assert isinstance(key.fileobj, socket.socket)
                self._take(key.fileobj, key.data)
            while self._queue and self._queue[0][0] <= time.monotonic():
                _, _, way, data, to = heapq.heappop(self._queue)
                way.sendto(data, to)

    def _take(self, here: socket.socket, what: tuple[str, _Side, int]) -> None:
        """Pass on what one side has sent to `here`."""
        kind, sender, port = what
        data, (_, source) = here.recvfrom(65536)
        other = self._pbx if sender is self._box else self._box
        if kind == "sip":
            way = self._to_pbx if other is self._pbx else self._to_box
            self._pass(way, self._written_over(data, other), other.peer)
        else:
            way = self._media(source, other)  # so that it comes from the port that the other side was told
            self._pass(way, data, (HOST, port))

    def _written_over(self, data: bytes, to: _Side) -> bytes:
        """Put our addresses in the place of the sender's, for the other side's eyes."""
        ports = self._for_pbx if to is self._pbx else self._for_box

        def address(found: re.Match[bytes]) -> bytes:
            return found[1] + str(ports.get(int(found[2]), int(found[2]))).encode()

        def audio(found: re.Match[bytes]) -> bytes:
            return found[1] + str(self._media(int(found[2]), to).getsockname()[1]).encode()

        head, gap, body = data.partition(b"\r\n\r\n")
        rows = [row if row.lower().startswith(_SECRET) else _ADDRESS.sub(address, row) for row in head.split(b"\r\n")]
        return b"\r\n".join(rows) + gap + _AUDIO.sub(audio, body)

    def _media(self, port: int, to: _Side) -> socket.socket:
        """Return the socket that stands for a media port of one side towards the other."""
        known = to.media.get(port)
        if known is None:
            known = to.media[port] = self._open()
            self._selector.register(known, selectors.EVENT_READ, ("rtp", to, port))
        return known

    def _open(self) -> socket.socket:
        made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        made.bind((HOST, next(self._free)))
        return made

    def _pass(self, way: socket.socket, data: bytes, to: tuple[str, int]) -> None:
        weather, count, dice = self.weather, self.count, self._dice
        if weather.cut or dice.random() < weather.lost:
            count.lost += 1
            return
        copies = 2 if dice.random() < weather.doubled else 1
        count.doubled += copies - 1
        for _ in range(copies):
            if dice.random() < weather.late:
                count.late += 1
                due = time.monotonic() + dice.uniform(0, _LATEST)
                heapq.heappush(self._queue, (due, next(self._order), way, data, to))
            else:
                count.passed += 1
                way.sendto(data, to)
