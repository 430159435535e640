"""Keys: what a press means, park and retrieve by key (B-1 to B-4)."""

from dataclasses import replace

import pytest

from appliance.core.events import Press
from appliance.core.hearing import Joined, Music, Tone, ToneKind
from appliance.core.ids import LegId, Party
from appliance.core.lamp import Lamp
from appliance.core.orders import Answer, Hangup, Release, StopPage, What
from tests.core.timeline import (
    ANNA,
    BERG,
    FOR_ANNA,
    JENS,
    MUELLER,
    PETER,
    SHOP,
    SHOP_KEYS,
    YARD_KEYS,
    World,
    announce,
    dial,
    parked_for_anna,
    report,
)

MUSIC = Music("default")
KEY_102, KEY_701 = SHOP_KEYS["102"], SHOP_KEYS["701"]
RING = LegId(-1)
TAKEN_LINE = "Ein Anruf, geparkt auf Leitung 7 0 1."


# retrieve


@pytest.mark.rule("B-1", "B-3", "P-18")
def test_a_lit_key_rings_the_phone_beside_it_and_connects_on_answer():
    world, leg = parked_for_anna()
    world.at(10.0)
    world.press(KEY_102)
    assert world.ordered() == [
        report(What.FETCHING, "102", leg, MUELLER, Party("101")),
        dial(-1, "101", MUELLER, auto_answer=True),
    ]
    assert world.hears(leg) == MUSIC
    world.answered(RING)
    assert world.ordered() == [
        report(What.RETRIEVED, "102", leg, MUELLER, Party("101"), "fetch"),
        StopPage(1),
        Release(leg, RING),
    ]
    assert world.hears(RING) == Joined(leg)


@pytest.mark.rule("B-3")
@pytest.mark.parametrize("wanted", [True, False])
def test_auto_answer_is_a_setting(wanted):
    for by_command in (True, False):
        world, _ = parked_for_anna(replace(SHOP, auto_answer=wanted))
        world.at(10.0)
        if by_command:
            world.retrieve("102", "102")
        else:
            world.press(YARD_KEYS["102"])
        assert world.deeds() == [dial(-1, "102", MUELLER, auto_answer=wanted)]


@pytest.mark.rule("B-3", "P-18")
def test_pressed_again_while_it_rings_it_is_cancelled_and_the_call_stays():
    world, leg = parked_for_anna()
    world.at(10.0)
    world.press(KEY_102)
    world.at(12.0)
    world.ordered()
    world.press(KEY_102)
    assert world.ordered() == [
        report(What.CANCELLED, "102", leg, MUELLER, Party("101"), "pressed again"),
        Hangup(RING),
    ]
    assert world.hears(leg) == MUSIC
    assert world.lamp(KEY_102) is Lamp.SLOW
    world.press(KEY_102)
    assert world.deeds() == [dial(-2, "101", MUELLER, auto_answer=True)]
    world.ended(RING, 487)
    assert world.ordered() == []


@pytest.mark.rule("B-3")
def test_two_panels_may_ring_for_one_call_and_the_first_answer_wins():
    world, leg = parked_for_anna()
    world.at(10.0)
    world.press(KEY_102)
    world.press(YARD_KEYS["102"])
    world.ordered()
    world.answered(LegId(-2))
    assert world.deeds() == [StopPage(1), Hangup(RING), Release(leg, LegId(-2))]


# what the press meant


@pytest.mark.rule("B-1")
@pytest.mark.parametrize("delay", [0.0, 0.2, 0.399])
def test_a_key_pressed_just_after_the_call_was_parked_meant_to_park(delay):
    world, _ = parked_for_anna()
    world.at(delay)
    world.press(KEY_102)
    assert world.ordered() == [report(What.REFUSED, "102", detail="the place was taken a moment ago")]
    assert world.lamp(KEY_102) is Lamp.DOUBLE_BLINK


@pytest.mark.rule("B-1")
def test_a_key_pressed_four_tenths_after_the_call_was_parked_retrieves():
    world, _ = parked_for_anna()
    world.at(0.4)
    world.press(KEY_102)
    assert world.deeds() == [dial(-1, "101", MUELLER, auto_answer=True)]


