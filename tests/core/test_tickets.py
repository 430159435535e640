"""Every report about a caller who waits says which stay of his it is about, and how often he was announced (P-33)."""

from collections.abc import Callable

import pytest

from appliance.core.orders import Report, What
from appliance.core.state import Parked
from tests.core.timeline import BERG, MUELLER, PETER, SHOP, SHOP_KEYS, World, parked_for_anna, rules

ABOUT_A_CALLER = {
    What.PARKED,
    What.RINGING_BACK,
    What.FETCHING,
    What.RETRIEVED,
    What.RECALLED,
    What.HANDED_OVER,
    What.ABANDONED,
    What.LOBBY,
    What.LOST,
    What.COMING_BACK,
    What.BACK,
    What.REPEATED,
}


def recalled(world: World) -> None:
    world.at(47)
    world.picked_up(min(world.legs))


def fetched(world: World) -> None:
    world.retrieve("102", "103")
    world.ended(min(world.legs), 486)
    world.retrieve("102", "103")
    world.picked_up(min(world.legs))


def taken(world: World) -> None:
    world.call("*88102", PETER)


def handed_over(world: World) -> None:
    world.at(901)
    world.picked_up(min(world.legs))


def drained(world: World) -> None:
    world.drain()
    world.at(80)
    caller = next(leg.id for leg in world.state.legs.values() if isinstance(leg.role, Parked))
    world.released(caller, 202)


def abandoned(world: World) -> None:
    world.ended(min(leg for leg in world.legs if leg > 0))


def lost(world: World) -> None:
    world.ended(min(leg for leg in world.legs if leg > 0), 481)


@pytest.mark.rule("P-33")
@pytest.mark.parametrize(
    ("fate", "last"),
    [
        (recalled, What.RECALLED),
        (fetched, What.RETRIEVED),
        (taken, What.RETRIEVED),
        (handed_over, What.HANDED_OVER),
        (drained, What.HANDED_OVER),
        (abandoned, What.ABANDONED),
        (lost, What.LOST),
    ],
)
def test_whatever_becomes_of_a_caller_is_told_of_his_stay(fate: Callable[[World], None], last: What) -> None:
    world, _ = parked_for_anna()
    fate(world)
    told = _told(world)
    assert {one.ticket for one in told} == {1}
    assert last in [one.what for one in told]
    assert told[-1].announced >= 1


@pytest.mark.rule("P-33", "S-2")
@pytest.mark.parametrize("fate", [taken, abandoned, lost])
def test_after_a_crash_too_and_the_next_caller_has_another(fate: Callable[[World], None]) -> None:
    before, _ = parked_for_anna()
    world = before.crash(1.0, registered=True)
    (caller,) = world.legs
    world.at(world.now + 1)
    world.picked_up(caller)
    world.call("*68701", BERG, by=PETER)
    if fate is taken:
        taken(world)
    else:
        world.ended(caller, 481 if fate is lost else 200)
    told = _told(world)
    assert {one.ticket for one in told if one.caller == MUELLER} == {1}
    assert {one.ticket for one in told if one.caller == BERG} == {2}


@pytest.mark.rule("P-33", "P-5", "B-2")
def test_the_lobby_and_a_place_that_was_taken_are_stays_as_well() -> None:
    world = World(rules())
    world.call("800", MUELLER, by=PETER)
    world.call("*68999", BERG, by=PETER)
    told = [one for one in world.ordered() if isinstance(one, Report)]
    assert [(one.what, one.ticket) for one in told] == [
        (What.LOBBY, 1),
        (What.REFUSED, 2),
        (What.RINGING_BACK, 2),
    ]


def _told(world: World) -> list[Report]:
    return [one for one in world.ordered() if isinstance(one, Report) and one.what in ABOUT_A_CALLER]


@pytest.mark.rule("P-33", "B-2")
def test_who_gets_a_place_from_the_lobby_is_still_on_the_same_stay():
    world = World(SHOP)
    world.call("800", MUELLER, by=PETER)
    world.press(SHOP_KEYS["102"])
    told = [order for order in world.ordered() if isinstance(order, Report)]
    assert [order.what for order in told] == [What.LOBBY, What.PARKED]
    assert told[0].ticket == told[1].ticket is not None
