"""The machine goes down: pairs that talk through us, and who still waits when the time is nearly over (S-4)."""

from dataclasses import replace

import pytest

from appliance.core.drain import is_over
from appliance.core.engine import advance, next_deadline
from appliance.core.hearing import Joined, Music, Tone, ToneKind
from appliance.core.ids import LegId, Seconds
from appliance.core.orders import Dial, Hangup, Release, Show, Transfer, What
from appliance.core.rules import AccountRules
from appliance.core.state import Parked
from tests.core.comeback import ANCHORED, CALLER, QUIET
from tests.core.drained import ALTERNATE, DRAINING, draining, rings
from tests.core.timeline import (
    ANNA,
    BERG,
    MUELLER,
    PETER,
    World,
    parked_for_anna,
    report,
    with_place,
    with_recall,
)

MUSIC = Music("default")


# people who talk through us


@pytest.mark.rule("S-4", "P-16")
def test_a_pair_that_talks_through_us_is_left_to_the_pbx_though_the_account_says_otherwise():
    """S-4: the box leaves the media path of everybody, or they would be cut off when it ends."""
    world, leg = parked_for_anna(ANCHORED)
    anna = world.call("*88102", ANNA)
    world.ordered()
    world.drain()
    assert world.ordered() == [DRAINING, Release(leg, anna)]
    assert not is_over(world.state)
    world.released(leg)
    world.ended(leg)
    world.ended(anna)
    assert is_over(world.state)


@pytest.mark.rule("S-4", "P-16")
def test_a_pair_that_the_pbx_will_not_join_does_not_hold_the_machine_up():
    world, leg = parked_for_anna(ANCHORED)
    anna = world.call("*88102", ANNA)
    world.drain()
    world.released(leg, 603)
    assert is_over(world.state)
    assert world.hears(leg) == Joined(anna)


@pytest.mark.rule("S-4", "P-16")
def test_a_pair_of_two_accounts_cannot_be_joined_without_us_and_does_not_hold_the_machine_up():
    world = World(replace(QUIET, accounts={"pbx": AccountRules("800"), "trunk": AccountRules("049301")}))
    world.call("*68102", MUELLER, by=PETER, account="trunk")
    world.call("*88102", ANNA)
    world.ordered()
    world.drain()
    assert world.ordered() == [DRAINING]
    assert is_over(world.state)


@pytest.mark.rule("S-4", "P-16")
@pytest.mark.parametrize("how", ["ack", "replaced"])
def test_a_pair_that_is_not_confirmed_yet_is_left_to_the_pbx_when_it_is(how):
    world = World(ANCHORED)
    leg = world.arrive("*68102", MUELLER, by=PETER)
    anna = world.call("*88102", ANNA)
    world.drain()
    assert not is_over(world.state)
    world.ordered()
    if how == "replaced":
        leg = world.replaced(leg, BERG)
    else:
        world.answered(leg)
    assert world.ordered() == [Release(leg, anna)]


@pytest.mark.rule("S-4", "P-16")
def test_a_release_that_is_under_way_is_not_asked_for_twice():
    world, leg = parked_for_anna(QUIET)
    world.call("*88102", ANNA)
    world.ordered()
    world.drain()
    world.later(20.0)
    assert world.ordered() == [DRAINING]
    world.released(leg)
    assert world.ordered()[-1] == Hangup(leg)


# the time is nearly over


@pytest.mark.rule("S-4", "P-27")
def test_who_still_waits_after_75_seconds_is_transferred_to_the_last_resort():
    """S-4: "90 s at most"; the PBX may let it ring for as long as it likes."""
    world, leg = draining()
    world.at(84.9)
    world.ordered()
    world.at(85.0)
    assert world.ordered() == [Hangup(LegId(-4)), Transfer(leg, "100")]
    assert world.hears(leg) == MUSIC
    world.ended(LegId(-4), 487)
    world.released(leg)
    assert world.ordered() == [
        report(What.HANDED_OVER, "102", leg, MUELLER, None, "transferred to 100"),
    ]
    assert world.place("102").state == "free"
    world.ended(leg)
    assert is_over(world.state)
    world.later(600.0)
    assert world.ordered() == []


@pytest.mark.rule("S-4")
def test_a_leg_that_the_pbx_leaves_with_us_after_the_transfer_is_hung_up():
    world, leg = draining()
    world.at(85.0)
    world.released(leg, 202)
    world.ordered()
    world.at(88.9)
    assert world.ordered() == []
    world.at(89.0)
    assert world.ordered() == [Hangup(leg)]


@pytest.mark.rule("S-4", "P-1")
def test_a_transfer_that_is_refused_or_not_answered_is_tried_again_every_five_seconds():
    world, leg = draining()
    world.at(85.0)
    world.ordered()
    world.released(leg, 503)
    world.ended(LegId(-4), 487)
    world.at(100.0)
    assert [(at, order) for at, order in world.dated() if isinstance(order, Transfer)] == [
        (90.0, Transfer(leg, "100")),
        (95.0, Transfer(leg, "100")),
        (100.0, Transfer(leg, "100")),
    ]
    assert isinstance(world.state.legs[leg].role, Parked)
    assert not is_over(world.state)


