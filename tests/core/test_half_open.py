"""Calls whose answer the PBX never heard, because the box was killed: their INVITE comes again (S-2, S-5)."""

import pytest

from appliance.core.events import DialogKnown, Press
from appliance.core.hearing import Joined
from appliance.core.orders import Answer, Hangup, Release, StopPage, What
from appliance.core.state import Parked, Told
from tests.core.comeback import ASK, CALLER, FIRST, LOST, back, comes_back, half_open
from tests.core.timeline import (
    ANNA,
    BERG,
    FOR_ANNA,
    JENS,
    MUELLER,
    PETER,
    SHOP_KEYS,
    World,
    announce,
    parked_for_anna,
    report,
)


def repeats(world, dialled="*68102", who=MUELLER, by=PETER):
    """The INVITE of the first call comes again."""
    return world.arrive(dialled, who, by, call=1)


@pytest.mark.rule("S-2", "S-5", "P-1")
def test_a_caller_whose_invite_is_repeated_is_parked_as_if_nothing_had_been():
    """S-5: in the middle of a park. None lost, none doubled: his place is free for him, and nobody is told that he is lost."""
    world = half_open()
    assert world.place("102").state == "coming_back"
    world.at(2.0)
    leg = repeats(world)
    assert world.ordered() == [
        report(What.REPEATED, "102", CALLER, MUELLER),
        Answer(leg),
        report(What.PARKED, "102", leg, MUELLER, PETER),
        announce(1, FOR_ANNA),
    ]
    world.answered(leg)
    assert world.legs == {leg}
    world.at(46.9)
    assert world.ordered() == []


@pytest.mark.rule("S-2", "A-9", "B-4")
def test_what_is_being_said_of_a_caller_whose_invite_is_repeated_stops_before_it_is_said_anew():
    """B-4: a long press says it again, also while he is coming back."""
    world = half_open()
    world.press(SHOP_KEYS["102"], Press.LONG)
    assert world.ordered() == [announce(1, FOR_ANNA)]
    leg = repeats(world)
    assert world.deeds() == [StopPage(1), Answer(leg), announce(2, FOR_ANNA)]


@pytest.mark.rule("S-2", "S-5", "P-3")
def test_an_attended_parker_whose_invite_is_repeated_hears_the_confirmation():
    world = half_open("*68102", PETER, None)
    leg = repeats(world, "*68102", PETER, None)
    assert world.said(leg) == "Geparkt auf 1 0 2."
    assert world.legs == {leg}


@pytest.mark.rule("S-2", "S-5", "P-6")
def test_a_group_gives_a_caller_whose_invite_is_repeated_the_place_that_it_gave_him_first():
    """Had his old leg kept its place, the group would hunt on: he would be on two."""
    world = half_open("*581")
    leg = repeats(world, "*581")
    role = world.state.legs[leg].role
    assert isinstance(role, Parked)
    assert role.place == "101"


@pytest.mark.rule("S-2", "S-5", "P-13")
def test_a_retriever_whose_invite_is_repeated_gets_his_caller():
    before, _ = parked_for_anna()
    before.arrive("*88102", ANNA)
    world = before.crash(1.0, registered=True)
    world.later(0.05)
    world.ended(FIRST, 481)
    world.picked_up(CALLER)
    world.ordered()
    anna = world.arrive("*88102", ANNA, call=2)
    world.answered(anna)
    assert world.ordered() == [
        Answer(anna),
        report(What.RETRIEVED, "102", CALLER, MUELLER, ANNA, "code"),
        Release(CALLER, anna),
    ]


@pytest.mark.rule("S-2", "S-5", "P-13")
def test_a_caller_who_was_given_to_somebody_and_repeats_his_invite_is_parked_again():
    """The retriever is hung up: the dialog that he was joined with never was one."""
    before = World()
    before.arrive("*68102", MUELLER, by=PETER)
    before.call("*88102", ANNA)
    world = before.crash(1.0, registered=True)
    world.later(0.05)
    world.ended(CALLER, 481)
    world.picked_up(FIRST)
    world.ordered()
    leg = repeats(world)
    assert world.ordered() == [
        Hangup(FIRST),
        Answer(leg),
        report(What.PARKED, "102", leg, MUELLER, PETER),
        announce(1, FOR_ANNA),
    ]


