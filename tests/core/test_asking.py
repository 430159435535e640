"""Prompts after `*68` and `*88`, and the menu at the box's own number (the codes, P-8, P-13)."""

from dataclasses import replace

import pytest

from appliance.core.events import SpeechEnded
from appliance.core.hearing import Joined, Silence, Tone, ToneKind
from appliance.core.ids import Place
from appliance.core.orders import Answer, Hangup, What
from tests.core.timeline import ANNA, JENS, MIA, MUELLER, PETER, SHOP, World, orbit, parked_for_anna, report

ASK_PARK = "Auf welcher Nebenstelle? Bitte eingeben und mit Raute abschließen."
ASK_RETRIEVE = "Welche Nebenstelle soll übernommen werden? Bitte eingeben und mit Raute abschließen."
MENU = "Zum Parken bitte 6 8 und die Nebenstelle wählen, zum Übernehmen 8 8 und die Nebenstelle."


@pytest.mark.rule("P-8")
def test_the_park_code_alone_asks_for_the_place():
    world = World()
    leg = world.call("*68", PETER)
    assert world.ordered() == [Answer(leg)]
    assert world.said(leg) == ASK_PARK
    world.at(3.0)
    world.heard(leg)
    assert world.hears(leg) == Silence()
    world.digits(leg, "10")
    assert world.hears(leg) == Silence()
    world.digits(leg, "2")
    assert world.said(leg) == "Geparkt auf 1 0 2."
    assert world.ordered() == []


@pytest.mark.rule("P-8")
def test_a_digit_silences_the_prompt():
    world = World()
    leg = world.call("*68", PETER)
    world.digits(leg, "1")
    assert world.hears(leg) == Silence()


@pytest.mark.rule("P-8")
def test_hash_or_nothing_means_ones_own_place():
    for entered in ("#", ""):
        world = World()
        leg = world.call("*68", JENS)
        world.at(2.0)
        world.heard(leg)
        world.digits(leg, entered)
        world.at(6.0)
        assert world.said(leg) == "Geparkt auf 1 0 3."


@pytest.mark.rule("P-8")
def test_four_seconds_for_each_digit():
    world = World()
    leg = world.call("*68", PETER)
    world.at(2.0)
    world.heard(leg)
    world.at(5.9)
    world.digits(leg, "1")
    world.at(9.8)
    world.digits(leg, "9")
    world.at(13.7)
    assert world.hears(leg) == Silence()
    world.at(13.8)
    assert world.hears(leg) == Tone(ToneKind.UNOBTAINABLE)
    assert world.ordered()[-1].detail == "Die Nummer 1 9 gibt es hier nicht."


@pytest.mark.rule("P-8")
def test_the_time_runs_from_the_end_of_the_prompt_and_from_that_alone():
    world = World()
    leg = world.call("*68", JENS)
    serial = world.serial(leg)
    world.at(2.0)
    world.heard(leg)
    world.at(5.0)
    world.tell(SpeechEnded(leg, serial))
    world.at(6.0)
    assert world.said(leg) == "Geparkt auf 1 0 3."


@pytest.mark.rule("P-8")
def test_a_prompt_whose_end_is_never_told_ends_by_itself():
    world = World()
    leg = world.call("*68", JENS)
    world.at(19.9)
    assert world.said(leg) == ASK_PARK
    world.at(20.0)
    assert world.said(leg) == "Geparkt auf 1 0 3."


@pytest.mark.rule("P-8")
def test_star_begins_again():
    world = World()
    leg = world.call("*68", PETER)
    world.digits(leg, "19*")
    assert world.hears(leg) == Silence()
    world.digits(leg, "102")
    assert world.said(leg) == "Geparkt auf 1 0 2."


@pytest.mark.rule("P-8")
def test_a_place_that_begins_a_longer_one_waits_for_hash_or_time():
    shop = replace(SHOP, places={**SHOP.places, Place("10"): orbit("10")})
    for ending in ("#", None):
        world = World(shop)
        leg = world.call("*68", PETER)
        world.digits(leg, "10")
        assert world.hears(leg) == Silence()
        if ending is None:
            world.at(4.0)
        else:
            world.digits(leg, ending)
        assert world.said(leg) == "Geparkt auf 1 0."


