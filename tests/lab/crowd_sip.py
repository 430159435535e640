"""SIP for a crowd of light phones: messages as text, transactions over one UDP port, digest logins. No calls in here.

Runs on the crowd's loop. What comes twice is answered with the same answer, what is not answered is repeated (RFC 3261
section 17); nothing else of a stack that a test does not need.
"""

import asyncio
import hashlib
import itertools
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import cast

from tests.lab import sip_text
from tests.lab.ports import HOST
from tests.lab.sip_text import Headers

T1, T2, GIVE_UP = 0.5, 4.0, 32.0
"""RFC 3261 section 17.1.1.1: the first repetition, the longest pause, 64 times the first."""
FINAL = 200
_REASONS = {100: "Trying", 180: "Ringing", 200: "OK", 202: "Accepted", 481: "No Such Call", 486: "Busy Here"}
_REASONS |= {487: "Request Terminated", 488: "Not Acceptable Here"}


@dataclass(frozen=True, slots=True)
class Message:
    """A request or response as it came off the wire."""

    text: str
    headers: Headers = field(repr=False)

    @classmethod
    def parse(cls, data: bytes) -> "Message":
        """Take a datagram."""
        text = data.decode("utf-8", "replace")
        return cls(text, sip_text.headers(text))

    def value(self, name: str) -> str:
        """Return the first header of that name (lower case), or nothing."""
        return sip_text.first(self.headers, name)

    @property
    def code(self) -> int:
        """Return the code of a response; 0 of a request."""
        start = sip_text.first_line(self.text)
        return int(start.split(" ", 2)[1]) if start.startswith("SIP/2.0 ") else 0

    @property
    def method(self) -> str:
        """Return the method, of a response that of its request."""
        return self.value("cseq").rpartition(" ")[2]

    @property
    def branch(self) -> str:
        """Return what names its transaction."""
        return parameter(self.value("via"), "branch")

    @property
    def call_id(self) -> str:
        """Return the Call-ID."""
        return self.value("call-id")

    @property
    def media_port(self) -> int | None:
        """Return the port of the audio in its SDP, None without any."""
        found = re.search(r"^m=audio (\d+)", self.text.partition("\r\n\r\n")[2], re.MULTILINE)
        return int(found[1]) if found else None


def parameter(value: str, name: str) -> str:
    """Return a parameter of a header's value, e.g. `tag` of From; empty when there is none."""
    found = re.search(rf";\s*{name}=([^;,>\s]+)", value, re.IGNORECASE)
    return found[1] if found else ""


def uri(value: str) -> str:
    """Return the URI of an address header."""
    found = re.search(r"<([^>]*)>", value)
    return found[1] if found else value.partition(";")[0].strip()


def token() -> str:
    """Return a fresh tag or Call-ID."""
    return secrets.token_hex(8)


_sessions = itertools.count(1)


def session(port: int) -> str:
    """Return the SDP of somebody who hears and speaks A-law at a port (RFC 4566)."""
    number = next(_sessions)
    lines = ("v=0", f"o=- {number} {number} IN IP4 {HOST}", "s=-", f"c=IN IP4 {HOST}", "t=0 0")
    return "\r\n".join([*lines, f"m=audio {port} RTP/AVP 8", "a=rtpmap:8 PCMA/8000", "a=ptime:20", "a=sendrecv", ""])


def render(start: str, headers: Headers, body: str = "") -> bytes:
    """Return a message; Content-Type and Content-Length are added."""
    kind = [("Content-Type", "application/sdp")] if body else []
    rows = [f"{name}: {value}" for name, value in [*headers, *kind, ("Content-Length", str(len(body.encode())))]]
    return "\r\n".join([start, *rows, "", body]).encode()


def answer(request: Message, code: int, headers: Headers, tag: str, body: str = "") -> bytes:
    """Return a response (RFC 3261 section 8.2.6)."""
    to = request.value("to")
    copied: Headers = [("Via", value) for name, value in request.headers if name == "via"]
    copied += [("From", request.value("from")), ("To", to if parameter(to, "tag") else f"{to};tag={tag}")]
    copied += [("Call-ID", request.call_id), ("CSeq", request.value("cseq"))]
    return render(f"SIP/2.0 {code} {_REASONS.get(code, 'Lab')}", [*copied, *headers], body)


