"""A disk that is full, read-only, slow, or somebody else's; and what the file is like when all is well."""

import asyncio
import gc
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from appliance.store import book as book_file
from appliance.store import journal as journal_file
from appliance.store.book import Book
from appliance.store.journal import SqliteJournal
from tests.lab.process import Program
from tests.store.legs import BERND, by_id, parked
from tests.store.pages import Scribe, opened
from tests.store.rigs import LIMIT, DiskRig, until

ONE, TWO, THREE = parked(1), parked(2), parked(3)


@pytest.fixture
def rig(tmp_path, monkeypatch):
    return DiskRig(tmp_path, monkeypatch)


def mounted(*arguments: str | Path) -> bool:
    return subprocess.run(["mount", *arguments], capture_output=True, check=False).returncode == 0


@contextmanager
def small_disk(folder: Path) -> Iterator[Path]:
    """A file system of 512 KiB of its own."""
    folder.mkdir(exist_ok=True)
    if not mounted("-t", "tmpfs", "-o", "size=512k", "tmpfs", folder):
        pytest.skip("only root may mount; the test with a limit of the kernel goes without")
    try:
        yield folder
    finally:
        gc.collect()
        subprocess.run(["umount", folder], check=True)


@pytest.mark.rule("S-1")
async def test_a_disk_that_is_full(rig):
    """S-1: a full disk is reported and does not stop parking; with room again everything is on it."""
    with small_disk(rig.folder) as folder:
        async with rig.process():
            await rig.landed(by_id(ONE))
            ballast = folder / "ballast"
            with pytest.raises(OSError, match="No space left"):
                ballast.write_bytes(bytes(1 << 20))
            await rig.landed(by_id(parked(2, name="x" * 20000)))
            assert "the disk is full" in rig.faults[0]
            assert "would not survive a crash" in rig.faults[0]
            await rig.landed(by_id(THREE))
            ballast.unlink()
            await until(lambda: rig.faults[1:] == [""], "well again")
        assert await rig.found() == by_id(ONE, parked(2, name="x" * 20000), THREE)


@pytest.mark.rule("S-1")
async def test_a_disk_that_is_full_at_the_start(rig):
    with small_disk(rig.folder) as folder:
        ballast = folder / "ballast"
        with pytest.raises(OSError, match="No space left"):
            ballast.write_bytes(bytes(1 << 20))
        async with rig.process() as found:
            assert found == {}
            assert "the disk is full" in rig.faults[0]
            await rig.landed(by_id(ONE))
            ballast.unlink()
            await until(lambda: rig.faults[1:] == [""], "well again")
        assert await rig.found() == by_id(ONE)


@pytest.mark.rule("S-1")
def test_a_write_beyond_the_limit_of_the_kernel(tmp_path):
    """S-1: the same where nobody may mount: the kernel refuses the write."""
    path = tmp_path / "journal.db"
    program = Program("full", (sys.executable, "-m", "tests.store.full_disk", path), tmp_path / "log")
    assert program.wait() == 0, program.tail()
    fault, well = (tmp_path / "log").read_text().splitlines()[-2:]
    assert "would not survive a crash" in fault
    assert well == "well again"
    found, told = opened(path)
    assert sorted(found) == [1, 2, 3, 4]
    assert told == ""


@pytest.mark.rule("S-1", "S-2")
@pytest.mark.parametrize("killed", [True, False], ids=["killed", "ended"])
async def test_a_read_only_disk_gives_back_its_legs(rig, killed):
    """S-1, S-2: a card that dies goes read-only: its legs are taken over, and the status says that it takes no more."""
    with small_disk(rig.folder) as folder:
        scribe = Scribe(rig.folder.parent / "before")
        files = scribe.write(by_id(ONE, TWO))
        ended = scribe.close()
        (files if killed else ended).put(rig.path)
        assert mounted("-o", "remount,ro", folder)
        async with rig.process() as found:
            assert {number: leg.dialog for number, leg in found.items()} == {1: ONE.dialog, 2: TWO.dialog}
            assert "would not survive a crash" in rig.faults[0]
            await rig.landed(by_id(THREE))
            assert len(rig.faults) == 1
            assert mounted("-o", "remount,rw", folder)
            await until(lambda: rig.faults[1:] == [""], "well again")
        assert await rig.found() == by_id(THREE)


@pytest.mark.rule("S-1")
async def test_a_second_process_gets_a_fault_and_no_file(rig, tmp_path, monkeypatch):
    """S-1: one writer; whoever comes too is told so, and has the file as soon as the first one is dead."""
    monkeypatch.setattr(book_file, "BUSY", 0.2)
    command = (sys.executable, "-m", "tests.store.scribbler", rig.path, "1")
    first = Program("first", command, tmp_path / "log", stdout=subprocess.PIPE)
    try:
        assert first.stdout.readline() == b"1\n", first.tail()
        async with rig.process() as found:
            assert found == {}
            assert "another process has it open" in rig.faults[0]
            await rig.landed(by_id(ONE))
            assert len(rig.faults) == 1
            first.kill()
            await until(lambda: rig.faults[1:] == [""], "well again")
    finally:
        first.kill()
    assert await rig.found() == by_id(ONE)
    assert list(rig.folder.glob("*broken*")) == []


