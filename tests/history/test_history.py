"""One record for each call that was parked, whatever happens to the caller, to us or to the disk (P-33, S-3)."""

import sqlite3
import stat
import subprocess
import sys
from contextlib import closing

import pytest

from appliance.core.events import AdapterFault
from appliance.core.ids import LegId, Party, Place, Ticket
from appliance.core.orders import Report, What
from appliance.errors import ControlError
from appliance.history import file, writer
from appliance.history.answers import begin, counts, records
from appliance.history.history import History
from appliance.history.stay import Instant
from tests.lab.process import until

PETER, ANNA, MUELLER = Party("101", "Peter Braun"), Party("102", "Anna Schmidt"), Party("+49301234567", "Müller")
PLACE, LEG = Place("102"), LegId(1)


class Desk:
    """A history whose clock the test sets."""

    def __init__(self, path, **settings):
        self.now = 1_000_000.0
        self.wrong = 0.0
        """By how much the wall clock is wrong."""
        self.faults: list[str] = []
        self.history = History(path, self._fault, clock=self._instant, **settings)
        self.history.start()

    def _instant(self):
        return Instant(self.now + self.wrong, self.now)

    def _fault(self, event):
        assert isinstance(event, AdapterFault)
        self.faults.append(event.detail)

    def tell(self, what, ticket=1, *, after=0.0, by=None, caller=MUELLER, detail="", announced=0, place=PLACE):
        self.now += after
        number = None if ticket is None else Ticket(ticket)
        self.history.tell(Report(what, place, LEG, caller, by, detail, number, announced))

    async def stays(self, since=0.0, **wanted):
        return await self.history.stays(since, **wanted)

    def stop(self):
        self.history.stop()


@pytest.fixture
def path(tmp_path):
    return tmp_path / "history.db"


@pytest.fixture
def desk(path):
    made = Desk(path)
    yield made
    made.stop()


async def written(path):
    """Read what a process that has ended has left."""
    with closing(file.open_file(path)) as book:
        return file.stays(book, 0.0, "", 100)


@pytest.mark.rule("P-33")
async def test_a_call_that_was_parked_announced_and_fetched_is_one_record(desk, path):
    desk.tell(What.PARKED, by=PETER, detail="Verkauf")
    desk.tell(What.FETCHING, after=30, by=ANNA, announced=2)
    desk.tell(What.RETRIEVED, after=12, by=ANNA, detail="fetch", announced=2)
    desk.stop()
    (stay,) = await written(path)
    assert (stay.place, stay.group, stay.parker, stay.caller, stay.taker) == ("102", "Verkauf", PETER, MUELLER, ANNA)
    assert (stay.ending, stay.waited, stay.announcements) == ("retrieved", 42.0, 2)
    assert [(step.at - stay.parked_at, step.what, step.by, step.detail) for step in stay.steps] == [
        (0.0, "parked", "101", "Verkauf"),
        (30.0, "fetching", "102", ""),
        (42.0, "retrieved", "102", "fetch"),
    ]


@pytest.mark.rule("P-33", "P-5")
async def test_who_could_not_be_parked_where_he_was_sent_has_a_record_too(desk, path):
    desk.tell(What.REFUSED, by=PETER, detail="Platz 102 ist belegt.", place=None)
    desk.tell(What.RECALLED, after=5, by=PETER, place=None)
    desk.stop()
    (stay,) = await written(path)
    assert (stay.place, stay.ending, stay.steps[0].what, stay.steps[0].detail) == (
        "",
        "recalled",
        "refused",
        "Platz 102 ist belegt.",
    )


@pytest.mark.rule("P-33", "P-31")
async def test_what_is_no_parked_call_leaves_no_record(desk, path):
    desk.tell(What.REFUSED, None, by=PETER)
    desk.tell(What.HUNTING, 7, detail="850")
    desk.tell(What.ABANDONED, 7)
    desk.stop()
    assert await written(path) == []


