"""Retrieving: who gets a parked call, and the one way in which every parked call is resolved (P-13 to P-18, P-26).

`resolve` is the only place where a caller stops being parked: the first resolver wins, everybody else who was after him is
told or let go, the announcement stops, the place is free.
"""

from dataclasses import replace

from appliance.core import announce, choosing, desks, park, telling, wording
from appliance.core.hearing import ToneKind
from appliance.core.ids import KeyId, LegId, Party, Place, Seconds
from appliance.core.orders import Alert, Dial, Release, Report, What
from appliance.core.state import Leaving, Leg, Parked, Purpose, Releasing, Seeking, Taker, Talking
from appliance.core.turn import Turn

ACK_LIMIT = Seconds(40)
"""How long the ACK of a retriever may take; the SIP timers give up after 32 s (RFC 3261, 17.2.1)."""

RELEASE_LIMIT = Seconds(4)
"""How long the PBX may take to end a leg that it has joined elsewhere."""

FIRST_REFUSAL = 300
"""Codes from here on say that the REFER came to nothing."""

TAKEN_BY = {
    Purpose.CODE: What.RETRIEVED,
    Purpose.FETCH: What.RETRIEVED,
    Purpose.RECALL: What.RECALLED,
    Purpose.ALTERNATE: What.HANDED_OVER,
    Purpose.LAST_RESORT: What.HANDED_OVER,
    Purpose.HUNT: What.HANDED_OVER,
    Purpose.FORWARD: What.HANDED_OVER,
    Purpose.EXIT: What.HANDED_OVER,
    Purpose.SPLASH: What.RETRIEVED,
}


def take(turn: Turn, leg: Leg, place: Place) -> None:
    """Give the call on a place to somebody who dialled for it; the first who dialled gets it (P-13, P-15)."""
    call = turn.parked_on(place)
    taker = _has_taken(turn, leg, place)
    if call is not None:
        _give(turn, leg, call)
    elif taker is not None:
        _already(turn, leg, taker)
    else:
        _nothing_there(turn, leg, place)


def _give(turn: Turn, leg: Leg, call: Leg) -> None:
    winner = choosing.about_to_get(turn, call)
    if winner is not None:
        _already(turn, leg, winner)
        return
    leg = turn.play(leg, Seeking(call.id, Purpose.CODE, turn.in_seconds(ACK_LIMIT), since=turn.now))
    if leg.confirmed:
        join(turn, leg)


def _has_taken(turn: Turn, leg: Leg, place: Place) -> Party | None:
    """Return who else has just taken the call of a place: a second later is at once for people (P-15)."""
    taker = turn.takers.get(place)
    recent = taker is not None and turn.now - taker.at < turn.rules.taken_memory
    return taker.party if taker is not None and recent and taker.party.number != leg.party.number else None


def _nothing_there(turn: Turn, leg: Leg, place: Place) -> None:
    why = missing(turn, leg, place)
    if place in turn.rules.places:
        written = wording.sentences(turn.rules).nothing.format(place=place)
        turn.report(What.REFUSED, leg, by=leg.party, detail=written)
        turn.tell(leg, why)
    else:
        turn.report(What.REFUSED, leg, by=leg.party, detail=why)
        turn.tell(leg, why, ToneKind.UNOBTAINABLE, park.TONE_BEFORE_REASON)


def missing(turn: Turn, leg: Leg, place: Place) -> str:
    """Return why somebody cannot have the call of a place; empty: he can, or somebody else has just taken it."""
    if turn.parked_on(place) is not None or _has_taken(turn, leg, place) is not None:
        return ""
    words = wording.sentences(turn.rules)
    if not place:  # his own extension, and he hides it
        return words.unknown_self
    if place not in turn.rules.places:
        return wording.unknown(place, turn.rules)
    return words.nothing.format(place=wording.spell(place, turn.rules))


def take_mine(turn: Turn, leg: Leg) -> bool:
    """Give somebody who named no place the call that he means (P-13); False: there is none."""
    call = choosing.meant(turn, leg.party)
    if call is not None:
        _give(turn, leg, call)
    return call is not None


def _already(turn: Turn, leg: Leg, winner: Party) -> None:
    words = wording.sentences(turn.rules)
    turn.tell(leg, words.already.format(name=wording.owner_name(winner, turn.rules) or words.another))


def fetch(turn: Turn, call: Leg, station: str, key: KeyId | None) -> None:
    """Call a station that is to get a parked call; joined when it answers (P-18, B-3)."""
    telling.stop(turn, call, station)
    leg = turn.new_leg()
    target = Party(station)
    role = Seeking(call.id, Purpose.FETCH, turn.in_seconds(turn.rules.fetch_ring), key)
    turn.legs[leg] = Leg(leg, call.account, station, target, target, role)
    turn.report(What.FETCHING, call, by=target)
    turn.order(Dial(leg, call.account, station, call.party, Alert.NORMAL, turn.rules.auto_answer))


def fetching(turn: Turn, call: LegId, station: str) -> Leg | None:
    """Return the leg that rings a station for a parked call."""
    for leg in turn.seekers(call):
        if isinstance(leg.role, Seeking) and leg.role.purpose is Purpose.FETCH and leg.dialled == station:
            return leg
    return None


def cancel(turn: Turn, call: Leg, seeker: Leg, why: str) -> None:
    """Give up ringing a station; the caller stays parked."""
    turn.report(What.CANCELLED, call, by=seeker.party, detail=why)
    turn.hang_up(seeker)


