"""Legs that an earlier process of ours had: taking them over, and what becomes of them (S-2, S-3).

Such a leg stands in the state with its old role from the first moment on, so that its place is taken and can be dialled for;
`Leg.returning` says that its far side does not hear us yet. Until it is back nothing else is due for it: its timers go on,
and what has come due meanwhile is done at once when it is back.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import assert_never

from appliance.core import announce, asking, codes, comfort, exit_key, hunt, notices, park, recall, retrieve, vouching
from appliance.core.events import Recovered
from appliance.core.ids import LegId, Seconds
from appliance.core.orders import TakeOver, What, Withdraw
from appliance.core.state import (
    Asking,
    Confirming,
    Ending,
    Informing,
    Leaving,
    Leg,
    Parked,
    Purpose,
    Releasing,
    Returning,
    Role,
    Seeking,
    Talking,
    Told,
)
from appliance.core.turn import Turn

PACE = Seconds(1 / 20)
"""Between two take-overs: twenty a second (S-2)."""
AGAIN = Seconds(2)
"""After a take-over that nobody answered."""
TRIES = 15
SILENT = 7
"""How many tries one counts for that nobody answered at all: it has taken half a minute (RFC 3261 section 17.1.1.2)."""
REPEATED_INVITE = Seconds(33)
"""How long a PBX repeats an INVITE that we have not answered (RFC 3261 section 17.1.1.2, timer B)."""
TIMEOUT = 408
NO_ANSWER = frozenset({0, 401, 403, 407, 408, 429, 480, 491, 500, 502, 503, 504})
"""Codes that say nothing about the dialog that we want; every other one says that it is gone."""


def recovered(turn: Turn, event: Recovered) -> None:
    """Take the legs of an earlier process in; they come back when their account is registered."""
    known = {leg.dialog.call_id for leg in turn.legs.values() if leg.dialog is not None}
    before = {leg.id: leg for leg in event.legs if leg.dialog is not None and leg.dialog.call_id not in known}
    ids = {number: turn.new_leg() for number in before}
    tickets = (leg.role.ticket for leg in before.values() if isinstance(leg.role, Parked))
    turn.next_ticket = max(turn.next_ticket, *(ticket + 1 for ticket in tickets), 1)
    for leg in sorted(before.values(), key=_urgency):
        role = _renumbered(_consistent(leg, before), ids)
        state = Returning(half_open=_is_half_open(leg))
        now = replace(leg, id=ids[leg.id], role=role, confirmed=False, returning=state)
        turn.legs[now.id] = now
    for number in [leg for leg in turn.legs if leg in ids.values()]:
        if number in turn.legs:
            _expect(turn, turn.legs[number])
    for account, registration in turn.registrations.items():
        if registration.registered:
            registered(turn, account)


def _is_half_open(leg: Leg) -> bool:
    """An ACK was never seen, by the process that had the leg first or by one that was to take it over."""
    return (leg.id > 0 and not leg.confirmed) or (leg.returning is not None and leg.returning.half_open)


def _expect(turn: Turn, leg: Leg) -> None:
    """Tell who is coming back; without his account nobody can, and a recall that was just beginning begins again."""
    if leg.returning is None:
        return
    if leg.account not in turn.rules.accounts:
        lost(turn, leg)
    elif isinstance(leg.role, Parked):
        turn.report(What.COMING_BACK, leg, by=leg.role.parker)
        ringing = any(
            isinstance(one.role, Seeking) and one.role.purpose in (*recall.RECALLS, *hunt.HUNTS)
            for one in turn.seekers(leg.id)
        )
        if leg.role.recall.next_at is None and not ringing:
            _begin_again(turn, leg, leg.role)


def _begin_again(turn: Turn, leg: Leg, role: Parked) -> None:
    if role.hunt is not None:
        hunt.resume(turn, leg, role, role.hunt)
    else:
        recall.again(turn, leg)


def _urgency(leg: Leg) -> tuple[int, float]:
    """Phones that ring for nothing first, then people who were talking, then who has waited longest."""
    match leg.role:
        case _ if _rings(leg):
            return 0, 0.0
        case Talking(peer=peer):
            return 1, float(max(leg.id, peer) * 2 + (leg.id < peer))
        case Parked(since=since):
            return 2, since
        case _:
            return 3, 0.0


def _consistent(leg: Leg, legs: Mapping[LegId, Leg]) -> Role:
    """A leg whose other half was not kept has nobody to be joined with: it is ended as soon as it is back."""
    match leg.role:
        case Seeking(call=call) if call not in legs or not isinstance(legs[call].role, Parked):
            return Ending()
        case Talking(peer=peer) if peer not in legs or not isinstance(legs[peer].role, Talking):
            return Ending()
        case _:
            return leg.role


def _renumbered(role: Role, ids: Mapping[LegId, LegId]) -> Role:
    match role:
        case Seeking(call=call):
            return replace(role, call=ids[call])
        case Talking(peer=peer):
            return replace(role, peer=ids[peer])
        case _:
            return role


def registered(turn: Turn, account: str) -> None:
    """The PBX knows us again: take its legs over, one after the other."""
    at = turn.now
    for leg in list(turn.legs.values()):
        state = leg.returning
        if leg.account == account and state is not None and state.at is None and not state.asked:
            turn.legs[leg.id] = replace(leg, returning=replace(state, at=at))
            at = Seconds(at + PACE)


def unregistered(turn: Turn, account: str) -> None:
    """Wait with what has not been asked yet."""
    for leg in list(turn.legs.values()):
        if leg.account == account and leg.returning is not None and not leg.returning.asked:
            turn.legs[leg.id] = replace(leg, returning=replace(leg.returning, at=None))


def due(turn: Turn, leg: Leg, state: Returning) -> None:
    """Take a leg over; stop a phone that rings for a process that is no more; or give up."""
    assert leg.dialog is not None  # noqa: S101 - only legs with one are kept
    if state.asked:
        lost(turn, leg)
    elif _rings(leg):
        turn.order(Withdraw(leg.account, leg.dialog))
        _ring_again(turn, leg)
    else:
        turn.legs[leg.id] = replace(leg, returning=replace(state, at=None, asked=True))
        turn.order(TakeOver(leg.id, leg.account, leg.dialog, leg.party))


def _rings(leg: Leg) -> bool:
    return leg.dialog is not None and bool(leg.dialog.invite)


def _ring_again(turn: Turn, leg: Leg) -> None:
    """The try of the earlier process is over; whoever it was for tries again."""
    del turn.legs[leg.id]
    match leg.role:
        case Seeking(call=number, purpose=Purpose.FETCH, key=key):
            retrieve.fetch(turn, turn.legs[number], leg.dialled, key)
        case Seeking(purpose=Purpose.SPLASH):  # it has shown what it had to
            pass
        case Seeking(call=number, purpose=Purpose.EXIT):
            exit_key.ring(turn, turn.legs[number])
        case Seeking(call=number, purpose=Purpose.HUNT | Purpose.FORWARD):
            hunt.again(turn, turn.legs[number])
        case Seeking(call=number):
            recall.again(turn, turn.legs[number])
        case Informing(notice=notice):
            notices.again(turn, notice, turn.now)
        case _:
            pass


def found(turn: Turn, leg: Leg) -> None:
    """The PBX has put our INVITE in the place of a dialog: whatever becomes of us now, it had heard the answer."""
    if leg.returning is not None and leg.returning.half_open:
        turn.legs[leg.id] = replace(leg, returning=replace(leg.returning, half_open=False))


def answered(turn: Turn, leg: Leg, state: Returning) -> None:
    """The PBX gives a leg back that it was asked for."""
    if state.asked and state.at is None:
        back(turn, leg)


def back(turn: Turn, leg: Leg) -> None:
    """The far side hears us again: go on where we were."""
    leg = turn.legs[leg.id] = replace(leg, confirmed=True, returning=None)
    match leg.role:
        case Parked():
            _parked_back(turn, leg)
        case Talking(peer=peer):
            _talking_back(turn, leg, turn.legs[peer])
        case Seeking():
            vouching.answered(turn, leg)
        case Asking(service=service, tries=tries):
            asking.ask(turn, leg, service, tries)
        case Confirming(place=place, group=group) if turn.draining is None and place in turn.rules.places:
            park.confirm(turn, leg, place, group)
        case Confirming(place=place):
            park.attended(turn, leg, codes.ParkOn(place))
        case Told(text=text, tone=tone):
            turn.tell(leg, text, tone, park.TONE_BEFORE_REASON)
        case Informing(notice=notice):
            notices.answered(turn, leg, notice)
        case Leaving() | Ending():
            turn.hang_up(leg)
        case _:
            assert_never(leg.role)


def _parked_back(turn: Turn, leg: Leg) -> None:
    """Who waits for him already gets him now."""
    turn.report(What.BACK, leg)
    announce.resume(turn, leg)
    comfort.resume(turn, turn.legs[leg.id])
    waiting = next((seeker for seeker in turn.seekers(leg.id) if _has_him(seeker)), None)
    if waiting is not None:
        retrieve.join(turn, waiting)


def _has_him(seeker: Leg) -> bool:
    """Whether somebody waits for a caller who is on his way back, and need not show that he is a person (P-25)."""
    asked = isinstance(seeker.role, Seeking) and seeker.role.vouch is not None
    return seeker.confirmed and seeker.returning is None and not asked


def _talking_back(turn: Turn, leg: Leg, peer: Leg) -> None:
    """Whatever the earlier process asked the PBX to do with the pair, it has not done."""
    for one in (leg, peer):
        if isinstance(one.role, Talking) and one.role.releasing is Releasing.PENDING:
            turn.play(one, replace(one.role, releasing=Releasing.NO))
    retrieve.release(turn, leg.id)


def not_back(turn: Turn, leg: Leg, state: Returning, code: int) -> None:
    """Try again when nobody answered; a dialog that the PBX does not have (any more) is lost (S-3)."""
    if not state.asked or state.at is not None:  # told twice, or of a leg that nobody has asked for
        return
    if code in NO_ANSWER and state.tries < TRIES:
        registration = turn.registrations.get(leg.account)
        reachable = registration is not None and registration.registered
        at = turn.in_seconds(AGAIN) if reachable else None
        turn.legs[leg.id] = replace(
            leg, returning=replace(state, at=at, asked=False, tries=state.tries + (SILENT if code == TIMEOUT else 1))
        )
    elif state.half_open and code not in NO_ANSWER:  # it has not heard our answer: it repeats its INVITE
        turn.legs[leg.id] = replace(leg, returning=replace(state, at=turn.in_seconds(REPEATED_INVITE)))
    else:
        lost(turn, leg)


def lost(turn: Turn, leg: Leg) -> None:
    """Nobody is there: free the place, and let the parker know."""
    match leg.role:
        case Parked() as role:
            retrieve.resolve(turn, leg, What.LOST, None)
            notices.add(turn, leg, role)
        case Talking(peer=peer, releasing=Releasing.PENDING) if turn.legs[peer].returning is not None:
            turn.play(
                turn.legs[peer], Leaving(turn.now)
            )  # the PBX may have joined them without us: then it is gone too
        case Talking() as talking:
            retrieve.peer_ended(turn, talking)
        case Seeking(call=call, purpose=purpose):
            turn.report(What.CANCELLED, turn.legs[call], by=leg.party, detail="gone")
            if purpose in recall.RECALLS:
                recall.again(turn, turn.legs[call])
            elif purpose in hunt.HUNTS:
                hunt.again(turn, turn.legs[call])
        case Informing(notice=notice):
            notices.unanswered(turn, notice)
        case _:
            pass
    del turn.legs[leg.id]


def repeated(turn: Turn, call_id: str) -> None:
    """An INVITE comes (again) that an earlier process did not answer: it is a fresh call, its old leg never was one."""
    for leg in list(turn.legs.values()):
        if leg.returning is not None and leg.dialog is not None and leg.dialog.call_id == call_id:
            if isinstance(leg.role, Talking):
                retrieve.peer_ended(turn, leg.role)
            elif isinstance(leg.role, Parked):
                turn.report(What.REPEATED, leg)
                announce.stop(turn, leg.role)
            retrieve.let_go(turn, leg.id)
            del turn.legs[leg.id]
