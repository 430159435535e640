"""What every back end promises of its lines: one suite, over the pins (gpiozero's mock underneath) and the simulator."""

import logging
import time
from collections.abc import Iterator

import pytest

from hardware.ports import Edge
from tests.hardware.rigs import LINES, InputRig, OutputRig, gpio_inputs, gpio_outputs, sim_inputs, sim_outputs


@pytest.fixture(params=[gpio_inputs, sim_inputs], ids=["gpio", "sim"])
def rig(request) -> Iterator[InputRig]:
    made = request.param()
    yield made
    made.inputs.close()


@pytest.fixture(params=[gpio_outputs, sim_outputs], ids=["gpio", "sim"])
def lamps(request) -> Iterator[OutputRig]:
    made = request.param()
    yield made
    made.outputs.close()


def told(edges: list[Edge]) -> list[tuple[str, bool]]:
    return [(edge.line, edge.active) for edge in edges]


@pytest.mark.rule("B-9")
def test_levels_are_logical_however_the_contact_is_wired(rig):
    assert rig.inputs.levels() == dict.fromkeys(LINES, False)
    for line in LINES:
        rig.move(line, True)
    assert rig.inputs.levels() == dict.fromkeys(LINES, True)


@pytest.mark.rule("B-9")
@pytest.mark.parametrize("line", LINES)
def test_every_change_is_told_once_with_its_instant(rig, line):
    edges: list[Edge] = []
    rig.inputs.listen(edges.append)
    before = time.monotonic()
    for active in (True, True, False, True):
        rig.move(line, active)
    after = time.monotonic()
    assert told(edges) == [(line, True), (line, False), (line, True)]
    instants = [edge.at for edge in edges]
    assert instants == sorted(instants)
    assert before - 0.001 <= instants[0]
    assert instants[-1] <= after + 0.001


def test_everybody_who_listens_is_told(rig):
    first, second = [], []
    rig.inputs.listen(first.append)
    rig.move("driven", True)
    rig.inputs.listen(second.append)
    rig.move("driven", False)
    assert told(first) == [("driven", True), ("driven", False)]
    assert told(second) == [("driven", False)]


def test_a_callback_that_raises_silences_neither_the_others_nor_the_next_edge(rig, caplog):
    """One thread tells all edges: an exception that reached it would be the end of every key."""

    def broken(edge: Edge) -> None:
        raise ZeroDivisionError(edge.line)

    edges: list[Edge] = []
    rig.inputs.listen(broken)
    rig.inputs.listen(edges.append)
    with caplog.at_level(logging.ERROR):
        rig.move("to ground", True)
        rig.move("driven", True)
    assert told(edges) == [("to ground", True), ("driven", True)]
    assert [record.exc_info[0] for record in caplog.records] == [ZeroDivisionError, ZeroDivisionError]


def test_closed_inputs_tell_nothing_and_everything_else_does_nothing(rig):
    edges: list[Edge] = []
    rig.inputs.listen(edges.append)
    rig.inputs.close()
    rig.inputs.close()
    rig.inputs.listen(edges.append)
    rig.move("driven", True)
    assert rig.inputs.levels() == {}
    assert edges == []


@pytest.mark.rule("A-2")
@pytest.mark.parametrize("line", ["lamp", "relay", "active low"])
def test_opening_lines_never_drives_one_active(lamps, line):
    assert lamps.passed(line) == [False]
    assert not lamps.levels()[line]


def test_a_line_follows_what_is_written_and_no_other_moves(lamps):
    lamps.outputs.write("active low", active=True)
    lamps.outputs.write("lamp", active=True)
    assert lamps.levels() == {"lamp": True, "relay": False, "active low": True}
    lamps.outputs.write("lamp", active=False)
    lamps.outputs.write("lamp", active=False)
    assert lamps.levels() == {"lamp": False, "relay": False, "active low": True}
    assert lamps.passed("lamp") == [False, True, False]


def test_a_line_that_is_not_wired_is_a_mistake_of_ours(lamps):
    with pytest.raises(KeyError, match="bell"):
        lamps.outputs.write("bell", active=True)
    lamps.outputs.close()
    with pytest.raises(KeyError, match="bell"):
        lamps.outputs.write("bell", active=True)


@pytest.mark.rule("A-2")
def test_closing_drives_every_line_inactive_and_later_calls_do_nothing(lamps):
    for line in ("lamp", "relay", "active low"):
        lamps.outputs.write(line, active=True)
    lamps.outputs.close()
    lamps.outputs.close()
    lamps.outputs.write("relay", active=True)
    assert [lamps.passed(line) for line in ("lamp", "relay")] == [[False, True, False]] * 2
    assert lamps.passed("active low")[:3] == [False, True, False]
