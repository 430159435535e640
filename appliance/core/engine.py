"""The one way in: `step` for a fact, `advance` for time, `next_deadline` for when to come back.

    step(state, event, now, rules)  -> (state, orders)
    advance(state, now, rules)      -> (state, orders)
    next_deadline(state, rules)     -> instant or None

Total: every event is legal in every state, a stale one gives back the same state and no orders. Whatever is due comes
before the event, so that order in time is order in effect; afterwards nothing is overdue.
"""

from dataclasses import replace
from typing import assert_never

from appliance.core import (
    announce,
    arrive,
    asking,
    deadlines,
    drain,
    exit_key,
    hunt,
    identity,
    keys,
    logins,
    notices,
    recall,
    retrieve,
    returning,
    vouching,
)
from appliance.core.events import (
    AdapterFault,
    CallArrived,
    DialogKnown,
    DigitReceived,
    DrainRequested,
    Event,
    HuntLogin,
    IdentityChanged,
    KeyPressed,
    LegAnswered,
    LegDiverted,
    LegEnded,
    LegRang,
    LegReplaced,
    PageEnded,
    PageStarted,
    ParkRequested,
    Recovered,
    RegistrationChanged,
    ReleaseEnded,
    RetrieveRequested,
    SpeechEnded,
)
from appliance.core.ids import Seconds
from appliance.core.orders import Order, What
from appliance.core.rules import Rules
from appliance.core.state import Asking, Informing, Leg, Parked, Purpose, Registration, Seeking, State, Talking
from appliance.core.turn import Turn

GONE = (408, 481)
"""How a leg ends whose far side the PBX has lost (S-6); who hangs up ends it with 200."""
GIVEN_UP = (408, 480)
"""How a PBX ends a call to a phone that has rung for long (P-22)."""


def step(state: State, event: Event, now: Seconds, rules: Rules) -> tuple[State, tuple[Order, ...]]:
    """Return the state after a fact, and the orders that follow from it."""
    turn = Turn(state, now, rules)
    deadlines.run(turn)
    _dispatch(turn, event)
    deadlines.run(turn)
    identity.run(turn)
    return turn.done()


def advance(state: State, now: Seconds, rules: Rules) -> tuple[State, tuple[Order, ...]]:
    """Return the state when it has become `now`, and the orders that follow from that alone."""
    turn = Turn(state, now, rules)
    deadlines.run(turn)
    identity.run(turn)
    return turn.done()


def next_deadline(state: State, rules: Rules) -> Seconds | None:
    """Return the next instant at which `advance` has something to do; None: only an event can change anything."""
    return deadlines.earliest(state, rules)


def _dispatch(turn: Turn, event: Event) -> None:  # noqa: C901, PLR0912 - a table: one case for each event
    match event:
        case CallArrived():
            arrive.arrived(turn, event)
        case IdentityChanged():
            arrive.identity_changed(turn, event)
        case LegReplaced():
            arrive.replaced(turn, event)
        case (
            DialogKnown()
            | LegRang()
            | LegDiverted()
            | LegAnswered()
            | LegEnded()
            | DigitReceived()
            | SpeechEnded()
            | ReleaseEnded()
        ):
            leg = turn.legs.get(event.leg)
            if leg is not None:
                _to_leg(turn, leg, event)
        case KeyPressed():
            keys.pressed(turn, event)
        case RetrieveRequested():
            keys.retrieve_requested(turn, event)
        case ParkRequested():
            keys.park_requested(turn, event)
        case HuntLogin():
            logins.requested(turn, event)
        case PageEnded(page=page):
            announce.page_ended(turn, page)
        case RegistrationChanged():
            _registration(turn, event)
        case Recovered():
            returning.recovered(turn, event)
        case DrainRequested():
            drain.requested(turn)
        case AdapterFault(adapter=adapter, detail=detail):
            _fault(turn, adapter, detail)
        case PageStarted():
            pass
        case _:
            assert_never(event)


