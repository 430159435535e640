"""People who talked, or were on the line, when the box died (S-2, S-5)."""

import pytest

from appliance.core.events import Recovered
from appliance.core.hearing import Joined, Music, Silence, Speech
from appliance.core.orders import Hangup, Release, Show, StopPage, What
from appliance.core.state import Asking
from tests.core.comeback import ANCHORED, CALLER, FIRST, back
from tests.core.timeline import (
    ANNA,
    FOR_ANNA,
    JENS,
    MUELLER,
    PETER,
    SHOP,
    World,
    announce,
    parked_for_anna,
    report,
    take_over,
)

MUSIC = Music("default")


# people who talk


def pair_crashed(given=SHOP, *, refused=False):
    """Anna and Müller talk through us; the box dies; both are asked for."""
    before, leg = parked_for_anna(given)
    before.call("*88102", ANNA)
    if refused:
        before.released(leg, 603)
    world = before.crash(1.0, registered=True)
    world.later(1.0)
    assert world.ordered() == [take_over(FIRST, 2, ANNA), take_over(CALLER, 1, MUELLER)]
    return world


@pytest.mark.rule("S-2", "P-16")
@pytest.mark.parametrize("first", [CALLER, FIRST])
@pytest.mark.parametrize("kind", ["anchored", "refused"])
def test_a_pair_that_talked_through_us_is_joined_again(first, kind):
    """S-2: "both legs of a bridged pair are taken over and joined again", and see each other again (P-16)."""
    world = pair_crashed(ANCHORED if kind == "anchored" else SHOP, refused=kind == "refused")
    second = FIRST if first == CALLER else CALLER
    world.picked_up(first)
    world.picked_up(second)
    world.at(600.0)
    assert world.ordered() == [Show(FIRST, MUELLER), Show(CALLER, ANNA)]
    assert (world.hears(CALLER), world.hears(FIRST)) == (Joined(FIRST), Joined(CALLER))
    world.ended(first)
    assert world.ordered() == [Hangup(second)]


@pytest.mark.rule("S-2", "P-16")
@pytest.mark.parametrize("first", [CALLER, FIRST])
def test_a_pair_whose_release_was_under_way_is_released_again_when_both_are_back(first):
    """What the earlier process asked for, the PBX had not done; it cannot be told the outcome any more."""
    world = pair_crashed()
    second = FIRST if first == CALLER else CALLER
    world.picked_up(first)
    assert world.ordered() == []
    world.picked_up(second)
    assert world.ordered() == [Release(second, first)]


@pytest.mark.rule("S-3", "P-16")
@pytest.mark.parametrize("first", [CALLER, FIRST])
def test_a_pair_that_the_pbx_has_joined_without_us_is_not_lost(first):
    """S-5: two who talk on without us are not told to be lost, and nobody is called."""
    world = pair_crashed()
    world.ended(first, 481)
    world.ended(FIRST if first == CALLER else CALLER, 481)
    world.at(600.0)
    assert world.ordered() == []
    assert world.legs == set()


@pytest.mark.rule("S-2", "P-16")
@pytest.mark.parametrize("gone", [CALLER, FIRST])
@pytest.mark.parametrize("kind", ["anchored", "released"])
@pytest.mark.parametrize("when", ["first", "last"])
def test_who_is_back_and_finds_his_partner_gone_is_hung_up(gone, kind, when):
    world = pair_crashed(ANCHORED if kind == "anchored" else SHOP)
    other = FIRST if gone == CALLER else CALLER
    if when == "first":
        world.ended(gone, 481)
        assert world.ordered() == []
        world.picked_up(other)
    else:
        world.picked_up(other)
        assert world.ordered() == []
        world.ended(gone, 481)
    assert world.ordered() == [Hangup(other)]
    world.ended(other)
    assert world.legs == set()


@pytest.mark.rule("S-2", "P-13")
def test_who_talks_and_hangs_up_while_his_partner_is_still_coming_back():
    world = pair_crashed(ANCHORED)
    world.picked_up(CALLER)
    world.ended(CALLER)
    assert world.ordered() == []
    world.picked_up(FIRST)
    assert world.ordered() == [Hangup(FIRST)]


