"""Texts and short rings: what became of a call (P-17), and that one waits for the owner of a place (P-32)."""

from dataclasses import replace

import pytest

from appliance.core.hearing import Joined, Music
from appliance.core.ids import LegId, Party, Seconds
from appliance.core.orders import Announce, Answer, Dial, Hangup, Message, Release, StopPage, What
from appliance.core.rules import Codes, Confirm, OwnerAlert, RecallMode
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
    YARD_KEYS,
    World,
    announce,
    dial,
    parked_for_anna,
    report,
    with_recall,
)

TEXTS = replace(SHOP, message_parker=True)
ENGLISH = replace(TEXTS, language="en")
SPLASH = replace(SHOP, owner_alert=OwnerAlert.SPLASH)
MESSAGE = replace(SHOP, owner_alert=OwnerAlert.MESSAGE)
RING = LegId(-1)


def texts(world: World) -> list[str]:
    """What Peter's phone was sent; nobody else's is sent anything."""
    sent = [order for order in world.ordered() if isinstance(order, Message)]
    assert {(order.account, order.number) for order in sent} <= {("pbx", "101")}
    return [order.text for order in sent]


# what became of a call


@pytest.mark.rule("P-17", "S-3")
def test_the_loss_of_a_caller_is_told_once():
    world, leg = parked_for_anna(TEXTS)
    world.ended(leg, 481)
    world.later(5.0)
    assert len(texts(world)) == 1


@pytest.mark.rule("P-17")
@pytest.mark.parametrize(
    ("rules", "text"),
    [(TEXTS, "102: geholt von Anna Schmidt nach 42 s"), (ENGLISH, "102: picked up by Anna Schmidt after 42 s")],
)
def test_the_parker_is_told_who_took_his_call_and_after_how_long(rules, text):
    world, leg = parked_for_anna(rules)
    world.at(42.3)
    world.ordered()
    anna = world.call("*88", ANNA)
    assert world.deeds() == [
        Answer(anna),
        StopPage(1),
        Message("pbx", "101", text),
        Release(leg, anna),
    ]


@pytest.mark.rule("P-17", "P-18")
@pytest.mark.parametrize(("station", "name"), [("103", "Jens Wolf"), ("104", "104")])
def test_a_phone_that_was_called_for_it_is_named_as_well(station, name):
    world, _ = parked_for_anna(TEXTS)
    world.retrieve("102", station)
    world.later(5.0)
    world.answered(RING)
    assert texts(world) == [f"102: geholt von {name} nach 5 s"]


@pytest.mark.rule("P-17")
@pytest.mark.parametrize(
    ("rules", "caller", "text"),
    [
        (TEXTS, MUELLER, "102: Müller hat nach 7 s aufgelegt"),
        (TEXTS, HIDDEN, "102: Unbekannt hat nach 7 s aufgelegt"),
        (ENGLISH, MUELLER, "102: Müller hung up after 7 s"),
    ],
)
def test_the_parker_is_told_of_a_caller_who_hung_up(rules, caller, text):
    world = World(rules)
    leg = world.call("*68102", caller, by=PETER)
    world.ordered()
    world.at(7.0)
    world.ended(leg)
    assert texts(world) == [text]


@pytest.mark.rule("P-4")
@pytest.mark.parametrize(
    ("rules", "dialled", "caller", "told"),
    [
        (TEXTS, "*68102", MUELLER, ["Anruf von Müller geparkt auf 102"]),
        (TEXTS, "*58", MUELLER, ["Anruf von Müller geparkt auf 101"]),
        (TEXTS, "701", HIDDEN, ["Anruf von Unbekannt geparkt auf 701"]),
        (ENGLISH, "*58", MUELLER, ["Call from Müller parked on 101"]),
        (replace(TEXTS, message_parker=False), "*58", MUELLER, []),
        (TEXTS, "*68199", MUELLER, []),
        (TEXTS, "800", MUELLER, []),
    ],
)
def test_who_transfers_a_call_here_is_told_where_it_waits(rules, dialled, caller, told):
    """P-4: "nobody is there to hear the place": his phone tells it; who still hears us has heard it."""
    world = World(rules)
    world.call(dialled, caller, by=PETER)
    assert texts(world) == told
    world = World(rules)
    world.call(dialled, PETER)
    world.later(10.0)
    assert texts(world) == []


