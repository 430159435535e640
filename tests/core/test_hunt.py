"""Whoever calls a hunt group's number is served by its members (P-28, P-29, P-31)."""

from dataclasses import replace

import pytest

from appliance.core.events import LegDiverted
from appliance.core.hearing import Joined, Music, Tone, ToneKind
from appliance.core.ids import LegId
from appliance.core.orders import Answer, Dial, Hangup, Release, Show, What
from appliance.core.rules import Policy
from tests.core.hunting import GROUP, SHOWN, phone, refuse, rung, shop, take, tidy, waits
from tests.core.timeline import ANNA, BERG, MIA, MUELLER, PETER, World, dial, parked_for_anna, report

REGULAR = shop(policy=Policy.REGULAR)
FIRST, SECOND, THIRD = LegId(-1), LegId(-2), LegId(-3)


def calling(given=REGULAR, **more) -> tuple[World, LegId]:
    world = World(given)
    leg = world.call(GROUP, MUELLER, **more)
    return world, leg


@pytest.mark.rule("P-31")
def test_a_call_to_the_groups_number_is_answered_and_its_first_member_rung():
    world, leg = calling()
    assert world.ordered() == [
        Answer(leg),
        report(What.HUNTING, None, leg, MUELLER, None, GROUP),
        report(What.RINGING_BACK, None, leg, MUELLER, replace(PETER, name=""), "hunt"),
        dial(-1, "101", SHOWN),
    ]
    assert world.hears(leg) == Tone(ToneKind.RINGBACK)


@pytest.mark.rule("P-31")
def test_he_hears_music_where_the_group_has_some():
    world, leg = calling(shop(music="slow"))
    assert world.hears(leg) == Music("slow")


@pytest.mark.rule("P-31")
def test_a_member_takes_him_and_both_stay_with_the_box():
    world, leg = calling()
    world.ordered()
    member = take(world, "101")
    orders = world.ordered()
    assert orders[0] == report(What.ANSWERED, None, leg, MUELLER, replace(PETER, name=""), "hunt")
    assert not any(isinstance(order, Release) for order in orders)
    assert any(isinstance(order, Show) for order in orders)
    assert (world.hears(leg), world.hears(member)) == (Joined(member), Joined(leg))


@pytest.mark.rule("P-29")
def test_members_ring_one_after_the_other_for_the_groups_rings():
    world, _ = calling()
    world.ordered()
    world.at(30.0)
    assert world.dated() == [
        (15.0, Hangup(FIRST)),
        (15.0, dial(-2, "102", SHOWN)),
        (30.0, Hangup(SECOND)),
        (30.0, dial(-3, "103", SHOWN)),
    ]


@pytest.mark.rule("P-29")
@pytest.mark.parametrize("code", [486, 480, 603, 404, 302, 408])
def test_a_member_who_is_busy_or_cannot_be_reached_is_passed_over_at_once(code):
    world, _ = calling()
    refuse(world, "101", code)
    assert rung(world) == ["102"]


@pytest.mark.rule("P-29")
def test_a_member_whose_phone_sends_the_call_on_is_passed_over():
    """P-29: his own forwarding is not followed (181)."""
    world, _ = calling()
    world.ordered()
    world.tell(LegDiverted(FIRST))
    assert world.deeds() == [Hangup(FIRST), dial(-2, "102", SHOWN)]


@pytest.mark.rule("P-29", "P-25")
def test_a_members_voicemail_does_not_get_the_call():
    world, leg = calling()
    world.later(0.3)
    world.picked_up(FIRST)
    assert waits(world, leg)
    assert world.said(FIRST) == "Anruf von Müller. Zum Annehmen bitte die Eins drücken."
    assert rung(world) == []
    world.ended(FIRST)
    assert rung(world) == ["102"]


@pytest.mark.rule("P-29", "P-25")
def test_a_quick_member_presses_the_key():
    world, leg = calling()
    world.later(0.3)
    world.picked_up(FIRST)
    world.digits(FIRST, "1")
    assert world.hears(leg) == Joined(FIRST)


