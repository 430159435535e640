"""The machine goes down: who is rung, and that nobody is parked any more (S-4)."""

import pytest

from appliance.core.drain import is_over
from appliance.core.engine import next_deadline, step
from appliance.core.events import DrainRequested
from appliance.core.hearing import Music, Tone, ToneKind
from appliance.core.ids import LegId, Party, Seconds
from appliance.core.lamp import Lamp
from appliance.core.orders import Answer, Dial, Hangup, Release, What
from appliance.core.rules import RecallMode
from appliance.core.state import Parked
from tests.core.comeback import QUIET
from tests.core.drained import DRAINING, draining, rings
from tests.core.timeline import (
    ANNA,
    HIDDEN,
    JENS,
    MUELLER,
    PETER,
    SHOP_KEYS,
    World,
    dial,
    parked_for_anna,
    report,
    with_recall,
)

MUSIC = Music("default")


# who is rung


@pytest.mark.rule("S-4")
def test_a_parker_is_rung_at_once_for_twenty_seconds_and_then_the_last_resort():
    """S-4: "every parked call is handed to its alternate, its parker or the last resort before the process ends"."""
    world, leg = draining()
    assert world.ordered() == [
        DRAINING,
        report(What.RINGING_BACK, "102", leg, MUELLER, Party("101"), "recall"),
        rings(-1, "101"),
    ]
    world.at(84.0)
    assert world.dated() == [
        (30.0, Hangup(LegId(-1))),
        (31.0, rings(-2, "100")),
        (51.0, Hangup(LegId(-2))),
        (52.0, rings(-3, "100")),
        (72.0, Hangup(LegId(-3))),
        (73.0, rings(-4, "100")),
    ]
    assert world.hears(leg) == MUSIC


@pytest.mark.rule("S-4", "P-20")
@pytest.mark.parametrize("mode", [RecallMode.PARKER_THEN_ALTERNATE, RecallMode.ALTERNATE])
def test_an_alternate_is_rung_instead_of_the_parker(mode):
    world, _ = draining(with_recall(QUIET, mode=mode, alternate="850"))
    world.at(31.0)
    assert world.dated() == [(10.0, rings(-1, "850")), (30.0, Hangup(LegId(-1))), (31.0, rings(-2, "100"))]


@pytest.mark.rule("S-4", "P-20")
def test_an_alternate_that_the_mode_does_not_use_is_not_rung():
    world, _ = draining(with_recall(QUIET, mode=RecallMode.PARKER, alternate="850"))
    assert world.deeds() == [rings(-1, "101")]


@pytest.mark.rule("S-4")
@pytest.mark.parametrize("parker", [HIDDEN, Party("800")])
def test_without_a_parker_who_can_be_rung_it_is_the_last_resort_at_once(parker):
    world = World(QUIET)
    world.call("*68102", MUELLER, by=parker)
    world.at(10.0)
    world.ordered()
    world.drain()
    assert world.deeds() == [rings(-1, "100")]


@pytest.mark.rule("S-4")
def test_a_parker_who_is_busy_is_not_tried_again():
    world, leg = draining()
    world.ended(LegId(-1), 486)
    world.at(11.0)
    world.ended(LegId(-2), 486)
    world.at(12.0)
    assert world.dated() == [(10.0, rings(-1, "101")), (11.0, rings(-2, "100")), (12.0, rings(-3, "100"))]
    assert isinstance(world.state.legs[leg].role, Parked)


@pytest.mark.rule("S-4")
def test_a_ring_time_that_is_shorter_stays_so():
    world, _ = draining(with_recall(QUIET, ring=Seconds(8)))
    world.at(19.0)
    assert world.dated() == [(10.0, rings(-1, "101")), (18.0, Hangup(LegId(-1))), (19.0, rings(-2, "100"))]


@pytest.mark.rule("S-4", "P-21")
def test_a_recall_that_rings_already_rings_on():
    world, _ = parked_for_anna(QUIET)
    world.at(50.0)
    world.drain()
    world.at(76.0)
    assert world.dated() == [(45.0, rings(-1, "101")), (75.0, Hangup(LegId(-1))), (76.0, rings(-2, "100"))]


@pytest.mark.rule("S-4")
def test_who_was_with_the_last_resort_already_is_tried_at_his_parker_once_more():
    world, _ = parked_for_anna(with_recall(QUIET, longest=Seconds(50), ring=Seconds(5)))
    world.at(56.0)
    world.ordered()
    world.drain()
    assert [order.number for order in world.deeds() if isinstance(order, Dial)] in (["101"], ["100"])
    assert is_over(world.state) is False


