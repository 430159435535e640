import pytest

from appliance.core.events import AdapterFault
from appliance.errors import AdapterError
from appliance.pa.faults import Faults
from appliance.pa.lines import Lines
from appliance.pa.port import ZoneSettings
from hardware.sim import SimOutputs


@pytest.fixture
def rig():
    """Return lines, outputs and the events they cause; two zones share the line amp."""
    zones = (ZoneSettings("shop", relay="amp"), ZoneSettings("yard", relay="amp"), ZoneSettings("bare"))
    events, outputs = [], SimOutputs(["amp"])
    return Lines(zones, outputs, Faults(events.append)), outputs, events


def test_a_shared_line_is_closed_while_any_zone_wants_it(rig):
    lines, outputs, _ = rig
    for zone, closed, expected in [("shop", 1, 1), ("yard", 1, 1), ("shop", 0, 1), ("shop", 0, 1), ("yard", 0, 0)]:
        lines.move(zone, closed=bool(closed))
        assert outputs.levels()["amp"] == bool(expected)
    assert len(outputs.history) == 2


def test_a_zone_without_a_relay_is_never_closed(rig):
    lines, outputs, _ = rig
    lines.move("bare", closed=True)
    assert not lines.closed("bare")
    assert outputs.history == ()


@pytest.mark.rule("A-2")
def test_a_relay_that_does_not_open_is_a_fault_and_is_tried_until_it_does(rig):
    lines, outputs, events = rig
    lines.move("shop", closed=True)
    outputs.unplug()
    lines.move("shop", closed=False)
    lines.retry()
    assert [event.adapter for event in events] == ["pa.shop.relay", "pa.yard.relay"]
    assert "cannot be opened" in events[0].detail
    outputs.plug()
    lines.retry()
    assert not outputs.levels()["amp"]
    assert events[2:] == [AdapterFault("pa.shop.relay", ""), AdapterFault("pa.yard.relay", "")]


@pytest.mark.rule("A-2")
def test_at_the_start_every_relay_is_driven_off(rig):
    lines, outputs, _ = rig
    outputs.write("amp", active=True)
    lines.reset()
    assert not outputs.levels()["amp"]


def test_a_line_that_is_not_wired_is_an_error_at_the_start():
    lines = Lines((ZoneSettings("shop", relay="horn"),), SimOutputs(["amp"]), Faults(lambda _: None))
    with pytest.raises(AdapterError, match="relay horn is not wired"):
        lines.reset()
