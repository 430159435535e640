"""A contact that bounces gives one edge; a level that lasts is never lost (B-7)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardware.debounce import DEFAULT, LONGEST, SHORTEST, Contact, Stable, advance, next_deadline, sample

WINDOW = 15.0
"""Whole numbers stand for milliseconds here: their sums are exact, so that instants may be compared for equality."""

pytestmark = pytest.mark.rule("B-7")


def edges(samples, looks=()):
    """All edges of a contact: `samples` are (at, raw) in order, `looks` instants when time is let pass besides."""
    contact, told = Contact(), []
    steps = sorted([(at, 1, raw) for at, raw in samples] + [(at, 0, False) for at in looks], key=lambda step: step[:2])
    for at, is_sample, raw in steps:
        contact, edge = sample(contact, raw, at, WINDOW) if is_sample else advance(contact, at, WINDOW)
        told.append(edge)
    _, edge = advance(contact, float("inf"), WINDOW)
    return [edge for edge in [*told, edge] if edge is not None]


def test_the_windows_that_are_allowed():
    assert (SHORTEST, DEFAULT, LONGEST) == (0.005, 0.015, 0.050)


def test_a_clean_press_and_release_each_count_when_they_were_still_for_the_window():
    assert edges([(100.0, True), (200.0, False)]) == [Stable(level=True, at=115.0), Stable(level=False, at=215.0)]


def test_bounces_start_the_window_anew():
    samples = [(100.0, True), (102.0, False), (103.0, True), (110.0, False), (111.0, True)]
    assert edges(samples) == [Stable(level=True, at=126.0)]


def test_a_spike_shorter_than_the_window_is_nothing():
    assert edges([(100.0, True), (114.0, False)]) == []


def test_a_level_that_lasted_exactly_the_window_counts():
    assert edges([(100.0, True), (115.0, False)]) == [Stable(level=True, at=115.0), Stable(level=False, at=130.0)]


def test_the_deadline_is_the_end_of_the_window_and_goes_when_the_contact_falls_back():
    contact, _ = sample(Contact(), True, 100.0, WINDOW)
    assert next_deadline(contact, WINDOW) == 115.0
    assert advance(contact, 114.9, WINDOW) == (contact, None)
    back, _ = sample(contact, False, 105.0, WINDOW)
    assert next_deadline(back, WINDOW) is None
    assert advance(back, 1000.0, WINDOW) == (back, None)


def test_the_same_level_again_does_not_start_the_window_anew():
    contact, _ = sample(Contact(), True, 100.0, WINDOW)
    assert sample(contact, True, 110.0, WINDOW) == (contact, None)


def test_a_sample_from_before_the_last_change_counts_as_at_the_change():
    contact, _ = sample(Contact(), True, 100.0, WINDOW)
    back, edge = sample(contact, False, 90.0, WINDOW)
    assert (back, edge) == (Contact(level=False, raw=False, since=100.0), None)


@given(gaps=st.lists(st.integers(1, 14), max_size=40), late=st.integers(0, 1000))
def test_a_bouncing_contact_gives_exactly_one_press(gaps, late):
    """Any number of bounces, each shorter than the window, then still: one edge, a window after the last bounce."""
    flips = [1000.0]
    for gap in gaps:
        flips.append(flips[-1] + gap)
    if len(flips) % 2 == 0:
        flips.append(flips[-1] + 1)
    samples = [(at, count % 2 == 0) for count, at in enumerate(flips)]
    assert edges(samples, looks=[flips[-1] + late]) == [Stable(level=True, at=flips[-1] + WINDOW)]


@given(
    durations=st.lists(st.integers(1, 60), max_size=30), looks=st.lists(st.integers(0, 2000).map(float), max_size=30)
)
def test_a_level_that_lasts_is_never_lost_however_rarely_somebody_looks(durations, looks):
    """The contact is down, up, down ... for these times: exactly those that last the window and are new count."""
    samples, expected, at, level, stable = [], [], 10.0, True, False
    for duration in [*durations, 60]:
        samples.append((at, level))
        if duration >= WINDOW and level != stable:
            stable = level
            expected.append(Stable(level, at + WINDOW))
        at, level = at + duration, not level
    samples.append((at, samples[-1][1]))
    assert edges(samples, looks) == expected
