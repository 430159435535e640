"""Whom the box may ring for a hunt group: a sentence for each dialled member (P-28 to P-30)."""

from collections import Counter

from appliance.core.orders import Dial, Order
from appliance.core.rules import HuntRules, Policy, Rules
from appliance.core.state import Ending, Hunt, Leg, Parked, Purpose, Seeking, State
from tests.core.reality import Reality

TRIED = {Purpose.RECALL, Purpose.ALTERNATE, Purpose.LAST_RESORT, Purpose.FORWARD}


def the_right_people_are_rung(orders: tuple[Order, ...], state: State, rules: Rules, real: Reality) -> None:
    """P-28 to P-30: members who are there and free, one after the other or all at once; and never ourselves."""
    for order in orders:
        if isinstance(order, Dial):
            assert order.number not in rules.hunts, f"P-24: {order}: a group of ours is called over the PBX"
            leg = state.legs.get(order.leg)
            if leg is not None and isinstance(leg.role, Seeking) and leg.role.purpose is Purpose.HUNT:
                _a_member_is_rung(leg, leg.role, state, rules, real)
    for leg in state.legs.values():
        if isinstance(leg.role, Parked) and leg.role.hunt is not None and leg.returning is None:
            _nobody_is_rung_twice(leg, state)
            _it_comes_to_an_end(leg, leg.role, leg.role.hunt, state, rules, real)


def _a_member_is_rung(leg: Leg, role: Seeking, state: State, rules: Rules, real: Reality) -> None:
    call = state.legs[role.call].role
    assert isinstance(call, Parked), f"P-29: {leg.dialled} is rung for one who does not wait"
    assert call.hunt is not None, f"P-29: {leg.dialled} is rung for one whom no group serves"
    assert state.draining is None, f"S-4: {leg.dialled} is rung for a group"
    group = rules.hunts[call.hunt.group]
    assert leg.dialled in {member.number for member in group.members}, f"P-28: {leg.dialled} is no member"
    assert (group.number, leg.dialled) not in real.away, f"P-30: {leg.dialled} has logged out"
    assert leg.dialled not in call.hunt.tried, f"P-28: {leg.dialled} had his turn in this pass"
    assert group.call_waiting or not _is_busy(leg, state), f"P-29: {leg.dialled} is busy"
    others = [one for one in _hunters(role.call, state) if one.id != leg.id]
    assert not others or group.policy is Policy.SIMULTANEOUS, f"P-28: {leg.dialled} rings besides {others}"
    assert not any(one.confirmed for one in others), f"P-25: {leg.dialled} rings while {others} is asked"


def _is_busy(leg: Leg, state: State) -> bool:
    """Whether his phone has another call through us; one that is being hung up is none."""
    others = [one for one in state.legs.values() if one.id != leg.id and not isinstance(one.role, Ending)]
    return any(leg.dialled == one.party.number or _rings(one, leg.dialled) for one in others)


def _rings(leg: Leg, number: str) -> bool:
    return isinstance(leg.role, Seeking) and not leg.confirmed and leg.dialled == number


def _hunters(call: int, state: State) -> list[Leg]:
    return [
        leg
        for leg in state.legs.values()
        if isinstance(leg.role, Seeking) and leg.role.call == call and leg.role.purpose is Purpose.HUNT
    ]


def _nobody_is_rung_twice(call: Leg, state: State) -> None:
    twice = [number for number, count in Counter(leg.dialled for leg in _hunters(call.id, state)).items() if count > 1]
    assert not twice, f"P-29: {twice} ring twice for caller {call.id}"


def _it_comes_to_an_end(leg: Leg, role: Parked, hunt: Hunt, state: State, rules: Rules, real: Reality) -> None:
    """P-24, P-29: whom a group serves it serves for a time, then somebody else is rung; meanwhile nobody else is."""
    rung = any(
        isinstance(one.role, Seeking) and one.role.call == leg.id and one.role.purpose in TRIED
        for one in state.legs.values()
    )
    if real.legs[leg.id].transferred:
        return
    if hunt.forwarding:
        members = bool(_hunters(leg.id, state))  # who rang when the machine began to go down
        waits = role.recall.next_at is None
        assert waits == (rung or members), f"P-29: caller {leg.id} is forgotten, or rung for twice: {role}"
        return
    assert not rung, f"P-24: the group has caller {leg.id}, and somebody else is rung"
    group = rules.hunts[hunt.group]
    assert hunt.ends is not None or group.timeout is None or hunt.group == "850", f"P-29: {hunt} has no end"


def is_member(group: HuntRules, number: str) -> bool:
    """Whether somebody belongs to a hunt group."""
    return any(member.number == number for member in group.members)
