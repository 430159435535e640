"""How the machine's events reach the core, and how each of its steps is judged; what can happen is in the files built on it."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeVar

from hypothesis.stateful import RuleBasedStateMachine

from appliance.core import journal
from appliance.core.engine import advance, next_deadline, step
from appliance.core.events import (
    CallArrived,
    DialogKnown,
    Event,
    LegAnswered,
    LegEnded,
    RegistrationChanged,
    SpeechEnded,
)
from appliance.core.ids import LegId, Party, Seconds
from appliance.core.orders import Order, Report, What
from appliance.core.state import Leg, State
from tests.core.arrivals import an_arrival_goes_where_it_asked
from tests.core.business import (
    BUSINESS,
)
from tests.core.reality import Reality
from tests.core.ringing import the_right_people_are_rung
from tests.core.sentences import every_sentence, the_journal_says_what_is_so
from tests.core.survivors import Far

Thing = TypeVar("Thing")


class Machine(RuleBasedStateMachine):
    """The core under test, its clock, its journal, and reality."""

    def __init__(self) -> None:
        super().__init__()
        self.rules = BUSINESS
        self.now = Seconds(0)
        self.state = State()
        self.journal: dict[LegId, Leg] = {}
        self.real = Reality()
        self.last_arrived = 0
        self.overslept = False
        self.past: list[Event] = []
        """Events that can only be stale when they come again once their leg or page is gone."""
        self.spoken: list[SpeechEnded] = []
        self.promised = False
        """The last step had to be on the disk before it was let out."""
        self.known_at_once = True
        """Our INVITEs are known to the core before anything else happens."""
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
        self.make_known()
        return orders

    def make_known(self) -> None:
        """The adapter tells the dialog of each INVITE of ours as soon as it is out (S-2)."""
        for far in list(self.real.legs.values()) if self.known_at_once else ():
            if not far.known and far.id in self.real.legs:
                self.invite_is_out(far)

    def sleep(self, seconds: float) -> None:
        """Let time pass, with a timer that fires at each deadline."""
        self.pass_to(self.now)
        end = self.now + seconds
        while (due := next_deadline(self.state, self.rules)) is not None and due <= end:
            self.pass_to(due)
        self.pass_to(end)

    def pass_to(self, instant: float) -> tuple[Order, ...]:
        """Let it become an instant, at which the timer fires once."""
        same = instant == self.real.now
        self.now = self.real.now = Seconds(instant)
        self.real.pressed = False
        self.real.survivors.passes(self.now)
        if self.overslept:
            self.real.oversleeps()
            self.overslept = False
        before = self.state
        self.state, orders = advance(before, self.now, self.rules)
        if not (same and self.state is before):
            self.judge(before, orders)
        return orders

    def judge(self, before: State, orders: tuple[Order, ...]) -> None:
        written = journal.difference(before, self.state)
        self.journal |= written.changed
        for gone in written.gone:
            del self.journal[gone]
        self.promised = written.promised
        the_journal_says_what_is_so(self.journal, written, before, self.state)
        self.real.obey(orders, before, self.state)
        self.real.keep_books(before, self.state)
        every_sentence(self.state, self.now, self.rules, self.real)
        the_right_people_are_rung(orders, self.state, self.rules, self.real)

    def repeat(self, event: Event) -> None:
        """A stale or repeated event gives back the same state and no orders (design 5.3)."""
        self.pass_to(self.now)
        after, orders = step(self.state, event, self.now, self.rules)
        assert orders == (), f"stale {event}: {orders}"
        assert after is self.state, f"stale {event} changed the state"

    def some(self, pick: int, wanted: Callable[[Far], bool]) -> Far | None:
        return one_of([far for _, far in sorted(self.real.legs.items()) if wanted(far)], pick)

    def in_role(self, *roles: type) -> list[Leg]:
        """Legs that are ours."""
        return [leg for leg in self.state.legs.values() if isinstance(leg.role, roles) and leg.returning is None]

    def new_leg(self) -> LegId:
        self.last_arrived += 1
        return LegId(self.last_arrived)

    # what several rules do

    def call(self, dialled: str, caller: Party, by: Party | None = None, account: str = "pbx") -> CallArrived:
        return CallArrived(self.new_leg(), account, dialled, caller, by, self.real.new_dialog())

    def arrive(self, event: CallArrived, *, confirmed: bool) -> None:
        self.pass_to(self.now)
        before = self.without(event)
        self.tell(event)
        an_arrival_goes_where_it_asked(event, before, self.state, self.rules)
        self.past.append(event)
        if confirmed:
            self.confirm(event.leg)

    def without(self, event: CallArrived) -> State:
        """The state without the leg of whoever calls again, because he has never heard our answer."""
        again = self.real.survivors.find(event.dialog.call_id if event.dialog else "")
        legs = {number: leg for number, leg in self.state.legs.items() if again is None or number != again.leg}
        return replace(self.state, legs=legs)

    def invite_is_out(self, far: Far) -> None:
        self.tell(DialogKnown(far.id, replace(far.dialog, invite="INVITE", remote_tag="")))

    def answer_is_known(self, far: Far) -> None:
        if far.rings:
            self.tell(DialogKnown(far.id, replace(far.dialog, invite="", remote_tag="theirs")))

    def confirm(self, leg: LegId) -> None:
        self.answer_is_known(self.real.legs[leg])
        self.tell(LegAnswered(leg))
        self.past.append(LegAnswered(leg))

    def end(self, leg: LegId, code: int) -> None:
        self.tell(LegEnded(leg, code))
        self.past.append(LegEnded(leg, code))


def unacknowledged(far: Far) -> bool:
    return far.arrived and far.answered and not far.confirmed


def rings(far: Far) -> bool:
    return far.rings


def unknown(far: Far) -> bool:
    return not far.known


def may_transfer(far: Far) -> bool:
    return far.arrived and far.seeks is None and not far.caller and not far.hung_up and not far.replaced


def may_end(far: Far) -> bool:
    return far.hung_up or far.replaced or far.left is not None


def one_of(things: Sequence[Thing], pick: int) -> Thing | None:
    """Choose; the newest first, so that small numbers are what has just begun."""
    return things[-1 - pick % len(things)] if things else None


def told(orders: tuple[Order, ...]) -> list[What]:
    return [order.what for order in orders if isinstance(order, Report)]