@pytest.mark.rule("P-17", "P-27")
@pytest.mark.parametrize(
    ("language", "text"), [("de", "102: weitergegeben an 100 nach 48 s"), ("en", "102: passed on to 100 after 48 s")]
)
def test_the_parker_is_told_where_his_call_was_handed_over(language, text):
    rules = with_recall(replace(TEXTS, language=language), mode=RecallMode.ALTERNATE, alternate="100")
    world, _ = parked_for_anna(rules)
    world.at(48.0)
    world.answered(RING)
    assert texts(world) == [text]


@pytest.mark.rule("P-17", "S-4")
def test_a_call_that_the_pbx_took_because_the_machine_went_down_was_handed_over_to_the_last_resort():
    world, leg = parked_for_anna(TEXTS)
    world.drain()
    world.at(75.0)
    world.ordered()
    world.released(leg)
    assert texts(world) == ["102: weitergegeben an 100 nach 75 s"]


@pytest.mark.rule("P-17", "P-26")
@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("de", "102: Rückruf angenommen von Jens Wolf nach 48 s"),
        ("en", "102: recall answered by Jens Wolf after 48 s"),
    ],
)
def test_a_recall_that_a_colleague_picked_up_is_told(language, text):
    world, _ = parked_for_anna(replace(TEXTS, language=language))
    world.at(45.0)
    world.becomes(RING, JENS)
    world.at(48.0)
    world.answered(RING)
    assert texts(world) == [text]


@pytest.mark.rule("P-17")
@pytest.mark.parametrize("how", ["*88102", "*88", "command", "recall"])
def test_who_takes_his_own_call_is_told_nothing(how):
    world, leg = parked_for_anna(TEXTS)
    if how == "command":
        world.retrieve("102", "101")
    elif how == "recall":
        world.at(47.0)
    else:
        world.call(how, PETER)
    if how in {"command", "recall"}:
        world.later(2.0)
        world.answered(RING)
    assert isinstance(world.hears(leg), Joined)
    assert texts(world) == []


@pytest.mark.rule("P-17")
@pytest.mark.parametrize("parker", [HIDDEN, Party("800"), Party("049301")])
def test_a_parker_whom_no_text_can_reach_gets_none(parker):
    world = World(TEXTS)
    world.call("*68102", MUELLER, by=parker)
    world.call("*88102", ANNA)
    assert texts(world) == []


@pytest.mark.rule("P-17")
def test_a_caller_without_a_place_is_a_call():
    world = World(TEXTS)
    world.call("800", MUELLER, by=PETER)
    world.at(3.0)
    world.retrieve("102", "103")
    world.call("*88", PETER)
    assert texts(world) == []
    leg = world.call("800", MUELLER, by=PETER)
    world.at(6.0)
    world.ended(leg)
    assert texts(world) == ["Anruf: Müller hat nach 3 s aufgelegt"]


@pytest.mark.rule("P-17", "P-3")
def test_an_attended_parker_is_told_as_well():
    world = World(TEXTS)
    leg = world.call("*68102", PETER)
    world.becomes(leg, MUELLER)
    world.at(4.0)
    world.call("*88102", ANNA)
    assert texts(world) == ["102: geholt von Anna Schmidt nach 4 s"]


@pytest.mark.rule("P-17", "S-2")
def test_after_a_crash_the_parker_is_told_for_how_long_it_was_in_all():
    world, _ = parked_for_anna(TEXTS)
    world.at(10.0)
    again = world.crash(down=5.0, registered=True)
    again.picked_up(again.leg(1))
    again.at(20.0)
    again.ordered()
    again.call("*88102", ANNA)
    assert texts(again) == ["102: geholt von Anna Schmidt nach 20 s"]


@pytest.mark.rule("P-17")
def test_nothing_is_sent_where_the_site_does_not_want_it():
    world, leg = parked_for_anna()
    world.ended(leg)
    assert texts(world) == []


# a text for the owner


