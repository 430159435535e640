"""The thread that owns the file. What it is given it does in turn; while the disk refuses, it keeps it and tries again."""

import logging
import queue
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import Future, InvalidStateError
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from appliance.core.ids import Ticket
from appliance.core.orders import Report, What
from appliance.history import file
from appliance.history.stay import Instant, Stay, begun, cut_off, gone_on

_log = logging.getLogger(__name__)

RETRY = 5.0
"""Seconds between two tries at a disk that refuses."""
LOOK = 3600.0
"""Seconds after which it is looked whether something has become too old, when nothing else happens."""
MOST = 10_000
"""Reports that are kept for a disk that refuses; what comes then is not remembered."""
DAY = 86_400.0


@dataclass(frozen=True, slots=True)
class Told:
    """A report, and when."""

    report: Report
    at: Instant


@dataclass(frozen=True, slots=True)
class Settled:
    """Everybody who came back after a restart is known: who is not among them was lost."""

    tickets: frozenset[Ticket]
    at: Instant


@dataclass(frozen=True, slots=True)
class Asked:
    """Somebody wants the newest records since an instant (Unix time), of one place or (empty) of all."""

    since: float
    place: str
    limit: int
    answer: Future[list[Stay]]


@dataclass(frozen=True, slots=True)
class Nothing:
    """Nothing has happened for a while."""


Item = Told | Settled | Asked | Nothing


class Writer(threading.Thread):
    """Daemon, so that a disk that hangs does not keep the process from ending."""

    def __init__(
        self,
        path: Path,
        keep: float,
        tell: Callable[[str], None],
        *,
        hidden: bool,
        clock: Callable[[], Instant],
        retry: float = RETRY,
        look: float = LOOK,
    ) -> None:
        """`keep`: seconds; `tell` takes what is wrong, in this thread; an empty text: nothing any more."""
        super().__init__(name="history", daemon=True)
        self._path, self._keep, self._tell, self._hidden = path, keep, tell, hidden
        self._clock, self._retry, self._look = clock, retry, look
        self._items: queue.Queue[Item | None] = queue.Queue(MOST)
        self._open: dict[int, tuple[int | None, Stay]] = {}
        self._book: sqlite3.Connection | None = None
        self.refusing = ""
        """Why the disk refuses now; empty: it does not."""
        self._trouble = ""
        """What is wrong and has been told."""
        self._left = ""
        """What was wrong with the file before this one; told for a day."""
        self._thinned: float | None = None
        self._ending = threading.Event()

    def put(self, item: Item) -> None:
        """Have something done. Any thread."""
        try:
            self._items.put_nowait(item)
        except queue.Full:
            _log.warning("history: the disk has refused for too long; not remembered: %r", item)

    def end(self) -> None:
        """Do what waits, unless the disk refuses, and end."""
        self._ending.set()
        with suppress(queue.Full):  # then it does not wait for more
            self._items.put_nowait(None)

    def run(self) -> None:
        """Write until the end."""
        item: Item | None = None
        while item is not None or not self._ending.is_set() or not self._items.empty():
            if item is None:
                item = self._next()
            if item is None or self._try(item):
                item = None
            elif self._ending.wait(self._retry):
                _log.warning("history: the disk refuses; %d reports are not remembered", self._items.qsize())
                break
        self._close()

    def _next(self) -> Item | None:
        try:
            return self._items.get(timeout=self._look)
        except queue.Empty:
            return Nothing()

    def _try(self, item: Item) -> bool:
        """Do one thing; returns False where it is to be tried again."""
        try:
            self._do(item)
        except file.Error as error:
            self._failed(error)
            if isinstance(item, Asked):
                with suppress(InvalidStateError):
                    item.answer.set_exception(error)
            return isinstance(item, Asked)
        except Exception as error:  # noqa: BLE001 - a bug of ours: parking goes on, and so do the other records
            _log.exception("history: not remembered: %r", item)
            self._say(f"something could not be written ({error}): see the log")
            return True
        self.refusing = ""
        self._say(self._left)
        return True

    def _do(self, item: Item) -> None:
        book = self._opened()
        match item:
            case Told(report, at):
                self._told(book, report, at)
            case Settled(tickets, at):
                self._settled(book, tickets, at)
            case Asked(since, place, limit, answer):
                found = file.stays(book, since, place, limit)
                with suppress(InvalidStateError):  # whoever asked has given up
                    answer.set_result(found)
            case Nothing():
                pass
        self._thin(book, self._clock())

    def _opened(self) -> sqlite3.Connection:
        if self._book is None:
            self._book = file.open_file(self._path)
            known = {stay.ticket: (row, stay) for row, stay in file.open_stays(self._book)}
            self._open = known | self._open
        return self._book

    def _thin(self, book: sqlite3.Connection, now: Instant) -> None:
        """Delete what is too old, once a day."""
        if self._thinned is None or now.monotonic - self._thinned >= DAY:
            self._left = "" if self._thinned is not None else self._left
            self._thinned = now.monotonic
            file.forget(book, now.wall - self._keep)

    def _told(self, book: sqlite3.Connection, report: Report, at: Instant) -> None:
        if report.ticket is None:
            return
        row, stay = self._open.get(report.ticket, (None, None))
        if stay is not None and report.what is What.REPEATED:  # what begins now is one record, as it is one call
            self._drop(book, row, stay)
            return
        now = begun(report, at, hidden=self._hidden) if stay is None else gone_on(stay, report, at, hidden=self._hidden)
        if now is not None:
            self._save(book, row, now)

    def _drop(self, book: sqlite3.Connection, row: int | None, stay: Stay) -> None:
        if row is not None:
            file.drop(book, row)
        del self._open[stay.ticket]

    def _settled(self, book: sqlite3.Connection, tickets: frozenset[Ticket], at: Instant) -> None:
        for ticket, (row, stay) in list(self._open.items()):
            if ticket not in tickets:
                self._save(book, row, cut_off(stay, at))

    def _save(self, book: sqlite3.Connection, row: int | None, stay: Stay) -> None:
        row = file.save(book, row, stay)
        if stay.ended_at is None:
            self._open[stay.ticket] = row, stay
        else:
            self._open.pop(stay.ticket, None)

    def _failed(self, error: Exception) -> None:
        """Try again with the same file, or with another where this one is what is wrong."""
        _log.warning("history %s: %s", self._path, error)
        self._close()
        self.refusing = str(error)
        if file.is_spoiled(error):
            with suppress(OSError):
                aside = file.put_aside(self._path)
                self._left = f"{self._path.name} was broken ({error}): it is now {aside.name}, and a new one is written"
                self._open = {ticket: (None, stay) for ticket, (_, stay) in self._open.items()}
        self._say(f"it is not written: {error}: make room on the disk of {self._path.parent}, or replace it")

    def _close(self) -> None:
        if self._book is not None:
            with suppress(sqlite3.Error):
                self._book.close()
            self._book = None

    def _say(self, trouble: str) -> None:
        if trouble != self._trouble:
            self._trouble = trouble
            self._tell(trouble)
