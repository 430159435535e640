"""What the PBX says when a leg is asked for: again, gone, or "I am still calling you" (S-2, S-3)."""

from dataclasses import replace

import pytest

from appliance.core.engine import advance, next_deadline, step
from appliance.core.events import DialogKnown, LegAnswered, LegEnded, LegReplaced, RegistrationChanged
from appliance.core.hearing import Music
from appliance.core.ids import LegId, Party, Seconds
from appliance.core.orders import Answer, Hangup, TakeOver, What
from appliance.core.state import Confirming
from tests.core.comeback import ANCHORED, ASK, CALLER, FIRST, LOST, QUIET, SECOND, SHOWN, back, comes_back, half_open
from tests.core.timeline import (
    ANNA,
    BERG,
    FOR_ANNA,
    JENS,
    MUELLER,
    PETER,
    SHOP,
    World,
    announce,
    dial,
    dialog,
    parked_for_anna,
    report,
)

MUSIC = Music("default")


# nobody has answered


@pytest.mark.rule("S-2")
@pytest.mark.parametrize("code", [0, 401, 403, 407, 408, 429, 480, 491, 500, 502, 503, 504])
def test_a_code_that_says_nothing_of_the_dialog_is_asked_again_two_seconds_later(code):
    world = comes_back()
    world.ended(CALLER, code)
    assert world.ordered() == []
    assert world.place("102").state == "coming_back"
    world.at(13.9)
    assert world.ordered() == []
    world.at(14.0)
    assert world.ordered() == [ASK]
    assert back(world) == [report(What.BACK, "102", CALLER, MUELLER)]


@pytest.mark.rule("S-2", "S-3")
def test_after_fifteen_times_he_is_given_up():
    world = comes_back()
    for number in range(15):
        world.ended(CALLER, 503)
        world.later(2.0)
        assert world.dated() == [(14.0 + 2 * number, ASK)]
    world.ended(CALLER, 503)
    assert world.ordered() == LOST


@pytest.mark.rule("S-2", "S-3")
def test_a_pbx_that_does_not_answer_at_all_is_asked_four_times():
    """Each 408 has taken half a minute: after two minutes his parker has to know."""
    world = comes_back()
    for number in range(3):
        world.later(32.0)
        world.ended(CALLER, 408)
        world.later(2.0)
        assert world.dated() == [(46.0 + 34 * number, ASK)]
    world.later(32.0)
    world.ended(CALLER, 408)
    assert world.ordered() == LOST


@pytest.mark.rule("S-2", "S-7")
def test_without_a_registration_nobody_is_asked_for_until_there_is_one():
    world = comes_back()
    world.registered(registered=False)
    world.ended(CALLER, 408)
    world.at(200.0)
    assert world.ordered() == []
    world.registered(registered=True)
    assert world.ordered() == [ASK]
    assert back(world)[0] == report(What.BACK, "102", CALLER, MUELLER)


@pytest.mark.rule("S-2", "S-7")
def test_a_registration_that_goes_while_he_is_to_be_asked_for_again():
    world = comes_back()
    world.ended(CALLER, 503)
    world.later(1.0)
    world.registered(registered=False)
    assert next_deadline(world.state, world.rules) is None
    world.later(100.0)
    assert world.ordered() == []
    world.registered(registered=True)
    assert world.dated() == [(113.0, ASK)]


@pytest.mark.rule("S-2", "S-7")
def test_a_registration_that_goes_in_the_middle_leaves_the_rest_for_the_next():
    before = World(QUIET)
    for _ in range(3):
        before.call("*68199", MUELLER, by=PETER)
    world = before.crash()
    world.ordered()
    world.registered(registered=True)
    world.later(0.05)
    world.registered(registered=False)
    world.later(5.0)
    assert [order.leg for order in world.ordered()] == [-1, -2]
    world.registered(registered=True)
    world.later(5.0)
    assert [order.leg for order in world.ordered()] == [-3]


@pytest.mark.rule("S-2", "S-7")
def test_a_registration_that_is_renewed_asks_for_nobody_a_second_time():
    """S-5: none doubled."""
    world = comes_back()
    world.tell(RegistrationChanged("pbx", registered=True, code=200))
    world.later(10.0)
    assert world.ordered() == []
    world.ended(CALLER, 503)
    world.later(1.0)
    world.tell(RegistrationChanged("pbx", registered=True, code=202))
    world.later(10.0)
    assert world.dated() == [(24.0, ASK)]


# the PBX does not have him


@pytest.mark.rule("S-3")
@pytest.mark.parametrize("code", [300, 404, 410, 481, 486, 488, 501, 603, 604])
def test_every_other_code_says_that_he_is_gone(code):
    """S-3: "481 or 603 and the like": his place is free, it is told, his parker is called."""
    world = comes_back()
    world.ended(CALLER, code)
    assert world.ordered() == LOST
    assert world.place("102").state == "free"
    other = world.call("*68102", BERG, by=PETER)
    assert world.ordered() == [
        Answer(other),
        report(What.PARKED, "102", other, BERG, PETER),
        announce(1, FOR_ANNA),
    ]


@pytest.mark.rule("S-3", "P-18", "P-21")
def test_who_rings_for_one_who_is_gone_is_let_go():
    before, _ = parked_for_anna(QUIET)
    before.at(1.0)
    before.retrieve("102", "103")
    before.invited(LegId(-1))
    world = before.crash(1.0, registered=True)
    fetch = dial(-3, "103", MUELLER, auto_answer=True)
    assert fetch in world.ordered()
    world.later(1.0)
    world.ended(CALLER, 481)
    assert world.ordered() == [
        ASK,
        report(What.LOST, "102", CALLER, MUELLER),
        Hangup(fetch.leg),
        dial(-4, "101", SHOWN),
    ]


