"""Errors of our own soon after a start, counted on the disk: what was taken over may be what kills us.

After too many in a row the journal is put aside, so that the box works again, without the calls that it could not live with. A
kill from outside does not count, nor does an error after a while of health.
"""

import logging
from pathlib import Path

log = logging.getLogger(__name__)

MANY = 3
HEALTHY = 60.0
"""Seconds after a start from which an error is a new one."""


class Relapses:
    """The count, in a file of its own."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def count(self) -> int:
        """Return how many there were in a row; a file that says nothing counts as none."""
        try:
            return int(self._path.read_text())
        except (OSError, ValueError):
            return 0

    def note(self) -> None:
        """Count one more."""
        try:
            self._path.write_text(str(self.count() + 1))
        except OSError as error:  # the disk refuses: then the journal is not read from it either
            log.warning("%s cannot be written: %s", self._path, error)

    def forget(self) -> None:
        """Begin anew: all is well."""
        self._path.unlink(missing_ok=True)


def put_aside(journal: Path, relapses: Relapses) -> bool:
    """Move the journal away when there were too many errors in a row; returns whether it was moved."""
    if relapses.count() < MANY or not journal.exists():
        return False
    aside = journal.with_name(f"{journal.name}.relapsed")
    for suffix in ("-wal", "-shm", ""):
        part = journal.with_name(journal.name + suffix)
        if part.exists():
            part.replace(aside.with_name(aside.name + suffix))
    relapses.forget()
    log.critical("%d errors in a row soon after the start: the calls of %s are given up", MANY, aside)
    return True
