"""Other rules while calls are parked: nobody is lost, and who waits on a place that is no more stays until he is taken."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.core import views
from appliance.core.events import Press
from appliance.core.ids import Party, Place, Seconds
from appliance.core.orders import Announce, Dial, Report, What
from appliance.core.rules import HuntRules, MemberRules, RecallMode, RecallRules, Rules
from appliance.core.state import Parked, Talking
from tests.core.timeline import (
    ANNA,
    BERG,
    FOR_ANNA,
    FOR_ORBIT,
    MUELLER,
    PETER,
    RECALL_ANNA,
    SHOP,
    SHOP_KEYS,
    World,
    announce,
    dial,
    extension,
    orbit,
    parked_for_anna,
    report,
    with_place,
    with_recall,
)


def without(number: str, base: Rules = SHOP) -> Rules:
    """The same shop without a place: no group lists it, and no key stands for it."""
    place = Place(number)
    groups = {
        name: replace(group, places=tuple(one for one in group.places if one != place))
        for name, group in base.groups.items()
    }
    panels = {
        name: replace(panel, keys={key: rule for key, rule in panel.keys.items() if rule.place != place})
        for name, panel in base.panels.items()
    }
    places = {one: rule for one, rule in base.places.items() if one != place}
    return replace(base, places=places, groups=groups, panels=panels)


def removed_under_mueller() -> World:
    world, _ = parked_for_anna()
    world.reload(without("102"))
    assert world.ordered() == []
    return world


def caller(world: World) -> int:
    (leg,) = [leg.id for leg in world.state.legs.values() if isinstance(leg.role, Parked)]
    return leg


@pytest.mark.rule("P-1", "P-5")
def test_who_waits_on_a_place_that_is_no_more_is_seen_and_nobody_else_is_parked_there() -> None:
    world = removed_under_mueller()
    seen = world.place("102")
    assert (seen.kind, seen.owner, seen.state, seen.caller) == ("removed", "Anna Schmidt", "parked", MUELLER)
    leg = world.call("*68102", BERG, by=PETER)
    assert world.ordered()[1] == report(What.REFUSED, None, leg, BERG, PETER, "Die Nummer 1 0 2 gibt es hier nicht.")
    world.park("102", "101")
    assert world.ordered() == [report(What.REFUSED, "102", detail="there is no place 102")]


@pytest.mark.rule("P-13", "P-18")
@pytest.mark.parametrize(
    "fetch",
    [
        lambda world: world.call("*88102", PETER),
        lambda world: world.call("*88", ANNA),
        lambda world: (world.retrieve("102", "103"), world.picked_up(min(world.legs))),
    ],
)
def test_he_can_be_fetched_as_before_and_then_the_place_is_gone(fetch: Callable[[World], object]) -> None:
    world = removed_under_mueller()
    fetch(world)
    assert What.RETRIEVED in [order.what for order in world.ordered() if isinstance(order, Report)]
    assert "102" not in [view.number for view in world_places(world)]
    world.later(11)
    world.ordered()
    world.call("*88102", ANNA)
    assert (
        report(What.REFUSED, None, max(world.legs), ANNA, ANNA, "Die Nummer 1 0 2 gibt es hier nicht.")
        in world.ordered()
    )


def world_places(world: World) -> tuple[views.PlaceView, ...]:
    return views.places(world.state, world.now, world.rules)


@pytest.mark.rule("P-14")
def test_an_orbit_that_is_no_more_is_dialled_as_before_until_it_is_empty() -> None:
    world = World()
    world.call("701", MUELLER, by=PETER)
    world.reload(without("701"))
    world.ordered()
    taker = world.call("701", ANNA)
    assert report(What.RETRIEVED, "701", 1, MUELLER, ANNA, "code") in world.ordered()
    assert isinstance(world.state.legs[taker].role, Talking)
    world.call("701", BERG, by=PETER)
    assert any(order == report(What.REFUSED, None, 3, BERG, PETER, order.detail) for order in world.ordered()[1:2])


@pytest.mark.rule("A-9", "P-19")
def test_he_is_announced_and_recalled_as_before() -> None:
    world, _ = parked_for_anna(with_place(SHOP, "102", recall_after=Seconds(60)))
    world.reload(without("102", world.rules))
    world.page_ended(1)
    world.at(20)
    assert world.ordered() == [announce(2, FOR_ANNA)]
    world.page_ended(2)
    world.at(60)
    assert dial(-1, "101", RECALL_ANNA) in world.ordered()


@pytest.mark.rule("P-19")
def test_a_group_that_is_no_more_leaves_its_calls_to_the_sites_timers() -> None:
    short = replace(
        SHOP.groups["Verkauf"], recall=RecallRules(after=Seconds(30), mode=RecallMode.ALTERNATE, alternate="9")
    )
    world = World(replace(SHOP, groups={**SHOP.groups, "Verkauf": short}))
    world.call("*58", MUELLER, by=PETER)
    world.reload(replace(SHOP, groups={"Werkstatt": SHOP.groups["Werkstatt"]}))
    world.page_ended(1)
    world.ordered()
    world.at(30)  # as it was told when he was parked: to the parker, as the site says
    assert [order.number for order in world.ordered() if isinstance(order, Dial)] == ["101"]


@pytest.mark.rule("A-7")
def test_a_new_name_is_said_from_the_next_time_on() -> None:
    world, _ = parked_for_anna()
    world.reload(with_place(SHOP, "102", spoken="Frau Schmidt"))
    world.page_ended(1)
    world.at(20)
    assert world.ordered() == [announce(2, "Ein Anruf für Frau Schmidt, geparkt auf 1 0 2.")]


@pytest.mark.rule("A-7")
def test_a_zone_that_comes_later_is_not_said_for_who_waits_but_a_long_press_says_it() -> None:
    world = World(with_place(SHOP, "701", zone=""))
    world.call("701", MUELLER, by=PETER)
    assert not [order for order in world.ordered() if isinstance(order, Announce)]
    world.reload(SHOP)
    world.at(40)
    assert world.ordered() == []
    world.press(SHOP_KEYS["701"], Press.LONG)
    assert world.ordered() == [announce(1, FOR_ORBIT.format(place="7 0 1"))]


@pytest.mark.rule("P-14")
def test_a_new_place_is_parked_on_at_once() -> None:
    world = World()
    world.reload(replace(SHOP, places={**SHOP.places, Place("709"): orbit("709")}))
    world.call("709", MUELLER, by=PETER)
    assert world.place("709").state == "parked"


@pytest.mark.rule("P-3")
def test_a_parker_who_was_promised_a_place_that_is_no_more_gets_it() -> None:
    world = World()
    parker = world.call("*68102", PETER)
    world.reload(without("102"))
    world.becomes(parker, MUELLER)
    assert world.place("102").state == "parked"
    assert announce(1, FOR_ANNA) in world.ordered()


@pytest.mark.rule("B-2", "P-1")
def test_a_key_that_was_armed_for_a_place_that_is_no_more_keeps_the_caller() -> None:
    world = World()
    world.press(SHOP_KEYS["702"])
    world.reload(without("702"))
    leg = world.call("800", MUELLER, by=PETER)
    assert caller(world) == leg
    assert dial(-1, "101", replace(MUELLER, name="702 unbekannt · Müller")) in world.ordered()


@pytest.mark.rule("B-7")
def test_a_panel_that_is_no_more_lights_nothing_and_a_call_that_it_fetched_goes_on() -> None:
    world, _ = parked_for_anna()
    world.later(1)
    world.press(SHOP_KEYS["102"])
    ringing = min(world.legs)
    world.reload(replace(SHOP, panels={}))
    world.press(SHOP_KEYS["102"])
    world.picked_up(ringing)
    assert report(What.RETRIEVED, "102", 1, MUELLER, Party("101"), "fetch") in world.ordered()


@pytest.mark.rule("S-2")
def test_after_a_crash_who_waits_on_a_place_that_is_no_more_comes_back_and_can_be_fetched() -> None:
    world = removed_under_mueller()
    later = world.crash(1.0, given=without("102"), registered=True)
    assert later.place("102").state == "coming_back"
    later.at(later.now + 1)
    later.picked_up(caller(later))
    later.ordered()
    later.call("*88102", PETER)
    assert world_places(later)[-1].number != "102"


PLACES = [extension("101", "Peter"), extension("102", "Anna", recall_after=Seconds(30)), orbit("701"), orbit("702")]


@st.composite
def shops(draw: st.DrawFn) -> Rules:
    """Any rules that a file could give: what groups and keys name is there."""
    places = {place.number: place for place in draw(st.lists(st.sampled_from(PLACES), unique=True))}
    groups = {
        name: replace(group, places=tuple(one for one in group.places if one in places))
        for name, group in SHOP.groups.items()
        if draw(st.booleans())
    }
    panels = {name: panel for name, panel in SHOP.panels.items() if draw(st.booleans())}
    hunt = HuntRules("850", "Telefon", (MemberRules("103"),), forward=draw(st.sampled_from(["", "9", "850"])))
    mode = draw(st.sampled_from(RecallMode))
    base = with_recall(SHOP, mode=mode, alternate=draw(st.sampled_from(["", "9", "850"])), rounds=2)
    return replace(
        base,
        places=places,
        groups=groups,
        panels=panels,
        hunts={"850": hunt} if draw(st.booleans()) else {},
        comfort=draw(st.sampled_from(["", "Bitte warten."])),
        exit_key=draw(st.sampled_from(["", "0"])),
        exit_to=draw(st.sampled_from(["", "850"])),
    )


def something(world: World, doing: str) -> None:  # noqa: C901, PLR0912 - a table: one case for each doing
    match doing:
        case "blind":
            world.call("*68102", MUELLER, by=PETER)
        case "group":
            world.call("*58", MUELLER, by=PETER)
        case "hunted":
            world.call("850", MUELLER)
        case "attended":
            world.becomes(world.call("*68701", PETER), BERG)
        case "waits":
            world.later(20)
        case "waits longer":
            world.later(61)
        case "key":
            world.press(SHOP_KEYS["701"])
        case "fetch":
            world.retrieve("102", "103")
        case "exit":
            for leg in [leg for leg in world.legs if leg > 0]:
                world.digits(leg, "0")
        case "unanswered":
            for leg in [leg for leg in world.legs if leg < 0]:
                world.ended(leg, 486)
        case "page":
            for order in world.ordered():
                if isinstance(order, Announce):
                    world.page_ended(order.page)


DOINGS = ["blind", "group", "hunted", "attended", "waits", "waits longer", "key", "fetch", "exit", "unanswered", "page"]


@pytest.mark.rule("P-1", "P-27")
@settings(max_examples=150)
@given(st.lists(st.tuples(shops(), st.lists(st.sampled_from(DOINGS), max_size=5)), min_size=2, max_size=5))
def test_whatever_changes_while_calls_are_parked_nobody_is_lost(story: list[tuple[Rules, list[str]]]) -> None:
    """P-1, P-27: no caller is hung up on, each is still seen where he is, and something is due for each."""
    world = World(story[0][0])
    for now, doings in story:
        waiting = {leg.id for leg in world.state.legs.values() if isinstance(leg.role, Parked)}
        world.reload(now)
        for doing in doings:
            something(world, doing)
        kept = {leg.id for leg in world.state.legs.values() if isinstance(leg.role, Parked)}
        assert waiting <= kept
        places = {leg.role.place for leg in world.state.legs.values() if isinstance(leg.role, Parked)}
        shown = {view.number for view in world_places(world) if view.state != "free"}
        assert {place for place in places if place is not None} <= shown
        for leg in world.legs:
            world.hears(leg)