@pytest.mark.rule("B-1")
@pytest.mark.parametrize("how", ["taken", "abandoned"])
def test_a_key_pressed_just_after_the_call_was_gone_meant_to_retrieve(how):
    world, leg = parked_for_anna()
    world.at(10.0)
    if how == "taken":
        world.call("*88", ANNA)
    else:
        world.ended(leg)
    world.ordered()
    world.at(10.3)
    world.press(KEY_102)
    assert world.ordered() == [report(What.REFUSED, "102", detail="the call was taken a moment ago")]
    assert world.lamp(KEY_102) is Lamp.DOUBLE_BLINK
    world.at(10.5)
    world.press(YARD_KEYS["102"])
    assert world.ordered() == [report(What.ARMED, "102", by=Party("102"))]


# park


@pytest.mark.rule("B-2")
def test_a_free_key_is_armed_and_the_next_transfer_of_its_station_goes_there():
    world = World()
    world.at(5.0)
    world.press(KEY_701)
    assert world.ordered() == [report(What.ARMED, "701", by=Party("101"))]
    assert world.lamp(KEY_701) is Lamp.FLICKER
    assert world.lamp(YARD_KEYS["701"]) is Lamp.OFF
    world.at(24.9)
    leg = world.call("800", MUELLER, by=PETER)
    assert world.ordered() == [
        Answer(leg),
        report(What.PARKED, "701", leg, MUELLER, PETER),
        announce(1, TAKEN_LINE),
    ]
    assert world.lamp(KEY_701) is Lamp.SLOW
    world.at(40.0)
    assert world.ordered() == []
    other = world.call("800", BERG, by=PETER)
    assert world.ordered() == [Answer(other), report(What.LOBBY, None, other, BERG, PETER)]


@pytest.mark.rule("B-2", "P-3")
def test_an_armed_key_serves_an_attended_transfer_too():
    world = World()
    world.press(KEY_701)
    world.ordered()
    leg = world.call("800", PETER)
    assert world.said(leg) == "Geparkt auf 7 0 1."
    assert world.lamp(KEY_701) is Lamp.OFF
    world.becomes(leg, MUELLER)
    assert world.ordered() == [
        Answer(leg),
        report(What.PARKED, "701", leg, MUELLER, PETER),
        announce(1, TAKEN_LINE),
    ]


@pytest.mark.rule("B-2")
def test_an_armed_key_is_for_its_own_station():
    world = World()
    world.press(KEY_701)
    world.ordered()
    leg = world.call("800", MUELLER, by=JENS)
    assert world.ordered() == [Answer(leg), report(What.LOBBY, None, leg, MUELLER, JENS)]
    assert world.lamp(KEY_701) is Lamp.FLICKER
    menu = world.call("800", ANNA)
    assert world.said(menu).startswith("Zum Parken")


@pytest.mark.rule("B-2")
def test_armed_for_twenty_seconds():
    world = World()
    world.press(KEY_701)
    world.ordered()
    world.at(19.9)
    assert world.lamp(KEY_701) is Lamp.FLICKER
    world.at(20.0)
    assert world.ordered() == [report(What.DISARMED, "701", by=Party("101"))]
    assert world.lamp(KEY_701) is Lamp.OFF


@pytest.mark.rule("B-2")
def test_pressed_again_it_is_disarmed():
    world = World()
    world.press(KEY_701)
    world.at(3.0)
    world.ordered()
    world.press(KEY_701)
    assert world.ordered() == [report(What.DISARMED, "701", by=Party("101"))]
    assert world.lamp(KEY_701) is Lamp.OFF
    world.at(60.0)
    assert world.ordered() == []


@pytest.mark.rule("B-2")
def test_a_station_has_one_armed_key_the_last_one():
    world = World()
    world.press(KEY_701)
    world.press(SHOP_KEYS["702"])
    assert world.lamp(KEY_701) is Lamp.OFF
    assert world.lamp(SHOP_KEYS["702"]) is Lamp.FLICKER
    world.press(YARD_KEYS["701"])
    assert world.lamp(SHOP_KEYS["702"]) is Lamp.FLICKER
    world.call("800", MUELLER, by=PETER)
    assert world.place("702").caller == MUELLER


