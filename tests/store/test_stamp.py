"""What an instant of another process is on our clock."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.store import stamp
from appliance.store.stamp import LONGEST, Stamp, offset, this_machine

any_float = st.floats(-1e9, 1e9)


@given(then=any_float, now=any_float, wall=any_float, jump=any_float)
def test_within_one_boot_the_wall_clock_may_do_what_it_wants(then, now, wall, jump):
    """S-2: the clock of the machine jumps by years when the network comes; no timer notices."""
    assert offset(Stamp("a", then, wall), Stamp("a", now, wall + jump)) == 0.0


@pytest.mark.parametrize(
    ("wall", "elapsed"),
    [(30, 30), (0, 0), (LONGEST, LONGEST), (LONGEST + 1, LONGEST), (365 * 86400, LONGEST), (-1, 0), (-365 * 86400, 0)],
)
def test_after_a_boot_the_time_that_passed_is_the_wall_clocks_within_bounds(wall, elapsed):
    """S-2: timers go on from the wall time that passed: 60 s before the recall are 60 s less the outage after it."""
    then, now = Stamp("a", 5000.0, 1.7e9), Stamp("b", 20.0, 1.7e9 + wall)
    recall = then.monotonic + 60
    assert recall + offset(then, now) == pytest.approx(now.monotonic + 60 - elapsed)


def test_an_unknown_boot_is_equal_to_none():
    assert offset(Stamp("", 5000.0, 100.0), Stamp("", 20.0, 110.0)) == 20.0 - 10 - 5000


def test_this_machine_has_a_boot_and_the_clock_of_the_loop(tmp_path, monkeypatch):
    clock = this_machine()
    assert clock.boot == this_machine().boot != ""
    assert clock.now().monotonic <= time.monotonic()
    monkeypatch.setattr(stamp, "BOOT_ID", tmp_path / "none")
    assert this_machine().boot == ""
