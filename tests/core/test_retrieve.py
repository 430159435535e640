"""Retrieving by code and by command, and who comes too late (P-13 to P-15, P-18)."""

from dataclasses import replace

import pytest

from appliance.core.hearing import Joined, Music, Silence
from appliance.core.ids import LegId, Party
from appliance.core.lamp import Lamp
from appliance.core.orders import Answer, Hangup, Release, StopPage, What
from tests.core.timeline import (
    ANNA,
    BERG,
    HIDDEN,
    JENS,
    MUELLER,
    PETER,
    SHOP,
    SHOP_KEYS,
    YARD_KEYS,
    World,
    dial,
    parked_for_anna,
    report,
)

MUSIC = Music("default")
RING = LegId(-1)


# by code


@pytest.mark.rule("P-13", "P-32", "A-9")
def test_any_phone_gets_the_call_with_the_code_and_everything_that_told_of_it_ends():
    world, leg = parked_for_anna()
    world.at(20.0)
    jens = world.arrive("*88102", JENS)
    assert world.ordered() == [Answer(jens)]
    assert world.hears(leg) == MUSIC
    world.answered(jens)
    assert world.ordered() == [
        report(What.RETRIEVED, "102", leg, MUELLER, JENS, "code"),
        StopPage(1),
        Release(leg, jens),
    ]
    assert world.hears(leg) == Joined(jens)
    assert world.hears(jens) == Joined(leg)
    assert world.lamp(SHOP_KEYS["102"]) is Lamp.OFF
    assert world.lamp(YARD_KEYS["102"]) is Lamp.OFF
    world.page_ended(1)
    world.at(1000.0)
    assert world.ordered() == []


@pytest.mark.rule("P-13")
@pytest.mark.parametrize("dialled", ["*88", "*88#"])
def test_without_digits_the_one_on_ones_own_extension(dialled):
    world, leg = parked_for_anna()
    other = world.call("*68101", BERG, by=JENS)
    anna = world.call(dialled, Party("102", "101"))
    assert world.hears(anna) == Joined(leg)
    assert world.hears(other) == MUSIC


@pytest.mark.rule("P-14")
def test_an_orbit_dialled_fresh_retrieves():
    world = World()
    leg = world.call("701", MUELLER, by=PETER)
    anna = world.call("701", ANNA)
    assert world.hears(anna) == Joined(leg)


@pytest.mark.rule("P-13")
@pytest.mark.parametrize(("dialled", "spelled"), [("*88103", "1 0 3"), ("*88#", "1 0 3"), ("*88701", "7 0 1")])
def test_nothing_is_parked_here(dialled, spelled):
    world, leg = parked_for_anna()
    jens = world.call(dialled, JENS)
    assert world.said(jens) == f"Auf {spelled} ist kein Anruf geparkt."
    assert world.hears(leg) == MUSIC
    world.ordered()
    world.heard(jens)
    assert world.ordered() == [Hangup(jens)]


@pytest.mark.rule("P-13", "P-7")
def test_a_call_that_is_only_being_confirmed_is_not_parked_yet():
    world = World()
    peter = world.call("*68102", PETER)
    anna = world.call("*88102", ANNA)
    assert world.said(anna) == "Auf 1 0 2 ist kein Anruf geparkt."
    assert world.said(peter) == "Geparkt auf 1 0 2."


# too late


@pytest.mark.rule("P-15")
def test_two_retrievers_at_once_the_other_hears_who_took_it():
    world, leg = parked_for_anna()
    anna, jens = world.arrive("*88102", ANNA), world.arrive("*88102", JENS)
    world.answered(jens)
    assert world.said(jens) == "Den Anruf hat schon Anna übernommen."
    world.answered(anna)
    assert world.hears(leg) == Joined(anna)
    assert world.ordered() == [
        Answer(anna),
        Answer(jens),
        report(What.RETRIEVED, "102", leg, MUELLER, ANNA, "code"),
        StopPage(1),
        Release(leg, anna),
    ]
    world.heard(jens)
    assert world.ordered() == [Hangup(jens)]


@pytest.mark.rule("P-15")
@pytest.mark.parametrize(
    ("language", "text"),
    [("de", "Den Anruf hat schon jemand anders übernommen."), ("en", "Somebody else has already taken the call.")],
)
def test_who_hides_has_taken_it_as_well(language, text):
    world, _ = parked_for_anna(replace(SHOP, language=language))
    taker, late = world.arrive("*88102", HIDDEN), world.arrive("*88102", JENS)
    world.answered(taker)
    world.answered(late)
    assert world.said(late) == text


@pytest.mark.rule("P-15")
@pytest.mark.parametrize(
    ("seconds", "text"),
    [(9.9, "Den Anruf hat schon Anna übernommen."), (10.1, "Auf 1 0 2 ist kein Anruf geparkt.")],
)
def test_who_dials_a_moment_too_late_hears_who_took_it(seconds, text):
    world, _ = parked_for_anna()
    world.call("*88102", ANNA)
    world.at(seconds)
    assert world.said(world.call("*88102", JENS)) == text


@pytest.mark.rule("P-15", "P-18")
def test_a_code_beats_a_ringing_station():
    world, leg = parked_for_anna()
    world.at(1.0)
    world.press(SHOP_KEYS["102"])
    world.ordered()
    jens = world.call("*88102", JENS)
    assert world.ordered() == [
        Answer(jens),
        report(What.RETRIEVED, "102", leg, MUELLER, JENS, "code"),
        StopPage(1),
        Hangup(RING),
        Release(leg, jens),
    ]
    world.answered(RING)
    assert world.ordered() == []
    assert world.hears(RING) == Silence()
    assert world.hears(leg) == Joined(jens)
    world.ended(RING)
    assert world.legs == {leg, jens}


