"""What an arriving call is, and who is at the far side later on (P-1, P-2, P-3, P-14, P-15)."""

import pytest

from appliance.core.events import CallArrived, LegReplaced
from appliance.core.hearing import Joined, Music, Silence, Tone, ToneKind
from appliance.core.ids import LegId, Party
from appliance.core.orders import Answer, Hangup, Release, Show, What
from tests.core.timeline import (
    ANNA,
    BERG,
    HIDDEN,
    JENS,
    MUELLER,
    PETER,
    SHOP_KEYS,
    World,
    announce,
    dial,
    parked_for_anna,
    report,
)

MUSIC = Music("default")


@pytest.mark.rule("P-2")
def test_the_same_code_parks_the_caller_or_asks_the_parker():
    blind, fresh = World(), World()
    assert blind.hears(blind.call("*68102", MUELLER, by=PETER)) == MUSIC
    assert fresh.said(fresh.call("*68102", PETER)) == "Geparkt auf 1 0 2."


@pytest.mark.rule("P-2")
def test_a_hidden_parker_is_a_parker():
    world = World()
    leg = world.call("*68102", MUELLER, by=HIDDEN)
    assert world.ordered()[1] == report(What.PARKED, "102", leg, MUELLER, HIDDEN)


@pytest.mark.rule("P-14")
def test_an_empty_orbit_dialled_fresh_never_parks_the_dialler():
    world = World()
    leg = world.call("701", ANNA)
    assert world.ordered() == [
        Answer(leg),
        report(What.REFUSED, None, leg, ANNA, ANNA, "Auf 701 ist kein Anruf geparkt."),
    ]
    assert world.said(leg) == "Auf 7 0 1 ist kein Anruf geparkt."
    assert world.place("701").state == "free"


@pytest.mark.rule("P-14", "P-5")
def test_a_transfer_to_a_taken_orbit_never_meets_the_one_who_is_parked_there():
    world = World()
    first = world.call("701", MUELLER, by=PETER)
    second = world.call("701", BERG, by=JENS)
    assert world.hears(first) == world.hears(second) == MUSIC
    assert world.deeds()[-1] == dial(-1, "103", Party(BERG.number, "Platz 701 belegt · Berg"))


@pytest.mark.rule("P-1")
def test_a_fresh_call_to_a_number_that_nobody_knows_is_told_so():
    world = World()
    leg = world.call("4711", PETER)
    assert world.ordered() == [Answer(leg), report(What.REFUSED, None, leg, PETER, PETER, "nobody knows 4711")]
    assert world.hears(leg) == Tone(ToneKind.UNOBTAINABLE)
    world.at(2.0)
    assert world.said(leg) == "Dahin kann nicht geparkt werden."


@pytest.mark.rule("P-1", "P-3")
@pytest.mark.parametrize("dialled", ["4711", "*88102", "701", "*68199"])
def test_a_caller_who_is_transferred_onto_a_person_that_is_being_told_is_kept(dialled):
    world = World()
    leg = world.call(dialled, PETER)
    world.at(1.0)
    world.ordered()
    world.becomes(leg, MUELLER)
    assert world.hears(leg) == MUSIC
    world.at(29.0)
    assert Hangup(leg) not in world.deeds()


@pytest.mark.rule("P-1", "P-3")
def test_a_caller_who_is_transferred_onto_the_prompt_of_the_park_code_is_parked_on_the_parkers_own_place():
    world = World()
    leg = world.call("*68", PETER)
    world.ordered()
    world.becomes(leg, MUELLER)
    assert world.ordered()[0] == report(What.PARKED, "101", leg, MUELLER, PETER)


@pytest.mark.rule("P-1", "P-3")
def test_a_caller_who_is_transferred_onto_the_menu_waits_in_the_lobby():
    world = World()
    leg = world.call("800", PETER)
    world.ordered()
    by = world.replaced(leg, MUELLER)
    assert world.ordered() == [report(What.LOBBY, None, by, MUELLER, PETER)]
    assert world.hears(by) == MUSIC


@pytest.mark.rule("P-5", "P-1")
def test_who_entered_a_taken_place_at_the_prompt_and_transfers_is_rung_back_not_slid_to_his_own_place():
    world, _ = parked_for_anna()
    leg = world.call("*68", JENS)
    world.digits(leg, "102")
    assert world.hears(leg) == Tone(ToneKind.REJECT)
    world.ordered()
    world.becomes(leg, BERG)
    assert world.place("103").state == "free"
    assert world.deeds() == [dial(-1, "103", Party(BERG.number, "Platz 102 belegt · Berg"))]


@pytest.mark.rule("P-5", "P-1")
def test_who_chose_a_taken_place_in_the_menu_and_transfers_is_rung_back():
    world, _ = parked_for_anna()
    leg = world.call("800", JENS)
    world.digits(leg, "68102")
    world.ordered()
    world.becomes(leg, BERG)
    assert world.deeds() == [dial(-1, "103", Party(BERG.number, "Platz 102 belegt · Berg"))]


