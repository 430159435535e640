"""One machine plays phones, PBX, loudspeakers, buttons, the clock and the killer against the core, as wildly as they may behave.

`reality` is what is so outside of the core and judges each order; `sentences` holds at every instant. The journal is kept
step by step. A kill comes between two steps, in the middle of one (neither written nor let out, though what led to it has
happened), or when one that promises nothing is let out and not yet written (S-1). The next process gets the journal and
nothing else.

A trace that finds a bug becomes a plain test in the file of its subject. `PARKDECK_MACHINE_EXAMPLES=5000` looks for longer;
with `CI` in the environment every run plays the same; with `PARKDECK_MACHINE_QUICK` a failing trace is shown as it is, not
made short.
"""

import os
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, precondition, rule

from appliance.core import removed, views
from appliance.core.engine import next_deadline
from appliance.core.events import (
    AdapterFault,
    CallArrived,
    DigitReceived,
    DrainRequested,
    IdentityChanged,
    LegAnswered,
    LegDiverted,
    LegEnded,
    LegRang,
    LegReplaced,
    PageEnded,
    PageStarted,
    RegistrationChanged,
    ReleaseEnded,
    SpeechEnded,
)
from appliance.core.hearing import Speech
from appliance.core.ids import LegId
from appliance.core.orders import Dial, Report
from appliance.core.state import Asking, Confirming, Leg, Parked, Seeking, Service, Talking, Told
from tests.core.business import (
    ACCOUNTS,
    ASKING,
    BUSINESS,
    CALLERS,
    CODES,
    ENDS,
    FUTURE,
    ODD,
    PARKERS,
    PARKING,
    PICK,
    PLACES,
    RELOADED,
    STAFF,
)
from tests.core.hours import Hours
from tests.core.machine import may_end, may_transfer, one_of, rings, unacknowledged, unknown
from tests.core.roles import held, lit
from tests.core.survivors import Far