@pytest.mark.rule("P-33")
async def test_who_waited_in_the_lobby_and_got_a_place_is_one_record(desk, path):
    desk.tell(What.LOBBY, by=PETER, place=None)
    desk.tell(What.PARKED, after=9, by=PETER)
    desk.tell(What.ABANDONED, after=1)
    desk.stop()
    (stay,) = await written(path)
    assert (stay.place, stay.waited, stay.ending, stay.taker.number) == ("102", 10.0, "abandoned", "")


@pytest.mark.rule("P-33", "S-2")
async def test_a_caller_who_comes_back_after_a_crash_goes_on_in_his_record(desk, path):
    desk.tell(What.PARKED, by=PETER)
    desk.tell(What.RINGING_BACK, after=45, by=PETER, announced=3)
    desk.stop()
    later = Desk(path)
    later.now = desk.now + 20
    later.tell(What.COMING_BACK, by=PETER)
    later.history.settle([Ticket(1)])
    later.tell(What.RETRIEVED, after=1, by=ANNA, announced=2)  # the core has forgotten one
    later.stop()
    (stay,) = await written(path)
    assert (stay.waited, stay.announcements, stay.ending) == (66.0, 3, "retrieved")


@pytest.mark.rule("P-33", "S-3")
async def test_a_caller_who_does_not_come_back_after_a_crash_was_lost(desk, path):
    desk.tell(What.PARKED, by=PETER)
    desk.stop()
    later = Desk(path)
    later.history.settle([])
    later.tell(What.PARKED, by=ANNA)  # numbers begin anew when nobody came back
    later.stop()
    gone, waiting = await written(path)
    assert (gone.ending, gone.steps[-1].detail, gone.parker) == ("lost", "the box was down", PETER)
    assert (waiting.ending, waiting.parker) == ("", ANNA)


@pytest.mark.rule("P-33", "S-2")
async def test_a_caller_whose_call_begins_anew_after_a_crash_has_one_record(desk, path):
    desk.tell(What.PARKED, by=PETER)
    desk.stop()
    later = Desk(path)
    later.tell(What.COMING_BACK, by=PETER)
    later.history.settle([Ticket(1)])
    later.tell(What.REPEATED)
    later.tell(What.PARKED, 2, by=PETER)
    later.tell(What.RETRIEVED, 2, after=7, by=ANNA)
    later.stop()
    (stay,) = await written(path)
    assert (stay.ticket, stay.ending, stay.waited) == (2, "retrieved", 7.0)


@pytest.mark.rule("P-33", "P-3")
async def test_a_caller_whose_parker_left_him_later_stands_in_the_record_under_his_own_name(desk, path):
    desk.tell(What.PARKED, by=PETER, caller=PETER)
    desk.tell(What.RETRIEVED, by=ANNA, caller=MUELLER)
    desk.stop()
    (stay,) = await written(path)
    assert (stay.caller, stay.parker) == (MUELLER, PETER)


@pytest.mark.rule("P-33", "S-3")
async def test_a_caller_whom_the_pbx_has_lost_was_lost(desk, path):
    desk.tell(What.PARKED, by=PETER)
    desk.tell(What.LOST, after=3)
    desk.stop()
    (stay,) = await written(path)
    assert (stay.ending, stay.waited) == ("lost", 3.0)


@pytest.mark.rule("P-33")
async def test_hidden_callers_have_neither_number_nor_name(path):
    desk = Desk(path, hidden=True)
    desk.tell(What.PARKED, by=PETER)
    desk.tell(What.RETRIEVED, by=ANNA)
    desk.stop()
    (stay,) = await written(path)
    assert (stay.caller, stay.parker, stay.taker) == (Party(""), PETER, ANNA)
    for part in path.parent.iterdir():
        assert MUELLER.number.encode() not in part.read_bytes()


@pytest.mark.rule("P-33")
async def test_what_is_older_than_the_days_to_keep_is_deleted_at_the_start(path):
    desk = Desk(path)
    desk.tell(What.PARKED, 1, by=PETER)
    desk.tell(What.RETRIEVED, 1, by=ANNA)
    desk.tell(What.PARKED, 2, after=2 * writer.DAY, by=PETER)
    desk.tell(What.RETRIEVED, 2, by=ANNA)
    desk.stop()
    later = Desk(path, keep_days=3)
    later.now = desk.now + 1.5 * writer.DAY
    later.history.settle([])
    later.stop()
    assert [stay.ticket for stay in await written(path)] == [2]


