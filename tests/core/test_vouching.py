"""A voicemail must not swallow a recall: who answers too fast presses a key before he has the caller (P-25)."""

from dataclasses import replace

import pytest

from appliance.core.events import LegDiverted, SpeechEnded
from appliance.core.hearing import Joined, Music, Silence
from appliance.core.ids import LegId, Party, Seconds
from appliance.core.lamp import Lamp
from appliance.core.orders import Hangup, Release, What
from appliance.core.rules import Confirm, RecallMode
from tests.core.timeline import (
    ANNA,
    HIDDEN,
    JENS,
    MUELLER,
    PETER,
    RECALL_ANNA,
    SHOP,
    SHOP_KEYS,
    World,
    dial,
    parked_for_anna,
    report,
    with_place,
    with_recall,
)

MUSIC = Music("default")
QUIET = with_place(SHOP, "102", zone="")
THEN = {"mode": RecallMode.PARKER_THEN_ALTERNATE, "alternate": "850"}
FIRST = LegId(-1)
QUESTION = "Rückruf von Müller. Zum Annehmen bitte die Eins drücken."
IN_VAIN = report(What.CANCELLED, "102", 1, MUELLER, Party("101"), "answered, but pressed no key")
RECALLED = report(What.RECALLED, "102", 1, MUELLER, Party("101"), "recall")


def ring(leg, number, **more):
    return dial(leg, number, RECALL_ANNA, **more)


def answered_after(seconds, given=QUIET, *, diverted=False):
    """Peter's phone answers so long after our INVITE; returns the world and the caller's leg, orders forgotten."""
    world, leg = parked_for_anna(given)
    world.at(45.0)
    if diverted:
        world.tell(LegDiverted(FIRST))
    world.later(seconds)
    world.ordered()
    world.answered(FIRST)
    return world, leg


# who is asked


@pytest.mark.rule("P-25")
@pytest.mark.parametrize("seconds", [0.0, 0.5, 1.0])
def test_who_answers_within_a_second_is_asked_to_press_a_key(seconds):
    """P-25: and the caller hears music, as if it still rang."""
    world, leg = answered_after(seconds)
    assert world.ordered() == []
    assert world.said(FIRST) == QUESTION
    assert world.hears(leg) == MUSIC
    assert (world.place("102").state, world.lamp(SHOP_KEYS["102"])) == ("recalling", Lamp.FAST)


@pytest.mark.rule("P-25", "P-26")
def test_who_needs_longer_than_a_second_is_a_person():
    world, leg = answered_after(1.01)
    assert world.ordered() == [RECALLED, Release(leg, FIRST)]


@pytest.mark.rule("P-25")
def test_who_answers_after_a_diversion_is_asked_however_long_it_took():
    """P-25: a 181, a 199 or a Diversion header says that it is not his own phone that rings."""
    world, _ = answered_after(20.0, diverted=True)
    assert world.said(FIRST) == QUESTION


@pytest.mark.rule("P-25")
@pytest.mark.parametrize(
    ("confirm", "seconds", "diverted", "asked"),
    [
        (Confirm.ALWAYS, 20.0, False, True),
        (Confirm.NEVER, 0.2, False, False),
        (Confirm.NEVER, 20.0, True, False),
        (Confirm.AUTO, 20.0, False, False),
    ],
)
def test_the_setting_may_say_always_or_never(confirm, seconds, diverted, asked):
    world, leg = answered_after(seconds, with_recall(QUIET, confirm=confirm), diverted=diverted)
    assert world.ordered() == ([] if asked else [RECALLED, Release(leg, FIRST)])


@pytest.mark.rule("P-25")
def test_a_phone_that_redirects_is_as_good_as_unreachable():
    """P-25, P-22: a 301 or 302 is not followed; he is tried again after the busy time."""
    for code in (301, 302):
        world, leg = parked_for_anna(QUIET)
        world.at(46.0)
        world.ordered()
        world.ended(FIRST, code)
        world.at(56.0)
        assert world.dated() == [(56.0, ring(-2, "101"))]
        assert world.hears(leg) == MUSIC


@pytest.mark.rule("P-25")
def test_the_alternate_is_asked_too_and_told_what_it_is():
    """P-25: he never had the call, so it is no recall to him."""
    world, _ = parked_for_anna(with_recall(QUIET, mode=RecallMode.ALTERNATE, alternate="850"))
    world.at(45.0)
    world.answered(FIRST)
    assert world.said(FIRST) == "Anruf von Müller. Zum Annehmen bitte die Eins drücken."