def credentials(challenge: Message, method: str, target: str, user: str, password: str) -> tuple[str, str]:
    """Return the header that answers a 401 or 407 (RFC 2617, MD5, with or without qop)."""
    proxy = challenge.code == 407
    asked = dict(
        re.findall(r'(\w+)="?([^",]*)"?', challenge.value("proxy-authenticate" if proxy else "www-authenticate"))
    )
    secret = _md5(f"{user}:{asked['realm']}:{password}")
    what = _md5(f"{method}:{target}")
    once = token()
    plain = f'Digest username="{user}", realm="{asked["realm"]}", nonce="{asked["nonce"]}", uri="{target}"'
    if "qop" in asked:
        proof = _md5(f"{secret}:{asked['nonce']}:00000001:{once}:auth:{what}")
        plain += f', qop=auth, nc=00000001, cnonce="{once}"'
    else:
        proof = _md5(f"{secret}:{asked['nonce']}:{what}")
    plain += f', opaque="{asked["opaque"]}"' if "opaque" in asked else ""
    return "Proxy-Authorization" if proxy else "Authorization", f'{plain}, response="{proof}", algorithm=MD5'


def _md5(text: str) -> str:
    return hashlib.md5(text.encode()).hexdigest()  # noqa: S324 - the digest that SIP uses


class Wire(asyncio.DatagramProtocol):
    """One UDP port towards one server, and the transactions on it."""

    def __init__(self, server: tuple[str, int], incoming: Callable[[Message], None]) -> None:
        """Give `incoming` every request that is not a repetition; it answers with `reply`."""
        self._server = server
        self._incoming = incoming
        self._asked: dict[tuple[str, str], tuple[asyncio.TimerHandle, Callable[[Message | None], None]]] = {}
        self._replied: dict[tuple[str, str], bytes] = {}
        self._acks: dict[str, asyncio.TimerHandle] = {}
        self._transport: asyncio.DatagramTransport | None = None
        self.port = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin (asyncio)."""
        self._transport = cast(asyncio.DatagramTransport, transport)
        self.port = transport.get_extra_info("sockname")[1]

    def datagram_received(self, data: bytes, _addr: tuple[str, int]) -> None:
        """Take a datagram (asyncio)."""
        message = Message.parse(data)
        if message.code:
            self._response(message)
        elif message.method == "ACK":
            self._acknowledged(message.call_id)
        elif (known := self._replied.get((message.branch, message.method))) is not None:
            self.send(known)
        else:
            self._incoming(message)

    def send(self, data: bytes) -> None:
        """Send once."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.sendto(data, self._server)

    def ask(self, data: bytes, branch: str, method: str, answered: Callable[[Message | None], None]) -> None:
        """Send a request and repeat it; `answered` gets every response, None when there is none in 32 s."""
        self.send(data)
        self._repeat((branch, method), data, answered, T1, GIVE_UP)

    def reply(self, request: Message, data: bytes, *, until_ack: bool = False) -> None:
        """Answer a request, and its repetitions alike; `until_ack`: repeat a 2xx to an INVITE (section 13.3.1.4)."""
        self._replied[request.branch, request.method] = data
        self.send(data)
        if until_ack:
            self._again(request.call_id, data, T1, GIVE_UP)

    def forget(self, branch: str, method: str) -> None:
        """Ask no more."""
        if (known := self._asked.pop((branch, method), None)) is not None:
            known[0].cancel()

    def close(self) -> None:
        """End."""
        for handle, _ in self._asked.values():
            handle.cancel()
        for handle in self._acks.values():
            handle.cancel()
        if self._transport is not None:
            self._transport.close()

    def _response(self, message: Message) -> None:
        key = (message.branch, message.method)
        known = self._asked.get(key)
        if known is None:
            return
        handle, answered = known
        if message.code >= FINAL or message.method == "INVITE":
            handle.cancel()
        if message.code >= FINAL and message.method != "INVITE":
            del self._asked[key]
        answered(message)

    def _repeat(
        self,
        key: tuple[str, str],
        data: bytes,
        answered: Callable[[Message | None], None],
        pause: float,
        left: float,
    ) -> None:
        def again() -> None:
            if left - pause <= 0:
                del self._asked[key]
                answered(None)
            else:
                self.send(data)
                self._repeat(key, data, answered, min(2 * pause, T2), left - pause)

        self._asked[key] = (asyncio.get_running_loop().call_later(pause, again), answered)

    def _again(self, call_id: str, data: bytes, pause: float, left: float) -> None:
        def again() -> None:
            if left > 0:
                self.send(data)
                self._again(call_id, data, min(2 * pause, T2), left - pause)

        self._acks[call_id] = asyncio.get_running_loop().call_later(pause, again)

    def _acknowledged(self, call_id: str) -> None:
        if (handle := self._acks.pop(call_id, None)) is not None:
            handle.cancel()