@pytest.mark.rule("P-33")
async def test_what_has_become_too_old_is_deleted_once_a_day_although_nothing_happens(path, monkeypatch):
    monkeypatch.setattr(writer, "LOOK", 0.01)
    desk = Desk(path, keep_days=3)
    desk.history._writer._look = 0.01
    desk.tell(What.PARKED, by=PETER)
    desk.tell(What.RETRIEVED, by=ANNA)
    assert len(await desk.stays()) == 1
    desk.now += 3.5 * writer.DAY
    until(lambda: desk.history._writer._thinned == desk.now, "it is looked through")
    assert await desk.stays() == []
    desk.stop()
    for part in path.parent.iterdir():
        assert MUELLER.number.encode() not in part.read_bytes()


@pytest.mark.rule("P-33")
async def test_who_asks_gets_the_newest_oldest_first(desk):
    for number in range(1, 6):
        desk.tell(What.PARKED, number, after=10, by=PETER, place=Place(str(700 + number % 2)))
    assert [stay.ticket for stay in await desk.stays(limit=2)] == [4, 5]
    assert [stay.ticket for stay in await desk.stays(since=1_000_025.0)] == [3, 4, 5]
    assert [stay.ticket for stay in await desk.stays(place="701")] == [1, 3, 5]


@pytest.mark.rule("P-33")
async def test_what_is_told_to_who_asks_is_bounded(desk):
    for number in range(1, 4):
        desk.tell(What.PARKED, number, by=PETER)
    answer = await records(desk.history, "Europe/Berlin", 0, "", -1)
    assert answer == {"timezone": "Europe/Berlin", "records": []}
    assert len((await records(desk.history, "Europe/Berlin", 0, "", 10**9))["records"]) == 3
    assert (await counts(desk.history, "Europe/Berlin", 0, ""))["by_hour"] == {"14": 3}


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026-11-24", 1795474800.0),
        ("2026-11-24T14:30", 1795527000.0),
        ("2026-07-01 00:00", 1782856800.0),
        ("2026-11-24T14:30Z", 1795530600.0),
    ],
)
def test_an_instant_is_asked_for_in_the_time_of_the_site(text, instant):
    assert begin(text, "Europe/Berlin") == instant


@pytest.mark.rule("P-33")
async def test_a_wait_is_right_although_the_clock_was_set_meanwhile(desk, path):
    """A Pi has no clock at boot: the first calls of the day may begin in the past, and end today."""
    desk.tell(What.PARKED, by=PETER)
    desk.wrong = 7 * writer.DAY
    desk.tell(What.RETRIEVED, after=42, by=ANNA)
    desk.stop()
    (stay,) = await written(path)
    assert stay.waited == 42.0


@pytest.mark.rule("P-33")
async def test_a_clock_that_is_set_back_over_a_crash_makes_nobody_wait_less_than_nothing(desk, path):
    desk.tell(What.PARKED, by=PETER)
    desk.stop()
    later = Desk(path)
    later.wrong = -writer.DAY
    later.tell(What.RETRIEVED, by=ANNA)
    later.stop()
    (stay,) = await written(path)
    assert stay.waited == 0.0


@pytest.mark.rule("P-33", "S-1")
async def test_a_disk_that_refuses_is_a_fault_and_what_was_told_meanwhile_is_written_later(tmp_path):
    folder = tmp_path / "disk"
    desk = Desk(folder / "history.db")  # a folder that is not there
    desk.history._writer._retry = 0.01
    desk.tell(What.PARKED, by=PETER)
    until(lambda: desk.faults, "the fault")
    assert str(folder) in desk.faults[0]
    with pytest.raises(ControlError, match="cannot be read"):
        await desk.stays()
    folder.mkdir()
    until(lambda: desk.faults[-1] == "", "the fault is over")
    desk.tell(What.RETRIEVED, by=ANNA)
    (stay,) = await desk.stays()
    assert stay.ending == "retrieved"
    assert len(desk.faults) == 2
    desk.stop()


