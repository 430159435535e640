"""Callers who are lost, and how the one who parked them is told (S-3, S-6)."""

from dataclasses import replace

import pytest

from appliance.core.events import RegistrationChanged
from appliance.core.hearing import Speech
from appliance.core.ids import LegId, Party
from appliance.core.orders import Answer, Dial, Hangup, Release, StopPage, What
from appliance.core.state import Informing, Parked
from tests.core.comeback import CALLER, QUIET, comes_back
from tests.core.timeline import (
    ANNA,
    BERG,
    FOR_ANNA,
    HIDDEN,
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
    with_place,
    withdraw,
)

SHOWN = Party(MUELLER.number, "Abgerissen 102 · Müller")
TEXT = "Der geparkte Anruf von Müller ist abgerissen. Bitte zurückrufen."
UNTOLD = report(What.CANCELLED, "102", None, MUELLER, Party("101"), "could not be told of the loss")


def lost(given=QUIET):
    """The PBX has lost Müller, who waited for Anna; Peter's phone rings since 0.0."""
    world, leg = parked_for_anna(given)
    world.ended(leg, 481)
    assert world.ordered() == [report(What.LOST, "102", leg, MUELLER), dial(-1, "101", SHOWN)]
    return world


# the PBX has lost him


@pytest.mark.rule("S-6", "S-3", "A-9")
@pytest.mark.parametrize("code", [408, 481])
def test_a_parked_leg_that_the_pbx_has_lost_frees_its_place_at_once(code):
    """S-6: "the place freed at the 408/481 and not 64 s later"; S-3: it is told, and the parker is called."""
    world, leg = parked_for_anna()
    world.ended(leg, code)
    assert world.ordered() == [
        report(What.LOST, "102", leg, MUELLER),
        StopPage(1),
        dial(-1, "101", SHOWN),
    ]
    assert world.place("102").state == "free"
    other = world.call("*68102", BERG, by=PETER)
    assert world.ordered() == [Answer(other), report(What.PARKED, "102", other, BERG, PETER), announce(2, FOR_ANNA)]


@pytest.mark.rule("S-6", "P-27")
@pytest.mark.parametrize("code", [200, 487, 603, 500])
def test_a_caller_who_hangs_up_is_no_loss(code):
    """P-27: "a caller who hangs up himself is abandoned"; nobody is called."""
    world, leg = parked_for_anna(QUIET)
    world.ended(leg, code)
    world.at(600.0)
    assert world.ordered() == [report(What.ABANDONED, "102", leg, MUELLER)]


@pytest.mark.rule("S-6", "P-18", "P-21")
def test_who_was_after_a_caller_who_is_lost_hears_so_or_is_let_go():
    world, leg = parked_for_anna(QUIET)
    world.at(40.0)
    jens = world.arrive("*88102", JENS)
    world.retrieve("102", "103")
    world.at(45.0)
    world.ordered()
    world.ended(leg, 408)
    world.ended(LegId(-2), 487)
    assert world.deeds() == [Hangup(LegId(-1)), Hangup(LegId(-2)), dial(-3, "101", SHOWN)]
    assert world.said(jens) == "Der Anrufer hat aufgelegt."


@pytest.mark.rule("S-6")
def test_people_on_the_line_and_pairs_whose_leg_is_lost_end_as_ever():
    world, leg = parked_for_anna(QUIET)
    anna = world.call("*88102", ANNA)
    world.released(leg, 603)
    menu = world.call("800", JENS)
    world.ordered()
    world.ended(menu, 408)
    world.ended(leg, 481)
    assert world.ordered() == [Hangup(anna)]


@pytest.mark.rule("S-6", "S-3")
def test_a_caller_who_is_given_back_and_then_lost_is_lost_once():
    world = comes_back(QUIET)
    world.picked_up(CALLER)
    world.ordered()
    world.ended(CALLER, 481)
    assert world.ordered() == [report(What.LOST, "102", CALLER, MUELLER), dial(-2, "101", SHOWN)]


@pytest.mark.rule("S-6", "S-3")
def test_a_caller_in_the_lobby_or_rung_back_is_told_without_a_place():
    shown = Party(MUELLER.number, "Abgerissen · Müller")
    world = World(QUIET)
    leg = world.call("800", MUELLER, by=PETER)
    world.ordered()
    world.ended(leg, 481)
    assert world.ordered() == [report(What.LOST, None, leg, MUELLER), dial(-1, "101", shown)]
    world = World(QUIET)
    leg = world.call("*68199", MUELLER, by=PETER)
    world.ordered()
    world.ended(leg, 481)
    world.ended(LegId(-1), 487)
    assert world.deeds() == [Hangup(LegId(-1)), dial(-2, "101", shown)]


# his parker is told


@pytest.mark.rule("S-3")
def test_who_answers_hears_who_is_lost():
    """S-3: his phone shows the caller's number, so that he can call back; he hears it when he answers."""
    world = lost()
    world.picked_up(LegId(-1))
    assert world.hears(LegId(-1)) == Speech(TEXT, world.serial(LegId(-1)))
    assert world.ordered() == []
    world.heard(LegId(-1))
    assert world.ordered() == [Hangup(LegId(-1))]
    world.ended(LegId(-1))
    world.at(600.0)
    assert world.ordered() == []
    assert world.legs == set()