def _to_leg(
    turn: Turn,
    leg: Leg,
    event: DialogKnown | LegRang | LegDiverted | LegAnswered | LegEnded | DigitReceived | SpeechEnded | ReleaseEnded,
) -> None:
    match event:
        case DialogKnown(dialog=dialog):
            turn.legs[leg.id] = replace(leg, dialog=dialog)
            if not dialog.invite:  # it has answered
                turn.replaces[leg.account] = dialog.replaces
                returning.found(turn, turn.legs[leg.id])
        case LegRang() | LegDiverted():
            if isinstance(leg.role, Seeking):
                _gets_on(turn, leg, leg.role, event)
        case LegAnswered():
            _answered(turn, leg)
        case LegEnded(code=code):
            _ended(turn, leg, code)
        case DigitReceived(digit=digit):
            _digit(turn, leg, digit)
        case SpeechEnded(serial=serial):
            deadlines.heard(turn, leg, serial)
        case ReleaseEnded(code=code):
            retrieve.released(turn, leg, code)


def _gets_on(turn: Turn, leg: Leg, role: Seeking, event: LegRang | LegDiverted) -> None:
    if isinstance(event, LegRang):
        turn.play(leg, replace(role, rang=True))
    elif role.purpose is Purpose.HUNT and not leg.confirmed:
        hunt.diverted(turn, leg, role)
    else:
        turn.play(leg, replace(role, diverted=True))


def _digit(turn: Turn, leg: Leg, digit: str) -> None:
    match leg.role:
        case Asking() as role:
            asking.digit(turn, leg, role, digit)
        case Seeking() as role:
            vouching.pressed(turn, leg, role, digit)
        case Parked() as role:
            exit_key.pressed(turn, leg, role, digit)
        case _:
            pass


def _answered(turn: Turn, leg: Leg) -> None:
    if leg.returning is not None:
        returning.answered(turn, leg, leg.returning)
        return
    again = leg.confirmed
    leg = turn.legs[leg.id] = replace(leg, confirmed=True)
    match leg.role:
        case Informing(notice=notice):
            notices.answered(turn, leg, notice)
        case Seeking() if not again:
            vouching.answered(turn, leg)
        case Talking():
            retrieve.release(turn, leg.id)
        case _:
            pass


def _ended(turn: Turn, leg: Leg, code: int) -> None:
    if leg.returning is not None:
        returning.not_back(turn, leg, leg.returning, code)
        return
    match leg.role:
        case Parked() if code in GONE:
            returning.lost(turn, leg)
            return
        case Parked():
            retrieve.resolve(turn, leg, What.ABANDONED, None)
        case Seeking() as role:
            _try_ended(turn, leg, role, code)
        case Informing(notice=notice):
            notices.unanswered(turn, notice)
        case Talking() as role:
            retrieve.peer_ended(turn, role)
        case _:
            pass
    del turn.legs[leg.id]


def _try_ended(turn: Turn, leg: Leg, role: Seeking, code: int) -> None:
    call = turn.legs[role.call]
    if role.purpose in recall.RECALLS:
        vouching.report(turn, call, leg)
        in_vain = leg.confirmed or (role.rang and code in GIVEN_UP)
        recall.unanswered(turn, call, role.purpose, busy=not in_vain)
    elif role.purpose in hunt.HUNTS:
        vouching.report(turn, call, leg)
        hunt.unanswered(turn, call, leg)
    elif role.purpose is not Purpose.SPLASH:
        turn.report(What.CANCELLED, call, by=leg.party, detail=f"ended with {code}")


def _registration(turn: Turn, event: RegistrationChanged) -> None:
    before = turn.registrations.get(event.account)
    same = before is not None and before.registered == event.registered
    since = before.since if same and before is not None else turn.now
    turn.registrations[event.account] = Registration(event.registered, since, event.code, event.reason)
    if event.registered:
        returning.registered(turn, event.account)
    else:
        returning.unregistered(turn, event.account)


def _fault(turn: Turn, adapter: str, detail: str) -> None:
    if detail:
        turn.faults[adapter] = detail
    else:
        turn.faults.pop(adapter, None)
