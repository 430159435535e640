"""A desk phone that a test picks up: real SIP, real RTP, in a process of its own (`phone_process`).

`Phone` and `Call` are used from one thread. What happened is kept as a list of `Happening`, in order and with instants;
`wait_for` finds the first that fits, also when it has happened already, so that a test cannot come too late.
"""

import contextlib
import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tests.lab.hearing import Sound, exactly_tones
from tests.lab.pbx_config import Line
from tests.lab.ports import Ports
from tests.lab.process import LIMIT, ROOT, LabError, Program, until
from tests.lab.sip_text import Party

TONES = {"100": 610.0, "101": 730.0, "102": 870.0, "103": 1030.0, "104": 1210.0, "105": 1430.0}
TONES |= {"customer": 1670.0, "customer2": 1930.0, "customer3": 2230.0}
"""What each phone of the company says, in Hz: nobody's voice is a harmonic of another's."""


@dataclass(frozen=True, slots=True)
class Happening:
    """One fact about a phone; `call` is 0 where it is about no call. The facts are listed at `Phone`."""

    what: str
    at: float
    call: int = 0
    data: dict[str, Any] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Any:
        """Return one of its details."""
        return self.data[name]


class Phone:
    """One phone of the company.

    Facts: `registration` (code, active), `dialling` (number), `invite` (name, number, dialled, alert_info, call_info,
    diversion, text), `ringing` (code), `answered` (code: the dialog is confirmed), `media` / `local_hold` / `remote_hold`
    (codec), `rtp` (first packet), `recording`, `shown` (name, number: the display changed), `digit` (digit), `transfer`
    (code, final), `referred` (to), `instead` (of: a call that takes another's place), `ended` (code, reason), `message`
    (body, number), `fault` (detail; every wait raises it).
    """

    def __init__(
        self,
        line: Line,
        server: str,
        folder: Path,
        *,
        tone: float | None = None,
        codecs: Iterable[str] = ("pcma",),
        register: bool = True,
    ) -> None:
        """Take a line of the PBX at `server` (host:port); say `tone` (its own by default, 0: silence) into every call."""
        self.line = line
        self.server = server
        self.folder = folder
        self.tone = TONES.get(line.account, 0.0) if tone is None else tone
        self.happenings: list[Happening] = []
        self.calls: dict[int, Call] = {}
        self._settings: dict[str, Any] = {
            "account": line.account,
            "name": line.name,
            "password": line.password,
            "server": server,
        }
        self._settings |= {"folder": str(folder), "tone": self.tone, "codecs": list(codecs), "register": register}
        self._news = threading.Condition()
        self._answers: dict[int, dict[str, Any]] = {}
        self._said = self.tone
        self._orders = 0
        self._met: set[int] = set()
        self._program: Program | None = None
        self._ports: Ports | None = None

    @property
    def number(self) -> str:
        """Its number."""
        return self.line.number

    @property
    def port(self) -> int:
        """Its SIP port on 127.0.0.1."""
        assert self._ports is not None
        return self._ports.first

    @property
    def pid(self) -> int:
        """Its process id."""
        assert self._program is not None
        return self._program.pid

    @property
    def alive(self) -> bool:
        """Whether its process runs."""
        return self._program is not None and self._program.code is None

    def start(self, *, wait: bool = True) -> Self:
        """Start the process; wait until it is registered (`wait=False`: `wait_ready` does it later)."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self._ports = Ports()
        command = [sys.executable, "-m", "tests.lab.phone_process"]
        self._program = Program(
            f"phone {self.line.account}",
            command,
            self.folder / "console",
            environment={"PYTHONPATH": str(ROOT)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        self._write({**self._settings, "port": self.port})
        threading.Thread(target=self._read, name=self._program.name, daemon=True).start()
        return self.wait_ready() if wait else self

    def wait_ready(self) -> Self:
        """Wait until it is registered, or at least there."""
        self.wait_for("ready")
        if self._settings["register"]:
            self.wait_for("registration", code=200, active=True)
        return self

    def stop(self) -> None:
        """Hang up everything, unregister, end."""
        if self._program is not None:
            with contextlib.suppress(OSError):
                self._program.stdin.close()
            with contextlib.suppress(LabError):
                self._program.wait(10)
            self._program.stop()
        if self._ports is not None:
            self._ports.close()

    def kill(self) -> None:
        """Pull the plug: no BYE, no unregistration."""
        assert self._program is not None
        self._program.kill()

    def dial(self, number: str, headers: dict[str, str] | None = None) -> "Call":
        """Call a number (or a full SIP URI); returns at once."""
        return self._call(self.ask("dial", number=number, headers=headers or {}))

    def incoming(self, *, limit: float = LIMIT, **match: Any) -> "Call":
        """Wait for the next call that comes in and was not returned here before."""
        found = self._wait(
            lambda: next((h for h in self._fitting("invite", 0, match) if h.call not in self._met), None),
            f"an incoming call {match or ''}",
            limit,
        )
        self._met.add(found.call)
        return self._call(found.call)

    def behave(self, **manners: Any) -> None:
        """Set manners for new calls.

        `refuse` (486 busy, 480 do not disturb ...; 0: ring), `forward` (302 to that number; "": ring), `silent` (not even a
        180), `answer_after` (seconds; None: by hand), `obey_auto_answer` (pick up when Call-Info or Alert-Info ask for it).
        """
        self.ask("behave", **manners)

    def speak(self, frequency: float) -> None:
        """Say another sine from now on; 0: silence."""
        self.ask("speak", frequency=frequency)
        self._said = frequency

    def reset(self) -> None:
        """Hang up everything, forget what happened and all manners: as new for the next test."""
        for number in self.ask("hang_up_all"):
            self.wait_for("ended", call=number)
        self.behave(refuse=0, forward="", silent=False, answer_after=None, obey_auto_answer=True)
        if self._said != self.tone:
            self.speak(self.tone)
        with self._news:
            self.happenings.clear()
            self.calls.clear()
            self._met.clear()

    def send_message(self, number: str, text: str) -> None:
        """Send a SIP MESSAGE."""
        self.ask("message", number=number, text=text)

    def register(self, *, renew: bool = True) -> None:
        """Register anew, or with `renew=False` unregister; the outcome is a `registration`."""
        self.ask("register", renew=renew)

    def wait_for(
        self, what: str, *, call: int = 0, after: float = 0.0, limit: float = LIMIT, **match: Any
    ) -> Happening:
        """Return the first happening of that kind at or after an instant (0: ever) that has these details."""
        wanted = match | ({"call": call} if call else {})
        return self._wait(
            lambda: next(self._fitting(what, after, wanted), None), f"{what!r} with {wanted} since {after:.3f}", limit
        )

    def ask(self, order: str, **details: Any) -> Any:
        """Give an order to the process and return its answer; LabError when the library refuses."""
        self._orders += 1
        number = self._orders
        self._write({"id": number, "do": order, **details})
        answer = self._wait(lambda: self._answers.pop(number, None), f"an answer to {order!r}", LIMIT)
        if "failed" in answer:
            raise LabError(f"{self.line.account}: {answer['failed']}\n{self.tail()}")
        return answer["done"]

    def tail(self) -> str:
        """Return what happened last and the end of the logs, for messages."""
        last = "\n".join(f"{h.at:.3f} {h.what} {h.call or ''} {_brief(h.data)}" for h in self.happenings[-25:])
        return f"--- {self.line.account}: what happened\n{last}\n{self._program.tail(20) if self._program else ''}"

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    def _call(self, number: int) -> "Call":
        return self.calls.setdefault(number, Call(self, number))

    def _write(self, line: dict[str, Any]) -> None:
        assert self._program is not None
        try:
            self._program.stdin.write(json.dumps(line).encode() + b"\n")
            self._program.stdin.flush()
        except OSError:
            raise LabError(f"the phone {self.line.account} is gone\n{self.tail()}") from None

    def _read(self) -> None:
        """Take the process's lines until it ends (a thread of its own)."""
        assert self._program is not None
        for line in self._program.stdout:
            entry = json.loads(line)
            with self._news:
                if "id" in entry:
                    self._answers[entry["id"]] = entry
                else:
                    what, at, call = entry.pop("what"), entry.pop("at"), entry.pop("call", 0)
                    self.happenings.append(Happening(what, at, call, entry))
                self._news.notify_all()
        with self._news:
            self.happenings.append(Happening("gone", time.monotonic()))
            self._news.notify_all()

    def _fitting(self, what: str, after: float, wanted: dict[str, Any]) -> Iterator[Happening]:
        found = (h for h in self.happenings if h.what == what and h.at >= after)
        return (h for h in found if all((h.call if k == "call" else h.data.get(k)) == v for k, v in wanted.items()))

    def _wait(self, find: Callable[[], Any], wanted: str, limit: float) -> Any:
        end = time.monotonic() + limit
        with self._news:
            while (found := find()) is None:
                bad = next((h for h in self.happenings if h.what in ("fault", "gone")), None)
                if bad is not None:
                    raise LabError(f"phone {self.line.account}: {bad.what} {bad.data}\n{self.tail()}")
                if not self._news.wait(end - time.monotonic()):
                    raise LabError(f"phone {self.line.account}: no {wanted} within {limit} s\n{self.tail()}")
        return found


