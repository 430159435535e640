"""The views: lamps (B-5), the status of places, what a leg hears (P-10)."""

from dataclasses import replace

import pytest

from appliance.core import views
from appliance.core.hearing import Joined, Music, Silence, Speech, Tone, ToneKind
from appliance.core.ids import LegId, Party, Seconds, Serial
from appliance.core.lamp import Lamp
from appliance.core.views import PlaceView
from tests.core.timeline import (
    ANNA,
    BERG,
    DOOR_KEY,
    JENS,
    MUELLER,
    PAGE_KEY,
    PETER,
    SHOP,
    SHOP_KEYS,
    YARD_KEYS,
    World,
    parked_for_anna,
    with_recall,
)

COUNTER, YARD = SHOP_KEYS["102"], YARD_KEYS["102"]


@pytest.mark.rule("B-5")
def test_the_life_of_a_lamp():
    world = World()

    def lamps():
        return world.lamp(COUNTER), world.lamp(YARD)

    assert lamps() == (Lamp.OFF, Lamp.OFF)
    leg = world.call("*68102", MUELLER, by=PETER)
    assert lamps() == (Lamp.SLOW, Lamp.STEADY)
    world.at(30.0)
    assert lamps() == (Lamp.FAST, Lamp.FAST)
    world.at(45.0)
    assert lamps() == (Lamp.FAST, Lamp.FAST)
    world.at(75.0)
    assert lamps() == (Lamp.MEDIUM, Lamp.STEADY)
    world.at(105.0)
    assert lamps() == (Lamp.FAST, Lamp.FAST)
    world.ended(leg)
    assert lamps() == (Lamp.OFF, Lamp.OFF)


@pytest.mark.rule("B-5")
def test_who_has_waited_for_a_minute_flashes_twice_as_fast():
    """B-5: but not at the station whose own place it is, and fast when the recall is near."""
    world, _ = parked_for_anna(with_recall(SHOP, after=Seconds(200)))
    world.at(59.9)
    assert (world.lamp(COUNTER), world.lamp(YARD)) == (Lamp.SLOW, Lamp.STEADY)
    world.at(60.0)
    assert (world.lamp(COUNTER), world.lamp(YARD)) == (Lamp.MEDIUM, Lamp.STEADY)
    world.at(185.0)
    assert (world.lamp(COUNTER), world.lamp(YARD)) == (Lamp.FAST, Lamp.FAST)


@pytest.mark.rule("B-5", "S-1", "S-2")
def test_how_long_he_has_waited_outlives_a_crash_and_is_not_written():
    before, _ = parked_for_anna(with_recall(SHOP, after=Seconds(200)))
    before.at(50.0)
    kept = dict(before.journal)
    before.at(70.0)
    assert before.journal == kept
    world = before.crash(1.0, registered=True)
    world.picked_up(world.leg(1))
    assert world.lamp(COUNTER) is Lamp.MEDIUM


@pytest.mark.rule("B-5")
def test_a_ringing_last_resort_flashes_fast_too():
    world, _ = parked_for_anna(with_recall(SHOP, longest=Seconds(31), after=Seconds(600)))
    world.at(30.9)
    assert world.lamp(COUNTER) is Lamp.SLOW
    world.at(31.0)
    assert world.lamp(COUNTER) is Lamp.FAST


@pytest.mark.rule("B-5", "B-3")
def test_a_station_that_is_asked_to_retrieve_does_not_change_the_lamp():
    world, _ = parked_for_anna()
    world.at(5.0)
    world.press(COUNTER)
    assert (world.lamp(COUNTER), world.lamp(YARD)) == (Lamp.SLOW, Lamp.STEADY)


@pytest.mark.rule("B-5")
def test_armed_and_refused_are_for_the_key_that_was_pressed():
    world = World()
    world.press(COUNTER)
    assert (world.lamp(COUNTER), world.lamp(YARD)) == (Lamp.FLICKER, Lamp.OFF)
    world.at(1.0)
    world.registered(registered=False)
    world.press(COUNTER)
    assert (world.lamp(COUNTER), world.lamp(YARD)) == (Lamp.DOUBLE_BLINK, Lamp.OFF)
    world.at(2.0)
    assert world.lamp(COUNTER) is Lamp.FLICKER


@pytest.mark.rule("B-5")
def test_a_parked_call_outshines_an_armed_key():
    world = World()
    world.press(COUNTER)
    world.call("*68102", MUELLER, by=JENS)
    assert world.lamp(COUNTER) is Lamp.SLOW


@pytest.mark.rule("B-5")
def test_every_key_of_a_place_has_a_lamp_and_no_other_key():
    lamps = views.lamps(World().state, SHOP)
    assert set(lamps) == {*SHOP_KEYS.values(), *YARD_KEYS.values(), DOOR_KEY}
    assert PAGE_KEY not in lamps


@pytest.mark.rule("P-10", "P-13")
def test_what_every_leg_hears():
    world, parked = parked_for_anna()
    menu = world.call("800", BERG)
    told = world.call("*68102", JENS)
    confirmed = world.call("*68103", JENS)
    world.heard(confirmed)
    taken = world.call("*68101", BERG, by=PETER)
    peter = world.call("*88101", PETER)
    waiting = world.arrive("*88102", ANNA)
    hearings = views.hearings(world.state, SHOP)
    assert set(hearings) == world.legs
    assert hearings == {
        parked: Music("default"),
        menu: Speech("Zum Parken die 1, zum Parken in der Gruppe die 2, zum Übernehmen die 3.", Serial(1)),
        told: Tone(ToneKind.REJECT),
        confirmed: Music("default"),
        taken: Joined(peter),
        peter: Joined(taken),
        waiting: Silence(),
    }


def status(world, number):
    return world.place(number)


@pytest.mark.rule("P-13", "P-18", "P-21")
def test_the_status_of_a_place_through_its_life():
    world = World()
    assert status(world, "102") == PlaceView("102", "extension", "Anna Schmidt", "free", None, None, None, None)
    assert status(world, "701") == PlaceView("701", "orbit", "", "free", None, None, None, None)
    world.at(2.0)
    world.call("*68102", MUELLER, by=PETER)
    world.at(12.0)
    free = PlaceView("102", "extension", "Anna Schmidt", "parked", MUELLER, PETER, 10.0, 35.0)
    assert status(world, "102") == free
    world.retrieve("102", "103")
    assert status(world, "102") == replace(free, state="retrieving")
    world.ended(LegId(-1), 486)
    world.at(50.0)
    assert status(world, "102") == replace(free, state="recalling", since=48.0, recall_in=None)
    jens = world.arrive("*88102", JENS)
    assert status(world, "102") == replace(free, state="retrieving", since=48.0, recall_in=None)
    world.answered(jens)
    assert status(world, "102").state == "free"


@pytest.mark.rule("P-7")
def test_places_stand_in_the_order_of_the_configuration():
    world = World()
    assert [view.number for view in views.places(world.state, world.now, SHOP)] == ["101", "102", "103", "701", "702"]


@pytest.mark.rule("P-19")
def test_a_recall_that_is_overdue_for_a_late_reader_is_due_now():
    world, _ = parked_for_anna()
    view = views.places(world.state, Seconds(46.0), SHOP)[1]
    assert (view.caller, view.recall_in) == (Party(MUELLER.number, "Müller"), 0.0)
