"""Calls that nobody takes: whom to ring, when, and the last resort (P-19 to P-27).

One try rings at a time. While it rings `Recall.next_at` is None and the ringing leg's own deadline counts; the caller
stays parked and can be retrieved by everyone. Nothing here ever hangs up on a caller: the last try is repeated for ever.
"""

from dataclasses import replace

from appliance.core import announce, desks, wording
from appliance.core.ids import Party, Seconds
from appliance.core.orders import Alert, Dial, What
from appliance.core.rules import RecallMode, RecallRules, Rules
from appliance.core.state import Leg, Parked, Phase, Purpose, Recall, Seeking
from appliance.core.turn import Turn

RECALLS = (Purpose.RECALL, Purpose.ALTERNATE, Purpose.LAST_RESORT)

HURRY = Seconds(20)
HURRY_RETRY = Seconds(1)
"""How long a phone rings when the machine goes down, and how soon the last resort is rung afterwards (S-4)."""


def timers(role: Parked, rules: Rules) -> RecallRules:
    """Return the settings of a parked call: the group's that it was parked to, else the site's; a place's timer wins (P-19)."""
    group = rules.groups.get(role.group)
    settings = group.recall if group is not None and group.recall is not None else rules.recall
    place = rules.place(role.place)
    if place is None or place.recall_after is None:
        return settings
    return replace(settings, after=place.recall_after)


def begin(now: Seconds, settings: RecallRules, *, at_once: bool = False) -> Recall:
    """Return the recall of a call that is parked now, or whose parker is to be rung back at once (P-5)."""
    return Recall(
        next_at=now if at_once else Seconds(now + settings.after),
        last_resort_at=Seconds(now + settings.longest),
    )


def near_at(role: Parked, rules: Rules) -> Seconds | None:
    """Return when the lamp begins to tell that the recall is near; None when it does already, or one rings."""
    if role.recall.near or role.recall.next_at is None:
        return None
    return Seconds(role.recall.next_at - rules.recall_near)


def last_resort_at(role: Parked) -> Seconds | None:
    """Return when the longest wait is over (P-27); None once the last resort is being tried."""
    return None if role.recall.phase is Phase.LAST_RESORT else role.recall.last_resort_at


def long_at(role: Parked, rules: Rules) -> Seconds | None:
    """Return when the lamp begins to tell that somebody has waited for long (B-5); None when it does already."""
    return None if role.long else Seconds(role.since + rules.long_wait)


def come_near(turn: Turn, leg: Leg, role: Parked) -> None:
    """Remind by lamp and, where it is wanted, by a chime, and change nothing else (P-19)."""
    leg = turn.play(leg, replace(role, recall=replace(role.recall, near=True)))
    if turn.rules.recall_chime:
        announce.remind(turn, leg)


def ring(turn: Turn, leg: Leg, role: Parked) -> None:
    """Ring whoever is next: the parker, the alternate or the last resort; or begin anew when the parker's time is over."""
    settings = timers(role, turn.rules)
    purpose = _whom(turn, role, settings)
    if purpose is Purpose.RECALL and _tries_over(turn, role):
        new_round(turn, leg, role, settings)
        return
    number = {
        Purpose.RECALL: role.parker.number,
        Purpose.ALTERNATE: settings.alternate,
    }.get(purpose, turn.rules.last_resort)
    ends = role.recall.round_ends
    if ends is None:
        ends = turn.in_seconds(settings.alternate_after)
    phase = Phase.LAST_RESORT if purpose is Purpose.LAST_RESORT else role.recall.phase
    recall = replace(role.recall, next_at=None, round_ends=ends, phase=phase, near=True)
    leg = turn.play(leg, replace(role, recall=recall))
    if number in turn.rules.hunts and turn.draining is None:
        hunted(turn, leg, number)
        return
    number = desks.phone(turn, number)
    turn.report(What.RINGING_BACK, leg, by=Party(number), detail=purpose.value)
    _dial(turn, leg, role, purpose, number, settings)


