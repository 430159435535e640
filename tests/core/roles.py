"""What the roles of the core's legs mean to those outside: who is on the phone, and which places are taken."""

from appliance.core.ids import Place
from appliance.core.rules import Rules
from appliance.core.state import Asking, Confirming, Parked, Releasing, Role, State, Talking, Told


def is_on_the_phone(role: Role) -> bool:
    """Whether a person is on the line who may have a caller to transfer."""
    return isinstance(role, Asking | Confirming | Told)


def lit(state: State) -> set[Place]:
    """Where a call is parked."""
    return {
        leg.role.place for leg in state.legs.values() if isinstance(leg.role, Parked) and leg.role.place is not None
    }


def may_park(place: str, parker: str, rules: Rules) -> bool:
    """Whether there is such a place and it is not closed to him (P-9)."""
    known = rules.places.get(Place(place))
    return known is not None and (known.parkers is None or parker in {place, *known.parkers})


def held(state: State) -> set[Place]:
    """Where a call is parked, or a parker is being told so."""
    told = {leg.role.place for leg in state.legs.values() if isinstance(leg.role, Confirming)}
    return lit(state) | told


def talks_through_us(station: str, state: State) -> bool:
    """Whether a phone has a call that a key can park at once (B-2 a)."""
    for leg in state.legs.values():
        role = leg.role
        if isinstance(role, Talking) and leg.party.number == station and role.releasing is not Releasing.PENDING:
            pair = (leg, state.legs[role.peer])
            if all(one.confirmed and one.returning is None for one in pair):
                return True
    return False
