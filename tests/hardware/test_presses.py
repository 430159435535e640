"""Short, long, chord, stuck: what comes of keys that go down and up (B-4, B-7)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardware.presses import (
    Chord,
    Freed,
    Long,
    Presses,
    Short,
    Stuck,
    Timing,
    advance,
    begin,
    next_deadline,
    press,
    release,
)

TIMING = Timing()


class Keys:
    """Plays a timeline: each call returns what came of it."""

    def __init__(self, presses: Presses | None = None) -> None:
        self.presses = presses or Presses()

    def down(self, line, at):
        return self._told(press(self.presses, line, at, TIMING))

    def up(self, line, at):
        return self._told(release(self.presses, line, at, TIMING))

    def wait(self, until):
        return self._told(advance(self.presses, until, TIMING))

    def due(self):
        return next_deadline(self.presses, TIMING)

    def _told(self, told):
        self.presses, outcomes = told
        return list(outcomes)


@pytest.fixture
def keys() -> Keys:
    return Keys()


@pytest.mark.rule("B-4")
def test_the_seconds_of_the_specification():
    assert Timing(long=1.5, chord=3.0, stuck=60.0) == TIMING


@pytest.mark.rule("B-4")
def test_a_short_press_is_told_at_its_release(keys):
    assert keys.down("a", 10.0) == []
    assert keys.due() == 11.5
    assert keys.wait(11.4) == []
    assert keys.up("a", 11.4) == [Short("a")]
    assert keys.due() is None


@pytest.mark.rule("B-4")
def test_a_long_press_is_told_while_it_is_held_and_not_again_at_its_release(keys):
    keys.down("a", 10.0)
    assert keys.wait(11.5) == [Long("a")]
    assert keys.due() == 70.0
    assert keys.up("a", 12.0) == []


@pytest.mark.rule("B-4")
def test_a_press_held_for_exactly_the_time_is_long(keys):
    keys.down("a", 10.0)
    assert keys.up("a", 11.5) == [Long("a")]


def test_edges_that_are_stale_or_repeated_change_nothing(keys):
    assert keys.up("a", 9.0) == []
    keys.down("a", 10.0)
    assert keys.down("a", 10.5) == []
    assert keys.up("a", 11.0) == [Short("a")]
    assert keys.up("a", 11.1) == []


@pytest.mark.rule("B-7")
def test_a_stuck_key_is_told_once_and_ignored_until_it_is_released(keys):
    keys.down("a", 10.0)
    assert keys.wait(69.9) == [Long("a")]
    assert keys.wait(70.0) == [Stuck("a")]
    assert keys.due() is None
    assert keys.wait(7000.0) == []
    assert keys.up("a", 7001.0) == [Freed("a")]
    keys.down("a", 7002.0)
    assert keys.up("a", 7002.2) == [Short("a")]


@pytest.mark.rule("B-7")
def test_a_key_that_is_down_at_the_start_means_nothing_but_may_be_stuck():
    keys = Keys(begin(("a", "b"), 10.0))
    assert keys.wait(69.0) == []
    assert keys.up("b", 69.0) == []
    assert keys.wait(70.0) == [Stuck("a")]
    assert keys.up("a", 71.0) == [Freed("a")]


@pytest.mark.rule("B-7")
def test_two_keys_for_three_seconds_are_a_chord_and_nothing_else(keys):
    keys.down("a", 10.0)
    keys.down("b", 10.5)
    assert keys.due() == 13.5
    assert keys.wait(13.4) == []
    assert keys.wait(13.5) == [Chord(("a", "b"))]
    assert keys.up("a", 14.0) == []
    assert keys.up("b", 20.0) == []


@pytest.mark.rule("B-7")
def test_two_short_presses_that_overlap_are_two_short_presses(keys):
    keys.down("a", 10.0)
    keys.down("b", 10.1)
    assert keys.up("a", 10.2) == [Short("a")]
    assert keys.up("b", 10.3) == [Short("b")]


@pytest.mark.rule("B-7")
def test_a_broken_chord_swallows_no_press(keys):
    """One key let go too early is long by its own time, and so is the other, at once."""
    keys.down("a", 10.0)
    keys.down("b", 10.5)
    assert keys.up("a", 12.9) == [Long("a"), Long("b")]
    assert keys.up("b", 13.0) == []


@pytest.mark.rule("B-4", "B-7")
def test_a_key_held_for_exactly_the_time_is_long_beside_another_too(keys):
    keys.down("a", 10.0)
    keys.down("b", 11.0)
    assert keys.up("a", 11.5) == [Long("a")]
    assert keys.up("b", 12.0) == [Short("b")]


@pytest.mark.rule("B-7")
def test_the_other_key_of_a_broken_chord_waits_for_its_own_time(keys):
    keys.down("a", 10.0)
    keys.down("b", 11.4)
    assert keys.up("a", 11.6) == [Long("a")]
    assert keys.due() == pytest.approx(12.9)
    assert keys.up("b", 12.0) == [Short("b")]


@pytest.mark.rule("B-7")
def test_a_key_that_had_its_say_holds_no_other_back(keys):
    """Somebody speaks with the page key held, or a key is stuck: the other keys work as ever, and no chord comes of it."""
    keys.down("page", 10.0)
    assert keys.wait(12.0) == [Long("page")]
    keys.down("a", 12.0)
    assert keys.wait(16.0) == [Long("a")]
    assert keys.wait(70.0) == [Stuck("page")]


@pytest.mark.rule("B-7")
def test_three_keys_are_a_chord_of_all_that_are_down(keys):
    keys.down("a", 10.0)
    keys.down("b", 10.5)
    keys.down("c", 11.0)
    assert keys.wait(13.5) == [Chord(("a", "b", "c"))]


def test_what_was_due_long_ago_is_told_in_order(keys):
    keys.down("a", 10.0)
    assert keys.wait(100.0) == [Long("a"), Stuck("a")]


MOVES = st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 20_000)), max_size=25)
"""Keys and the time until each moves, in 1/128 s: sums of these are exact."""


def timeline(moves):
    at, down, told = 100.0, set(), []
    for line, gap in moves:
        at += gap / 128
        told.append((at, line, line not in down))
        down ^= {line}
    return told, sorted(down), at


@pytest.mark.rule("B-7")
@given(moves=MOVES, looks=st.lists(st.integers(0, 3000), max_size=30))
def test_what_comes_of_keys_does_not_depend_on_when_somebody_looks(moves, looks):
    told, _, end = timeline(moves)
    seldom, often = Keys(), Keys()
    rarely = [outcome for at, line, down in told for outcome in (seldom.down if down else seldom.up)(line, at)]
    rarely += seldom.wait(end + 100)
    busily = []
    steps = [(at, 1, line, down) for at, line, down in told] + [(100.0 + look, 0, "", False) for look in looks]
    for at, moved, line, down in sorted(steps, key=lambda step: step[:2]):
        busily += (often.down(line, at) if down else often.up(line, at)) if moved else often.wait(at)
    busily += often.wait(max(end + 100, 3200))
    assert busily == rarely


@pytest.mark.rule("B-4", "B-7")
@given(moves=MOVES)
def test_every_press_comes_to_exactly_one_thing(moves):
    """Short, long or part of a chord by the time it is released; stuck and freed exactly when it was held that long."""
    keys, since, said = Keys(), {}, dict.fromkeys("abc", 0)
    told, _, _ = timeline(moves)
    for at, line, down in told:
        outcomes = (keys.down if down else keys.up)(line, at)
        for outcome in outcomes:
            match outcome:
                case Short(each) | Long(each):
                    said[each] += 1
                case Chord(lines):
                    assert len(lines) >= 2
                    for each in lines:
                        said[each] += 1
                case Stuck(each):
                    assert at - since[each] >= 60
                case Freed(each):
                    assert (each, down) == (line, False)
        if down:
            since[line], said[line] = at, 0
        else:
            assert said[line] == 1
            assert (Freed(line) in outcomes) == (at - since.pop(line) >= 60)


@given(moves=MOVES)
def test_a_deadline_is_never_overdue(moves):
    keys = Keys()
    told, _, _ = timeline(moves)
    for at, line, down in told:
        (keys.down if down else keys.up)(line, at)
        due = keys.due()
        assert due is None or due > at