def hunted(turn: Turn, leg: Leg, number: str) -> None:
    """Hand a caller over to a hunt group of ours (P-24): he keeps his place, and his timers stand still until it is over."""
    role = leg.role
    assert isinstance(role, Parked)  # noqa: S101 - only who waits is handed over
    called = role.hunt is not None and role.hunt.called
    waiting = replace(role, hunt=desks.begun(turn, number, called=called), recall=replace(role.recall, next_at=None))
    turn.report(What.HUNTING, turn.play(leg, waiting), detail=number)


def _dial(turn: Turn, leg: Leg, role: Parked, purpose: Purpose, number: str, settings: RecallRules) -> None:
    seeker = turn.new_leg()
    target = Party(number)
    if purpose is Purpose.LAST_RESORT:
        _instead_of_the_exit(turn, leg, number)
    seeking = Seeking(leg.id, purpose, _until(turn, leg, purpose, settings), since=turn.now)
    turn.legs[seeker] = Leg(seeker, leg.account, number, target, target, seeking)
    alert = settings.pattern if purpose is Purpose.RECALL else Alert.NORMAL
    turn.order(Dial(seeker, leg.account, number, _display(role, leg.party, turn.rules), alert))


def _until(turn: Turn, leg: Leg, purpose: Purpose, settings: RecallRules) -> Seconds:
    """Return how long a phone rings; the parker's not longer than the alternate timer (P-23)."""
    rings = turn.in_seconds(settings.ring if turn.draining is None else min(settings.ring, HURRY))
    ends = leg.role.recall.round_ends if isinstance(leg.role, Parked) else None
    bound = purpose is Purpose.RECALL and settings.mode is RecallMode.PARKER_THEN_ALTERNATE
    return rings if ends is None or not bound else min(rings, ends)


def _instead_of_the_exit(turn: Turn, leg: Leg, number: str) -> None:
    """Stop the same phone's ringing for a caller who pressed the exit key (P-11): it shall not ring twice for one."""
    for seeker in turn.seekers(leg.id):
        exits = isinstance(seeker.role, Seeking) and seeker.role.purpose is Purpose.EXIT
        if exits and seeker.dialled == number and not seeker.confirmed:
            turn.hang_up(seeker)


def _display(role: Parked, caller: Party, rules: Rules) -> Party:
    if role.note:
        return Party(caller.number, role.note)
    if role.hunt is not None and role.hunt.called:  # he was never parked
        return caller
    return wording.shown(wording.sentences(rules).show_recall, caller, rules, role.place or "")


def _whom(turn: Turn, role: Parked, settings: RecallRules) -> Purpose:
    recall = role.recall
    if turn.draining is not None:
        return _whom_in_a_hurry(turn, role, settings)
    if recall.phase is Phase.LAST_RESORT or recall.rounds >= settings.rounds or turn.now >= recall.last_resort_at:
        return Purpose.LAST_RESORT
    reachable = can_ring(role.parker, turn.rules)
    rung = reachable and not _tries_over(turn, role)
    refused = bool(role.note)  # then his parker is asked first, whatever the mode (P-5)
    if settings.mode is RecallMode.ALTERNATE and not (refused and rung):
        return Purpose.ALTERNATE
    if settings.mode is RecallMode.PARKER_THEN_ALTERNATE and not rung:
        return Purpose.ALTERNATE
    return Purpose.RECALL if reachable else Purpose.LAST_RESORT


def _tries_over(turn: Turn, role: Parked) -> bool:
    """Whether the second timer is over, which bounds the tries at the parker (P-22, P-23)."""
    return role.recall.round_ends is not None and turn.now >= role.recall.round_ends


def _whom_in_a_hurry(turn: Turn, role: Parked, settings: RecallRules) -> Purpose:
    """The alternate if there is one, else the parker, once; then the last resort (S-4)."""
    if role.recall.phase is Phase.LAST_RESORT:
        return Purpose.LAST_RESORT
    if settings.alternate and settings.mode is not RecallMode.PARKER:
        return Purpose.ALTERNATE
    return Purpose.RECALL if can_ring(role.parker, turn.rules) else Purpose.LAST_RESORT


