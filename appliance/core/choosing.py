"""Which parked call somebody means who names no place (P-13). Pure: nothing is changed, nothing is ordered.

The one on his own extension; else, where the site wants it, the one that he parked himself and that waits longest; else the
one that waits longest in his group. There, what is parked to the group or on an orbit comes first: a call on a colleague's
extension is the colleague's, and taken when nobody else waits.
"""

from collections.abc import Callable

from appliance.core import park
from appliance.core.ids import Party, Place
from appliance.core.rules import PlaceKind
from appliance.core.state import Leg, Parked, Purpose, Seeking
from appliance.core.turn import Turn


def meant(turn: Turn, person: Party) -> Leg | None:
    """Return the caller whom somebody means; None: nobody waits for him."""
    own = turn.parked_on(Place(person.number))
    return own or _parked_by(turn, person) or _in_group(turn, person)


def about_to_get(turn: Turn, call: Leg) -> Party | None:
    """Return who has dialled for a call already and gets it when his leg is confirmed."""
    for other in turn.seekers(call.id):
        if isinstance(other.role, Seeking) and other.role.purpose is Purpose.CODE:
            return other.party
    return None


def _parked_by(turn: Turn, person: Party) -> Leg | None:
    """Return the one whom he parked, with or without a place; who called a hunt group was parked by nobody."""
    if not turn.rules.take_own_parked or not person.number:
        return None
    return _longest(
        turn, lambda role: role.parker.number == person.number and not (role.hunt is not None and role.hunt.called)
    )


def _in_group(turn: Turn, person: Party) -> Leg | None:
    groups = [group for group in turn.rules.groups.values() if park.is_in(group, person)]
    if not turn.rules.take_in_group or not groups:
        return None
    names = {group.name for group in groups}
    places = {place for group in groups for place in group.places}
    everybodys = {place for place in places if _is_orbit(turn, place)}
    return _longest(turn, lambda role: role.group in names or role.place in everybodys) or _longest(
        turn, lambda role: role.place in places
    )


def _is_orbit(turn: Turn, place: Place) -> bool:
    known = turn.rules.places.get(place)
    return known is not None and known.kind is PlaceKind.ORBIT


def _longest(turn: Turn, wanted: Callable[[Parked], bool]) -> Leg | None:
    """Return who has waited longest of those that are wanted and whom nobody is about to get."""
    waiting = [
        (leg.role.since, leg)
        for leg in turn.legs.values()
        if isinstance(leg.role, Parked) and wanted(leg.role) and about_to_get(turn, leg) is None
    ]
    return min(waiting, key=lambda entry: entry[0])[1] if waiting else None
