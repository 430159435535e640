"""Blind parking and groups, and what happens when it cannot be (P-1 to P-8, P-10)."""

from dataclasses import replace

import pytest

from appliance.core.hearing import Joined, Music, Tone, ToneKind
from appliance.core.ids import LegId, Party, Place, Seconds
from appliance.core.lamp import Lamp
from appliance.core.orders import Answer, Dial, Hangup, Release, Show, StopPage, What
from appliance.core.rules import RecallMode, RecallRules
from tests.core.timeline import (
    ANNA,
    BERG,
    FOR_ANNA,
    HIDDEN,
    JENS,
    MIA,
    MUELLER,
    PETER,
    SHOP,
    SHOP_KEYS,
    World,
    announce,
    dial,
    parked_for_anna,
    report,
    rules,
    with_group,
    with_place,
    with_recall,
)

MUSIC = Music("default")


# blind


@pytest.mark.rule("P-2", "P-4", "P-10")
def test_a_call_transferred_to_a_place_is_parked_at_once_and_hears_music():
    world = World()
    leg = world.arrive("*68102", MUELLER, by=PETER)
    assert world.ordered() == [
        Answer(leg),
        report(What.PARKED, "102", leg, MUELLER, PETER),
        announce(1, FOR_ANNA),
    ]
    assert world.hears(leg) == MUSIC
    assert world.lamp(SHOP_KEYS["102"]) is Lamp.SLOW
    world.answered(leg)
    assert world.ordered() == []
    assert world.hears(leg) == MUSIC


@pytest.mark.rule("P-2", "P-14")
def test_a_call_transferred_to_an_orbit_is_parked_there():
    world = World()
    leg = world.call("701", MUELLER, by=PETER)
    assert world.ordered() == [
        Answer(leg),
        report(What.PARKED, "701", leg, MUELLER, PETER),
        announce(1, "Ein Anruf, geparkt auf Leitung 7 0 1."),
    ]


@pytest.mark.rule("P-2")
def test_a_place_without_a_zone_is_silent_and_parks_all_the_same():
    world = World()
    leg = world.call("702", MUELLER, by=PETER)
    assert world.ordered() == [Answer(leg), report(What.PARKED, "702", leg, MUELLER, PETER)]


@pytest.mark.rule("P-10")
def test_music_is_a_setting_of_the_place_else_of_the_group_else_of_the_site():
    shop = with_group(with_place(SHOP, "702", music="jazz.wav"), "Werkstatt", music="radio.wav")
    world = World(shop)
    assert world.hears(world.call("*582", MUELLER, by=MIA)) == Music("jazz.wav")
    assert world.hears(world.call("*582", MUELLER, by=MIA)) == Music("radio.wav")
    assert world.hears(world.call("*68102", MUELLER, by=PETER)) == MUSIC


@pytest.mark.rule("P-10")
def test_music_off_means_the_hold_tone_not_silence():
    world = World(with_place(SHOP, "102", music="off"))
    assert world.hears(world.call("*68102", MUELLER, by=PETER)) == Tone(ToneKind.HOLD)
    lobby = World(replace(SHOP, music="off"))
    assert lobby.hears(lobby.call("800", MUELLER, by=PETER)) == Tone(ToneKind.HOLD)


@pytest.mark.rule("P-5", "P-1")
def test_blind_onto_a_taken_place_rings_the_parker_back_at_once():
    world, first = parked_for_anna()
    second = world.call("*68102", BERG, by=JENS)
    assert world.ordered() == [
        Answer(second),
        report(What.REFUSED, None, second, BERG, JENS, "Platz 1 0 2 ist belegt."),
        report(What.RINGING_BACK, None, second, BERG, Party("103"), "recall"),
        dial(-1, "103", Party(BERG.number, "Platz 102 belegt · Berg")),
    ]
    assert world.hears(first) == MUSIC
    assert world.hears(second) == MUSIC
    assert world.place("102").caller == MUELLER
    world.later(2.0)
    world.answered(-1)
    assert world.deeds() == [Release(second, -1)]
    assert world.hears(second) == Joined(-1)
    assert world.place("102").caller == MUELLER


@pytest.mark.rule("P-5", "P-22")
def test_rung_back_in_vain_he_is_treated_as_in_recall():
    world, _ = parked_for_anna()
    second = world.call("*68102", BERG, by=JENS)
    world.page_ended(1)
    world.ordered()
    world.at(30.0)
    assert Hangup(-1) in world.deeds()
    world.ended(-1, 487)
    world.at(44.0)
    world.ordered()
    assert world.hears(second) == MUSIC
    world.at(75.0)
    assert dial(-3, "103", Party(BERG.number, "Rückruf · Berg")) in world.deeds()


