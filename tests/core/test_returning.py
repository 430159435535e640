"""Legs that an earlier process had: when they are taken over, and how a caller waits on (S-2, S-5)."""

from dataclasses import replace

import pytest

from appliance.core.engine import next_deadline
from appliance.core.events import DialogKnown, Recovered
from appliance.core.hearing import Music
from appliance.core.ids import LegId, Party, Seconds
from appliance.core.lamp import Lamp
from appliance.core.orders import Announce, Answer, Release, TakeOver, What
from appliance.core.state import Parked, Told
from tests.core.comeback import ANCHORED, CALLER, QUIET, back, comes_back
from tests.core.timeline import (
    ANNA,
    BERG,
    FOR_ANNA,
    JENS,
    MUELLER,
    PETER,
    RECALL_ANNA,
    SHOP,
    SHOP_KEYS,
    World,
    announce,
    dial,
    parked_for_anna,
    report,
    take_over,
    with_recall,
    withdraw,
)

MUSIC = Music("default")


# before he is back


@pytest.mark.rule("S-2", "B-5")
def test_until_the_account_is_registered_his_place_is_his_and_shows_that_he_is_coming_back():
    """S-2: the place is "coming back", the lamp double-slow; he is not asked for before the PBX knows us."""
    before, _ = parked_for_anna()
    world = before.crash(2.0)
    assert world.ordered() == [report(What.COMING_BACK, "102", CALLER, MUELLER, PETER)]
    assert world.place("102").state == "coming_back"
    assert (world.place("102").caller, world.place("102").since) == (MUELLER, 2.0)
    assert world.lamp(SHOP_KEYS["102"]) is Lamp.DOUBLE_SLOW
    assert next_deadline(world.state, world.rules) is None
    world.at(2000.0)
    assert world.ordered() == []


@pytest.mark.rule("S-2", "P-5")
def test_nobody_gets_the_place_of_one_who_is_coming_back():
    """S-5: none doubled. The next caller is treated as on any taken place."""
    before, _ = parked_for_anna()
    world = before.crash()
    world.ordered()
    jens = world.call("*68102", JENS)
    group = world.arrive("*581", PETER)
    assert world.deeds() == [Answer(jens), Answer(group)]
    assert isinstance(world.state.legs[jens].role, Told)
    assert world.said(group) == "Geparkt auf Leitung 1 0 1."


@pytest.mark.rule("S-2")
def test_an_empty_journal_is_an_ordinary_start():
    world = World(registered=False)
    state = world.state
    world.tell(Recovered(()))
    assert world.state is state
    assert world.ordered() == []


@pytest.mark.rule("S-2")
def test_registered_at_the_moment_of_the_start_he_is_asked_for_at_once():
    before, _ = parked_for_anna()
    world = World()
    world.ordered()
    world.tell(Recovered(tuple(before.journal.values())))
    assert world.ordered() == [
        report(What.COMING_BACK, "102", CALLER, MUELLER, PETER),
        take_over(CALLER, 1, MUELLER),
    ]


@pytest.mark.rule("S-2")
def test_each_account_brings_back_its_own():
    before, _ = parked_for_anna()
    before.call("*68103", BERG, by=PETER, account="trunk")
    world = before.crash(registered=True)
    world.at(10.0)
    assert world.deeds() == [take_over(-1, 1, MUELLER)]


@pytest.mark.rule("S-2")
def test_a_journal_that_is_read_twice_doubles_nobody():
    """S-5: none doubled. A stale event changes nothing (design 5.3)."""
    before, _ = parked_for_anna()
    legs = tuple(before.journal.values())
    world = World(registered=False)
    world.tell(Recovered(legs))
    state = world.state
    world.tell(Recovered(legs))
    assert world.state is state


# coming back


@pytest.mark.rule("S-2")
def test_back_he_hears_music_and_waits_as_before():
    world = comes_back()
    assert back(world) == [report(What.BACK, "102", CALLER, MUELLER)]
    assert world.hears(CALLER) == MUSIC
    assert world.lamp(SHOP_KEYS["102"]) is Lamp.SLOW
    assert world.place("102").state == "parked"
    anna = world.call("*88102", ANNA)
    assert world.ordered() == [
        Answer(anna),
        report(What.RETRIEVED, "102", CALLER, MUELLER, ANNA, "code"),
        Release(CALLER, anna),
    ]