@pytest.mark.rule("S-3")
def test_who_was_asked_or_told_something_and_is_gone_is_nobodys_loss():
    before = World()
    before.call("800", JENS)
    before.call("*68701", ANNA)
    before.call("*68199", PETER)
    world = before.crash(registered=True)
    world.later(1.0)
    world.ordered()
    for leg in (CALLER, FIRST, SECOND):
        world.ended(leg, 481)
    assert world.ordered() == []
    assert world.legs == set()
    holder = world.call("*68701", BERG)
    assert isinstance(world.state.legs[holder].role, Confirming)


@pytest.mark.rule("S-3")
@pytest.mark.parametrize("kind", ["anchored", "released"])
def test_an_account_that_is_no_longer_configured_loses_its_legs_at_once(kind):
    """S-3: nobody can ask for them; whoever parked them is told, through an account that is there."""
    before, _ = parked_for_anna(ANCHORED if kind == "anchored" else SHOP)
    before.call("*68103", BERG, by=PETER)
    before.arrive("*88103", JENS)
    before.call("*88102", ANNA)
    world = before.crash(2.0, replace(SHOP, accounts={"other": SHOP.accounts["pbx"]}))
    assert world.legs <= {LegId(-5)}
    world.tell(RegistrationChanged("other", registered=True, code=200))
    assert world.deeds() == [dial(-5, "101", Party(BERG.number, "Abgerissen 103 · Berg"), account="other")]
    assert world.legs == {LegId(-5)}


@pytest.mark.rule("S-3", "P-21")
def test_an_account_that_is_no_longer_configured_and_a_phone_that_rang_for_it():
    before, _ = parked_for_anna(QUIET)
    before.at(45.0)
    before.invited(LegId(-1))
    world = before.crash(2.0, replace(SHOP, accounts={"other": SHOP.accounts["pbx"]}))
    world.tell(RegistrationChanged("other", registered=True, code=200))
    assert world.deeds() == [dial(-3, "101", SHOWN, account="other")]


# what is stale


@pytest.mark.rule("S-5")
def test_what_is_told_of_a_leg_that_nobody_has_asked_for_yet_changes_nothing():
    before, _ = parked_for_anna()
    world = before.crash()
    for event in (LegAnswered(CALLER), LegEnded(CALLER, 481), LegEnded(CALLER, 503)):
        state, orders = step(world.state, event, world.now, world.rules)
        assert orders == ()
        assert state is world.state, event


@pytest.mark.rule("S-5")
def test_an_end_that_is_told_twice_is_one_end():
    for world, code in ((comes_back(), 503), (half_open(), 481)):
        world.ended(CALLER, code)
        state, orders = step(world.state, LegEnded(CALLER, code), world.now, world.rules)
        assert orders == ()
        assert state is world.state, code


@pytest.mark.rule("S-2", "P-3")
def test_a_leg_that_is_replaced_while_it_is_asked_for_is_back():
    """P-3: who goes on in its place is on the line with us; the old dialog is not asked for again."""
    world = comes_back(QUIET)
    by = LegId(1)
    world.tell(LegReplaced(CALLER, by, BERG, dialog(9)))
    assert world.hears(by) == MUSIC
    world.ended(CALLER, 481)
    world.at(44.0)
    assert not [order for order in world.ordered() if isinstance(order, TakeOver)]
    assert world.place("102").state == "parked"
    world.at(45.0)
    assert world.deeds() == [dial(-2, "101", Party(BERG.number, "Rückruf 102 · Berg"))]


@pytest.mark.rule("S-2", "P-19")
def test_a_clock_that_wakes_late_asks_for_everybody_at_once():
    before = World(QUIET)
    for _ in range(3):
        before.call("*68199", MUELLER, by=PETER)
    world = before.crash(registered=True)
    state, orders = advance(world.state, Seconds(5.0), QUIET)
    assert [order.leg for order in orders if isinstance(order, TakeOver)] == [-2, -3]
    assert next_deadline(state, QUIET) is None


@pytest.mark.rule("S-3")
def test_whether_a_pbx_understands_replaces_is_known_from_its_last_dialog():
    """S-3: "known from the first dialog, and the status page says that calls will not survive a crash there"."""
    world = World()
    assert world.state.replaces == {}
    world.arrive("*68102", MUELLER, by=PETER, replaces=False)
    assert world.state.replaces == {"pbx": False}
    world.arrive("*68103", BERG, by=PETER, account="trunk")
    assert world.state.replaces == {"pbx": False, "trunk": True}
    world.at(45.0)
    world.picked_up(LegId(-1))
    assert world.state.replaces == {"pbx": True, "trunk": True}


@pytest.mark.rule("S-3")
def test_a_phone_that_only_rings_has_said_nothing_of_replaces():
    """What the far side supports stands in its answer; until then the adapter has nothing to tell."""
    world = World(QUIET)
    world.call("*68102", MUELLER, by=PETER)
    world.at(45.0)
    world.tell(DialogKnown(LegId(-1), dialog(7, remote_tag="", invite="INVITE", replaces=False)))
    assert world.state.replaces == {"pbx": True}
    world.tell(DialogKnown(LegId(-1), dialog(7, replaces=False)))
    assert world.state.replaces == {"pbx": False}