async def test_the_end_is_one_more_try(rig):
    rig.retry = 1000.0
    async with rig.process():
        await rig.landed(by_id(ONE))
        rig.break_it()
        await rig.landed(by_id(TWO))
        rig.mend()
        await rig.landed(by_id(THREE))
    assert await rig.found() == by_id(ONE, TWO, THREE)
    assert rig.faults[1:] == [""]


@pytest.mark.rule("S-1")
async def test_a_file_that_somebody_deletes_is_written_anew(rig):
    async with rig.process():
        await rig.landed(by_id(ONE))
        for one in rig.folder.iterdir():
            one.unlink()
        await rig.landed(by_id(TWO))
        assert rig.path.exists()
    assert await rig.found() == by_id(ONE, TWO)
    assert rig.faults == []


async def test_what_waits_is_one_transaction(rig, monkeypatch):
    commits = []
    change = Book.change

    def counted(book, rows, gone):
        commits.append(sorted(row.id for row in rows))
        change(book, rows, gone)

    monkeypatch.setattr(Book, "change", counted)
    async with rig.process():
        await rig.landed({})
        rig.hang()
        rig.journal.write(by_id(parked(1)), ())
        await until(lambda: commits == [[0, 1]], "the first is on its way")
        for number in range(2, 51):
            rig.journal.write(by_id(parked(number)), ())
        rig.go_on()
        await rig.landed({})
        await rig.landed(by_id(parked(7, since=2000.0)))
    assert commits == [[0, 1], [0, *range(2, 51)], [0, 7]], "the seal and what has changed"
    assert len(await rig.found()) == 50


@pytest.mark.rule("S-9")
async def test_a_writer_that_is_dead_has_no_beat(rig, monkeypatch):
    """S-9: a bug of ours that ends the thread is what the watchdog is for."""
    monkeypatch.setattr(threading, "excepthook", lambda _: None)
    async with rig.process():
        monkeypatch.setattr(rig.journal._writer, "_take", None)
        rig.journal.write(by_id(ONE), ())
        await until(lambda: not rig.journal._writer.is_alive(), "dead")
        beat = rig.journal.beat()
        await until(lambda: time.monotonic() > beat + 0.1, "time goes on")
        assert rig.journal.beat() == beat
        await until(lambda: rig.faults, "told")


async def test_a_leg_that_cannot_be_written_down_is_told_and_keeps_nobody_from_parking(rig):
    async with rig.process():
        strange = replace(ONE, party=replace(BERND, name=object()))
        await rig.landed({ONE.id: strange})
        assert "would not survive a crash" in rig.faults[0]
        await rig.landed(by_id(TWO), (ONE.id,))
        await until(lambda: rig.faults[1:] == [""], "well again")
    assert await rig.found() == by_id(TWO)


async def test_a_disk_that_hangs_keeps_nobody_from_ending(rig, monkeypatch):
    monkeypatch.setattr(journal_file, "CLOSING", 0.1)
    landed = []
    async with rig.process():
        rig.hang()
        rig.journal.write(by_id(ONE), (), lambda: landed.append(1))
    assert landed == [1]
    writer = rig.journal._writer
    rig.go_on()
    await until(lambda: not writer.is_alive(), "ended after all")
    assert await rig.found() == by_id(ONE)


async def test_a_disk_that_hangs_at_the_start_keeps_nobody_from_parking(rig, monkeypatch):
    monkeypatch.setattr(journal_file, "OPENING", 0.1)
    rig.hang()
    async with rig.process() as found:
        assert found == {}
        assert "not taken over" in rig.faults[0]
        await rig.landed(by_id(ONE))
        rig.go_on()
        await until(lambda: rig.faults[1:] == [""], "well again")
    assert await rig.found() == by_id(ONE)


def test_a_loop_that_is_closed_is_no_error(rig):
    """The process is ending: whoever was to be told is gone. (An error in the thread fails the test by its warning.)"""

    async def write() -> SqliteJournal:
        journal = rig.make()
        await journal.start()
        rig.hang()
        journal.write(by_id(ONE), ())
        return journal

    writer = asyncio.run(write())._writer
    rig.go_on()
    writer.put(None)
    writer.join(LIMIT)
    assert not writer.is_alive()
    assert opened(rig.path)[0].keys() == {1}


async def test_the_file_is_a_log_with_full_syncs_and_ours_alone(rig):
    async with rig.process():
        await rig.landed(by_id(ONE))
        assert sorted(one.name for one in rig.folder.iterdir()) == ["journal.db", "journal.db-wal"]
    scribe = Scribe(rig.folder / "another")
    answers = {name: scribe._book._ask(name) for name in ("journal_mode", "synchronous", "locking_mode", "mmap_size")}
    scribe.close()
    assert answers == {"journal_mode": b"wal", "synchronous": 2, "locking_mode": b"exclusive", "mmap_size": 0}


async def test_the_files_stay_small(rig):
    """Years of calls that come and go: the file has the size of the fullest hour, the log that of a checkpoint."""
    async with rig.process():
        for day in range(3):
            for hour in range(40):
                legs = by_id(*(parked(100 * hour + number, since=1000.0 * day) for number in range(30)))
                await rig.landed(legs)
                await rig.landed({}, tuple(legs))
        main, log = (rig.folder / name for name in ("journal.db", "journal.db-wal"))
        assert main.stat().st_size < 100 << 10, "30 legs"
        assert log.stat().st_size < 2 << 20
