"""The announcement: at once, again until taken, stopped in mid-word (A-9, B-4, P-32)."""

from dataclasses import replace

import pytest

from appliance.core.events import PageStarted, Press
from appliance.core.ids import LegId, PageId, Seconds
from appliance.core.orders import Announce, StopPage
from tests.core.timeline import (
    ANNA,
    BERG,
    FOR_ANNA,
    MIA,
    MUELLER,
    PETER,
    SHOP,
    SHOP_KEYS,
    World,
    announce,
    parked_for_anna,
    with_group,
    with_recall,
)

PATIENT = with_recall(SHOP, after=Seconds(600))


@pytest.mark.rule("A-9")
def test_said_again_twenty_seconds_after_the_end_of_the_last_three_times():
    world, _ = parked_for_anna(PATIENT)
    for page, end in ((1, 5.0), (2, 30.0), (3, 55.0), (4, 80.0)):
        world.at(end)
        world.page_ended(page)
    world.at(500.0)
    assert world.dated() == [
        (25.0, announce(2, FOR_ANNA)),
        (50.0, announce(3, FOR_ANNA)),
        (75.0, announce(4, FOR_ANNA)),
    ]


@pytest.mark.rule("P-19")
def test_a_chime_reminds_where_it_is_wanted_and_changes_nothing_else():
    """P-19: "at T-15 s, an optional reminder (button flash, chime) that changes nothing"."""
    silent = replace(SHOP, repeats=0)
    seen = []
    for shop in (silent, replace(silent, recall_chime=True)):
        world, _ = parked_for_anna(shop)
        world.page_ended(1)
        world.at(29.9)
        assert world.dated() == []
        world.at(30.1)
        seen.append(world.dated())
        world.page_ended(2)
        world.at(44.9)
        assert world.dated() == []
        world.at(45.0)
        assert world.deeds()
    assert seen == [[], [(30.0, announce(2, ""))]]


@pytest.mark.rule("P-19", "P-32")
@pytest.mark.parametrize("heard", [True, False])
def test_a_chime_that_waits_for_its_turn_is_not_heard_when_the_call_is_taken(heard):
    world, _ = parked_for_anna(replace(SHOP, repeats=0, recall_chime=True))
    world.page_ended(1)
    world.at(30.0)
    if heard:
        world.page_ended(2)
    world.ordered()
    world.call("*88102", ANNA)
    assert (StopPage(PageId(2)) in world.ordered()) is not heard


@pytest.mark.rule("P-19", "P-32")
def test_a_chime_that_has_not_had_its_turn_by_the_next_recall_is_the_same_one():
    """Found by the state machine: the second took the first one's place, and nothing stopped that any more."""
    world, _ = parked_for_anna(replace(SHOP, repeats=0, recall_chime=True))
    world.page_ended(1)
    world.at(45.0)
    world.ended(LegId(-1), 408)
    world.at(400.0)
    chimes = [order.page for order in world.ordered() if isinstance(order, Announce) and not order.text]
    assert len(chimes) == 1
    world.call("*88102", ANNA)
    assert StopPage(chimes[0]) in world.ordered()


@pytest.mark.rule("A-9")
def test_the_settings_of_the_repetition():
    world, _ = parked_for_anna(replace(PATIENT, repeat_every=Seconds(5), repeats=1))
    world.page_ended(1)
    world.at(6.0)
    world.page_ended(2)
    world.at(500.0)
    assert world.dated() == [(5.0, announce(2, FOR_ANNA))]
    silent, _ = parked_for_anna(replace(PATIENT, repeats=0))
    silent.page_ended(1)
    silent.at(500.0)
    assert silent.dated() == []


@pytest.mark.rule("A-9")
def test_nothing_is_said_again_while_it_waits_in_the_queue_or_is_being_said():
    world, _ = parked_for_anna(PATIENT)
    world.at(200.0)
    world.tell(PageStarted(PageId(1)))
    world.at(400.0)
    assert world.dated() == []


