"""Is the service being restarted, or does it end? Asked of systemd while it stops the unit (S-4).

On a restart the calls stay where they are and the next process takes them over; when the unit is stopped for good or the
machine goes down, they are handed over first.
"""

import subprocess

UNIT = "parkdeck.service"
ASK = ("systemctl", "list-jobs", "--no-legend", "--plain", UNIT)
"""Lines of four columns: number, unit, type (`stop`, `restart`), state."""
PATIENCE = 5.0
"""Seconds that systemd may take to answer."""


def is_restart() -> bool:
    """Return whether systemd restarts the unit; False also when it cannot be asked: then nobody is left behind."""
    try:
        answer = subprocess.run(ASK, capture_output=True, text=True, timeout=PATIENCE, check=False)  # noqa: S603
    except (OSError, subprocess.TimeoutExpired):
        return False
    jobs = [line.split() for line in answer.stdout.splitlines()]
    return any(len(job) >= 3 and job[1] == UNIT and job[2] == "restart" for job in jobs)  # noqa: PLR2004 - columns
