"""Telling somebody that his caller is lost (S-3): his phone rings and shows the caller's number, so that he can call back.

Where the site wants it, the phone gets the same as a text, once.
One call at a time to each phone; whoever does not answer is called again, and then sees it in his list of missed calls.
"""

from collections.abc import Mapping
from dataclasses import replace

from appliance.core import recall, wording
from appliance.core.ids import LegId, Party, Seconds
from appliance.core.orders import Dial, Message, Report, What
from appliance.core.state import Informing, Leg, Notice, Parked, Registration, State
from appliance.core.turn import Turn

TRIES = 3
RING = Seconds(30)
PAUSE = Seconds(30)
"""Between two calls to the same phone; after a restart of the PBX it has to find its phones first."""


def add(turn: Turn, leg: Leg, role: Parked) -> None:
    """Have the parker of a lost caller told; one that no phone can ring is told by the event alone."""
    if recall.can_ring(role.parker, turn.rules):
        account = leg.account if leg.account in turn.rules.accounts else next(iter(turn.rules.accounts))
        notice = Notice(account, role.parker.number, leg.party, role.place, turn.now)
        turn.notices = (*turn.notices, notice)


def next_at(state: State) -> Seconds | None:
    """Return when the next call is due."""
    busy = _busy(state.legs)
    return min((one.at for one in state.notices if _possible(one, busy, state.registrations)), default=None)


def _possible(notice: Notice, busy: set[str], registrations: Mapping[str, Registration]) -> bool:
    """Whether a call could get through: a PBX that is away must not use up the tries."""
    registration = registrations.get(notice.account)
    return notice.number not in busy and registration is not None and registration.registered


def _busy(legs: Mapping[LegId, Leg]) -> set[str]:
    """Return the numbers that have a call of ours, whatever for: it may ring, or he is just being told."""
    return {leg.dialled for leg in legs.values()}


def run(turn: Turn) -> None:
    """Call whoever is due."""
    busy = _busy(turn.legs)
    for notice in turn.notices:
        if notice.at <= turn.now and _possible(notice, busy, turn.registrations):
            busy.add(notice.number)
            turn.notices = tuple(other for other in turn.notices if other is not notice)
            _call(turn, notice)


def _call(turn: Turn, notice: Notice) -> None:
    words = wording.sentences(turn.rules)
    leg, target = turn.new_leg(), Party(notice.number)
    role = Informing(notice, turn.in_seconds(RING))
    turn.legs[leg] = Leg(leg, notice.account, notice.number, target, target, role)
    shown = wording.shown(words.show_lost, notice.caller, turn.rules, notice.place or "")
    if turn.rules.message_parker and notice.tries == 0:
        text = words.lost.format(caller=_written(notice.caller) or words.somebody)
        turn.order(Message(notice.account, notice.number, text))
    turn.order(Dial(leg, notice.account, notice.number, shown))


def _written(caller: Party) -> str:
    name, number = wording.plain(caller.name), wording.plain(caller.number)
    return f"{name} ({number})" if name and number else name or number


def answered(turn: Turn, leg: Leg, notice: Notice) -> None:
    """Say it."""
    words = wording.sentences(turn.rules)
    caller = wording.spoken(notice.caller, turn.rules)
    turn.tell(leg, words.lost.format(caller=caller or words.somebody))


def unanswered(turn: Turn, notice: Notice) -> None:
    """Call again later, or leave it at that."""
    if notice.tries + 1 < TRIES:
        again(turn, replace(notice, tries=notice.tries + 1), turn.in_seconds(PAUSE))
    else:
        target = Party(notice.number)
        turn.order(Report(What.CANCELLED, notice.place, None, notice.caller, target, "could not be told of the loss"))


def again(turn: Turn, notice: Notice, at: Seconds) -> None:
    """Call at that instant."""
    turn.notices = (*turn.notices, replace(notice, at=at))
