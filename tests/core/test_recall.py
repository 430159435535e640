"""Calls that nobody takes are recalled: when, whom, and how it ends (P-19, P-21, P-22, P-26)."""

from dataclasses import replace

import pytest

from appliance.core.events import LegRang
from appliance.core.hearing import Joined, Music
from appliance.core.ids import LegId, Party, Seconds
from appliance.core.lamp import Lamp
from appliance.core.orders import Alert, Hangup, Release, StopPage, What
from appliance.core.rules import RecallMode, RecallRules
from tests.core.timeline import (
    ANNA,
    MUELLER,
    PETER,
    RECALL_ANNA,
    SHOP,
    SHOP_KEYS,
    YARD_KEYS,
    World,
    announce,
    dial,
    parked_for_anna,
    report,
    with_group,
    with_place,
    with_recall,
)

MUSIC = Music("default")
QUIET = with_place(SHOP, "102", zone="")
"""Nothing is announced for 102, so that a timeline of recalls has recalls only."""
ALTERNATE = with_recall(QUIET, mode=RecallMode.ALTERNATE, alternate="850")


def ring(leg, number, **more):
    return dial(leg, number, RECALL_ANNA, **more)


def busy(world, leg):
    world.ended(LegId(leg), 486)


# when


@pytest.mark.rule("P-19", "P-21")
def test_after_the_timer_the_parker_is_rung_and_his_display_says_why():
    world, leg = parked_for_anna(QUIET)
    world.at(44.9)
    assert world.ordered() == []
    world.at(45.0)
    assert world.ordered() == [
        report(What.RINGING_BACK, "102", leg, MUELLER, Party("101"), "recall"),
        ring(-1, "101"),
    ]
    assert world.hears(leg) == MUSIC
    assert world.place("102").state == "recalling"


@pytest.mark.rule("P-19")
def test_the_timer_is_the_places_else_the_groups_else_the_sites():
    shop = with_group(QUIET, "Verkauf", recall=RecallRules(after=Seconds(60)), zone="")
    shop = with_place(replace(shop, recall=RecallRules(after=Seconds(90))), "103", recall_after=Seconds(30))
    for dialled, due in (("*58", 60.0), ("*68102", 90.0), ("*68103", 30.0), ("800", 90.0)):
        world = World(with_place(with_place(shop, "103", zone=""), "101", zone=""))
        world.call(dialled, MUELLER, by=PETER)
        world.ordered()
        world.at(due - 0.1)
        assert world.deeds() == [], dialled
        world.at(due)
        assert [type(order).__name__ for order in world.deeds()] == ["Dial"], dialled


@pytest.mark.rule("P-19")
def test_a_places_timer_wins_over_the_group_that_chose_it():
    shop = with_group(QUIET, "Verkauf", recall=RecallRules(after=Seconds(60), ring=Seconds(20)), zone="")
    world = World(with_place(with_place(shop, "101", recall_after=Seconds(30)), "101", zone=""))
    world.call("*58", MUELLER, by=PETER)
    world.ordered()
    world.at(50.0)
    assert [instant for instant, _ in world.dated()] == [30.0, 50.0]


@pytest.mark.rule("P-19", "B-5")
def test_before_the_recall_the_lamp_reminds_and_nothing_else_changes():
    world, leg = parked_for_anna(QUIET)
    world.at(29.9)
    assert world.lamp(SHOP_KEYS["102"]) is Lamp.SLOW
    world.at(30.0)
    assert world.lamp(SHOP_KEYS["102"]) is Lamp.FAST
    assert world.lamp(YARD_KEYS["102"]) is Lamp.FAST
    assert world.ordered() == []
    assert world.hears(leg) == MUSIC


@pytest.mark.rule("P-21")
@pytest.mark.parametrize("pattern", Alert)
def test_the_parkers_phone_rings_in_the_pattern_of_the_site(pattern):
    world, _ = parked_for_anna(with_recall(QUIET, pattern=pattern))
    world.at(45.0)
    assert world.deeds() == [ring(-1, "101", alert=pattern)]


