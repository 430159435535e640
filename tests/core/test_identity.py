"""Whom phones display that talk through us (P-16), and the text about a caller who is lost (S-3)."""

from dataclasses import replace

import pytest

from appliance.core.ids import LegId, Party
from appliance.core.orders import Dial, Message, Release, Show, TakeOver
from appliance.core.rules import AccountRules
from tests.core.comeback import CALLER, FIRST, QUIET
from tests.core.timeline import (
    ANNA,
    BERG,
    HIDDEN,
    JENS,
    MUELLER,
    PETER,
    RECALL_ANNA,
    SHOP,
    SHOP_KEYS,
    World,
    dial,
    parked_for_anna,
)

ANCHORED = replace(SHOP, accounts={"pbx": AccountRules("800", release=False), "trunk": SHOP.accounts["trunk"]})
TWO_PBXS = replace(SHOP, accounts={"pbx": AccountRules("800"), "trunk": AccountRules("049301")})
TEXTED = replace(QUIET, message_parker=True)
LOST = "Der geparkte Anruf von Müller (+49301234567) ist abgerissen. Bitte zurückrufen."


def shown(world: World) -> list[Show]:
    """What phones were told to display since one last asked."""
    return [order for order in world.ordered() if isinstance(order, Show)]


def talking(given=ANCHORED):
    """Anna has taken Müller."""
    world, leg = parked_for_anna(given)
    anna = world.call("*88102", ANNA)
    return world, leg, anna


# people who stay with us


@pytest.mark.rule("P-16")
def test_in_anchor_mode_each_sees_the_other_as_soon_as_they_talk():
    """P-16: "the retriever's phone shows the real caller (name and number), and the caller's side sees the retriever"."""
    world, leg, anna = talking()
    assert shown(world) == [Show(leg, ANNA), Show(anna, MUELLER)]
    world.at(600.0)
    assert world.ordered() == []


@pytest.mark.rule("P-16")
def test_two_accounts_cannot_be_joined_by_a_pbx_so_we_say_it():
    world = World(TWO_PBXS)
    leg = world.call("*68102", MUELLER, by=PETER, account="trunk")
    anna = world.call("*88102", ANNA)
    assert shown(world) == [Show(leg, ANNA), Show(anna, MUELLER)]


@pytest.mark.rule("P-16")
def test_where_the_pbx_joins_them_it_tells_them_itself():
    """P-16: "with REFER/Replaces the PBX does it"."""
    world, leg, anna = talking(SHOP)
    world.released(leg)
    world.ended(leg)
    world.ended(anna)
    world.at(600.0)
    assert shown(world) == []


@pytest.mark.rule("P-16")
def test_a_refused_release_is_waited_for():
    world, leg, anna = talking(SHOP)
    assert shown(world) == []
    world.released(leg, 603)
    assert shown(world) == [Show(leg, ANNA), Show(anna, MUELLER)]


@pytest.mark.rule("P-16", "S-4")
def test_a_pair_that_is_to_leave_because_the_machine_goes_down_is_told_when_it_stays():
    world, leg, anna = talking()
    world.ordered()
    world.drain()
    assert Release(leg, anna) in world.deeds()
    world.released(leg, 603)
    assert shown(world) == [Show(leg, ANNA), Show(anna, MUELLER)]


@pytest.mark.rule("P-16")
def test_nothing_is_said_before_both_dialogs_are_confirmed():
    world = World(ANCHORED)
    leg = world.arrive("*68102", MUELLER, by=PETER)
    anna = world.call("*88102", ANNA)
    assert shown(world) == []
    world.answered(leg)
    assert shown(world) == [Show(leg, ANNA), Show(anna, MUELLER)]


@pytest.mark.rule("P-16", "P-18")
def test_a_phone_that_we_called_sees_whom_it_got_and_not_how():
    """P-16, P-21: a recall says so while it rings; afterwards the caller himself is displayed."""
    world, leg = parked_for_anna(ANCHORED)
    world.at(45.0)
    assert dial(-1, "101", RECALL_ANNA) in world.deeds()
    world.at(50.0)
    world.picked_up(LegId(-1))
    assert shown(world) == [Show(leg, PETER), Show(LegId(-1), MUELLER)]


@pytest.mark.rule("P-16")
def test_a_caller_without_a_number_is_shown_as_such():
    world = World(ANCHORED)
    leg = world.call("*68102", HIDDEN, by=PETER)
    anna = world.call("*88102", ANNA)
    assert shown(world) == [Show(leg, ANNA), Show(anna, HIDDEN)]


# somebody else


