"""Whose keys mean something: there, and nowhere else, tones in the sound are listened to (P-12)."""

from dataclasses import replace

import pytest

from appliance.core import views
from appliance.core.ids import LegId, Seconds
from tests.core.timeline import MUELLER, PETER, SHOP, World, parked_for_anna, with_place, with_recall

pytestmark = pytest.mark.rule("P-12")

QUIET = with_place(SHOP, "102", zone="")
FIRST = LegId(-1)


def listening(world):
    return views.listening(world.state, world.rules)


def test_whoever_is_asked_for_digits_is_listened_to_until_they_are_complete():
    world = World(QUIET)
    leg = world.call("*68", PETER)
    assert listening(world) == {leg}
    world.heard(leg)
    assert listening(world) == {leg}
    world.digits(leg, "10")
    assert listening(world) == {leg}
    world.digits(leg, "2")
    assert listening(world) == frozenset()


def test_whoever_dials_everything_is_not():
    world = World(QUIET)
    world.call("*68102", PETER)
    assert listening(world) == frozenset()


@pytest.mark.rule("P-25")
def test_whoever_is_to_show_that_he_is_a_person_is_listened_to():
    world, _ = parked_for_anna(QUIET)
    world.at(45.0)
    assert listening(world) == frozenset()
    world.answered(FIRST)
    assert listening(world) == {FIRST}
    world.digits(FIRST, "1")
    assert listening(world) == frozenset()


@pytest.mark.rule("P-11")
def test_a_parked_caller_is_listened_to_only_if_there_is_an_exit():
    world, _ = parked_for_anna(QUIET)
    assert listening(world) == frozenset()
    world, leg = parked_for_anna(replace(QUIET, exit_key="0"))
    assert listening(world) == {leg}


@pytest.mark.rule("P-11", "P-25")
@pytest.mark.parametrize("key", "0123456789*#")
def test_who_is_not_listened_to_changes_nothing_by_a_key(key):
    """In every moment of a call that is parked, rung back, and fetched."""
    world = World(with_recall(QUIET, after=Seconds(30)))
    steps = (
        lambda: world.call("*68102", MUELLER, by=PETER),
        lambda: world.at(31.0),
        lambda: world.later(5.0),
        lambda: world.answered(FIRST),
        lambda: world.call("*88", PETER),
        lambda: world.later(1.0),
    )
    for step in steps:
        step()
        for leg in set(world.state.legs) - listening(world):
            before = world.state
            world.digits(leg, key)
            assert world.state is before