@pytest.mark.rule("S-2", "P-14")
def test_a_leg_whose_other_half_was_not_kept_is_ended_and_joined_with_nobody():
    """S-5: nobody is connected to a stranger, also when the journal is torn."""
    before, leg = parked_for_anna(ANCHORED)
    anna = before.call("*88102", ANNA)
    seeker, _ = parked_for_anna()
    taker = seeker.arrive("*88102", ANNA)
    for record in (before.journal[leg], before.journal[anna], seeker.journal[taker]):
        world = World(registered=False)
        world.tell(Recovered((record,)))
        world.registered(registered=True)
        world.picked_up(CALLER)
        assert world.deeds()[1:] == [Hangup(CALLER)]


# people on the line


@pytest.mark.rule("S-2", "P-8")
def test_who_was_asked_is_asked_again_with_the_tries_that_he_has_left():
    before = World()
    menu = before.call("800", JENS)
    before.digits(menu, "9#")
    before.digits(menu, "6")
    world = before.crash(registered=True)
    assert world.ordered() == [take_over(CALLER, 1, JENS)]
    assert back(world) == []
    role = world.state.legs[CALLER].role
    assert isinstance(role, Asking)
    assert (role.tries, role.digits) == (1, "")
    assert world.said(CALLER).startswith("Zum Parken")
    world.digits(CALLER, "68102")
    assert world.said(CALLER) == "Geparkt auf 1 0 2."


@pytest.mark.rule("S-2", "P-3", "S-5")
def test_an_attended_parker_hears_the_confirmation_again_and_then_it_counts():
    """S-5: in the middle of a park."""
    before = World()
    before.call("*68102", PETER)
    before.at(2.0)
    world = before.crash(100.0, registered=True)
    assert back(world) == [take_over(CALLER, 1, PETER)]
    assert world.said(CALLER) == "Geparkt auf 1 0 2."
    world.at(110.0)
    world.heard(CALLER)
    assert world.ordered() == []
    world.at(118.0)
    assert world.ordered() == [report(What.PARKED, "102", CALLER, PETER, PETER), announce(1, FOR_ANNA)]


@pytest.mark.rule("S-2", "P-3", "S-5")
@pytest.mark.parametrize("when", ["before", "after"])
def test_an_attended_parker_who_has_transferred_his_caller_meanwhile_has_parked_him(when):
    """P-3: the answer to the take-over names another party; told just before or just after the leg is back."""
    before = World()
    before.call("*68102", PETER)
    world = before.crash(3.0, registered=True)
    world.ordered()
    if when == "before":
        world.becomes(CALLER, MUELLER)
        world.picked_up(CALLER)
    else:
        world.picked_up(CALLER)
        world.becomes(CALLER, MUELLER)
    parked = [order for order in world.ordered() if order != report(What.BACK, "102", CALLER, MUELLER)]
    assert parked == [report(What.PARKED, "102", CALLER, MUELLER, PETER), announce(1, FOR_ANNA)]
    assert world.hears(CALLER) == MUSIC
    world.ended(CALLER)
    assert StopPage(1) in world.ordered()


@pytest.mark.rule("S-2", "P-5")
def test_who_was_told_something_is_told_it_again():
    before = World()
    before.call("*68199", JENS)
    before.at(2.5)
    world = before.crash(registered=True)
    world.ordered()
    back(world)
    assert world.hears(CALLER) == Speech("Die Nummer 1 9 9 gibt es hier nicht.", world.serial(CALLER))
    world.heard(CALLER)
    assert world.ordered() == [Hangup(CALLER)]


@pytest.mark.rule("S-2")
def test_who_was_being_hung_up_is_hung_up():
    before = World()
    told = before.call("*88102", JENS)
    before.heard(told)
    world = before.crash(registered=True)
    assert world.ordered() == [take_over(CALLER, 1, JENS)]
    assert back(world) == [Hangup(CALLER)]
    world.ended(CALLER)
    assert world.legs == set()


@pytest.mark.rule("S-2", "P-16")
def test_who_was_left_to_the_pbx_and_is_still_there_is_hung_up():
    before, leg = parked_for_anna()
    before.call("*88102", ANNA)
    before.released(leg)
    before.ended(leg)
    world = before.crash(1.0, registered=True)
    assert world.ordered() == [take_over(CALLER, 2, ANNA)]
    assert world.hears(CALLER) == Silence()
    assert back(world) == [Hangup(CALLER)]
