"""`step`, `advance`, `next_deadline`: total, exact in time, and the same state object when nothing has changed (design 5.3)."""

from dataclasses import replace

import pytest

from appliance.core.engine import advance, next_deadline, step
from appliance.core.events import (
    AdapterFault,
    CallArrived,
    DialogKnown,
    DigitReceived,
    DrainRequested,
    IdentityChanged,
    KeyPressed,
    LegAnswered,
    LegEnded,
    LegRang,
    LegReplaced,
    PageEnded,
    PageStarted,
    ParkRequested,
    Press,
    Recovered,
    RegistrationChanged,
    ReleaseEnded,
    RetrieveRequested,
    SpeechEnded,
)
from appliance.core.hearing import Music
from appliance.core.ids import LegId, PageId, Place, Seconds, Serial
from appliance.core.orders import Hangup
from appliance.core.state import Registration, State
from tests.core.timeline import (
    ANNA,
    BERG,
    JENS,
    MUELLER,
    PETER,
    SHOP,
    SHOP_KEYS,
    World,
    dial,
    dialog,
    parked_for_anna,
    with_place,
    with_recall,
)

QUIET = with_place(SHOP, "102", zone="")
PARKED, MENU, TOLD, CONFIRMED, TALKER, PARTNER, TAKER, LEAVING, ENDING, GONE, INFORMED = map(
    LegId, (1, 2, 3, 4, 5, 6, 7, 8, 10, 9, -1)
)
"""Legs of `crowd`, one for each role."""


def crowd():
    """A world with a leg in every role, an armed key and a refused one, at 20.0 with nothing due."""
    world, _ = parked_for_anna()
    world.rules = with_recall(SHOP, after=Seconds(100))
    world.call("800", BERG)
    world.at(15.0)
    world.call("*68102", JENS)
    world.call("*68103", JENS)
    world.call("*68101", BERG, by=PETER)
    world.call("*88101", PETER)
    world.arrive("*88102", ANNA)
    leaving = world.call("*68101", BERG, by=PETER)
    gone = world.call("*88101", PETER)
    world.ended(gone)
    told = world.call("*88701", MUELLER)
    world.heard(told)
    world.ended(world.call("*68101", BERG, by=PETER), 481)
    world.invited(INFORMED)
    world.press(SHOP_KEYS["701"])
    world.at(16.5)
    assert leaving == LEAVING
    world.registered(registered=False)
    world.press(SHOP_KEYS["702"])
    world.registered(registered=True)
    assert {type(world.state.legs[leg].role).__name__ for leg in world.legs} == {
        "Parked", "Asking", "Told", "Confirming", "Talking", "Seeking", "Leaving", "Ending", "Informing"
    }  # fmt: skip
    world.ordered()
    return world


def about(leg):
    """Every kind of event about one leg."""
    return [
        LegRang(leg),
        LegAnswered(leg),
        DialogKnown(leg, dialog(98)),
        IdentityChanged(leg, BERG),
        LegReplaced(leg, LegId(99), BERG),
        DigitReceived(leg, "1"),
        DigitReceived(leg, "#"),
        SpeechEnded(leg, Serial(1)),
        SpeechEnded(leg, Serial(2)),
        SpeechEnded(leg, Serial(99)),
        ReleaseEnded(leg, 200),
        ReleaseEnded(leg, 481),
        LegEnded(leg, 200),
        CallArrived(leg, "pbx", "*68102", MUELLER, PETER),
        CallArrived(leg, "pbx", "*88102", ANNA),
    ]


@pytest.mark.rule("P-1")
@pytest.mark.parametrize("leg", [PARKED, MENU, TOLD, CONFIRMED, TALKER, PARTNER, TAKER, LEAVING, ENDING, INFORMED])
def test_every_event_is_legal_in_every_role_and_no_caller_is_lost(leg):
    for event in about(leg):
        world = crowd()
        kept = world.legs - ({leg} if isinstance(event, LegEnded) else set())
        world.tell(event)
        assert kept <= world.legs, event
        for order in world.deeds():
            if isinstance(order, Hangup):
                assert order.leg != PARKED
        world.later(1000)


