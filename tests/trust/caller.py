"""One call at the box, made over a `Wire`: parked, held, asked things, hung up; with an ear for what it hears."""

import itertools
import secrets
import socket
import time
from dataclasses import replace

import numpy as np

from tests.e2e.company import is_music
from tests.lab.hearing import Sound
from tests.lab.ports import HOST
from tests.lab.process import LabError, until
from tests.sip.rigs import ALAW
from tests.trust.recorded import Blanks, write
from tests.trust.wire import Address, Message, Wire

PCMA = 8
_ENOUGH = 20
"""Packets of 20 ms that are judged at a time."""
_numbers = itertools.count(1)


class Caller:
    """A caller behind a wire. `number` is what is dialled for him: a code that parks him, or a place."""

    def __init__(self, wire: Wire, box: Address, number: str = "*68701", **blanks: str | int) -> None:
        """Choose a Call-ID and a tag, open an ear; nothing is said yet."""
        self._wire = wire
        self._box = box
        self._ear = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._ear.bind((HOST, 0))
        self._ear.setblocking(False)
        self.call_id = f"{secrets.token_hex(8)}-{next(_numbers)}"
        self.blanks = Blanks(
            box=f"{box[0]}:{box[1]}",
            pbx=str(wire),
            call_id=self.call_id,
            tag=secrets.token_hex(8),
            to=f"<sip:{number}@127.0.0.1;ob>",
            number=number,
            port=self._ear.getsockname()[1],
            **blanks,  # type: ignore[arg-type]  # each by its name
        )
        self.cseq = self.blanks.cseq
        self.remote_tag = ""

    @property
    def over(self) -> bool:
        """Whether the box has hung up."""
        return any(one.start.startswith("BYE ") for one in self._wire.all_of(self.call_id))

    @property
    def replaces(self) -> str:
        """What an INVITE with Replaces must say to take this dialog over (RFC 3891 section 6.1)."""
        return f"{self.call_id};to-tag={self.remote_tag};from-tag={self.blanks.tag}"

    def text(self, kind: str, **blanks: str | int) -> bytes:
        """Return a message of this dialog; CSeq is the last one's unless told."""
        filled = replace(self.blanks, **{"cseq": self.cseq, "branch": secrets.token_hex(8), **blanks})  # type: ignore[arg-type]
        return write(kind, filled)

    def say(self, kind: str, **blanks: str | int) -> None:
        """Send a message of this dialog."""
        self._wire.send(self.text(kind, **blanks), self._box)

    def ask(self, kind: str, **blanks: str | int) -> int:
        """Send the next request of this dialog; return the code of the answer."""
        self.cseq += 1
        answer = self._asked(self.text(kind, **blanks))
        if answer.method == "INVITE" and answer.code == 200:
            self._wire.acknowledge(answer, self.text("ACK"), self._box)
        return answer.code

    def call(self, kind: str = "INVITE") -> Message:
        """Call the box, acknowledge its final answer and return it."""
        branch = secrets.token_hex(8)
        answer = self._asked(self.text(kind, branch=branch))
        self.blanks = replace(self.blanks, to=answer["To"])
        if answer.code < 300:
            self.remote_tag = answer["To"].rpartition("tag=")[2]
            self._wire.acknowledge(answer, self.text("ACK"), self._box)
        else:
            self.say("ACK", branch=branch)
        return answer

    def again(self) -> "Caller":
        """Forget what came of an earlier try: the next call is a new one."""
        self.call_id = secrets.token_hex(8)
        self.blanks = replace(self.blanks, call_id=self.call_id, to=f"<sip:{self.blanks.number}@127.0.0.1;ob>")
        return self

    def park(self) -> "Caller":
        """Call the box and be answered."""
        answer = self.call()
        if answer.code != 200:
            raise LabError(f"{self.call_id}: the box answered {answer.start}")
        return self

    def hang_up(self) -> None:
        """End the call; nothing when the box has already."""
        if not self.over:
            self.ask("BYE")

    def close(self) -> None:
        """Give the ear back."""
        self._ear.close()

    def wait_music(self) -> None:
        """Wait until the music of the box is heard, from now on."""
        self._drain()
        until(self._hears_music, f"{self.call_id} hears the music of the box")

    def packets(self, seconds: float) -> int:
        """Count the packets of some seconds from now on."""
        self._drain()
        time.sleep(seconds)  # the duration of the measurement
        return len(self._drain())

    def is_final(self, one: Message) -> bool:
        """Say whether this is the final answer to the last INVITE."""
        return one.code >= 200 and one["Call-ID"] == self.call_id and one["CSeq"].split() == [str(self.cseq), "INVITE"]

    def _asked(self, text: bytes) -> Message:
        method, number = text.split(b" ", 1)[0].decode(), str(self.cseq)

        def fits(one: Message) -> bool:
            return one.code >= 200 and one["Call-ID"] == self.call_id and one["CSeq"].split() == [number, method]

        return self._wire.ask(text, self._box, fits, f"an answer to {method} {number} of {self.call_id}")

    def _hears_music(self) -> bool:
        heard: list[bytes] = []

        def enough() -> bool:
            heard.extend(self._drain())
            return len(heard) >= _ENOUGH

        until(enough, f"{self.call_id} hears something")
        octets = np.frombuffer(b"".join(packet[12:] for packet in heard), dtype=np.uint8)
        return is_music(Sound(ALAW[octets] / 32768.0, 8000))

    def _drain(self) -> list[bytes]:
        packets: list[bytes] = []
        while True:
            try:
                packet = self._ear.recv(2048)
            except BlockingIOError:
                return packets
            if len(packet) > 12 and packet[1] & 0x7F == PCMA:
                packets.append(packet)