@pytest.mark.rule("S-3")
def test_a_caller_without_a_name_is_told_by_his_number():
    world = World(QUIET)
    leg = world.call("*68102", Party("0171"), by=PETER)
    world.ended(leg, 481)
    world.picked_up(LegId(-1))
    assert world.said(LegId(-1)) == "Der geparkte Anruf von 0 1 7 1 ist abgerissen. Bitte zurückrufen."


@pytest.mark.rule("S-3")
def test_a_caller_whom_nobody_can_call_back_is_told_in_a_whole_sentence():
    world = World(QUIET)
    leg = world.call("*68102", HIDDEN, by=PETER)
    world.ended(leg, 481)
    world.picked_up(LegId(-1))
    assert "von ist" not in " ".join(world.said(LegId(-1)).split())
    assert world.deeds()[-1] == dial(-1, "101", Party("", "Abgerissen 102 · Unbekannt"))


@pytest.mark.rule("S-3")
def test_who_hangs_up_in_the_middle_has_been_told():
    world = lost()
    world.picked_up(LegId(-1))
    world.at(1.0)
    world.ended(LegId(-1))
    world.at(600.0)
    assert world.ordered() == []


@pytest.mark.rule("S-3")
def test_who_does_not_answer_is_called_three_times_and_then_it_is_only_told():
    """Thirty seconds lie between two tries, whether the phone is busy or rings in vain."""
    world = lost()
    world.at(1.0)
    world.ended(LegId(-1), 486)
    world.at(31.0)
    assert world.dated() == [(31.0, dial(-2, "101", SHOWN))]
    world.at(61.0)
    assert world.dated() == [(61.0, Hangup(LegId(-2)))]
    world.ended(LegId(-2), 487)
    world.at(91.0)
    assert world.dated() == [(91.0, dial(-3, "101", SHOWN))]
    world.at(121.0)
    world.ended(LegId(-3), 487)
    world.at(600.0)
    assert world.ordered() == [Hangup(LegId(-3)), UNTOLD]
    assert world.legs == set()


@pytest.mark.rule("S-3")
def test_who_answers_in_the_moment_in_which_we_give_up_is_called_again():
    """His answer and our CANCEL cross: he has heard nothing."""
    world = lost()
    world.at(30.0)
    world.picked_up(LegId(-1))
    world.ended(LegId(-1))
    world.at(60.0)
    assert world.dated() == [(30.0, Hangup(LegId(-1))), (60.0, dial(-2, "101", SHOWN))]


@pytest.mark.rule("S-3")
def test_a_parker_whom_nobody_can_call_is_told_by_the_event_alone():
    for parker in (HIDDEN, Party("800")):
        world = World(QUIET)
        leg = world.call("*68102", MUELLER, by=parker)
        world.ordered()
        world.ended(leg, 481)
        world.at(600.0)
        assert world.ordered() == [report(What.LOST, "102", leg, MUELLER)]


@pytest.mark.rule("S-3", "S-6", "S-7")
def test_nobody_is_called_before_the_pbx_is_back():
    """S-6, S-3: a PBX that restarts loses everybody; the three tries begin when it can be reached again."""
    world, leg = parked_for_anna(QUIET)
    world.registered(registered=False)
    world.ended(leg, 408)
    assert world.ordered() == [report(What.LOST, "102", leg, MUELLER)]
    world.at(600.0)
    assert world.ordered() == []
    world.registered(registered=True)
    assert world.ordered() == [dial(-1, "101", SHOWN)]


@pytest.mark.rule("S-3", "S-7")
def test_a_call_that_was_due_again_waits_for_the_registration():
    world = lost()
    world.ended(LegId(-1), 503)
    world.registered(registered=False)
    world.at(100.0)
    assert world.ordered() == []
    world.registered(registered=True)
    assert world.dated() == [(100.0, dial(-2, "101", SHOWN))]


@pytest.mark.rule("S-3")
def test_through_the_account_that_the_caller_came_by():
    world = World(QUIET)
    world.tell(RegistrationChanged("trunk", registered=True, code=200))
    leg = world.call("*68102", MUELLER, by=PETER, account="trunk")
    world.ordered()
    world.ended(leg, 408)
    assert world.deeds() == [dial(-1, "101", SHOWN, account="trunk")]


# several losses


def three_lost():
    """Peter has lost Müller and Berg, Anna has lost a third, all in one instant: the PBX was restarted."""
    world = World(with_place(QUIET, "701", zone=""))
    one = world.call("*68102", MUELLER, by=PETER)
    two = world.call("*68701", BERG, by=PETER)
    three = world.call("*68702", BERG, by=ANNA)
    world.ordered()
    for leg in (one, two, three):
        world.ended(leg, 481)
    assert world.deeds() == [dial(-1, "101", SHOWN), dial(-2, "102", Party(BERG.number, "Abgerissen 702 · Berg"))]
    return world