@pytest.mark.rule("P-32")
@pytest.mark.parametrize(
    ("rules", "caller", "text"),
    [
        (MESSAGE, MUELLER, "Anruf von Müller geparkt auf 102, holen mit *88"),
        (MESSAGE, HIDDEN, "Anruf von Unbekannt geparkt auf 102, holen mit *88"),
        (replace(MESSAGE, language="en"), MUELLER, "Call from Müller parked on 102, pick up with *88"),
        (replace(MESSAGE, codes=Codes(retrieve=())), MUELLER, "Anruf von Müller geparkt auf 102"),
    ],
)
def test_the_owner_gets_a_text_that_a_call_waits_for_him(rules, caller, text):
    world = World(rules)
    leg = world.call("*68102", caller, by=PETER)
    assert world.deeds()[-1] == Message("pbx", "102", text)
    assert world.hears(leg) == Music("default")


@pytest.mark.rule("P-32", "P-6")
def test_the_owner_of_the_place_that_a_group_gave_is_told_too():
    world = World(MESSAGE)
    world.call("*58", MUELLER, by=JENS)
    assert world.deeds()[-1] == Message("pbx", "101", "Anruf von Müller geparkt auf 101, holen mit *88")


@pytest.mark.rule("P-32")
@pytest.mark.parametrize("rules", [MESSAGE, SPLASH])
@pytest.mark.parametrize(
    ("dialled", "caller", "parker"),
    [("*68#", MUELLER, ANNA), ("701", MUELLER, PETER), ("800", MUELLER, PETER), ("*68102", ANNA, PETER)],
)
def test_nobody_is_told_of_what_he_has_parked_himself_of_an_orbit_or_of_himself(rules, dialled, caller, parker):
    world = World(rules)
    world.call(dialled, caller, by=parker)
    assert not [order for order in world.deeds() if isinstance(order, Message | Dial)]


# a short ring for the owner


def splashed(rules=SPLASH) -> tuple[World, LegId]:
    world = World(rules)
    leg = world.call("*68102", MUELLER, by=PETER)
    world.ordered()
    return world, leg


@pytest.mark.rule("P-32")
@pytest.mark.parametrize(("language", "shown"), [("de", "Geparkt 102 · Müller"), ("en", "Parked 102 · Müller")])
def test_the_owners_phone_rings_for_a_moment_and_shows_who_waits(language, shown):
    world = World(replace(SPLASH, language=language))
    leg = world.call("*68102", MUELLER, by=PETER)
    assert world.ordered() == [
        Answer(leg),
        report(What.PARKED, "102", leg, MUELLER, PETER),
        announce(1, FOR_ANNA),
        dial(-1, "102", Party(MUELLER.number, shown)),
    ]
    assert world.place("102").state == "parked"
    world.at(2.9)
    assert world.ordered() == []
    world.at(3.0)
    assert world.ordered() == [Hangup(RING)]
    world.ended(RING, 487)
    assert world.ordered() == []
    assert world.legs == {leg}
    assert world.hears(leg) == Music("default")


@pytest.mark.rule("P-32", "P-3")
def test_it_rings_when_an_attended_park_is_done_and_not_before():
    world = World(SPLASH)
    leg = world.call("*68102", PETER)
    assert world.deeds() == [Answer(leg)]
    world.becomes(leg, MUELLER)
    assert world.deeds() == [announce(1, FOR_ANNA), dial(-1, "102", Party(MUELLER.number, "Geparkt 102 · Müller"))]


@pytest.mark.rule("P-32", "P-13")
def test_an_owner_who_answers_gets_the_caller():
    world, leg = splashed()
    world.at(2.0)
    world.answered(RING)
    assert world.ordered() == [
        report(What.RETRIEVED, "102", leg, MUELLER, Party("102"), "splash"),
        StopPage(1),
        Release(leg, RING),
    ]
    assert world.hears(leg) == Joined(RING)


@pytest.mark.rule("P-32")
def test_the_ringing_ends_the_moment_the_call_resolves():
    world, leg = splashed()
    world.at(1.0)
    world.ended(leg)
    assert world.ordered() == [report(What.ABANDONED, "102", leg, MUELLER), StopPage(1), Hangup(RING)]
    world, leg = splashed()
    jens = world.call("*88102", JENS)
    assert world.deeds() == [Answer(jens), StopPage(1), Hangup(RING), Release(leg, jens)]


