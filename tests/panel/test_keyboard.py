"""Contacts and commands to presses, by timelines: late and bunched samples above all (B-4, B-7)."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.core.ids import KeyId
from appliance.panel.keyboard import Keyboard, KeyOutcome, virtual
from appliance.panel.port import KeyLines, PanelSettings, PanelWiring
from hardware.presses import Chord, Freed, Long, Short, Stuck

ONE, TWO = KeyId("counter", "1"), KeyId("counter", "2")
WIRING = PanelWiring((KeyLines(ONE, "a"), KeyLines(TWO, "b")))
WINDOW = 0.015625
"""1/64 s, so that sums of it are exact."""
SETTINGS = replace(PanelSettings(), debounce=WINDOW)
RELEASED = {"a": False, "b": False}


def keyboard(levels=RELEASED):
    return Keyboard(WIRING, SETTINGS, levels, 10.0)


def test_samples_that_come_in_one_late_bunch_are_worked_out_from_their_instants():
    """The loop was busy for ten seconds: a press, a long press and a bounce are told as they were."""
    keys = keyboard()
    told = []
    for at, active in [(20.0, True), (20.25, False), (22.0, True), (24.0, False), (25.0, True), (25.01, False)]:
        told += keys.sample("a", at, active=active)
    told += keys.advance(30.0)
    assert told == [KeyOutcome(ONE, Short("a")), KeyOutcome(ONE, Long("a"))]


def test_two_keys_in_one_late_bunch_come_in_the_order_in_which_they_moved():
    keys = keyboard()
    told = []
    for at, line, active in [(20.0, "b", True), (20.0625, "a", True), (20.25, "b", False), (20.5, "a", False)]:
        told += keys.sample(line, at, active=active)
    told += keys.advance(30.0)
    assert told == [KeyOutcome(TWO, Short("b")), KeyOutcome(ONE, Short("a"))]


@pytest.mark.rule("B-7")
def test_a_chord_is_told_with_the_first_of_its_keys():
    keys = keyboard()
    keys.sample("b", 20.0, active=True)
    keys.sample("a", 20.5, active=True)
    assert keys.next_deadline() == 20.0 + 0.5 + WINDOW
    keys.advance(20.0 + 0.5 + WINDOW)
    assert keys.next_deadline() == 23.5 + WINDOW
    assert keys.advance(23.5 + WINDOW) == [KeyOutcome(TWO, Chord(("b", "a")))]


def test_keys_that_moved_within_one_window_count_in_their_own_order():
    keys = keyboard()
    keys.sample("b", 20.0, active=True)
    keys.sample("a", 20.0078125, active=True)
    assert keys.advance(30.0) == [KeyOutcome(TWO, Chord(("b", "a")))]


@pytest.mark.rule("B-7")
def test_a_key_down_at_the_start_may_be_stuck_and_is_freed():
    keys = keyboard({"a": True, "b": False})
    assert keys.next_deadline() == 70.0
    assert keys.advance(70.0) == [KeyOutcome(ONE, Stuck("a"))]
    keys.sample("a", 80.0, active=False)
    assert keys.advance(80.0 + WINDOW) == [KeyOutcome(ONE, Freed("a"))]
    assert keys.next_deadline() is None


def test_a_command_is_held_for_its_time_without_debounce():
    keys = keyboard()
    assert keys.press(ONE, 0.001, 20.0) == []
    assert keys.next_deadline() == 20.001
    assert keys.advance(20.001) == [KeyOutcome(ONE, Short(virtual(ONE)))]


def test_contacts_that_differ_are_named_and_missing_ones_are_not():
    keys = keyboard()
    assert keys.differs({"a": True}) == ("a",)
    keys.sample("a", 20.0, active=True)
    assert keys.differs({"a": True, "b": False, "other": True}) == ()


@pytest.mark.rule("B-7")
@pytest.mark.parametrize("window", [0.0, 0.0049, 0.0501, -1.0])
def test_a_window_that_is_not_allowed_is_refused(window):
    with pytest.raises(ValueError, match=r"0\.005 to 0\.050"):
        Keyboard(WIRING, replace(SETTINGS, debounce=window), RELEASED, 0.0)


@pytest.mark.rule("B-4", "B-7")
@given(
    moves=st.lists(st.tuples(st.sampled_from("ab"), st.integers(1, 4000)), max_size=40),
    looks=st.lists(st.integers(0, 20_000), max_size=40),
)
def test_what_comes_of_keys_does_not_depend_on_when_somebody_looks(moves, looks):
    """Gaps and instants in 1/256 s: a quarter of the window, up to 16 s."""
    at, level, samples = 20.0, dict(RELEASED), []
    for line, gap in moves:
        at += gap / 256
        level[line] = not level[line]
        samples.append((at, 1, line, level[line]))
    end = max(at, 120.0) + 100.0
    seldom, often = keyboard(), keyboard()
    rarely = [each for at, _, line, active in samples for each in seldom.sample(line, at, active=active)]
    rarely += seldom.advance(end)
    steps = sorted([*samples, *((20.0 + look / 256, 0, "", False) for look in looks)], key=lambda step: step[:2])
    busily = []
    for at, is_sample, line, active in steps:
        busily += often.sample(line, at, active=active) if is_sample else often.advance(at)
    assert busily + often.advance(end) == rarely
