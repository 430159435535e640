"""What a parked caller presses means nothing, but for the exit key (P-11)."""

from dataclasses import replace

import pytest

from appliance.core.hearing import Joined, Music
from appliance.core.ids import LegId, Party, Seconds
from appliance.core.orders import Hangup, Release, What
from appliance.core.rules import HuntRules, MemberRules
from appliance.core.state import Hunt, Parked
from tests.core.timeline import (
    ANNA,
    MUELLER,
    PETER,
    RECALL_ANNA,
    SHOP,
    World,
    dial,
    parked_for_anna,
    report,
    take_over,
    with_place,
    with_recall,
    withdraw,
)

MUSIC = Music("default")
QUIET = with_place(SHOP, "102", zone="")
EXIT = replace(QUIET, exit_key="0", exit_to="850")
FIRST = LegId(-1)


@pytest.mark.rule("P-11")
def test_no_digit_of_a_parked_caller_means_anything():
    world, leg = parked_for_anna(QUIET)
    before = world.state
    world.digits(leg, "0123456789*#")
    assert (world.state is before, world.ordered()) == (True, [])


@pytest.mark.rule("P-11")
def test_the_exit_key_rings_its_number_and_he_waits_on():
    world, leg = parked_for_anna(EXIT)
    world.at(10.0)
    world.digits(leg, "1230")
    assert world.ordered() == [
        report(What.RINGING_BACK, "102", leg, MUELLER, Party("850"), "exit"),
        dial(-1, "850", MUELLER),
    ]
    assert world.hears(leg) == MUSIC
    assert world.place("102").state == "recalling"
    world.answered(FIRST)
    assert world.ordered() == [
        report(What.HANDED_OVER, "102", leg, MUELLER, Party("850"), "exit"),
        Release(leg, FIRST),
    ]
    assert world.hears(leg) == Joined(FIRST)


@pytest.mark.rule("P-11")
def test_without_a_number_of_its_own_it_rings_the_last_resort():
    world, leg = parked_for_anna(replace(QUIET, exit_key="#"))
    world.digits(leg, "#")
    assert world.deeds() == [dial(-1, "100", MUELLER)]


@pytest.mark.rule("P-11")
def test_nobody_answers_and_he_goes_on_waiting_as_before():
    """P-11, P-19: his recall comes when it would have come, and he may press again."""
    world, leg = parked_for_anna(EXIT)
    world.at(10.0)
    world.digits(leg, "0")
    world.at(40.0)
    world.ended(FIRST, 487)
    assert world.dated() == [(10.0, dial(-1, "850", MUELLER)), (40.0, Hangup(FIRST))]
    assert world.hears(leg) == MUSIC
    world.digits(leg, "0")
    world.ended(LegId(-2), 486)
    world.at(45.0)
    assert world.dated() == [(40.0, dial(-2, "850", MUELLER)), (45.0, dial(-3, "101", RECALL_ANNA))]


@pytest.mark.rule("P-11")
def test_it_is_told_that_nobody_answered():
    for code, why in ((486, "ended with 486"), (None, "no answer")):
        world, leg = parked_for_anna(EXIT)
        world.digits(leg, "0")
        world.ordered()
        if code is None:
            world.at(30.0)
        else:
            world.ended(FIRST, code)
        assert world.ordered()[0] == report(What.CANCELLED, "102", leg, MUELLER, Party("850"), why)


@pytest.mark.rule("P-11")
def test_pressing_it_again_while_it_rings_means_nothing():
    world, leg = parked_for_anna(EXIT)
    world.digits(leg, "000")
    assert world.deeds() == [dial(-1, "850", MUELLER)]


@pytest.mark.rule("P-11", "P-27")
def test_pressing_it_while_the_last_resort_rings_for_him_means_nothing():
    world, leg = parked_for_anna(with_recall(EXIT, longest=Seconds(40)))
    world.at(40.0)
    world.digits(leg, "0")
    assert world.dated() == [(40.0, dial(-1, "100", RECALL_ANNA))]


