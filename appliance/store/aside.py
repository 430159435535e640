"""Journals that cannot be used: put aside under another name for whoever wants to look.

One that cannot even be locked, because its disk is read-only, is read from a copy. In the writer's thread.
"""

import contextlib
import shutil
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from appliance.store.book import BESIDE, Book, Error, beside
from appliance.store.rows import Row

KEPT = 3
"""Broken journals that stay; a card that breaks one a day must not fill up."""
HEAD = 100
TOO_LONG = 1 << 30
"""Bytes; a journal of thousands of legs has some millions."""


def put_aside(path: Path, wall: float) -> Path:
    """Rename a journal, with what lies beside it, to `journal.db.broken-<UTC>`; returns the new name. Raises OSError."""
    _make_room(path)
    aside = _free_name(path, datetime.fromtimestamp(wall, UTC))
    moved = 0
    for end in BESIDE:  # a log that is left alone by a crash here is found and told
        with contextlib.suppress(FileNotFoundError):
            beside(path, end).rename(beside(aside, end))
            moved += 1
    if not moved:
        raise FileNotFoundError(f"{path} is not there")
    return aside


def _make_room(path: Path) -> None:
    """Delete the oldest of the broken journals: before the next one has its name, for at boot that may seem to be the oldest."""
    older = {
        one.name.removesuffix("-wal").removesuffix("-journal") for one in path.parent.glob(f"{path.name}.broken-*")
    }
    for name in sorted(older)[: max(0, len(older) - KEPT + 1)]:
        for end in BESIDE:
            with contextlib.suppress(OSError):
                beside(path.with_name(name), end).unlink()


def rows_of_copy(path: Path) -> list[Row]:
    """Return the rows of a journal that cannot be opened where it is: its disk is read-only, or its end is missing."""
    try:
        with tempfile.TemporaryDirectory() as folder:
            copy = Path(folder, path.name)
            for end in BESIDE:
                with contextlib.suppress(FileNotFoundError):
                    shutil.copyfile(beside(path, end), beside(copy, end))
            _lengthen(copy)
            return _rows(copy)
    except OSError:
        return []


def _lengthen(path: Path) -> None:
    """Give a file the length that its head speaks of (sqlite.org/fileformat2.html, section 1.3): a shorter one is refused."""
    with path.open("r+b") as file:
        head = file.read(HEAD)
        length = int.from_bytes(head[16:18], "big") * int.from_bytes(head[28:32], "big")
        if len(head) == HEAD and path.stat().st_size < length < TOO_LONG:
            file.truncate(length)


def _rows(path: Path) -> list[Row]:
    try:
        book = Book(path)
    except Error:
        return []
    rows, _ = book.rows()
    book.close()
    return rows


def _free_name(path: Path, when: datetime) -> Path:
    name = f"{path.name}.broken-{when:%Y%m%dT%H%M%SZ}"
    numbered = (path.with_name(name if one == 0 else f"{name}.{one}") for one in range(KEPT + 1))
    return next(one for one in numbered if not one.exists())
