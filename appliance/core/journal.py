"""What of the state has to survive us: every leg by which the PBX knows us, whatever its role is (S-1).

Pure. A record is the leg itself without what a later process finds out or begins anew (how far a prompt was heard, which
page is said), so that it is not written for that. A new kind of leg is a role like any other; if it has something fleeting,
that is one case in `record`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from appliance.core.ids import LegId, Place, Seconds, Serial
from appliance.core.state import Asking, Confirming, Leg, Parked, Returning, Role, Seeking, State, Told, Vouch

NEVER = Seconds(0)
UNSAID = Serial(0)


@dataclass(frozen=True, slots=True)
class Difference:
    """What one step changed in the journal."""

    changed: Mapping[LegId, Leg]
    gone: tuple[LegId, ...]
    promised: bool
    """Somebody will be told that a call is parked, or where: not before it is on the disk."""


def difference(before: State, after: State) -> Difference:
    """Compare two states; legs that no step has touched are the same objects and cost nothing."""
    changed: dict[LegId, Leg] = {}
    promised = False
    for leg in after.legs.values():
        was = before.legs.get(leg.id)
        if leg is was or leg.dialog is None:
            continue
        now = record(leg)
        if was is None or was.dialog is None or record(was) != now:
            changed[leg.id] = now
            promise = _promise(leg)
            promised = promised or (promise is not None and (was is None or promise != _promise(was)))
    gone = tuple(number for number, leg in before.legs.items() if leg.dialog is not None and number not in after.legs)
    return Difference(changed, gone, promised)


def record(leg: Leg) -> Leg:
    """Return a leg as it is kept."""
    half_open = leg.returning is not None and leg.returning.half_open
    return replace(leg, role=_lasting(leg.role), returning=Returning(half_open=True) if half_open else None)


def _lasting(role: Role) -> Role:
    match role:
        case Parked(recall=recall, hunt=hunt):
            served = replace(hunt, next_at=None, tried=frozenset()) if hunt is not None else None
            waits = replace(role, repeating=None, recall=replace(recall, near=False), hunt=served)
            return replace(waits, comfort=None, long=False, chime=None)
        case Seeking(vouch=vouch):
            return replace(role, rang=False) if vouch is None else _asked(role, vouch)
        case Asking():
            return replace(role, digits="", until=NEVER, serial=UNSAID, said=False)
        case Confirming():
            return replace(role, until=NEVER, serial=UNSAID, said=False)
        case Told():
            return replace(role, until=NEVER, serial=UNSAID)
        case _:
            return role


def _asked(role: Seeking, vouch: Vouch) -> Seeking:
    return replace(role, until=NEVER, rang=False, vouch=replace(vouch, serial=UNSAID, left=0, said=False))


def _promise(leg: Leg) -> tuple[type[Role], Place | None] | None:
    """Return what somebody is told of a leg: that it is parked, or holds a place, and where."""
    match leg.role:
        case Parked(place=place) | Confirming(place=place):
            return type(leg.role), place
        case _:
            return None
