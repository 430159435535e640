"""A PBX of raw sockets: it can say anything, from any address of 127/8, and remembers what the box says to it.

One `Wire` is one UDP address. With `serves` it does what every PBX does by itself (200 to REGISTER, OPTIONS, BYE and the
like, ringing for an INVITE); else it only listens. It shares nothing with the stack under test.
"""

import random
import socket
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Self

from tests.lab.ports import HOST
from tests.lab.process import LIMIT, LabError
from tests.sip import peer
from tests.sip.peer import render

Address = tuple[str, int]

SIP_PORT = 5060
T1 = 0.5
"""Seconds until a request is sent again."""
_BUFFER = 1 << 22
_LONGEST = 65_535
_OURS = "wire"
"""What our tags begin with."""


def fresh_address() -> str:
    """Return a loopback address that nobody else is likely to use."""
    return ".".join(["127", *(str(random.randint(16, 239)) for _ in range(3))])  # noqa: S311 - to spread, not to hide


@dataclass
class Message(peer.Message):
    """A message of the box, and the monotonic instant at which it came."""

    at: float = field(default_factory=time.monotonic)

    @classmethod
    def of(cls, data: bytes, source: Address) -> Self:
        """Take a datagram apart; what is no UTF-8 can be said again as it was."""
        head, _, body = data.decode("utf-8", "surrogateescape").partition("\r\n\r\n")
        start, *lines = head.split("\r\n")
        fields = [(name.strip(), value.strip()) for name, _, value in (line.partition(":") for line in lines)]
        return cls(start, fields, body, source)

    @property
    def target(self) -> str:
        """Return the user part of the request URI."""
        return self.start.partition("sip:")[2].partition("@")[0]


class Wire:
    """One UDP address, open until `close`."""

    def __init__(self, address: str = HOST, port: int = 0, *, serves: bool = False) -> None:
        """Bind; port 0: any."""
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER)
        self._socket.bind((address, port))
        self._socket.settimeout(0.2)
        self.place: Address = self._socket.getsockname()
        self.came: list[Message] = []
        self.challenges = False
        """Whether what serves asks who registers for his password, and then takes any."""
        self._serves = serves
        self._met: list[Message] = []
        self._acks: dict[tuple[str, str], tuple[bytes, Address]] = {}
        self._news = threading.Condition()
        self._closed = False
        self._thread = threading.Thread(target=self._listen, name=f"wire {self}", daemon=True)
        self._thread.start()

    def __str__(self) -> str:
        """Return host:port."""
        return f"{self.place[0]}:{self.place[1]}"

    def send(self, data: bytes, to: Address) -> None:
        """Send one datagram."""
        self._socket.sendto(data, to)

    def wait(self, fits: Callable[[Message], bool], what: str, limit: float = LIMIT) -> Message:
        """Wait for the first message that fits, also one that has come already."""
        found = self._found(fits, limit)
        if found is None:
            last = "\n".join(f"{one.start} | {one['CSeq']} | {one['Call-ID']}" for one in self.came[-10:])
            raise LabError(f"{self}: {what} did not come in {limit} s; last came\n{last}")
        return found

    def ask(
        self, data: bytes, to: Address, fits: Callable[[Message], bool], what: str, limit: float = LIMIT
    ) -> Message:
        """Send a request, again and again as UDP wants it (RFC 3261 section 17.1.1.2), and wait for the final answer."""
        end = time.monotonic() + limit
        while time.monotonic() < end:
            self.send(data, to)
            if (found := self._found(fits, T1)) is not None:
                return found
        return self.wait(fits, what, 0.0)

    def acknowledge(self, answer: Message, ack: bytes, to: Address) -> None:
        """Send an ACK now, and whenever that 200 comes again (RFC 3261 section 13.2.2.4)."""
        if self._acks.get(key := (answer["Call-ID"], answer["CSeq"])) is None:
            self._acks[key] = ack, to
            self.send(ack, to)

    def wait_request(self, method: str, limit: float = LIMIT) -> Message:
        """Wait for a request of the box that was not returned here before."""

        def fits(one: Message) -> bool:
            return one.start.startswith(f"{method} ") and not any(one is other for other in self._met)

        self._met.append(found := self.wait(fits, method, limit))
        return found

    def answers(self) -> list[Message]:
        """Return every 200 to an INVITE that has come."""
        with self._news:
            return [one for one in self.came if one.code == 200 and one.method == "INVITE"]

    def all_of(self, call_id: str) -> list[Message]:
        """Return what has come of one dialog, in its order."""
        with self._news:
            return [one for one in self.came if one["Call-ID"] == call_id]

    def forget(self) -> None:
        """Forget everything that came."""
        with self._news:
            self.came.clear()
            self._met.clear()

    def close(self) -> None:
        """Give the address back."""
        self._closed = True
        self._thread.join()
        self._socket.close()

    def respond(self, request: Message, code: int, headers: Sequence[tuple[str, str]] = ()) -> None:
        """Answer a request of the box."""
        to = request["To"] if code == 100 or "tag=" in request["To"] else f"{request['To']};tag={_OURS}{self.place[1]}"
        fields = [("Via", via) for via in request.all("Via")]
        fields += [("From", request["From"]), ("To", to), ("Call-ID", request["Call-ID"]), ("CSeq", request["CSeq"])]
        self.send(render(f"SIP/2.0 {code} As told", [*fields, *headers]), request.source)

    def _found(self, fits: Callable[[Message], bool], limit: float) -> Message | None:
        end = time.monotonic() + limit
        with self._news:
            while (found := next((one for one in self.came if fits(one)), None)) is None:
                if not self._news.wait(max(end - time.monotonic(), 0.0)):
                    break
            return found

    def _listen(self) -> None:
        while not self._closed:
            try:
                data, source = self._socket.recvfrom(_LONGEST)
            except TimeoutError:
                continue
            if not data.strip():
                continue  # keep-alive
            message = Message.of(data, source)
            again = self._acks.get((message["Call-ID"], message["CSeq"])) if message.code == 200 else None
            if again is not None:
                self.send(*again)
            if self._serves and not message.is_response:
                self._serve(message)
            with self._news:
                self.came.append(message)
                self._news.notify_all()

    def _serve(self, request: Message) -> None:
        match request.start.partition(" ")[0]:
            case "ACK":
                pass
            case "REGISTER" if self.challenges and not request["Authorization"]:
                self.respond(request, 401, [("WWW-Authenticate", 'Digest realm="wire", nonce="1", algorithm=MD5')])
            case "REGISTER":
                self.respond(request, 200, [("Contact", f"{request['Contact']};expires={request['Expires'] or 60}")])
            case "INVITE":
                self.respond(request, 180, [("Contact", f"<sip:{self}>")])
            case "CANCEL":
                self.respond(request, 200)
                self._end_of(request)
            case _:
                self.respond(request, 200)

    def _end_of(self, cancel: Message) -> None:
        """Refuse the INVITE that a CANCEL is about (RFC 3261 section 9.2)."""
        with self._news:
            invites = [
                one
                for one in self.came
                if one.start.startswith("INVITE ")
                and one["Call-ID"] == cancel["Call-ID"]
                and one["Via"] == cancel["Via"]
            ]
        if invites:
            self.respond(invites[-1], 487)