@pytest.mark.rule("P-8")
def test_digits_that_come_when_nobody_asked_change_nothing():
    world, leg = parked_for_anna()
    before = world.state
    world.digits(leg, "12#*A")
    assert world.state is before
    assert world.ordered() == []


@pytest.mark.rule("P-13")
def test_the_retrieve_code_alone_asks_when_nothing_is_on_ones_own_place():
    world, leg = parked_for_anna()
    jens = world.call("*88", JENS)
    assert world.said(jens) == ASK_RETRIEVE
    world.digits(jens, "102")
    assert world.hears(jens) == Joined(leg)


@pytest.mark.rule("P-13")
def test_asked_and_nothing_entered_means_ones_own_place():
    world, leg = parked_for_anna()
    world.ended(leg)
    for ending in ("#", None):
        anna = world.call("*88", ANNA)
        world.heard(anna)
        if ending is None:
            world.later(4.0)
        else:
            world.digits(anna, ending)
        assert world.said(anna) == "Auf 1 0 2 ist kein Anruf geparkt."


# the menu


@pytest.mark.rule("P-8", "P-2")
def test_the_boxes_own_number_offers_a_menu():
    world = World()
    leg = world.call("800", PETER)
    assert world.ordered() == [Answer(leg)]
    assert world.said(leg) == MENU
    world.digits(leg, "68102")
    assert world.said(leg) == "Geparkt auf 1 0 2."


@pytest.mark.rule("P-13")
def test_the_menu_retrieves():
    world, leg = parked_for_anna()
    jens = world.call("800", JENS)
    world.digits(jens, "88102")
    assert world.hears(jens) == Joined(leg)


@pytest.mark.rule("P-6")
def test_the_menu_parks_to_a_group():
    world = World()
    leg = world.call("800", PETER)
    world.digits(leg, "58#")
    assert world.said(leg) == "Geparkt auf Leitung 1 0 1."
    other = world.call("800", JENS)
    world.digits(other, "582")
    world.later(4.0)
    assert world.said(other) == "Geparkt auf Leitung 7 0 2."


@pytest.mark.rule("P-8", "P-13")
def test_a_code_alone_in_the_menu_means_ones_own_place():
    world, leg = parked_for_anna()
    jens = world.call("800", JENS)
    world.digits(jens, "68#")
    assert world.said(jens) == "Geparkt auf 1 0 3."
    anna = world.call("800", ANNA)
    world.digits(anna, "88#")
    assert world.hears(anna) == Joined(leg)


@pytest.mark.rule("P-8")
def test_the_menu_asks_three_times_and_says_goodbye():
    world = World()
    leg = world.call("800", MIA)
    for entered in ("#", "4711#"):
        assert world.said(leg) == MENU
        before = world.serial(leg)
        world.digits(leg, entered)
        assert world.serial(leg) != before
    assert world.said(leg) == MENU
    world.digits(leg, "9#")
    assert world.said(leg) == "Auf Wiederhören."
    world.ordered()
    world.heard(leg)
    assert world.ordered() == [Hangup(leg)]


@pytest.mark.rule("P-1")
def test_whoever_hangs_up_at_a_prompt_leaves_nothing_behind():
    world = World()
    leg = world.call("*68", MUELLER)
    world.digits(leg, "10")
    world.ordered()
    world.ended(leg)
    world.at(60.0)
    assert world.ordered() == []
    assert world.legs == set()


@pytest.mark.rule("P-8")
def test_english():
    world = World(replace(SHOP, language="en"))
    leg = world.call("*68", PETER)
    assert world.said(leg) == "On which extension? Please enter it and press the hash key."
    world.digits(leg, "199#")
    assert world.ordered()[-1] == report(What.REFUSED, None, leg, PETER, PETER, "There is no number 1 9 9 here.")