@pytest.mark.rule("P-21")
def test_the_pattern_is_the_parkers_alone():
    world, _ = parked_for_anna(
        with_recall(ALTERNATE, mode=RecallMode.ALTERNATE, alternate="850", pattern=Alert.LONG_LONG)
    )
    world.at(45.0)
    assert world.deeds() == [ring(-1, "850")]


# how it ends


@pytest.mark.rule("P-26")
def test_the_parker_answers_and_has_his_caller_again():
    world, leg = parked_for_anna()
    world.at(47.0)
    world.ordered()
    world.answered(LegId(-1))
    assert world.ordered() == [
        report(What.RECALLED, "102", leg, MUELLER, Party("101"), "recall"),
        StopPage(1),
        Release(leg, LegId(-1)),
    ]
    assert world.hears(leg) == Joined(LegId(-1))
    assert world.lamp(SHOP_KEYS["102"]) is Lamp.OFF
    world.released(leg)
    world.ended(leg)
    world.ended(LegId(-1))
    world.ordered()
    world.at(2000.0)
    assert world.ordered() == []


@pytest.mark.rule("P-21", "P-13")
def test_while_it_rings_everyone_may_take_the_call_and_the_ringing_ends():
    world, leg = parked_for_anna(QUIET)
    world.at(50.0)
    world.ordered()
    assert world.hears(leg) == MUSIC
    anna = world.call("*88", ANNA)
    assert world.ordered()[1:] == [
        report(What.RETRIEVED, "102", leg, MUELLER, ANNA, "code"),
        Hangup(LegId(-1)),
        Release(leg, anna),
    ]
    world.answered(LegId(-1))
    assert world.ordered() == []
    assert world.hears(leg) == Joined(anna)
    world.ended(LegId(-1))
    world.at(2000.0)
    assert world.ordered() == []


@pytest.mark.rule("P-21", "P-27")
def test_the_caller_hangs_up_while_it_rings():
    world, leg = parked_for_anna(QUIET)
    world.at(50.0)
    world.ordered()
    world.ended(leg)
    assert world.ordered() == [report(What.ABANDONED, "102", leg, MUELLER), Hangup(LegId(-1))]
    world.ended(LegId(-1), 487)
    world.at(2000.0)
    assert world.ordered() == []


@pytest.mark.rule("P-22")
def test_nobody_answers_within_the_ring_time_the_next_try_is_after_the_timer():
    world, leg = parked_for_anna(QUIET)
    world.at(75.0)
    world.ended(LegId(-1), 487)
    world.at(150.0)
    assert world.dated() == [
        (45.0, ring(-1, "101")),
        (75.0, Hangup(LegId(-1))),
        (120.0, ring(-2, "101")),
        (150.0, Hangup(LegId(-2))),
    ]
    assert world.hears(leg) == MUSIC


@pytest.mark.rule("P-22", "P-23")
def test_a_busy_parker_is_tried_every_ten_seconds_while_the_second_timer_runs():
    world, _ = parked_for_anna(QUIET)
    """P-22: every `busy_retry` from the first try on; what ends the round otherwise is the end of the timer, at 105 s."""
    for number in range(-1, -7, -1):
        world.at(45.0 + 10 * (-number - 1))
        busy(world, number)
    world.at(150.0)
    assert world.dated() == [
        (45.0, ring(-1, "101")),
        (55.0, ring(-2, "101")),
        (65.0, ring(-3, "101")),
        (75.0, ring(-4, "101")),
        (85.0, ring(-5, "101")),
        (95.0, ring(-6, "101")),
        (150.0, ring(-7, "101")),
    ]


@pytest.mark.rule("P-22", "P-19")
def test_the_end_of_the_second_timer_begins_a_round_even_between_two_tries():
    """P-22: no try at the parker after it; the next is a recall timer later."""
    world, _ = parked_for_anna(with_recall(QUIET, alternate_after=Seconds(33)))
    for number in range(-1, -5, -1):
        world.at(45.0 + 10 * (-number - 1))
        busy(world, number)
    world.at(78.0)
    assert world.place("102").recall_in == 45.0
    world.at(123.0)
    assert [instant for instant, _ in world.dated()] == [45.0, 55.0, 65.0, 75.0, 123.0]


