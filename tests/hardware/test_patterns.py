"""What a lamp shows, as a level in time (B-5)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardware import patterns
from hardware.patterns import CADENCES, Pattern, Shown, shown

MOVING = [pattern for pattern in Pattern if pattern in CADENCES]

pytestmark = pytest.mark.rule("B-5")


def flashes(pattern, seconds, began=1000.0):
    """Every change in the first seconds as (seconds since the beginning, lit)."""
    told, now = [], began
    while now < began + seconds:
        state = shown(pattern, began, now)
        told.append((round(now - began, 6), state.lit))
        if state.until is None:
            break
        now = state.until
    return told


def test_still_patterns_never_change():
    assert shown(Pattern.OFF, 5.0, 7.0) == Shown(lit=False, until=None)
    assert shown(Pattern.STEADY, 5.0, 7.0) == Shown(lit=True, until=None)


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        (Pattern.SLOW, [(0, True), (0.5, False), (1, True), (1.5, False)]),
        (Pattern.DOUBLE_BLINK, [(0, True), (0.1, False), (0.2, True), (0.3, False), (1, True), (1.1, False)]),
        (Pattern.DOUBLE_SLOW, [(0, True), (0.25, False), (0.5, True), (0.75, False)]),
        (Pattern.HEARTBEAT, [(0, True), (0.1, False)]),
        (Pattern.TWO_SHORT, [(0, True), (0.1, False), (0.3, True), (0.4, False)]),
    ],
)
def test_cadences(pattern, expected):
    seconds = {Pattern.DOUBLE_BLINK: 1.2}.get(pattern, 2.0)
    assert flashes(pattern, seconds) == expected


def test_faster_means_more_urgent():
    per_second = {pattern: sum(lit for _, lit in flashes(pattern, 1.0)) for pattern in Pattern}
    assert per_second[Pattern.SLOW] == 1
    assert per_second[Pattern.MEDIUM] == 2
    assert per_second[Pattern.FAST] == 4
    assert per_second[Pattern.FLICKER] == 10


def test_no_two_patterns_look_alike_and_each_has_its_row_in_the_table():
    assert len(set(CADENCES.values())) == len(CADENCES)
    assert set(Pattern) - set(CADENCES) == {Pattern.OFF, Pattern.STEADY}
    rows = {words[0]: words for line in (patterns.__doc__ or "").splitlines() if (words := line.split())}
    for pattern in Pattern:
        cadence = [f"{seconds:g}" for seconds in CADENCES.get(pattern, ())] or ["-"]
        assert rows[pattern.name][1 : 1 + len(cadence)] == cadence


def test_a_change_is_seen_at_once_and_an_earlier_instant_counts_as_the_beginning():
    for pattern in MOVING:
        assert shown(pattern, 10.0, 10.0).lit
        assert shown(pattern, 10.0, 9.0).lit


@given(
    pattern=st.sampled_from(MOVING),
    began=st.floats(0, 1e7, allow_nan=False),
    elapsed=st.floats(0, 1e6, allow_nan=False),
)
def test_the_next_change_is_ahead_and_the_level_does_change_there(pattern, began, elapsed):
    now = began + elapsed
    state = shown(pattern, began, now)
    assert state.until is not None
    assert now < state.until <= now + sum(CADENCES[pattern]) + 1e-6
    after = shown(pattern, began, state.until)
    assert after.lit is not state.lit
    assert after.until is not None
    assert after.until > state.until
