"""A shop with the box in it, behind a PBX of raw sockets: who is trusted, who is not, and whether all is well.

pbx       127.0.0.1, the registrar; serves
friend    another address of the PBX, at port 5060, where even answers to a message without `rport` come
stranger  somebody else on the network
"""

import secrets
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.e2e.company import with_chord
from tests.lab.box import Box, Json, company_config
from tests.lab.pbx_config import Company
from tests.lab.ports import HOST, Ports
from tests.lab.process import LabError, until
from tests.sip.peer import render
from tests.trust.caller import Caller
from tests.trust.wire import SIP_PORT, Address, Message, Wire, fresh_address

STREAMS = "127.0.0.9"
"""Trusted, from any port: callers over TCP."""
UNACKNOWLEDGED = 80.0
"""Seconds in which an answer that nobody has acknowledged is given up, and the BYE after it (RFC 3261 section 13.3.1.4)."""
_company = Company()


def resident(pid: int) -> float:
    """Return the resident memory of a process, MB."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS:")) / 1024


@dataclass(frozen=True, slots=True)
class _Pbx:
    """What `company_config` wants to know of a PBX."""

    server: str
    company: Company = _company


class Shop:
    """One box and whoever talks to it; `configure` changes its configuration before it starts."""

    def __init__(
        self,
        folder: Path,
        configure: Callable[[Json], object] = lambda _: None,
        *,
        verbose: bool = False,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        """Open the wires and choose the ports; `verbose`: the box logs everything."""
        self._open = ExitStack()
        ports = self._open.enter_context(Ports())
        self.pbx = self._wire(serves=True)
        self.friend = self._wire(fresh_address(), SIP_PORT)
        self.stranger = self._wire("127.0.0.2")
        config = company_config(_Pbx(str(self.pbx)), ports, card="sim")  # type: ignore[arg-type]
        with_chord(config)
        trunk: Json = {"name": "trunk", "extension": "900", "server": f"{STREAMS}:{SIP_PORT}", "register": False}
        trunk |= {"transport": "tcp", "trust": [STREAMS, str(self.friend)]}
        config["sip"]["account"].append(trunk)
        config["announce"] = {"repeats": 0}
        configure(config)
        self.box = Box(folder, config, verbose=verbose, environment=environment)
        self.address: Address = (HOST, config["sip"]["port"])
        self._callers: list[Caller] = []

    def caller(self, number: str = "*68701", wire: Wire | None = None, **blanks: str | int) -> Caller:
        """Return somebody who can call the box, by way of the PBX unless told."""
        caller = Caller(wire or self.pbx, self.address, number, **blanks)
        self._callers.append(caller)
        return caller

    def begin(self) -> None:
        """Forget what earlier tests did."""
        self.box.events.clear()
        for wire in (self.pbx, self.friend, self.stranger):
            wire.forget()

    def end(self) -> None:
        """Hang up whoever is left, and see that nothing is."""
        for caller in self._callers:
            if caller.remote_tag:
                caller.hang_up()
            caller.close()
        self._callers.clear()
        self.alive()
        self.box.wait_idle(UNACKNOWLEDGED)

    def alive(self, wire: Wire | None = None) -> None:
        """Ask the stack whether it lives: an OPTIONS, of the PBX unless told, is answered after whatever came before."""
        probe = Caller(wire or self.pbx, self.address)
        probe.close()
        if (code := probe.ask("OPTIONS", to=f"<sip:{self.box.server}>")) != 200:
            raise LabError(f"the stack answers an OPTIONS with {code}")

    def settle(self, wire: Wire) -> None:
        """Wait until whatever came from a wire has been answered: by the stack, by the core, by the stack again."""
        self.alive(wire)
        self.box.status()
        self.alive(wire)

    def dismiss(self, wire: Wire) -> None:
        """End every call that was answered at a wire, whoever made it, until no leg is left."""
        self.settle(wire)

        def gone() -> bool:
            self.dismiss_now(wire)
            return int(self.box.status()["legs"]) == 0

        until(gone, "no leg is left", limit=UNACKNOWLEDGED, tail=self.box.tail)

    def dismiss_now(self, wire: Wire) -> None:
        """Say BYE in every dialog that has begun at a wire, and forget what came there."""
        self.acknowledge(wire)
        for answer in wire.answers():
            wire.send(_inside("BYE", answer, wire), self.address)
        wire.forget()

    def acknowledge(self, wire: Wire) -> None:
        """Acknowledge whatever the box has answered at a wire: else it says so again for 32 s."""
        for answer in wire.answers():
            wire.acknowledge(answer, _inside("ACK", answer, wire), self.address)

    def replace(self, caller: Caller, number: str) -> Caller:
        """Have somebody else parked where a caller was."""
        caller.close()
        self._callers.remove(caller)
        self.box.wait_status(lambda status: _state(status, number[3:]) == "free", f"{number} can be had")
        return self.caller(number).park()

    def wait_legs(self, count: int = 0, limit: float = UNACKNOWLEDGED) -> None:
        """Wait until so many legs are left."""
        self.box.wait_status(lambda status: status["legs"] == count, f"{count} legs", limit=limit)

    def faults(self) -> list[str]:
        """Return what is wrong with the box itself; what it says of its accounts is about the PBX."""
        return [wrong for wrong in self.box.status()["health"] if not wrong.startswith("account ")]

    def __enter__(self) -> Self:
        try:
            self.box.start(registered=False)
            self.box.wait_status(lambda status: status["registered"][0]["state"] == "registered", "registered")
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.box.stop()
        for caller in self._callers:
            caller.close()
        self._open.close()

    def _wire(self, address: str = HOST, port: int = 0, *, serves: bool = False) -> Wire:
        wire = Wire(address, port, serves=serves)
        self._open.callback(wire.close)
        return wire


def _inside(method: str, answer: Message, wire: Wire) -> bytes:
    """Return a request without a body inside the dialog that an answer has begun."""
    number = int(answer["CSeq"].split()[0]) + (method != "ACK")
    fields = [(name, answer[name]) for name in ("From", "To", "Call-ID")]
    fields += [
        ("Via", f"SIP/2.0/UDP {wire};rport;branch=z9hG4bK{secrets.token_hex(8)}"),
        ("CSeq", f"{number} {method}"),
    ]
    return render(f"{method} sip:800@{HOST} SIP/2.0", [*fields, ("Max-Forwards", "70")])


def _state(status: Json, number: str) -> str:
    return str(next(place["state"] for place in status["places"] if place["number"] == number))
