"""Hunting where time, crashes and dead phones meet (P-28, P-29, P-31, S-2)."""

from dataclasses import replace

import pytest

from appliance.core.engine import advance, step
from appliance.core.events import DialogKnown, HuntLogin
from appliance.core.hearing import Joined
from appliance.core.ids import LegId, Seconds
from appliance.core.rules import Policy
from tests.core.hunting import GROUP, alternate, phone, refuse, rung, shop, take, tidy, waits
from tests.core.timeline import ANNA, MUELLER, PETER, SHOP_KEYS, World, parked_for_anna

NIGHT = "+4930999"
FORWARDED = shop(policy=Policy.REGULAR, forward=NIGHT)


def forwarded(given=FORWARDED) -> World:
    """Müller, who called the group at 0 and whom nobody took in its time."""
    world = World(given)
    world.call(GROUP, MUELLER)
    world.at(60.0)
    return world


def back(world: World) -> LegId:
    """The caller's leg is taken over."""
    world.later(1.0)
    leg = world.leg(1)
    world.picked_up(leg)
    world.later(0.1)
    return leg


@pytest.mark.rule("P-29")
def test_what_is_due_at_the_instant_of_an_event_rings_before_it():
    """Design 5.3: telling a fact late is the same as letting time pass first."""
    world = World(shop(policy=Policy.REGULAR))
    world.call(GROUP, MUELLER)
    event = HuntLogin(GROUP, "102", present=False)
    now = Seconds(15.0)
    at_once = step(world.state, event, now, world.rules)
    between, due = advance(world.state, now, world.rules)
    state, orders = step(between, event, now, world.rules)
    assert at_once == (state, (*due, *orders))


@pytest.mark.rule("S-2", "P-29")
@pytest.mark.parametrize("known", [True, False])
def test_after_a_crash_the_forward_number_rings_once_whether_our_invite_was_known_or_not(known):
    before = forwarded()
    assert rung(before) == [NIGHT]
    if known:
        before.invited(phone(before, NIGHT))
    world = before.crash(1.0, registered=True)
    back(world)
    assert rung(world) == [NIGHT]


@pytest.mark.rule("S-2", "P-29")
def test_who_had_answered_at_the_forward_number_gets_him_and_nobody_else_rings():
    before = forwarded()
    before.later(3.0)
    before.tell(DialogKnown(phone(before, NIGHT), before.new_dialog()))
    world = before.crash(1.0, registered=True)
    leg = back(world)
    assert rung(world) == [NIGHT], "nobody but who is coming back"
    there = phone(world, NIGHT)
    world.picked_up(there)
    assert world.hears(leg) == Joined(there)


@pytest.mark.rule("S-2", "P-29")
def test_who_had_answered_and_hung_up_before_the_caller_was_back_is_called_again():
    before = forwarded()
    before.later(3.0)
    before.tell(DialogKnown(phone(before, NIGHT), before.new_dialog()))
    world = before.crash(1.0, registered=True)
    world.later(1.0)
    there = phone(world, NIGHT)
    world.picked_up(there)
    world.ended(there)
    back(world)
    assert rung(world) == [NIGHT]


@pytest.mark.rule("S-2", "P-29")
@pytest.mark.parametrize("first", [True, False])
def test_who_had_answered_at_the_forward_number_and_cannot_be_had_back_is_called_again(first):
    """Whichever of the two is known to be gone or back before the other."""
    before = forwarded()
    before.later(3.0)
    before.tell(DialogKnown(phone(before, NIGHT), before.new_dialog()))
    world = before.crash(1.0, registered=True)
    if not first:
        back(world)
    world.later(1.0)
    there = phone(world, NIGHT)
    world.ended(there, 481)
    if first:
        back(world)
    assert rung(world) == [NIGHT]
    assert phone(world, NIGHT) != there


@pytest.mark.rule("S-4", "P-28")
@pytest.mark.parametrize("policy", [Policy.REGULAR, Policy.SIMULTANEOUS])
def test_a_group_without_an_order_of_its_own_is_its_first_member_when_the_machine_goes_down(policy):
    world = World(replace(shop(policy=policy), last_resort=GROUP))
    world.tell(HuntLogin(GROUP, "101", present=False))
    world.drain()
    world.call(GROUP, MUELLER)
    assert rung(world) == ["102"]


