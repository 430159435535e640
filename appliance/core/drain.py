"""The machine goes down: everybody who waits is handed over before the process ends (S-4).

The alternate or the parker is rung at once, then the last resort; who has not been taken when the time is nearly over is
transferred to the last resort by the PBX, which may ring for as long as it likes. Nobody is parked any more.
"""

from dataclasses import replace

from appliance.core import desks, hunt, keys, recall, retrieve
from appliance.core.ids import Seconds
from appliance.core.orders import Report, Transfer, What
from appliance.core.state import Confirming, Hunt, Leaving, Leg, Parked, Phase, Releasing, State, Talking
from appliance.core.turn import Turn

RINGING = Seconds(75)
"""How long people are rung; of the 90 s of S-4 the rest is for the transfers."""
AGAIN = Seconds(5)
"""Between two transfers of a call; the PBX may have refused the first."""


def requested(turn: Turn) -> None:
    """Begin, once."""
    if turn.draining is not None:
        return
    turn.draining = turn.in_seconds(RINGING)
    turn.order(Report(What.DRAINING))
    for key in list(turn.armed):
        keys.disarm(turn, key)
    for leg in list(turn.legs.values()):
        match leg.role:
            case Parked(hunt=Hunt() as served) as role:
                hunt.hurry(turn, leg, role, served)
            case Parked(recall=now) as role if now.next_at is not None:
                at_once = replace(now, next_at=turn.now, phase=Phase.ROUNDS, round_ends=None)
                turn.play(leg, replace(role, recall=at_once))
            case Talking():
                retrieve.release(turn, leg.id)
            case _:
                pass


def next_at(state: State) -> Seconds | None:
    """Return when the PBX is to take over whoever still waits."""
    return state.draining if any(_waits(leg) for leg in state.legs.values()) else None


def run(turn: Turn) -> None:
    """Transfer whoever still waits, when it is time."""
    if turn.draining is None or turn.draining > turn.now:
        return
    for leg in list(turn.legs.values()):
        if _waits(leg):
            recall.stop(turn, leg)
            hunt.stop(turn, leg)
            turn.order(Transfer(leg.id, desks.phone(turn, turn.rules.last_resort)))
            turn.draining = turn.in_seconds(AGAIN)


def _waits(leg: Leg) -> bool:
    return isinstance(leg.role, Parked) and leg.confirmed


def is_over(state: State) -> bool:
    """Return whether nobody is left whom we could hand over; who talks through us because the PBX would not join them is."""
    return not any(_is_ours(leg, state) for leg in state.legs.values())


def _is_ours(leg: Leg, state: State) -> bool:
    match leg.role:
        case Parked() | Confirming() | Leaving() | Talking(releasing=Releasing.PENDING):
            return True
        case Talking(peer=peer, releasing=Releasing.NO):  # of two accounts, unless one is not confirmed yet
            return not (leg.confirmed and state.legs[peer].confirmed)
        case _:
            return False
