"""A thousand parks and retrieves in a row: does a process give back what each of them took?

In each wave every place gets a caller, and everybody is fetched at once by somebody of his own: twice as many legs as
places. Then all hang up. Memory is read at rest: no leg is left, and the SIP transactions of the last wave, which are kept
for 32 s (RFC 3261 section 17), are forgotten. The waves before the first reading fill what a process keeps for good: pools
and caches. One thing still fills while we look: the flight recorder holds the steps of the last ten minutes, 40,000 at the
most, and a park and retrieve is six of them. `FLAT` leaves room for these and for nothing else.
"""

import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tests.bench.contenders import Contender
from tests.bench.process import cpu_seconds, resident, written
from tests.lab.callers import Callers
from tests.lab.process import LabError, until

PLACES = 64
WARM = 30
"""Waves before memory is read: they last some times longer than a transaction is kept, and its pools no longer grow."""
WAVES = 16
"""Waves that count: 1,024 parks and retrieves."""
REST = 35.0
"""Seconds after which no transaction of the last wave is kept."""
FLAT = 6.0
"""kB that a process may keep of each park and retrieve and still count as flat: six steps of the flight recorder are 3, and
pools that still settle 1. A forgotten leg keeps a hundred."""
_RATE = 40.0
_TALK = 3.0
_PATIENCE = 60.0


@dataclass(frozen=True, slots=True)
class Endurance:
    """What was seen of one contender."""

    contender: str
    places: int
    calls: int
    """Parks and retrieves."""
    legs: int
    """Most that were up at once."""
    legs_left: int
    warm: float
    """Resident memory at rest before, MB."""
    after: float
    """The same at rest after."""
    waves: tuple[float, ...]
    """The same at the end of each wave, its legs gone."""
    cpu_ms: float
    """CPU time of one park and retrieve, music and talk included."""
    written_kb: float
    """What one park and retrieve sends to the disk, as the kernel counts pages (/proc/PID/io)."""

    @property
    def growth(self) -> float:
        """Return MB."""
        return self.after - self.warm

    @property
    def flat(self) -> bool:
        """Return whether it counts as flat."""
        return self.growth < FLAT * self.calls / 1024 and self.legs_left == 0

    @property
    def expected(self) -> int:
        """Return how many legs there are when everybody has been fetched: the caller's and the other's of each place."""
        return 2 * self.places

    @property
    def faults(self) -> tuple[str, ...]:
        """Return in words what does not hold; nothing: all does."""
        short = f"only {self.legs} of {self.expected} legs were up at once"
        kept = f"not flat: {self.growth:+.1f} MB, {self.legs_left} legs left"
        return (*((short,) if self.legs < self.expected else ()), *(() if self.flat else (kept,)))

    def as_json(self) -> dict[str, Any]:
        """Return it as an object."""
        return {**asdict(self), "growth": self.growth, "flat": self.flat, "faults": self.faults}


def endure(
    contender: Contender, folder: Path, *, places: int = PLACES, warm: int = WARM, waves: int = WAVES
) -> Endurance:
    """Park and fetch everybody in `warm` waves, then in `waves` more, and compare."""
    for number in range(warm):
        _wave(contender, folder / f"warm-{number}", places)
    before = _at_rest(contender)
    used, disk = cpu_seconds(contender.pid), written(contender.pid)
    seen: list[tuple[int, float]] = []
    for number in range(waves):
        legs = _wave(contender, folder / f"wave-{number}", places)
        seen.append((legs, resident(contender.pid)))
    used, disk = cpu_seconds(contender.pid) - used, written(contender.pid) - disk
    after, calls = _at_rest(contender), waves * places
    return Endurance(
        contender=contender.name,
        places=places,
        calls=calls,
        legs=max(legs for legs, _ in seen),
        legs_left=contender.legs(),
        warm=before,
        after=after,
        waves=tuple(memory for _, memory in seen),
        cpu_ms=1000 * used / calls,
        written_kb=disk / 1024 / calls,
    )


def _wave(contender: Contender, folder: Path, places: int) -> int:
    """Fill every place, fetch everybody, wait until all have gone; return the most legs that were up."""
    code, first = contender.fetch[:-4], int(contender.fetch[-4:])
    numbers = [f"{code}{first + index}" for index in range(places)]
    headers = {"headers": contender.headers, "rate": _RATE, "hold": _PATIENCE}
    with Callers(contender.target, [contender.park] * places, folder / "parked", **headers) as parked:
        parked.wait_answered(limit=_PATIENCE).wait_music(limit=_PATIENCE)
        with Callers(contender.target, numbers, folder / "fetched", rate=_RATE, hold=_TALK) as fetched:
            fetched.wait_answered(limit=_PATIENCE)
            legs = contender.legs()
            done = (fetched.wait(), parked.wait())
    if any((one.successful, one.failed) != (places, 0) for one in done):
        raise LabError(f"{contender.name}: a call of {folder} failed\n{parked.tail()}\n{fetched.tail()}")
    until(lambda: contender.legs() == 0, f"no leg is left at {contender.name}", limit=_PATIENCE)
    return legs


def _at_rest(contender: Contender) -> float:
    time.sleep(REST)  # until the library has forgotten the last wave, and not a wait for an event
    return resident(contender.pid)


def table(found: list[Endurance]) -> str:
    """Return the figures as a table in Markdown."""
    head = ("parks and retrieves in a row", "places", "legs", "left", "RSS MB before", "after", "grown")
    head += ("CPU ms each", "kB written each")
    lines = [f"| {' | '.join(head)} |", "|" + " --- |" * len(head)]
    for one in found:
        legs = f"{one.legs}{'' if one.legs >= one.expected else f' OF {one.expected}'}"
        counts = [f"{one.contender}: {one.calls:,}", str(one.places), legs, str(one.legs_left)]
        memory = [f"{one.warm:.1f}", f"{one.after:.1f}", f"{one.growth:+.1f} {'flat' if one.flat else 'NOT FLAT'}"]
        lines.append(f"| {' | '.join([*counts, *memory, f'{one.cpu_ms:.1f}', f'{one.written_kb:.1f}'])} |")
    return "\n".join(lines)
