"""The first opening of a process: what an earlier one left, and a file to go on with. In the writer's thread.

What can be read is used, whatever else is wrong. A file with anything wrong in it is put aside, and a new one is begun with
the rows that are intact, so that they outlive a second crash too.
"""

import logging
from dataclasses import dataclass, replace
from pathlib import Path
from sqlite3 import SQLITE_BUSY, SQLITE_FULL, SQLITE_LOCKED

from appliance.core.state import Leg
from appliance.store.aside import put_aside, rows_of_copy
from appliance.store.book import Book, Error, code_of, open_or_make, put_in_place, write_new
from appliance.store.faults import words
from appliance.store.rows import Found, read, seal_row
from appliance.store.stamp import Clock

_log = logging.getLogger(__name__)

NOT_ITS_FAULT = frozenset({SQLITE_BUSY, SQLITE_LOCKED, SQLITE_FULL})
"""Codes that say nothing against the file."""


@dataclass(frozen=True, slots=True)
class Opened:
    """How it went."""

    book: Book | None
    """None: there is no file to write to now; `disk` says why."""
    legs: tuple[Leg, ...] = ()
    """On our clock."""
    left: str = ""
    """What was wrong with the file that was found."""
    disk: str = ""


def open_journal(path: Path, clock: Clock) -> Opened:
    """Open the journal and read it. Never raises for what is on the disk."""
    try:
        book = open_or_make(path, seal_row((), clock.now()))
    except Error as error:
        if code_of(error) in NOT_ITS_FAULT:
            return Opened(None, disk=words(error, path))
        found = read(rows_of_copy(path), clock.now())
        return _begin_anew(path, clock, replace(found, wrong=(str(error),)), words(error, path))
    rows, wrong = book.rows()
    found = read(rows, clock.now())
    if not wrong and not found.wrong:
        return Opened(book, found.legs)
    book.close()
    return _begin_anew(path, clock, replace(found, wrong=(wrong, *found.wrong) if wrong else found.wrong), "")


def _begin_anew(path: Path, clock: Clock, found: Found, trouble: str) -> Opened:
    """Put the file aside, and in its place a new one with the rows that are intact."""
    for line in found.wrong:
        _log.error("journal %s: %s", path, line)
    try:
        new = write_new(path, found.intact)
        aside = put_aside(path, clock.wall())
        put_in_place(new, path)
        return Opened(Book(path), found.legs, _told(found, aside))
    except Error as error:
        return Opened(None, found.legs, disk=trouble or words(error, path))


def _told(found: Found, aside: Path) -> str:
    wrong = found.wrong[0] + (f" and {len(found.wrong) - 1} more" if len(found.wrong) > 1 else "")
    return (
        f"the journal of the last run was broken ({wrong}): {len(found.legs)} of its legs could be read, others may be lost: "
        f"new calls are safe; keep {aside.name} for whoever wants to know why"
    )