@pytest.mark.rule("S-4", "P-26")
def test_who_answers_has_the_caller_and_the_pbx_joins_them():
    world, leg = draining()
    world.later(2.0)
    world.ordered()
    world.picked_up(LegId(-1))
    assert world.ordered() == [
        report(What.RECALLED, "102", leg, MUELLER, Party("101"), "recall"),
        Release(leg, LegId(-1)),
    ]
    assert not is_over(world.state)
    world.released(leg)
    world.ended(leg)
    assert not is_over(world.state)
    world.ended(LegId(-1))
    assert is_over(world.state)


@pytest.mark.rule("S-4", "P-13")
def test_whoever_dials_for_him_gets_him():
    world, leg = draining()
    world.ordered()
    anna = world.call("*88102", ANNA)
    assert world.deeds() == [Answer(anna), Hangup(LegId(-1)), Release(leg, anna)]


@pytest.mark.rule("S-4")
def test_a_second_request_changes_nothing():
    world, _ = draining()
    world.at(20.0)
    state = world.state
    assert step(state, DrainRequested(), world.now, world.rules) == (state, ())
    assert step(state, DrainRequested(), world.now, world.rules)[0] is state


@pytest.mark.rule("S-4")
def test_a_box_without_calls_is_ready_at_once():
    world = World()
    world.drain()
    assert world.ordered() == [DRAINING]
    assert is_over(world.state)
    assert next_deadline(world.state, world.rules) is None


# nobody is parked any more


@pytest.mark.rule("S-4", "P-5")
@pytest.mark.parametrize("dialled", ["*68102", "*58", "*68#"])
def test_an_attended_parker_hears_the_reject_tone(dialled):
    world = World(QUIET)
    world.drain()
    leg = world.call(dialled, JENS)
    assert world.ordered() == [
        DRAINING,
        Answer(leg),
        report(What.REFUSED, None, leg, JENS, JENS, "Die Anlage wird gerade abgeschaltet."),
    ]
    assert world.hears(leg) == Tone(ToneKind.REJECT)
    world.at(5.0)
    assert world.ordered() == [Hangup(leg)]


@pytest.mark.rule("S-4", "P-1")
@pytest.mark.parametrize("dialled", ["*68102", "701", "800", "*58"])
def test_a_caller_who_is_transferred_here_is_kept_and_his_parker_is_rung_at_once(dialled):
    world = World(QUIET)
    world.drain()
    leg = world.call(dialled, MUELLER, by=PETER)
    assert world.deeds() == [Answer(leg), dial(-1, "101", Party(MUELLER.number, "Abschaltung · Müller"))]
    assert world.hears(leg) == MUSIC
    assert world.place("102").state == "free"
    assert not is_over(world.state)


@pytest.mark.rule("S-4", "P-1", "P-3")
def test_an_attended_parker_who_transfers_his_caller_onto_the_tone_gets_him_back():
    world = World(QUIET)
    world.drain()
    leg = world.call("*68102", PETER)
    world.becomes(leg, MUELLER)
    assert world.deeds() == [Answer(leg), dial(-1, "101", Party(MUELLER.number, "Abschaltung · Müller"))]


@pytest.mark.rule("S-4", "P-3")
@pytest.mark.parametrize("how", ["transferred", "display time"])
def test_an_attended_parker_who_holds_a_place_is_rung_as_soon_as_his_caller_is_parked(how):
    """S-4: everybody parked is rung at once, also who was just being parked."""
    world = World(QUIET)
    leg = world.call("*68102", PETER)
    world.drain()
    assert not is_over(world.state)
    world.ordered()
    if how == "transferred":
        world.becomes(leg, MUELLER)
    else:
        world.heard(leg)
        world.later(8.0)
    rung = [order.number for order in world.deeds() if isinstance(order, Dial)]
    assert rung == ["101"]


@pytest.mark.rule("S-4", "B-2", "B-5")
def test_a_key_that_was_armed_is_dark_and_none_can_be_armed():
    """S-4: the light would promise a place that nobody gets; the press is refused, not swallowed (B-7)."""
    world = World(QUIET)
    world.press(SHOP_KEYS["701"])
    world.ordered()
    world.later(1.0)
    world.drain()
    assert world.ordered() == [DRAINING, report(What.DISARMED, "701", by=Party("101"))]
    assert world.lamp(SHOP_KEYS["701"]) is Lamp.OFF
    world.press(SHOP_KEYS["702"])
    assert [order.what for order in world.ordered()] == [What.REFUSED]
    assert world.lamp(SHOP_KEYS["702"]) is Lamp.DOUBLE_BLINK
    world.park("701", "101")
    assert [order.what for order in world.ordered()] == [What.REFUSED]
    assert world.state.armed == {}


@pytest.mark.rule("S-4", "B-3")
def test_a_key_fetches_a_caller_as_ever():
    world, _ = draining()
    world.ordered()
    world.press(SHOP_KEYS["102"])
    assert world.deeds() == [dial(-2, "101", MUELLER, auto_answer=True)]