def join(turn: Turn, seeker: Leg) -> None:
    """Connect a confirmed seeker with the caller he is for (P-13, P-26)."""
    role = seeker.role
    assert isinstance(role, Seeking)  # noqa: S101 - the caller's match said so
    call = turn.legs[role.call]
    if call.returning is not None:  # joined when he is back
        return
    resolve(turn, call, _taken(call, role), winner=seeker, detail=role.purpose.value)
    group = _anchors(turn, call, seeker, role)
    turn.play(call, Talking(seeker.id, hunt=group))
    turn.play(seeker, Talking(call.id, hunt=group))
    release(turn, call.id)


def _taken(call: Leg, by: Seeking) -> What:
    served = call.role.hunt if isinstance(call.role, Parked) else None
    came = served is not None and served.called and by.purpose is Purpose.HUNT
    return What.ANSWERED if came else TAKEN_BY[by.purpose]


def _anchors(turn: Turn, call: Leg, seeker: Leg, role: Seeking) -> str:
    """Return the hunt group whose member takes a caller: the two stay with us (P-31); empty: none does."""
    served = call.role.hunt if isinstance(call.role, Parked) else None
    if served is None or role.purpose is not Purpose.HUNT:
        return ""
    desks.took(turn, served.group, seeker.dialled)
    return served.group


def resolve(turn: Turn, call: Leg, how: What, winner: Leg | None, detail: str = "") -> None:
    """End a caller's waiting, once: the only way from `Parked` to anything else."""
    role = call.role
    assert isinstance(role, Parked)  # noqa: S101 - a resolution of what is not parked is a bug of ours
    turn.report(how, call, by=winner.party if winner is not None else None, detail=detail)
    announce.stop(turn, role)
    if role.place is not None:
        turn.changed[role.place] = turn.now
        _remember(turn, role.place, winner)
    telling.resolved(turn, call, role, how, winner)
    let_go(turn, call.id, winner)


def let_go(turn: Turn, call: LegId, winner: Leg | None = None) -> None:
    """Tell everybody else who was after a caller, or end his leg."""
    for other in turn.seekers(call):
        if winner is None or other.id != winner.id:
            _too_late(turn, other, winner)


def _remember(turn: Turn, place: Place, winner: Leg | None) -> None:
    turn.takers.pop(place, None)
    if winner is not None:
        turn.takers[place] = Taker(winner.party, turn.now)


def _too_late(turn: Turn, other: Leg, winner: Leg | None) -> None:
    role = other.role
    hears_us = isinstance(role, Seeking) and (role.purpose is Purpose.CODE or role.vouch is not None)
    if not hears_us:
        turn.hang_up(other)
    elif winner is not None:
        _already(turn, other, winner.party)
    else:
        turn.tell(other, wording.sentences(turn.rules).gone)


def release(turn: Turn, call: LegId) -> None:
    """Ask the PBX to join a talking pair without us, once both its legs are confirmed; else it stays bridged here."""
    leg = turn.legs[call]
    if not isinstance(leg.role, Talking) or leg.role.releasing is not Releasing.NO:
        return
    if leg.role.hunt and turn.draining is None:  # anchored: a key can park him at any time (P-31)
        return
    peer = turn.legs[leg.role.peer]
    ours = turn.rules.accounts.get(leg.account)
    leaving = turn.draining is not None or (ours is not None and ours.release)
    wanted = leaving and peer.account == leg.account
    if not wanted or not (leg.confirmed and peer.confirmed):
        return
    for one in (leg, peer):
        assert isinstance(one.role, Talking)  # noqa: S101 - pairs point at each other
        turn.play(one, replace(one.role, releasing=Releasing.PENDING))
    turn.order(Release(leg.id, peer.id))


def released(turn: Turn, leg: Leg, code: int) -> None:
    """Leave a pair that talks without us now, or go on bridging it when the PBX would not (design, section 3)."""
    match leg.role:
        case Talking(peer=peer, releasing=Releasing.PENDING) if code < FIRST_REFUSAL:
            _report_release(turn, What.RELEASED, leg, turn.legs[peer].party)
            turn.hang_up(leg)
            turn.play(turn.legs[peer], Leaving(turn.in_seconds(RELEASE_LIMIT)))
        case Talking(peer=peer, releasing=Releasing.PENDING):
            _report_release(turn, What.ANCHORED, leg, turn.legs[peer].party, f"release refused: {code}")
            turn.play(leg, Talking(peer, Releasing.REFUSED))
            turn.play(turn.legs[peer], Talking(leg.id, Releasing.REFUSED))
        case Parked() if code < FIRST_REFUSAL:  # transferred, because the machine goes down
            resolve(turn, leg, What.HANDED_OVER, None, f"transferred to {turn.rules.last_resort}")
            turn.play(leg, Leaving(turn.in_seconds(RELEASE_LIMIT)))
        case Leaving():  # the PBX, or the partner himself, has ended the other leg already
            if code < FIRST_REFUSAL:
                _report_release(turn, What.RELEASED, leg, None)
            turn.hang_up(leg)
        case _:
            pass


def _report_release(turn: Turn, what: What, leg: Leg, other: Party | None, detail: str = "") -> None:
    turn.order(Report(what, None, leg.id, leg.party, other, detail))


def peer_ended(turn: Turn, role: Talking) -> None:
    """End the other leg of a pair; when the PBX is joining them elsewhere it gets the time to do so."""
    peer = turn.legs[role.peer]
    if role.releasing is Releasing.PENDING:
        turn.play(peer, Leaving(turn.in_seconds(RELEASE_LIMIT)))
    else:
        turn.hang_up(peer)
