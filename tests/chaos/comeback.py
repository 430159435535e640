"""How long a crash is heard: the figures that `scripts/bench` prints (S-1, S-5)."""

import statistics
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tests.chaos.ledger import Verdict
from tests.chaos.site import exchange, site


@dataclass(frozen=True, slots=True)
class Comeback:
    """One crash with so many parked callers; seconds from `kill -9` to music, the 0.5 s of the service manager included."""

    callers: int
    median: float
    worst: float
    journal: float
    """Median of the seconds that the durable write of a park took, as the service reports it."""

    def as_json(self) -> dict[str, Any]:
        """Return it as an object."""
        return asdict(self)


def measure(folder: Path, callers: int) -> Comeback:
    """Park so many callers one after the other, kill the box, wait for everybody's music; AssertionError if one is lost."""
    with exchange(folder / "pbx") as where, site(folder / "box", where, callers) as made:
        costs = []
        for _ in range(callers):
            made.ledger.park(1, pace=0.0)
            costs.append(float(made.box.status()["journal"]["cost"]))
        time.sleep(1)  # at rest: the crash comes out of the blue
        verdict = Verdict("kill")
        made.ledger.judge_music(verdict, made.ledger.callers, made.box.kill())
        made.ledger.judge_end(verdict)
    assert verdict.good, verdict
    return Comeback(callers, statistics.median(verdict.music), max(verdict.music), statistics.median(costs))


def table(found: list[Comeback]) -> str:
    """Return the figures as a table in Markdown."""
    lines = [
        "| parked | kill -9 to music, median s | worst s | durable write of a park, ms |",
        "| --- | --- | --- | --- |",
    ]
    lines += [f"| {one.callers} | {one.median:.2f} | {one.worst:.2f} | {1000 * one.journal:.2f} |" for one in found]
    return "\n".join(lines)
