"""S-11: what the flight recorder keeps, and how much."""

import dataclasses
import gc
import sys
import tracemalloc
from dataclasses import replace
from datetime import timedelta, timezone

from appliance import recorder
from appliance.core.events import AdapterFault, IdentityChanged, LegEnded
from appliance.core.ids import LegId, Party, Seconds
from appliance.core.orders import Dial, Hangup, Report
from appliance.core.state import State
from appliance.recorder import MOST_SEGMENTS, MOST_STEPS, Recorder
from tests.core.timeline import MUELLER, PETER, SHOP
from tests.flights import NOON, RecordedWorld, crowd

STALE = LegEnded(LegId(99), 200)
OURS = [tracemalloc.Filter(True, module.__file__) for module in (recorder, dataclasses, sys.modules[__name__])]
"""Where the memory of a recorder is taken. Other threads of the tests take some too: a loudspeaker's recording grows by 30 MB."""


def nows(flight) -> list[float]:
    return [step.now for segment in flight.segments for step in segment.steps]


def test_each_step_is_kept_with_what_it_was_given_and_what_it_ordered():
    """S-11: (now, event, orders)."""
    world = RecordedWorld()
    world.later(2)
    leg = world.call("*68102", MUELLER, by=PETER)
    orders = world.ordered()
    (segment,) = world.flight().segments
    registered, arrived, answered = segment.steps
    assert segment.state == State()
    assert segment.rules is SHOP
    assert (registered.now, registered.orders) == (0, ())
    assert (arrived.now, arrived.event.leg, answered.now, answered.event.leg) == (2, leg, 2, leg)
    assert [*arrived.orders, *answered.orders] == orders
    assert world.flight().end is world.state


def test_time_alone_is_kept_only_when_something_came_of_it():
    world = RecordedWorld()
    world.call("*68102", MUELLER, by=PETER)
    before = len(nows(world.flight()))
    world.at(29)
    assert len(nows(world.flight())) == before
    world.at(45)
    alone = [step for segment in world.flight().segments for step in segment.steps if step.event is None]
    assert [step.now for step in alone] == [30, 45]
    assert [type(order) for order in alone[1].orders] == [Report, Dial]


def test_an_event_that_changes_nothing_is_kept():
    world = RecordedWorld()
    world.tell(STALE)
    assert world.flight().segments[0].steps[-1].event == STALE


def test_ten_to_eleven_minutes_are_kept():
    """S-11: the last 10 minutes."""
    world = RecordedWorld()
    for second in range(1, 3000):
        world.at(second)
        world.tell(STALE)
        assert min(second, 600) <= second - nows(world.flight())[0] <= 660
    assert nows(world.flight()) == sorted(nows(world.flight()))


def test_what_came_last_before_a_long_silence_stays():
    world = RecordedWorld()
    world.tell(STALE)
    world.at(5000)
    world.tell(STALE)
    assert nows(world.flight()) == [0, 0, 5000]
    world.at(5601)
    world.tell(STALE)
    assert nows(world.flight()) == [5000, 5601]


def test_a_segment_goes_on_from_the_one_before():
    world = RecordedWorld()
    for minute in range(3):
        world.at(61 * minute)
        world.tell(AdapterFault("sound", f"broken for the {minute}th time"))
    first, second, third = world.flight().segments
    assert [first.follows, second.follows, third.follows] == [False, True, True]
    assert third.state.faults == {"sound": "broken for the 1th time"}


def test_other_rules_begin_a_segment():
    world = RecordedWorld()
    world.rules = replace(SHOP, last_resort="104")
    world.tell(STALE)
    before, after = world.flight().segments
    assert (before.rules.last_resort, after.rules.last_resort, after.follows) == ("100", "104", True)


def test_a_state_from_elsewhere_begins_a_segment_that_does_not_follow():
    world = RecordedWorld()
    world.state = State()
    world.tell(STALE)
    assert [segment.follows for segment in world.flight().segments] == [False, False]


def test_a_step_that_raised_is_the_last_one():
    """S-11: the fault's own step is in what is written out on a fault."""
    world = RecordedWorld()
    world.recorder.failed(Seconds(1), STALE, world.state, SHOP, KeyError(99))
    flight = world.flight()
    step = flight.segments[0].steps[-1]
    assert (step.event, step.orders, step.raised) == (STALE, (), "KeyError: 99")
    assert flight.end is world.state


def test_a_storm_does_not_eat_the_ram():
    """S-11: the oldest go, whole segments at a time; the newest stay, without a gap."""
    held = Recorder("")
    state = State()
    for step in range(100_000):
        held.stepped(Seconds(step / 10_000), STALE, state, state, (), SHOP)
    flight = held.snapshot(Seconds(10), NOON)
    assert MOST_STEPS - recorder.SEGMENT_STEPS <= len(nows(flight)) <= MOST_STEPS
    assert nows(flight) == [step / 10_000 for step in range(100_000 - len(nows(flight)), 100_000)]


def test_a_storm_of_settings_does_not_eat_the_ram():
    held = Recorder("")
    state = State()
    for step in range(1000):
        held.stepped(Seconds(step / 100), STALE, state, state, (), replace(SHOP))
    assert len(held.snapshot(Seconds(10), NOON).segments) == MOST_SEGMENTS


def test_ten_thousand_steps_with_two_hundred_callers_take_little():
    """S-11: one state for each segment is kept, not one for each step; 4 MB when this was written, 100 with every state."""
    held = Recorder("")
    state = crowd(200).state
    tracemalloc.start()
    try:
        for step in range(10_000):
            leg = state.legs[LegId(step % 200 + 1)]
            event = IdentityChanged(leg.id, Party(str(step)))
            after = replace(state, legs={**state.legs, leg.id: replace(leg, party=event.party)})
            held.stepped(Seconds(step / 50), event, state, after, (Hangup(leg.id),), SHOP)
            state = after
        gc.collect()
        taken = sum(trace.size for trace in tracemalloc.take_snapshot().filter_traces(OURS).traces)
    finally:
        tracemalloc.stop()
    flight = held.snapshot(Seconds(200), NOON)
    assert len(nows(flight)) == 10_000
    assert len(flight.segments) <= 5
    assert taken < 20e6


def test_a_snapshot_stays_as_it_is():
    world = RecordedWorld()
    flight = world.flight()
    world.tell(STALE)
    assert len(nows(flight)) == 1
    assert len(nows(world.flight())) == 2


def test_a_snapshot_tells_the_version_and_the_time_in_utc():
    berlin = NOON.astimezone(timezone(timedelta(hours=2)))
    flight = Recorder("1.2.3").snapshot(Seconds(7), berlin)
    assert (flight.version, flight.at, flight.now) == ("1.2.3", "2024-05-01T12:00:00+00:00", 7)
    assert (flight.segments, flight.end) == ((), None)