@pytest.mark.rule("P-16")
def test_the_answerers_name_on_a_ringing_leg_is_no_transfer():
    world, leg = parked_for_anna()
    world.at(1.0)
    world.press(SHOP_KEYS["102"])
    world.becomes(LegId(-1), JENS)
    assert world.place("102").caller == MUELLER
    world.ordered()
    world.answered(LegId(-1))
    assert world.ordered()[0] == report(What.RETRIEVED, "102", leg, MUELLER, JENS, "fetch")


@pytest.mark.rule("P-3")
def test_a_parked_leg_may_be_replaced_while_somebody_is_after_it():
    world, leg = parked_for_anna()
    world.at(1.0)
    world.press(SHOP_KEYS["102"])
    by = world.replaced(leg, BERG)
    world.ended(leg)
    world.ordered()
    world.answered(LegId(-1))
    assert world.deeds()[-1] == Release(by, LegId(-1))
    assert world.hears(by) == Joined(LegId(-1))
    assert world.hears(LegId(-1)) == Joined(by)


@pytest.mark.rule("P-3", "P-16")
def test_a_talking_leg_may_be_replaced():
    world, leg = parked_for_anna()
    anna = world.call("*88102", ANNA)
    by = world.replaced(anna, JENS)
    world.ended(anna)
    assert world.hears(leg) == Joined(by)
    assert world.hears(by) == Joined(leg)
    world.ordered()
    world.released(leg, 481)
    world.ended(by)
    world.at(4.0)
    assert world.deeds() == [Show(leg, JENS), Show(by, MUELLER), Hangup(leg)]


@pytest.mark.rule("P-26", "P-18")
def test_a_ringing_phone_that_is_picked_up_from_another_gets_the_caller_at_once():
    """Call pickup: the PBX replaces our early dialog by one from the colleague's phone."""
    world, leg = parked_for_anna()
    world.at(1.0)
    world.press(SHOP_KEYS["102"])
    world.ordered()
    by = world.replaced(LegId(-1), JENS)
    assert world.hears(leg) == Joined(by)
    assert world.hears(by) == Joined(leg)
    assert world.ordered()[0] == report(What.RETRIEVED, "102", leg, MUELLER, JENS, "fetch")


@pytest.mark.rule("P-1", "P-3")
def test_a_caller_who_replaces_a_parker_just_being_hung_up_is_kept():
    world, _ = parked_for_anna()
    leg = world.call("*68102", JENS)
    world.at(5.0)
    assert world.deeds()[-1] == Hangup(leg)
    by = world.replaced(leg, BERG)
    world.ended(leg)
    assert by in world.legs
    assert world.hears(by) == MUSIC
    assert world.deeds() == [dial(-1, "103", Party(BERG.number, "Platz 102 belegt · Berg"))]


@pytest.mark.rule("P-18")
def test_a_phone_picked_up_just_when_the_fetching_was_given_up_is_let_go():
    world, leg = parked_for_anna()
    world.at(1.0)
    world.press(SHOP_KEYS["102"])
    world.press(SHOP_KEYS["102"])
    world.ordered()
    by = world.replaced(LegId(-1), JENS)
    world.ended(LegId(-1), 487)
    assert world.deeds() == [Hangup(by)]
    assert world.hears(leg) == MUSIC
    world.ended(by)
    assert world.legs == {leg}


@pytest.mark.rule("P-3")
def test_stale_arrivals_and_replacements_change_nothing():
    world, leg = parked_for_anna()
    by = world.replaced(leg, BERG)
    world.ended(leg)
    before = world.state
    world.ordered()
    world.tell(CallArrived(leg, "pbx", "*68102", MUELLER, PETER))
    world.tell(CallArrived(by, "pbx", "*68102", MUELLER, PETER))
    world.tell(LegReplaced(leg, by, MUELLER))
    world.tell(LegReplaced(by, leg, MUELLER))
    world.tell(LegReplaced(LegId(77), LegId(78), MUELLER))
    world.becomes(leg, PETER)
    assert world.state is before
    assert world.ordered() == []


@pytest.mark.rule("P-3")
def test_the_identity_of_a_leg_that_we_have_hung_up_changes_nothing_but_its_name():
    world, _ = parked_for_anna()
    leg = world.call("*68102", JENS)
    world.at(5.0)
    world.ordered()
    world.becomes(leg, BERG)
    assert world.ordered() == []
    assert world.hears(leg) == Silence()


@pytest.mark.rule("P-3")
def test_a_confirmed_parker_is_replaced_by_his_caller_on_the_place_he_was_told():
    world = World()
    leg = world.call("*68", JENS)
    world.digits(leg, "102")
    assert world.said(leg) == "Geparkt auf 1 0 2."
    world.ordered()
    by = world.replaced(leg, MUELLER)
    assert world.ordered() == [
        report(What.PARKED, "102", by, MUELLER, JENS),
        announce(1, "Ein Anruf für Anna, geparkt auf 1 0 2."),
    ]