@pytest.mark.rule("P-25")
def test_who_calls_without_a_name_or_a_number_is_named_as_well_as_can_be():
    for caller, name in ((Party("0301"), "0 3 0 1"), (HIDDEN, "einem unbekannten Anrufer")):
        world = World(QUIET)
        world.call("*68102", caller, by=PETER)
        world.at(45.0)
        world.answered(FIRST)
        assert world.said(FIRST) == f"Rückruf von {name}. Zum Annehmen bitte die Eins drücken."


@pytest.mark.rule("P-25")
def test_it_is_asked_in_english():
    world, _ = answered_after(0.5, replace(QUIET, language="en"))
    assert world.said(FIRST) == "Recall from Müller. To take it, please press one."


@pytest.mark.rule("P-25", "P-27")
def test_the_last_resort_gets_him_however_fast_it_answers():
    world, leg = parked_for_anna(with_recall(QUIET, longest=Seconds(45), confirm=Confirm.ALWAYS))
    world.at(45.0)
    world.ordered()
    world.answered(FIRST)
    assert world.deeds() == [Release(leg, FIRST)]


@pytest.mark.rule("P-25", "P-18")
def test_who_dials_for_him_or_presses_for_him_is_not_asked():
    """P-25: they want him; a station answers by itself, because we tell it to."""
    always = with_recall(QUIET, confirm=Confirm.ALWAYS)
    world, leg = parked_for_anna(always)
    anna = world.call("*88102", ANNA)
    assert world.hears(leg) == Joined(anna)
    world, leg = parked_for_anna(always)
    world.retrieve("102", "103")
    world.answered(FIRST)
    assert world.hears(leg) == Joined(FIRST)


# what he does


@pytest.mark.rule("P-25", "P-26")
def test_who_presses_the_key_has_his_caller():
    world, leg = answered_after(0.5)
    world.later(3.0)
    world.digits(FIRST, "1")
    assert world.ordered() == [RECALLED, Release(leg, FIRST)]
    assert world.hears(leg) == Joined(FIRST)


@pytest.mark.rule("P-25")
def test_another_key_means_nothing():
    """P-25: a greeting may sound like a digit."""
    world, leg = answered_after(0.5)
    world.digits(FIRST, "2345678*0#")
    assert world.ordered() == []
    assert world.hears(leg) == MUSIC


@pytest.mark.rule("P-25", "P-24")
def test_the_key_counts_when_the_question_is_over_and_not_before_he_has_answered():
    world, leg = parked_for_anna(QUIET)
    world.at(45.2)
    world.digits(FIRST, "1")
    world.answered(FIRST)
    assert world.said(FIRST) == QUESTION
    world.heard(FIRST)
    assert world.hears(FIRST) == Silence()
    world.digits(FIRST, "1")
    assert world.hears(leg) == Joined(FIRST)


@pytest.mark.rule("P-25", "P-22")
def test_a_voicemail_is_asked_twice_and_hung_up():
    """P-25: it counts as not answered, so the next try is after the recall timer."""
    world, leg = answered_after(0.0)
    world.at(50.0)
    world.heard(FIRST)
    world.at(53.9)
    assert world.hears(FIRST) == Silence()
    world.at(54.0)
    assert world.said(FIRST) == QUESTION
    world.at(59.0)
    world.heard(FIRST)
    world.at(62.9)
    assert world.ordered() == []
    world.at(63.0)
    assert world.ordered() == [Hangup(FIRST), IN_VAIN]
    assert world.hears(leg) == MUSIC
    world.ended(FIRST)
    world.at(108.0)
    assert world.dated() == [(108.0, ring(-2, "101"))]


@pytest.mark.rule("P-25")
def test_the_end_of_the_question_is_told_twice_and_counts_once():
    world, _ = answered_after(0.0)
    serial = world.serial(FIRST)
    world.at(50.0)
    world.heard(FIRST)
    before = world.state
    world.at(52.0)
    world.tell(SpeechEnded(FIRST, serial))
    assert world.state is before


@pytest.mark.rule("P-25")
def test_an_answer_that_is_told_twice_asks_once():
    world, _ = answered_after(0.0)
    before = world.state
    world.answered(FIRST)
    assert world.state is before


@pytest.mark.rule("P-25", "P-23")
def test_a_voicemail_of_the_parker_sends_him_on_to_the_alternate():
    world, _ = answered_after(0.0, with_recall(QUIET, **THEN))
    world.at(50.0)
    world.heard(FIRST)
    world.at(58.0)
    world.heard(FIRST)
    world.at(62.0)
    assert world.dated() == [(62.0, Hangup(FIRST)), (62.0, ring(-2, "850"))]


