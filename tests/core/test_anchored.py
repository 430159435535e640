"""A key parks the call that its station has through the box (B-2 a, P-31)."""

from dataclasses import replace

import pytest

from appliance.core.hearing import Joined, Music
from appliance.core.ids import LegId
from appliance.core.orders import Announce, Hangup, What
from appliance.core.rules import Policy, Rules
from appliance.core.state import Parked
from tests.core.hunting import GROUP, rung, shop, take, tidy
from tests.core.timeline import ANNA, BERG, MUELLER, PETER, SHOP, SHOP_KEYS, YARD_KEYS, World, report

REGULAR = shop(policy=Policy.REGULAR)


def anchor(given: Rules) -> Rules:
    """The same rules with an account whose pairs stay bridged."""
    return replace(given, accounts={**given.accounts, "pbx": replace(given.accounts["pbx"], release=False)})


def answered(given: Rules = REGULAR) -> tuple[World, LegId, LegId]:
    """Peter, 101, talks to Müller, who called the group."""
    world = World(given)
    leg = world.call(GROUP, MUELLER)
    member = take(world, "101")
    world.ordered()
    return world, leg, member


@pytest.mark.rule("B-2", "P-31")
def test_a_press_parks_the_call_at_once_and_releases_the_phone():
    world, leg, member = answered()
    world.press(SHOP_KEYS["701"])
    orders = world.ordered()
    assert orders[0] == Hangup(member)
    assert report(What.PARKED, "701", leg, MUELLER, replace(PETER, name="")) in orders
    assert any(isinstance(order, Announce) for order in orders)
    assert world.hears(leg) == Music("default")
    role = world.state.legs[leg].role
    assert isinstance(role, Parked)
    assert (role.parker.number, role.hunt) == ("101", None)


@pytest.mark.rule("B-2", "P-26")
def test_he_is_recalled_to_the_phone_that_parked_him():
    world, _, _ = answered()
    world.press(SHOP_KEYS["701"])
    tidy(world)
    world.later(45.0)
    assert rung(world) == ["101"]


@pytest.mark.rule("B-2")
def test_a_call_that_stays_in_the_box_because_the_account_says_so_is_parked_too():
    world = World(anchor(SHOP))
    leg = world.call("*68102", MUELLER, by=PETER)
    anna = world.call("*88", ANNA)
    assert world.hears(leg) == Joined(anna)
    world.press(YARD_KEYS["701"])
    assert world.place("701").parker == ANNA
    assert Hangup(anna) in world.ordered()


@pytest.mark.rule("B-2")
def test_a_call_that_the_pbx_would_not_release_is_parked_too():
    world = World(SHOP)
    leg = world.call("*68102", MUELLER, by=PETER)
    world.call("*88", ANNA)
    world.press(YARD_KEYS["701"])
    assert world.place("701").state == "free", "the PBX is joining them without us"
    world.released(leg, 603)
    world.press(YARD_KEYS["702"])
    assert world.place("702").parker == ANNA


@pytest.mark.rule("B-2")
def test_it_comes_before_the_lobby_and_before_an_armed_key():
    world = World(REGULAR)
    lobby = world.call("800", BERG, by=PETER)
    leg = world.call(GROUP, MUELLER)
    take(world, "101")
    world.press(SHOP_KEYS["701"])
    assert world.place("701").caller == MUELLER
    tidy(world)
    world.press(SHOP_KEYS["702"])
    assert world.place("702").caller == BERG
    assert {lobby, leg} <= world.legs


@pytest.mark.rule("B-2")
def test_a_key_that_was_armed_parks_and_is_armed_no_more():
    world = World(REGULAR)
    world.press(SHOP_KEYS["701"])
    world.call(GROUP, MUELLER)
    take(world, "101")
    world.press(SHOP_KEYS["701"])
    assert world.place("701").caller == MUELLER
    assert not world.state.armed


@pytest.mark.rule("B-2")
def test_another_stations_key_does_not_park_it():
    world, _, _ = answered()
    world.press(YARD_KEYS["701"])
    assert world.place("701").state == "free"
    assert world.state.armed


@pytest.mark.rule("B-2")
def test_a_command_parks_it_as_the_key_does():
    world, _, _ = answered()
    world.park("702", "101")
    assert world.place("702").caller == MUELLER


@pytest.mark.rule("B-2", "P-5")
def test_nothing_happens_to_the_call_on_a_place_that_is_taken():
    world, leg, member = answered()
    world.call("*68701", BERG, by=ANNA)
    world.press(SHOP_KEYS["701"])
    assert world.hears(leg) == Joined(member)


@pytest.mark.rule("P-29", "P-31")
def test_who_has_parked_his_call_is_free_for_the_next():
    world, _, member = answered()
    world.press(SHOP_KEYS["701"])
    world.ended(member)
    world.call(GROUP, BERG)
    assert rung(world) == ["101"]