@pytest.mark.rule("A-9")
def test_an_announcement_that_could_not_be_played_is_tried_again_like_any_other():
    world, _ = parked_for_anna(PATIENT)
    world.page_ended(1, "the sound card is gone")
    world.at(20.0)
    assert world.dated() == [(20.0, announce(2, FOR_ANNA))]


@pytest.mark.rule("A-9")
def test_it_stops_at_once_when_the_call_is_taken_and_is_never_said_again():
    world, _ = parked_for_anna(PATIENT)
    world.at(2.0)
    world.tell(PageStarted(PageId(1)))
    world.call("*88", ANNA)
    assert StopPage(PageId(1)) in world.deeds()
    world.page_ended(1)
    world.at(500.0)
    assert world.dated() == []


@pytest.mark.rule("A-9")
def test_between_two_repetitions_there_is_nothing_to_stop():
    world, leg = parked_for_anna(PATIENT)
    world.page_ended(1)
    world.at(10.0)
    world.ended(leg)
    world.at(500.0)
    assert world.dated() == []


@pytest.mark.rule("A-9")
def test_the_end_of_a_page_arms_its_own_call_only():
    world, first = parked_for_anna(PATIENT)
    world.call("*68101", BERG, by=PETER)
    world.ended(first)
    world.ordered()
    world.page_ended(1)
    world.at(30.0)
    assert world.dated() == []
    world.page_ended(2)
    world.at(50.0)
    assert world.dated() == [(50.0, announce(3, "Ein Anruf für Peter Braun, geparkt auf 1 0 1."))]


@pytest.mark.rule("A-9")
def test_the_end_of_a_page_told_twice_counts_once():
    world, _ = parked_for_anna(PATIENT)
    world.page_ended(1)
    world.at(5.0)
    before = world.state
    world.page_ended(1)
    world.page_ended(99)
    assert world.state is before
    world.at(20.0)
    assert world.dated() == [(20.0, announce(2, FOR_ANNA))]


@pytest.mark.rule("B-4")
def test_said_again_by_a_long_press():
    world, _ = parked_for_anna(PATIENT)
    world.page_ended(1)
    world.at(7.0)
    world.press(SHOP_KEYS["102"], Press.LONG)
    assert world.ordered() == [announce(2, FOR_ANNA)]
    world.press(SHOP_KEYS["102"], Press.LONG)
    assert world.ordered() == []
    world.page_ended(2)
    world.at(27.0)
    assert world.dated() == [(27.0, announce(3, FOR_ANNA))]


@pytest.mark.rule("B-4")
def test_a_long_press_says_it_again_even_after_the_last_repetition():
    world, _ = parked_for_anna(replace(PATIENT, repeats=0))
    world.page_ended(1)
    world.at(30.0)
    world.press(SHOP_KEYS["102"], Press.LONG)
    assert world.ordered() == [announce(2, FOR_ANNA)]


@pytest.mark.rule("A-7")
def test_a_group_is_announced_in_its_own_zone_else_in_the_places():
    shop = with_group(PATIENT, "Werkstatt", zone="yard")
    world = World(shop)
    world.call("*582", MUELLER, by=MIA)
    assert world.deeds()[1] == announce(
        1, "Würde ein Mitglied von Werkstatt bitte einen Anruf auf Leitung 7 0 2 übernehmen.", "yard"
    )
    quiet = World(with_group(PATIENT, "Verkauf", zone=""))
    quiet.call("*58", MUELLER, by=PETER)
    assert quiet.deeds()[1].zone == "shop"


@pytest.mark.rule("A-7", "A-9")
@pytest.mark.timeout(10)
def test_a_place_that_is_no_longer_configured_is_silent_and_keeps_its_caller():
    world, leg = parked_for_anna(PATIENT)
    world.page_ended(1)
    world.rules = replace(PATIENT, places={}, groups={})
    world.at(100.0)
    assert world.dated() == []
    assert leg in world.legs
