"""Parking: where a call is to go, who may, and what happens when it cannot (P-1 to P-9).

Two ways in. A *transferred* call is the parked party himself (blind); whatever is wrong, he hears music and his parker is
rung back. A *fresh* call is the parker (attended); he hears the confirmation or the tone, and still has the caller.
"""

from dataclasses import dataclass, replace

from appliance.core import announce, codes, hunt, recall, telling, wording
from appliance.core.hearing import ToneKind
from appliance.core.ids import Party, Place, Seconds
from appliance.core.orders import What
from appliance.core.rules import GroupRules, Rules
from appliance.core.state import Confirming, Leg, Parked, Recall
from appliance.core.turn import SPEECH_LIMIT, Turn

TONE_BEFORE_REASON = Seconds(2)
"""How long the number-unobtainable tone lasts before the reason is spoken (P-8)."""


@dataclass(frozen=True, slots=True)
class Found:
    """A free place; `group` is the park group that chose it, or empty."""

    place: Place
    group: str = ""


@dataclass(frozen=True, slots=True)
class Lobby:
    """Nobody has said where; the call waits until a key or the parker says (B-2)."""


@dataclass(frozen=True, slots=True)
class Nowhere:
    """It cannot be parked there: the tone and text for an attended parker, the display for one who is rung back."""

    tone: ToneKind
    text: str
    display: str
    place: str = ""
    group: str = ""
    mistyped: bool = False
    """Whoever entered it at a prompt is asked again."""


Target = Found | Lobby | Nowhere


def target(turn: Turn, wanted: codes.Intent, parker: Party) -> Target:
    """Return where a parker's call goes. A call that is transferred to a retrieve code goes nowhere (P-14)."""
    if turn.draining is not None:
        words = wording.sentences(turn.rules)
        return Nowhere(ToneKind.REJECT, words.closing, words.show_closing)
    match wanted:
        case codes.ParkOn(digits=digits):
            return _on(turn, digits or parker.number, parker)
        case codes.Orbit(place=place):
            return _on(turn, place, parker)
        case codes.ParkInGroup(number=number):
            return _in_group(turn, number, parker)
        case codes.OwnNumber():
            return _armed(turn, parker)
        case codes.Take() | codes.CallGroup() | codes.LogIn() | codes.LogOut() | codes.Unknown():
            words = wording.sentences(turn.rules)
            return Nowhere(ToneKind.UNOBTAINABLE, words.cannot, words.show_cannot)


def _on(turn: Turn, number: str, parker: Party) -> Target:
    words = wording.sentences(turn.rules)
    place = Place(number)
    spelled = wording.spell(number, turn.rules)
    if not number:  # his own extension, and he hides it
        return Nowhere(ToneKind.UNOBTAINABLE, words.unknown_self, words.show_unknown_self, mistyped=True)
    if place not in turn.rules.places:
        text = wording.unknown(number, turn.rules)
        return Nowhere(ToneKind.UNOBTAINABLE, text, words.show_unknown, place=number, mistyped=True)
    if not may_park(turn.rules, place, parker.number):
        return Nowhere(ToneKind.UNOBTAINABLE, words.closed.format(place=spelled), words.show_closed, place=number)
    if turn.is_taken(place):
        return Nowhere(ToneKind.REJECT, words.taken.format(place=spelled), words.show_taken, place=number)
    return Found(place)


def may_park(rules: Rules, place: Place, parker: str) -> bool:
    """Return whether somebody may park on a place: its owner always, the others where it is not closed to them (P-9)."""
    known = rules.places.get(place)
    allowed = known.parkers if known is not None else None
    return allowed is None or parker == place or parker in allowed


def _in_group(turn: Turn, number: str, parker: Party) -> Target:
    words = wording.sentences(turn.rules)
    group = _group(turn.rules, number, parker)
    if group is None:
        return _no_group(turn.rules, number)
    hunted = _hunted(turn.rules, group, parker)
    if not hunted:
        closed = words.group_closed.format(group=group.name)
        return Nowhere(ToneKind.UNOBTAINABLE, closed, words.show_closed, group=group.name)
    for place in hunted:
        if not turn.is_taken(place):
            return Found(place, group.name)
    return Nowhere(
        ToneKind.REJECT, words.group_taken.format(group=group.name), words.show_group_taken, group=group.name
    )


def _no_group(rules: Rules, number: str) -> Nowhere:
    words = wording.sentences(rules)
    named = next((group for group in rules.groups.values() if number and group.number == number), None)
    if named is not None:
        closed = words.group_closed.format(group=named.name)
        return Nowhere(ToneKind.UNOBTAINABLE, closed, words.show_closed, group=named.name)
    if number:
        return Nowhere(ToneKind.UNOBTAINABLE, wording.unknown(number, rules), words.show_unknown, place=number)
    return Nowhere(ToneKind.UNOBTAINABLE, words.no_group, words.show_no_group)


def _hunted(rules: Rules, group: GroupRules, parker: Party) -> tuple[Place, ...]:
    """Return the places that a group may give a parker, in its order: not those hidden from it or closed to him (P-9)."""
    return tuple(
        place for place in group.places if rules.places[place].hunted and may_park(rules, place, parker.number)
    )


def _group(rules: Rules, number: str, parker: Party) -> GroupRules | None:
    """Return the first group that the parker may use and, if he named one, that has this number."""
    for group in rules.groups.values():
        if is_in(group, parker) and number in ("", group.number):
            return group
    return None


