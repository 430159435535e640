"""The file: SQLite with one table, WAL, synchronous NORMAL. Losing power may cost the last records, never the file.

It is locked while it is open: then the index of its log is in RAM, and no memory map of it can be turned into SIGBUS by a full or
dying disk (sqlite.org/wal.html, "Use of WAL Without Shared-Memory"). Whoever wants to read asks the thread that has it open.
"""

import json
import logging
import sqlite3
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from appliance.core.ids import Party
from appliance.history.stay import Stay, Step

_log = logging.getLogger(__name__)

_SCHEMA = """
CREATE TABLE IF NOT EXISTS stays (
    id INTEGER PRIMARY KEY,
    ticket INTEGER NOT NULL,
    parked_at REAL NOT NULL,
    place TEXT NOT NULL,
    park_group TEXT NOT NULL,
    parker_number TEXT NOT NULL,
    parker_name TEXT NOT NULL,
    caller_number TEXT NOT NULL,
    caller_name TEXT NOT NULL,
    ended_at REAL,
    ending TEXT NOT NULL,
    taker_number TEXT NOT NULL,
    taker_name TEXT NOT NULL,
    announcements INTEGER NOT NULL,
    waited REAL,
    steps TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS stays_parked_at ON stays (parked_at);
CREATE INDEX IF NOT EXISTS stays_open ON stays (ticket) WHERE ended_at IS NULL;
"""
_COLUMNS = (
    "ticket, parked_at, place, park_group, parker_number, parker_name, caller_number, caller_name, "
    "ended_at, ending, taker_number, taker_name, announcements, waited, steps"
)
_WAIT = 5.0
"""Seconds that we wait for a predecessor: one that was killed keeps its lock until the disk has done what it was asked."""
_PRAGMAS = (
    "PRAGMA locking_mode = EXCLUSIVE",  # before the log is touched for the first time
    "PRAGMA mmap_size = 0",
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = NORMAL",
    "PRAGMA secure_delete = ON",  # what was deleted names people
)
_SPOILED = frozenset(
    {
        sqlite3.SQLITE_ERROR,  # a table or column that should be there is not
        sqlite3.SQLITE_CORRUPT,
        sqlite3.SQLITE_NOTADB,
        sqlite3.SQLITE_SCHEMA,
        sqlite3.SQLITE_MISMATCH,
        sqlite3.SQLITE_TOOBIG,
    }
)
_BESIDE = ("", "-wal", "-journal")
"""What SQLite keeps beside a file, by the ends of the names."""


Error = (sqlite3.Error, OSError)
"""What using the file may raise."""


def is_spoiled(error: BaseException) -> bool:
    """Say whether the file is what is wrong, not the disk or somebody else: another file would do."""
    code = getattr(error, "sqlite_errorcode", -1)
    return code >= 0 and code & 0xFF in _SPOILED


def put_aside(path: Path) -> Path:
    """Rename a file to `history.db.broken`, over the one before; returns the new name. Raises OSError."""
    aside = path.with_name(f"{path.name}.broken")
    for end in _BESIDE:
        aside.with_name(aside.name + end).unlink(missing_ok=True)
        with suppress(FileNotFoundError):
            path.with_name(path.name + end).rename(aside.with_name(aside.name + end))
    return aside


def open_file(path: Path) -> sqlite3.Connection:
    """Open it, made if need be. Raises one of `Error`."""
    book = sqlite3.connect(path, timeout=_WAIT, isolation_level=None)
    try:
        path.chmod(0o600)
        for pragma in _PRAGMAS:
            book.execute(pragma)
        book.executescript(_SCHEMA)
        book.execute(f"SELECT {_COLUMNS} FROM stays LIMIT 1")  # noqa: S608 - our own names
    except BaseException:
        book.close()
        raise
    return book


def open_stays(book: sqlite3.Connection) -> Iterator[tuple[int, Stay]]:
    """Yield row and record of everybody who waits."""
    for row in book.execute(f"SELECT id, {_COLUMNS} FROM stays WHERE ended_at IS NULL"):  # noqa: S608 - our own names
        yield row[0], _stay(row[1:])


def save(book: sqlite3.Connection, row: int | None, stay: Stay) -> int:
    """Write a record into its row, or a new one; returns the row."""
    marks = ", ".join("?" * len(_values(stay)))
    if row is None:
        cursor = book.execute(f"INSERT INTO stays ({_COLUMNS}) VALUES ({marks})", _values(stay))  # noqa: S608
        return cursor.lastrowid or 0
    book.execute(f"REPLACE INTO stays (id, {_COLUMNS}) VALUES (?, {marks})", (row, *_values(stay)))  # noqa: S608
    return row


def drop(book: sqlite3.Connection, row: int) -> None:
    """Delete a record."""
    book.execute("DELETE FROM stays WHERE id = ?", (row,))


def forget(book: sqlite3.Connection, before: float) -> int:
    """Delete what ended before an instant, from the log too; returns how many records that were."""
    count = book.execute("DELETE FROM stays WHERE ended_at < ?", (before,)).rowcount
    book.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    return count


def stays(book: sqlite3.Connection, since: float, place: str, limit: int) -> list[Stay]:
    """Return the newest records, oldest first; an empty place means every one."""
    query = f"SELECT {_COLUMNS} FROM stays WHERE parked_at >= ? AND ? IN ('', place) ORDER BY parked_at DESC, id DESC LIMIT ?"  # noqa: S608
    return [_stay(row) for row in book.execute(query, (since, place, limit))][::-1]


def _values(stay: Stay) -> tuple[object, ...]:
    steps = json.dumps([[one.at, one.what, one.by, one.detail] for one in stay.steps], ensure_ascii=False)
    return (
        stay.ticket,
        stay.parked_at,
        stay.place,
        stay.group,
        stay.parker.number,
        stay.parker.name,
        stay.caller.number,
        stay.caller.name,
        stay.ended_at,
        stay.ending,
        stay.taker.number,
        stay.taker.name,
        stay.announcements,
        stay.waited,
        steps,
    )


def _stay(row: tuple) -> Stay:  # type: ignore[type-arg] # as SQLite gives it
    ticket, parked_at, place, group, parker, parker_name, caller, caller_name, *rest = row
    ended_at, ending, taker, taker_name, announcements, waited, steps = rest
    return Stay(
        ticket,
        parked_at,
        place,
        group,
        Party(parker, parker_name),
        Party(caller, caller_name),
        ended_at,
        ending,
        Party(taker, taker_name),
        announcements,
        _steps(steps),
        waited,
    )


def _steps(text: str) -> tuple[Step, ...]:
    """Return the steps of a record; where they have rotted, none: the record tells the rest."""
    try:
        return tuple(Step(*one) for one in json.loads(text))
    except (ValueError, TypeError) as error:
        _log.warning("history: the steps of a record cannot be read: %s", error)
        return ()
