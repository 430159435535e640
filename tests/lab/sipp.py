"""Callers by the hundred and callers with odd manners: SIPp with scenarios of our own (`scenarios/*.xml`).

A scenario is XML in which `@HOLD@` (milliseconds), `@HEADERS@` (whole lines) and `@TALKING@` (the common end of a call,
`talking.inc`) are filled in. Its log lines say when each call was sent and answered and which RTP port the far side has,
from which the times of `CallTimes` come.
"""

import csv
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.lab.ports import HOST, Ports
from tests.lab.process import LIMIT, LabError, Program, until
from tests.lab.rtp_end import RtpEnd

SCENARIOS = Path(__file__).with_name("scenarios")
_LOGGED = re.compile(r"^(?P<what>invite|answer|bye|over) (?P<call>\S+) .*?(?P<at>\d{9,}\.\d+)(?: (?P<port>\d+))?\s*$")


@dataclass(frozen=True, slots=True)
class CallTimes:
    """One call; instants are monotonic, None for what did not happen."""

    invited: float
    answered: float | None = None
    first_rtp: float | None = None
    """Arrival of the first RTP packet from the port that the answer named."""
    ended: float | None = None
    """The far side's BYE."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of all calls."""

    successful: int
    failed: int
    retransmissions: int
    calls: tuple[CallTimes, ...]
    """In the order of their INVITEs."""

    def answer_times(self) -> list[float]:
        """Return the seconds from INVITE to 200 of every answered call, sorted."""
        return sorted(call.answered - call.invited for call in self.calls if call.answered is not None)

    def music_times(self) -> list[float]:
        """Return the seconds from INVITE to the first RTP packet, sorted."""
        return sorted(call.first_rtp - call.invited for call in self.calls if call.first_rtp is not None)

    def music_after_answer(self) -> list[float]:
        """Return the seconds from 200 to the first RTP packet (negative: it came earlier), sorted."""
        both = (call for call in self.calls if call.first_rtp is not None and call.answered is not None)
        return sorted((call.first_rtp or 0) - (call.answered or 0) for call in both)


