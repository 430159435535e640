"""Time: when something is due next, and what to do when it is. Deadlines stand in the state; nothing is ever cancelled.

Every due item, once handled, has a later deadline or none; so `run` ends.
"""

from collections.abc import Iterator
from dataclasses import replace

from appliance.core import (
    announce,
    asking,
    comfort,
    drain,
    hunt,
    keys,
    notices,
    park,
    recall,
    retrieve,
    returning,
    vouching,
)
from appliance.core.ids import Seconds, Serial
from appliance.core.rules import Rules
from appliance.core.state import (
    Asking,
    Confirming,
    Ending,
    Informing,
    Leaving,
    Leg,
    Parked,
    Purpose,
    Seeking,
    State,
    Talking,
    Told,
    Vouch,
)
from appliance.core.turn import Turn


def earliest(state: State, rules: Rules) -> Seconds | None:
    """Return the next instant at which something is due, or None."""
    return min(_all(state, rules), default=None)


def _all(state: State, rules: Rules) -> Iterator[Seconds]:
    for leg in state.legs.values():
        due = of_leg(leg, rules)
        if due is not None:
            yield due
    for armed in state.armed.values():
        yield armed.until
    yield from state.refused.values()
    for due in (notices.next_at(state), drain.next_at(state)):
        if due is not None:
            yield due


def of_leg(leg: Leg, rules: Rules) -> Seconds | None:
    """Return when something is due for a leg."""
    if leg.returning is not None:
        return leg.returning.at
    match leg.role:
        case Asking(until=until) | Confirming(until=until) | Told(until=until) | Seeking(until=until):
            return until
        case Leaving(until=until) | Informing(until=until):
            return until
        case Parked() as parked:
            return min((due for due in _of_parked(parked, rules) if due is not None), default=None)
        case Talking() | Ending():
            return None


def _of_parked(role: Parked, rules: Rules) -> tuple[Seconds | None, ...]:
    always = (recall.long_at(role, rules), comfort.due(role, rules))
    if role.hunt is not None:  # his other timers stand still (P-24)
        return (*always, hunt.due(role, role.hunt, rules))
    return (
        *always,
        role.recall.next_at,
        recall.near_at(role, rules),
        announce.due(role),
        recall.last_resort_at(role),
    )


def run(turn: Turn) -> None:
    """Handle everything that is due at the turn's instant."""
    while _run_legs(turn) or hunt.run(turn):
        pass
    drain.run(turn)
    notices.run(turn)
    for key in [key for key, armed in turn.armed.items() if armed.until <= turn.now]:
        keys.disarm(turn, key)
    for key in [key for key, until in turn.refused.items() if until <= turn.now]:
        del turn.refused[key]


def _run_legs(turn: Turn) -> bool:
    ran = False
    for leg_id in list(turn.legs):
        leg = turn.legs.get(leg_id)
        if leg is None:
            continue
        due = of_leg(leg, turn.rules)
        if due is None or due > turn.now:
            continue
        if leg.returning is not None:
            returning.due(turn, leg, leg.returning)
        else:
            _due(turn, leg)
        ran = True
    return ran


def _due(turn: Turn, leg: Leg) -> None:
    match leg.role:
        case Parked() as parked:
            _parked_due(turn, leg, parked)
        case Asking() as asked:
            asking.conclude(turn, leg, asked)
        case Confirming(place=place, group=group):
            park.settle(turn, leg, place, group, leg.first)
        case Told() as told:
            _told_due(turn, leg, told)
        case Seeking() as seeking:
            if not vouching.asked_again(turn, leg, seeking):
                given_up(turn, leg, seeking)
        case Informing(notice=notice):
            turn.hang_up(leg)
            notices.unanswered(turn, notice)
        case _:
            turn.hang_up(leg)


def _parked_due(turn: Turn, leg: Leg, role: Parked) -> None:
    last = recall.last_resort_at(role)
    near = recall.near_at(role, turn.rules)
    again = announce.due(role)
    long = recall.long_at(role, turn.rules)
    spoken = comfort.due(role, turn.rules)
    if long is not None and long <= turn.now:
        turn.play(leg, replace(role, long=True))
    elif spoken is not None and spoken <= turn.now:
        comfort.change(turn, leg, role)
    elif role.hunt is not None:
        hunt.go_on(turn, leg, role, role.hunt)
    elif last is not None and last <= turn.now:
        recall.hand_over(turn, leg, role)
    elif near is not None and near <= turn.now:
        recall.come_near(turn, leg, role)
    elif again is not None and again <= turn.now:
        announce.say(turn, leg)
    else:
        recall.ring(turn, leg, role)


def _told_due(turn: Turn, leg: Leg, role: Told) -> None:
    if role.tone is not None and role.text:
        turn.tell(leg, role.text)
    else:
        turn.hang_up(leg)


def given_up(turn: Turn, leg: Leg, role: Seeking) -> None:
    """Stop a try that rang too long; the caller stays parked."""
    call = turn.legs[role.call]
    waits = leg.confirmed and role.vouch is None
    if waits and call.returning is not None:  # he hears music until it is known what becomes of the call (S-2)
        turn.play(leg, replace(role, until=turn.in_seconds(retrieve.ACK_LIMIT)))
    elif role.purpose is Purpose.SPLASH:
        turn.hang_up(leg)
    elif role.purpose in recall.RECALLS:
        turn.hang_up(leg)
        vouching.report(turn, call, leg)
        recall.unanswered(turn, call, role.purpose, busy=False)
    elif role.purpose in hunt.HUNTS:
        turn.hang_up(leg)
        vouching.report(turn, call, leg)
        hunt.unanswered(turn, call, leg)
    else:
        retrieve.cancel(turn, call, leg, "no answer")


def heard(turn: Turn, leg: Leg, serial: Serial) -> None:
    """Go on after an utterance that a leg has heard to its end; an earlier one's end changes nothing."""
    match leg.role:
        case Asking(serial=current, said=False) as asked if current == serial:
            asking.prompted(turn, leg, asked)
        case Confirming(serial=current, said=False) as role if current == serial:
            until = turn.in_seconds(turn.rules.display_time)
            turn.play(leg, replace(role, said=True, until=until))
        case Told(serial=current, tone=None) if current == serial:
            turn.hang_up(leg)
        case Seeking(vouch=Vouch(serial=current, said=False) as vouch) as seeking if current == serial:
            vouching.heard(turn, leg, seeking, vouch)
        case Parked() as parked:
            comfort.heard(turn, leg, parked, serial)
        case _:
            pass
