"""Phones that rang when the box died, and who dials for a call that is coming back (S-2, S-5)."""

import pytest

from appliance.core.events import DialogKnown
from appliance.core.hearing import Joined, Music
from appliance.core.ids import LegId, Party
from appliance.core.orders import Answer, Hangup, Release, What
from appliance.core.rules import RecallMode
from tests.core.comeback import CALLER, FIRST, QUIET, back, comes_back
from tests.core.timeline import (
    ANNA,
    JENS,
    MUELLER,
    PETER,
    RECALL_ANNA,
    SHOP_KEYS,
    dial,
    parked_for_anna,
    report,
    take_over,
    with_recall,
    withdraw,
)

MUSIC = Music("default")


# phones that ring while the box dies


@pytest.mark.rule("S-2", "P-21")
def test_a_recall_that_rang_is_stopped_and_rings_again_when_he_is_back():
    """S-5: nobody is connected with a process that is no more, and nobody is forgotten."""
    before, _ = parked_for_anna(QUIET)
    before.at(45.0)
    ringing = before.invited(LegId(-1))
    before.at(50.0)
    world = before.crash(2.0, registered=True)
    world.at(60.0)
    assert world.dated() == [(52.0, withdraw(ringing)), (52.05, take_over(CALLER, 1, MUELLER))]
    assert back(world) == [
        report(What.BACK, "102", CALLER, MUELLER),
        report(What.RINGING_BACK, "102", CALLER, MUELLER, Party("101"), "recall"),
        dial(-3, "101", RECALL_ANNA),
    ]
    world.later(2.0)
    world.picked_up(LegId(-3))
    assert world.ordered() == [
        report(What.RECALLED, "102", CALLER, MUELLER, Party("101"), "recall"),
        Release(CALLER, LegId(-3)),
    ]


@pytest.mark.rule("S-2", "P-21")
def test_a_recall_of_which_the_journal_does_not_know_rings_again_when_he_is_back():
    """The box died between the order to dial and our INVITE."""
    before, _ = parked_for_anna(QUIET)
    before.at(45.0)
    world = before.crash(2.0, registered=True)
    world.ordered()
    assert back(world)[2:] == [dial(-2, "101", RECALL_ANNA)]


@pytest.mark.rule("S-2", "P-23")
def test_an_alternate_that_rang_rings_again_and_not_the_parker():
    before, _ = parked_for_anna(with_recall(QUIET, mode=RecallMode.PARKER_THEN_ALTERNATE, alternate="850"))
    before.at(75.0)
    before.ended(LegId(-1), 487)
    ringing = before.invited(LegId(-2))
    world = before.crash(2.0, registered=True)
    world.later(1.0)
    assert withdraw(ringing) in world.ordered()
    assert back(world)[2:] == [dial(-3, "850", RECALL_ANNA)]


@pytest.mark.rule("S-2", "P-18")
def test_a_phone_that_was_asked_to_take_him_is_rung_again_and_waits_for_him():
    """S-2: who is to get a call that is coming back hears music until it is there."""
    before, _ = parked_for_anna()
    before.at(1.0)
    before.press(SHOP_KEYS["102"])
    ringing = before.invited(LegId(-1))
    world = before.crash(2.0, registered=True)
    fetch = dial(-3, "101", MUELLER, auto_answer=True)
    assert world.ordered() == [
        report(What.COMING_BACK, "102", CALLER, MUELLER, PETER),
        withdraw(ringing),
        report(What.FETCHING, "102", CALLER, MUELLER, Party("101")),
        fetch,
    ]
    world.picked_up(fetch.leg)
    assert world.hears(fetch.leg) == MUSIC
    world.later(0.05)
    assert world.ordered() == [take_over(CALLER, 1, MUELLER)]
    assert back(world) == [
        report(What.BACK, "102", CALLER, MUELLER),
        report(What.RETRIEVED, "102", CALLER, MUELLER, Party("101"), "fetch"),
        Release(CALLER, fetch.leg),
    ]


@pytest.mark.rule("S-2", "P-18", "P-27")
def test_a_phone_that_rang_in_vain_is_only_stopped():
    before, _ = parked_for_anna()
    before.at(1.0)
    before.press(SHOP_KEYS["102"])
    ringing = before.invited(LegId(-1))
    before.press(SHOP_KEYS["102"])
    world = before.crash(2.0, registered=True)
    world.at(5.0)
    assert world.dated() == [(3.0, withdraw(ringing)), (3.05, take_over(CALLER, 1, MUELLER))]


@pytest.mark.rule("S-2", "P-26")
def test_a_recalled_parker_who_had_just_answered_gets_his_caller_whoever_is_back_first():
    for first, second in ((CALLER, FIRST), (FIRST, CALLER)):
        world = answered_and_crashed()
        world.picked_up(first)
        assert Release not in {type(order) for order in world.ordered()}
        world.picked_up(second)
        assert world.ordered()[-2:] == [
            report(What.RECALLED, "102", CALLER, MUELLER, Party("101"), "recall"),
            Release(CALLER, FIRST),
        ]


