"""One machine plays phones, PBX, loudspeakers, buttons and the clock against the core, as wildly as they may behave.

`reality` is what is so outside of the core and judges each order; `sentences` holds at every instant. A trace that finds a
bug becomes a plain test in the file of its subject. `PARKDECK_MACHINE_EXAMPLES=5000` looks for longer; with `CI` in the
environment every run plays the same; with `PARKDECK_MACHINE_QUICK` a failing trace is shown as it is, not made short.
"""

import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeVar

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from appliance.core import views
from appliance.core.engine import advance, next_deadline, step
from appliance.core.events import (
    AdapterFault,
    CallArrived,
    DigitReceived,
    Event,
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
    RegistrationChanged,
    ReleaseEnded,
    RetrieveRequested,
    SpeechEnded,
)
from appliance.core.hearing import Speech
from appliance.core.ids import LegId, Place, Seconds
from appliance.core.orders import Order, Report, What
from appliance.core.state import Asking, Confirming, Leg, Parked, Service, State, Told
from tests.core.business import (
    ACCOUNTS,
    ASKING,
    BUSINESS,
    CALLERS,
    CODES,
    FUTURE,
    KEYS,
    ODD,
    PARKERS,
    PARKING,
    PICK,
    PLACES,
    RELOADED,
    STAFF,
)
from tests.core.reality import Far, Lit, Reality, held, lit
from tests.core.sentences import an_arrival_goes_where_it_asked, every_sentence
from tests.core.timeline import PAGE_KEY

Thing = TypeVar("Thing")


