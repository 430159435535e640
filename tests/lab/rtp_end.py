"""The RTP end of many callers at once: one UDP port that hears when each far side begins, and speaks to all of them.

The kernel stamps what arrives, so that a busy machine does not falsify the instants. When every expected source has been
heard it stops reading: the kernel then drops the rest, which costs nobody anything. Callers that never speak are not
like people: Asterisk for one waits half a second for a caller's first packet before it plays anything to him.
"""

import contextlib
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterable

from tests.lab import music
from tests.lab.ports import HOST

VOICE = 2550.0
"""What every caller says, in Hz."""
_PTIME = 0.02
_SAMPLES = 160
_STAMP = struct.Struct("qq")
_STAMP_NS = 35  # SO_TIMESTAMPNS of Linux, which Python does not name


class RtpEnd:
    """Works on `port` from its construction until `close`; `far_ports` is asked every 20 ms whom to speak to."""

    def __init__(self, expected: int, far_ports: Callable[[], Iterable[int]]) -> None:
        self._expected = expected
        self._far_ports = far_ports
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setsockopt(socket.SOL_SOCKET, _STAMP_NS, 1)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
        self._socket.bind((HOST, 0))
        self.port: int = self._socket.getsockname()[1]
        self.first: dict[int, float] = {}
        """Wall-clock instant (as `time.time`) of the first packet, by the port that it came from."""
        self._closed = threading.Event()
        self._threads = [threading.Thread(target=work, daemon=True) for work in (self._listen, self._speak)]
        for thread in self._threads:
            thread.start()

    def close(self) -> None:
        """Stop, give the port back."""
        self._closed.set()
        for thread in self._threads:
            thread.join()
        self._socket.close()

    def _listen(self) -> None:
        self._socket.settimeout(0.2)
        while len(self.first) < self._expected and not self._closed.is_set():
            with contextlib.suppress(TimeoutError):
                _, notes, _, (_, port) = self._socket.recvmsg(2048, 64)
                if port not in self.first:
                    self.first[port] = _instant(notes)

    def _speak(self) -> None:
        """Send every far side the same packets: each is a session of its own, so one SSRC serves all."""
        voice = music.alaw(music.sine(VOICE, 1, rate=8000))
        due, number = time.monotonic(), 0
        while not self._closed.wait(max(due - time.monotonic(), 0)):
            at = number % 50 * _SAMPLES
            packet = rtp_packet(number, voice[at : at + _SAMPLES])
            for port in self._far_ports():
                with contextlib.suppress(OSError):
                    self._socket.sendto(packet, (HOST, port))
            due, number = due + _PTIME, number + 1


def rtp_packet(number: int, payload: bytes) -> bytes:
    """Return one RTP packet of 20 ms of PCMA (RFC 3550 section 5.1)."""
    return struct.pack("!BBHII", 0x80, 8, number & 0xFFFF, number * _SAMPLES & 0xFFFFFFFF, 0x5EED) + payload


def _instant(notes: list[tuple[int, int, bytes]]) -> float:
    for level, kind, data in notes:
        if (level, kind) == (socket.SOL_SOCKET, _STAMP_NS):
            seconds, nanoseconds = _STAMP.unpack(data[: _STAMP.size])
            return float(seconds + nanoseconds / 1e9)
    return time.time()
