"""Who is rung when the parker is not to be had: the alternate, and the last resort (P-20, P-23, P-27)."""

import pytest

from appliance.core.hearing import Joined, Music
from appliance.core.ids import LegId, Party, Seconds
from appliance.core.orders import Hangup, Release, What
from appliance.core.rules import RecallMode, RecallRules
from tests.core.timeline import (
    FOR_ANNA,
    HIDDEN,
    JENS,
    MUELLER,
    PETER,
    RECALL_ANNA,
    SHOP,
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
THEN_ALTERNATE = with_recall(QUIET, mode=RecallMode.PARKER_THEN_ALTERNATE, alternate="850")
ALTERNATE = with_recall(QUIET, mode=RecallMode.ALTERNATE, alternate="850")


def ring(leg, number, **more):
    return dial(leg, number, RECALL_ANNA, **more)


def busy(world, leg):
    world.ended(LegId(leg), 486)


# the alternate


@pytest.mark.rule("P-20", "P-22")
def test_parker_then_alternate_after_ringing_in_vain():
    world, leg = parked_for_anna(THEN_ALTERNATE)
    world.at(75.0)
    assert world.dated() == [(45.0, ring(-1, "101")), (75.0, Hangup(LegId(-1))), (75.0, ring(-2, "850"))]
    world.ended(LegId(-1), 487)
    assert world.dated() == []
    world.later(2.0)
    world.answered(LegId(-2))
    assert world.ordered()[0] == report(What.HANDED_OVER, "102", leg, MUELLER, Party("850"), "alternate")


@pytest.mark.rule("P-20", "P-23")
def test_parker_then_alternate_the_second_timer_bounds_the_busy_tries():
    world, _ = parked_for_anna(with_recall(THEN_ALTERNATE, **_then(alternate_after=Seconds(30))))
    for number in range(-1, -4, -1):
        world.at(45.0 + 10 * (-number - 1))
        busy(world, number)
    world.at(75.0)
    assert world.dated() == [
        (45.0, ring(-1, "101")),
        (55.0, ring(-2, "101")),
        (65.0, ring(-3, "101")),
        (75.0, ring(-4, "850")),
    ]


@pytest.mark.rule("P-20", "P-23")
def test_parker_then_alternate_no_try_at_the_parker_after_the_second_timer():
    world, _ = parked_for_anna(with_recall(THEN_ALTERNATE, **_then(alternate_after=Seconds(35))))
    for number in range(-1, -5, -1):
        world.at(45.0 + 10 * (-number - 1))
        busy(world, number)
    world.at(84.0)
    tried = [(instant, order.number) for instant, order in world.dated()]
    assert tried == [(45.0, "101"), (55.0, "101"), (65.0, "101"), (75.0, "101"), (80.0, "850")]


@pytest.mark.rule("P-20", "P-23")
def test_parker_then_alternate_a_parker_who_still_rings_when_the_second_timer_is_over_is_let_go():
    """P-23: it bounds the tries at him, also the one that rings."""
    world, leg = parked_for_anna(with_recall(THEN_ALTERNATE, **_then(alternate_after=Seconds(40))))
    for number in (-1, -2):
        world.at(45.0 + 10 * (-number - 1))
        busy(world, number)
    world.at(84.9)
    assert world.dated()[2:] == [(65.0, ring(-3, "101"))]
    world.at(85.0)
    assert world.dated() == [(85.0, Hangup(LegId(-3))), (85.0, ring(-4, "850"))]
    assert world.hears(leg) == MUSIC


@pytest.mark.rule("P-24", "A-9")
def test_the_alternate_does_not_answer_and_the_round_begins_anew_with_an_announcement():
    """P-24: on his place, to be retrieved from there; he is not pulled back from the alternate while that rings."""
    world, leg = parked_for_anna(with_recall(SHOP, **_then()))
    world.page_ended(1)
    for page, instant in ((2, 20.0), (3, 40.0), (4, 60.0)):
        world.at(instant)
        world.page_ended(page)
    world.at(75.0)
    world.ordered()
    world.at(104.9)
    assert world.deeds() == []
    world.at(105.0)
    assert world.dated() == [(105.0, Hangup(LegId(-2))), (105.0, announce(5, FOR_ANNA))]
    assert (world.place("102").state, world.place("102").recall_in) == ("parked", 45.0)
    world.at(150.0)
    assert world.deeds() == [ring(-3, "101")]
    assert world.hears(leg) == MUSIC


@pytest.mark.rule("P-24")
@pytest.mark.parametrize("code", [404, 486, 503])
def test_an_alternate_who_is_busy_or_not_there_ends_the_round_too(code):
    world, _ = parked_for_anna(ALTERNATE)
    world.at(50.0)
    world.ordered()
    world.ended(LegId(-1), code)
    world.at(95.0)
    assert world.dated() == [(95.0, ring(-2, "850"))]


@pytest.mark.rule("P-20", "P-19")
def test_each_group_has_its_own_mode():
    """P-20: parked on the same place by two ways, one rings his parker, the other the group's alternate."""
    group = RecallRules(mode=RecallMode.ALTERNATE, alternate="850", after=Seconds(50))
    shop = with_group(with_place(QUIET, "101", zone=""), "Verkauf", recall=group, zone="")
    for dialled, due, number in (("*58", 50.0, "850"), ("*68101", 45.0, "101")):
        world = World(shop)
        world.call(dialled, MUELLER, by=PETER)
        world.ordered()
        world.at(due)
        assert [(instant, order.number) for instant, order in world.dated()] == [(due, number)], dialled


def _then(**more):
    return {"mode": RecallMode.PARKER_THEN_ALTERNATE, "alternate": "850", **more}


@pytest.mark.rule("P-20")
def test_alternate_only_never_rings_the_parker():
    world, leg = parked_for_anna(ALTERNATE)
    world.at(200.0)
    assert world.dated() == [
        (45.0, ring(-1, "850")),
        (75.0, Hangup(LegId(-1))),
        (120.0, ring(-2, "850")),
        (150.0, Hangup(LegId(-2))),
        (195.0, ring(-3, "850")),
    ]
    assert world.hears(leg) == MUSIC


@pytest.mark.rule("P-20", "P-1")
def test_a_parker_who_cannot_be_rung_is_passed_over():
    for mode, number in ((RecallMode.PARKER_THEN_ALTERNATE, "850"), (RecallMode.PARKER, "100")):
        for parker in (HIDDEN, Party("800")):
            world = World(with_recall(QUIET, mode=mode, alternate="850"))
            world.call("*68102", MUELLER, by=parker)
            world.ordered()
            world.at(45.0)
            assert world.dated() == [(45.0, ring(-1, number))], (mode, parker)


# the last resort


@pytest.mark.rule("P-27")
def test_after_the_rounds_the_last_resort_and_it_is_tried_for_ever():
    world, leg = parked_for_anna(with_recall(QUIET, rounds=2))
    world.at(150.0)
    assert world.dated() == [
        (45.0, ring(-1, "101")),
        (75.0, Hangup(LegId(-1))),
        (120.0, ring(-2, "101")),
        (150.0, Hangup(LegId(-2))),
        (150.0, ring(-3, "100")),
    ]
    world.ended(LegId(-3), 503)
    world.at(190.0)
    assert world.dated() == [(160.0, ring(-4, "100")), (190.0, Hangup(LegId(-4)))]
    world.at(200.0)
    assert world.dated() == [(200.0, ring(-5, "100"))]
    assert world.hears(leg) == MUSIC
    world.answered(LegId(-5))
    assert world.ordered()[0] == report(What.HANDED_OVER, "102", leg, MUELLER, Party("100"), "last_resort")
    assert world.hears(leg) == Joined(LegId(-5))


@pytest.mark.rule("P-27")
def test_after_the_longest_wait_the_last_resort_whatever_is_going_on():
    world, leg = parked_for_anna(with_recall(QUIET, longest=Seconds(60)))
    world.at(60.0)
    assert world.dated() == [(45.0, ring(-1, "101")), (60.0, Hangup(LegId(-1))), (60.0, ring(-2, "100"))]
    world.ended(LegId(-1), 487)
    assert world.hears(leg) == MUSIC
    world.at(89.9)
    assert world.dated() == []


@pytest.mark.rule("P-27", "P-18")
def test_the_longest_wait_does_not_end_a_retrieval_that_is_on_its_way():
    world, leg = parked_for_anna(with_recall(QUIET, longest=Seconds(60)))
    world.at(40.0)
    world.retrieve("102", "103")
    world.at(60.0)
    assert world.dated() == [
        (40.0, dial(-1, "103", MUELLER, auto_answer=True)),
        (45.0, ring(-2, "101")),
        (60.0, Hangup(LegId(-2))),
        (60.0, ring(-3, "100")),
    ]
    world.answered(LegId(-1))
    assert world.deeds() == [Hangup(LegId(-3)), Release(leg, LegId(-1))]


@pytest.mark.rule("P-27")
def test_the_longest_wait_and_the_recall_in_the_same_instant_ring_once():
    world, _ = parked_for_anna(with_recall(QUIET, longest=Seconds(45)))
    world.at(45.0)
    assert world.dated() == [(45.0, ring(-1, "100"))]


@pytest.mark.rule("P-27")
def test_the_longest_wait_and_the_end_of_the_ring_time_in_the_same_instant():
    for parkers in (1, 2):
        world = World(with_recall(QUIET, longest=Seconds(75)))
        if parkers == 2:
            world.call("*68103", MUELLER, by=PETER)
        world.call("*68102", MUELLER, by=JENS)
        world.ordered()
        world.at(75.0)
        last = [order for instant, order in world.dated() if instant == 75.0 and not isinstance(order, Hangup)]
        assert [order.number for order in last if hasattr(order, "number")] == ["100"] * parkers


@pytest.mark.rule("P-27", "P-1")
def test_a_call_in_the_lobby_is_recalled_like_any_other():
    world = World()
    leg = world.call("800", MUELLER, by=PETER)
    world.ordered()
    world.at(45.0)
    assert world.ordered() == [
        report(What.RINGING_BACK, None, leg, MUELLER, Party("101"), "recall"),
        dial(-1, "101", Party(MUELLER.number, "Rückruf · Müller")),
    ]


@pytest.mark.rule("P-1", "P-27")
@pytest.mark.parametrize("mode", RecallMode)
def test_a_whole_night_in_which_nobody_answers_and_nobody_hangs_up_the_caller(mode):
    world, leg = parked_for_anna(with_recall(SHOP, mode=mode, alternate="850"))
    ringing = None
    for minute in range(1, 8 * 60):
        world.at(60.0 * minute)
        for order in world.deeds():
            assert order != Hangup(leg)
            if hasattr(order, "number"):
                ringing = order.number
        for other in sorted(world.legs - {leg}):
            world.ended(other, 408)
        assert world.hears(leg) == MUSIC
    assert ringing == "100"


@pytest.mark.rule("P-21", "P-13")
def test_a_recall_during_a_retrieval_that_is_not_confirmed_loses_to_it():
    world, leg = parked_for_anna(QUIET)
    world.at(44.0)
    jens = world.arrive("*88102", JENS)
    world.at(45.0)
    world.ordered()
    world.answered(jens)
    assert world.deeds() == [Hangup(LegId(-1)), Release(leg, jens)]


@pytest.mark.rule("P-26", "P-15")
def test_a_parker_who_answers_first_wins_and_the_other_hears_so():
    world, leg = parked_for_anna(QUIET)
    world.at(44.0)
    jens = world.arrive("*88102", JENS)
    world.at(47.0)
    world.ordered()
    world.answered(LegId(-1))
    assert world.hears(leg) == Joined(LegId(-1))
    world.answered(jens)
    assert world.said(jens) == "Den Anruf hat schon Peter Braun übernommen."