@pytest.mark.rule("P-29")
def test_whoever_talks_through_us_is_passed_over():
    world, leg = calling()
    take(world, "101")
    world.call(GROUP, BERG)
    assert rung(world) == ["102"]
    assert world.hears(leg) == Joined(FIRST)


@pytest.mark.rule("P-29")
def test_whoever_rings_for_another_caller_is_passed_over():
    world, _ = calling()
    world.call(GROUP, BERG)
    assert rung(world) == ["101", "102"]


@pytest.mark.rule("P-29")
def test_busy_members_ring_where_the_group_has_call_waiting():
    world, _ = calling(shop(policy=Policy.REGULAR, call_waiting=True))
    take(world, "101")
    world.call(GROUP, BERG)
    assert rung(world) == ["101"]


@pytest.mark.rule("P-29")
def test_a_member_who_hangs_up_is_rung_for_whoever_waits_longest():
    world = World(shop(policy=Policy.REGULAR))
    callers = [world.call(GROUP, MUELLER)]
    for number in ("101", "102", "103"):
        take(world, number)
        callers.append(world.call(GROUP, MUELLER))
    world.later(1.0)
    world.call(GROUP, BERG)
    assert rung(world) == []
    world.ended(callers[1])
    assert rung(world) == ["102"]
    world.later(2.0)
    world.picked_up(phone(world, "102"))
    assert isinstance(world.hears(callers[3]), Joined)


@pytest.mark.rule("P-29")
def test_when_all_were_tried_a_new_pass_begins_after_a_pause():
    world, _ = calling()
    for number in ("101", "102", "103"):
        refuse(world, number)
    assert rung(world) == []
    world.at(9.9)
    assert rung(world) == []
    world.at(10.0)
    assert rung(world) == ["101"]


@pytest.mark.rule("P-29")
@pytest.mark.parametrize("call_waiting", [False, True])
def test_a_member_who_calls_the_group_himself_is_not_rung(call_waiting):
    world = World(shop(policy=Policy.REGULAR, call_waiting=call_waiting))
    world.call(GROUP, PETER)
    assert rung(world) == ["102"]


@pytest.mark.rule("P-29", "P-27")
def test_after_the_groups_time_the_last_resort_is_rung_for_ever():
    world, leg = calling()
    world.ordered()
    world.at(60.0)
    orders = [order for at, order in world.dated() if at == 60.0]
    assert orders == [Hangup(LegId(-4)), dial(-5, "100", MUELLER)]
    assert world.hears(leg) == Tone(ToneKind.RINGBACK)
    for _ in range(3):
        world.ended(phone(world, "100"), 480)
        assert rung(world) == []
        world.later(10.0)
        assert rung(world) == ["100"]
    world.ordered()
    take(world, "100")
    assert world.ordered()[0].what is What.HANDED_OVER


@pytest.mark.rule("P-29")
def test_after_the_groups_time_the_forward_number_is_rung():
    world, leg = calling(shop(policy=Policy.REGULAR, forward="+4930999"))
    world.at(60.0)
    assert rung(world) == ["+4930999"]
    world.ordered()
    member = take(world, "+4930999")
    assert report(What.HANDED_OVER, None, leg, MUELLER, replace(MIA, number="+4930999", name=""), "forward") in (
        orders := world.ordered()
    )
    assert Release(leg, member) in orders


@pytest.mark.rule("P-29", "P-27")
def test_when_nobody_answers_at_the_forward_number_either_the_last_resort_is_rung():
    world, _ = calling(shop(policy=Policy.REGULAR, forward="+4930999"))
    world.at(60.0)
    refuse(world, "+4930999")
    assert rung(world) == ["100"]


@pytest.mark.rule("P-29")
def test_the_forward_number_may_be_another_group():
    given = shop(policy=Policy.REGULAR, forward="860")
    other = replace(given.hunts[GROUP], number="860", name="Night", forward="", members=given.hunts[GROUP].members[2:])
    world, _ = calling(replace(given, hunts={**given.hunts, "860": other}))
    world.at(60.0)
    assert rung(world) == ["103"]
    world.at(120.0)
    assert rung(world) == ["100"]


