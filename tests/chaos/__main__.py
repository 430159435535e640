"""`scripts/chaos`: the long form. Random, but the same again with the same seed."""

import argparse
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random, SystemRandom

from tests.chaos import report
from tests.chaos.ledger import Verdict
from tests.chaos.programme import CRASHES, NAMES, Programme


def main() -> int:
    """Play, print the table; exit code 1 when anybody was lost, doubled or mis-joined, or anything else was wrong."""
    arguments = _arguments()
    folder = arguments.folder or Path(tempfile.mkdtemp(prefix="chaos-"))
    print(f"seed {arguments.seed}, {arguments.callers} callers, evidence in {folder}", flush=True)
    programme = Programme(folder, arguments.seed, arguments.callers, _told)
    began = time.monotonic()
    programme.play(_schedule(arguments, began))
    verdicts = programme.verdicts
    print(report.table(verdicts))
    if arguments.json is not None:
        about = {"seed": arguments.seed, "callers": arguments.callers, "seconds": round(time.monotonic() - began)}
        report.write_json(arguments.json, verdicts, **about)
        print(f"written: {arguments.json}")
    return 0 if all(one.good for one in verdicts) else 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="scripts/chaos", description="Crashes, cuts, full disks: is a caller ever lost?"
    )
    length = parser.add_mutually_exclusive_group()
    length.add_argument("--minutes", type=float, metavar="M", help="go on for so long (default: by rounds)")
    length.add_argument(
        "--rounds", type=int, default=20, metavar="N", help="crashes; everything else once (default 20)"
    )
    parser.add_argument("--callers", type=int, default=100, metavar="N", help="who wait at a time (default 100)")
    parser.add_argument("--seed", type=int, default=SystemRandom().randrange(1 << 16), metavar="S")
    parser.add_argument("--only", action="append", choices=NAMES, metavar="NAME", help=f"of {', '.join(NAMES)}")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every round there")
    parser.add_argument("--folder", type=Path, metavar="DIR", help="for logs and bundles (default: a new one)")
    return parser.parse_args()


def _schedule(arguments: argparse.Namespace, began: float) -> Iterator[str]:
    """Yield names: so many rounds, or one batch after the other until the time is over."""
    dice = Random(arguments.seed)  # noqa: S311 - chaos that can be repeated
    names = arguments.only or NAMES
    if arguments.minutes is None:
        yield from _batch(dice, names, arguments.rounds)
        return
    while True:
        for name in _batch(dice, names, len(names)):
            if time.monotonic() - began > 60 * arguments.minutes:
                return
            yield name


def _batch(dice: Random, names: Sequence[str], rounds: int) -> list[str]:
    """Return so many crashes of random kinds (each kind once, if there are as many), and everything else once in between."""
    kinds = [name for name in names if name in CRASHES]
    others = [name for name in names if name not in CRASHES]
    if not kinds:
        return others * rounds
    crashes = [*kinds, *dice.choices(kinds, k=rounds)][:rounds]
    dice.shuffle(crashes)
    for name in others:
        crashes.insert(dice.randint(0, len(crashes)), name)
    return crashes


def _told(verdict: Verdict, seconds: float) -> None:
    worst = f", worst {max(verdict.music):.1f} s" if verdict.music else ""
    state = f"not done: {verdict.skipped}" if verdict.skipped else "good" if verdict.good else "NOT GOOD"
    print(f"{verdict.scenario}: {state}, {verdict.kept} of {verdict.callers} kept{worst} [{seconds:.0f} s]", flush=True)
    for note in verdict.notes:
        print(f"    {note}", flush=True)
    for what in ("lost", "doubled", "misjoined", "late", "wrong"):
        for case in getattr(verdict, what):
            print(f"    {what}: {case}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
