"""Whom the phones of two people display who talk through us: each other (P-16).

Where the PBX joins them without us it tells them itself; until it has refused to, nothing is said. What is displayed follows
from the state alone, so that it is the same however two people came together: an order is given where one step has
made a difference.
"""

from collections.abc import Mapping

from appliance.core import wording
from appliance.core.ids import LegId, Party, Place
from appliance.core.orders import Show
from appliance.core.rules import Rules
from appliance.core.state import Confirming, Leg, Releasing, Talking
from appliance.core.turn import Turn


def displays(legs: Mapping[LegId, Leg], rules: Rules) -> Mapping[LegId, Party]:
    """Return whom each phone is to display, by its leg; a parker's the place that a group has found for him (P-6)."""
    shown = {
        leg.id: _named(legs[leg.role.peer].party, rules)
        for leg in legs.values()
        if isinstance(leg.role, Talking) and _stay(leg, legs[leg.role.peer], leg.role)
    }
    for leg in legs.values():
        if isinstance(leg.role, Confirming) and leg.role.group and leg.confirmed and leg.returning is None:
            shown[leg.id] = wording.found(leg.role.place, rules)
    return shown


def _stay(leg: Leg, peer: Leg, role: Talking) -> bool:
    """Both are ours now, and go on being so."""
    ours = all(one.confirmed and one.returning is None for one in (leg, peer))
    return ours and role.releasing is not Releasing.PENDING


def _named(party: Party, rules: Rules) -> Party:
    """Of whom we have called we know no more than the number; the site knows his name."""
    place = rules.places.get(Place(party.number))
    return party if party.name or place is None else Party(party.number, place.name)


def run(turn: Turn) -> None:
    """Have every phone told that is to display somebody else than before this step."""
    before = displays(turn.before.legs, turn.rules)
    for leg, party in displays(turn.legs, turn.rules).items():
        if before.get(leg) != party:
            turn.order(Show(leg, party))
