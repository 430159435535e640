"""Serving a caller by a hunt group: its members are rung in turn until one takes him or the group's time is over (P-28 to P-31).

Two ways in. Somebody calls the group's number, or is transferred to it (P-31): he hears ringback or the group's music, and when
nobody takes him he goes to the forward number, else to the last resort. Or a recall goes to the group (P-24): the caller keeps
his place, and when nobody takes him the round begins anew there. Meanwhile his other timers stand still.

`run` rings whoever is free whenever the deadlines are looked at, the longest waiting caller's first: so a member who logs in or
hangs up is rung at once, and nothing has to be woken.
"""

from dataclasses import replace

from appliance.core import desks, recall, wording
from appliance.core.ids import Party, Seconds
from appliance.core.orders import Dial, What
from appliance.core.rules import HuntRules, Rules
from appliance.core.state import Hunt, Leg, Parked, Phase, Purpose, Seeking
from appliance.core.turn import Turn

HUNTS = (Purpose.HUNT, Purpose.FORWARD)


def called(turn: Turn, leg: Leg, number: str, parker: Party) -> None:
    """Serve whoever has called a group's number, or was transferred to it by `parker` (P-31)."""
    leaving = turn.draining is not None
    begun = replace(desks.begun(turn, number, called=True), forwarding=leaving)
    recalled = recall.begin(turn.now, turn.rules.recall, at_once=leaving)
    role = Parked(None, "", parker, turn.now, recalled, None, ticket=turn.new_ticket(), hunt=begun)
    turn.report(What.HUNTING, turn.play(leg, role), by=parker if parker.number else None, detail=number)


def due(role: Parked, hunt: Hunt, rules: Rules) -> Seconds | None:
    """Return when the group's time is over or its next pass begins; afterwards, when the last resort is rung again."""
    if hunt.forwarding:
        return role.recall.next_at
    if hunt.group not in rules.hunts:  # it was taken out of the configuration
        return role.since
    return min((at for at in (hunt.ends, hunt.next_at) if at is not None), default=None)


def go_on(turn: Turn, leg: Leg, role: Parked, hunt: Hunt) -> None:
    """Do what is due."""
    if hunt.forwarding:
        served = role if hunt.called else replace(role, hunt=None)
        recall.ring(turn, turn.play(leg, served), served)
    elif hunt.group not in turn.rules.hunts or (hunt.ends is not None and hunt.ends <= turn.now):
        _over(turn, leg, role, hunt)
    else:
        turn.play(leg, replace(role, hunt=replace(hunt, next_at=None, tried=frozenset())))


def run(turn: Turn) -> bool:
    """Ring for every caller who is served whoever is free for him, and note who has become idle.

    Returns whether a caller was sent on because nobody is there to take him: then more may be due.
    """
    if not turn.rules.hunts:
        return False
    desks.note_idle(turn)
    if turn.draining is not None:
        return False
    return any(_attend(turn, leg) for leg in sorted(filter(_served, turn.legs.values()), key=_since))


def _served(leg: Leg) -> bool:
    parked = leg.role if isinstance(leg.role, Parked) and leg.returning is None else None
    return parked is not None and parked.hunt is not None and not parked.hunt.forwarding


def _since(leg: Leg) -> Seconds:
    assert isinstance(leg.role, Parked)  # noqa: S101 - `_served` said so
    return leg.role.since


def _attend(turn: Turn, leg: Leg) -> bool:
    role = leg.role
    assert isinstance(role, Parked)  # noqa: S101 - `_served` said so
    assert role.hunt is not None  # noqa: S101 - as above
    if desks.hunters(turn, leg) or desks.present(turn, turn.rules.hunts[role.hunt.group]):
        _serve(turn, leg, role, role.hunt)
        return False
    _over(turn, leg, role, role.hunt)  # nobody will come: he need not wait for the group's time
    return True


def _serve(turn: Turn, leg: Leg, role: Parked, hunt: Hunt) -> None:
    group = turn.rules.hunts[hunt.group]
    hunters = desks.hunters(turn, leg)
    if any(isinstance(one.role, Seeking) and one.role.vouch is not None for one in hunters):  # P-25
        return
    members = desks.next_in_turn(turn, leg, hunt, group)
    for member in members:
        _ring(turn, leg, group, member)
    pausing = hunt.next_at is not None
    if members and pausing:
        turn.play(leg, replace(role, hunt=replace(hunt, next_at=None)))
    elif not members and not hunters and hunt.tried and not pausing:
        again = turn.in_seconds(turn.rules.recall.busy_retry)
        turn.play(leg, replace(role, hunt=replace(hunt, next_at=again)))


def _ring(turn: Turn, leg: Leg, group: HuntRules, member: str) -> None:
    _dial(turn, leg, member, Purpose.HUNT, turn.in_seconds(group.ring), group)