@pytest.mark.rule("P-5")
def test_a_taken_place_never_slides_to_another():
    world, _ = parked_for_anna()
    world.call("*68102", BERG, by=JENS)
    attended = world.call("*68102", JENS)
    for place in ("101", "103", "701", "702"):
        assert world.place(place).state == "free"
    assert world.hears(attended) == Tone(ToneKind.REJECT)


@pytest.mark.rule("P-1", "P-8")
@pytest.mark.parametrize(
    ("dialled", "detail", "display"),
    [
        ("*68199", "Die Nummer 1 9 9 gibt es hier nicht.", "199 unbekannt · Müller"),
        ("*88102", "Dahin kann nicht geparkt werden.", "Nicht geparkt · Müller"),
        ("4711", "Dahin kann nicht geparkt werden.", "Nicht geparkt · Müller"),
        ("*589", "Die Nummer 9 gibt es hier nicht.", "9 unbekannt · Müller"),
    ],
)
def test_a_call_transferred_to_nowhere_goes_back_to_its_parker(dialled, detail, display):
    world = World()
    leg = world.call(dialled, MUELLER, by=PETER)
    assert world.ordered() == [
        Answer(leg),
        report(What.REFUSED, None, leg, MUELLER, PETER, detail),
        report(What.RINGING_BACK, None, leg, MUELLER, Party("101"), "recall"),
        dial(-1, "101", Party(MUELLER.number, display)),
    ]
    assert world.hears(leg) == MUSIC


@pytest.mark.rule("P-1", "P-27")
@pytest.mark.parametrize("parker", [HIDDEN, Party("800", "Box"), Party("049301")])
def test_a_call_that_fails_and_whose_parker_cannot_be_rung_goes_to_the_last_resort(parker):
    world = World()
    leg = world.call("*68199", MUELLER, by=parker)
    assert world.deeds() == [Answer(leg), dial(-1, "100", Party(MUELLER.number, "199 unbekannt · Müller"))]


@pytest.mark.rule("P-8")
def test_a_transfer_to_the_bare_code_parks_on_the_parkers_own_place():
    for dialled in ("*68", "*68#"):
        world = World()
        leg = world.call(dialled, MUELLER, by=Party("102", "101"))
        assert world.ordered()[1] == report(What.PARKED, "102", leg, MUELLER, Party("102", "101"))


# groups


@pytest.mark.rule("P-6")
def test_a_group_is_hunted_from_the_top_each_time():
    world = World()
    legs = [world.call("*58", MUELLER, by=PETER) for _ in range(3)]
    assert [world.place(place).state for place in ("101", "102", "103")] == ["parked"] * 3
    world.ended(legs[0])
    world.ended(legs[1])
    world.ordered()
    again = world.call("#58", BERG, by=JENS)
    assert world.ordered() == [
        Answer(again),
        report(What.PARKED, "101", again, BERG, JENS, "Verkauf"),
        announce(4, "Würde ein Mitglied von Verkauf bitte einen Anruf auf Leitung 1 0 1 übernehmen."),
    ]


@pytest.mark.rule("P-6")
def test_the_order_is_that_of_the_list():
    world = World()
    leg = world.call("*58", MUELLER, by=MIA)
    assert world.ordered() == [Answer(leg), report(What.PARKED, "702", leg, MUELLER, MIA, "Werkstatt")]


@pytest.mark.rule("P-6")
def test_the_place_found_is_said_and_shown_to_an_attended_parker_for_the_display_time():
    world = World(replace(SHOP, display_time=15))
    leg = world.arrive("*58", PETER)
    assert world.ordered() == [Answer(leg)]
    world.answered(leg)
    assert world.ordered() == [Show(leg, Party("101", "Geparkt auf 101"))]
    assert world.said(leg) == "Geparkt auf Leitung 1 0 1."
    world.at(3.0)
    world.heard(leg)
    world.at(17.9)
    assert world.ordered() == []
    world.at(18.0)
    assert world.ordered()[0] == report(What.PARKED, "101", leg, PETER, PETER, "Verkauf")


@pytest.mark.rule("P-6", "P-5")
def test_all_taken_attended():
    world = World()
    for _ in range(3):
        world.call("*58", MUELLER, by=PETER)
    leg = world.call("*58", PETER)
    assert world.ordered()[-1] == report(
        What.REFUSED, None, leg, PETER, PETER, "In der Gruppe Verkauf sind alle Plätze belegt."
    )
    assert world.hears(leg) == Tone(ToneKind.REJECT)
    assert world.place("701").state == world.place("702").state == "free"