class Sipp:
    """One run of SIPp: `calls` calls in all, `rate` new ones a second, each held for `hold` seconds."""

    def __init__(  # noqa: PLR0913 - who, whom, how many, how fast, how long: all by name but the first three
        self,
        target: str,
        number: str,
        folder: Path,
        *,
        scenario: str = "hold",
        calls: int = 1,
        rate: float = 20.0,
        hold: float = 5.0,
        caller: tuple[str, str] = ("+49301112222", "Kunde"),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """Call `number` at `target` (host:port of PBX or box); `caller` is (number, name), `headers` go into the INVITE."""
        self.folder = folder
        self._target = target
        self._number = number
        self._calls = calls
        self._rate = rate
        self._caller = caller
        folder.mkdir(parents=True, exist_ok=True)
        self._scenario = folder / f"{scenario}.xml"
        self._scenario.write_text(scenario_text(scenario, hold, headers or {}))
        self._ports: Ports | None = None
        self._rtp: RtpEnd | None = None
        self._program: Program | None = None

    def start(self) -> Self:
        """Begin to call."""
        self._ports = Ports()
        self._rtp = RtpEnd(self._calls, _FarPorts(self.folder / "times"))
        self._program = Program("sipp", self._command(self._ports.first, self._rtp.port), self.folder / "console")
        return self

    def wait_answered(self, count: int | None = None, limit: float = LIMIT) -> Self:
        """Wait until so many calls (None: all) have been answered."""
        wanted = self._calls if count is None else count

        def enough() -> bool:
            if self._code() is not None and self._answered() < wanted:
                raise LabError(f"SIPp ended before {wanted} calls were answered\n{self.tail()}")
            return self._answered() >= wanted

        until(enough, f"{wanted} calls answered", limit=limit, tail=self.tail)
        return self

    def wait_music(self, limit: float = LIMIT) -> Self:
        """Wait until RTP came from as many sources as there are calls."""
        rtp = self._rtp
        assert rtp is not None
        until(lambda: len(rtp.first) >= self._calls, "RTP for every caller", limit=limit, tail=self.tail)
        return self

    def wait(self, limit: float = 60.0) -> Outcome:
        """Wait until every call is over, return what became of them."""
        assert self._program is not None
        self._program.wait(limit)
        return self.outcome()

    def outcome(self) -> Outcome:
        """Return what is known by now."""
        with (self.folder / "statistics.csv").open() as file:
            rows = list(csv.DictReader(file, delimiter=";"))
        last = rows[-1] if rows else {}
        good, bad, again = (
            int(last.get(f"{name}(C)") or 0) for name in ("SuccessfulCall", "FailedCall", "Retransmissions")
        )
        return Outcome(good, bad, again, self._times())

    def stop(self) -> None:
        """End it at once, calls or not, and give its ports back."""
        if self._program is not None:
            self._program.kill()
        if self._rtp is not None:
            self._rtp.close()
        if self._ports is not None:
            self._ports.close()

    def tail(self) -> str:
        """Return what it complained about, for messages."""
        errors = self.folder / "errors"
        text = errors.read_text(errors="replace")[-4000:] if errors.exists() else ""
        return f"--- SIPp in {self.folder}, exit {self._code()}\n{text}"

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    def _code(self) -> int | None:
        return self._program.code if self._program is not None else None

    def _command(self, port: int, ear: int) -> list[str]:
        files = [("-trace_err", "-error_file", "errors"), ("-trace_logs", "-log_file", "times")]
        files += [("-trace_stat", "-stf", "statistics.csv")]
        written = [word for flag, option, name in files for word in (flag, option, str(self.folder / name))]
        amount = ["-m", str(self._calls), "-l", str(self._calls), "-r", f"{self._rate:g}"]
        keys = ["-key", "caller", self._caller[0], "-key", "name", self._caller[1], "-key", "ear", str(ear)]
        place = ["-i", HOST, "-p", str(port), "-nostdin", "-fd", "1", "-recv_timeout", "60000"]
        return ["sipp", self._target, "-sf", str(self._scenario), "-s", self._number, *amount, *place, *keys, *written]

    def _answered(self) -> int:
        return sum(call.answered is not None for call in self._times())

    def _times(self) -> tuple[CallTimes, ...]:
        log = self.folder / "times"
        logged = [match for line in _lines(log) if (match := _LOGGED.match(line))]
        offset = time.monotonic() - time.time()
        at = {(match["what"], match["call"]): float(match["at"]) + offset for match in logged}
        heard = self._rtp.first if self._rtp is not None else {}
        ports = {m["call"]: int(m["port"]) for m in logged if m["what"] == "answer"}
        rtp = {call: heard[port] + offset for call, port in ports.items() if port in heard}
        calls = [m["call"] for m in logged if m["what"] == "invite"]
        return tuple(
            CallTimes(at["invite", call], at.get(("answer", call)), rtp.get(call), at.get(("bye", call)))
            for call in calls
        )


def scenario_text(name: str, hold: float, headers: Mapping[str, str]) -> str:
    """Return a scenario with everything filled in."""
    text = (SCENARIOS / f"{name}.xml").read_text().replace("@TALKING@", (SCENARIOS / "talking.inc").read_text())
    lines = "".join(f"{name}: {value}\n" for name, value in headers.items())
    return text.replace("@HOLD@", str(round(hold * 1000))).replace("@HEADERS@", lines)


class _FarPorts:
    """Reads on in the log and knows the RTP ports of all calls that are up."""

    def __init__(self, log: Path) -> None:
        self._log = log
        self._read = 0
        self._ports: dict[str, int] = {}

    def __call__(self) -> list[int]:
        """Return them."""
        if self._log.exists() and self._log.stat().st_size > self._read:
            with self._log.open("rb") as file:
                file.seek(self._read)
                for line in file:
                    if line.endswith(b"\n"):
                        self._read += len(line)
                        self._take(line.decode())
        return list(self._ports.values())

    def _take(self, line: str) -> None:
        match = _LOGGED.match(line)
        if match and match["what"] == "answer":
            self._ports[match["call"]] = int(match["port"])
        elif match and match["what"] in ("bye", "over"):
            self._ports.pop(match["call"], None)


def _lines(path: Path) -> list[str]:
    return path.read_text(errors="replace").splitlines() if path.exists() else []
