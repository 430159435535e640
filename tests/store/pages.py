"""A journal's two files at one instant, as a power cut would leave them, and what the next process makes of them."""

import shutil
from dataclasses import dataclass
from pathlib import Path

from appliance.core.ids import LegId
from appliance.core.state import Leg
from appliance.store.book import open_or_make
from appliance.store.opening import open_journal
from appliance.store.rows import leg_row, seal_row
from appliance.store.stamp import Clock

CLOCK = Clock("boot", lambda: 100.0, lambda: 1.7e9)
HEAD_OF_LOG, HEAD_OF_FRAME = 32, 24
"""Bytes (sqlite.org/fileformat2.html, section 4.1)."""
Picture = dict[LegId, Leg]


@dataclass(frozen=True)
class Files:
    """What is on the disk."""

    main: bytes
    log: bytes

    @property
    def page(self) -> int:
        """Bytes of a page (sqlite.org/fileformat2.html, section 1.3)."""
        return int.from_bytes(self.main[16:18], "big")

    @property
    def last_page(self) -> range:
        """Where the last page of the main file is."""
        return range(len(self.main) - self.page, len(self.main))

    def put(self, path: Path) -> None:
        """Lay them down."""
        path.write_bytes(self.main)
        log = path.with_name(f"{path.name}-wal")
        log.unlink(missing_ok=True)
        if self.log:
            log.write_bytes(self.log)


class Scribe:
    """Writes pictures into a journal, and keeps its files as they are after each write."""

    def __init__(self, folder: Path, step: int = 1) -> None:
        """`step`: how many bytes it is from one wound to the next."""
        folder.mkdir()
        self._step = step
        self._path = folder / "journal.db"
        self._book = open_or_make(self._path, seal_row((), CLOCK.now()))

    def write(self, picture: Picture, gone: tuple[LegId, ...] = ()) -> Files:
        """Write a whole picture as a change, and return the files."""
        rows = [leg_row(leg, CLOCK.now()) for leg in picture.values()]
        self._book.change((*rows, seal_row(rows, CLOCK.now())), gone)
        return self.files()

    def wounds(self, where: range) -> range:
        """Return where to hurt a page."""
        return where[:: self._step]

    def wounds_of_log(self, before: Files, after: Files) -> list[int]:
        """Return where to hurt what a write has added to the log: each byte of each frame's head, and some of its page."""
        size = HEAD_OF_FRAME + after.page
        assert after.log.startswith(before.log)
        assert (len(after.log) - len(before.log)) % size == 0
        return [
            at
            for at in range(len(before.log), len(after.log))
            if (at - HEAD_OF_LOG) % size < HEAD_OF_FRAME or at % (13 * self._step) == 0
        ]

    def files(self) -> Files:
        """Return the files as a crash would leave them now."""
        copy = self._path.with_name("copy")
        shutil.copyfile(self._path, copy)
        log = self._path.with_name(f"{self._path.name}-wal")
        return Files(copy.read_bytes(), log.read_bytes() if log.exists() else b"")

    def close(self) -> Files:
        """End in order, and return the files."""
        self._book.close()
        return self.files()


def opened(path: Path, clock: Clock = CLOCK) -> tuple[Picture, str]:
    """Return what a process finds there, and what it tells."""
    opened = open_journal(path, clock)
    if opened.book is not None:
        opened.book.close()
    return {leg.id: leg for leg in opened.legs}, opened.left + opened.disk