@pytest.mark.rule("S-2", "P-27")
@pytest.mark.parametrize("order", ["before", "after"])
def test_a_recalled_parker_who_had_just_answered_and_is_gone_is_rung_again(order):
    """P-27: a caller whose recall went down with the box is not forgotten."""
    world = answered_and_crashed()
    if order == "after":
        world.picked_up(CALLER)
    world.ended(FIRST, 481)
    if order == "before":
        world.picked_up(CALLER)
    world.later(10.0)
    assert world.deeds() == [dial(-3, "101", RECALL_ANNA)]


def answered_and_crashed():
    """Peter has answered his recall, but the box dies before it can connect him; both are asked for."""
    before, _ = parked_for_anna(QUIET)
    before.at(45.0)
    before.invited(LegId(-1))
    before.later(2.0)
    before.tell(DialogKnown(LegId(-1), before.new_dialog()))
    world = before.crash(registered=True)
    world.later(0.05)
    assert world.deeds() == [take_over(CALLER, 1, MUELLER), take_over(FIRST, 3, Party("101"))]
    return world


# who dials for one who is coming back


@pytest.mark.rule("S-2", "P-13")
def test_who_dials_for_him_hears_music_and_gets_him_when_he_is_back():
    world = comes_back()
    anna = world.call("*88102", ANNA)
    assert world.ordered() == [Answer(anna)]
    assert world.hears(anna) == MUSIC
    assert back(world) == [
        report(What.BACK, "102", CALLER, MUELLER),
        report(What.RETRIEVED, "102", CALLER, MUELLER, ANNA, "code"),
        Release(CALLER, anna),
    ]
    assert (world.hears(anna), world.hears(CALLER)) == (Joined(CALLER), Joined(anna))


@pytest.mark.rule("S-2", "P-15")
def test_the_second_who_dials_for_him_hears_that_the_first_has_him():
    world = comes_back()
    world.call("*88102", ANNA)
    jens = world.call("*88102", JENS)
    assert world.said(jens) == "Den Anruf hat schon Anna übernommen."


@pytest.mark.rule("S-2", "P-13")
def test_who_dials_for_one_who_is_lost_hears_that_he_is_gone():
    world = comes_back()
    anna = world.call("*88102", ANNA)
    world.ended(CALLER, 481)
    assert world.said(anna) == "Der Anrufer hat aufgelegt."
    world.heard(anna)
    assert Hangup(anna) in world.ordered()


@pytest.mark.rule("S-2", "P-13")
def test_who_waits_for_one_who_is_coming_back_waits_as_long_as_it_takes():
    """S-2: he gets him when he is back, or is told that he is gone; he is not hung up without a word."""
    world = comes_back()
    anna = world.call("*88102", ANNA)
    world.ordered()
    for _ in range(3):
        world.later(32.0)
        world.ended(CALLER, 408)
        world.later(2.0)
    assert world.ordered() == [take_over(CALLER, 1, MUELLER)] * 3
    assert world.hears(anna) == MUSIC
    assert back(world)[1:] == [
        report(What.RETRIEVED, "102", CALLER, MUELLER, ANNA, "code"),
        Release(CALLER, anna),
    ]


@pytest.mark.rule("S-2", "B-3")
def test_a_phone_that_a_key_asks_to_take_him_waits_as_long_as_it_takes():
    world = comes_back()
    world.press(SHOP_KEYS["102"])
    world.picked_up(FIRST)
    assert world.deeds() == [dial(FIRST, "101", MUELLER, auto_answer=True)]
    world.later(60.0)
    assert world.ordered() == []
    assert back(world)[1:] == [
        report(What.RETRIEVED, "102", CALLER, MUELLER, Party("101"), "fetch"),
        Release(CALLER, FIRST),
    ]


@pytest.mark.rule("S-2", "P-13")
def test_who_dialled_for_him_before_the_crash_gets_him_when_both_are_back():
    """S-5: in the middle of a retrieve. Anna's ACK had not come."""
    for first, second in ((CALLER, FIRST), (FIRST, CALLER)):
        before, _ = parked_for_anna()
        before.arrive("*88102", ANNA)
        world = before.crash(1.0, registered=True)
        world.later(0.05)
        assert world.deeds() == [take_over(CALLER, 1, MUELLER), take_over(FIRST, 2, ANNA)]
        world.picked_up(first)
        assert Release not in {type(order) for order in world.ordered()}
        assert world.hears(first) == MUSIC
        world.picked_up(second)
        assert world.ordered()[-2:] == [
            report(What.RETRIEVED, "102", CALLER, MUELLER, ANNA, "code"),
            Release(CALLER, FIRST),
        ]


@pytest.mark.rule("S-2", "P-13")
def test_who_dialled_for_him_before_the_crash_and_has_hung_up_leaves_him_where_he_is():
    before, _ = parked_for_anna()
    before.arrive("*88102", ANNA)
    world = before.crash(1.0, registered=True)
    world.later(1.0)
    world.ordered()
    world.ended(FIRST, 603)
    assert world.ordered() == []
    world.later(33.0)
    assert world.ordered() == [report(What.CANCELLED, "102", CALLER, MUELLER, ANNA, "gone")]
    assert back(world)[0] == report(What.BACK, "102", CALLER, MUELLER)
