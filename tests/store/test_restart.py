"""Timers of legs that another process left: the boot and the clocks of the machine decide where they lie now."""

import asyncio

import pytest

from appliance.store.journal import SqliteJournal
from appliance.store.stamp import LONGEST, Clock
from tests.store.legs import by_id, parked

WALL = 1.7e9
YEAR = 365 * 86400.0


async def run(folder, clock, *legs):
    """Be a process: return what was found, and write legs."""
    events = []
    journal = SqliteJournal(folder / "journal.db", events.append, asyncio.get_running_loop(), clock=clock)
    found = await journal.start()
    if legs:
        journal.write(by_id(*legs), ())
    await journal.stop()
    assert events == []
    return found


def clock(boot: str, monotonic: float, wall: float) -> Clock:
    return Clock(boot, lambda: monotonic, lambda: wall)


@pytest.mark.rule("S-2")
@pytest.mark.parametrize("jump", [0.0, 10.0, YEAR, -YEAR])
async def test_after_a_crash_of_ours_the_timers_are_where_they_were(tmp_path, jump):
    """S-2: the clock of the machine may jump by a year meanwhile: nothing changes."""
    await run(tmp_path, clock("a", 5000.0, WALL), parked(1, since=4990.0))
    found = await run(tmp_path, clock("a", 5010.0, WALL + 10 + jump))
    assert found == (parked(1, since=4990.0),)


@pytest.mark.rule("S-2")
@pytest.mark.parametrize(
    ("passed", "elapsed"), [(40.0, 40.0), (YEAR, LONGEST), (-YEAR, 0.0)], ids=["right", "far ahead", "in 1970"]
)
async def test_after_a_boot_the_timers_go_on_from_the_time_that_passed(tmp_path, passed, elapsed):
    """S-2: parked 10 s before the power went; now, on the clock of the new boot, that much and the outage ago."""
    await run(tmp_path, clock("a", 5000.0, WALL), parked(1, since=4990.0))
    found = await run(tmp_path, clock("b", 20.0, WALL + passed))
    assert found == (parked(1, since=20.0 - 10.0 - elapsed),)


@pytest.mark.rule("S-2")
async def test_who_writes_nothing_leaves_the_clock_of_who_did(tmp_path):
    """S-2: two crashes in a row, the first process of the new boot dies before its first write."""
    await run(tmp_path, clock("a", 5000.0, WALL), parked(1, since=4990.0))
    await run(tmp_path, clock("b", 20.0, WALL + 40.0))
    found = await run(tmp_path, clock("b", 30.0, WALL + 50.0))
    assert found == (parked(1, since=30.0 - 10.0 - 50.0),)