@pytest.mark.rule("P-33", "S-1")
def test_a_disk_that_is_full_and_has_room_again_has_all_records(path):
    """S-1: and nothing of it is felt by who tells."""
    program = [sys.executable, "-m", "tests.history.full_disk", path]
    answer = subprocess.run(program, capture_output=True, text=True, check=False, timeout=60)
    assert answer.returncode == 0, answer.stderr
    full, well = answer.stdout.splitlines()
    assert "make room" in full
    assert well == "well again"
    with closing(file.open_file(path)) as book:
        endings = [stay.ending for stay in file.stays(book, 0.0, "", 1000)]
    assert endings == ["abandoned"] * 200


@pytest.mark.rule("P-33")
async def test_a_disk_that_refuses_to_the_end_does_not_keep_us_from_ending(tmp_path):
    desk = Desk(tmp_path / "nowhere" / "history.db")
    desk.tell(What.PARKED, by=PETER)
    until(lambda: desk.faults, "the fault")
    desk.stop()
    assert not desk.history._writer.is_alive()


@pytest.mark.rule("P-33")
async def test_a_file_that_is_none_is_put_aside_and_told_and_a_new_one_is_written(path):
    path.write_bytes(b"no database at all" * 100)
    desk = Desk(path)
    desk.history._writer._retry = 0.01
    desk.tell(What.PARKED, by=PETER)
    until(lambda: "history.db.broken" in "".join(desk.faults), "the fault")
    assert "not a database" in desk.faults[0]
    assert [stay.ticket for stay in await desk.stays()] == [1]
    assert path.with_name("history.db.broken").read_bytes().startswith(b"no database")
    desk.now += 1.5 * writer.DAY
    desk.tell(What.RETRIEVED, by=ANNA)
    until(lambda: desk.faults[-1] == "", "it is not told for ever")
    desk.stop()


@pytest.mark.rule("P-33")
async def test_a_row_that_rots_costs_its_steps_alone(desk, path):
    desk.tell(What.PARKED, 1, by=PETER)
    desk.tell(What.PARKED, 2, by=PETER)
    desk.stop()
    with closing(sqlite3.connect(path)) as book:
        book.execute("UPDATE stays SET steps = '[[' WHERE ticket = 1")
        book.commit()
    first, second = await written(path)
    assert (first.ticket, first.caller, first.steps) == (1, MUELLER, ())
    assert len(second.steps) == 1


@pytest.mark.rule("P-33")
async def test_who_waits_while_the_file_rots_has_his_record_in_the_next_one(desk, path, monkeypatch):
    desk.history._writer._retry = 0.01
    for number in range(1, 4):
        desk.tell(What.PARKED, number, by=PETER)
    desk.tell(What.RETRIEVED, 1, by=ANNA)
    assert len(await desk.stays()) == 3
    monkeypatch.setattr(file, "save", rots_once(file.save))
    desk.tell(What.PARKED, 4, after=1, by=PETER)
    for number in (5, 3, 2):
        desk.tell(What.PARKED, number, after=1, by=PETER)
    until(lambda: "history.db.broken" in "".join(desk.faults), "the fault")
    assert [stay.ticket for stay in await desk.stays()] == [3, 2, 4, 5]
    assert path.with_name("history.db.broken").exists()


def rots_once(save):
    """Return a way to write that finds a malformed page, and the next time another file."""
    error = sqlite3.DatabaseError("database disk image is malformed")
    error.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
    errors = [error]

    def saved(*arguments):
        if errors:
            raise errors.pop()
        return save(*arguments)

    return saved


@pytest.mark.rule("P-33")
async def test_a_name_that_cannot_be_written_costs_no_other_record(desk):
    desk.tell(What.PARKED, 1, by=PETER, caller=Party("1", "\udcff"))
    desk.tell(What.PARKED, 2, by=PETER)
    assert [stay.ticket for stay in await desk.stays()] == [2]


@pytest.mark.rule("P-33")
async def test_the_file_is_for_its_owner_alone(desk, path):
    desk.tell(What.PARKED, by=PETER)
    desk.stop()
    assert stat.S_IMODE(path.stat().st_mode) & stat.S_IRWXO == 0
    with sqlite3.connect(path) as book:
        assert book.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    book.close()
