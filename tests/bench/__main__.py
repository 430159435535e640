"""`scripts/bench`: measure, print the table, write the JSON; exit status 1 when the box does not endure."""

import argparse
import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tests.bench import endurance
from tests.bench.contenders import OURS, asterisk, narrowband, parkdeck
from tests.bench.endurance import Endurance, endure
from tests.bench.measure import Figures, measure
from tests.chaos import comeback
from tests.chaos.comeback import Comeback

TIMES = ("INVITE-200", "200-music", "fetch")
CONTENDERS = (parkdeck, asterisk, narrowband)
ENDURING = (parkdeck, asterisk)


def main() -> int:
    """Run every size with both contenders, taking turns; park and fetch in a row; then crash the box under callers.

    Returns the exit status: 1 when the box kept memory or legs of those in a row, or not all of them were there at once.
    """
    arguments = _arguments()
    found: list[Figures] = []
    comebacks: list[Comeback] = []
    with tempfile.TemporaryDirectory(prefix="parkdeck-bench-") as root:
        for callers in arguments.callers:
            for turn in range(arguments.turns):
                found += [_one(Path(root), start, callers, turn, arguments.seconds) for start in CONTENDERS]
        lasting = [_lasting(Path(root), start, arguments.waves) for start in ENDURING if arguments.waves]
        for callers in arguments.crashes:
            comebacks.append(comeback.measure(Path(root) / f"crash-{callers}", callers))
            print(f"{callers} callers, killed: music after {comebacks[-1].worst:.1f} s at the latest", flush=True)
    print(table(found))
    print(endurance.table(lasting))
    print(comeback.table(comebacks))
    written = {
        "contenders": [figures.as_json() for figures in found],
        "endurance": [figures.as_json() for figures in lasting],
        "crashes": [figures.as_json() for figures in comebacks],
    }
    arguments.json.write_text(json.dumps(written, indent=2) + "\n")
    print(f"written: {arguments.json}")
    return judge(lasting)


def judge(lasting: Sequence[Endurance]) -> int:
    """Say what does not hold of the box and return the exit status; Asterisk is not judged."""
    faults = [f"{one.contender}: {fault}" for one in lasting if one.contender == OURS for fault in one.faults]
    print("\n".join(faults), file=sys.stderr, end="\n" if faults else "")
    return 1 if faults else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/bench", description="Parkdeck and Asterisk side by side.")
    parser.add_argument("--callers", type=int, nargs="*", default=[50, 200], metavar="N")
    parser.add_argument(
        "--crashes", type=int, nargs="*", default=[1, 20, 100], metavar="N", help="who wait at each crash"
    )
    parser.add_argument(
        "--waves", type=int, default=endurance.WAVES, help="how often 64 callers in a row are parked and fetched"
    )
    parser.add_argument("--seconds", type=float, default=10.0, help="how long each is watched")
    parser.add_argument("--turns", type=int, default=2, help="how often each size is measured")
    parser.add_argument("--json", type=Path, default=Path("bench.json"), metavar="FILE")
    return parser.parse_args()


def _one(root: Path, start: type, callers: int, turn: int, seconds: float) -> Figures:
    folder = root / f"{start.__name__}-{callers}-{turn}"
    folder.mkdir()
    with start(folder / "home", callers) as contender:
        figures = measure(contender, callers, seconds, folder)
    print(f"{figures.contender}, {callers} callers: {figures.parked.cpu:.1f} % of a core", flush=True)
    return figures


def _lasting(root: Path, start: type, waves: int) -> Endurance:
    folder = root / f"{start.__name__}-waves"
    folder.mkdir()
    with start(folder / "home", endurance.PLACES) as contender:
        figures = endure(contender, folder, waves=waves)
    print(f"{figures.contender}, {figures.calls} parks and retrieves: {figures.growth:+.1f} MB", flush=True)
    return figures


def table(found: list[Figures]) -> str:
    """Return the figures as a table in Markdown."""
    head = ("", "callers", "CPU %", "CPU % a caller", "threads", "RSS MB", *(f"{what} p50/p95 ms" for what in TIMES))
    lines = [f"| {' | '.join(head)} |", "|" + " --- |" * len(head)]
    for one in sorted(found, key=lambda figures: (figures.callers, figures.contender)):
        times = [_pair(one.to_200), _pair(one.music_after_200), _pair(one.fetch_to_200)]
        usage = [f"{one.parked.cpu:.1f}", f"{one.cpu_per_caller:.3f}", str(one.parked.threads), f"{one.parked.rss:.0f}"]
        lines.append(" | ".join([f"| {one.contender}", str(one.callers), *usage, *times]) + " |")
    return "\n".join(lines)


def _pair(percentiles: dict[str, float]) -> str:
    return f"{percentiles['p50']:.1f} / {percentiles['p95']:.1f}" if percentiles else "none"


if __name__ == "__main__":
    sys.exit(main())