class Business(RuleBasedStateMachine):
    """The core under test, its clock, and reality."""

    def __init__(self) -> None:
        super().__init__()
        self.rules = BUSINESS
        self.now = Seconds(0)
        self.state = State()
        self.real = Reality()
        self.last_arrived = 0
        self.overslept = False
        self.past: list[Event] = []
        """Events that can only be stale when they come again once their leg or page is gone."""
        self.spoken: list[SpeechEnded] = []
        self.tell(RegistrationChanged("pbx", registered=True, code=200))

    # how an event reaches the core

    def tell(self, event: Event) -> tuple[Order, ...]:
        """Tell the core; what is due comes first, which must be the same as telling it after `advance`."""
        late = step(self.state, event, self.now, self.rules)
        due = self.pass_to(self.now)
        before = self.state
        self.real.hears_of(event, before)
        self.state, orders = step(before, event, self.now, self.rules)
        assert late == (self.state, (*due, *orders)), f"what is due does not come before {event}"
        self.judge(before, orders)
        return orders

    def sleep(self, seconds: float) -> None:
        """Let time pass, with a timer that fires at each deadline."""
        self.pass_to(self.now)
        end = self.now + seconds
        while (due := next_deadline(self.state, self.rules)) is not None and due <= end:
            self.pass_to(due)
        self.pass_to(end)

    def pass_to(self, instant: float) -> tuple[Order, ...]:
        """Let it become an instant, at which the timer fires once."""
        self.now = self.real.now = Seconds(instant)
        if self.overslept:
            self.real.oversleeps()
            self.overslept = False
        before = self.state
        self.state, orders = advance(before, self.now, self.rules)
        self.judge(before, orders)
        return orders

    def judge(self, before: State, orders: tuple[Order, ...]) -> None:
        self.real.obey(orders, before, self.state)
        self.real.keep_books(before, self.state)
        every_sentence(self.state, self.now, self.rules, self.real)

    def repeat(self, event: Event) -> None:
        """A stale or repeated event gives back the same state and no orders (design 5.3)."""
        self.pass_to(self.now)
        after, orders = step(self.state, event, self.now, self.rules)
        assert orders == (), f"stale {event}: {orders}"
        assert after is self.state, f"stale {event} changed the state"

    def some(self, pick: int, wanted: Callable[[Far], bool]) -> Far | None:
        return one_of([far for _, far in sorted(self.real.legs.items()) if wanted(far)], pick)

    def in_role(self, *roles: type) -> list[Leg]:
        return [leg for leg in self.state.legs.values() if isinstance(leg.role, roles)]

    def new_leg(self) -> LegId:
        self.last_arrived += 1
        return LegId(self.last_arrived)

    # calls

    @initialize(
        parked=st.lists(st.tuples(PARKING, CALLERS, PARKERS), max_size=4),
        attended=st.lists(st.tuples(st.one_of(PARKING, ASKING), STAFF), max_size=2),
    )
    def the_day_begins(self, parked, attended):
        for dialled, caller, parker in parked:
            self.arrive(CallArrived(self.new_leg(), "pbx", dialled, caller, parker), confirmed=True)
        for dialled, person in attended:
            self.arrive(CallArrived(self.new_leg(), "pbx", dialled, person), confirmed=True)

    @rule(
        dialled=st.one_of(PARKING, PARKING, ODD),
        caller=CALLERS,
        parker=PARKERS,
        account=ACCOUNTS,
        confirmed=st.booleans(),
    )
    def a_call_is_transferred_here(self, dialled, caller, parker, account, confirmed):
        self.arrive(CallArrived(self.new_leg(), account, dialled, caller, parker), confirmed=confirmed)

    @rule(dialled=st.one_of(PARKING, ASKING, ODD), person=STAFF, account=ACCOUNTS, confirmed=st.booleans())
    def somebody_dials(self, dialled, person, account, confirmed):
        self.arrive(CallArrived(self.new_leg(), account, dialled, person), confirmed=confirmed)

    @precondition(lambda self: lit(self.state))
    @rule(pick=PICK, people=st.lists(STAFF, min_size=1, max_size=2), confirmed=st.booleans())
    def somebody_dials_for_a_parked_call(self, pick, people, confirmed):
        place = one_of(sorted(lit(self.state)), pick)
        for person in people if place is not None else ():
            self.arrive(CallArrived(self.new_leg(), "pbx", f"*88{place}", person), confirmed=confirmed)

    @precondition(lambda self: held(self.state))
    @rule(pick=PICK, person=STAFF, blind=st.booleans(), caller=CALLERS)
    def somebody_parks_on_a_place_that_is_held(self, pick, person, blind, caller):
        place = one_of(sorted(held(self.state)), pick)
        if place is not None and blind:
            self.arrive(CallArrived(self.new_leg(), "pbx", f"*68{place}", caller, person), confirmed=True)
        elif place is not None:
            self.arrive(CallArrived(self.new_leg(), "pbx", f"*68{place}", person), confirmed=True)

    def arrive(self, event: CallArrived, *, confirmed: bool) -> None:
        self.pass_to(self.now)
        before = self.state
        self.tell(event)
        an_arrival_goes_where_it_asked(event, before, self.state, self.rules)
        self.past.append(event)
        if confirmed:
            self.confirm(event.leg)

    def confirm(self, leg: LegId) -> None:
        self.tell(LegAnswered(leg))
        self.past.append(LegAnswered(leg))

    @precondition(lambda self: self.some(0, unacknowledged))
    @rule(pick=PICK)
    def an_ack_comes(self, pick):
        if far := self.some(pick, unacknowledged):
            self.confirm(far.id)

    @precondition(lambda self: self.some(0, rings))
    @rule(pick=PICK, rang=st.booleans())
    def a_phone_that_we_ring_answers(self, pick, rang):
        if far := self.some(pick, rings):
            if rang:
                self.repeat(LegRang(far.id))
            self.confirm(far.id)

    @precondition(lambda self: self.some(0, rings))
    @rule(pick=PICK, code=CODES)
    def a_phone_that_we_ring_refuses(self, pick, code):
        if far := self.some(pick, rings):
            self.end(far.id, code)

    @precondition(lambda self: self.real.legs)
    @rule(pick=PICK, code=CODES)
    def a_leg_ends(self, pick, code):
        if far := self.some(pick, lambda _: True):
            self.end(far.id, code)

    @precondition(lambda self: self.some(0, may_end))
    @rule(left=st.booleans())
    def legs_that_are_hung_up_or_replaced_end(self, left):
        for far in list(self.real.legs.values()):
            if far.hung_up or far.replaced or (left and far.left is not None):
                self.end(far.id, 200)

    def end(self, leg: LegId, code: int) -> None:
        self.tell(LegEnded(leg, code))
        self.past.append(LegEnded(leg, code))

    @precondition(lambda self: self.real.legs)
    @rule(pick=PICK, party=st.one_of(CALLERS, STAFF))
    def a_leg_gets_another_identity(self, pick, party):
        if far := self.some(pick, lambda far: not far.replaced):
            self.tell(IdentityChanged(far.id, party))
            self.repeat(IdentityChanged(far.id, party))

    @precondition(lambda self: self.some(0, may_transfer))
    @rule(pick=PICK, caller=CALLERS)
    def a_parker_completes_the_transfer(self, pick, caller):
        if far := self.some(pick, may_transfer):
            self.tell(IdentityChanged(far.id, caller))

    @precondition(lambda self: self.real.legs)
    @rule(pick=PICK, party=st.one_of(CALLERS, STAFF))
    def a_leg_is_replaced(self, pick, party):
        """Also one that we hang up at the same time: its end is not there yet."""
        if far := self.some(pick, lambda far: not far.replaced and (far.answered or not far.arrived)):
            event = LegReplaced(far.id, self.new_leg(), party)
            self.tell(event)
            self.repeat(event)
            self.past.append(event)

    @precondition(lambda self: self.real.legs)
    @rule(pick=PICK, digits=st.one_of(st.text("0123456789*#", min_size=1, max_size=3), PLACES.map("88{}".format)))
    def digits_are_entered(self, pick, digits):
        if far := self.some(pick, lambda far: not far.replaced):
            self.enter(far, digits)

    @precondition(lambda self: self.in_role(Asking))
    @rule(pick=PICK, place=PLACES, taken=st.booleans(), transferred=st.booleans(), caller=CALLERS)
    def a_place_is_entered_at_a_prompt(self, pick, place, taken, transferred, caller):
        """P-5: who has said where, and transfers his caller, gets that place or is rung back."""
        self.pass_to(self.now)
        if taken:
            place = one_of(sorted(held(self.state)), pick) or place
        prompted = {leg.id: leg.role for leg in self.in_role(Asking)}
        far = self.some(pick, lambda far: far.id in prompted and prompted[far.id].service is not Service.RETRIEVE)
        if far is None:
            return
        self.enter(far, f"*{place}" if prompted[far.id].service is Service.PARK else f"*68{place}")
        if transferred and place in self.rules.places and far.id in self.real.legs:
            self.tell(IdentityChanged(far.id, replace(caller, number=f"0{caller.number}")))
            role = self.state.legs[far.id].role
            assert isinstance(role, Parked), f"P-1: {role}"
            assert role.place in {None, place}, f"P-5: {place} was entered, {role.place} given"

    def enter(self, far: Far, digits: str) -> None:
        for digit in digits:
            self.tell(DigitReceived(far.id, digit))

    @precondition(lambda self: self.in_role(Asking, Confirming, Told))
    @rule(pick=PICK, later=st.sampled_from([0.0, 0.5, 5.0]))
    def an_utterance_is_heard_to_its_end(self, pick, later):
        """And its end is told a second time, later."""
        speeches = [
            (leg, heard) for leg, heard in views.hearings(self.state, self.rules).items() if isinstance(heard, Speech)
        ]
        if chosen := one_of(sorted(speeches, key=lambda entry: entry[0]), pick):
            event = SpeechEnded(chosen[0], chosen[1].serial)
            if event not in self.spoken:
                self.tell(event)
                self.spoken.append(event)
                self.sleep(later)
                self.repeat(event)

    @precondition(lambda self: self.real.releases)
    @rule(pick=PICK, code=st.sampled_from([200, 200, 202, 403, 481, 503, 603]))
    def a_release_ends(self, pick, code):
        leg = one_of(sorted(self.real.releases), pick)
        event = ReleaseEnded(leg, 481 if leg in self.real.lost_releases else code)
        if leg not in self.real.legs:
            del self.real.releases[leg]
            self.repeat(event)
        else:
            self.tell(event)
            self.repeat(event)
            self.past.append(event)

    # loudspeakers

    @precondition(lambda self: self.real.pages)
    @rule(pick=PICK, fault=st.sampled_from(["", "", "no card"]))
    def a_page_ends(self, pick, fault):
        page = one_of(sorted(self.real.pages), pick)
        self.repeat(PageStarted(page))
        self.tell(PageEnded(page, fault))
        self.repeat(PageEnded(page, fault))

    # keys and commands

    @rule(key=KEYS, press=st.sampled_from([Press.SHORT, Press.SHORT, Press.SHORT, Press.LONG]))
    def a_key_is_pressed(self, key, press):
        self.pass_to(self.now)
        place = None if key == PAGE_KEY else Place(key.key)
        before, seen = self.state, dict(self.real.lit)
        orders = self.tell(KeyPressed(key, press))
        panel = self.rules.panels.get(key.panel)
        if panel is None or place is None:
            assert told(orders) == [What.REFUSED], "B-7: a key without a place"
        elif press is Press.LONG:
            assert len(orders) <= int(place in lit(before)), f"B-4: {orders}"
        elif not panel.station or not any(one.registered for one in before.registrations.values()):
            assert told(orders) == [What.REFUSED], "B-7: nobody to ring, or nobody who rings"
        else:
            self.judge_press(place, before, seen, told(orders))

    def judge_press(self, place: Place, before: State, before_change: Lit, what: list[What]) -> None:
        """B-1: the lamp decides what the user means, and for 400 ms the lamp as it was."""
        parked = place in lit(before)
        changed, was_lit = before_change.get(place, (None, parked))
        meant = was_lit if changed is not None and self.now - changed < 0.4 else parked
        if meant and parked:
            assert what in ([What.FETCHING], [What.CANCELLED]), f"B-1: meant to retrieve {place}: {what}"
        elif meant or place in held(before):
            assert what == [What.REFUSED], f"B-1: too late for {place}: {what}"
        else:
            assert what in ([What.ARMED], [What.DISARMED], [What.DISARMED, What.ARMED], [What.PARKED]), (
                f"B-2: {place}: {what}"
            )

    @rule(
        kind=st.sampled_from([RetrieveRequested, ParkRequested]), place=PLACES, station=st.sampled_from(["101", "103"])
    )
    def somebody_commands(self, kind, place, station):
        self.pass_to(self.now)
        parked, taken = place in lit(self.state), place in held(self.state) or place not in self.rules.places
        what = told(self.tell(kind(Place(place), station)))
        if kind is RetrieveRequested:
            assert what in ([What.FETCHING], []) if parked else what == [What.REFUSED], f"P-18: {what}"
        else:
            assert what[-1] is (What.REFUSED if taken else What.ARMED), f"B-2: {what}"

    # the network, the adapters, the configuration

    @rule(
        event=st.one_of(
            st.builds(
                RegistrationChanged,
                st.sampled_from(["pbx", "pbx", "trunk"]),
                st.sampled_from([True, True, False]),
                st.sampled_from([200, 503]),
            ),
            st.builds(AdapterFault, st.just("sound"), st.sampled_from(["", "no card"])),
        )
    )
    def an_adapter_tells_how_it_is(self, event):
        self.pass_to(self.now)
        assert self.tell(event) == ()
        self.repeat(event)

    @rule(which=st.sampled_from([BUSINESS, RELOADED]))
    def the_configuration_is_edited(self, which):
        self.rules = which
        self.pass_to(self.now)

    # what comes a second time

    @rule(pick=st.integers(0, 200))
    def an_old_event_comes_again(self, pick):
        event = one_of([*self.past, *self.spoken], pick)
        if event is None:
            return
        live = not isinstance(event, CallArrived) and event.leg in self.real.legs
        repeats = isinstance(event, SpeechEnded) or (
            isinstance(event, LegAnswered) and live and self.real.legs[event.leg].confirmed
        )
        if repeats or not live:
            self.repeat(event)

    @rule(leg=st.sampled_from([LegId(0), LegId(-999), LegId(10**6)]))
    def something_is_heard_of_a_leg_that_never_was(self, leg):
        for event in (LegAnswered(leg), LegEnded(leg, 200), DigitReceived(leg, "1"), ReleaseEnded(leg, 200)):
            self.repeat(event)
        self.repeat(PageEnded(FUTURE))

    # time

    @rule(seconds=st.sampled_from([0.1, 0.3, 0.4, 1.0, 2.5, 4.0]))
    def a_moment_passes(self, seconds):
        self.sleep(seconds)

    @rule(seconds=st.sampled_from([0.1, 0.5, 5.0, 50.0]))
    def a_moment_passes_and_the_timer_is_late(self, seconds):
        """The next event comes first, at an instant at which something is overdue."""
        self.now = Seconds(self.now + seconds)
        self.overslept = True

    @rule(seconds=st.sampled_from([10.0, 31.0, 46.0, 90.0, 400.0]), late=st.booleans())
    def a_while_passes(self, seconds, late):
        """With a timer that fires at each deadline, or one that fires once, late, for all of them."""
        if late:
            self.overslept = True
            self.pass_to(self.now + seconds)
        else:
            self.sleep(seconds)

    @rule(offset=st.sampled_from([-0.001, 0.0, 0.0, 0.001]), times=st.integers(1, 3))
    def the_next_deadline_comes(self, offset, times):
        for _ in range(times):
            due = next_deadline(self.state, self.rules)
            if due is None or due + offset <= self.now:
                return
            if due - 0.001 >= self.now:
                early = advance(self.state, Seconds(due - 0.001), self.rules)
                assert early == (self.state, ()), "something happens before its deadline"
            before = self.state
            self.overslept = self.overslept or offset > 0.0
            self.pass_to(due + offset)
            assert offset < 0.0 or self.state is not before, "a deadline passes and nothing changes"

    # the end

    def teardown(self) -> None:
        """Everybody goes home: nothing may stay behind."""
        self.pass_to(self.now)
        while self.real.legs:
            self.end(min(self.real.legs), 200)
        for page in sorted(self.real.pages):
            assert self.real.pages[page], f"A-9: page {page} is on the air and nobody waits"
            self.tell(PageEnded(page))
        while (due := next_deadline(self.state, self.rules)) is not None:
            assert {type(order) for order in self.pass_to(due)} <= {Report}
        assert not self.state.legs
        assert not self.state.armed
        assert not self.state.refused


