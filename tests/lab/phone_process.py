"""The process of one phone: `python -m tests.lab.phone_process`, orders as JSON lines in, answers and events as JSON lines out.

The first line holds the settings. Then `{"id": 1, "do": "dial", ...}` is answered with `{"id": 1, "done": ...}` or
`{"id": 1, "failed": "why"}`; events are `{"what": "invite", "at": 123.4, ...}`. The end of the input ends the phone.
"""

import json
import os
import queue
import sys
import threading
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pjsua2 as pj

from tests.lab.phone_stack import Call, Stack, offer, respond

_METHODS = {"rfc4733": pj.PJSUA_DTMF_METHOD_RFC2833, "info": pj.PJSUA_DTMF_METHOD_SIP_INFO}


class Wire:
    """The way to the controller. It takes standard output for itself; what the library prints there goes to the log."""

    def __init__(self) -> None:
        self._out = os.fdopen(os.dup(sys.stdout.fileno()), "w")
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())

    def write(self, line: dict[str, Any]) -> None:
        """Send one line."""
        self._out.write(json.dumps(line) + "\n")
        self._out.flush()

    def tell(self, what: str, **data: Any) -> None:
        """Send an event, with its instant."""
        self.write({"what": what, "at": time.monotonic(), **data})


class Desk:
    """The orders, one method each; they run between two polls, in the thread of the library."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack

    def dial(self, number: str, headers: dict[str, str]) -> int:
        """Call a number at the PBX, or a full SIP URI; return the number of the call. `From` hides who calls."""
        prm = offer()
        prm.txOption.localUri = headers.pop("From", "")
        for name, value in headers.items():
            header = pj.SipHeader()
            header.hName, header.hValue = name, value
            prm.txOption.headers.append(header)
        call = Call(self.stack)
        call.tell("dialling", number=number)
        try:
            call.makeCall(self._uri(number), prm)
        except pj.Error:
            self.stack.bury(call)
            raise
        return call.number

    def answer(self, call: int, code: int) -> None:
        """Answer with 200, or refuse with something above."""
        respond(self.stack.calls[call], code)

    def hangup(self, call: int, code: int) -> None:
        """End a call, in whatever state it is; one that is over already is left alone."""
        if call in self.stack.calls:
            self.stack.hang_up(self.stack.calls[call], code)

    def hang_up_all(self) -> list[int]:
        """End every call; return their numbers."""
        numbers = list(self.stack.calls)
        for number in numbers:
            self.stack.hang_up(self.stack.calls[number])
        return numbers

    def blind_transfer(self, call: int, number: str) -> None:
        """REFER the far side to a number."""
        self.stack.calls[call].xfer(self._uri(number), pj.CallOpParam())

    def attended_transfer(self, call: int, other: int) -> None:
        """REFER the far side of one call to the far side of the other, with Replaces."""
        self.stack.calls[call].xferReplaces(self.stack.calls[other], pj.CallOpParam())

    def dtmf(self, call: int, digits: str, method: str) -> None:
        """Send digits as RFC 4733 events, as SIP INFO or as tones."""
        if method == "inband":
            self.stack.send_tones(self.stack.calls[call], digits)
            return
        prm = pj.CallSendDtmfParam()
        prm.digits, prm.method, prm.duration = digits, _METHODS[method], 100
        self.stack.calls[call].sendDtmf(prm)

    def hold(self, call: int) -> None:
        """Put the far side on hold (a=sendonly)."""
        self.stack.calls[call].setHold(offer())

    def unhold(self, call: int) -> None:
        """Take the far side back."""
        prm = offer()
        prm.opt.flag = pj.PJSUA_CALL_UNHOLD
        self.stack.calls[call].reinvite(prm)

    def speak(self, frequency: float) -> None:
        """Change the sine that is said into the calls."""
        self.stack.speak(frequency)

    def behave(self, **manners: Any) -> None:
        """Change how the phone meets new calls."""
        self.stack.manners |= manners

    def flush(self) -> None:
        """Write what was heard so far to the files."""
        for call in self.stack.calls.values():
            if call.ear is not None:
                call.ear.flush()

    def register(self, *, renew: bool) -> None:
        """Register anew, or unregister."""
        self.stack.account.setRegistration(renew)

    def message(self, number: str, text: str) -> None:
        """Send a SIP MESSAGE."""
        prm = pj.SendInstantMessageParam()
        prm.content, prm.contentType = text, "text/plain"
        buddy = pj.BuddyConfig()
        buddy.uri = self._uri(number)
        receiver = pj.Buddy()
        receiver.create(self.stack.account, buddy)
        receiver.sendInstantMessage(prm)
        receiver.__swig_destroy__(receiver)

    def _uri(self, number: str) -> str:
        server = self.stack.settings["server"]
        return number if number.startswith("sip:") else f"sip:{quote(number, safe='*+')}@{server}"


def obey(desk: Desk, wire: Wire, order: dict[str, Any]) -> None:
    """Carry out one order and answer it."""
    number, name = order.pop("id"), order.pop("do")
    try:
        method: Callable[..., Any] = getattr(desk, name)
        wire.write({"id": number, "done": method(**order)})
    except pj.Error as error:
        wire.write({"id": number, "failed": f"{name}: {error.info()}"})
    except KeyError as error:
        wire.write({"id": number, "failed": f"{name}: there is no call {error}"})


def _read(orders: "queue.SimpleQueue[str]") -> None:
    for line in sys.stdin:
        orders.put(line)
    orders.put("")


def main() -> None:
    """Be a phone until the input ends."""
    wire = Wire()
    stack = Stack(json.loads(sys.stdin.readline()), wire.tell)
    desk = Desk(stack)
    orders: queue.SimpleQueue[str] = queue.SimpleQueue()
    threading.Thread(target=_read, args=(orders,), daemon=True).start()
    wire.tell("ready")
    while True:
        stack.poll()
        while not orders.empty():
            line = orders.get()
            if not line:
                stack.close()
                return
            obey(desk, wire, json.loads(line))


if __name__ == "__main__":
    main()
