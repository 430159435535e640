"""Files that were cut, torn, or have rotted: the legs of before or of after the last write, or at worst a fault that says so."""

import os
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from appliance.store import book
from tests.store.legs import by_id, parked
from tests.store.pages import Files, Picture, Scribe, opened

BEFORE = by_id(*(parked(number) for number in range(1, 8)))
AFTER = BEFORE | by_id(parked(3, since=2000.0), parked(9))

SHARED_MEMORY = "/dev/shm"  # noqa: S108 - a folder of our own is made in it


@pytest.fixture
def ram(tmp_path) -> Iterator[Path]:
    """A folder that costs no sync of a disk, where there is one: thousands of openings would wait for nothing else."""
    if not os.access(SHARED_MEMORY, os.W_OK):
        yield tmp_path
        return
    with tempfile.TemporaryDirectory(dir=SHARED_MEMORY) as folder:
        yield Path(folder)


@pytest.fixture(
    params=[
        pytest.param((1024, 1), id="every byte of a small page", marks=pytest.mark.slow),
        pytest.param((4096, 31), id="every 31st of a real one"),
    ]
)
def scribe(request, ram, monkeypatch):
    """A writer whose pages are of a size, and how many bytes to go from one wound to the next."""
    size, step = request.param
    monkeypatch.setattr(book, "PRAGMAS", (f"PRAGMA page_size = {size}", *book.PRAGMAS))
    scribe = Scribe(ram / "state", step)
    yield scribe
    scribe.close()


@pytest.fixture
def earlier(scribe):
    """The files before the last write of a process that was killed."""
    return scribe.write(BEFORE)


@pytest.fixture
def killed(scribe, earlier):  # noqa: ARG001 - comes after it
    """The files after it."""
    return scribe.write(AFTER)


@pytest.fixture
def ended(scribe):
    """The files of a process that ended in order."""
    scribe.write(AFTER)
    return scribe.close()


def flipped(data: bytes, at: int) -> bytes:
    return data[:at] + bytes((data[at] ^ 0xFF,)) + data[at + 1 :]


def judge(path: Path, files: Files) -> tuple[Picture, str]:
    """Open the files; nothing raises and nothing is invented. Returns the legs and the fault."""
    for one in path.parent.glob(f"{path.name}*"):
        one.unlink()
    files.put(path)
    found, told = opened(path)
    assert all(leg in (BEFORE.get(number), AFTER.get(number)) for number, leg in found.items())
    assert found in (BEFORE, AFTER) or told, "legs are missing, and nobody says so"
    return found, told


@pytest.mark.rule("S-1")
def test_the_log_cut_anywhere_in_the_last_write(scribe, earlier, killed, ram):
    """S-1: a power cut in the middle of a write leaves what was before it."""
    outcomes = [
        judge(ram / "journal.db", replace(killed, log=killed.log[:at])) for at in scribe.wounds_of_log(earlier, killed)
    ]
    assert all(told == "" for _, told in outcomes)
    assert outcomes[0][0] == BEFORE
    assert outcomes[-1][0] == AFTER, "the log is filled up to the end of a block"


@pytest.mark.rule("S-1")
def test_the_log_flipped_anywhere_in_the_last_write(scribe, earlier, killed, ram):
    outcomes = [
        judge(ram / "journal.db", replace(killed, log=flipped(killed.log, at)))
        for at in scribe.wounds_of_log(earlier, killed)
    ]
    assert all(told == "" for _, told in outcomes)


@pytest.mark.rule("S-1")
def test_the_file_cut_in_its_last_page_while_the_log_is_there(scribe, killed, ram):
    """S-1: a power cut in the middle of a checkpoint: the log has it all."""
    for at in scribe.wounds(killed.last_page):
        assert judge(ram / "journal.db", replace(killed, main=killed.main[:at])) == (AFTER, "")


@pytest.mark.rule("S-1")
def test_the_file_flipped_in_its_last_page(scribe, ended, ram):
    """S-1: a card that rots is told of, and what is on its other pages is used."""
    outcomes = [
        judge(ram / "journal.db", replace(ended, main=flipped(ended.main, at))) for at in scribe.wounds(ended.last_page)
    ]
    assert any(told for _, told in outcomes)


@pytest.mark.rule("S-1")
def test_a_page_that_is_garbage_costs_its_own_legs(ram):
    """S-1: whichever it is, first or last or in between; those that lead to the others aside."""
    legs = by_id(*(parked(number) for number in range(1, 41)))
    scribe = Scribe(ram / "state")
    scribe.write(legs)
    files = scribe.close()
    path = ram / "journal.db"
    for at in range(2 * files.page, len(files.main), files.page):
        garbage = replace(files, main=files.main[:at] + bytes(files.page) + files.main[at + files.page :])
        garbage.put(path)
        found, told = opened(path)
        assert "broken" in told
        assert found.items() < legs.items()
        assert len(found) >= len(legs) - files.page // 700, "a leg takes more than 700 bytes"


@pytest.mark.rule("S-1")
def test_the_file_cut_in_its_last_page_without_a_log(scribe, ended, ram):
    """A page that was synced cannot be cut by a crash; if it is, that is told, and what is on the other pages is used."""
    for at in scribe.wounds(ended.last_page):
        found, told = judge(ram / "journal.db", replace(ended, main=ended.main[:at]))
        assert found
        assert "broken" in told
