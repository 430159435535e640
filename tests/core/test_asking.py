"""Prompts after `*68` and `*88`, and the menu at the box's own number (the codes, P-8, P-13)."""

from dataclasses import replace

import pytest

from appliance.core.events import SpeechEnded
from appliance.core.hearing import Joined, Silence, Tone, ToneKind
from appliance.core.ids import Place
from appliance.core.orders import Answer, Hangup, What
from appliance.core.rules import Codes, HuntRules, MemberRules
from tests.core.timeline import (
    ANNA,
    HIDDEN,
    JENS,
    MIA,
    MUELLER,
    PETER,
    SHOP,
    World,
    orbit,
    parked_for_anna,
    report,
)

ASK_PARK = "Auf welcher Nebenstelle? Bitte eingeben und mit Raute abschließen."
ASK_RETRIEVE = "Welche Nebenstelle soll übernommen werden? Bitte eingeben und mit Raute abschließen."
MENU = "Zum Parken die 1, zum Parken in der Gruppe die 2, zum Übernehmen die 3."
BYE = "Auf Wiederhören."


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
    assert world.said(leg) == f"Die Nummer 1 9 gibt es hier nicht. {ASK_PARK}"
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
    mia = world.call("*88", MIA)
    assert world.said(mia) == ASK_RETRIEVE
    world.digits(mia, "102")
    assert world.hears(mia) == Joined(leg)


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


@pytest.mark.rule("P-14")
def test_an_orbits_number_entered_in_the_menu_retrieves_and_never_parks():
    world = World()
    leg = world.call("701", MUELLER, by=PETER)
    jens = world.call("800", JENS)
    world.digits(jens, "701")
    assert world.hears(jens) == Joined(leg)
    mia = world.call("800", MIA)
    world.digits(mia, "702")
    assert world.said(mia).startswith("Auf 7 0 2 ist kein Anruf geparkt.")
    assert world.place("702").state == "free"


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


@pytest.mark.rule("P-8", "P-2")
def test_the_menu_has_a_key_for_each_function():
    """The spec's "keys of a spoken menu": a PBX that gives the box one number only needs no codes."""
    world, leg = parked_for_anna()
    parker = world.call("800", PETER)
    world.digits(parker, "1")
    assert world.said(parker) == ASK_PARK
    world.digits(parker, "701")
    assert world.said(parker) == "Geparkt auf 7 0 1."
    grouped = world.call("800", JENS)
    world.digits(grouped, "2")
    assert world.said(grouped) == "Geparkt auf Leitung 1 0 1."
    anna = world.call("800", ANNA)
    world.digits(anna, "3")
    assert world.hears(anna) == Joined(leg)
    mia = world.call("800", MIA)
    world.digits(mia, "3")
    assert world.said(mia) == ASK_RETRIEVE


@pytest.mark.rule("P-30")
def test_the_menu_logs_in_to_and_out_of_hunt_groups():
    world = World(replace(SHOP, hunts={"85": HuntRules("85", "Zentrale", (MemberRules("104"),))}))
    for key, what in (("9", What.LOGGED_OUT), ("4", What.LOGGED_IN), ("7985#", What.LOGGED_OUT)):
        leg = world.call("800", MIA)
        world.ordered()
        world.digits(leg, key)
        assert world.ordered() == [report(what, by=MIA, detail="85")]


@pytest.mark.rule("P-8")
def test_a_key_of_the_menu_and_the_place_may_be_entered_in_one_go():
    world = World()
    leg = world.call("800", PETER)
    world.digits(leg, "1102")
    assert world.said(leg) == "Geparkt auf 1 0 2."


@pytest.mark.rule("P-8")
def test_a_key_that_begins_a_code_is_that_codes():
    world = World(replace(SHOP, codes=Codes(park=("*15",))))
    leg = world.call("800", PETER)
    world.digits(leg, "1")
    assert world.hears(leg) == Silence()
    world.digits(leg, "5102")
    assert world.said(leg) == "Geparkt auf 1 0 2."


@pytest.mark.rule("P-8")
def test_the_star_and_hash_of_the_codes_do_no_harm_in_the_menu():
    for entered in ("*68102", "#58#"):
        world = World()
        leg = world.call("800", PETER)
        world.digits(leg, entered)
        assert world.said(leg).startswith("Geparkt auf")


@pytest.mark.rule("P-13")
def test_the_retrieve_code_alone_in_the_menu_means_what_it_means_when_dialled():
    world, leg = parked_for_anna()
    peter = world.call("800", PETER)
    world.digits(peter, "88")
    world.later(4.0)
    assert world.hears(peter) == Joined(leg)
    mia = world.call("800", MIA)
    world.digits(mia, "88#")
    assert world.said(mia) == ASK_RETRIEVE


@pytest.mark.rule("P-8")
def test_the_menu_asks_three_times_and_says_goodbye():
    world = World()
    leg = world.call("800", MIA)
    assert world.said(leg) == MENU
    world.digits(leg, "#")
    assert world.said(leg) == MENU
    world.digits(leg, "4711#")
    assert world.said(leg) == f"Diese Eingabe gibt es nicht. {MENU}"
    world.digits(leg, "9#")
    assert world.hears(leg) == Tone(ToneKind.UNOBTAINABLE)
    world.later(2.0)
    assert world.said(leg) == f"Diese Eingabe gibt es nicht. {BYE}"
    world.ordered()
    world.heard(leg)
    assert world.ordered() == [Hangup(leg)]


@pytest.mark.rule("P-8")
def test_who_says_nothing_to_the_menu_is_asked_three_times():
    world = World()
    leg = world.call("800", MIA)
    for _ in range(3):
        assert world.said(leg) == MENU
        world.heard(leg)
        world.later(4.0)
    assert world.said(leg) == BYE


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
    assert world.said(leg).startswith("There is no number 1 9 9 here. On which extension?")
    menu = world.call("800", PETER)
    assert world.said(menu) == "To park press 1, to park to the group press 2, to pick up press 3."
    hidden = world.call("*68#", HIDDEN)
    world.later(2.0)
    assert world.said(hidden) == "Your extension is not known."
