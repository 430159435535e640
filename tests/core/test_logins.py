"""Members log in and out of hunt groups (P-30)."""

from dataclasses import replace

import pytest

from appliance.core.codes import CallGroup, LogIn, LogOut, Unknown, intent, menu_intent
from appliance.core.events import HuntLogin
from appliance.core.hearing import Tone, ToneKind
from appliance.core.orders import Dial, Hangup, What
from appliance.core.rules import Policy
from tests.core.hunting import GROUP, refuse, rung, shop
from tests.core.timeline import ANNA, MIA, MUELLER, PETER, SHOP, World, report

REGULAR = shop(policy=Policy.REGULAR)
NIGHT = replace(REGULAR, hunts={**REGULAR.hunts, "860": replace(REGULAR.hunts[GROUP], number="860", name="Notdienst")})


@pytest.mark.rule("P-30", "P-31")
@pytest.mark.parametrize(
    ("dialled", "wanted"),
    [
        ("850", CallGroup("850")),
        ("*78850", LogIn("850")),
        ("*79850", LogOut("850")),
        ("*78", LogIn()),
        ("*79#", LogOut()),
        ("*78x", Unknown("*78x")),
    ],
)
def test_codes(dialled, wanted):
    assert intent(dialled, REGULAR) == wanted


@pytest.mark.rule("P-30")
def test_the_codes_work_at_the_own_number_too():
    assert menu_intent("79850", REGULAR) == LogOut("850")
    world = World(REGULAR)
    leg = world.call("800", PETER)
    world.digits(leg, "79850#")
    assert world.said(leg) == "Abgemeldet von Service."


@pytest.mark.rule("P-30")
def test_a_site_without_hunt_groups_has_no_such_codes():
    assert intent("*78850", SHOP) == Unknown("*78850")
    assert intent("850", SHOP) == Unknown("850")


@pytest.mark.rule("P-30")
@pytest.mark.parametrize(
    ("language", "out", "back"),
    [
        ("de", "Abgemeldet von Service.", "Angemeldet bei Service."),
        ("en", "Logged out of Service.", "Logged in to Service."),
    ],
)
def test_who_logs_out_is_rung_no_more_and_hears_so(language, out, back):
    world = World(replace(REGULAR, language=language))
    world.ordered()
    leg = world.call("*79850", PETER)
    assert report(What.LOGGED_OUT, by=PETER, detail=GROUP) in world.ordered()
    assert world.said(leg) == out
    world.heard(leg)
    assert world.deeds() == [Hangup(leg)]
    world.ended(leg)
    world.call(GROUP, MUELLER)
    assert rung(world) == ["102"]
    leg = world.call("*78850", PETER)
    assert report(What.LOGGED_IN, by=PETER, detail=GROUP) in world.ordered()
    assert world.said(leg) == back


@pytest.mark.rule("P-30")
def test_without_a_number_all_his_groups_are_meant():
    world = World(NIGHT)
    leg = world.call("*79", PETER)
    assert world.said(leg) == "Abgemeldet von Service und Notdienst."
    assert [desk.away for desk in world.state.desks.values()] == [{"101"}, {"101"}]


@pytest.mark.rule("P-30")
@pytest.mark.parametrize(
    ("dialled", "said"),
    [
        ("*79850", "Sie sind kein Mitglied von Service."),
        ("*79", "Sie sind in keiner solchen Rufgruppe."),
        ("*78999", "Sie sind in keiner solchen Rufgruppe."),
    ],
)
def test_who_is_no_member_hears_why_not(dialled, said):
    world = World(REGULAR)
    leg = world.call(dialled, MIA)
    assert world.hears(leg) == Tone(ToneKind.UNOBTAINABLE)
    world.later(2.0)
    assert world.said(leg) == said
    assert not world.state.desks


@pytest.mark.rule("P-30")
def test_who_logs_in_is_rung_at_once_for_who_waits():
    world = World(REGULAR)
    world.tell(HuntLogin(GROUP, "103", present=False))
    for busy in (PETER, ANNA):
        world.call("*88", busy)
    world.call(GROUP, MUELLER)
    assert rung(world) == []
    world.tell(HuntLogin(GROUP, "103", present=True))
    assert rung(world) == ["103"]


@pytest.mark.rule("P-30")
def test_who_logs_out_while_his_phone_rings_may_still_answer_but_is_not_rung_again():
    world = World(REGULAR)
    world.call(GROUP, MUELLER)
    world.tell(HuntLogin(GROUP, "101", present=False))
    assert rung(world) == ["101"]
    for member in ("101", "102", "103"):
        refuse(world, member)
    world.later(10.0)
    assert rung(world) == ["102"]


@pytest.mark.rule("P-30")
def test_a_command_logs_in_and_out():
    world = World(REGULAR)
    world.ordered()
    world.tell(HuntLogin(GROUP, "102", present=False))
    assert world.ordered() == [report(What.LOGGED_OUT, by=replace(ANNA, name=""), detail=GROUP)]
    world.tell(HuntLogin(GROUP, "104", present=True))
    world.tell(HuntLogin("999", "101", present=True))
    assert world.ordered() == [
        report(What.REFUSED, detail="104 is no member of hunt group 850"),
        report(What.REFUSED, detail="there is no hunt group 999"),
    ]


@pytest.mark.rule("P-30")
def test_to_log_out_twice_changes_nothing():
    world = World(REGULAR)
    world.tell(HuntLogin(GROUP, "102", present=False))
    before = world.state
    world.tell(HuntLogin(GROUP, "102", present=False))
    assert world.state == before


@pytest.mark.rule("P-30", "P-1")
def test_a_call_that_is_transferred_to_the_code_is_kept():
    world = World(REGULAR)
    world.call("*79850", MUELLER, by=PETER)
    assert [order.number for order in world.deeds() if isinstance(order, Dial)] == ["101"]
    assert not world.state.desks