class Call:
    """One call of a phone."""

    def __init__(self, phone: Phone, number: int) -> None:
        self.phone = phone
        self.number = number

    @property
    def shown(self) -> Party:
        """Whom the display shows now."""
        told = [h for h in self.happenings if h.what in ("invite", "shown")]
        return Party(told[-1]["number"], told[-1]["name"]) if told else Party("")

    @property
    def happenings(self) -> list[Happening]:
        """What happened to this call."""
        return [h for h in self.phone.happenings if h.call == self.number]

    @property
    def over(self) -> bool:
        """Whether it has ended."""
        return any(h.what == "ended" for h in self.happenings)

    @property
    def invite(self) -> Happening:
        """The INVITE that brought it (incoming calls): details name, number, dialled, alert_info, call_info, text."""
        return self.wait_for("invite")

    def wait_for(self, what: str, *, after: float = 0.0, limit: float = LIMIT, **match: Any) -> Happening:
        """Wait for a happening of this call, as `Phone.wait_for`."""
        return self.phone.wait_for(what, call=self.number, after=after, limit=limit, **match)

    def wait_answered(self, limit: float = LIMIT) -> Self:
        """Wait until both sides talk."""
        self.wait_for("answered", limit=limit)
        self.wait_for("media", limit=limit)
        return self

    def wait_ended(self, limit: float = LIMIT) -> Happening:
        """Wait for the end; details code and reason."""
        return self.wait_for("ended", limit=limit)

    def wait_successor(self, limit: float = LIMIT) -> "Call":
        """Wait until another call of the phone takes this one's place (a REFER that it obeys, an INVITE with Replaces)."""
        found = self.phone.wait_for("instead", of=self.number, limit=limit)
        return self.phone.calls.setdefault(found.call, Call(self.phone, found.call))

    def wait_shown(self, number: str, limit: float = LIMIT) -> Party:
        """Wait until the display shows that number."""
        until(lambda: self.shown.number == number, f"{self} shows {number}", limit=limit, tail=self.phone.tail)
        return self.shown

    def answer(self) -> Self:
        """Pick up, and wait until both sides talk."""
        self.phone.ask("answer", call=self.number, code=200)
        return self.wait_answered()

    def refuse(self, code: int = 486) -> None:
        """Refuse it."""
        self.phone.ask("answer", call=self.number, code=code)

    def hang_up(self) -> None:
        """Hang up (CANCEL, BYE, 603: as the state demands); nothing if it is over. Returns at once."""
        self.phone.ask("hangup", call=self.number, code=0)

    def hold(self) -> Self:
        """Put the other side on hold, and wait for it."""
        at = time.monotonic()
        self.phone.ask("hold", call=self.number)
        self.wait_for("local_hold", after=at)
        return self

    def unhold(self) -> Self:
        """Take the other side back, and wait for it."""
        at = time.monotonic()
        self.phone.ask("unhold", call=self.number)
        self.wait_for("media", after=at)
        return self

    def blind_transfer(self, number: str) -> float:
        """REFER the other side to a number; return the instant. The outcome is `transfer`; the phone then hangs up."""
        at = time.monotonic()
        self.phone.ask("blind_transfer", call=self.number, number=number)
        return at

    def attended_transfer(self, other: "Call") -> float:
        """Join the other sides of two calls of this phone by REFER with Replaces; return the instant."""
        at = time.monotonic()
        self.phone.ask("attended_transfer", call=self.number, other=other.number)
        return at

    def dtmf(self, digits: str, method: str = "rfc4733") -> None:
        """Send digits; method rfc4733, info or inband."""
        self.phone.ask("dtmf", call=self.number, digits=digits, method=method)

    def heard(self, last: float | None = None, limit: float = LIMIT) -> Sound:
        """Return what it has brought until now (or the last seconds of it), with instants."""
        found = self.wait_for("recording", limit=limit)
        if not self.over:
            self.phone.ask("flush")
        return Sound.from_wav(Path(found["path"]), found["start"], last)

    def wait_heard(
        self, check: Callable[[Sound], bool], what: str, *, last: float | None = None, limit: float = LIMIT
    ) -> Sound:
        """Wait until what it has brought (or always the last seconds of it) fits; return that."""

        def fitting() -> Sound | None:
            sound = self.heard(last)
            complete = sound.duration >= (last or 0) * 0.99
            return sound if complete and check(sound) else None

        self.wait_for("recording", limit=limit)
        found = until(fitting, f"{self} hears {what}", limit=limit, tail=self.phone.tail)
        assert found is not None
        return found

    def wait_tones(self, *frequencies: float, seconds: float = 0.4, limit: float = LIMIT) -> Sound:
        """Wait until, of all phones' voices, exactly these were heard for the last seconds; return that part."""

        return self.wait_heard(
            lambda sound: exactly_tones(sound, frequencies, TONES.values()),
            f"{sorted(frequencies)} Hz",
            last=seconds,
            limit=limit,
        )

    def __str__(self) -> str:
        return f"call {self.number} of {self.phone.line.account}"


def _brief(data: dict[str, Any]) -> str:
    return " ".join(f"{name}={value}" for name, value in data.items() if name != "text" and value not in ("", None))
