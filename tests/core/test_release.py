"""Leaving the media path, or staying in it, once two people talk (P-1, P-13, P-16; design, section 3)."""

from dataclasses import replace

import pytest

from appliance.core.hearing import Joined, Silence
from appliance.core.orders import Answer, Hangup, Release, Show, StopPage, What
from appliance.core.rules import AccountRules
from tests.core.timeline import (
    ANNA,
    BERG,
    FOR_ANNA,
    MUELLER,
    PETER,
    SHOP,
    World,
    announce,
    parked_for_anna,
    report,
)

ANCHORED = replace(SHOP, accounts={"pbx": AccountRules("800", release=False), "trunk": SHOP.accounts["trunk"]})


# leaving the media path, or staying in it


def talking(given=SHOP):
    """Anna and Müller talk; the release is on its way where the account allows it."""
    world, leg = parked_for_anna(given)
    anna = world.call("*88102", ANNA)
    world.ordered()
    return world, leg, anna


@pytest.mark.rule("P-16")
def test_a_completed_release_ends_both_legs_and_hangs_up_nobody_in_his_call():
    world, leg, anna = talking()
    world.released(leg)
    assert world.ordered() == [report(What.RELEASED, None, leg, MUELLER, ANNA), Hangup(leg)]
    world.ended(leg)
    world.ended(anna)
    world.at(60.0)
    assert world.ordered() == []
    assert world.legs == set()


@pytest.mark.rule("P-16")
def test_a_leg_that_the_pbx_forgets_after_the_release_is_ended_by_us():
    world, leg, anna = talking()
    world.released(leg)
    world.ended(leg)
    world.ordered()
    world.at(3.9)
    assert world.ordered() == []
    world.at(4.0)
    assert world.ordered() == [Hangup(anna)]
    world.ended(anna)
    assert world.legs == set()


@pytest.mark.rule("P-1", "P-16")
def test_a_refused_release_keeps_them_connected_here():
    world, leg, anna = talking()
    world.released(leg, 603)
    anchored = report(What.ANCHORED, None, leg, MUELLER, ANNA, "release refused: 603")
    assert world.ordered() == [anchored, Show(leg, ANNA), Show(anna, MUELLER)]
    assert world.hears(leg) == Joined(anna)
    assert world.hears(anna) == Joined(leg)
    world.at(600.0)
    world.released(leg, 200)
    assert world.ordered() == []
    assert world.hears(leg) == Joined(anna)


@pytest.mark.rule("P-1", "P-16")
def test_a_release_that_is_never_answered_keeps_them_connected_here():
    world, leg, anna = talking()
    world.at(600.0)
    assert world.ordered() == []
    assert world.hears(leg) == Joined(anna)


@pytest.mark.rule("P-16")
@pytest.mark.parametrize("who", ["caller", "retriever"])
def test_a_leg_that_ends_while_the_release_is_on_its_way_leaves_the_other_the_time_to_be_joined(who):
    world, leg, anna = talking()
    first, second = (leg, anna) if who == "caller" else (anna, leg)
    world.ended(first)
    assert world.ordered() == []
    assert world.hears(second) == Silence()
    world.at(3.9)
    assert world.ordered() == []
    world.at(4.0)
    assert world.ordered() == [Hangup(second)]


@pytest.mark.rule("P-16")
def test_a_release_whose_end_is_told_after_the_retrievers_leg_has_ended():
    world, leg, anna = talking()
    world.ended(anna)
    world.released(leg)
    assert world.ordered() == [report(What.RELEASED, None, leg, MUELLER), Hangup(leg)]
    world.released(leg)
    world.ended(leg)
    world.at(60.0)
    assert world.ordered() == []


@pytest.mark.rule("P-16")
def test_a_retriever_who_hangs_up_before_the_release_is_refused():
    world, leg, anna = talking()
    world.ended(anna)
    world.released(leg, 481)
    assert world.ordered() == [Hangup(leg)]


@pytest.mark.rule("P-16")
def test_a_caller_who_hangs_up_before_the_release_ends():
    world, leg, anna = talking()
    world.ended(leg)
    world.released(leg, 481)
    assert world.ordered() == []
    world.at(4.0)
    assert world.ordered() == [Hangup(anna)]


@pytest.mark.rule("P-13")
@pytest.mark.parametrize("who", ["caller", "retriever"])
def test_connected_here_when_one_hangs_up_the_other_is_hung_up(who):
    world, leg, anna = talking(ANCHORED)
    first, second = (leg, anna) if who == "caller" else (anna, leg)
    assert world.hears(first) == Joined(second)
    world.ended(first)
    assert world.ordered() == [Hangup(second)]
    world.ended(second)
    assert world.ordered() == []
    assert world.legs == set()


@pytest.mark.rule("P-16")
def test_an_account_that_anchors_is_never_asked_to_release():
    world = World()
    leg = world.call("*68102", MUELLER, by=PETER, account="trunk")
    anna = world.call("*88102", ANNA, account="trunk")
    assert Release(leg, anna) not in world.deeds()
    assert world.hears(leg) == Joined(anna)


@pytest.mark.rule("P-16")
def test_legs_of_two_accounts_are_connected_here():
    shop = replace(SHOP, accounts={"pbx": AccountRules("800"), "trunk": AccountRules("049301")})
    world = World(shop)
    leg = world.call("*68102", MUELLER, by=PETER, account="trunk")
    anna = world.call("*88102", ANNA)
    assert Release(leg, anna) not in world.deeds()
    assert world.hears(leg) == Joined(anna)


@pytest.mark.rule("P-16")
def test_an_account_that_is_no_longer_configured_anchors():
    world = World()
    leg = world.call("*68102", MUELLER, by=PETER, account="gone")
    anna = world.call("*88102", ANNA, account="gone")
    parked = [Answer(leg), announce(1, FOR_ANNA)]
    assert world.deeds() == [*parked, Answer(anna), StopPage(1), Show(leg, ANNA), Show(anna, MUELLER)]


@pytest.mark.rule("P-13", "P-16")
def test_a_caller_who_is_taken_before_his_own_ack_is_released_after_it():
    world = World()
    leg = world.arrive("*68102", MUELLER, by=PETER)
    anna = world.call("*88102", ANNA)
    assert world.hears(leg) == Joined(anna)
    assert world.deeds()[-1] == StopPage(1)
    world.answered(leg)
    assert world.deeds() == [Release(leg, anna)]


@pytest.mark.rule("P-3", "P-16")
def test_a_caller_who_is_taken_before_his_own_ack_and_goes_on_in_another_dialog_is_released():
    """An INVITE with Replaces is confirmed without an ACK that we would be told of."""
    world = World()
    leg = world.arrive("*68102", MUELLER, by=PETER)
    anna = world.call("*88102", ANNA)
    world.ordered()
    by = world.replaced(leg, BERG)
    assert world.deeds() == [Release(by, anna)]


@pytest.mark.rule("P-13")
def test_the_place_of_a_call_that_was_taken_is_free_at_once():
    world, _, _ = talking()
    other = world.call("*68102", BERG, by=PETER)
    assert world.deeds() == [Answer(other), announce(2, FOR_ANNA)]
