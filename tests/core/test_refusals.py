"""Keys that cannot be served, and parking by command (B-2, B-7)."""

from dataclasses import replace

import pytest

from appliance.core.ids import KeyId, Party
from appliance.core.lamp import Lamp
from appliance.core.orders import Answer, What
from appliance.core.rules import AccountRules
from tests.core.timeline import (
    ANNA,
    BERG,
    DOOR_KEY,
    JENS,
    MUELLER,
    PAGE_KEY,
    SHOP,
    SHOP_KEYS,
    YARD_KEYS,
    World,
    dial,
    parked_for_anna,
    report,
)

KEY_102, KEY_701 = SHOP_KEYS["102"], SHOP_KEYS["701"]


# what cannot be served


@pytest.mark.rule("B-7", "B-5")
def test_a_press_without_registration_double_blinks_for_a_second_and_says_why():
    world = World()
    world.registered(registered=False)
    world.at(5.0)
    world.press(KEY_701)
    assert world.ordered() == [report(What.REFUSED, "701", detail="not registered at the PBX")]
    assert world.lamp(KEY_701) is Lamp.DOUBLE_BLINK
    assert world.lamp(YARD_KEYS["701"]) is Lamp.OFF
    world.at(5.9)
    assert world.lamp(KEY_701) is Lamp.DOUBLE_BLINK
    world.at(6.0)
    assert world.lamp(KEY_701) is Lamp.OFF
    world.registered(registered=True)
    world.press(KEY_701)
    assert world.lamp(KEY_701) is Lamp.FLICKER


@pytest.mark.rule("B-7")
def test_an_account_that_does_not_register_is_always_at_home():
    world = World(replace(SHOP, accounts={"pbx": AccountRules("800", registers=False)}))
    world.registered(registered=False)
    world.press(KEY_701)
    assert world.lamp(KEY_701) is Lamp.FLICKER


@pytest.mark.rule("B-7")
def test_a_lit_key_double_blinks_and_lights_again():
    world, _ = parked_for_anna()
    world.registered(registered=False)
    world.at(5.0)
    world.press(KEY_102)
    assert world.lamp(KEY_102) is Lamp.DOUBLE_BLINK
    world.at(6.0)
    assert world.lamp(KEY_102) is Lamp.SLOW


@pytest.mark.rule("B-7")
@pytest.mark.parametrize(
    ("key", "place", "why"),
    [
        (DOOR_KEY, "701", "no phone stands beside this panel: set panel.station"),
        (PAGE_KEY, None, "this key stands for no place"),
        (KeyId("counter", "9"), None, "this key stands for no place"),
        (KeyId("nowhere", "1"), None, "this key stands for no place"),
    ],
)
def test_no_press_is_swallowed_silently(key, place, why):
    world = World()
    world.press(key)
    assert world.ordered() == [report(What.REFUSED, place, detail=why)]
    world.at(5.0)
    assert world.ordered() == []


# the same by command


@pytest.mark.rule("B-2")
def test_a_command_arms_a_place_for_a_station():
    world = World()
    world.park("701", "103")
    assert world.ordered() == [report(What.ARMED, "701", by=Party("103"))]
    leg = world.call("800", MUELLER, by=JENS)
    assert world.ordered()[:2] == [Answer(leg), report(What.PARKED, "701", leg, MUELLER, JENS)]


@pytest.mark.rule("B-2")
@pytest.mark.parametrize(("place", "why"), [("999", "there is no place 999"), ("102", "place 102 is taken")])
def test_a_command_that_cannot_be_served_says_why(place, why):
    world, _ = parked_for_anna()
    world.park(place, "103")
    assert world.ordered() == [report(What.REFUSED, place, detail=why)]


@pytest.mark.rule("B-2")
def test_two_stations_may_both_have_armed_one_place_by_command():
    world = World()
    world.park("701", "103")
    world.park("701", "102")
    world.ordered()
    first = world.call("800", MUELLER, by=JENS)
    assert world.ordered()[1] == report(What.PARKED, "701", first, MUELLER, JENS)
    world.ordered()
    second = world.call("800", BERG, by=ANNA)
    assert world.deeds() == [Answer(second), dial(-1, "102", Party(BERG.number, "Platz 701 belegt · Berg"))]


@pytest.mark.rule("B-2")
def test_a_key_that_is_armed_in_place_of_another_says_so():
    world = World()
    world.press(KEY_701)
    world.ordered()
    world.press(SHOP_KEYS["702"])
    assert world.ordered() == [
        report(What.DISARMED, "701", by=Party("101")),
        report(What.ARMED, "702", by=Party("101")),
    ]


@pytest.mark.rule("B-1", "P-5")
def test_the_grace_does_not_reach_across_places():
    world, _ = parked_for_anna()
    world.press(KEY_701)
    assert world.ordered() == [report(What.ARMED, "701", by=Party("101"))]


@pytest.mark.rule("B-3")
def test_a_lit_key_may_be_pressed_for_a_call_that_a_command_already_fetches():
    world, leg = parked_for_anna()
    world.at(5.0)
    world.retrieve("102", "101")
    world.ordered()
    world.press(KEY_102)
    assert world.ordered()[0] == report(What.CANCELLED, "102", leg, MUELLER, Party("101"), "pressed again")


@pytest.mark.rule("B-2", "B-5")
def test_what_is_armed_may_go_out_of_the_configuration():
    world = World()
    world.press(KEY_701)
    world.rules = replace(world.rules, panels={})
    world.ordered()
    world.at(20.0)
    assert world.ordered() == [report(What.DISARMED, "701", by=Party("101"))]
