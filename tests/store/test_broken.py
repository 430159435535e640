"""What lies where the journal should be and is none: put aside, told, and a new one begun with what could be read."""

import os
import re
import sqlite3
from pathlib import Path

import pytest

from appliance.core.ids import LegId
from appliance.store import book
from appliance.store import journal as journal_file
from appliance.store.aside import KEPT
from appliance.store.book import VERSION
from tests.store.legs import by_id, parked
from tests.store.pages import Scribe, opened
from tests.store.rigs import DiskRig, until

LEGS = by_id(*(parked(number) for number in range(1, 6)))
BROKEN = re.compile(r"journal\.db\.broken-\d{8}T\d{6}Z(\.\d)?$")


@pytest.fixture
def path(tmp_path):
    return tmp_path / "journal.db"


def lay_down(path: Path, picture=LEGS) -> None:
    """Write a journal as a process leaves it that ended in order."""
    scribe = Scribe(path.parent / "before")
    scribe.write(picture)
    scribe.close().put(path)


def edit(path: Path, *statements: str) -> None:
    """Change a journal behind its back."""
    database = sqlite3.connect(path)
    for statement in statements:
        database.execute(statement)
    database.commit()
    database.close()


def garbage(path: Path) -> None:
    path.write_bytes(os.urandom(20000))


def nothing_but_zeros(path: Path) -> None:
    path.write_bytes(bytes(20000))


def nothing(path: Path) -> None:
    path.touch()


def one_byte(path: Path) -> None:
    path.write_bytes(b"S")


def text(path: Path) -> None:
    path.write_text("remember the milk\n" * 1000)


def a_folder(path: Path) -> None:
    path.mkdir()
    (path / "something").touch()


def a_log_alone(path: Path) -> None:
    scribe = Scribe(path.parent / "before")
    path.with_name("journal.db-wal").write_bytes(scribe.write(LEGS).log)
    scribe.close()


def a_log_beside_an_empty_file(path: Path) -> None:
    a_log_alone(path)
    path.touch()


def another_database(path: Path) -> None:
    edit(path, "CREATE TABLE guests (name TEXT)", f"PRAGMA user_version = {VERSION}")


def a_newer_version(path: Path) -> None:
    lay_down(path)
    edit(path, f"PRAGMA user_version = {VERSION + 1}")


def cut_in_half(path: Path) -> None:
    lay_down(path)
    os.truncate(path, 2000)


def all_rows_gone(path: Path) -> None:
    lay_down(path)
    edit(path, "DELETE FROM row")


@pytest.mark.rule("S-1")
@pytest.mark.parametrize(
    "make",
    [
        garbage,
        nothing_but_zeros,
        nothing,
        one_byte,
        text,
        a_folder,
        a_log_alone,
        a_log_beside_an_empty_file,
        another_database,
        a_newer_version,
        cut_in_half,
        all_rows_gone,
    ],
)
def test_what_is_no_journal_is_put_aside_and_told(path, make):
    """S-1: a broken disk is reported and does not stop parking."""
    make(path)
    found, told = opened(path)
    assert found == {}
    (aside,) = [one for one in path.parent.glob("*broken*") if BROKEN.match(one.name)] or [None]
    assert aside is not None or make is a_log_alone
    log = [one for one in path.parent.glob("*broken*-wal") if one.stat().st_size > 0]
    assert bool(log) is (make in (a_log_alone, a_log_beside_an_empty_file)), "what was in it is kept"
    assert "broken-20231114T221320Z" in told
    assert opened(path) == ({}, "")