def is_in(group: GroupRules, person: Party) -> bool:
    """Return whether somebody belongs to a park group: a place of it is his, or he may park to it."""
    return Place(person.number) in group.places or person.number in group.parkers


def _armed(turn: Turn, parker: Party) -> Target:
    place = take_armed(turn, parker)
    return Lobby() if place is None else _on(turn, place, parker)


def take_armed(turn: Turn, parker: Party) -> Place | None:
    """Return the place that is armed for a parker's station, if any; it is armed no more (B-2)."""
    for key, armed in turn.armed.items():
        if armed.station == parker.number:
            del turn.armed[key]
            return armed.place
    return None


def transferred(turn: Turn, leg: Leg, parker: Party, wanted: codes.Intent) -> None:
    """Park a caller who was transferred here; he is kept whatever is wrong (P-1, P-4, P-5)."""
    if isinstance(wanted, codes.CallGroup) and turn.draining is None:  # nobody parks him there (P-31)
        hunt.called(turn, leg, wanted.number, parker)
        return
    match target(turn, wanted, parker):
        case Found(place=place, group=group):
            telling.placed(turn, *settle(turn, leg, place, group, parker))
        case Lobby():
            turn.report(What.LOBBY, wait(turn, leg, parker), by=parker)
        case Nowhere() as nowhere:
            ring_back(turn, leg, parker, nowhere)


def attended(turn: Turn, leg: Leg, wanted: codes.Intent) -> None:
    """Hold a place for a parker who is still on the line and tell him which, or let him hear why not (P-3, P-5, P-8)."""
    leg = replace(leg, wanted=wanted)
    match target(turn, wanted, leg.party):
        case Found(place=place, group=group):
            confirm(turn, leg, place, group)
        case Nowhere() as nowhere:
            turn.report(What.REFUSED, leg, by=leg.party, detail=nowhere.text)
            refuse(turn, leg, nowhere)
        case Lobby():
            raise AssertionError("a fresh call to our own number is asked, not parked")


def confirm(turn: Turn, leg: Leg, place: Place, group: str) -> None:
    """Reserve a place for an attended parker and say which (P-3)."""
    text = wording.confirmation(turn.rules.places[place], group, turn.rules)
    turn.play(leg, Confirming(place, group, turn.in_seconds(SPEECH_LIMIT), turn.new_serial(), text))


def refuse(turn: Turn, leg: Leg, nowhere: Nowhere) -> None:
    """Let an attended parker hear the tone, and a reason where the tone alone does not say it (P-5, P-8)."""
    if nowhere.tone is ToneKind.REJECT:
        turn.tell(leg, "", nowhere.tone, turn.rules.reject_time)
    else:
        turn.tell(leg, nowhere.text, nowhere.tone, TONE_BEFORE_REASON)


def settle(turn: Turn, leg: Leg, place: Place, group: str, parker: Party) -> tuple[Leg, Parked]:
    """Park a caller on a free place and tell the world (P-32); returns his leg, and what it is now."""
    role = _parked(turn, leg, place, group, parker)
    turn.changed[place] = turn.now
    leg = turn.play(leg, role)
    turn.report(What.PARKED, leg, by=parker, detail=group)
    announce.say(turn, leg)
    telling.parked(turn, leg, role)
    return leg, role


def _parked(turn: Turn, leg: Leg, place: Place | None, group: str, parker: Party) -> Parked:
    """Who waited in the lobby goes on with his stay."""
    blank = Parked(place, group, parker, turn.now, recall.begin(turn.now, turn.rules.recall), None)
    settings = recall.timers(blank, turn.rules)
    leaving = turn.draining is not None  # his place was promised before (S-4)
    begun = recall.begin(turn.now, settings, at_once=leaving)
    if isinstance(leg.role, Parked):
        begun = replace(begun, last_resort_at=_no_later(begun, leg.role.recall.last_resort_at))
        return replace(blank, recall=begun, ticket=leg.role.ticket)
    return replace(blank, recall=begun, ticket=turn.new_ticket())


def _no_later(begun: Recall, last_resort_at: Seconds) -> Seconds:
    """His longest wait is no longer for it (P-27), but whoever gave him the place is rung once."""
    return min(begun.last_resort_at, max(last_resort_at, begun.next_at or last_resort_at))


def wait(turn: Turn, leg: Leg, parker: Party) -> Leg:
    """Let a caller wait without a place; he is recalled like any other."""
    return turn.play(leg, _parked(turn, leg, None, "", parker))


def ring_back(turn: Turn, leg: Leg, parker: Party, nowhere: Nowhere) -> None:
    """Keep a caller who cannot be parked where he was sent, and ring his parker at once (P-5)."""
    note = wording.shown(nowhere.display, leg.party, turn.rules, nowhere.place, nowhere.group).name
    blank = Parked(None, nowhere.group, parker, turn.now, recall.begin(turn.now, turn.rules.recall), None)
    start = recall.begin(turn.now, recall.timers(blank, turn.rules), at_once=True)
    role = replace(blank, recall=start, note=note, ticket=turn.new_ticket())
    leg = turn.play(leg, role)
    turn.report(What.REFUSED, leg, by=parker, detail=nowhere.text)
    recall.ring(turn, leg, role)
