"""The file of the journal: SQLite, opened, used and closed in one thread.

A write-ahead log with a full sync (S-1): a transaction is on the disk when COMMIT returns. The file is ours alone while it is
open; the lock is the kernel's and ends with the process, however that ends. Exclusive locking also keeps the index of the log
in RAM: no third file, and no memory map that a full or failing disk could turn into SIGBUS (sqlite.org/wal.html, "Use of WAL
Without Shared-Memory"). The log is written over again from its beginning after each checkpoint, so neither file grows.

No block that was synced is written again before the next checkpoint (`psow=0`, sqlite.org/psow.html): a memory card that loses
its power while it writes a block may lose what was in it.
"""

import contextlib
import os
import sqlite3
from collections.abc import Iterable
from dataclasses import astuple
from pathlib import Path

from appliance.errors import AdapterError
from appliance.store.rows import Row

VERSION = 1
"""Of the schema (`user_version`)."""
BUSY = 4.0
"""Seconds that we wait for a predecessor: one that was killed keeps its lock until the disk has done what it was asked."""
PRAGMAS = (
    "PRAGMA locking_mode = EXCLUSIVE",  # before the log is touched for the first time
    "PRAGMA mmap_size = 0",
    "PRAGMA temp_store = MEMORY",
    "PRAGMA cell_size_check = ON",
    "PRAGMA wal_autocheckpoint = 256",  # pages: 1 MiB of log, a hundred parks
    "PRAGMA journal_size_limit = 2097152",
)
FULL = 2
"""What `PRAGMA synchronous` answers for FULL."""
BESIDE = ("", "-wal", "-journal")
"""What SQLite keeps beside a file, by the ends of the names."""
SCHEMA = "CREATE TABLE row (id INTEGER PRIMARY KEY, text BLOB NOT NULL, sum INTEGER NOT NULL)"
UPWARDS = "SELECT id, text, sum FROM row WHERE id > ? ORDER BY id ASC LIMIT 1"
DOWNWARDS = "SELECT id, text, sum FROM row WHERE id < ? ORDER BY id DESC LIMIT 1"
LOWEST = -(1 << 63) + 1
"""Nothing that counts legs comes so far."""
PUT = "REPLACE INTO row VALUES (?, ?, ?)"
SPOILED = frozenset(
    {
        sqlite3.SQLITE_ERROR,  # a table or column that should be there is not
        sqlite3.SQLITE_CORRUPT,
        sqlite3.SQLITE_NOTADB,
        sqlite3.SQLITE_SCHEMA,
        sqlite3.SQLITE_MISMATCH,
        sqlite3.SQLITE_TOOBIG,
    },
)


class SpoiledError(AdapterError):
    """The file is no journal that this program can use."""


Error = (sqlite3.Error, OSError, SpoiledError)
"""What using the file may raise."""


def code_of(error: BaseException) -> int:
    """Return the primary result code of SQLite's error, or -1."""
    code = getattr(error, "sqlite_errorcode", -1)
    return code & 0xFF if code >= 0 else -1


def is_spoiled(error: BaseException) -> bool:
    """Say whether the file is what is wrong, not the disk or somebody else: another file would do."""
    return isinstance(error, SpoiledError) or code_of(error) in SPOILED


