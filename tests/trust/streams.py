"""Connections to the box over TCP, from any address of 127/8."""

import contextlib
import socket
import time
from types import TracebackType
from typing import Self

from tests.lab.process import LIMIT
from tests.sip.peer import Message
from tests.trust.wire import Address


class Stream:
    """One connection; its port is not waited for."""

    def __init__(self, box: Address, source: str) -> None:
        """Begin to connect."""
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self._socket.bind((source, 0))
        self._socket.setblocking(False)
        self._got = b""
        with contextlib.suppress(BlockingIOError):
            self._socket.connect(box)
        self.place: Address = self._socket.getsockname()

    def __str__(self) -> str:
        """Return host:port."""
        return f"{self.place[0]}:{self.place[1]}"

    def send(self, data: bytes) -> bool:
        """Send; False when the box has closed the connection."""
        self._socket.settimeout(LIMIT)
        try:
            self._socket.sendall(data)
        except OSError:
            return False
        return True

    def answer(self) -> Message | None:
        """Wait for the next response; None when the box has closed the connection."""
        end = time.monotonic() + LIMIT
        while b"\r\n\r\n" not in self._got.lstrip():
            if time.monotonic() > end or not self._read(end - time.monotonic()):
                return None
        head, _, self._got = self._got.lstrip().partition(b"\r\n\r\n")
        message = Message.parse(head + b"\r\n\r\n", self.place)
        self._got = self._got[int(message["Content-Length"] or 0) :]
        return message

    def closed(self, limit: float = LIMIT) -> bool:
        """Wait until the box has closed the connection; False when it has not, or has said something."""
        end = time.monotonic() + limit
        while time.monotonic() < end:
            if not self._read(end - time.monotonic()):
                return not self._got.strip()
        return False

    def close(self) -> None:
        """End it."""
        self._socket.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def _read(self, seconds: float) -> bool:
        """Read on for so long; False when the connection is over."""
        self._socket.settimeout(max(seconds, 0.001))
        try:
            data = self._socket.recv(65_536)
        except TimeoutError:
            return True
        except OSError:
            return False
        self._got += data
        return bool(data)
