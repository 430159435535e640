"""One step in the making: the state as it was, the changes to it, and the orders given so far.

Handlers of the core work on a `Turn`; nobody outside the core sees one. The state before stays untouched, so that a handler
that raises changes nothing; a turn without changes gives back the very same state.
"""

from dataclasses import replace

from appliance.core.hearing import ToneKind
from appliance.core.ids import KeyId, LegId, PageId, Party, Place, Seconds, Serial, Ticket
from appliance.core.orders import Hangup, Order, Report, What
from appliance.core.rules import Rules
from appliance.core.state import (
    Armed,
    Confirming,
    Desk,
    Ending,
    Leg,
    Notice,
    Parked,
    Registration,
    Role,
    Seeking,
    State,
    Taker,
    Told,
)

SPEECH_LIMIT = Seconds(20)
"""An utterance whose end is not reported within this is taken as ended; no text of ours is that long."""


class Turn:
    """Collects what one event, or one deadline, changes."""

    def __init__(self, state: State, now: Seconds, rules: Rules) -> None:
        self.now = now
        self.rules = rules
        self.orders: list[Order] = []
        self.before = state
        self.legs: dict[LegId, Leg] = dict(state.legs)
        self.armed: dict[KeyId, Armed] = dict(state.armed)
        self.refused: dict[KeyId, Seconds] = dict(state.refused)
        self.changed: dict[Place, Seconds] = dict(state.changed)
        self.takers: dict[Place, Taker] = dict(state.takers)
        self.registrations: dict[str, Registration] = dict(state.registrations)
        self.faults: dict[str, str] = dict(state.faults)
        self.replaces: dict[str, bool] = dict(state.replaces)
        self.desks: dict[str, Desk] = dict(state.desks)
        self.notices: tuple[Notice, ...] = state.notices
        self.draining = state.draining
        self.last_arrived = state.last_arrived
        self._next_leg = state.next_leg
        self._next_page = state.next_page
        self._next_serial = state.next_serial
        self.next_ticket = state.next_ticket

    def done(self) -> tuple[State, tuple[Order, ...]]:
        """Return the new state, or the old one when nothing changed, and the orders in sequence."""
        after = State(
            legs=self.legs,
            armed=self.armed,
            refused=self.refused,
            changed=self.changed,
            takers=self.takers,
            registrations=self.registrations,
            faults=self.faults,
            replaces=self.replaces,
            desks=self.desks,
            notices=self.notices,
            draining=self.draining,
            last_arrived=self.last_arrived,
            next_leg=self._next_leg,
            next_page=self._next_page,
            next_serial=self._next_serial,
            next_ticket=self.next_ticket,
        )
        return (self.before if after == self.before else after), tuple(self.orders)

    def order(self, order: Order) -> None:
        """Give an order."""
        self.orders.append(order)

    def report(self, what: What, leg: Leg | None = None, *, by: Party | None = None, detail: str = "") -> None:
        """Tell what happened, to the call on `leg` if it is parked."""
        parked = leg.role if leg is not None and isinstance(leg.role, Parked) else None
        caller = leg.party if leg is not None else None
        number = None if leg is None else leg.id
        if parked is None:
            self.order(Report(what, None, number, caller, by, detail))
        else:
            self.order(Report(what, parked.place, number, caller, by, detail, parked.ticket, parked.announced))

    def play(self, leg: Leg, role: Role) -> Leg:
        """Give a leg another role; returns it as it is now."""
        now = replace(leg, role=role)
        self.legs[leg.id] = now
        return now

    def hang_up(self, leg: Leg) -> None:
        """End a leg; one that is not ours again yet as soon as it is."""
        if leg.returning is None:
            self.order(Hangup(leg.id))
        self.play(leg, Ending(told=isinstance(leg.role, Told)))

    def tell(self, leg: Leg, text: str, tone: ToneKind | None = None, lasting: Seconds = Seconds(0)) -> None:
        """Let a person hear a tone for a while and then a text (either may be missing), then hang up his leg."""
        limit = lasting if tone is not None else SPEECH_LIMIT
        self.play(leg, Told(tone, text, self.new_serial(), Seconds(self.now + limit)))

    def new_leg(self) -> LegId:
        """Number a leg that we dial."""
        leg = LegId(self._next_leg)
        self._next_leg -= 1
        return leg

    def new_page(self) -> PageId:
        """Number an announcement."""
        page = PageId(self._next_page)
        self._next_page += 1
        return page

    def new_serial(self) -> Serial:
        """Number an utterance."""
        serial = Serial(self._next_serial)
        self._next_serial += 1
        return serial

    def new_ticket(self) -> Ticket:
        """Number a caller's stay."""
        ticket = Ticket(self.next_ticket)
        self.next_ticket += 1
        return ticket

    def in_seconds(self, seconds: Seconds) -> Seconds:
        """Return the instant that many seconds from now."""
        return Seconds(self.now + seconds)

    def parked_on(self, place: Place) -> Leg | None:
        """Return the caller's leg that is parked on a place."""
        for leg in self.legs.values():
            if isinstance(leg.role, Parked) and leg.role.place == place:
                return leg
        return None

    def is_taken(self, place: Place) -> bool:
        """Whether a call is parked there, or an attended parker holds it."""
        return any(isinstance(leg.role, Parked | Confirming) and leg.role.place == place for leg in self.legs.values())

    def seekers(self, call: LegId) -> list[Leg]:
        """Return the legs that are to be joined with a parked caller."""
        return [leg for leg in self.legs.values() if isinstance(leg.role, Seeking) and leg.role.call == call]