class Book:
    """One open file. Every method raises one of `Error`; after that it can only be closed."""

    def __init__(self, path: Path) -> None:
        """Open a file that is there."""
        self._path = path
        name = f"{path.absolute().as_uri()}?mode=rw&psow=0"
        self._db = sqlite3.connect(name, uri=True, timeout=BUSY, isolation_level=None)
        try:
            self._db.text_factory = bytes
            self._prepare()
            self._file = path.stat().st_ino
        except BaseException:
            self.close()
            raise

    def is_in_place(self) -> bool:
        """Say whether the file is still the one of that name: who deletes or replaces it takes our promise away."""
        try:
            return self._path.stat().st_ino == self._file
        except FileNotFoundError:
            return False

    def rows(self) -> tuple[list[Row], str]:
        """Return all rows that can be read, and what is wrong with the others; empty: nothing. Does not raise."""
        rows: dict[int, Row] = {}
        for query in (UPWARDS, DOWNWARDS):  # from either end to the page that is broken, if one is
            wrong = self._walk(query, rows)
            if not wrong:
                break
        return list(rows.values()), wrong

    def _walk(self, query: str, rows: dict[int, Row]) -> str:
        """Read rows one by one, each with a query of its own: a cursor reads ahead, and loses the row before a broken page."""
        at = LOWEST if query is UPWARDS else -LOWEST
        try:
            while values := self._db.execute(query, (at,)).fetchone():
                row = _row(values)
                if row.id <= at if query is UPWARDS else row.id >= at:
                    return "rows are out of order"  # and would come for ever
                rows[row.id] = row
                at = row.id
        except (sqlite3.Error, MemoryError, SpoiledError) as error:  # a length that rotted asks for all the memory
            return f"{error}"
        return ""

    def replace(self, rows: Iterable[Row]) -> None:
        """Make these the only rows."""
        self._db.execute("BEGIN IMMEDIATE")
        self._db.execute("DELETE FROM row")
        self._put(rows)
        self._db.execute("COMMIT")

    def change(self, rows: Iterable[Row], gone: Iterable[int]) -> None:
        """Put these rows in, in place of those with the same id, and take others out."""
        self._db.execute("BEGIN IMMEDIATE")
        self._db.executemany("DELETE FROM row WHERE id = ?", [(number,) for number in gone])
        self._put(rows)
        self._db.execute("COMMIT")

    def close(self) -> None:
        """Close it; what was not committed is not there. A disk that fails now has told so before."""
        with contextlib.suppress(sqlite3.Error):
            self._db.close()

    def _put(self, rows: Iterable[Row]) -> None:
        self._db.executemany(PUT, map(astuple, rows))

    def _prepare(self) -> None:
        for pragma in PRAGMAS:
            self._db.execute(pragma)
        version = self._ask("user_version")
        if version != VERSION:
            raise SpoiledError(f"its version is {version}, this program knows {VERSION}")
        mode = self._ask("journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = FULL")
        if mode != b"wal" or self._ask("synchronous") != FULL:
            raise SpoiledError(f"it cannot be kept in mode WAL with full syncs, only in {mode!r}")

    def _ask(self, pragma: str) -> object:
        (answer,) = self._db.execute(f"PRAGMA {pragma}").fetchone()
        return answer


def _row(values: tuple[object, ...]) -> Row:
    match values:
        case (int(number), bytes(text), int(total)):
            return Row(number, text, total)
        case (int(number), *_):
            return Row(number, b"", -1)  # no checksum is negative
    raise SpoiledError("a row without a number")


def open_or_make(path: Path, blank: Row) -> Book:
    """Open a journal; where there is none, make one with `blank` (the seal over no legs) as its only row."""
    log = beside(path, "-wal")
    if not path.exists():
        if log.exists():  # SQLite would delete it, with all legs in it
            raise SpoiledError("its log is there, the file itself is not")
        put_in_place(write_new(path, (blank,)), path)
    if path.stat().st_size <= 1:  # SQLite takes it for a new file, and deletes the log
        raise SpoiledError("it is empty")
    return Book(path)


def write_new(path: Path, rows: Iterable[Row]) -> Path:
    """Write a whole journal under a name of its own; returns that. A crash leaves no half of one under the right name."""
    new = beside(path, ".new")
    for end in BESIDE:
        beside(new, end).unlink(missing_ok=True)
    database = sqlite3.connect(new, isolation_level=None)
    try:  # without a log, so that one name is all of it
        database.execute("BEGIN IMMEDIATE")
        database.execute(SCHEMA)
        database.executemany(PUT, map(astuple, rows))
        database.execute(f"PRAGMA user_version = {VERSION}")
        database.execute("COMMIT")
    finally:
        database.close()
    return new


def put_in_place(new: Path, path: Path) -> None:
    """Give a whole journal its name, for good."""
    new.rename(path)
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def beside(path: Path, end: str) -> Path:
    """Return the file whose name goes on with `end`."""
    return path.with_name(path.name + end)
