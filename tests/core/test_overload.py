"""More calls than there are places, fifty a second: everybody gets his answer, and nothing else is late (S-12)."""

from collections import Counter
from dataclasses import replace

import pytest

from appliance.core.hearing import Music, Tone, ToneKind
from appliance.core.ids import KeyId, Party, Place
from appliance.core.lamp import Lamp
from appliance.core.orders import Answer, Dial, Hangup, TakeOver, What
from appliance.core.rules import GroupRules, KeyRules, PanelRules
from appliance.core.state import Parked, Told
from tests.core.timeline import ANNA, BERG, JENS, MUELLER, PETER, SHOP, World

RATE = 50
"""INVITEs a second."""
NUMBERS = [str(number) for number in range(200, 232)]
KEYS = {number: KeyId("wall", number) for number in NUMBERS}
FULL = replace(
    SHOP,
    places={Place(number): replace(SHOP.places[Place("702")], number=Place(number)) for number in NUMBERS},
    groups={"Haus": GroupRules("Haus", "1", tuple(map(Place, NUMBERS)), frozenset({JENS.number, PETER.number}))},
    panels={"wall": PanelRules("101", {key: KeyRules(Place(number)) for number, key in KEYS.items()})},
)
MUSIC = Music("default")
REJECT = Tone(ToneKind.REJECT)


def full():
    """Every place is taken since 0.0, a parker each; nothing is announced."""
    world = World(FULL)
    for number in NUMBERS:
        world.call(number, MUELLER, by=Party(f"5{number}"))
    world.ordered()
    return world


def storm(world, seconds, call):
    """Calls arrive for a while, evenly; returns their legs and when each came."""
    begun = world.now
    came = {}
    for number in range(int(seconds * RATE)):
        world.at(begun + number / RATE)
        came[call(number)] = world.now
    return came


@pytest.mark.rule("S-12", "P-5", "P-6")
@pytest.mark.parametrize("dialled", ["*68200", "*58"])
def test_every_parker_hears_the_reject_tone_for_five_seconds(dialled):
    """S-12: "refusals with the right tone": each his own five seconds, however many there are."""
    world = full()
    came = storm(world, 3, lambda _: world.call(dialled, JENS))
    world.at(9.0)
    given = world.dated()
    assert [(at, order.leg) for at, order in given if isinstance(order, Answer)] == [
        (at, leg) for leg, at in came.items()
    ]
    hung_up = {order.leg: at for at, order in given if isinstance(order, Hangup)}
    assert hung_up == pytest.approx({leg: at + 5.0 for leg, at in came.items()})


@pytest.mark.rule("S-12", "P-1", "P-5")
def test_every_caller_who_is_transferred_is_kept_and_his_parker_is_rung():
    world = full()
    came = storm(world, 2, lambda number: world.call("*58", BERG, by=Party(f"6{number:03}")))
    for leg in came:
        assert isinstance(world.state.legs[leg].role, Parked)
        assert world.hears(leg) == MUSIC
    rung = {order.number: at for at, order in world.dated() if isinstance(order, Dial)}
    assert rung == {f"6{number:03}": at for number, at in enumerate(came.values())}


@pytest.mark.rule("S-12", "P-19")
def test_no_timer_is_missed_in_the_storm():
    """S-12: each of the calls that wait is recalled at its own instant, in the middle of it."""
    world = World(FULL)
    for number in NUMBERS:
        world.call(number, MUELLER, by=Party(f"5{number}"))
        world.later(0.07)
    world.at(44.0)
    world.ordered()
    storm(world, 4, lambda _: world.call("*58", JENS))
    rung = {order.number: at for at, order in world.dated() if isinstance(order, Dial)}
    assert rung == pytest.approx({f"5{number}": 45.0 + 0.07 * n for n, number in enumerate(NUMBERS)})


@pytest.mark.rule("S-12", "B-5")
def test_the_lamps_live():
    """S-12: every lamp shows what is so after a hundred calls, and when they are gone."""
    world = full()
    world.at(1.0)
    freed, _ = NUMBERS[7], world.ended(world.leg(8))
    taken = storm(world, 2, lambda _: world.call("*58", JENS))
    first = next(iter(taken))
    assert world.lamp(KEYS[freed]) is Lamp.OFF  # it is promised to the first, and not yet parked
    world.heard(first)
    world.later(8.0)
    assert {world.lamp(key) for key in KEYS.values()} == {Lamp.SLOW}
    assert world.legs >= {first}
    assert Counter(type(world.state.legs[leg].role) for leg in taken)[Told] == 0


@pytest.mark.rule("S-12", "S-7", "P-13")
def test_a_retriever_gets_his_call_in_the_storm():
    world = full()
    storm(world, 1, lambda _: world.call("*58", JENS))
    world.ordered()
    anna = world.call("*88210", ANNA)
    assert [order.what for order in world.ordered() if hasattr(order, "what")] == [What.RETRIEVED]
    assert world.hears(anna).leg == world.leg(11)


@pytest.mark.rule("S-12", "S-2", "S-5")
def test_legs_come_back_in_time_while_calls_storm_in():
    """S-2: twenty a second, whatever else arrives."""
    before = full()
    world = before.crash(2.0, registered=True)
    begun = world.now
    storm(world, 2, lambda _: world.call("*58", JENS))
    asked = [at for at, order in world.dated() if isinstance(order, TakeOver)]
    assert asked == pytest.approx([begun + number / 20 for number in range(len(NUMBERS))])
    assert all(world.hears(leg) == REJECT for leg in world.legs if leg > 0)


@pytest.mark.rule("S-12", "S-6")
def test_a_pbx_that_loses_everybody_at_once_frees_every_place_and_each_parker_is_called_once():
    world = full()
    for leg in sorted(world.legs):
        world.ended(leg, 481)
    rung = [order.number for order in world.deeds() if isinstance(order, Dial)]
    assert rung == [f"5{number}" for number in NUMBERS]
    assert {view.state for number in NUMBERS for view in [world.place(number)]} == {"free"}


@pytest.mark.rule("S-12")
def test_a_storm_leaves_nothing_behind():
    world = full()
    waiting = world.legs
    came = storm(world, 2, lambda _: world.call("*58", JENS))
    world.later(5.0)
    for leg in came:
        world.ended(leg)
    assert world.legs == waiting
    assert world.journal.keys() == waiting