def _dial(turn: Turn, leg: Leg, number: str, purpose: Purpose, until: Seconds, group: HuntRules) -> None:
    seeker, target = turn.new_leg(), Party(number)
    role = Seeking(leg.id, purpose, until, since=turn.now)
    turn.legs[seeker] = Leg(seeker, leg.account, number, target, target, role)
    turn.report(What.RINGING_BACK, leg, by=target, detail=purpose.value)
    words = wording.sentences(turn.rules)
    turn.order(
        Dial(seeker, leg.account, number, wording.shown(words.show_hunt, leg.party, turn.rules, group=group.name))
    )


def unanswered(turn: Turn, call: Leg, seeker: Leg) -> None:
    """Pass a member over who was busy, did not answer or sent the call on (P-29); or go on after the forward number."""
    role = call.role
    assert isinstance(role, Parked)  # noqa: S101 - whom a leg seeks is parked
    assert isinstance(seeker.role, Seeking)  # noqa: S101 - it has sought
    if turn.draining is not None:
        if not any(one.id != seeker.id for one in desks.hunters(turn, call)) and role.recall.next_at is None:
            recall.unanswered(turn, call, Purpose.ALTERNATE, busy=False)
    elif seeker.role.purpose is Purpose.FORWARD and call.returning is None:
        _back(turn, call, role)
    elif (
        role.hunt is not None and role.hunt.forwarding
    ):  # after a crash: the caller is not back, or was being handed over
        again(turn, call)
    elif role.hunt is not None:
        turn.play(call, replace(role, hunt=replace(role.hunt, tried=role.hunt.tried | {seeker.dialled})))


def diverted(turn: Turn, seeker: Leg, role: Seeking) -> None:
    """A member's phone sent the call on: that is not followed (P-29)."""
    turn.hang_up(seeker)
    unanswered(turn, turn.legs[role.call], replace(seeker, role=role))


def _over(turn: Turn, leg: Leg, role: Parked, hunt: Hunt) -> None:
    """The group's time is over: the forward number, or back (P-29)."""
    stop(turn, leg)
    group = turn.rules.hunts.get(hunt.group)
    number = desks.leads_to(turn, group) if group is not None else ""
    if group is None or not number:
        _back(turn, leg, role)
    elif number in turn.rules.hunts:
        begun = desks.begun(turn, number, called=hunt.called)
        turn.report(What.HUNTING, turn.play(leg, replace(role, hunt=begun)), detail=number)
    else:
        forwarding = replace(hunt, ends=None, next_at=None, tried=frozenset(), forwarding=True)
        waiting = replace(role, hunt=forwarding, recall=replace(role.recall, next_at=None))
        leg = turn.play(leg, waiting)
        until = turn.in_seconds(recall.timers(role, turn.rules).ring)
        _dial(turn, leg, number, Purpose.FORWARD, until, group)


def _back(turn: Turn, leg: Leg, role: Parked) -> None:
    """Nobody has taken him: a new round on his place (P-24); who has none, or had them all, goes to the last resort (P-27)."""
    hunt, last = role.hunt, role.recall.phase is Phase.LAST_RESORT
    settings = recall.timers(role, turn.rules)
    if hunt is not None and not hunt.called and not last:
        home = replace(role, hunt=None)
        recall.new_round(turn, turn.play(leg, home), home, settings)
        return
    pause = settings.busy_retry if last else Seconds(0)
    waiting = replace(role.recall, phase=Phase.LAST_RESORT, next_at=turn.in_seconds(pause), near=True)
    kept = replace(hunt, forwarding=True, next_at=None) if hunt is not None and hunt.called else None
    turn.play(leg, replace(role, hunt=kept, recall=waiting))


def stop(turn: Turn, leg: Leg) -> None:
    """Let go the members who ring for a caller."""
    for seeker in desks.hunters(turn, leg):
        turn.hang_up(seeker)


def again(turn: Turn, call: Leg) -> None:
    """Go on after a try that came to nothing through no fault of whom it rang (S-2); members are rung again by themselves."""
    role = call.role
    if isinstance(role, Parked) and role.hunt is not None and role.hunt.forwarding:
        turn.play(call, replace(role, hunt=replace(role.hunt, forwarding=False, ends=turn.now)))


def resume(turn: Turn, call: Leg, role: Parked, hunt: Hunt) -> None:
    """Go on after a crash in which nobody was known to ring for him (S-2)."""
    if not hunt.forwarding:  # the next pass begins when he is back
        return
    if role.recall.phase is Phase.LAST_RESORT or turn.draining is not None:
        recall.again(turn, call)
    else:
        again(turn, call)


def hurry(turn: Turn, leg: Leg, role: Parked, hunt: Hunt) -> None:
    """The machine goes down: who rings may still answer, then he is handed over like everybody (S-4)."""
    ringing = False
    for one in turn.seekers(leg.id):
        if isinstance(one.role, Seeking) and one.role.purpose in (*HUNTS, *recall.RECALLS):
            ringing = True
            turn.play(one, replace(one.role, until=min(one.role.until, turn.in_seconds(recall.HURRY))))
    at_once = replace(role.recall, phase=Phase.ROUNDS, round_ends=None, next_at=None if ringing else turn.now)
    ended = replace(hunt, forwarding=True, ends=None, next_at=None)
    turn.play(leg, replace(role, hunt=ended, recall=at_once))