@pytest.mark.rule("S-1")
@pytest.mark.parametrize(
    "wound",
    [
        "UPDATE row SET text = replace(text, 'pbx', 'pcx') WHERE id = 3",
        "UPDATE row SET text = NULL WHERE id = 3",
        "UPDATE row SET text = 17 WHERE id = 3",
        "UPDATE row SET text = CAST(x'ff00fe' AS TEXT) WHERE id = 3",
        "UPDATE row SET sum = 'much' WHERE id = 3",
        "DELETE FROM row WHERE id = 3",
        "UPDATE row SET id = 77 WHERE id = 3",
    ],
)
def test_a_bad_row_costs_only_itself(path, wound):
    """S-1: and the others are in the new file at once, for a crash before the first write."""
    lay_down(path)
    rebuild = (
        "CREATE TABLE free (id INTEGER PRIMARY KEY, text, sum); INSERT INTO free SELECT * FROM row; DROP TABLE row"
    )
    edit(path, *rebuild.split(";"), "ALTER TABLE free RENAME TO row", wound)
    rest = {number: leg for number, leg in LEGS.items() if number != 3}
    found, told = opened(path)
    assert found == rest
    assert "4 of its legs could be read" in told
    assert opened(path) == (rest, "")


def test_what_was_put_aside_can_be_looked_at(path):
    scribe = Scribe(path.parent / "before")
    scribe.write(LEGS).put(path)
    scribe.close()
    edit(path, "DELETE FROM row WHERE id = 3")
    opened(path)
    (aside,) = path.parent.glob("*broken*")
    database = sqlite3.connect(aside)
    assert database.execute("SELECT count(*) FROM row").fetchone() == (5,)
    database.close()


@pytest.mark.parametrize(("year", "kept"), [(2001, {"a", "b", "c"}), (2099, {"2099", "c"})])
def test_three_broken_files_are_kept_the_new_one_among_them(path, year, kept):
    """At boot the clock may be wrong: the newest seems to be the oldest then."""
    for number in range(KEPT + 3):
        path.with_name(f"journal.db.broken-{year}010{number}T000000Z").write_text(f"{year}")
    path.with_name(f"journal.db.broken-{year}0105T000000Z-wal").touch()
    for content in ("a", "b", "c"):
        path.write_text(content)
        opened(path)
    files = [one for one in path.parent.glob("*broken*") if BROKEN.match(one.name)]
    assert len(files) == KEPT
    assert {one.read_text() for one in files} == kept


@pytest.mark.rule("S-1")
async def test_a_broken_file_is_told_and_the_promise_holds_again_at_once(tmp_path, monkeypatch):
    """S-1: the status keeps saying what happened, and that new calls are safe."""
    rig = DiskRig(tmp_path, monkeypatch)
    rig.path.write_text("no journal" * 1000)
    async with rig.process() as found:
        assert found == {}
        await rig.landed(LEGS)
        assert len(rig.faults) == 1
        assert "new calls are safe" in rig.faults[0]
    assert await rig.found() == LEGS
    assert len(rig.faults) == 1


async def test_what_was_wrong_once_is_not_told_for_ever(tmp_path, monkeypatch):
    monkeypatch.setattr(journal_file, "TOLD", 0.05)
    rig = DiskRig(tmp_path, monkeypatch)
    rig.path.write_text("no journal")
    async with rig.process():
        await until(lambda: rig.faults[1:] == [""], "forgotten")


@pytest.mark.rule("S-1")
async def test_a_file_that_rots_while_it_is_used_is_put_aside(tmp_path, monkeypatch):
    """S-1: what is wanted is in RAM; a new file gets all of it."""
    rig = DiskRig(tmp_path, monkeypatch)
    monkeypatch.setattr(book, "PRAGMAS", (*book.PRAGMAS, "PRAGMA cache_size = 0"))  # so that it is read again
    many = by_id(*(parked(number) for number in range(1, 101)))
    async with rig.process():
        await rig.landed(many)
    async with rig.process():
        length = rig.path.stat().st_size
        with rig.path.open("r+b") as file:
            file.seek(4096 * 2)
            file.write(os.urandom(length - 4096 * 2))
        await rig.landed(LEGS)
        await rig.landed(by_id(parked(7)), (LegId(1),))
        await until(lambda: rig.faults and rig.faults[-1] == "", "well again")
        assert "broken" in rig.faults[0]
    assert len(list(rig.folder.glob("*broken*"))) >= 1
    assert await rig.found() == {number: leg for number, leg in (LEGS | by_id(parked(7))).items() if number != 1}
