"""A journal that kills whoever reads it is put aside, and only then."""

from pathlib import Path

from appliance.relapse import MANY, Relapses, put_aside


def journal_in(folder: Path) -> Path:
    path = folder / "journal.db"
    path.write_text("legs")
    path.with_name("journal.db-wal").write_text("more legs")
    return path


def test_too_many_errors_in_a_row_put_the_journal_aside_with_all_its_parts(tmp_path: Path) -> None:
    journal, relapses = journal_in(tmp_path), Relapses(tmp_path / "relapses")
    for _ in range(MANY):
        assert not put_aside(journal, relapses)
        relapses.note()

    assert put_aside(journal, relapses)
    assert not list(tmp_path.glob("journal.db")) + list(tmp_path.glob("journal.db-*"))
    assert (tmp_path / "journal.db.relapsed").read_text() == "legs"
    assert (tmp_path / "journal.db.relapsed-wal").read_text() == "more legs"
    assert relapses.count() == 0


def test_health_in_between_begins_the_count_anew(tmp_path: Path) -> None:
    journal, relapses = journal_in(tmp_path), Relapses(tmp_path / "relapses")
    for _ in range(MANY - 1):
        relapses.note()
    relapses.forget()
    relapses.note()

    assert not put_aside(journal, relapses)
    assert journal.exists()


def test_a_count_that_cannot_be_read_or_written_counts_as_none(tmp_path: Path) -> None:
    (tmp_path / "relapses").write_text("?")
    assert Relapses(tmp_path / "relapses").count() == 0

    nowhere = Relapses(tmp_path / "no" / "folder")
    nowhere.note()
    assert nowhere.count() == 0


def test_nothing_is_put_aside_where_nothing_is(tmp_path: Path) -> None:
    relapses = Relapses(tmp_path / "relapses")
    for _ in range(MANY):
        relapses.note()

    assert not put_aside(tmp_path / "journal.db", relapses)
