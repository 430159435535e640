"""Short form of the crashes: a dozen callers, each kind of crash once (`scripts/chaos` is the long form)."""

from random import Random

import pytest

from tests.chaos import crashes, machine, outside
from tests.chaos.conftest import CALLERS

pytestmark = pytest.mark.e2e


@pytest.mark.rule("S-1", "S-2", "S-5")
@pytest.mark.parametrize("seed", range(3))
def test_after_a_crash_everybody_hears_music_again(shared, good, seed):
    """S-5: killed at a random moment; music within 10 s, nobody lost, doubled, or connected with a stranger."""
    verdict = good(crashes.kill(shared, Random(seed), CALLERS))  # noqa: S311 - chaos that can be repeated
    assert verdict.kept == CALLERS
    print(f"\nmusic after {min(verdict.music):.2f} to {max(verdict.music):.2f} s")


@pytest.mark.rule("S-1", "S-5")
def test_a_crash_in_the_middle_of_a_park(shared, good, dice):
    """S-5: also in the middle of a park: blind by the PBX's word, and by the REFER of a phone."""
    good(crashes.kill_while_parking(shared, dice, CALLERS))


@pytest.mark.rule("S-2", "S-5")
def test_a_crash_in_the_middle_of_a_retrieve(shared, good, dice):
    """S-5: also in the middle of a retrieve: the two are joined, or the caller still waits."""
    good(crashes.kill_while_fetching(shared, dice, CALLERS))


@pytest.mark.rule("S-2", "S-5")
def test_a_crash_in_the_middle_of_a_recall(shared, good, dice):
    """S-5: also in the middle of a recall: the phone rings again, not twice at once, and whoever answers has his caller."""
    good(crashes.kill_while_ringing(shared, dice, CALLERS))


@pytest.mark.rule("S-2", "S-5")
def test_a_crash_while_calls_come_back_from_a_crash(shared, good, dice):
    """S-2: the journal holds what is not taken over yet."""
    good(crashes.kill_while_returning(shared, dice, CALLERS))


@pytest.mark.rule("S-4")
def test_a_restart_keeps_the_calls(shared, good, dice):
    """S-4: SIGTERM hangs nobody up; the next process takes over."""
    good(crashes.restart(shared, dice, CALLERS))


@pytest.mark.rule("S-3")
def test_who_hangs_up_while_the_box_is_dead_is_gone(shared, good, dice):
    """S-3: 481: the place is freed, and the parker is told; the others are back."""
    good(outside.pbx_forgets(shared, dice, CALLERS))


@pytest.mark.rule("S-2")
def test_the_clock_on_the_wall_may_jump_by_a_year(shared, good, dice):
    """S-2: timers go on from the time that passed, which the clock on the wall does not know."""
    good(machine.clock_jumps(shared, dice, CALLERS))


@pytest.mark.rule("S-1")
def test_a_journal_that_is_torn_at_its_end(shared, good, dice):
    """S-1: what was on the disk before is kept."""
    good(machine.journal_torn(shared, dice, CALLERS))


@pytest.mark.rule("S-4")
def test_a_drain_hands_everybody_over(shared, good, dice):
    """S-4: everybody is with his parker before the process ends, and stays with him."""
    good(machine.drained(shared, dice, CALLERS))


@pytest.mark.rule("S-6", "S-7")
def test_a_pbx_that_was_restarted(shared, good, dice):
    """S-6: dead legs are found within 60 s without a BYE. S-7: registered again; and parking goes on."""
    good(outside.pbx_dies(shared, dice, 4))


@pytest.mark.rule("S-9")
def test_the_supervisor_was_told_all_the_time(shared):
    """S-9: each life said that it was ready, and fed the watchdog; none was beaten."""
    lives = shared.box.supervisor.lives
    assert all(life.ready is not None for life in lives)
    assert not any(life.beaten for life in lives)
    assert lives[-1].fed > 0