@pytest.mark.rule("S-4")
def test_a_hundred_callers_are_transferred_once_each():
    shop = with_recall(
        replace(QUIET, places={str(n): replace(QUIET.places["702"], number=str(n)) for n in range(200, 300)}),
        ring=Seconds(10),
    )
    world = World(shop)
    legs = [world.call(str(number), MUELLER, by=PETER) for number in range(200, 300)]
    world.drain()
    world.at(74.9)
    for ringing in [leg for leg in world.legs if leg < 0]:
        world.ended(ringing, 487)
    world.ordered()
    world.at(75.0)
    assert sorted(order.leg for order in world.deeds() if isinstance(order, Transfer)) == legs
    state, orders = advance(world.state, Seconds(75.0), shop)
    assert orders == ()
    assert state is world.state
    for leg in legs:
        world.released(leg)
        world.ended(leg)
    world.at(81.0)
    assert not [order for order in world.deeds() if isinstance(order, Transfer)]


@pytest.mark.rule("S-4", "P-13")
def test_a_clock_that_wakes_late_transfers_once():
    world, leg = draining()
    world.ordered()
    state, orders = advance(world.state, Seconds(200.0), world.rules)
    assert [order for order in orders if isinstance(order, Transfer)] == [Transfer(leg, "100")]
    due = next_deadline(state, world.rules)
    assert due is not None
    assert due > 200.0


@pytest.mark.rule("S-4", "P-13")
def test_who_takes_him_while_the_transfer_is_under_way_does_not_lose_him():
    """P-13: the first wins. Anna's call stays hers when the PBX refuses, and is the PBX's when it has done it."""
    world, leg = draining(ANCHORED)
    world.at(85.0)
    anna = world.call("*88102", ANNA)
    world.ordered()
    world.released(leg, 481)
    assert world.hears(leg) == Joined(anna)
    world.ended(leg)
    assert world.deeds() == [Show(leg, ANNA), Show(anna, MUELLER), Hangup(anna)]


@pytest.mark.rule("S-4")
def test_a_caller_whose_ack_is_late_is_transferred_when_it_comes():
    """A dialog that is not confirmed cannot be referred; he is not forgotten."""
    world = World(QUIET)
    leg = world.arrive("*68102", MUELLER, by=PETER)
    world.drain()
    world.at(80.0)
    assert not [order for order in world.ordered() if isinstance(order, Transfer)]
    world.answered(leg)
    assert world.deeds()[-1] == Transfer(leg, "100")


@pytest.mark.rule("S-4")
def test_a_caller_who_hangs_up_meanwhile_needs_nobody():
    world, leg = draining()
    world.at(20.0)
    world.ordered()
    world.ended(leg)
    assert world.ordered() == [report(What.ABANDONED, "102", leg, MUELLER), Hangup(LegId(-1))]
    assert is_over(world.state)
    world.at(600.0)
    assert world.ordered() == []


# while legs are coming back


@pytest.mark.rule("S-4", "S-2")
def test_who_is_coming_back_is_rung_for_as_soon_as_he_is_back():
    before, _ = parked_for_anna(QUIET)
    world = before.crash(1.0, registered=True)
    world.drain()
    assert not is_over(world.state)
    world.ordered()
    world.picked_up(CALLER)
    assert world.deeds() == [rings(-2, "101")]


@pytest.mark.rule("S-4", "S-2")
def test_who_is_back_when_the_time_is_over_is_transferred_at_once():
    before, _ = parked_for_anna(QUIET)
    world = before.crash(1.0)
    world.drain()
    world.later(80.0)
    world.registered(registered=True)
    world.ordered()
    world.picked_up(CALLER)
    assert Transfer(CALLER, "100") in world.deeds()


@pytest.mark.rule("S-4", "S-2", "P-16")
def test_a_pair_that_is_coming_back_is_left_to_the_pbx_when_both_are_back():
    before, _ = parked_for_anna(ANCHORED)
    before.call("*88102", ANNA)
    world = before.crash(1.0, registered=True)
    world.drain()
    world.later(1.0)
    world.ordered()
    world.picked_up(CALLER)
    world.picked_up(LegId(-2))
    assert world.ordered() == [Release(LegId(-2), CALLER)]


@pytest.mark.rule("S-4", "S-2")
def test_an_attended_parker_who_is_coming_back_hears_the_reject_tone():
    before = World(QUIET)
    before.call("*68102", PETER)
    world = before.crash(1.0, registered=True)
    world.drain()
    world.picked_up(CALLER)
    assert world.hears(CALLER) == Tone(ToneKind.REJECT)


@pytest.mark.rule("S-4", "P-27")
def test_many_who_wait_for_the_same_parker_are_all_rung_for():
    world = World(QUIET)
    for number, who in (("102", MUELLER), ("701", BERG), ("702", MUELLER)):
        world.call(f"*68{number}", who, by=PETER)
    world.ordered()
    world.drain()
    assert [order.number for order in world.deeds() if isinstance(order, Dial)] == ["101", "101", "101"]


@pytest.mark.rule("S-4", "P-20")
def test_the_alternate_of_the_group_to_which_he_was_parked():
    world = World(with_place(ALTERNATE, "101", zone=""))
    world.call("*581", MUELLER, by=PETER)
    world.drain()
    assert [order.number for order in world.deeds() if isinstance(order, Dial)] == ["850"]
