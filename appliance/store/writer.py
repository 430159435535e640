"""The thread that owns the file of the journal.

Everything that waits in its queue goes into one transaction, one sync of the disk for all (group commit). What is wanted is
in RAM, whole: when the disk refuses, it is tried again every few seconds, and what is written then is the whole picture. No
write is ever refused to the loop, and nobody waits for this thread but `start` and `stop`, for a bounded time.
"""

import contextlib
import logging
import queue
import threading
import time
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path

from appliance.core.ids import LegId
from appliance.core.state import Leg
from appliance.store.aside import put_aside
from appliance.store.book import Book, is_spoiled, open_or_make
from appliance.store.faults import words
from appliance.store.opening import Opened, open_journal
from appliance.store.rows import Row, leg_row, seal_row
from appliance.store.stamp import Clock

_log = logging.getLogger(__name__)

TICK = 1.0
"""Seconds between two signs of life when there is nothing to do."""


@dataclass(frozen=True, slots=True)
class Change:
    """One `Journal.write`."""

    serial: int
    at: float
    """Monotonic."""
    changed: Mapping[LegId, Leg]
    gone: Collection[LegId]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of all changes up to a serial number: on the disk, or kept in RAM because of a trouble."""

    upto: int
    trouble: str = ""
    took: float | None = None
    """Seconds from the first of them to the disk; None: there was nothing to write."""


class Writer(threading.Thread):
    """Daemon, so that a disk that hangs does not keep the process from ending."""

    def __init__(self, path: Path, clock: Clock, retry: float, tell: Callable[[Outcome], None]) -> None:
        """`tell` is called in this thread."""
        super().__init__(name="journal", daemon=True)
        self.opened: Future[Opened] = Future()
        self.ended: Future[None] = Future()
        self.on_disk = False
        """It is in a call of SQLite, which may take as long as the disk pleases."""
        self.heartbeat = time.monotonic()
        self.path, self._clock, self._retry, self._tell = path, clock, retry, tell
        self._queue: queue.SimpleQueue[Change | None] = queue.SimpleQueue()
        self._book: Book | None = None
        self._wanted: dict[LegId, Leg] = {}
        self._rows: dict[LegId, Row] = {}
        self._touched: set[LegId] = set()
        self._whole = True
        """The file may hold anything: the first write of a process replaces it all, and so does one after a trouble."""
        self._last = 0
        self._waiting_since: float | None = None
        self._trouble = ""
        self._retry_at = 0.0

    def put(self, change: Change | None) -> None:
        """Have a change written; None: end. From any thread."""
        self._queue.put(change)

    def run(self) -> None:
        """Open, write until the end, close."""
        try:
            self._open()
            while self._turn():
                pass
        finally:
            self._close()
            self.ended.set_result(None)

    def _open(self) -> None:
        self.on_disk = True
        opened = open_journal(self.path, self._clock)
        self.on_disk = False
        self._book = opened.book
        if opened.disk:
            self._trouble, self._retry_at = opened.disk, time.monotonic() + self._retry
        self.opened.set_result(opened)

    def _turn(self) -> bool:
        """Wait for changes, a retry or a tick; returns False when the end was asked for."""
        changes = self._collect()
        self.heartbeat = time.monotonic()
        for change in changes:
            if change is not None:
                self._take(change)
        ends = None in changes
        refused = self._trouble and time.monotonic() < self._retry_at  # known on the loop: nobody waits
        if ends or (not refused and (changes or self._trouble)):
            self._write()
        return not ends

    def _collect(self) -> list[Change | None]:
        """Return everything that waits, at least one if it comes in time."""
        patience = max(0.0, min(TICK, self._retry_at - time.monotonic())) if self._trouble else TICK
        changes: list[Change | None] = []
        with contextlib.suppress(queue.Empty):
            changes.append(self._queue.get(timeout=patience))
            while True:
                changes.append(self._queue.get_nowait())
        return changes

    def _take(self, change: Change) -> None:
        """Bring the picture in RAM up to date."""
        self._wanted.update(change.changed)
        for number in change.gone:
            self._wanted.pop(number, None)
        self._touched.update(change.changed, change.gone)
        self._last = change.serial
        if self._touched and self._waiting_since is None:
            self._waiting_since = change.at

    def _write(self) -> None:
        """Bring the file up to date with the picture, and tell how it went."""
        self.on_disk = True
        try:
            wrote = self._commit()
        except Exception as error:  # noqa: BLE001 - whatever it is: parking goes on, without the promise
            self._fail(error)
        else:
            took = None if self._waiting_since is None or not wrote else time.monotonic() - self._waiting_since
            self._whole, self._waiting_since, self._trouble = self._whole and self._last == 0, None, ""
            self._touched.clear()
            self._tell(Outcome(self._last, took=took))
        finally:
            self.on_disk = False
            self.heartbeat = time.monotonic()

    def _commit(self) -> bool:
        """Write what has changed; returns whether there was anything."""
        if self._book is not None and not self._book.is_in_place():
            _log.warning("journal %s: somebody took it away; it is written anew", self.path)
            self._drop()
        if self._book is None:
            self._book = open_or_make(self.path, seal_row((), self._clock.now()))
        if not self._last:  # what an earlier process left stays until there is something to put in its place
            return False
        if not self._whole and not self._touched:
            return False
        self._encode()
        seal = seal_row(self._rows.values(), self._clock.now())
        if self._whole:
            self._book.replace((*self._rows.values(), seal))
        else:
            changed = [self._rows[number] for number in self._touched & self._rows.keys()]
            self._book.change((*changed, seal), self._touched - self._rows.keys())
        return True

    def _encode(self) -> None:
        """Bring the rows up to date with the picture."""
        at = self._clock.now()
        for number in self._touched:
            if number in self._wanted:
                self._rows[number] = leg_row(self._wanted[number], at)
            else:
                self._rows.pop(number, None)

    def _fail(self, error: Exception) -> None:
        """Keep everything for the next try, with a new file if this one is what is wrong."""
        _log.warning("journal %s: %s", self.path, error, exc_info=error)
        self._drop()
        if is_spoiled(error):
            with contextlib.suppress(OSError):
                put_aside(self.path, self._clock.wall())
        self._trouble, self._retry_at = words(error, self.path), time.monotonic() + self._retry
        self._tell(Outcome(self._last, self._trouble))

    def _drop(self) -> None:
        self._whole = True
        if self._book is not None:
            self._book.close()
            self._book = None

    def _close(self) -> None:
        self.on_disk = True
        self._drop()
        self.on_disk = False
