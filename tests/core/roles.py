"""What the roles of the core's legs mean to those outside: who is on the phone, and which places are taken."""

from appliance.core.ids import Place
from appliance.core.state import Asking, Confirming, Parked, Role, State, Told


def is_on_the_phone(role: Role) -> bool:
    """Whether a person is on the line who may have a caller to transfer."""
    return isinstance(role, Asking | Confirming | Told)


def lit(state: State) -> set[Place]:
    """Where a call is parked."""
    return {
        leg.role.place for leg in state.legs.values() if isinstance(leg.role, Parked) and leg.role.place is not None
    }


def held(state: State) -> set[Place]:
    """Where a call is parked, or a parker is being told so."""
    told = {leg.role.place for leg in state.legs.values() if isinstance(leg.role, Confirming)}
    return lit(state) | told
