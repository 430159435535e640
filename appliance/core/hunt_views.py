"""Hunt groups as the status shows them: pure functions of the state."""

from dataclasses import dataclass

from appliance.core import desks
from appliance.core.rules import HuntRules, Rules
from appliance.core.state import Desk, Leg, Parked, Seeking, State


@dataclass(frozen=True, slots=True)
class MemberView:
    """Somebody in a hunt group."""

    number: str
    state: str
    """free, ringing, busy (through us) or away (logged out)."""
    weight: int
    taken: int
    """Calls that he has taken since the start."""


@dataclass(frozen=True, slots=True)
class HuntView:
    """One hunt group."""

    number: str
    name: str
    policy: str
    members: tuple[MemberView, ...]
    waiting: int
    """Callers whom it serves."""


def hunt_groups(state: State, rules: Rules) -> tuple[HuntView, ...]:
    """Return every hunt group in the order of the configuration."""
    return tuple(_group(state, group) for group in rules.hunts.values())


def _group(state: State, group: HuntRules) -> HuntView:
    desk = state.desks.get(group.number, Desk())
    members = tuple(
        MemberView(one.number, _member(state, desk, one.number), one.weight, desk.taken.get(one.number, 0))
        for one in group.members
    )
    waiting = sum(_is_served(leg, group.number) for leg in state.legs.values())
    return HuntView(group.number, group.name, group.policy.value, members, waiting)


def _member(state: State, desk: Desk, number: str) -> str:
    if number in desk.away:
        return "away"
    rings = any(
        isinstance(leg.role, Seeking) and leg.dialled == number and not leg.confirmed for leg in state.legs.values()
    )
    if rings:
        return "ringing"
    return "busy" if desks.is_busy(state.legs, number) else "free"


def _is_served(leg: Leg, group: str) -> bool:
    return isinstance(leg.role, Parked) and leg.role.hunt is not None and leg.role.hunt.group == group
