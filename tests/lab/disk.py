"""Disks that fail: a small one that can be filled, and a card whose file system gives up; for one folder of one program."""

import contextlib
from pathlib import Path

from tests.lab.namespace import Namespace
from tests.lab.process import LabError

SIZE = 64 << 20
"""Bytes of the disk: what the box prepares of its voice and music finds room several times over."""


class Disk(Namespace):
    """A tmpfs over a folder, inside of its namespace alone."""

    def __init__(self, folder: Path) -> None:
        super().__init__("mnt")
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def fill(self) -> int:
        """Leave no room at all; return how many bytes were put there."""
        written = 0
        with self._filler.open("wb", buffering=0) as file:
            for size in (1 << 16, 1 << 12, 1):
                with contextlib.suppress(OSError):
                    while True:
                        written += file.write(bytes(size))
        return written

    def clear(self) -> None:
        """Make room again."""
        self._filler.unlink()

    @property
    def _filler(self) -> Path:
        return self.seen(self.folder / "filler")

    def _furnish(self) -> None:
        self.run("mount", "-t", "tmpfs", "-o", f"size={SIZE}", "parkdeck", str(self.folder))


class Card(Disk):
    """A memory card with ext4, as the Pi has: its file system can give up, as it does when the card dies."""

    def __init__(self, folder: Path, image: Path) -> None:
        super().__init__(folder)
        self._image = image

    def give_up(self) -> None:
        """Have the file system abort: it is read-only from now on, also for whoever has a file open (ext4's `abort`)."""
        self.run("mount", "-o", "remount,abort", str(self.folder))

    def replace(self) -> None:
        """Repair it and put it in again; nobody may have a file open."""
        self.run("umount", str(self.folder))
        self._furnish()

    def _furnish(self) -> None:
        if not self._image.exists():
            with self._image.open("wb") as file:
                file.truncate(SIZE)
            self.run("mkfs.ext4", "-q", "-F", str(self._image))
        self.run("mount", "-t", "ext4", "-o", "loop,errors=remount-ro", str(self._image), str(self.folder))

    def _end(self) -> None:
        with contextlib.suppress(LabError):  # or the loop device would be taken for as long as somebody is inside
            self.run("umount", "--lazy", str(self.folder))
        super()._end()