@pytest.mark.rule("S-2", "P-13")
def test_who_dials_for_a_caller_whose_invite_is_repeated_is_not_left_waiting():
    world = half_open()
    anna = world.call("*88102", ANNA)
    world.ordered()
    leg = repeats(world)
    world.answered(leg)
    heard = world.hears(anna)
    assert heard == Joined(leg) or isinstance(world.state.legs[anna].role, Told)


@pytest.mark.rule("S-3", "P-5")
def test_an_invite_that_is_not_repeated_within_33_seconds_is_a_loss():
    """RFC 3261 section 17.1.1.2: for so long a PBX repeats an INVITE that nobody answers."""
    world = half_open()
    world.at(33.9)
    assert world.ordered() == []
    assert world.place("102").state == "coming_back"
    world.at(34.0)
    assert world.ordered() == LOST
    assert world.place("102").state == "free"


@pytest.mark.rule("S-3")
@pytest.mark.parametrize("dialled", ["*68701", "800", "*88701"])
def test_somebody_on_the_line_who_does_not_repeat_his_invite_frees_what_he_held(dialled):
    world = half_open(dialled, JENS, None)
    world.at(34.0)
    assert world.ordered() == []
    assert world.legs == set()


@pytest.mark.rule("S-2")
def test_an_answer_that_the_pbx_has_heard_brings_him_back_like_any_other():
    before = World()
    before.arrive("*68102", MUELLER, by=PETER)
    world = before.crash(1.0, registered=True)
    world.ordered()
    assert back(world) == [report(What.BACK, "102", CALLER, MUELLER)]


@pytest.mark.rule("S-2")
def test_a_pbx_that_says_nothing_of_a_half_open_leg_is_asked_again():
    before = World()
    before.arrive("*68102", MUELLER, by=PETER)
    world = before.crash(1.0, registered=True)
    world.ordered()
    world.ended(CALLER, 503)
    world.at(3.0)
    assert world.ordered() == [ASK]
    world.ended(CALLER, 481)
    world.at(36.0)
    assert world.dated() == [(36.0, LOST[1])]


@pytest.mark.rule("S-2", "S-5")
@pytest.mark.parametrize("asked", [False, True])
def test_a_second_crash_does_not_forget_that_the_answer_was_never_heard(asked):
    """S-5: his INVITE is repeated still; he is not told to be lost in the meantime."""
    before = World()
    before.arrive("*68102", MUELLER, by=PETER)
    world = half_open() if asked else before.crash(1.0)
    world = world.crash(1.0, registered=True)
    world.ordered()
    world.ended(CALLER, 481)
    assert world.ordered() == []
    leg = repeats(world)
    assert world.ordered() == [
        report(What.REPEATED, "102", CALLER, MUELLER),
        Answer(leg),
        report(What.PARKED, "102", leg, MUELLER, PETER),
        announce(1, FOR_ANNA),
    ]


@pytest.mark.rule("S-3", "S-5")
def test_a_crash_in_the_middle_of_a_take_over_leaves_no_invite_to_wait_for():
    """S-3: the PBX had heard the answer, else it could not have replaced the dialog: who is gone now is lost at once."""
    before = World()
    before.arrive("*68102", MUELLER, by=PETER)
    world = before.crash(1.0, registered=True)
    world.tell(DialogKnown(CALLER, world.new_dialog()))
    world = world.crash(1.0, registered=True)
    world.ordered()
    world.ended(CALLER, 481)
    assert world.ordered() == LOST


@pytest.mark.rule("S-2")
def test_an_invite_of_somebody_else_takes_nothing_away():
    world = comes_back()
    world.call("*68103", BERG, by=PETER)
    assert world.place("102").state == "coming_back"
    assert back(world)[-1] == report(What.BACK, "102", CALLER, MUELLER)


@pytest.mark.rule("S-2")
def test_an_invite_with_the_call_id_of_a_leg_that_is_ours_takes_nothing_away():
    """Only who is coming back can be on the way here a second time."""
    world, leg = parked_for_anna()
    world.arrive("*68103", MUELLER, by=PETER, call=1)
    assert isinstance(world.state.legs[leg].role, Parked)
