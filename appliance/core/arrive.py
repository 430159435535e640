"""Calls that arrive, and calls whose far side turns into somebody else: what are they (P-2, P-3, P-14)?"""

from dataclasses import replace

from appliance.core import asking, codes, hunt, logins, park, retrieve, returning, vouching
from appliance.core.events import CallArrived, IdentityChanged, LegReplaced
from appliance.core.hearing import ToneKind
from appliance.core.ids import LegId, Place
from appliance.core.orders import Answer, What
from appliance.core.state import Asking, Confirming, Ending, Leg, Seeking, Service, Talking, Told
from appliance.core.turn import Turn
from appliance.core.wording import sentences


def arrived(turn: Turn, event: CallArrived) -> None:
    """Answer a call and decide what it is."""
    if event.leg <= turn.last_arrived:
        return
    turn.last_arrived = event.leg
    wanted = codes.intent(event.dialled, turn.rules)
    if event.dialog is not None:
        turn.replaces[event.account] = event.dialog.replaces
        returning.repeated(turn, event.dialog.call_id)
    leg = Leg(
        event.leg,
        event.account,
        event.dialled,
        event.caller,
        event.caller,
        Ending(),
        wanted=wanted,
        dialog=event.dialog,
    )
    turn.legs[leg.id] = leg
    turn.order(Answer(leg.id))
    if event.transferred_by is not None:
        park.transferred(turn, leg, event.transferred_by, wanted)
    else:
        _fresh(turn, leg, wanted)


def _fresh(turn: Turn, leg: Leg, wanted: codes.Intent) -> None:
    match wanted:
        case codes.ParkOn(digits="", own=False):
            asking.ask(turn, leg, Service.PARK)
        case codes.ParkOn() | codes.ParkInGroup():
            park.attended(turn, leg, wanted)
        case codes.Take():
            _take(turn, leg, wanted)
        case codes.Orbit(place=place):
            retrieve.take(turn, leg, place)
        case codes.CallGroup(number=number):
            hunt.called(turn, leg, number, codes.NOBODY)
        case codes.LogIn() | codes.LogOut():
            logins.asked(turn, leg, wanted)
        case codes.OwnNumber():
            _own_number(turn, leg)
        case codes.Unknown():
            _unknown(turn, leg)


def _take(turn: Turn, leg: Leg, wanted: codes.Take) -> None:
    """Without digits he gets the call that he means (P-13), or is asked for a place; with `#` the one on his own extension."""
    if wanted.digits or wanted.own:
        retrieve.take(turn, leg, Place(wanted.digits or leg.party.number))
    else:
        asking.retrieve_or_ask(turn, leg)


def _own_number(turn: Turn, leg: Leg) -> None:
    armed = park.take_armed(turn, leg.party)
    if armed is not None:
        park.attended(turn, leg, codes.ParkOn(armed))
    else:
        asking.ask(turn, leg, Service.MENU)


def _unknown(turn: Turn, leg: Leg) -> None:
    turn.report(What.REFUSED, leg, by=leg.party, detail=f"nobody knows {leg.dialled}")
    turn.tell(leg, sentences(turn.rules).cannot, ToneKind.UNOBTAINABLE, park.TONE_BEFORE_REASON)


def identity_changed(turn: Turn, event: IdentityChanged) -> None:
    """Note who is at the far side now; a person who was being told or asked has transferred his caller here (P-3)."""
    leg = turn.legs.get(event.leg)
    if leg is None or leg.party == event.party:
        return
    same = event.party.number == leg.party.number
    leg = turn.legs[leg.id] = replace(leg, party=event.party)
    if not same:
        completed(turn, leg)


def completed(turn: Turn, leg: Leg) -> None:
    """An attended transfer was completed: the leg is the caller now, its parker is who began it."""
    match leg.role:
        case Confirming(place=place, group=group):
            park.settle(turn, leg, place, group, leg.first)
        case Asking() as role:
            park.transferred(turn, leg, leg.first, asking.meant(leg, role, turn.rules))
        case Told():
            park.transferred(turn, leg, leg.first, leg.wanted)
        case _:
            pass


def replaced(turn: Turn, event: LegReplaced) -> None:
    """Another dialog goes on where this one was (INVITE with Replaces, P-3); it may have crossed our own hanging up."""
    old = turn.legs.get(event.leg)
    if old is None or event.by <= turn.last_arrived:
        return
    turn.last_arrived = event.by
    new = replace(old, id=event.by, party=event.party, confirmed=True, dialog=event.dialog, returning=None)
    turn.legs[new.id] = new
    turn.play(old, Ending())
    _repoint(turn, old.id, new.id)
    match old.role:
        case _ if old.returning is not None:
            del turn.legs[old.id]
            returning.back(turn, new)
        case Seeking():
            vouching.answered(turn, new)
        case Talking():
            retrieve.release(turn, new.id)
        case Ending(told=True):
            park.transferred(turn, new, new.first, new.wanted)
        case Ending():
            turn.hang_up(new)
        case _:
            completed(turn, new)


def _repoint(turn: Turn, old: LegId, new: LegId) -> None:
    for leg in list(turn.legs.values()):
        match leg.role:
            case Seeking(call=call) if call == old:
                turn.play(leg, replace(leg.role, call=new))
            case Talking(peer=peer) if peer == old:
                turn.play(leg, replace(leg.role, peer=new))
            case _:
                pass