@pytest.mark.rule("P-27", "P-29")
def test_a_last_resort_that_is_a_group_of_ours_is_hunted_and_not_called():
    world, _ = calling(replace(REGULAR, last_resort=GROUP))
    world.at(600.0)
    rings = [order.number for order in world.deeds() if isinstance(order, Dial)]
    assert set(rings) == {"101", "102", "103"}
    assert len(rings) > 20


@pytest.mark.rule("P-29")
def test_without_a_time_out_it_goes_on():
    world, leg = calling(shop(policy=Policy.REGULAR, timeout=None))
    world.at(7200.0)
    assert waits(world, leg).hunt is not None
    world.ordered()
    world.later(60.0)
    assert {order.number for order in world.deeds() if isinstance(order, Dial)} == {"101", "102", "103"}


@pytest.mark.rule("P-28")
def test_simultaneous_rings_all_and_the_first_answer_wins():
    world, leg = calling(shop(policy=Policy.SIMULTANEOUS))
    assert rung(world) == ["101", "102", "103"]
    world.ordered()
    take(world, "102")
    assert [order for order in world.deeds() if isinstance(order, Hangup)] == [Hangup(FIRST), Hangup(THIRD)]
    assert world.hears(leg) == Joined(SECOND)


@pytest.mark.rule("P-28")
def test_simultaneous_rings_whoever_gets_free_as_well():
    world = World(shop(policy=Policy.SIMULTANEOUS))
    first = world.call(GROUP, MUELLER)
    take(world, "101")
    tidy(world)
    world.call(GROUP, BERG)
    assert rung(world) == ["102", "103"]
    world.ended(first)
    assert rung(world) == ["102", "103", "101"]


@pytest.mark.rule("P-31")
def test_a_caller_who_hangs_up_ends_the_ringing():
    world, leg = calling()
    world.ordered()
    world.ended(leg)
    assert world.ordered() == [
        report(What.ABANDONED, None, leg, MUELLER),
        Hangup(FIRST),
    ]
    tidy(world)
    assert not world.legs


@pytest.mark.rule("P-31")
def test_a_call_that_is_transferred_to_the_groups_number_is_served_like_one_that_came_first():
    world, leg = calling(by=MIA)
    assert report(What.HUNTING, None, leg, MUELLER, MIA, GROUP) in world.ordered()
    assert rung(world) == ["101"]
    assert world.hears(leg) == Tone(ToneKind.RINGBACK)
    world.at(60.0)
    assert rung(world) == ["100"]


@pytest.mark.rule("P-31", "P-13")
def test_who_has_called_a_group_is_not_picked_up_by_the_codes():
    """P-31: nobody has parked him."""
    world, leg = calling(by=ANNA)
    anna = world.call("*88", ANNA)
    assert world.hears(leg) == Tone(ToneKind.RINGBACK)
    assert anna in world.legs


@pytest.mark.rule("P-16", "P-31")
def test_an_attended_transfer_to_the_group_only_changes_the_name():
    world, leg = calling()
    world.becomes(leg, BERG)
    take(world, "101")
    assert world.hears(leg) == Joined(FIRST)


@pytest.mark.rule("P-29")
def test_a_group_that_was_taken_out_of_the_configuration_lets_its_callers_go_on():
    world, _ = calling()
    world.rules = replace(world.rules, hunts={})
    world.registered(registered=True)
    assert "100" in rung(world)


@pytest.mark.rule("P-31")
def test_ends_of_calls_that_came_too_late_change_nothing():
    world, leg = calling()
    world.later(2.0)
    world.picked_up(FIRST)
    before = world.state
    world.ended(LegId(-9))
    world.tell(LegDiverted(LegId(-9)))
    assert world.state is before
    world.tell(LegDiverted(FIRST))
    assert world.hears(leg) == Joined(FIRST)


@pytest.mark.rule("P-24")
def test_while_parked_calls_are_not_touched_by_the_group():
    world, leg = parked_for_anna(REGULAR)
    world.call(GROUP, BERG)
    world.at(30.0)
    assert waits(world, leg).hunt is None