@pytest.mark.rule("P-15", "P-18")
def test_a_station_that_answers_beats_a_code_that_is_not_confirmed():
    world, leg = parked_for_anna()
    world.at(1.0)
    world.press(SHOP_KEYS["102"])
    jens = world.arrive("*88102", JENS)
    world.ordered()
    world.answered(RING)
    assert world.ordered() == [
        report(What.RETRIEVED, "102", leg, MUELLER, Party("101"), "fetch"),
        StopPage(1),
        Release(leg, RING),
    ]
    assert world.said(jens) == "Den Anruf hat schon Peter Braun übernommen."


@pytest.mark.rule("P-15")
def test_a_caller_who_hangs_up_while_somebody_takes_him():
    world, leg = parked_for_anna()
    world.at(1.0)
    world.press(SHOP_KEYS["102"])
    jens = world.arrive("*88102", JENS)
    world.ordered()
    world.ended(leg)
    assert world.ordered() == [report(What.ABANDONED, "102", leg, MUELLER), StopPage(1), Hangup(RING)]
    world.answered(jens)
    assert world.said(jens) == "Der Anrufer hat aufgelegt."


@pytest.mark.rule("P-15", "P-5")
def test_who_was_after_a_caller_who_has_gone_never_gets_the_next_one_on_his_place():
    world, leg = parked_for_anna()
    jens = world.arrive("*88102", JENS)
    world.ended(leg)
    other = world.call("*68102", BERG, by=PETER)
    world.answered(jens)
    assert world.hears(other) == MUSIC
    assert world.said(jens) == "Der Anrufer hat aufgelegt."


@pytest.mark.rule("P-13")
def test_a_retriever_who_hangs_up_before_he_is_connected_changes_nothing():
    world, leg = parked_for_anna()
    jens = world.arrive("*88102", JENS)
    world.ordered()
    world.ended(jens, 487)
    assert world.ordered() == [report(What.CANCELLED, "102", leg, MUELLER, JENS, "ended with 487")]
    assert world.hears(leg) == MUSIC
    assert world.place("102").state == "parked"


@pytest.mark.rule("P-13")
def test_a_retriever_whose_ack_never_comes_is_given_up():
    world, leg = parked_for_anna()
    jens = world.arrive("*88102", JENS)
    world.at(39.9)
    world.ordered()
    world.at(40.0)
    assert world.ordered() == [report(What.CANCELLED, "102", leg, MUELLER, JENS, "no answer"), Hangup(jens)]
    assert world.hears(leg) == MUSIC


# by command


@pytest.mark.rule("P-18")
def test_a_command_rings_the_phone_and_connects_when_it_answers():
    world, leg = parked_for_anna()
    world.retrieve("102", "103")
    assert world.ordered() == [
        report(What.FETCHING, "102", leg, MUELLER, Party("103")),
        dial(-1, "103", MUELLER, auto_answer=True),
    ]
    assert world.place("102").state == "retrieving"
    world.retrieve("102", "103")
    assert world.ordered() == []
    world.answered(RING)
    assert world.ordered() == [
        report(What.RETRIEVED, "102", leg, MUELLER, Party("103"), "fetch"),
        StopPage(1),
        Release(leg, RING),
    ]


@pytest.mark.rule("P-18")
def test_a_phone_that_does_not_answer_leaves_the_caller_parked():
    world, leg = parked_for_anna()
    world.retrieve("102", "103")
    world.ordered()
    world.at(29.9)
    assert world.ordered() == []
    world.at(30.0)
    assert world.ordered() == [
        report(What.CANCELLED, "102", leg, MUELLER, Party("103"), "no answer"),
        Hangup(RING),
    ]
    assert world.hears(leg) == MUSIC
    assert world.place("102").state == "parked"
    world.ended(RING, 487)
    world.retrieve("102", "103")
    assert world.deeds() == [dial(-2, "103", MUELLER, auto_answer=True)]


@pytest.mark.rule("P-18")
def test_a_phone_that_is_busy_leaves_the_caller_parked():
    world, leg = parked_for_anna()
    world.retrieve("102", "103")
    world.ordered()
    world.ended(RING, 486)
    assert world.ordered() == [report(What.CANCELLED, "102", leg, MUELLER, Party("103"), "ended with 486")]
    assert world.legs == {leg}


@pytest.mark.rule("P-18")
def test_an_answer_that_crosses_the_cancel_gets_nobody():
    world, leg = parked_for_anna()
    world.retrieve("102", "103")
    world.at(30.0)
    world.ordered()
    world.answered(RING)
    assert world.ordered() == []
    assert world.hears(leg) == MUSIC
    assert world.hears(RING) == Silence()


@pytest.mark.rule("P-18")
def test_two_phones_may_be_asked_the_first_that_answers_gets_the_call():
    world, leg = parked_for_anna()
    world.retrieve("102", "103")
    world.retrieve("102", "101")
    world.ordered()
    world.answered(LegId(-2))
    assert world.deeds() == [StopPage(1), Hangup(RING), Release(leg, LegId(-2))]


@pytest.mark.rule("P-18")
@pytest.mark.parametrize("place", ["103", "999"])
def test_a_command_for_a_place_where_nothing_is_parked(place):
    world, _ = parked_for_anna()
    world.retrieve(place, "103")
    assert world.ordered() == [report(What.REFUSED, place, detail=f"Auf {place} ist kein Anruf geparkt.")]
