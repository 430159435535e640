"""What phones are told besides the calls that they get: what became of a call (P-17), and that one waits for them (P-32).

Nothing here decides about a caller. A text may never arrive: many phones and PBXs do not know MESSAGE. A splash is a short ring
of the owner's phone; who is quick enough to answer it takes the call.
"""

from appliance.core import recall, wording
from appliance.core.ids import Party, Seconds
from appliance.core.orders import Dial, Message, What
from appliance.core.rules import OwnerAlert, PlaceKind
from appliance.core.state import Leg, Parked, Purpose, Seeking
from appliance.core.turn import Turn

SPLASH = Seconds(3)
"""How long an owner's phone rings: one ring, in which it also shows who waits."""


def resolved(turn: Turn, call: Leg, role: Parked, how: What, winner: Leg | None) -> None:
    """Send the parker a text that says what became of his call (P-17), unless he has taken it himself.

    Of one who is lost he is told when the PBX is there again, and called besides: `notices` does that.
    """
    taker = winner.party if winner is not None else Party(turn.rules.last_resort)
    himself = winner is not None and taker.number == role.parker.number
    reachable = recall.can_ring(role.parker, turn.rules) and call.account in turn.rules.accounts
    wanted = turn.rules.message_parker and _was_parked(role) and how is not What.LOST
    if wanted and reachable and not himself:
        turn.order(Message(call.account, role.parker.number, _fate(turn, call, role, how, taker)))


def _was_parked(role: Parked) -> bool:
    """Who has called a hunt group himself was parked by nobody (P-31)."""
    return role.hunt is None or not role.hunt.called


def _fate(turn: Turn, call: Leg, role: Parked, how: What, taker: Party) -> str:
    words = wording.sentences(turn.rules)
    pattern = {
        What.RECALLED: words.text_recalled,
        What.HANDED_OVER: words.text_handed_over,
        What.ABANDONED: words.text_abandoned,
    }.get(how, words.text_retrieved)
    return pattern.format(
        place=role.place or words.text_call,
        name=wording.written(taker, turn.rules),
        caller=wording.written(call.party, turn.rules),
        time=wording.lasting(turn.now - role.since, turn.rules),
    )


def parked(turn: Turn, call: Leg, role: Parked) -> None:
    """Let the owner of a place know that a call waits there for him, which somebody else has parked (P-32)."""
    owner = _owner(turn, call, role)
    match turn.rules.owner_alert:
        case OwnerAlert.SPLASH if owner and turn.draining is None:
            _splash(turn, call, owner)
        case OwnerAlert.MESSAGE if owner:
            turn.order(Message(call.account, owner, _waits(turn, call, owner)))
        case _:
            pass


def placed(turn: Turn, call: Leg, role: Parked) -> None:
    """Send the parker of a transferred call a text that says where it waits: he heard nothing (P-4)."""
    reachable = recall.can_ring(role.parker, turn.rules)
    if turn.rules.message_parker and reachable and role.parker.number != call.party.number and role.place is not None:
        turn.order(Message(call.account, role.parker.number, _where(turn, call, role.place)))


def _owner(turn: Turn, call: Leg, role: Parked) -> str:
    """Return the number of whom to tell; empty: nobody, or it is the parker or the caller himself."""
    place = turn.rules.places.get(role.place) if role.place is not None else None
    if place is None or place.kind is not PlaceKind.EXTENSION:
        return ""
    known = place.number in (role.parker.number, call.party.number)
    return "" if known or not recall.can_ring(Party(place.number), turn.rules) else place.number


def _waits(turn: Turn, call: Leg, owner: str) -> str:
    text, codes = _where(turn, call, owner), turn.rules.codes.retrieve
    return text + (wording.sentences(turn.rules).text_take.format(code=codes[0]) if codes else "")


def _where(turn: Turn, call: Leg, place: str) -> str:
    caller = wording.written(call.party, turn.rules)
    return wording.sentences(turn.rules).text_parked.format(caller=caller, place=place)


def _splash(turn: Turn, call: Leg, owner: str) -> None:
    leg, target = turn.new_leg(), Party(owner)
    role = Seeking(call.id, Purpose.SPLASH, turn.in_seconds(SPLASH), since=turn.now)
    turn.legs[leg] = Leg(leg, call.account, owner, target, target, role)
    shown = wording.shown(wording.sentences(turn.rules).show_parked, call.party, turn.rules, owner)
    turn.order(Dial(leg, call.account, owner, shown))


def stop(turn: Turn, call: Leg, phone: str) -> None:
    """End the splash at a phone that is to ring for the same call now."""
    for seeker in turn.seekers(call.id):
        splashing = isinstance(seeker.role, Seeking) and seeker.role.purpose is Purpose.SPLASH
        if splashing and seeker.dialled == phone and not seeker.confirmed:
            turn.hang_up(seeker)