@pytest.mark.rule("P-11", "P-27")
def test_the_last_resort_is_not_rung_twice_for_one_caller():
    """P-11: its phone rings because of the exit key when the longest wait is over."""
    world, leg = parked_for_anna(with_recall(replace(EXIT, exit_to=""), longest=Seconds(40)))
    world.at(30.0)
    world.digits(leg, "0")
    world.at(40.0)
    assert world.dated() == [
        (30.0, dial(-1, "100", MUELLER)),
        (40.0, Hangup(FIRST)),
        (40.0, dial(-2, "100", RECALL_ANNA)),
    ]


@pytest.mark.rule("P-11", "P-21")
def test_his_recall_comes_all_the_same_and_who_answers_first_has_him():
    world, leg = parked_for_anna(EXIT)
    world.at(44.0)
    world.digits(leg, "0")
    world.at(47.0)
    assert world.dated() == [(44.0, dial(-1, "850", MUELLER)), (45.0, dial(-2, "101", RECALL_ANNA))]
    world.answered(LegId(-2))
    assert world.deeds() == [Hangup(FIRST), Release(leg, LegId(-2))]


@pytest.mark.rule("P-11", "P-13")
def test_while_it_rings_everyone_may_take_him():
    world, leg = parked_for_anna(EXIT)
    world.digits(leg, "0")
    world.ordered()
    anna = world.call("*88", ANNA)
    assert world.deeds()[1:] == [Hangup(FIRST), Release(leg, anna)]


@pytest.mark.rule("P-11")
def test_a_caller_in_the_lobby_has_the_key_too():
    world = World(EXIT)
    leg = world.call("800", MUELLER, by=PETER)
    world.ordered()
    world.digits(leg, "0")
    assert world.deeds() == [dial(-1, "850", MUELLER)]


@pytest.mark.rule("P-11", "P-31")
@pytest.mark.parametrize(("place", "leaves"), [(None, False), ("102", True)])
def test_who_has_called_a_hunt_group_was_parked_by_nobody_and_cannot_leave(place, leaves):
    """P-11: but a parked caller whom his recall has brought to a hunt group can."""
    world, leg = parked_for_anna(
        replace(EXIT, hunts={"860": HuntRules("860", "Sales", (MemberRules("105"),), call_waiting=False)})
    )
    world.call("*88", Party("105"))  # the only member is busy
    world.ordered()
    role = world.state.legs[leg].role
    assert isinstance(role, Parked)
    hunted = replace(role, place=place, hunt=Hunt("860", None, None, called=place is None))
    world.state = replace(world.state, legs={**world.state.legs, leg: replace(world.state.legs[leg], role=hunted)})
    world.digits(leg, "0")
    assert world.deeds() == ([dial(-1, "850", MUELLER)] if leaves else [])


@pytest.mark.rule("P-11", "S-4")
def test_when_the_machine_goes_down_he_is_on_his_way_already():
    world, leg = parked_for_anna(EXIT)
    world.drain()
    world.ordered()
    world.digits(leg, "0")
    assert world.deeds() == []


@pytest.mark.rule("P-11", "S-2")
def test_after_a_crash_the_exit_rings_again_and_he_is_not_recalled_for_it():
    before, leg = parked_for_anna(EXIT)
    before.at(10.0)
    before.digits(leg, "0")
    ringing = before.invited(FIRST)
    world = before.crash(2.0, registered=True)
    world.later(0.05)
    assert world.deeds() == [withdraw(ringing), dial(-3, "850", MUELLER), take_over(-1, 1, MUELLER)]
    world.answered(LegId(-3))
    assert world.hears(LegId(-3)) == MUSIC
    world.picked_up(LegId(-1))
    assert world.hears(LegId(-1)) == Joined(LegId(-3))
