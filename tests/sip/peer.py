"""The far side of the tests: a PBX with its phones, written on a raw UDP socket so that it can say anything.

It shares nothing with the stack under test. One port is the registrar and every phone behind it, as with a real PBX.
"""

import asyncio
import contextlib
import functools
import itertools
import re
import socket
import struct
import time
from dataclasses import dataclass, field

from tests.lab import music

LIMIT = 15.0
"""Seconds that a test waits for anything; nothing takes that long unless it is broken."""

FENCE = b"FENCE"
"""What the peer sends to itself to know that it has read all before."""

_numbers = itertools.count(1000)


@dataclass
class Message:
    start: str
    fields: list[tuple[str, str]]
    body: str
    source: tuple[str, int] = ("", 0)

    def __getitem__(self, name: str) -> str:
        return next((value for known, value in self.fields if known.lower() == name.lower()), "")

    def all(self, name: str) -> list[str]:
        return [value for known, value in self.fields if known.lower() == name.lower()]

    @property
    def method(self) -> str:
        return self["CSeq"].split()[-1]

    @property
    def is_response(self) -> bool:
        return self.start.startswith("SIP/2.0")

    @property
    def code(self) -> int:
        return int(self.start.split()[1]) if self.is_response else 0

    @classmethod
    def parse(cls, data: bytes, source: tuple[str, int]) -> "Message":
        head, _, body = data.decode("utf-8", "replace").partition("\r\n\r\n")
        start, *lines = head.split("\r\n")
        fields = [(name.strip(), value.strip()) for name, _, value in (line.partition(":") for line in lines)]
        return cls(start, fields, body, source)


def render(start: str, fields: list[tuple[str, str]], body: str = "") -> bytes:
    kind = [("Content-Type", "application/sdp")] if body.startswith("v=0") else []
    lines = [start, *(f"{name}: {value}" for name, value in [*fields, *kind, ("Content-Length", str(len(body)))])]
    return ("\r\n".join(lines) + "\r\n\r\n" + body).encode("utf-8", "surrogateescape")


class Rtp(asyncio.DatagramProtocol):
    """A phone's ear and mouth."""

    def __init__(self) -> None:
        self.packets: list[tuple[float, bytes]] = []
        self.sequence = 0

    def connection_made(self, transport):
        self.transport = transport
        self.port = transport.get_extra_info("sockname")[1]

    def datagram_received(self, data, _addr):
        if len(data) > 12 and not 72 <= data[1] & 0x7F < 77:  # RTCP
            self.packets.append((time.monotonic(), data))

    def send(self, to: tuple[str, int], payload: bytes, kind: int = 8, stamp: int | None = None):
        self.sequence += 1
        stamp = self.sequence * 160 if stamp is None else stamp
        head = struct.pack("!BBHII", 0x80, kind, self.sequence, stamp, 0x1234)
        self.transport.sendto(head + payload, to)

    def sound(self, since: float = 0.0) -> bytes:
        """PCMA that came since an instant, without the packets of other payload types."""
        return b"".join(data[12:] for at, data in self.packets if at >= since and data[1] & 0x7F == 8)