@pytest.mark.rule("P-25", "P-24")
def test_who_hangs_up_instead_has_not_answered():
    """P-25, P-22: it is no busy line either."""
    world, _ = answered_after(0.5)
    world.at(47.0)
    world.ended(FIRST)
    assert world.ordered() == [IN_VAIN]
    world.at(92.0)
    assert world.dated() == [(92.0, ring(-2, "101"))]


@pytest.mark.rule("P-25")
def test_a_question_that_cannot_be_spoken_does_not_keep_him_waiting_for_ever():
    """P-25: nobody tells that it is over; each is taken as over after twenty seconds."""
    world, _ = answered_after(0.0)
    world.at(84.9)
    assert world.ordered() == []
    world.at(85.0)
    assert world.deeds() == [Hangup(FIRST)]


# what happens meanwhile


@pytest.mark.rule("P-25", "P-21", "P-15")
def test_somebody_else_takes_the_caller_and_he_who_is_asked_hears_it():
    world, leg = answered_after(0.5)
    jens = world.call("*88102", JENS)
    assert world.hears(leg) == Joined(jens)
    assert world.said(FIRST) == "Den Anruf hat schon Jens Wolf übernommen."
    world.digits(FIRST, "1")
    assert world.hears(leg) == Joined(jens)
    world.ordered()
    world.heard(FIRST)
    assert world.deeds() == [Hangup(FIRST)]


@pytest.mark.rule("P-25", "P-27")
def test_the_caller_hangs_up_and_he_who_is_asked_hears_it():
    world, leg = answered_after(0.5)
    world.ended(leg)
    assert world.ordered() == [report(What.ABANDONED, "102", leg, MUELLER)]
    assert world.said(FIRST) == "Der Anrufer hat aufgelegt."


@pytest.mark.rule("P-25", "P-27")
def test_the_longest_wait_does_not_wait_for_a_voicemail():
    world, _ = answered_after(0.0, with_recall(QUIET, longest=Seconds(50)))
    world.at(50.0)
    assert world.dated() == [(50.0, Hangup(FIRST)), (50.0, ring(-2, "100"))]


@pytest.mark.rule("P-25", "P-3")
def test_who_hands_the_question_on_lets_another_answer_it():
    """P-25: an INVITE with Replaces for the leg that is asked."""
    world, leg = answered_after(0.5)
    by = world.replaced(FIRST, JENS)
    world.ended(FIRST)
    assert world.said(by) == QUESTION
    world.digits(by, "1")
    assert world.hears(leg) == Joined(by)


@pytest.mark.rule("P-25", "S-4")
def test_the_machine_goes_down_while_somebody_is_asked():
    world, _ = answered_after(0.0)
    world.drain()
    assert world.deeds() == []
    world.at(50.0)
    world.heard(FIRST)
    world.at(58.0)
    world.heard(FIRST)
    world.at(63.0)
    assert world.dated() == [(62.0, Hangup(FIRST)), (63.0, ring(-2, "100"))]


# after a crash


def crashed():
    """Peter was being asked when the box died; the next process has asked for both."""
    before, _ = parked_for_anna(QUIET)
    before.at(45.0)
    before.picked_up(FIRST)
    world = before.crash(2.0, registered=True)
    world.later(0.05)
    world.ordered()
    return world, world.leg(1), world.leg(2)


@pytest.mark.rule("P-25", "S-2")
def test_after_a_crash_he_is_asked_again_and_then_has_his_caller():
    for caller_first in (True, False):
        world, caller, peter = crashed()
        for leg in (caller, peter) if caller_first else (peter, caller):
            world.picked_up(leg)
        assert world.said(peter) == QUESTION
        assert world.hears(caller) == MUSIC
        world.digits(peter, "1")
        assert world.hears(caller) == Joined(peter)


@pytest.mark.rule("P-25", "S-2")
def test_who_presses_before_the_caller_is_back_waits_for_him():
    world, caller, peter = crashed()
    world.picked_up(peter)
    world.digits(peter, "1")
    assert world.hears(peter) == MUSIC
    world.picked_up(caller)
    assert world.hears(caller) == Joined(peter)


@pytest.mark.rule("P-25", "S-2", "P-27")
@pytest.mark.parametrize("hangs_up", [True, False])
def test_a_voicemail_that_is_back_before_the_caller_is_rung_again_when_he_is_back(hangs_up):
    """P-27: he is not forgotten, whoever ended the leg that was asked."""
    world, caller, peter = crashed()
    world.picked_up(peter)
    if hangs_up:
        world.ended(peter)
    world.later(60.0)
    world.ordered()
    world.picked_up(caller)
    assert [order.number for order in world.deeds() if hasattr(order, "number")] == ["101"]
