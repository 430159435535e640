"""Calls that nobody takes: whom to ring, when, and the last resort (P-19 to P-27).

One try rings at a time. While it rings `Recall.next_at` is None and the ringing leg's own deadline counts; the caller
stays parked and can be retrieved by everyone. Nothing here ever hangs up on a caller: the last try is repeated for ever.
"""

from dataclasses import replace

from appliance.core import announce, wording
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
    place = rules.places.get(role.place) if role.place is not None else None
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


def come_near(turn: Turn, leg: Leg, role: Parked) -> None:
    """Remind by lamp, and change nothing else (P-19)."""
    turn.play(leg, replace(role, recall=replace(role.recall, near=True)))


def ring(turn: Turn, leg: Leg, role: Parked) -> None:
    """Ring whoever is next: the parker, the alternate or the last resort."""
    settings = timers(role, turn.rules)
    purpose = _whom(turn, role, settings)
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
    turn.report(What.RINGING_BACK, leg, by=Party(number), detail=purpose.value)
    _dial(turn, leg, role, purpose, number, settings)


def _dial(turn: Turn, leg: Leg, role: Parked, purpose: Purpose, number: str, settings: RecallRules) -> None:
    seeker = turn.new_leg()
    target = Party(number)
    until = turn.in_seconds(settings.ring if turn.draining is None else min(settings.ring, HURRY))
    turn.legs[seeker] = Leg(seeker, leg.account, number, target, target, Seeking(leg.id, purpose, until))
    alert = settings.pattern if purpose is Purpose.RECALL else Alert.NORMAL
    turn.order(Dial(seeker, leg.account, number, _display(role, leg.party, turn.rules), alert))


def _display(role: Parked, caller: Party, rules: Rules) -> Party:
    if role.note:
        return Party(caller.number, role.note)
    return wording.shown(wording.sentences(rules).show_recall, caller, role.place or "")


def _whom(turn: Turn, role: Parked, settings: RecallRules) -> Purpose:
    recall = role.recall
    if turn.draining is not None:
        return _whom_in_a_hurry(turn, role, settings)
    if recall.phase is Phase.LAST_RESORT or recall.rounds >= settings.rounds or turn.now >= recall.last_resort_at:
        return Purpose.LAST_RESORT
    if settings.mode is RecallMode.ALTERNATE:
        return Purpose.ALTERNATE
    reachable = can_ring(role.parker, turn.rules)
    tries_over = recall.round_ends is not None and turn.now >= recall.round_ends
    if settings.mode is RecallMode.PARKER_THEN_ALTERNATE and (tries_over or not reachable):
        return Purpose.ALTERNATE
    return Purpose.RECALL if reachable else Purpose.LAST_RESORT


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
    """Go on after a try that came to nothing: `busy` when it was refused at once, else it rang in vain (P-22)."""
    role = leg.role
    assert isinstance(role, Parked)  # noqa: S101 - whom a leg seeks is parked
    settings = timers(role, turn.rules)
    if turn.draining is not None:
        hurried = replace(role.recall, phase=Phase.LAST_RESORT, next_at=turn.in_seconds(HURRY_RETRY))
        turn.play(leg, replace(role, recall=hurried))
    elif purpose is Purpose.LAST_RESORT:
        _next(turn, leg, role, settings.busy_retry)
    elif purpose is Purpose.ALTERNATE:
        _new_round(turn, leg, role, settings)
    else:
        _parker_unanswered(turn, leg, role, settings, busy=busy)


def _parker_unanswered(turn: Turn, leg: Leg, role: Parked, settings: RecallRules, *, busy: bool) -> None:
    ends = role.recall.round_ends
    again = busy and ends is not None and turn.in_seconds(settings.busy_retry) <= ends
    if again:
        _next(turn, leg, role, settings.busy_retry)
    elif settings.mode is RecallMode.PARKER_THEN_ALTERNATE:
        closed = replace(role, recall=replace(role.recall, round_ends=turn.now))
        ring(turn, turn.play(leg, closed), closed)
    else:
        _new_round(turn, leg, role, settings)


def _next(turn: Turn, leg: Leg, role: Parked, seconds: Seconds) -> None:
    turn.play(leg, replace(role, recall=replace(role.recall, next_at=turn.in_seconds(seconds))))


def _new_round(turn: Turn, leg: Leg, role: Parked, settings: RecallRules) -> None:
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
    assert isinstance(leg.role, Parked)  # noqa: S101 - whom a leg seeks is parked
    turn.play(leg, replace(leg.role, recall=replace(leg.role.recall, next_at=turn.now)))
