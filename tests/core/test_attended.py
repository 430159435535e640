"""Attended parking: the parker is still on the line, and hears where or why not (P-3, P-5, P-7, P-8)."""

import pytest

from appliance.core.hearing import Music, Silence, Tone, ToneKind
from appliance.core.ids import Party
from appliance.core.lamp import Lamp
from appliance.core.orders import Answer, Hangup, What
from tests.core.timeline import (
    BERG,
    FOR_ANNA,
    HIDDEN,
    JENS,
    MIA,
    MUELLER,
    PETER,
    SHOP_KEYS,
    World,
    announce,
    dial,
    parked_for_anna,
    report,
)

MUSIC = Music("default")


# attended


@pytest.mark.rule("P-2", "P-3")
def test_attended_the_parker_hears_where_and_nothing_is_announced_yet():
    world = World()
    leg = world.call("*68102", PETER)
    assert world.ordered() == [Answer(leg)]
    assert world.said(leg) == "Geparkt auf 1 0 2."
    assert world.lamp(SHOP_KEYS["102"]) is Lamp.OFF


@pytest.mark.rule("P-3")
def test_attended_and_completed_by_a_changed_identity():
    world = World()
    leg = world.call("*68102", PETER)
    world.at(2.0)
    world.heard(leg)
    world.at(3.5)
    world.ordered()
    world.becomes(leg, MUELLER)
    assert world.ordered() == [
        report(What.PARKED, "102", leg, MUELLER, PETER),
        announce(1, FOR_ANNA),
    ]
    assert world.hears(leg) == MUSIC
    world.at(40.0)
    assert world.ordered() == []


@pytest.mark.rule("P-3")
def test_attended_and_completed_while_the_confirmation_is_still_spoken():
    world = World()
    leg = world.call("*68102", PETER)
    world.becomes(leg, MUELLER)
    assert world.ordered()[1:] == [report(What.PARKED, "102", leg, MUELLER, PETER), announce(1, FOR_ANNA)]


@pytest.mark.rule("P-3")
def test_attended_and_completed_by_replaces():
    world = World()
    leg = world.call("*68102", PETER)
    world.heard(leg)
    world.ordered()
    by = world.replaced(leg, MUELLER)
    assert world.ordered() == [report(What.PARKED, "102", by, MUELLER, PETER), announce(1, FOR_ANNA)]
    assert world.hears(by) == MUSIC
    assert world.hears(leg) == Silence()
    world.ended(leg)
    assert world.ordered() == []
    assert world.legs == {by}


@pytest.mark.rule("P-3")
def test_attended_and_left_standing_it_counts_as_parked_after_the_display_time():
    world = World()
    leg = world.call("*68102", PETER)
    world.at(2.0)
    world.heard(leg)
    assert world.hears(leg) == MUSIC
    world.at(9.9)
    assert world.ordered() == [Answer(leg)]
    world.at(10.0)
    assert world.ordered() == [report(What.PARKED, "102", leg, PETER, PETER), announce(1, FOR_ANNA)]


@pytest.mark.rule("P-3")
def test_a_completion_seen_late_is_the_same_park():
    world = World()
    leg = world.call("*68102", PETER)
    world.heard(leg)
    world.at(8.0)
    world.ordered()
    world.becomes(leg, MUELLER)
    assert world.ordered() == []
    by = world.replaced(leg, MUELLER)
    assert world.ordered() == []
    assert world.place("102").caller == MUELLER
    assert world.place("102").parker == PETER
    assert world.hears(by) == MUSIC


@pytest.mark.rule("P-3")
def test_a_confirmation_whose_end_is_never_told_counts_all_the_same():
    world = World()
    leg = world.call("*68102", PETER)
    world.at(20.0)
    assert world.ordered()[1:] == [report(What.PARKED, "102", leg, PETER, PETER), announce(1, FOR_ANNA)]


@pytest.mark.rule("P-3")
def test_a_parker_who_hangs_up_before_has_parked_nothing():
    world = World()
    leg = world.call("*68102", PETER)
    world.heard(leg)
    world.at(7.9)
    world.ended(leg)
    world.at(60.0)
    assert world.ordered() == [Answer(leg)]
    assert world.legs == set()
    blind = world.call("*68102", MUELLER, by=PETER)
    assert world.ordered()[1] == report(What.PARKED, "102", blind, MUELLER, PETER)


@pytest.mark.rule("P-3")
def test_the_same_person_named_anew_is_no_transfer():
    world = World()
    leg = world.call("*68102", PETER)
    world.becomes(leg, Party(PETER.number, "Braun, Peter"))
    world.becomes(leg, Party(PETER.number, "Braun, Peter"))
    assert world.ordered() == [Answer(leg)]


@pytest.mark.rule("P-3", "P-8")
def test_a_caller_without_a_number_is_a_transfer_too():
    world = World()
    leg = world.call("*68102", PETER)
    world.ordered()
    world.becomes(leg, HIDDEN)
    assert world.ordered()[0] == report(What.PARKED, "102", leg, HIDDEN, PETER)