def can_ring(parker: Party, rules: Rules) -> bool:
    """Return whether a parker can be called: his number is known and is not our own."""
    ours = {account.own_number for account in rules.accounts.values()}
    return bool(parker.number) and parker.number not in ours


def unanswered(turn: Turn, leg: Leg, purpose: Purpose, *, busy: bool) -> None:
    """Go on after a try that came to nothing: `busy` when it was refused, else it rang or was asked in vain (P-22, P-25)."""
    role = leg.role
    assert isinstance(role, Parked)  # noqa: S101 - whom a leg seeks is parked
    settings = timers(role, turn.rules)
    if leg.returning is not None:  # who had answered, or was being asked, is gone before the caller is back (S-2)
        again(turn, leg)
    elif turn.draining is not None:
        hurried = replace(role.recall, phase=Phase.LAST_RESORT, next_at=turn.in_seconds(HURRY_RETRY))
        turn.play(leg, replace(role, recall=hurried))
    elif purpose is Purpose.LAST_RESORT:
        _next(turn, leg, role, turn.in_seconds(settings.busy_retry))
    elif purpose is Purpose.ALTERNATE:
        new_round(turn, leg, role, settings)
    else:
        _parker_unanswered(turn, leg, role, settings, busy=busy)


def _parker_unanswered(turn: Turn, leg: Leg, role: Parked, settings: RecallRules, *, busy: bool) -> None:
    """Try again while the second timer runs, and go on exactly when it is over; having rung in vain, at once."""
    ends = role.recall.round_ends
    if busy and ends is not None and turn.now < ends:
        _next(turn, leg, role, min(turn.in_seconds(settings.busy_retry), ends))
    elif settings.mode is RecallMode.PARKER_THEN_ALTERNATE:
        closed = replace(role, recall=replace(role.recall, round_ends=turn.now))
        ring(turn, turn.play(leg, closed), closed)
    else:
        new_round(turn, leg, role, settings)


def _next(turn: Turn, leg: Leg, role: Parked, at: Seconds) -> None:
    turn.play(leg, replace(role, recall=replace(role.recall, next_at=at)))


def new_round(turn: Turn, leg: Leg, role: Parked, settings: RecallRules) -> None:
    """Begin anew, with the announcement (P-24); once the rounds are used up, the last resort follows at once (P-27)."""
    rounds = role.recall.rounds + 1
    over = rounds >= settings.rounds
    recall = replace(
        role.recall,
        next_at=turn.now if over else turn.in_seconds(settings.after),
        round_ends=None,
        rounds=rounds,
        near=over,
    )
    playing = role.repeating is not None and role.repeating.page is not None
    leg = turn.play(leg, replace(role, recall=recall, note="", repeating=role.repeating if playing else None))
    if not over:
        announce.say(turn, leg)


def hand_over(turn: Turn, leg: Leg, role: Parked) -> None:
    """The longest wait is over: whoever rings is let go, and the last resort is rung now (P-27)."""
    stop(turn, leg)
    final = replace(role, recall=replace(role.recall, phase=Phase.LAST_RESORT))
    ring(turn, turn.play(leg, final), final)


def stop(turn: Turn, leg: Leg) -> None:
    """Let go whoever rings for a parked call."""
    for seeker in turn.seekers(leg.id):
        if isinstance(seeker.role, Seeking) and seeker.role.purpose in RECALLS:
            turn.hang_up(seeker)


def again(turn: Turn, leg: Leg) -> None:
    """Ring now: the try before came to nothing through no fault of whom it rang (S-2)."""
    role = leg.role
    assert isinstance(role, Parked)  # noqa: S101 - whom a leg seeks is parked
    bounded = timers(role, turn.rules).mode is RecallMode.PARKER_THEN_ALTERNATE
    ends = role.recall.round_ends if bounded else None
    turn.play(leg, replace(role, recall=replace(role.recall, next_at=turn.now, round_ends=ends)))