@pytest.mark.rule("P-32")
@pytest.mark.parametrize("code", [404, 480, 486, 603])
def test_an_owner_who_is_busy_or_away_changes_nothing(code):
    world, leg = splashed()
    world.ended(RING, code)
    assert world.ordered() == []
    world.page_ended(1)
    world.at(44.9)
    assert [order for order in world.deeds() if isinstance(order, Dial)] == []
    assert world.hears(leg) == Music("default")
    world.at(45.0)
    assert [order.number for order in world.deeds() if isinstance(order, Dial)] == ["101"]


@pytest.mark.rule("P-32", "P-25")
def test_a_voicemail_that_answers_the_short_ring_at_once_does_not_get_the_caller():
    world, leg = splashed()
    world.at(0.3)
    world.answered(RING)
    assert world.said(RING) == "Anruf von Müller. Zum Annehmen bitte die Eins drücken."
    assert world.hears(leg) == Music("default")
    world.heard(RING)
    world.later(60.0)
    assert Hangup(RING) in world.deeds()
    assert world.place("102").caller == MUELLER


@pytest.mark.rule("P-32", "P-25")
def test_a_person_who_answers_at_once_presses_the_key():
    world, leg = splashed(with_recall(SPLASH, confirm=Confirm.ALWAYS))
    world.at(2.0)
    world.answered(RING)
    world.digits(RING, "1")
    assert world.hears(leg) == Joined(RING)


@pytest.mark.rule("P-32", "B-3")
def test_a_key_of_the_owner_goes_on_where_the_short_ring_was():
    world, leg = splashed()
    world.at(1.0)
    world.press(YARD_KEYS["102"])
    assert world.deeds() == [Hangup(RING), dial(-2, "102", MUELLER, auto_answer=True)]
    world.press(SHOP_KEYS["102"])
    assert world.deeds() == [dial(-3, "101", MUELLER, auto_answer=True)]
    assert world.hears(leg) == Music("default")


@pytest.mark.rule("P-32", "S-2")
def test_a_crash_ends_the_short_ring_and_it_does_not_come_again():
    world, _ = splashed()
    world.invited(RING)
    again = world.crash(down=1.0, registered=True)
    again.later(0.1)
    again.picked_up(again.leg(1))
    again.at(30.0)
    assert again.place("102").state == "parked"
    assert [type(order).__name__ for order in again.deeds() if not isinstance(order, Announce)] == [
        "Withdraw",
        "TakeOver",
    ]


@pytest.mark.rule("P-32", "S-2")
def test_an_owner_who_answered_just_before_a_crash_keeps_the_caller():
    world, _ = splashed()
    world.at(2.0)
    world.picked_up(RING)
    again = world.crash(down=1.0, registered=True)
    assert {type(leg.role).__name__ for leg in again.state.legs.values()} == {"Talking"}


@pytest.mark.rule("P-32", "S-4")
def test_nobody_is_rung_for_a_moment_when_the_machine_goes_down():
    world = World(SPLASH)
    leg = world.call("*68102", PETER)
    world.drain()
    world.becomes(leg, MUELLER)
    assert [order.number for order in world.deeds() if isinstance(order, Dial)] == ["101"]


@pytest.mark.rule("P-32")
def test_the_recall_is_as_it_is_without():
    world, _ = parked_for_anna(with_recall(SPLASH, after=Seconds(30)))
    world.ended(RING, 486)
    world.at(30.0)
    assert dial(-2, "101", Party(MUELLER.number, "Rückruf 102 · Müller")) in world.deeds()


@pytest.mark.rule("P-32")
def test_two_callers_for_two_owners_ring_both():
    world = World(SPLASH)
    world.call("*68102", MUELLER, by=MIA)
    world.call("*68103", BERG, by=MIA)
    dials = [order for order in world.deeds() if isinstance(order, Dial)]
    assert [(order.number, order.shown.number) for order in dials] == [("102", MUELLER.number), ("103", BERG.number)]
