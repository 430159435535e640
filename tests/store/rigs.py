"""One way to run the contract on either journal: where it is kept, how it is hung, broken and mended."""

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from appliance.core.events import AdapterFault, Event
from appliance.core.ids import LegId
from appliance.core.state import Leg
from appliance.store.book import Book
from appliance.store.journal import SqliteJournal
from appliance.store.memory import MemoryJournal
from appliance.store.port import Journal

LIMIT = 20.0
PATIENCE = 0.3
"""Seconds; the product's is longer."""
RETRY = 0.1


async def until(check: Callable[[], object], what: str) -> None:
    """Wait until something is true."""
    end = time.monotonic() + LIMIT
    while not check():
        assert time.monotonic() < end, f"{what}: not within {LIMIT} s"
        await asyncio.sleep(0.005)


class Rig:
    """Journals on one place, one after the other, and what they posted."""

    def __init__(self, folder: Path, patch: pytest.MonkeyPatch) -> None:
        self.folder, self.patch = folder / "state", patch
        self.folder.mkdir()
        self.events: list[Event] = []
        self.journal: Journal

    @property
    def faults(self) -> list[str]:
        """The details of all faults, in order; empty: well again."""
        assert all(isinstance(event, AdapterFault) and event.adapter == "journal" for event in self.events)
        return [event.detail for event in self.events if isinstance(event, AdapterFault)]

    def make(self) -> Journal:
        raise NotImplementedError

    @asynccontextmanager
    async def process(self) -> AsyncIterator[dict[LegId, Leg]]:
        """Be a process: start a journal as `self.journal`, yield what it found, stop it in the end."""
        self.journal = self.make()
        try:
            yield {leg.id: leg for leg in await self.journal.start()}
        finally:
            await self.journal.stop()

    async def found(self) -> dict[LegId, Leg]:
        """Return what a later process finds."""
        async with self.process() as legs:
            return legs

    async def landed(self, changed: dict[LegId, Leg], gone: tuple[LegId, ...] = ()) -> None:
        """Write, and wait until it is on the disk."""
        done = asyncio.Event()
        self.journal.write(changed, gone, done.set)
        await asyncio.wait_for(done.wait(), LIMIT)

    def hang(self) -> None:
        raise NotImplementedError

    def go_on(self) -> None:
        raise NotImplementedError

    def break_it(self) -> None:
        raise NotImplementedError

    def mend(self) -> None:
        raise NotImplementedError


class DiskRig(Rig):
    """The real one. A disk that hangs is a write that does not return; one that refuses is a folder that is gone."""

    def __init__(self, folder: Path, patch: pytest.MonkeyPatch) -> None:
        super().__init__(folder, patch)
        self.path = self.folder / "journal.db"
        self.retry = RETRY
        self._flows = threading.Event()
        self._flows.set()
        for name in ("rows", "_put"):
            patch.setattr(Book, name, self._slow(getattr(Book, name)))

    def _slow(self, use):
        """Return a use of the file that hangs while the disk does."""

        def used(*arguments):
            assert self._flows.wait(LIMIT)
            return use(*arguments)

        return used

    def make(self) -> SqliteJournal:
        loop = asyncio.get_running_loop()
        return SqliteJournal(self.path, self.events.append, loop, patience=PATIENCE, retry=self.retry)

    def hang(self) -> None:
        self._flows.clear()

    def go_on(self) -> None:
        self._flows.set()

    def break_it(self) -> None:
        self.folder.rename(self.folder.with_name("away"))

    def mend(self) -> None:
        self.folder.with_name("away").rename(self.folder)


class MemoryRig(Rig):
    """The fake: its levers."""

    journal: MemoryJournal

    def make(self) -> MemoryJournal:
        left = self.journal.kept.values() if hasattr(self, "journal") else ()
        return MemoryJournal(self.events.append, asyncio.get_running_loop(), left, patience=PATIENCE)

    def hang(self) -> None:
        self.journal.hold()

    def go_on(self) -> None:
        self.journal.let_go()

    def break_it(self) -> None:
        self.journal.fail("the disk is full")

    def mend(self) -> None:
        self.journal.heal()