@pytest.mark.rule("S-2", "P-1")
@pytest.mark.parametrize("leg", [LegId(number) for number in range(-11, 0)])
@pytest.mark.parametrize("asked", [False, True])
def test_every_event_is_legal_in_every_role_that_is_coming_back_and_no_caller_is_lost(leg, asked):
    """S-2: also an event that this process cannot hear of a leg that it has not got yet."""
    for event in about(leg):
        world = crowd().crash(1.0, registered=asked)
        world.later(2.0 if asked else 0.0)
        caller = world.leg(1)
        world.tell(event)
        kept = world.legs
        assert caller in kept or caller == leg, event
        assert Hangup(caller) not in world.ordered()
        world.later(60)
        world.registered(registered=True)
        world.later(60)
        world.drain()
        world.later(90)


@pytest.mark.rule("P-1")
@pytest.mark.parametrize("leg", [GONE, LegId(0), LegId(-2), LegId(77)])
def test_an_event_about_a_leg_that_is_not_there_gives_back_the_same_state(leg):
    world = crowd()
    for event in about(leg):
        if leg == 77 and isinstance(event, CallArrived):
            continue
        assert step(world.state, event, world.now, world.rules) == (world.state, ())
        assert step(world.state, event, world.now, world.rules)[0] is world.state, event


@pytest.mark.rule("P-1")
def test_events_that_repeat_what_is_known_give_back_the_same_state():
    world = crowd()
    for event in (
        LegAnswered(PARKED),
        LegAnswered(TALKER),
        LegRang(PARKED),
        Recovered(()),
        IdentityChanged(PARKED, MUELLER),
        RegistrationChanged("pbx", registered=True, code=200),
        PageStarted(PageId(1)),
        PageStarted(PageId(99)),
        PageEnded(PageId(99)),
        AdapterFault("sound", ""),
        CallArrived(PARKED, "pbx", "*68102", MUELLER, PETER),
        CallArrived(GONE, "pbx", "*68102", MUELLER, PETER),
        KeyPressed(SHOP_KEYS["701"], Press.LONG),
        RetrieveRequested(Place("102"), "103"),
        ParkRequested(Place("102"), "103"),
    ):
        state, _ = step(world.state, event, world.now, world.rules)
        if isinstance(event, RetrieveRequested):
            assert step(state, event, world.now, world.rules) == (state, ())
            assert step(state, event, world.now, world.rules)[0] is state
        else:
            assert state is world.state, event


@pytest.mark.rule("S-2", "S-4")
def test_what_the_machine_and_the_journal_say_twice_is_said_once():
    world = crowd()
    left = tuple(crowd().crash().state.legs.values())
    for event in (DrainRequested(), Recovered(left)):
        world.tell(event)
        world.ordered()
        assert step(world.state, event, world.now, world.rules) == (world.state, ())
        assert step(world.state, event, world.now, world.rules)[0] is world.state


@pytest.mark.rule("P-1")
def test_a_step_leaves_the_state_before_untouched():
    world, leg = parked_for_anna()
    before, legs = world.state, dict(world.state.legs)
    world.ended(leg)
    assert before.legs == legs
    assert world.state is not before


def test_registrations_and_faults_are_kept_for_the_status():
    world = World()
    world.tell(AdapterFault("sound", "no card"))
    world.tell(AdapterFault("panel", "no pins"))
    assert world.state.faults == {"sound": "no card", "panel": "no pins"}
    world.tell(AdapterFault("sound", ""))
    assert world.state.faults == {"panel": "no pins"}
    world.at(5.0)
    world.registered(registered=False)
    assert world.state.registrations == {"pbx": Registration(registered=False, since=Seconds(5), code=503)}
    world.at(9.0)
    world.tell(RegistrationChanged("pbx", registered=False, code=0, reason="no answer"))
    assert world.state.registrations["pbx"] == Registration(False, Seconds(5), 0, "no answer")
    world.registered(registered=True)
    assert world.state.registrations["pbx"] == Registration(registered=True, since=Seconds(9), code=200)
    assert world.ordered() == []


