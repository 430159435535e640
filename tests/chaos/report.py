"""What became of everybody, as a table and as JSON."""

import json
import statistics
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tests.chaos.ledger import Verdict

_HEAD = (
    "scenario",
    "callers",
    "kept",
    "lost",
    "excused",
    "doubled",
    "mis-joined",
    "late",
    "wrong",
    "median s",
    "worst s",
)


def merged(verdicts: Sequence[Verdict]) -> list[Verdict]:
    """Return one verdict for each scenario, in the order in which they came first."""
    found: dict[str, Verdict] = {}
    for one in verdicts:
        found.setdefault(one.scenario, Verdict(one.scenario)).add(one)
    return list(found.values())


def table(verdicts: Sequence[Verdict]) -> str:
    """Return the table, and under it everything that there is to complain about, with the reason."""
    rows = [_row(one) for one in merged(verdicts)]
    widths = [max(len(row[column]) for row in [_HEAD, *rows]) for column in range(len(_HEAD))]
    lines = [_line(row, widths) for row in [_HEAD, tuple("-" * width for width in widths), *rows]]
    lines += [f"  {one.scenario}, not done: {one.skipped}" for one in merged(verdicts) if one.skipped]
    for one in merged(verdicts):
        for what in ("lost", "doubled", "misjoined", "late", "wrong"):
            lines += [f"  {one.scenario}, {what}: {case}" for case in getattr(one, what)]
    return "\n".join(lines)


def write_json(path: Path, verdicts: Sequence[Verdict], **about: Any) -> None:
    """Write everything that is known, and `about` the run."""
    rounds = [{**asdict(one), "good": one.good} for one in verdicts]
    path.write_text(json.dumps({**about, "good": all(one.good for one in verdicts), "rounds": rounds}, indent=2) + "\n")


def _row(one: Verdict) -> tuple[str, ...]:
    cases = (one.lost, one.excused, one.doubled, one.misjoined, one.late, one.wrong)
    times = (f"{statistics.median(one.music):.2f}", f"{max(one.music):.2f}") if one.music else ("", "")
    return (one.scenario, str(one.callers), str(one.kept), *(str(len(found)) for found in cases), *times)


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    first, *rest = (
        cell.ljust(width) if index == 0 else cell.rjust(width)
        for index, (cell, width) in enumerate(zip(row, widths, strict=True))
    )
    return "| " + " | ".join([first, *rest]) + " |"