SECOND = dial(-3, "101", Party(BERG.number, "Abgerissen 701 · Berg"))


@pytest.mark.rule("S-3")
def test_one_call_at_a_time_to_each_phone():
    """S-3: the second call does not knock while he is being told of the first."""
    world = three_lost()
    world.at(5.0)
    world.picked_up(LegId(-1))
    world.at(8.0)
    assert world.ordered() == []
    world.heard(LegId(-1))
    assert world.ordered() == [Hangup(LegId(-1))]
    world.ended(LegId(-1))
    assert world.ordered() == [SECOND]


@pytest.mark.rule("S-3")
def test_a_phone_that_does_not_answer_is_called_for_the_next_when_it_has_stopped_ringing():
    world = three_lost()
    world.at(30.0)
    assert world.deeds() == [Hangup(LegId(-1)), Hangup(LegId(-2))]
    world.ended(LegId(-2), 487)
    world.ended(LegId(-1), 487)
    assert world.ordered() == [SECOND]
    world.at(59.0)
    world.picked_up(SECOND.leg)
    world.heard(SECOND.leg)
    world.ordered()
    world.at(60.0)
    assert [order.number for order in world.deeds() if isinstance(order, Dial)] == ["102"]
    world.ended(SECOND.leg)
    assert world.deeds() == [dial(-5, "101", SHOWN)]


@pytest.mark.rule("S-3", "P-21")
def test_a_parker_who_is_told_can_be_recalled_for_another():
    world = lost()
    world.call("*68102", BERG, by=PETER)
    world.picked_up(LegId(-1))
    world.heard(LegId(-1))
    world.ended(LegId(-1))
    world.ordered()
    world.at(45.0)
    assert world.deeds() == [dial(-2, "101", replace(RECALL_ANNA, number=BERG.number, name="Rückruf 102 · Berg"))]


# the box dies while somebody is being told


@pytest.mark.rule("S-3", "S-2")
def test_a_phone_that_rings_because_of_a_loss_is_stopped_and_rings_again():
    before = lost()
    ringing = before.invited(LegId(-1))
    world = before.crash(2.0, registered=True)
    assert world.ordered() == [withdraw(ringing), dial(-2, "101", SHOWN)]
    world.picked_up(LegId(-2))
    assert world.said(LegId(-2)) == TEXT


@pytest.mark.rule("S-3", "S-2")
def test_who_had_just_answered_is_told_when_he_is_back():
    """The box died between his answer and its step: he holds the receiver and hears nothing."""
    world = just_answered()
    world.picked_up(CALLER)
    assert world.said(CALLER) == TEXT
    world.heard(CALLER)
    assert world.ordered() == [Hangup(CALLER)]


@pytest.mark.rule("S-3", "S-2")
def test_who_had_just_answered_and_is_gone_is_called_again():
    world = just_answered()
    world.ended(CALLER, 481)
    world.later(30.0)
    assert world.deeds() == [dial(-2, "101", SHOWN)]


@pytest.mark.rule("S-3", "S-2")
def test_who_was_being_told_is_told_again():
    before = lost()
    before.picked_up(LegId(-1))
    world = before.crash(2.0, registered=True)
    assert world.ordered() == [take_over(CALLER, 2, Party("101"))]
    world.picked_up(CALLER)
    assert world.said(CALLER) == TEXT


def just_answered():
    before = lost()
    before.invited(LegId(-1))
    record = before.journal[LegId(-1)]
    assert isinstance(record.role, Informing)
    before.journal[LegId(-1)] = replace(record, dialog=before.new_dialog())
    world = before.crash(2.0, registered=True)
    assert world.ordered() == [take_over(CALLER, 3, Party("101"))]
    return world


@pytest.mark.rule("S-3", "B-1")
def test_a_key_that_is_pressed_a_moment_after_a_loss_parks_nobody_and_fetches_nobody():
    """B-1: whoever presses a lamp that was lit means the caller who was there."""
    world, leg = parked_for_anna(SHOP)
    world.at(10.0)
    world.ended(leg, 481)
    world.at(10.2)
    world.ordered()
    world.press(SHOP_KEYS["102"])
    assert world.ordered() == [report(What.REFUSED, "102", detail="the call was taken a moment ago")]
    world.at(11.0)
    world.press(SHOP_KEYS["102"])
    assert world.ordered() == [report(What.ARMED, "102", by=Party("101"))]


@pytest.mark.rule("S-3", "S-5")
def test_a_loss_concerns_nobody_else():
    world, leg = parked_for_anna(QUIET)
    other = world.call("*68701", BERG, by=PETER)
    third = world.call("*68103", BERG, by=PETER)
    jens = world.call("*88103", JENS)
    world.ordered()
    world.ended(leg, 408)
    assert isinstance(world.state.legs[other].role, Parked)
    assert world.hears(third).leg == jens
    assert not [order for order in world.ordered() if isinstance(order, Hangup | Release)]
