"""The box is killed at any moment; the next process gets the journal and asks the PBX for its legs (S-5)."""

from dataclasses import replace

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from appliance.core.engine import next_deadline, step
from appliance.core.events import (
    DialogKnown,
    Event,
    IdentityChanged,
    KeyPressed,
    LegAnswered,
    LegEnded,
    Press,
    Recovered,
    RegistrationChanged,
    ReleaseEnded,
)
from appliance.core.ids import LegId, Seconds
from appliance.core.orders import Dial, Message, Order, Report, TakeOver, Withdraw
from appliance.core.state import Leg, Parked, State
from tests.core.business import (
    CALLERS,
    DOWN,
    GONE,
    PICK,
)
from tests.core.machine import Machine, may_transfer, one_of, rings, unacknowledged
from tests.core.survivors import Coming, Far
from tests.core.timeline import MUELLER, PETER


class Kills(Machine):
    """Rules about the end of one process and the beginning of the next."""

    # the kill

    @rule(down=DOWN, heard=st.booleans(), done=st.booleans(), registered=st.booleans())
    def the_box_is_killed(self, down, heard, done, registered):
        """Between two steps."""
        self.pass_to(self.now)
        self.begin_again(down, heard=heard, done=done, registered=registered)

    @rule(
        what=st.sampled_from(["call", "ack", "answer", "end", "release", "transfer", "time"]),
        pick=PICK,
        down=DOWN,
        heard=st.booleans(),
        done=st.booleans(),
    )
    def the_box_is_killed_in_the_middle_of_a_step(self, what, pick, down, heard, done):
        """What led to the step has happened; what came of it has not: it was neither written nor let out."""
        self.pass_to(self.now)
        event = self.happens(what, pick)
        if isinstance(event, IdentityChanged):  # the PBX tells it again when the leg is taken over
            self.real.legs[event.leg].becomes = event.party
        elif event is not None:
            self.real.hears_of(event, self.state)
        if what == "answer" and isinstance(event, LegAnswered):
            self.real.legs[event.leg].excused = True  # of the phone's answer nobody can know
        self.begin_again(down + (50.0 if what == "time" else 0.0), heard=heard, done=done, registered=True)

    @rule(
        what=st.sampled_from(["dials", "ack", "answer", "end", "release", "time"]),
        pick=PICK,
        heard=st.booleans(),
        done=st.booleans(),
    )
    def the_box_is_killed_before_it_could_write(self, what, pick, heard, done):
        """A step that promises nothing is let out at once; the disk may be one such step behind."""
        self.pass_to(self.now)
        event = self.happens(what, pick)
        if isinstance(event, LegAnswered):
            self.answer_is_known(self.real.legs[event.leg])
        written = dict(self.journal)
        due = next_deadline(self.state, self.rules)
        known_at_once, self.known_at_once = self.known_at_once, False
        if event is not None:
            self.tell(event)
        elif what == "time" and due is not None:
            self.pass_to(due)
        self.known_at_once = known_at_once
        if not self.promised:
            self.journal = written
            self.real.forgets(list(written.values()))
        self.begin_again(0.5, heard=heard, done=done, registered=True)

    def happens(self, what: str, pick: int) -> Event | None:
        suits = {"ack": unacknowledged, "answer": rings, "end": lambda _: True, "transfer": may_transfer}.get(what)
        far = self.some(pick, suits) if suits is not None else None
        if what == "call":
            return self.call("*68102", MUELLER, PETER)
        if what == "dials":
            return self.call("*88102", PETER)
        if what == "release":
            leg = one_of(sorted(self.real.releases.keys() & self.real.legs.keys()), pick)
            return None if leg is None else ReleaseEnded(leg, 481 if leg in self.real.lost_releases else 200)
        if far is None:
            return None
        if what == "transfer":
            return IdentityChanged(far.id, MUELLER)
        return LegEnded(far.id, 200) if what == "end" else LegAnswered(far.id)

    # the next process

    def begin_again(self, down: float, *, heard: bool, done: bool, registered: bool) -> None:
        """Another process, with the journal and nothing else."""
        self.real.dies(list(self.journal.values()), heard=heard, done=done)
        self.now = self.real.now = Seconds(self.now + down)
        self.overslept, self.last_arrived = False, 0
        self.rules = replace(self.rules, removed={})  # only the process that had them knows what they were
        self.past.clear()
        self.spoken.clear()
        self.real.survivors.passes(self.now)
        records = tuple(self.journal.values())
        self.journal.clear()
        before = State()
        self.state, orders = step(before, Recovered(records), self.now, self.rules)
        self.real.survivors.expect(self.state)
        self.judge(before, orders)
        self.real.lit.clear()
        for leg in self.state.legs.values():
            old = next(one for one in records if one.dialog == leg.dialog)
            assert (leg.account, leg.party, leg.first, leg.wanted) == (old.account, old.party, old.first, old.wanted)
            if isinstance(old.role, Parked):
                assert isinstance(leg.role, Parked)
                assert (leg.role.place, leg.role.parker, leg.role.since) == (
                    old.role.place,
                    old.role.parker,
                    old.role.since,
                )
        self.repeat(Recovered(records))
        if registered:
            self.tell(RegistrationChanged("pbx", registered=True, code=200))

    @precondition(lambda self: self.real.survivors.coming)
    @rule(account=st.sampled_from(["pbx", "pbx", "trunk"]))
    def an_account_is_registered_again(self, account):
        orders = self.tell(RegistrationChanged(account, registered=True, code=200))
        self.judge_registration(orders)

    def judge_registration(self, orders: tuple[Order, ...]) -> None:
        """S-2, S-3: twenty a second is one at a time; phones that rang, or are to be told of a loss, may be called."""
        assert all(isinstance(order, TakeOver | Withdraw | Dial | Message | Report) for order in orders), (
            f"S-2: {orders}"
        )
        assert sum(isinstance(order, TakeOver | Withdraw) for order in orders) <= 1, f"S-2: {orders}"

    @precondition(lambda self: self.asked_for())
    @rule(pick=PICK, gone=GONE, when=st.sampled_from("ABC"))
    def the_pbx_answers_a_take_over(self, pick, gone, when):
        if one := one_of(self.asked_for(), pick):
            self.answer_take_over(one, gone, when)

    @precondition(lambda self: self.asked_for())
    @rule(pick=PICK, code=st.sampled_from([0, 408, 491, 503]), registered=st.booleans())
    def the_pbx_says_nothing_of_a_leg(self, pick, code, registered):
        """Because it is busy; or because it is away, then the registration goes first."""
        one = one_of(self.asked_for(), pick)
        if one is not None:
            if not registered:
                self.tell(RegistrationChanged(one.account, registered=False, code=code))
            self.tell(LegEnded(one.leg, code))

    @precondition(lambda self: self.asked_for())
    @rule(gone=GONE)
    def the_pbx_answers_every_take_over(self, gone):
        for one in self.asked_for():
            self.answer_take_over(one, gone, "A")

    def asked_for(self) -> list[Coming]:
        return [one for one in self.real.survivors.coming.values() if one.asked]

    def answer_take_over(self, one: Coming, gone: int, when: str) -> None:
        """`when` it tells who is there by now: after the answer; before it; or the box is killed between the two."""
        if not self.real.survivors.is_up(one):
            self.tell(LegEnded(one.leg, gone))
            return
        far = self.real.survivors.fars[one.call]
        self.tell(DialogKnown(one.leg, self.real.new_dialog()))
        if when == "C":
            self.begin_again(1.0, heard=True, done=True, registered=True)
            return
        if when == "B":
            self.somebody_else_is_there(one.leg, far)
        self.tell(LegAnswered(one.leg))
        self.past.append(LegAnswered(one.leg))
        if far.id in self.real.legs:
            self.somebody_else_is_there(one.leg, far)

    def somebody_else_is_there(self, leg: LegId, far: Far) -> None:
        if far.becomes is not None:
            self.tell(IdentityChanged(leg, far.becomes))
            far.becomes = None

    @precondition(lambda self: self.coming_to_a_place())
    @rule(pick=PICK)
    def a_key_is_held_whose_call_is_coming_back(self, pick):
        """B-4: it is said again, and no longer than somebody is to be fetched, whatever becomes of him."""
        self.pass_to(self.now)
        leg = one_of(self.coming_to_a_place(), pick)
        if leg is not None:
            self.hold_key_of(leg)

    def coming_to_a_place(self) -> list[Leg]:
        legs = [leg for leg in self.state.legs.values() if leg.returning is not None]
        return [leg for leg in legs if isinstance(leg.role, Parked) and leg.role.place is not None]

    def hold_key_of(self, leg: Leg) -> None:
        place = leg.role.place if isinstance(leg.role, Parked) else None
        keys = [key for panel in self.rules.panels.values() for key, rule in panel.keys.items() if rule.place == place]
        if place is not None and keys:
            self.tell(KeyPressed(keys[0], Press.LONG))

    @precondition(lambda self: any(far.calling for far in self.real.survivors.fars.values()))
    @rule(pick=PICK, confirmed=st.booleans(), held=st.booleans())
    def the_pbx_repeats_an_invite(self, pick, confirmed, held):
        """`held`: somebody has just held the key of his place down, to hear again who it is for."""
        self.pass_to(self.now)
        far = one_of([far for far in self.real.survivors.fars.values() if far.calling], pick)
        if far is not None and far.arrival is not None:
            coming = self.real.survivors.find(far.dialog.call_id)
            if held and coming is not None:
                self.hold_key_of(self.state.legs[coming.leg])
            self.arrive(replace(far.arrival, leg=self.new_leg()), confirmed=confirmed)

    @precondition(lambda self: self.real.survivors.fars)
    @rule(pick=PICK, caller=st.one_of(st.none(), CALLERS))
    def somebody_hangs_up_or_transfers_while_nobody_hears_it(self, pick, caller):
        call = one_of(sorted(self.real.survivors.fars), pick)
        if call is not None and caller is None:
            del self.real.survivors.fars[call]
        elif call is not None and not self.real.survivors.fars[call].caller:
            self.real.survivors.fars[call].becomes = caller

    def everybody_comes_back(self) -> None:
        """S-5: within seconds of the registration; longer only for who may repeat his INVITE."""
        for account in ("pbx", "trunk"):
            self.tell(RegistrationChanged(account, registered=True, code=200))
        limit = self.now + 60.0
        while self.real.survivors.coming:
            for one in self.asked_for():
                self.answer_take_over(one, 481, "A")
            if self.real.survivors.coming:
                due = next_deadline(self.state, self.rules)
                assert due is not None, f"S-2: {self.real.survivors.coming} is never asked for"
                assert due < limit, f"S-5: {self.real.survivors.coming} is not back"
                self.pass_to(due)
        left = [far for far in self.real.survivors.fars.values() if not (far.calling or far.excused)]
        assert not left, f"S-5: {left}"
