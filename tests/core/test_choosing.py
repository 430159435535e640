"""The retrieve code without a place: one's own extension, what one has parked, one's group, or a question (P-13)."""

from dataclasses import replace

import pytest

from appliance.core.hearing import Joined, Music
from appliance.core.ids import LegId
from appliance.core.orders import What
from tests.core.timeline import (
    ANNA,
    BERG,
    HIDDEN,
    JENS,
    MIA,
    MUELLER,
    PETER,
    SHOP,
    SHOP_KEYS,
    World,
    report,
    with_group,
)

ASK = "Welche Nebenstelle soll übernommen werden? Bitte eingeben und mit Raute abschließen."
ALONE = replace(SHOP, take_own_parked=False)
GROUPLESS = replace(SHOP, take_in_group=False)


def got(world: World, person, dialled: str = "*88") -> LegId | None:
    """Whom somebody gets who dials that; None: he is asked."""
    leg = world.call(dialled, person)
    hearing = world.hears(leg)
    if isinstance(hearing, Joined):
        return hearing.leg
    assert world.said(leg) == ASK
    return None


@pytest.mark.rule("P-13")
def test_ones_own_extension_comes_before_everything_else():
    world = World()
    world.call("*58", BERG, by=ANNA)
    world.at(5.0)
    own = world.call("*68102", MUELLER, by=PETER)
    assert got(world, ANNA) == own


@pytest.mark.rule("P-13")
def test_then_the_one_parked_longest_by_oneself():
    world = World()
    group = world.call("*58", BERG, by=ANNA)
    world.at(1.0)
    first = world.call("702", MUELLER, by=PETER)
    world.at(2.0)
    second = world.call("*68102", BERG, by=PETER)
    world.at(3.0)
    third = world.call("800", MUELLER, by=PETER)
    assert [got(world, PETER) for _ in range(4)] == [group, first, second, third]


@pytest.mark.rule("P-13")
def test_a_caller_in_the_lobby_was_parked_by_who_sent_him_there():
    world = World()
    lobby = world.call("800", MUELLER, by=MIA)
    assert got(world, JENS) is None
    assert got(world, MIA) == lobby


@pytest.mark.rule("P-13", "P-5")
def test_a_caller_with_whom_the_parker_is_being_rung_back_is_his_as_well():
    world = World()
    world.call("*68102", BERG, by=PETER)
    refused = world.call("*68102", MUELLER, by=MIA)
    world.ordered()
    assert got(world, MIA) == refused
    assert world.ordered()[1] == report(What.RETRIEVED, None, refused, MUELLER, MIA, "code")


@pytest.mark.rule("P-13")
def test_then_the_one_that_waits_longest_in_ones_group():
    world = World()
    first = world.call("*582", MUELLER, by=MIA)
    world.at(1.0)
    second = world.call("*582", BERG, by=MIA)
    assert [got(world, JENS) for _ in range(3)] == [first, second, None]


@pytest.mark.rule("P-13")
def test_in_the_group_a_call_on_a_colleagues_extension_is_his_as_long_as_another_waits():
    world = World()
    annas = world.call("*68102", MUELLER, by=MIA)
    world.at(1.0)
    groups = world.call("*58", BERG, by=ANNA)
    assert [got(world, JENS) for _ in range(2)] == [groups, annas]


@pytest.mark.rule("P-13")
def test_an_orbit_of_ones_group_is_everybodys():
    world = World()
    orbit = world.call("701", MUELLER, by=PETER)
    assert got(world, ANNA) is None
    assert got(world, MIA) == orbit


@pytest.mark.rule("P-13")
def test_a_group_that_is_not_ones_own_is_none_of_ones_business():
    world = World()
    leg = world.call("*58", MUELLER, by=PETER)
    assert got(world, MIA) is None
    assert world.hears(leg) == Music("default")


@pytest.mark.rule("P-13")
def test_who_may_park_to_a_group_belongs_to_it():
    world = World(with_group(SHOP, "Verkauf", parkers=frozenset({"104"})))
    leg = world.call("*58", MUELLER, by=PETER)
    assert got(world, MIA) == leg


@pytest.mark.rule("P-13")
def test_each_step_can_be_switched_off():
    world = World(ALONE)
    world.call("800", MUELLER, by=MIA)
    assert got(world, MIA) is None
    group = world.call("*582", BERG, by=JENS)
    assert got(world, MIA) == group
    world = World(GROUPLESS)
    leg = world.call("*582", BERG, by=JENS)
    assert got(world, MIA) is None
    assert got(world, JENS) == leg


@pytest.mark.rule("P-13")
def test_with_the_hash_it_is_ones_own_extension_and_no_other():
    world = World()
    leg = world.call("702", MUELLER, by=PETER)
    peter = world.call("*88#", PETER)
    assert world.said(peter) == "Auf 1 0 1 ist kein Anruf geparkt."
    assert world.hears(leg) == Music("default")


@pytest.mark.rule("P-13")
def test_who_hides_his_number_gets_nothing_that_others_have_parked_who_hide():
    world = World()
    world.call("702", MUELLER, by=HIDDEN)
    assert got(world, HIDDEN) is None


@pytest.mark.rule("P-13", "P-15")
def test_a_call_that_somebody_else_has_dialled_for_is_passed_over():
    world = World()
    first = world.call("*582", MUELLER, by=MIA)
    world.at(1.0)
    second = world.call("*582", BERG, by=MIA)
    jens = world.arrive("*88", JENS)
    mia = world.call("*88", MIA)
    assert world.hears(mia) == Joined(second)
    world.answered(jens)
    assert world.hears(jens) == Joined(first)


@pytest.mark.rule("P-15")
def test_ones_own_call_that_somebody_else_has_dialled_for_is_his():
    world = World()
    world.call("*68102", MUELLER, by=PETER)
    world.arrive("*88102", JENS)
    anna = world.call("*88", ANNA)
    assert world.said(anna) == "Den Anruf hat schon Jens Wolf übernommen."


@pytest.mark.rule("P-13", "S-2")
def test_a_call_that_is_coming_back_is_given_when_it_is_back():
    world = World()
    world.call("702", MUELLER, by=PETER)
    again = world.crash(down=2.0, registered=True)
    peter = again.call("*88", PETER)
    assert again.hears(peter) == Music("default")
    back = again.leg(1)
    again.picked_up(back)
    assert again.hears(peter) == Joined(back)


@pytest.mark.rule("P-13", "B-3")
def test_a_key_takes_what_is_on_its_place_and_nothing_else():
    world = World()
    world.call("702", MUELLER, by=PETER)
    world.later(2.0)
    world.ordered()
    world.press(SHOP_KEYS["701"])
    assert [order.what for order in world.ordered()] == [What.ARMED]