@pytest.mark.rule("S-2")
def test_nothing_else_is_due_while_he_is_asked_for():
    world = comes_back(with_recall(SHOP, after=Seconds(30), longest=Seconds(60)))
    world.at(300.0)
    assert world.ordered() == []


@pytest.mark.rule("S-2", "S-5")
def test_twenty_a_second_those_who_talk_first_then_who_has_waited_longest():
    """S-2, S-5: "20 a second"; a hundred are asked for within five seconds."""
    shop = replace(ANCHORED, places={str(n): replace(SHOP.places["702"], number=str(n)) for n in range(200, 300)})
    before = World(shop)
    menu = before.call("800", ANNA)
    for number in range(200, 300):
        before.call(str(number), MUELLER, by=PETER)
        before.later(0.1)
    before.call("*88250", ANNA)
    before.call("*88210", JENS)
    assert menu == 1
    world = before.crash(3.0)
    world.ordered()
    world.registered(registered=True)
    begun = world.now
    world.at(begun + 10.0)
    asked = world.dated()
    calls = [order.dialog.call_id for _, order in asked]
    waiting = [f"call-{2 + n}" for n in range(100) if n not in {10, 50}]
    assert calls == ["call-102", "call-52", "call-103", "call-12", *waiting, "call-1"]
    assert [instant for instant, _ in asked] == pytest.approx([begun + n / 20 for n in range(103)])
    assert next_deadline(world.state, shop) is None


# his timers


@pytest.mark.rule("S-2", "P-19")
def test_his_recall_rings_when_it_would_have_rung():
    """S-2: "its timers go on from the wall time that passed"."""
    world = comes_back(QUIET)
    back(world)
    world.at(100.0)
    assert world.dated()[0] == (45.0, dial(-2, "101", RECALL_ANNA))


@pytest.mark.rule("S-2", "P-19")
def test_a_recall_that_came_due_meanwhile_rings_at_once():
    world = comes_back(QUIET, at=40.0, down=20.0)
    assert back(world) == [
        report(What.BACK, "102", CALLER, MUELLER),
        report(What.RINGING_BACK, "102", CALLER, MUELLER, Party("101"), "recall"),
        dial(-2, "101", RECALL_ANNA),
    ]


@pytest.mark.rule("S-2", "P-27")
def test_who_has_waited_longer_than_the_longest_goes_to_the_last_resort_at_once():
    world = comes_back(QUIET, at=1.0, down=2000.0)
    assert back(world)[1:] == [
        report(What.RINGING_BACK, "102", CALLER, MUELLER, Party("100"), "last_resort"),
        dial(-2, "100", RECALL_ANNA),
    ]


@pytest.mark.rule("S-2", "A-9")
def test_his_announcement_goes_on_but_is_not_said_again_at_once():
    """S-2: a hundred calls that come back must not be called out in one row."""
    world = comes_back(with_recall(SHOP, after=Seconds(300)))
    assert back(world) == [report(What.BACK, "102", CALLER, MUELLER)]
    for page in range(1, 5):
        world.later(20.0)
        world.page_ended(page)
    assert world.dated() == [(32.0 + 20.0 * n, announce(n + 1, FOR_ANNA)) for n in range(3)]


@pytest.mark.rule("S-2", "P-5")
def test_who_was_never_announced_is_not_announced_when_he_is_back():
    before = World()
    before.call("800", MUELLER, by=PETER)
    world = before.crash(registered=True)
    world.picked_up(CALLER)
    world.later(44.0)
    assert not [order for order in world.ordered() if isinstance(order, Announce)]


# what has changed in the meantime


@pytest.mark.rule("S-2", "P-1")
def test_a_place_that_is_no_longer_configured_still_has_its_caller():
    before, _ = parked_for_anna()
    places = {number: place for number, place in SHOP.places.items() if number != "102"}
    world = before.crash(2.0, replace(SHOP, places=places), registered=True)
    world.ordered()
    back(world)
    world.at(45.0)
    assert world.deeds() == [dial(-2, "101", RECALL_ANNA)]


