"""A caller who presses the exit key: somebody is rung for him while he waits on (P-11).

He stays parked, hears music and can be retrieved; his timers run. When nobody answers he goes on waiting as before, and may press
again.
"""

from appliance.core import recall
from appliance.core.ids import Party
from appliance.core.orders import Dial, What
from appliance.core.state import Leg, Parked, Purpose, Seeking
from appliance.core.turn import Turn

ON_THE_WAY = (Purpose.EXIT, Purpose.LAST_RESORT)
"""Whoever rings for him already for one of these is who shall take him."""


def pressed(turn: Turn, leg: Leg, role: Parked, digit: str) -> None:
    """Ring the exit's number if that is what a parked caller pressed; every other digit of his means nothing."""
    nobody_parked_him = role.hunt is not None and role.hunt.called
    wanted = digit == turn.rules.exit_key and not nobody_parked_him
    if wanted and turn.draining is None and not _is_leaving(turn, leg):
        ring(turn, leg)


def _is_leaving(turn: Turn, leg: Leg) -> bool:
    served = isinstance(leg.role, Parked) and leg.role.hunt is not None
    if served and (turn.rules.exit_to or turn.rules.last_resort) in turn.rules.hunts:
        return True
    return any(isinstance(one.role, Seeking) and one.role.purpose in ON_THE_WAY for one in turn.seekers(leg.id))


def ring(turn: Turn, leg: Leg) -> None:
    """Call the exit's number for a parked caller; who answers gets him."""
    assert isinstance(leg.role, Parked)  # noqa: S101 - whom a leg seeks is parked
    number = turn.rules.exit_to or turn.rules.last_resort
    if number in turn.rules.hunts:
        recall.stop(turn, leg)
        recall.hunted(turn, leg, number)
        return
    target = Party(number)
    until = turn.in_seconds(recall.timers(leg.role, turn.rules).ring)
    seeker = turn.new_leg()
    role = Seeking(leg.id, Purpose.EXIT, until, since=turn.now)
    turn.legs[seeker] = Leg(seeker, leg.account, number, target, target, role)
    turn.report(What.RINGING_BACK, leg, by=target, detail=Purpose.EXIT.value)
    turn.order(Dial(seeker, leg.account, number, leg.party))
