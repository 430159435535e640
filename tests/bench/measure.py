"""One measurement: so many callers are parked at a contender, then it is watched, then one of them is fetched."""

import statistics
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tests.bench.contenders import Contender
from tests.bench.process import Usage, settle, watch
from tests.lab.sipp import Sipp

FETCHES = 20


@dataclass(frozen=True, slots=True)
class Figures:
    """What was seen; times in milliseconds."""

    contender: str
    callers: int
    idle: Usage
    parked: Usage
    cpu_per_caller: float
    """Per cent of a core for one parked caller, what the idle process needs taken off."""
    to_200: dict[str, float]
    to_music: dict[str, float]
    music_after_200: dict[str, float]
    fetch_to_200: dict[str, float]

    def as_json(self) -> dict[str, Any]:
        """Return it as an object."""
        return asdict(self)


def percentiles(seconds: list[float]) -> dict[str, float]:
    """Return median, 95th and 99th percentile and maximum in milliseconds; empty without values."""
    if len(seconds) < 2:
        return {}
    cuts = statistics.quantiles(seconds, n=100, method="inclusive")
    picked = {"p50": cuts[49], "p95": cuts[94], "p99": cuts[98], "max": max(seconds)}
    return {name: round(1000 * value, 2) for name, value in picked.items()}


def measure(contender: Contender, callers: int, seconds: float, folder: Path) -> Figures:
    """Park so many callers and watch."""
    settle(contender.pid)
    idle = watch(contender.pid, seconds / 2)
    hold = seconds + 90
    with Sipp(
        contender.target,
        contender.park,
        folder / "callers",
        calls=callers,
        rate=20,
        hold=hold,
        headers=contender.headers,
    ) as load:
        load.wait_answered(limit=120)
        load.wait_music(limit=60)
        parked = watch(contender.pid, seconds)
        outcome = load.outcome()
        fetched = fetch(contender, folder / "fetch")
    return Figures(
        contender=contender.name,
        callers=callers,
        idle=idle,
        parked=parked,
        cpu_per_caller=(parked.cpu - idle.cpu) / callers,
        to_200=percentiles(outcome.answer_times()),
        to_music=percentiles(outcome.music_times()),
        music_after_200=percentiles(outcome.music_after_answer()),
        fetch_to_200=percentiles(fetched),
    )


def fetch(contender: Contender, folder: Path) -> list[float]:
    """Fetch calls one after another, each from its own place; return the seconds from INVITE to 200."""
    code, first = contender.fetch[:-4], int(contender.fetch[-4:])
    times: list[float] = []
    for index in range(FETCHES):
        number = f"{code}{first + index}"
        with Sipp(contender.target, number, folder / str(index), calls=1, hold=0.2) as retriever:
            retriever.wait_answered()
            times += retriever.wait().answer_times()
    return times
