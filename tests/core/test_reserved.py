"""Places that groups pass over, and places that are kept for some (P-9)."""

from dataclasses import replace

import pytest

from appliance.core.hearing import Joined, Music, Tone, ToneKind
from appliance.core.ids import Party
from appliance.core.lamp import Lamp
from appliance.core.orders import Answer, Hangup, What
from tests.core.timeline import (
    ANNA,
    BERG,
    HIDDEN,
    JENS,
    MIA,
    MUELLER,
    PETER,
    SHOP,
    SHOP_KEYS,
    World,
    dial,
    report,
    with_place,
)

HIDDEN_101 = with_place(SHOP, "101", hunted=False)
RESERVED = with_place(SHOP, "102", parkers=frozenset({"104"}))
"""102 is Anna's and Mia's."""
NOBODYS = with_place(SHOP, "102", parkers=frozenset())
CLOSED = "Auf 1 0 2 dürfen Sie nicht parken."


@pytest.mark.rule("P-9", "P-6")
def test_a_group_passes_over_a_place_that_is_hidden_from_it():
    world = World(HIDDEN_101)
    for place in ("102", "103"):
        leg = world.call("*58", MUELLER, by=PETER)
        assert world.place(place).caller == MUELLER
    assert world.place("101").state == "free"
    leg = world.call("*58", BERG, by=PETER)
    assert world.deeds()[-1] == dial(-1, "101", Party(BERG.number, "Verkauf belegt · Berg"))
    assert world.hears(leg) == Music("default")


@pytest.mark.rule("P-9")
@pytest.mark.parametrize("dialled", ["*68101", "*68#"])
def test_a_hidden_place_is_parked_on_by_its_number(dialled):
    world = World(HIDDEN_101)
    world.call(dialled, MUELLER, by=PETER)
    assert world.place("101").caller == MUELLER


@pytest.mark.rule("P-9", "P-8")
def test_an_attended_parker_who_may_not_hears_the_tone_and_why():
    world = World(RESERVED)
    leg = world.call("*68102", JENS)
    assert world.ordered() == [Answer(leg), report(What.REFUSED, None, leg, JENS, JENS, CLOSED)]
    assert world.hears(leg) == Tone(ToneKind.UNOBTAINABLE)
    world.at(2.0)
    assert world.said(leg) == CLOSED
    world.heard(leg)
    assert world.ordered() == [Hangup(leg)]
    assert world.place("102").state == "free"


@pytest.mark.rule("P-9", "P-5", "P-1")
def test_a_blind_parker_who_may_not_is_rung_back_with_the_reason():
    world = World(RESERVED)
    leg = world.call("*68102", MUELLER, by=JENS)
    assert world.ordered() == [
        Answer(leg),
        report(What.REFUSED, None, leg, MUELLER, JENS, CLOSED),
        report(What.RINGING_BACK, None, leg, MUELLER, Party("103"), "recall"),
        dial(-1, "103", Party(MUELLER.number, "102 gesperrt · Müller")),
    ]
    assert world.hears(leg) == Music("default")


@pytest.mark.rule("P-9")
@pytest.mark.parametrize("parker", [ANNA, MIA])
def test_the_owner_and_those_for_whom_it_is_kept_may(parker):
    world = World(RESERVED)
    world.call("*68102", MUELLER, by=parker)
    assert world.place("102").caller == MUELLER


@pytest.mark.rule("P-9")
def test_an_empty_list_leaves_the_owner_alone():
    world = World(NOBODYS)
    assert world.hears(world.call("*68102", MIA)) == Tone(ToneKind.UNOBTAINABLE)
    own = world.call("*68#", ANNA)
    assert world.said(own) == "Geparkt auf 1 0 2."


@pytest.mark.rule("P-9", "P-8")
def test_who_hides_his_number_is_on_no_list():
    world = World(RESERVED)
    assert world.hears(world.call("*68102", HIDDEN)) == Tone(ToneKind.UNOBTAINABLE)


@pytest.mark.rule("P-9", "P-5")
def test_who_may_not_park_there_is_not_told_that_it_is_taken():
    world = World(RESERVED)
    world.call("*68102", MUELLER, by=ANNA)
    assert world.hears(world.call("*68102", JENS)) == Tone(ToneKind.UNOBTAINABLE)
    assert world.hears(world.call("*68102", MIA)) == Tone(ToneKind.REJECT)


@pytest.mark.rule("P-9", "P-13")
def test_who_may_not_park_there_may_take_the_call_from_there():
    world = World(RESERVED)
    leg = world.call("*68102", MUELLER, by=ANNA)
    jens = world.call("*88102", JENS)
    assert (world.hears(leg), world.hears(jens)) == (Joined(jens), Joined(leg))


@pytest.mark.rule("P-9", "P-6")
def test_a_group_gives_a_reserved_place_to_those_alone_for_whom_it_is_kept():
    shop = with_place(SHOP, "101", parkers=frozenset())
    world = World(shop)
    world.call("*58", MUELLER, by=JENS)
    assert world.place("102").caller == MUELLER
    world.call("*58", BERG, by=PETER)
    assert world.place("101").caller == BERG


@pytest.mark.rule("P-9", "P-6", "P-8")
def test_a_group_without_a_place_for_the_parker_says_so():
    shop = with_place(with_place(SHOP, "701", hunted=False), "702", parkers=frozenset({"101"}))
    world = World(shop)
    leg = world.call("*582", JENS)
    assert world.hears(leg) == Tone(ToneKind.UNOBTAINABLE)
    world.at(2.0)
    assert world.said(leg) == "In der Gruppe Werkstatt gibt es keinen Platz für Sie."
    world.ordered()
    world.call("*582", MUELLER, by=JENS)
    assert world.deeds()[-1] == dial(-1, "103", Party(MUELLER.number, "Werkstatt gesperrt · Müller"))


@pytest.mark.rule("P-9", "P-14")
def test_an_orbit_may_be_reserved_too():
    world = World(with_place(SHOP, "701", parkers=frozenset({"101"})))
    world.call("701", MUELLER, by=JENS)
    assert world.place("701").state == "free"
    world.call("701", BERG, by=PETER)
    assert world.place("701").caller == BERG


@pytest.mark.rule("P-9", "B-2", "B-7")
def test_a_key_counts_by_the_station_beside_it():
    world = World(RESERVED)
    world.press(SHOP_KEYS["102"])
    assert world.ordered() == [
        report(What.REFUSED, "102", detail="101 may not park here: see parkers of place 102"),
    ]
    assert world.lamp(SHOP_KEYS["102"]) is Lamp.DOUBLE_BLINK
    lobby = world.call("800", MUELLER, by=ANNA)
    world.later(2.0)
    world.press(SHOP_KEYS["102"])
    assert world.place("102").state == "free"
    assert world.hears(lobby) == Music("default")


@pytest.mark.rule("P-9", "B-2")
def test_a_command_counts_by_its_station():
    world = World(RESERVED)
    world.park("102", "103")
    assert world.ordered() == [report(What.REFUSED, "102", detail="103 may not park on 102")]
    world.park("102", "104")
    assert world.ordered() == [report(What.ARMED, "102", by=Party("104"))]
    leg = world.call("800", MUELLER, by=MIA)
    assert world.place("102").caller == MUELLER
    assert world.hears(leg) == Music("default")


@pytest.mark.rule("P-9")
def test_english():
    world = World(replace(NOBODYS, language="en"))
    leg = world.call("*68102", JENS)
    world.at(2.0)
    assert world.said(leg) == "You may not park on 1 0 2."