@pytest.mark.rule("S-2", "P-3", "P-8")
def test_who_holds_a_place_that_is_no_longer_configured_is_told_so():
    before = World()
    before.call("*68102", PETER)
    places = {number: place for number, place in SHOP.places.items() if number != "102"}
    world = before.crash(2.0, replace(SHOP, places=places), registered=True)
    world.ordered()
    back(world)
    world.later(2.0)
    assert world.said(CALLER) == "Die Nummer 1 0 2 gibt es hier nicht."


@pytest.mark.rule("S-2", "P-18")
def test_a_panel_that_is_no_longer_configured_still_gets_its_caller():
    before, _ = parked_for_anna()
    before.at(1.0)
    before.press(SHOP_KEYS["102"])
    ringing = before.invited(LegId(-1))
    world = before.crash(2.0, replace(SHOP, panels={}), registered=True)
    assert world.deeds() == [withdraw(ringing), dial(-3, "101", MUELLER, auto_answer=True)]


# it happens again


@pytest.mark.rule("S-2", "S-5")
def test_a_second_crash_before_anybody_is_back_begins_again():
    for again in range(3):
        world, _ = parked_for_anna(QUIET)
        for _ in range(again):
            world = world.crash(1.0)
        world = world.crash(1.0, registered=True)
        assert world.ordered() == [
            report(What.COMING_BACK, "102", CALLER, MUELLER, PETER),
            take_over(CALLER, 1, MUELLER),
        ]
        back(world)
        world.at(45.0)
        assert world.deeds() == [dial(-2, "101", RECALL_ANNA)]


@pytest.mark.rule("S-2", "S-5")
def test_a_second_crash_while_he_is_asked_for_asks_again():
    """The PBX has not answered yet: it still has the first dialog."""
    world = comes_back().crash(2.0, registered=True)
    assert world.deeds() == [take_over(CALLER, 1, MUELLER)]


@pytest.mark.rule("S-2", "S-5")
def test_a_second_crash_after_he_is_back_asks_for_the_dialog_that_he_has_now():
    world = comes_back()
    world.picked_up(CALLER)
    assert world.crash(2.0, registered=True).deeds() == [take_over(CALLER, 2, MUELLER)]


@pytest.mark.rule("S-2", "S-5")
def test_a_second_crash_between_the_answer_and_its_step_asks_for_the_dialog_that_he_has_now():
    world = comes_back()
    world.tell(DialogKnown(CALLER, world.new_dialog()))
    assert world.crash(2.0, registered=True).deeds() == [take_over(CALLER, 2, MUELLER)]


@pytest.mark.rule("S-2", "S-5")
def test_a_second_crash_takes_pairs_and_their_seekers_along():
    """S-5: nobody is connected to a stranger: who belongs to whom survives the numbers that change."""
    before, _ = parked_for_anna(ANCHORED)
    before.call("*68103", BERG, by=PETER)
    before.call("*88102", ANNA)
    before.arrive("*88103", JENS)
    world = before.crash(1.0).crash(1.0).crash(1.0, registered=True)
    world.later(1.0)
    assert [order.dialog.call_id for order in world.ordered() if isinstance(order, TakeOver)] == [
        "call-3", "call-1", "call-2", "call-4"
    ]  # fmt: skip
    mueller, berg, anna, jens = [world.leg(call) for call in (1, 2, 3, 4)]
    for leg in (mueller, berg, anna, jens):
        world.picked_up(leg)
    told = {(one.by, one.caller) for one in world.ordered() if hasattr(one, "what") and one.what is What.RETRIEVED}
    assert told == {(JENS, BERG)}
    pairs = {frozenset((leg, world.hears(leg).leg)) for leg in world.legs}
    assert pairs == {frozenset((mueller, anna)), frozenset((berg, jens))}


@pytest.mark.rule("S-2")
def test_what_an_earlier_process_counted_is_no_leg_of_this_one():
    """Numbers that arrive begin at one again; no leg that came back has such a number."""
    before, _ = parked_for_anna()
    for _ in range(5):
        before.call("800", ANNA)
    world = before.crash()
    assert all(leg < 0 for leg in world.legs)
    anna = world.call("*88102", ANNA)
    assert anna == 1
    assert world.deeds() == [Answer(anna)]
    assert isinstance(world.state.legs[world.leg(1)].role, Parked)