@dataclass
class Dialog:
    """One call of one phone."""

    peer: "Peer"
    call_id: str
    local: str
    remote: str
    target: str
    rtp: Rtp
    invite: Message | None = None
    cseq: int = 100
    inbox: list[Message] = field(default_factory=list)
    remote_rtp: tuple[str, int] = ("", 0)
    branch: str = ""
    automatic: bool = False
    """Whether 200 is acknowledged and BYE answered without being told to."""
    over: bool = False
    answered_at: float = 0.0

    def automatically(self, message: Message) -> None:
        """Do what every phone does by itself."""
        if message.code == 200 and message.method == "INVITE":
            self.remote = message["To"]
            self.target = message["Contact"].split("<")[1].split(">")[0]
            self._learn(message.body)
            self.answered_at = time.monotonic()
            self.ack(message)
        elif message.method == "BYE" and not message.is_response:
            self.over = True
            self.respond(message, 200)

    def sdp(self, direction: str = "sendrecv") -> str:
        events = ["a=rtpmap:101 telephone-event/8000", "a=fmtp:101 0-15"] if self.peer.events else []
        return "\r\n".join(
            [
                "v=0",
                f"o=- {next(_numbers)} 1 IN IP4 127.0.0.1",
                "s=-",
                "c=IN IP4 127.0.0.1",
                "t=0 0",
                f"m=audio {self.rtp.port} RTP/AVP {self.peer.offer}" + (" 101" if events else ""),
                *self.peer.formats,
                *events,
                f"a={direction}",
                "",
            ]
        )

    def request(self, method: str, headers=(), body: str = "", cseq: int | None = None, target: str = "") -> Message:
        if cseq is None:
            self.cseq += 1
            cseq = self.cseq
        branch = self.branch if method == "CANCEL" else f"z9hG4bK{next(_numbers)}"
        if method == "INVITE":
            self.branch = branch
        fields = [
            ("Via", f"SIP/2.0/UDP 127.0.0.1:{self.peer.port};branch={branch};rport"),
            ("Max-Forwards", "70"),
            ("From", self.local),
            ("To", self.remote),
            ("Call-ID", self.call_id),
            ("CSeq", f"{cseq} {method}"),
            ("Contact", f"<sip:127.0.0.1:{self.peer.port}>"),
            *headers,
        ]
        start = f"{method} {target or self.target} SIP/2.0"
        self.peer.send(render(start, fields, body))
        return Message(start, fields, body)

    def respond(self, request: Message, code: int, headers=(), body: str = "", reason: str = "Said So") -> None:
        to = request["To"] if "tag=" in request["To"] or code == 100 else f"{request['To']};tag=peer{self.call_id}"
        fields = [("Via", via) for via in request.all("Via")]
        fields += [("From", request["From"]), ("To", to), ("Call-ID", self.call_id), ("CSeq", request["CSeq"])]
        if code < 400:
            fields.append(("Contact", f"<sip:127.0.0.1:{self.peer.port}>"))
        self.peer.send(render(f"SIP/2.0 {code} {reason}", [*fields, *headers], body), request.source)

    async def got(self, *, method: str = "", code: int = 0, cseq: int = 0) -> Message:
        """Wait for a request (`method`) or a response to one (`method` and `code`), and take it out."""

        def fits(message: Message) -> bool:
            if bool(code) != message.is_response or (cseq and int(message["CSeq"].split()[0]) != cseq):
                return False
            return (not method or message.method == method) and (not code or message.code == code)

        message = await self.peer.until(lambda: next((m for m in self.inbox if fits(m)), None), f"{method} {code}")
        self.inbox.remove(message)
        return message

    def _learn(self, body: str) -> None:
        if found := re.search(r"m=audio (\d+)", body):
            self.remote_rtp = ("127.0.0.1", int(found[1]))

    # -- as caller

    async def answered(self) -> Message:
        ok = await self.got(method="INVITE", code=200)
        self.remote = ok["To"]
        self.target = ok["Contact"].strip("<>").split(">")[0]
        self._learn(ok.body)
        return ok

    def ack(self, ok: Message) -> None:
        self.request("ACK", cseq=int(ok["CSeq"].split()[0]))

    async def refused(self) -> int:
        message = await self.peer.until(
            lambda: next((m for m in self.inbox if m.is_response and m.method == "INVITE" and m.code >= 300), None),
            "refusal",
        )
        self.inbox.remove(message)
        self.remote = message["To"]
        branch = self.branch
        fields = [("Via", f"SIP/2.0/UDP 127.0.0.1:{self.peer.port};branch={branch};rport"), ("From", self.local)]
        fields += [("To", self.remote), ("Call-ID", self.call_id), ("CSeq", message["CSeq"].replace("INVITE", "ACK"))]
        self.peer.send(render(f"ACK {self.target} SIP/2.0", [*fields, ("Max-Forwards", "70")]))
        return message.code

    def cancel(self) -> None:
        self.request("CANCEL", cseq=self.cseq)

    # -- as callee

    def ring(self, code: int = 180) -> None:
        self.respond(self.invite, code)

    async def pick_up(self, headers=()) -> None:
        self._learn(self.invite.body)
        self.respond(self.invite, 200, headers, self.sdp())
        await self.got(method="ACK")

    async def decline(self, code: int) -> None:
        self.respond(self.invite, code)
        await self.got(method="ACK")

    # -- as both

    async def bye(self, code: int = 200) -> None:
        self.request("BYE")
        await self.got(method="BYE", code=code)

    async def hung_up(self) -> None:
        self.respond(await self.got(method="BYE"), 200)

    async def reinvite(self, headers=(), direction: str = "sendrecv") -> Message:
        self.request("INVITE", headers, self.sdp(direction))
        ok = await self.got(method="INVITE", code=200, cseq=self.cseq)
        if not self.automatic:
            self.ack(ok)
        return ok

    async def update(self, headers=()) -> Message:
        self.request("UPDATE", headers)
        return await self.got(method="UPDATE", code=200)

    async def digit(self, digit: str) -> None:
        """Press a key: RFC 4733, one event of 100 ms with its end said three times."""
        event = "0123456789*#ABCD".index(digit)
        stamp = next(_numbers) * 1600
        for at, end in enumerate((0, 0, 1, 1, 1)):
            payload = struct.pack("!BBH", event, (end << 7) | 10, 160 * (min(at, 2) + 1))
            self.rtp.send(self.remote_rtp, payload, 101 | (at == 0) << 7, stamp)

    async def tone(self, digit: str) -> None:
        """Press a key of a phone that does nothing but sound it: 100 ms of tones (PCMA), and as much silence."""
        sound = music.alaw(music.dtmf(digit, rate=8000))
        for at in range(0, len(sound), 160):
            self.rtp.send(self.remote_rtp, sound[at : at + 160])
            await asyncio.sleep(0.02)