class Business(Hours):
    """What phones, people, the PBX, keys and time may do."""

    # calls

    @initialize(
        parked=st.lists(st.tuples(PARKING, CALLERS, PARKERS), max_size=4),
        attended=st.lists(st.tuples(st.one_of(PARKING, ASKING), STAFF), max_size=2),
        known_at_once=st.booleans(),
    )
    def the_day_begins(self, parked, attended, known_at_once):
        self.known_at_once = known_at_once
        for dialled, caller, parker in parked:
            self.arrive(self.call(dialled, caller, parker), confirmed=True)
        for dialled, person in attended:
            self.arrive(self.call(dialled, person), confirmed=True)

    @rule(
        dialled=st.one_of(PARKING, PARKING, ODD),
        caller=CALLERS,
        parker=PARKERS,
        account=ACCOUNTS,
        confirmed=st.booleans(),
    )
    def a_call_is_transferred_here(self, dialled, caller, parker, account, confirmed):
        self.arrive(self.call(dialled, caller, parker, account), confirmed=confirmed)

    @rule(dialled=st.one_of(PARKING, ASKING, ODD), person=STAFF, account=ACCOUNTS, confirmed=st.booleans())
    def somebody_dials(self, dialled, person, account, confirmed):
        self.arrive(self.call(dialled, person, None, account), confirmed=confirmed)

    @precondition(lambda self: lit(self.state))
    @rule(pick=PICK, people=st.lists(STAFF, min_size=1, max_size=2), confirmed=st.booleans())
    def somebody_dials_for_a_parked_call(self, pick, people, confirmed):
        place = one_of(sorted(lit(self.state)), pick)
        for person in people if place is not None else ():
            self.arrive(self.call(f"*88{place}", person), confirmed=confirmed)

    @precondition(lambda self: held(self.state))
    @rule(pick=PICK, person=STAFF, blind=st.booleans(), caller=CALLERS)
    def somebody_parks_on_a_place_that_is_held(self, pick, person, blind, caller):
        place = one_of(sorted(held(self.state)), pick)
        if place is not None and blind:
            self.arrive(self.call(f"*68{place}", caller, person), confirmed=True)
        elif place is not None:
            self.arrive(self.call(f"*68{place}", person), confirmed=True)

    @precondition(lambda self: self.some(0, unacknowledged))
    @rule(pick=PICK)
    def an_ack_comes(self, pick):
        if far := self.some(pick, unacknowledged):
            self.confirm(far.id)

    @precondition(lambda self: self.some(0, rings))
    @rule(pick=PICK)
    def a_phone_that_we_ring_rings(self, pick):
        if far := self.some(pick, rings):
            self.tell(LegRang(far.id))
            self.repeat(LegRang(far.id))

    @precondition(lambda self: self.some(0, rings))
    @rule(pick=PICK)
    def a_phone_that_we_ring_answers(self, pick):
        if far := self.some(pick, rings):
            self.confirm(far.id)

    @precondition(lambda self: self.some(0, unknown))
    @rule(pick=PICK)
    def an_invite_of_ours_is_out(self, pick):
        if far := self.some(pick, unknown):
            self.invite_is_out(far)

    @precondition(lambda self: self.some(0, rings))
    @rule(pick=PICK, code=CODES)
    def a_phone_that_we_ring_refuses(self, pick, code):
        if far := self.some(pick, rings):
            self.end(far.id, code)

    @precondition(lambda self: self.real.legs)
    @rule(pick=PICK, code=ENDS)
    def a_leg_ends(self, pick, code):
        if far := self.some(pick, lambda _: True):
            self.end(far.id, code)

    @precondition(lambda self: self.some(0, may_end))
    @rule(left=st.booleans())
    def legs_that_are_hung_up_or_replaced_end(self, left):
        for far in list(self.real.legs.values()):
            if far.hung_up or far.replaced or (left and far.left is not None):
                self.end(far.id, 200)

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
            event = LegReplaced(far.id, self.new_leg(), party, self.real.new_dialog())
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

    @precondition(lambda self: self.asked())
    @rule(pick=PICK, digit=st.sampled_from("112"))
    def whoever_is_asked_for_a_key_presses_one(self, pick, digit):
        """P-25: with the right one he has his caller, if that one is there; with any other he has not."""
        leg = one_of(self.asked(), pick)
        if leg is not None and isinstance(leg.role, Seeking):
            call = leg.role.call
            back = self.state.legs[call].returning is None
            self.tell(DigitReceived(leg.id, digit))
            now = self.state.legs[leg.id].role
            assert isinstance(now, Talking) == (digit == "1" and back), f"P-25: {digit} was pressed: {now}"

    def asked(self) -> list[Leg]:
        """Who has to show that he is no voicemail."""
        return [leg for leg in self.in_role(Seeking) if isinstance(leg.role, Seeking) and leg.role.vouch is not None]

    @precondition(lambda self: self.real.legs)
    @rule(pick=PICK)
    def a_dialled_leg_is_diverted(self, pick):
        if far := self.some(pick, lambda far: not far.arrived):
            self.tell(LegDiverted(far.id))
            self.repeat(LegDiverted(far.id))

    @precondition(lambda self: self.in_role(Asking, Confirming, Told) or self.asked())
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
        if leg is None:
            return
        event = ReleaseEnded(leg, 481 if leg in self.real.lost_releases else code)
        if leg not in self.real.legs:
            del self.real.releases[leg]
            self.repeat(event)
        else:
            self.tell(event)
            self.repeat(event)
            self.past.append(event)

    @precondition(lambda self: self.real.transfers)
    @rule(pick=PICK, code=st.sampled_from([200, 202, 403, 503]))
    def a_transfer_ends(self, pick, code):
        """The PBX refuses one whose caller somebody has taken in the meantime."""
        leg = one_of(sorted(self.real.transfers), pick)
        if leg is not None and leg not in self.real.releases:
            waits = isinstance(self.state.legs[leg].role, Parked)
            self.tell(ReleaseEnded(leg, code if waits else 481))

    @precondition(lambda self: self.state.draining is None)
    @rule(really=st.sampled_from([False, False, True]))
    def the_machine_goes_down(self, really):
        """Seldom: nothing is parked any more afterwards."""
        if really:
            self.pass_to(self.now)
            self.tell(DrainRequested())
            self.repeat(DrainRequested())

    # loudspeakers

    @precondition(lambda self: self.real.pages)
    @rule(pick=PICK, fault=st.sampled_from(["", "", "no card"]))
    def a_page_ends(self, pick, fault):
        page = one_of(sorted(self.real.pages), pick)
        self.repeat(PageStarted(page))
        self.tell(PageEnded(page, fault))
        self.repeat(PageEnded(page, fault))

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
        orders = self.tell(event)
        assert orders == () or isinstance(event, RegistrationChanged), f"{event}: {orders}"
        self.judge_registration(orders)
        self.repeat(event)

    @rule(which=st.sampled_from([BUSINESS, RELOADED]))
    def the_configuration_is_edited(self, which):
        self.rules = removed.kept(which, self.rules, self.state)
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

    # the end

    def teardown(self) -> None:
        """Whoever is there comes back, then everybody goes home: nobody and nothing may stay behind."""
        self.pass_to(self.now)
        self.everybody_comes_back()
        limit = self.now + 3600.0
        while self.real.legs or next_deadline(self.state, self.rules) is not None:
            while self.real.legs:
                leg = min(self.real.legs)
                self.end(leg, 486 if self.real.legs[leg].rings else 200)
            due = next_deadline(self.state, self.rules)
            if due is not None:
                orders = self.pass_to(due)
                assert all(isinstance(order, Report | Dial) for order in orders), f"nobody is here: {orders}"
            assert self.now < limit, "it never ends"
        for page in sorted(self.real.pages):
            assert self.real.pages[page], f"A-9: page {page} is on the air and nobody waits"
            self.tell(PageEnded(page))
        assert not self.state.legs
        assert not self.state.armed
        assert not self.state.refused
        assert not self.state.notices
        assert not self.journal


EXAMPLES = int(os.environ.get("PARKDECK_MACHINE_EXAMPLES", "400"))

TestMachine = pytest.mark.rule(
    "P-1",
    "P-5",
    "P-7",
    "P-10",
    "P-13",
    "P-14",
    "P-24",
    "P-25",
    "P-26",
    "P-27",
    "P-29",
    "P-30",
    "P-31",
    "A-9",
    "B-2",
    "B-1",
    "B-5",
    "S-1",
    "S-2",
    "S-3",
    "S-4",
    "S-5",
)(
    pytest.mark.timeout(max(300, EXAMPLES), method="thread")(Business.TestCase)  # an endless loop ends the whole run
)
TestMachine.settings = settings(
    max_examples=EXAMPLES,
    stateful_step_count=60,
    derandomize=bool(os.environ.get("CI")),
    phases=[Phase.explicit, Phase.generate] if os.environ.get("PARKDECK_MACHINE_QUICK") else list(Phase),
    report_multiple_bugs=False,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
