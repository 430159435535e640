"""What a hunt group knows of its members: who is there, who is busy, and whose turn it is (P-28, P-29).

Nothing is ordered here. A desk remembers who took the last call, how many each has taken, since when each is idle, and who
has logged out; who is busy stands in the legs. Whom we do not see talking may be busy all the same: then his phone says so.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import assert_never

from appliance.core.ids import LegId, Party, Seconds
from appliance.core.rules import HuntRules, MemberRules, Policy
from appliance.core.state import Desk, Ending, Hunt, Leg, Purpose, Seeking, Talking
from appliance.core.turn import Turn

NEVER = Seconds(float("-inf"))
"""Idle since: he has had no call through us."""
CATCH_UP = 5
"""Calls, of those that somebody missed, that make up for it later (P-28)."""


def begun(turn: Turn, number: str, *, called: bool) -> Hunt:
    """Return the service of a caller that begins now."""
    timeout = turn.rules.hunts[number].timeout
    return Hunt(number, None if timeout is None else turn.in_seconds(timeout), None, called=called)


def at(turn: Turn, group: str) -> Desk:
    """Return what a hunt group remembers."""
    return turn.desks.get(group, Desk())


def present(turn: Turn, group: HuntRules) -> tuple[MemberRules, ...]:
    """Return the members who have not logged out, in their order (P-30)."""
    away = at(turn, group.number).away
    return tuple(member for member in group.members if member.number not in away)


def leads_to(turn: Turn, group: HuntRules) -> str:
    """Return where a group sends who was not taken (P-29), past groups where nobody is there to take him; empty: nowhere."""
    passed = {group.number}
    while (ahead := turn.rules.hunts.get(group.forward)) is not None and not present(turn, ahead):
        if ahead.number in passed:  # groups may forward to each other
            return ""
        passed.add(ahead.number)
        group = ahead
    return group.forward


def is_busy(legs: Mapping[LegId, Leg], number: str) -> bool:
    """Whether somebody talks, rings or is being told something through us (P-29)."""
    return any(_holds(leg, number) for leg in legs.values())


def _holds(leg: Leg, number: str) -> bool:
    match leg.role:
        case Ending():
            return False
        case Seeking() if not leg.confirmed:
            return number in (leg.dialled, leg.party.number)
        case _:
            return leg.party.number == number


def next_in_turn(turn: Turn, call: Leg, hunt: Hunt, group: HuntRules) -> tuple[str, ...]:
    """Return the members who are to be rung now, all at once: none when nobody is free who was not tried in this pass."""
    ringing = {leg.dialled for leg in hunters(turn, call)}
    passed = hunt.tried | ringing | {call.party.number}
    free = [
        member
        for member in present(turn, group)
        if member.number not in passed and (group.call_waiting or not is_busy(turn.legs, member.number))
    ]
    if not free or (ringing and group.policy is not Policy.SIMULTANEOUS):
        return ()
    if group.policy is Policy.SIMULTANEOUS:
        return tuple(member.number for member in free)
    return (_first(turn, group, free).number,)


def hunters(turn: Turn, call: Leg) -> list[Leg]:
    """Return the members' legs that ring for a caller, or are being asked for a key."""
    return [leg for leg in turn.seekers(call.id) if isinstance(leg.role, Seeking) and leg.role.purpose is Purpose.HUNT]


def _first(turn: Turn, group: HuntRules, free: list[MemberRules]) -> MemberRules:
    desk = at(turn, group.number)
    match group.policy:
        case Policy.CIRCULAR:
            return _after_the_last(desk, group, free)
        case Policy.REGULAR | Policy.SIMULTANEOUS:
            return free[0]
        case Policy.UNIFORM:
            return min(free, key=lambda one: (is_busy(turn.legs, one.number), desk.idle_since.get(one.number, NEVER)))
        case Policy.WEIGHTED:
            return _furthest_behind(desk, free)
        case _:
            assert_never(group.policy)


def _after_the_last(desk: Desk, group: HuntRules, free: list[MemberRules]) -> MemberRules:
    order = [member.number for member in group.members]
    start = order.index(desk.last) + 1 if desk.last in order else 0
    return min(free, key=lambda one: (order.index(one.number) - start) % len(order))


def _furthest_behind(desk: Desk, free: list[MemberRules]) -> MemberRules:
    """Return whose share of the calls, this one included, is furthest from what he has had; who has no share comes last."""

    def lag(member: MemberRules) -> tuple[bool, int]:
        if not member.weight:
            return False, -desk.taken.get(member.number, 0)
        return True, desk.owed.get(member.number, 0) + member.weight

    return max(free, key=lag)


def took(turn: Turn, group: str, member: str) -> None:
    """Note who has taken a call of a group."""
    desk = at(turn, group)
    taken = {**desk.taken, member: desk.taken.get(member, 0) + 1}
    turn.desks[group] = replace(desk, last=member, taken=taken, owed=_owed(turn, group, member))


def _owed(turn: Turn, group: str, taker: str) -> Mapping[str, int]:
    """Return what is owed to each who has a share and is there, after a call of which everybody was due his part.

    It is no more than what `CATCH_UP` calls are worth: whose phone was dead for a day does not get all calls of the next.
    """
    owed = at(turn, group).owed
    known = turn.rules.hunts.get(group)
    shares = {one.number: one.weight for one in present(turn, known) if one.weight} if known is not None else {}
    if taker not in shares:
        return owed
    whole = sum(shares.values())
    most = CATCH_UP * whole
    parts = {one: owed.get(one, 0) + share - (whole if one == taker else 0) for one, share in shares.items()}
    return {one: max(-most, min(most, part)) for one, part in parts.items()}


def set_presence(turn: Turn, group: str, member: str, *, is_present: bool) -> None:
    """Log somebody in or out (P-30); who was away is owed nothing for it (P-28)."""
    desk = at(turn, group)
    away = desk.away - {member} if is_present else desk.away | {member}
    if away != desk.away:
        turn.desks[group] = replace(desk, away=away)


def note_idle(turn: Turn) -> None:
    """Note of whoever has just ended a call through us that he is idle from now on."""
    for before in turn.before.legs.values():
        if isinstance(before.role, Talking) and not _talks(turn, before):
            _idle(turn, before.party)


def _talks(turn: Turn, before: Leg) -> bool:
    now = turn.legs.get(before.id)
    return now is not None and isinstance(now.role, Talking) and now.party.number == before.party.number


def _idle(turn: Turn, person: Party) -> None:
    for group in turn.rules.hunts.values():
        if any(member.number == person.number for member in group.members):
            desk = at(turn, group.number)
            turn.desks[group.number] = replace(desk, idle_since={**desk.idle_since, person.number: turn.now})


def phone(turn: Turn, number: str) -> str:
    """Return a phone that stands for a number while the machine goes down: nobody hunts for a group's members then (S-4)."""
    seen: set[str] = set()
    while (group := turn.rules.hunts.get(number)) is not None:
        leads_on = group.forward and number not in seen  # two groups may forward to each other
        seen.add(number)
        here = present(turn, group) or group.members
        number = group.forward if leads_on else _first(turn, group, list(here)).number
    return number
