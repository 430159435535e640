"""Places that a new configuration has no more, while somebody waits there: he is kept there as he was until he is taken.

Nobody can be parked there any more. He can be fetched as before, is announced and recalled as before, and what the place
was stands in `Rules.removed` for that. Pure.
"""

from dataclasses import replace

from appliance.core.rules import Rules
from appliance.core.state import Confirming, Parked, State


def kept(rules: Rules, before: Rules, state: State) -> Rules:
    """Return new rules with what the rules before knew of places that are in use and that the new ones do not have."""
    used = {leg.role.place for leg in state.legs.values() if isinstance(leg.role, Parked | Confirming)}
    gone = {number: before.place(number) for number in used if number is not None and number not in rules.places}
    return replace(rules, removed={number: place for number, place in gone.items() if place is not None})