@pytest.mark.rule("P-6", "P-5", "P-1")
def test_all_taken_blind():
    world = World()
    for _ in range(3):
        world.call("*58", MUELLER, by=PETER)
    world.ordered()
    leg = world.call("*58", BERG, by=PETER)
    assert world.deeds() == [Answer(leg), dial(-1, "101", Party(BERG.number, "Verkauf belegt · Berg"))]
    assert world.hears(leg) == MUSIC


@pytest.mark.rule("P-6")
def test_who_may_use_several_groups_names_one():
    for dialled, place in (("*58", "101"), ("*581", "101"), ("*582", "702")):
        world = World()
        world.call(dialled, MUELLER, by=JENS)
        assert world.place(place).caller == MUELLER


@pytest.mark.rule("P-6", "P-8")
@pytest.mark.parametrize(
    ("dialled", "parker", "reason"),
    [
        ("*581", MIA, "In der Gruppe Verkauf gibt es keinen Platz für Sie."),
        ("*582", PETER, "In der Gruppe Werkstatt gibt es keinen Platz für Sie."),
        ("*589", PETER, "Die Nummer 9 gibt es hier nicht."),
        ("*58", ANNA, "Ihre Nebenstelle gehört zu keiner Parkgruppe."),
    ],
)
def test_a_group_that_is_not_the_parkers(dialled, parker, reason):
    shop = rules(groups={"Werkstatt": SHOP.groups["Werkstatt"]}) if parker == ANNA else SHOP
    world = World(shop)
    leg = world.call(dialled, parker)
    assert world.hears(leg) == Tone(ToneKind.UNOBTAINABLE)
    world.at(2.0)
    assert world.said(leg) == reason


@pytest.mark.rule("P-5", "P-20")
@pytest.mark.parametrize("mode", list(RecallMode))
def test_who_is_refused_rings_his_parker_at_once_in_every_mode(mode):
    """P-5: "if he does not answer, he is treated as in recall"."""
    world = World(with_recall(SHOP, mode=mode, alternate="850", ring=Seconds(20), after=Seconds(45)))
    world.call("*68102", MUELLER, by=PETER)
    world.ordered()
    leg = world.call("*68102", BERG, by=PETER)
    assert dial(-1, "101", Party(BERG.number, f"Platz 102 belegt · {BERG.name}")) in world.ordered()
    world.later(20.0)
    then = [order.number for order in world.ordered() if isinstance(order, Dial)]
    assert then == (["850"] if mode is RecallMode.PARKER_THEN_ALTERNATE else [])
    if mode is RecallMode.ALTERNATE:
        world.ended(LegId(-1), 487)
        world.later(45.1)
        assert "850" in [order.number for order in world.ordered() if isinstance(order, Dial)]
    assert leg in world.legs


@pytest.mark.rule("P-5", "P-6", "P-20")
def test_who_finds_a_group_full_is_recalled_as_that_group_says():
    own = RecallRules(mode=RecallMode.PARKER_THEN_ALTERNATE, alternate="855", ring=Seconds(20))
    group = replace(SHOP.groups["Verkauf"], places=(Place("102"),), recall=own)
    world = World(replace(SHOP, groups={"Verkauf": group}))
    anna = Party("102", "Anna")
    world.call("*58", MUELLER, by=anna)
    world.call("*58", BERG, by=anna)
    world.ordered()
    world.later(20.0)
    assert "855" in [order.number for order in world.ordered() if isinstance(order, Dial)]


# how it ends


@pytest.mark.rule("P-27", "P-32", "A-9")
def test_a_caller_who_hangs_up_is_abandoned_his_announcement_stops_and_his_place_is_free():
    world, leg = parked_for_anna()
    world.at(3.0)
    world.ended(leg)
    assert world.ordered() == [report(What.ABANDONED, "102", leg, MUELLER), StopPage(1)]
    assert world.legs == set()
    assert world.lamp(SHOP_KEYS["102"]) is Lamp.OFF
    world.page_ended(1)
    world.at(1000.0)
    assert world.ordered() == []
    again = world.call("*68102", BERG, by=PETER)
    assert world.deeds() == [Answer(again), announce(2, FOR_ANNA)]


@pytest.mark.rule("P-2")
def test_two_accounts_park_side_by_side():
    world = World()
    leg = world.call("*68102", MUELLER, by=PETER, account="trunk")
    world.ordered()
    world.at(45.0)
    assert dial(-1, "101", Party(MUELLER.number, "Rückruf 102 · Müller"), account="trunk") in world.deeds()
    assert world.hears(leg) == MUSIC