@pytest.mark.rule("P-22")
def test_a_parker_who_is_free_again_rings_for_his_whole_time_though_the_second_timer_ends():
    """P-22: there is no alternate who would take over from him."""
    world, _ = parked_for_anna(with_recall(QUIET, alternate_after=Seconds(30)))
    for number in (-1, -2):
        world.at(45.0 + 10 * (-number - 1))
        busy(world, number)
    world.at(95.0)
    assert world.dated()[2:] == [(65.0, ring(-3, "101")), (95.0, Hangup(LegId(-3)))]
    assert world.place("102").recall_in == 45.0


@pytest.mark.rule("P-22")
def test_how_often_a_busy_parker_is_tried_is_a_setting():
    world, _ = parked_for_anna(with_recall(QUIET, busy_retry=Seconds(4)))
    world.at(45.0)
    busy(world, -1)
    world.at(49.0)
    assert world.dated() == [(45.0, ring(-1, "101")), (49.0, ring(-2, "101"))]


@pytest.mark.rule("P-22")
@pytest.mark.parametrize("code", [408, 480])
@pytest.mark.parametrize("rang", [True, False])
def test_a_pbx_that_gives_up_before_the_ring_time_is_over_has_rung_in_vain(code, rang):
    """P-22: many give up after 20 s; who did not answer is not rung again at once, who could not be reached is."""
    world, _ = parked_for_anna(QUIET)
    world.at(45.0)
    if rang:
        world.tell(LegRang(LegId(-1)))
    world.at(65.0)
    world.ended(LegId(-1), code)
    again = 110.0 if rang else 75.0
    world.at(again)
    assert world.dated()[:2] == [(45.0, ring(-1, "101")), (again, ring(-2, "101"))]


@pytest.mark.rule("P-22")
def test_who_rejects_a_recall_with_a_key_is_busy():
    """P-22: his phone has rung, and says 486 or 603: he will be free in a moment."""
    for code in (486, 603):
        world, _ = parked_for_anna(QUIET)
        world.at(45.0)
        world.tell(LegRang(LegId(-1)))
        world.ended(LegId(-1), code)
        world.at(55.0)
        assert world.dated() == [(45.0, ring(-1, "101")), (55.0, ring(-2, "101"))]


@pytest.mark.rule("P-22", "S-2")
def test_a_try_that_a_crash_cut_short_is_made_again_however_long_the_box_was_away():
    """S-2, P-22: the second timer is over meanwhile, and yet he is not put off for another round."""
    before, _ = parked_for_anna(QUIET)
    before.at(50.0)
    world = before.crash(120.0, registered=True)
    world.picked_up(world.leg(1))
    assert world.deeds()[-1] == ring(-2, "101")


@pytest.mark.rule("P-22")
@pytest.mark.parametrize("code", [404, 408, 480, 486, 503, 600, 603])
def test_unreachable_and_do_not_disturb_are_as_good_as_busy(code):
    world, leg = parked_for_anna(QUIET)
    world.at(45.0)
    world.ended(LegId(-1), code)
    world.at(54.9)
    assert world.dated() == [(45.0, ring(-1, "101"))]
    assert world.hears(leg) == MUSIC
    assert world.lamp(SHOP_KEYS["102"]) is Lamp.FAST
    world.at(55.0)
    assert world.dated() == [(55.0, ring(-2, "101"))]


@pytest.mark.rule("P-22", "A-9")
def test_a_new_round_begins_with_the_announcement():
    world, _ = parked_for_anna()
    world.page_ended(1)
    world.at(20.0)
    world.page_ended(2)
    world.at(40.0)
    world.page_ended(3)
    world.at(60.0)
    world.page_ended(4)
    world.ordered()
    world.at(75.0)
    assert world.dated() == [(75.0, Hangup(LegId(-1))), (75.0, announce(5, "Ein Anruf für Anna, geparkt auf 1 0 2."))]
    world.page_ended(5)
    world.at(95.0)
    assert world.dated() == [(95.0, announce(6, "Ein Anruf für Anna, geparkt auf 1 0 2."))]


@pytest.mark.rule("P-22", "A-9")
def test_a_new_round_does_not_say_twice_what_is_being_said():
    world, _ = parked_for_anna()
    world.at(75.0)
    assert world.dated() == [(45.0, ring(-1, "101")), (75.0, Hangup(LegId(-1)))]