class Peer(asyncio.DatagramProtocol):
    """The PBX: registrar and phones on one port of 127.0.0.1."""

    def __init__(self) -> None:
        self.dialogs: dict[str, Dialog] = {}
        self.arrived: list[Dialog] = []
        self.registers: list[Message] = []
        self.options: list[Message] = []
        self.texts: list[Message] = []
        """MESSAGEs that came."""
        self.text_code = 200
        self.register_code: int | None = 200
        """What REGISTER gets; None: no answer at all."""
        self.options_code = 200
        self.offer = "8 0"
        """Payload types of the phones, best first."""
        self.formats: list[str] = []
        """Lines of SDP that explain them."""
        self.events = True
        """Whether the phones can tell keys as telephone-events (RFC 4733)."""
        self.automatic = False
        """Whether new dialogs are automatic."""
        self.loses = lambda _message: False
        """Whether the network loses a message on its way here; told of each."""
        self.answers_after = 0.0
        """Seconds that an answer to OPTIONS takes."""
        self.log: list[Message] = []
        self._changed = asyncio.Event()
        self._contact: tuple[str, int] = ("", 0)
        self._fence = lambda: None

    @classmethod
    async def open(cls, port: int = 0) -> "Peer":
        _, peer = await asyncio.get_running_loop().create_datagram_endpoint(cls, local_addr=("127.0.0.1", port))
        return peer

    def close(self) -> None:
        self.transport.close()
        for dialog in self.dialogs.values():
            dialog.rtp.transport.close()

    def connection_made(self, transport):
        self.transport = transport
        self.port = transport.get_extra_info("sockname")[1]

    def send(self, data: bytes, to: tuple[str, int] | None = None) -> None:
        self.transport.sendto(data, to or self.box)

    box: tuple[str, int] = ("", 0)

    def datagram_received(self, data, addr):
        if data == FENCE:
            self._fence()
        if len(data.strip()) < 10:
            return  # keep-alive
        message = Message.parse(data, addr)
        if self.loses(message):
            self._changed.set()
            return
        self.log.append(message)
        if message.method == "REGISTER" and not message.is_response:
            self._register(message)
        elif message.method == "OPTIONS" and not message.is_response:
            self.options.append(message)
            if self.register_code is not None:
                answer = functools.partial(self._plain, message, self.options_code)
                asyncio.get_running_loop().call_later(self.answers_after, answer)
        elif message.method == "MESSAGE" and not message.is_response:
            self._text(message)
        elif message["Call-ID"] in self.dialogs:
            self._into(self.dialogs[message["Call-ID"]], message)
        elif message.method == "INVITE" and not message.is_response:
            asyncio.get_running_loop().create_task(self._invited(message))
        self._changed.set()

    def _into(self, dialog: Dialog, message: Message) -> None:
        seen = any(
            m.start == message.start and m["CSeq"] == message["CSeq"] and m["Via"] == message["Via"]
            for m in self.log[:-1]
        )
        if seen and not message.is_response:
            return
        dialog.inbox.append(message)
        if dialog.automatic:
            dialog.automatically(message)

    def _register(self, message: Message) -> None:
        self.registers.append(message)
        code = self.register_code
        if code is None:
            return
        headers = [("Contact", f"{message['Contact']};expires={message['Expires'] or 60}")] if code == 200 else []
        if code == 401:
            headers = [("WWW-Authenticate", f'Digest realm="peer", nonce="{next(_numbers)}", algorithm=MD5')]
        self._plain(message, code, headers)

    def _text(self, message: Message) -> None:
        challenged = self.text_code == 401 and not message["Authorization"]
        self.texts += [] if challenged else [message]
        code = 200 if self.text_code == 401 and not challenged else self.text_code
        headers = [("WWW-Authenticate", 'Digest realm="peer", nonce="1", algorithm=MD5')] if challenged else []
        self._plain(message, code, headers)

    def _plain(self, message: Message, code: int, headers=()) -> None:
        names = ("Via", "From", "To", "Call-ID", "CSeq")
        fields = [(name, value) for name in names for value in message.all(name)]
        if "tag=" not in message["To"]:
            fields[-3] = ("To", fields[-3][1] + ";tag=registrar")
        self.send(render(f"SIP/2.0 {code} Said So", [*fields, *headers]), message.source)

    async def _invited(self, message: Message) -> None:
        dialog = Dialog(
            self,
            message["Call-ID"],
            f"{message['To']};tag=peer{message['Call-ID']}",
            message["From"],
            message["Contact"].split("<")[1].split(">")[0],
            await self.rtp(),
            message,
            automatic=self.automatic,
        )
        self.dialogs[dialog.call_id] = dialog
        self.arrived.append(dialog)
        self._changed.set()

    async def rtp(self) -> Rtp:
        _, rtp = await asyncio.get_running_loop().create_datagram_endpoint(Rtp, local_addr=("127.0.0.1", 0))
        return rtp

    async def until(self, check, what: str = "what the test waits for"):
        """Wait until `check()` is true and return what it returned."""
        end = time.monotonic() + LIMIT
        while not (found := check()):
            assert time.monotonic() < end, f"{what} did not come in {LIMIT} s"
            self._changed.clear()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._changed.wait(), 0.02)
        return found

    async def nothing_more(self) -> None:
        """Take in whatever has been sent to us before: on loopback that is here already."""
        arrived = asyncio.Event()
        probe, _ = await asyncio.get_running_loop().create_datagram_endpoint(
            asyncio.DatagramProtocol, local_addr=("127.0.0.1", 0)
        )
        self._fence = arrived.set
        probe.sendto(FENCE, ("127.0.0.1", self.port))
        await asyncio.wait_for(arrived.wait(), LIMIT)
        probe.close()

    async def call(self, number: str, caller: str = '"Anna" <sip:101@127.0.0.1>', headers=(), **more) -> Dialog:
        """Call a number at the box; `more`: to, target, body."""
        ident = f"call-{next(_numbers)}@peer"
        dialog = Dialog(
            self,
            ident,
            f"{caller};tag=a{next(_numbers)}",
            more.get("to", f"<sip:{number}@127.0.0.1>"),
            more.get("target", f"sip:{number}@127.0.0.1:{self.box[1]}"),
            await self.rtp(),
            automatic=self.automatic,
        )
        self.dialogs[ident] = dialog
        dialog.invite = dialog.request("INVITE", headers, more.get("body", dialog.sdp()))
        return dialog

    async def rung(self) -> Dialog:
        """Wait for a call of the box."""
        return await self.until(lambda: self.arrived.pop(0) if self.arrived else None, "a call of the box")


def free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