@pytest.mark.rule("B-2", "P-5")
def test_an_armed_place_that_is_taken_meanwhile():
    world = World()
    world.press(KEY_701)
    world.call("701", MUELLER, by=JENS)
    assert world.lamp(KEY_701) is Lamp.SLOW
    world.ordered()
    leg = world.call("800", BERG, by=PETER)
    assert world.deeds() == [Answer(leg), dial(-1, "101", Party(BERG.number, "Platz 701 belegt · Berg"))]


@pytest.mark.rule("B-2", "P-5", "P-1")
def test_an_armed_place_that_is_taken_meanwhile_attended():
    world = World()
    world.press(KEY_701)
    world.call("701", MUELLER, by=JENS)
    leg = world.call("800", PETER)
    assert world.hears(leg) == Tone(ToneKind.REJECT)
    world.ordered()
    world.becomes(leg, BERG)
    assert world.deeds() == [dial(-1, "101", Party(BERG.number, "Platz 701 belegt · Berg"))]


@pytest.mark.rule("B-2")
def test_a_free_key_parks_the_call_that_waits_in_the_lobby():
    world = World()
    leg = world.call("800", MUELLER, by=PETER)
    world.at(5.0)
    world.ordered()
    world.press(KEY_701)
    assert world.ordered() == [
        report(What.PARKED, "701", leg, MUELLER, PETER),
        announce(1, TAKEN_LINE),
    ]
    assert world.lamp(KEY_701) is Lamp.SLOW
    assert world.hears(leg) == MUSIC
    world.at(49.9)
    assert world.dated() == []
    world.at(50.0)
    assert world.dated() == [(50.0, dial(-1, "101", Party(MUELLER.number, "Rückruf 701 · Müller")))]


@pytest.mark.rule("B-2")
def test_of_several_in_the_lobby_ones_own_comes_first_then_the_one_who_waits_longest():
    world = World()
    callers = {}
    for instant, parker in ((1.0, JENS), (2.0, ANNA), (3.0, PETER)):
        world.at(instant)
        callers[parker] = world.call("800", Party(f"0{parker.number}"), by=parker)
    world.at(9.0)
    for key, parker in ((KEY_701, PETER), (SHOP_KEYS["702"], JENS), (KEY_102, ANNA)):
        world.ordered()
        world.press(key)
        assert world.ordered()[0] == report(What.PARKED, key.key, callers[parker], Party(f"0{parker.number}"), parker)


@pytest.mark.rule("B-2", "P-21")
def test_a_call_in_the_lobby_that_is_being_recalled_is_left_to_his_parker():
    world = World()
    leg = world.call("800", MUELLER, by=PETER)
    world.at(47.0)
    world.ordered()
    world.press(KEY_701)
    assert world.ordered() == [report(What.ARMED, "701", by=Party("101"))]
    world.answered(RING)
    assert world.hears(leg) == Joined(RING)


@pytest.mark.rule("P-7", "B-1")
def test_a_place_that_somebody_is_being_told_is_not_armed():
    world = World()
    world.call("701", PETER)
    peter = world.call("*68701", PETER)
    assert world.said(peter) == "Geparkt auf 7 0 1."
    world.at(2.0)
    world.ordered()
    world.press(KEY_701)
    assert world.ordered() == [report(What.REFUSED, "701", detail="the place was taken a moment ago")]


# long presses


@pytest.mark.rule("B-4")
def test_a_long_press_on_a_free_key_does_nothing():
    world = World()
    before = world.state
    world.press(KEY_701, Press.LONG)
    assert world.ordered() == []
    assert world.state is before


@pytest.mark.rule("B-4")
def test_a_long_press_on_a_lit_key_retrieves_nothing():
    world, leg = parked_for_anna()
    world.page_ended(1)
    world.at(5.0)
    world.press(KEY_102, Press.LONG)
    assert world.ordered() == [announce(2, FOR_ANNA)]
    assert world.legs == {leg}