@pytest.mark.rule("S-2", "P-27")
def test_after_a_crash_the_last_resort_of_who_called_the_group_is_rung_again():
    before = forwarded(shop(policy=Policy.REGULAR))
    assert rung(before) == ["100"]
    world = before.crash(1.0, registered=True)
    back(world)
    assert rung(world) == ["100"]


@pytest.mark.rule("S-2", "P-24")
def test_after_a_crash_no_recall_is_due_while_members_ring():
    before, _ = parked_for_anna(alternate(shop(policy=Policy.REGULAR)))
    before.at(45.0)
    world = before.crash(1.0, registered=True)
    leg = back(world)
    assert rung(world) == ["101"]
    assert waits(world, leg).recall.next_at is None
    assert world.place("102").recall_in is None


@pytest.mark.rule("S-2", "S-4")
@pytest.mark.parametrize("asked", [True, False])
def test_a_crash_while_the_machine_goes_down_does_not_forget_whom_members_rang_for(asked):
    """S-4: the next process does not go down, and nobody rings for him any more."""
    before = World(shop(policy=Policy.REGULAR))
    before.call(GROUP, MUELLER)
    member = phone(before, "101")
    before.invited(member)
    if asked:
        before.picked_up(member)
    before.drain()
    world = before.crash(1.0, registered=True)
    back(world)
    if asked:
        member = phone(world, "101")
        world.picked_up(member)
        world.ended(member)
    assert rung(world) == ["100"]


@pytest.mark.rule("S-4", "P-29")
def test_who_calls_two_groups_that_forward_to_each_other_is_given_to_a_phone_when_the_machine_goes_down():
    first = shop(policy=Policy.REGULAR, forward="860")
    second = replace(first.hunts[GROUP], number="860", forward=GROUP)
    world = World(replace(first, hunts={**first.hunts, "860": second}, last_resort=GROUP))
    world.drain()
    world.call(GROUP, MUELLER)
    assert rung(world) == ["101"]


@pytest.mark.rule("P-28")
def test_a_member_whose_phone_was_dead_for_long_is_not_flooded_when_it_is_back():
    """P-28: what he missed is made up for by a few calls, not by all of an hour's."""
    world = World(shop(50, 50, 0, policy=Policy.WEIGHTED))
    assert {_taken(world, dead="101") for _ in range(50)} == {"102"}
    takers = [_taken(world, dead="") for _ in range(40)]
    assert 20 < takers.count("101") <= 26
    assert takers[-10:].count("101") == 5


def _taken(world: World, dead: str) -> str:
    """One call: returns who took it; the phone of `dead` cannot be reached."""
    caller = world.call(GROUP, MUELLER)
    if rung(world) == [dead]:
        refuse(world, dead, 480)
    (member,) = rung(world)
    take(world, member)
    world.ended(caller)
    tidy(world)
    return member


@pytest.mark.rule("P-28")
def test_other_shares_hold_from_the_moment_on_in_which_the_configuration_has_them():
    world = World(shop(90, 10, 0, policy=Policy.WEIGHTED))
    for _ in range(100):
        _taken(world, dead="")
    world.reload(shop(10, 90, 0, policy=Policy.WEIGHTED))
    takers = [_taken(world, dead="") for _ in range(100)]
    assert abs(takers.count("102") - 90) <= 2


@pytest.mark.rule("P-30", "P-29")
def test_who_logs_out_while_his_phone_rings_may_still_answer_it():
    world = World(shop(policy=Policy.REGULAR))
    leg = world.call(GROUP, MUELLER)
    world.tell(HuntLogin(GROUP, "101", present=False))
    assert rung(world) == ["101"]
    there = take(world, "101")
    assert world.hears(leg) == Joined(there)


@pytest.mark.rule("B-2", "P-31")
def test_a_key_parks_a_call_that_came_back_anchored_and_its_member_is_idle_again():
    world = World(shop(policy=Policy.REGULAR))
    world.call(GROUP, MUELLER)
    take(world, PETER.number)
    world.press(SHOP_KEYS["701"])
    tidy(world)
    world.call(GROUP, replace(ANNA, number="0172"))
    assert rung(world) == ["101"]