def unacknowledged(far: Far) -> bool:
    return far.arrived and far.answered and not far.confirmed


def rings(far: Far) -> bool:
    return not far.arrived and not far.confirmed


def may_transfer(far: Far) -> bool:
    return far.arrived and far.seeks is None and not far.caller and not far.hung_up and not far.replaced


def may_end(far: Far) -> bool:
    return far.hung_up or far.replaced or far.left is not None


def one_of(things: Sequence[Thing], pick: int) -> Thing | None:
    """Choose; the newest first, so that small numbers are what has just begun."""
    return things[-1 - pick % len(things)] if things else None


def told(orders: tuple[Order, ...]) -> list[What]:
    return [order.what for order in orders if isinstance(order, Report)]


EXAMPLES = int(os.environ.get("PARKDECK_MACHINE_EXAMPLES", "400"))

TestMachine = pytest.mark.rule("P-1", "P-5", "P-7", "P-10", "P-13", "P-14", "P-26", "P-27", "A-9", "B-1", "B-5")(
    pytest.mark.timeout(max(300, EXAMPLES), method="thread")(Business.TestCase)  # an endless loop ends the whole run
)
TestMachine.settings = settings(
    max_examples=EXAMPLES,
    stateful_step_count=60,
    deadline=None,
    derandomize=bool(os.environ.get("CI")),
    phases=[Phase.explicit, Phase.generate] if os.environ.get("PARKDECK_MACHINE_QUICK") else list(Phase),
    report_multiple_bugs=False,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
