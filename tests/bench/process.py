"""What the kernel says of a process."""

import os
import time
from dataclasses import dataclass
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Usage:
    """A process over some time."""

    cpu: float
    """Per cent of one core."""
    threads: int
    rss: float
    """Resident memory, MB."""


def cpu_seconds(pid: int) -> float:
    """Return the CPU time that a process has used, user and system, all its threads."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def _status(pid: int, name: str) -> int:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{name}:"))


def resident(pid: int) -> float:
    """Return the resident memory of a process, MB."""
    return _status(pid, "VmRSS") / 1024


def written(pid: int) -> int:
    """Return how many octets a process has sent to the disk: the pages that it made dirty."""
    lines = Path(f"/proc/{pid}/io").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("write_bytes:"))


def watch(pid: int, seconds: float) -> Usage:
    """Measure a process for a while."""
    before, began = cpu_seconds(pid), time.monotonic()
    time.sleep(seconds)  # the duration of the measurement, not a wait for something to happen
    used = cpu_seconds(pid) - before
    share = 100 * used / (time.monotonic() - began)
    return Usage(share, _status(pid, "Threads"), resident(pid))


def settle(pid: int, below: float = 5.0, limit: float = 120.0) -> None:
    """Wait until a process that prepares itself after its start is at rest: below so many per cent of a core."""
    end = time.monotonic() + limit
    while watch(pid, 2.0).cpu > below and time.monotonic() < end:
        pass