def test_a_world_in_which_nothing_happens_has_no_deadline():
    assert next_deadline(State(), SHOP) is None
    assert advance(State(), Seconds(1e6), SHOP) == (State(), ())


@pytest.mark.rule("P-19", "B-2", "P-18")
def test_the_next_deadline_is_the_earliest_of_all():
    world, _ = parked_for_anna()
    assert next_deadline(world.state, SHOP) == 30.0
    world.press(SHOP_KEYS["701"])
    assert next_deadline(world.state, SHOP) == 20.0
    world.call("*68102", JENS)
    assert next_deadline(world.state, SHOP) == 5.0
    world.press(SHOP_KEYS["102"])
    assert next_deadline(world.state, SHOP) == 1.0


@pytest.mark.rule("P-19")
def test_nothing_happens_before_its_deadline_and_everything_at_it():
    world, _ = parked_for_anna()
    for _ in range(40):
        due = next_deadline(world.state, SHOP)
        assert due is not None
        assert advance(world.state, Seconds(due - 0.001), SHOP) == (world.state, ())
        world.at(due)
        later = next_deadline(world.state, SHOP)
        assert later is None or later > due


@pytest.mark.rule("P-19")
def test_a_clock_that_wakes_late_does_everything_that_is_due():
    """A machine that was suspended: the deadlines of minutes are handled at one instant, and none is left behind."""
    world, leg = parked_for_anna(QUIET)
    world.call("*68103", JENS)
    world.press(SHOP_KEYS["701"])
    world.ordered()
    state, orders = advance(world.state, Seconds(300.0), QUIET)
    due = next_deadline(state, QUIET)
    assert due is not None
    assert due > 300.0
    assert [type(order).__name__ for order in orders if isinstance(order, Hangup)] == []
    assert dial(-1, "101", replace(MUELLER, name="Rückruf 102 · Müller")) in orders
    assert leg in state.legs


@pytest.mark.rule("P-13", "P-21")
def test_what_is_due_comes_before_the_event_of_the_same_instant():
    """The parker's leg is dialled first, then hung up because the retriever had him: order in time is order in effect."""
    world, leg = parked_for_anna(QUIET)
    world.at(30.0)
    jens = world.arrive("*88102", JENS)
    world.ordered()
    world.now = Seconds(45.0)
    world.answered(jens)
    names = [type(order).__name__ for order in world.deeds()]
    assert names == ["Dial", "Hangup", "Release"]
    assert world.hears(leg) != Music("default")


@pytest.mark.rule("P-3", "P-7")
def test_the_display_time_that_is_over_counts_before_the_hang_up_of_the_same_instant():
    world = World()
    leg = world.call("*68102", PETER)
    world.heard(leg)
    world.ordered()
    world.now = Seconds(8.0)
    world.ended(leg)
    assert [order.what.value for order in world.ordered() if hasattr(order, "what")] == ["parked", "abandoned"]


@pytest.mark.rule("P-19")
def test_two_hundred_calls_with_the_same_deadlines():
    shop = replace(
        QUIET, places={str(n): replace(QUIET.places[Place("702")], number=Place(str(n))) for n in range(200, 400)}
    )
    world = World(shop)
    for number in range(200, 400):
        world.call(str(number), MUELLER, by=PETER)
    world.ordered()
    world.at(45.0)
    rung = [order for instant, order in world.dated() if instant == 45.0]
    assert len(rung) == 200
    assert len({order.leg for order in rung}) == 200
    world.at(75.0)
    assert len(world.dated()) == 200