@pytest.mark.rule("P-5")
def test_attended_on_a_taken_place_the_reject_tone_for_five_seconds_then_the_parkers_leg_ends():
    world, _ = parked_for_anna()
    leg = world.call("*68102", JENS)
    assert world.ordered() == [
        Answer(leg),
        report(What.REFUSED, None, leg, JENS, JENS, "Platz 1 0 2 ist belegt."),
    ]
    assert world.hears(leg) == Tone(ToneKind.REJECT)
    world.at(4.9)
    assert world.ordered() == []
    assert world.hears(leg) == Tone(ToneKind.REJECT)
    world.at(5.0)
    assert world.ordered() == [Hangup(leg)]
    world.ended(leg)
    assert leg not in world.legs


@pytest.mark.rule("P-1", "P-5")
def test_a_caller_transferred_onto_the_reject_tone_is_kept_and_his_parker_rung_back():
    world, _ = parked_for_anna()
    leg = world.call("*68102", JENS)
    world.at(1.0)
    world.ordered()
    world.becomes(leg, BERG)
    assert world.deeds() == [dial(-1, "103", Party(BERG.number, "Platz 102 belegt · Berg"))]
    assert world.hears(leg) == MUSIC
    world.at(10.0)
    assert world.deeds() == []


@pytest.mark.rule("P-1", "P-3")
def test_a_caller_transferred_onto_the_reject_tone_gets_the_place_when_it_is_free_by_then():
    world, first = parked_for_anna()
    leg = world.call("*68102", JENS)
    world.ended(first)
    world.ordered()
    by = world.replaced(leg, BERG)
    assert world.ordered() == [report(What.PARKED, "102", by, BERG, JENS), announce(2, FOR_ANNA)]


@pytest.mark.rule("P-8", "P-1")
def test_attended_to_an_unknown_extension_the_tone_then_the_reason_then_the_leg_ends():
    world = World()
    leg = world.call("*68199", PETER)
    assert world.ordered() == [
        Answer(leg),
        report(What.REFUSED, None, leg, PETER, PETER, "Die Nummer 1 9 9 gibt es hier nicht."),
    ]
    assert world.hears(leg) == Tone(ToneKind.UNOBTAINABLE)
    world.at(2.0)
    assert world.said(leg) == "Die Nummer 1 9 9 gibt es hier nicht."
    world.at(5.0)
    world.heard(leg)
    assert world.ordered() == [Hangup(leg)]
    assert world.hears(leg) == Silence()


@pytest.mark.rule("P-8")
def test_a_reason_whose_end_is_never_told_ends_by_itself():
    world = World()
    leg = world.call("4711", PETER)
    world.ordered()
    world.at(21.9)
    assert world.deeds() == []
    world.at(22.0)
    assert world.deeds() == [Hangup(leg)]


@pytest.mark.rule("P-8")
def test_self_park_takes_the_place_from_the_asserted_number_never_from_the_name():
    world = World()
    leg = world.call("*68#", Party("102", "101"))
    assert world.said(leg) == "Geparkt auf 1 0 2."
    world.becomes(leg, MUELLER)
    assert world.ordered()[1] == report(What.PARKED, "102", leg, MUELLER, Party("102", "101"))


@pytest.mark.rule("P-8")
def test_self_park_without_a_place_of_ones_own():
    world = World()
    leg = world.call("*68#", MIA)
    assert world.hears(leg) == Tone(ToneKind.UNOBTAINABLE)


# two at once


@pytest.mark.rule("P-7")
def test_two_attended_parkers_at_once_exactly_one_wins():
    world = World()
    peter, jens = world.call("*68102", PETER), world.call("*68102", JENS)
    assert world.said(peter) == "Geparkt auf 1 0 2."
    assert world.hears(jens) == Tone(ToneKind.REJECT)
    world.becomes(jens, BERG)
    world.becomes(peter, MUELLER)
    assert world.place("102").caller == MUELLER
    assert world.deeds()[2:] == [
        dial(-1, "103", Party(BERG.number, "Platz 102 belegt · Berg")),
        announce(1, FOR_ANNA),
    ]


@pytest.mark.rule("P-7")
def test_a_blind_park_onto_a_place_that_somebody_is_being_told_loses():
    world = World()
    peter = world.call("*68102", PETER)
    blind = world.call("*68102", BERG, by=JENS)
    assert world.deeds()[-1] == dial(-1, "103", Party(BERG.number, "Platz 102 belegt · Berg"))
    world.becomes(peter, MUELLER)
    assert world.place("102").caller == MUELLER
    assert world.hears(blind) == MUSIC


@pytest.mark.rule("P-7", "P-6")
def test_two_group_parks_at_once_on_the_last_place():
    world = World()
    for caller in (MUELLER, BERG):
        world.call("*58", caller, by=PETER)
    peter, jens = world.call("*58", PETER), world.call("*58", JENS)
    assert world.said(peter) == "Geparkt auf Leitung 1 0 3."
    assert world.hears(jens) == Tone(ToneKind.REJECT)