@pytest.mark.rule("P-16")
@pytest.mark.parametrize("who", ["caller", "retriever"])
def test_whoever_turns_into_somebody_else_is_shown_to_the_other(who):
    """A transfer that the PBX does on its side of a leg: the other phone learns it from us."""
    world, leg, anna = talking()
    world.ordered()
    changed, other = (leg, anna) if who == "caller" else (anna, leg)
    world.becomes(changed, JENS)
    assert shown(world) == [Show(other, JENS)]
    world.becomes(changed, JENS)
    assert world.ordered() == []


@pytest.mark.rule("P-16", "P-3")
def test_a_dialog_that_takes_the_place_of_another_is_told_and_so_is_its_partner():
    world, leg, anna = talking()
    world.ordered()
    by = world.replaced(anna, JENS)
    assert shown(world) == [Show(leg, JENS), Show(by, MUELLER)]


@pytest.mark.rule("P-16")
def test_a_caller_who_becomes_somebody_while_the_release_is_under_way_is_shown_when_he_stays():
    world, leg, anna = talking(SHOP)
    world.becomes(leg, BERG)
    assert shown(world) == []
    world.released(leg, 603)
    assert shown(world) == [Show(leg, ANNA), Show(anna, BERG)]


@pytest.mark.rule("P-16", "P-13")
def test_the_next_who_takes_him_is_shown_anew():
    """A caller who comes a second time, to another: what he was shown before does not count."""
    world, leg, anna = talking()
    world.ended(leg)
    world.ended(anna)
    world.ordered()
    again = world.call("*68102", MUELLER, by=ANNA)
    jens = world.call("*88102", JENS)
    assert shown(world) == [Show(again, JENS), Show(jens, MUELLER)]


@pytest.mark.rule("P-16", "P-13")
def test_when_one_hangs_up_nobody_is_shown_anything():
    world, leg, anna = talking()
    world.ordered()
    world.ended(leg)
    world.becomes(anna, JENS)
    assert shown(world) == []


# after a crash


@pytest.mark.rule("P-16", "S-2")
def test_people_who_are_taken_over_see_each_other_again():
    """S-2: our INVITE with Replaces made their phones display the box."""
    before, _, _ = talking()
    world = before.crash(1.0, registered=True)
    world.later(1.0)
    assert [order.leg for order in world.deeds() if isinstance(order, TakeOver)] == [FIRST, CALLER]
    world.picked_up(CALLER)
    assert shown(world) == []
    world.picked_up(FIRST)
    assert shown(world) == [Show(FIRST, MUELLER), Show(CALLER, ANNA)]


# the text about a caller who is lost


@pytest.mark.rule("S-3")
def test_the_parker_of_a_lost_caller_gets_a_text_as_well():
    """S-3: "the parker gets a MESSAGE or a call with the caller's number"."""
    world, leg = parked_for_anna(TEXTED)
    world.ended(leg, 481)
    assert world.deeds() == [
        Message("pbx", "101", LOST),
        dial(-1, "101", Party(MUELLER.number, "Abgerissen 102 · Müller")),
    ]


@pytest.mark.rule("S-3")
def test_the_text_is_sent_once_however_often_his_phone_is_called():
    world, leg = parked_for_anna(TEXTED)
    world.ended(leg, 481)
    world.ended(LegId(-1), 486)
    world.at(600.0)
    deeds = world.deeds()
    assert len([order for order in deeds if isinstance(order, Dial)]) > 1
    assert [order for order in deeds if isinstance(order, Message)] == [Message("pbx", "101", LOST)]


@pytest.mark.rule("S-3")
@pytest.mark.parametrize(
    ("caller", "named"),
    [
        (Party("+49301234567"), "+49301234567"),
        (Party("", "Müller"), "Müller"),
        (HIDDEN, "einem unbekannten Anrufer"),
    ],
)
def test_the_text_names_the_caller_as_far_as_he_is_known(caller, named):
    world = World(TEXTED)
    leg = world.call("*68102", caller, by=PETER)
    world.ordered()
    world.ended(leg, 481)
    text = f"Der geparkte Anruf von {named} ist abgerissen. Bitte zurückrufen."
    assert Message("pbx", "101", text) in world.deeds()


@pytest.mark.rule("S-3")
def test_the_text_waits_for_the_pbx():
    """A PBX that is away takes no text: it goes out with the first call."""
    world, leg = parked_for_anna(TEXTED)
    world.registered(registered=False)
    world.ended(leg, 481)
    assert not [order for order in world.deeds() if isinstance(order, Message)]
    world.at(100.0)
    world.registered(registered=True)
    assert Message("pbx", "101", LOST) in world.deeds()


@pytest.mark.rule("P-16")
def test_a_key_that_fetches_a_call_shows_him_to_both():
    world, leg = parked_for_anna(ANCHORED)
    world.at(1.0)
    world.press(SHOP_KEYS["102"])
    world.picked_up(LegId(-1))
    assert shown(world) == [Show(leg, PETER), Show(LegId(-1), MUELLER)]
