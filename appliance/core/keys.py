"""Keys of panels, and the same orders by command: what a press means (B-1 to B-4, B-7)."""

from appliance.core import announce, park, retrieve, views, wording
from appliance.core.events import KeyPressed, ParkRequested, Press, RetrieveRequested
from appliance.core.ids import KeyId, Party, Place
from appliance.core.orders import Report, What
from appliance.core.rules import PanelRules
from appliance.core.state import Armed, Leg, Parked, Releasing, Talking
from appliance.core.turn import Turn

COMMAND = "command"
"""The panel name under which keys armed by command stand; no configured panel lights for it."""


def pressed(turn: Turn, event: KeyPressed) -> None:
    """Do the obvious thing, or double-blink and say why not; no press is swallowed (B-7)."""
    panel = turn.rules.panels.get(event.key.panel)
    rule = panel.keys.get(event.key) if panel is not None else None
    if panel is None or rule is None or rule.place is None:
        _refuse(turn, event.key, None, "this key stands for no place")
    elif event.press is Press.LONG:
        _say_again(turn, event.key, rule.place)
    else:
        _short(turn, event.key, rule.place, panel)


def _say_again(turn: Turn, key: KeyId, place: Place) -> None:
    call = turn.parked_on(place)
    if call is None or not isinstance(call.role, Parked):
        return
    if announce.is_heard(turn, call.role):
        announce.say(turn, call)
    else:
        _refuse(turn, key, place, "this place is not announced: give it a zone")


def _short(turn: Turn, key: KeyId, place: Place, panel: PanelRules) -> None:
    if not panel.station:
        _refuse(turn, key, place, "no phone stands beside this panel: set panel.station")
    elif not views.reachable(turn.registrations, turn.rules):
        _refuse(turn, key, place, "not registered at the PBX")
    elif _lit(turn, place):
        _take(turn, key, place, panel)
    else:
        _park(turn, key, place, panel.station)


def _lit(turn: Turn, place: Place) -> bool:
    """Whether the lamp was lit for whoever pressed: what changed a moment ago he has not seen yet (B-1)."""
    now = turn.parked_on(place) is not None
    changed = turn.changed.get(place)
    recent = changed is not None and turn.now - changed < turn.rules.press_grace
    return not now if recent else now


def _take(turn: Turn, key: KeyId, place: Place, panel: PanelRules) -> None:
    call = turn.parked_on(place)
    if call is None:
        _refuse(turn, key, place, "the call was taken a moment ago")
        return
    ringing = retrieve.fetching(turn, call.id, panel.station)
    if ringing is not None:
        retrieve.cancel(turn, call, ringing, "pressed again")
    else:
        retrieve.fetch(turn, call, panel.station, key)


def _park(turn: Turn, key: KeyId, place: Place, station: str) -> None:
    if turn.draining is not None:
        _refuse(turn, key, place, "the machine goes down")
        return
    if turn.is_taken(place):
        _refuse(turn, key, place, "the place was taken a moment ago")
        return
    if not park.may_park(turn.rules, place, station):
        _refuse(turn, key, place, f"{station} may not park here: see parkers of place {place}")
        return
    anchored = _anchored(turn, station)
    waiting = _waiting_in_lobby(turn, station)
    if anchored is not None:
        _park_at_once(turn, anchored, place)
    elif key in turn.armed:
        disarm(turn, key)
    elif waiting is not None:
        _from_lobby(turn, waiting, place)
    else:
        _arm(turn, key, place, station)


def _anchored(turn: Turn, station: str) -> Leg | None:
    """Return the leg of a station's phone that talks to a caller through us and goes on doing so (B-2 a); the last begun.

    Calls of a hunt group, and those that the PBX would not, or shall not, join without us.
    """
    talking = [leg for leg in turn.legs.values() if leg.party.number == station and _stays(turn, leg)]
    return talking[-1] if talking else None


def _stays(turn: Turn, leg: Leg) -> bool:
    if not isinstance(leg.role, Talking) or leg.returning is not None:
        return False
    peer = turn.legs[leg.role.peer]
    confirmed = leg.confirmed and peer.confirmed and peer.returning is None
    return confirmed and leg.role.releasing is not Releasing.PENDING


def _park_at_once(turn: Turn, station: Leg, place: Place) -> None:
    """Park the caller to whom a station's phone talks through us; the phone is released (B-2 a)."""
    assert isinstance(station.role, Talking)  # noqa: S101 - `_stays` said so
    caller = turn.legs[station.role.peer]
    for key in [key for key, armed in turn.armed.items() if armed.place == place]:
        disarm(turn, key)
    turn.hang_up(station)
    park.settle(turn, caller, place, "", station.party)


def _waiting_in_lobby(turn: Turn, station: str) -> Leg | None:
    """Return the call in the lobby that this station parked, else the one that has waited longest."""
    waiting = [
        (leg.role.parker.number != station, leg.role.since, leg)
        for leg in turn.legs.values()
        if isinstance(leg.role, Parked)
        and leg.role.place is None
        and leg.role.hunt is None
        and not turn.seekers(leg.id)
    ]
    return min(waiting, key=lambda entry: entry[:2])[2] if waiting else None


def _from_lobby(turn: Turn, leg: Leg, place: Place) -> None:
    assert isinstance(leg.role, Parked)  # noqa: S101 - it waits in the lobby
    park.settle(turn, leg, place, "", leg.role.parker)


def _arm(turn: Turn, key: KeyId, place: Place, station: str) -> None:
    for other in [other for other, armed in turn.armed.items() if armed.station == station]:
        disarm(turn, other)
    turn.armed[key] = Armed(place, station, turn.in_seconds(turn.rules.arm_time))
    turn.order(Report(What.ARMED, place, by=Party(station)))


def disarm(turn: Turn, key: KeyId) -> None:
    """Free a key: it was pressed again, or nobody transferred a call in time."""
    armed = turn.armed.pop(key)
    turn.order(Report(What.DISARMED, armed.place, by=Party(armed.station)))


def _refuse(turn: Turn, key: KeyId, place: Place | None, why: str) -> None:
    turn.refused[key] = turn.in_seconds(turn.rules.refusal_time)
    turn.order(Report(What.REFUSED, place, detail=why))


def retrieve_requested(turn: Turn, event: RetrieveRequested) -> None:
    """Call a phone that shall get a parked call, because somebody asked so (P-18)."""
    call = turn.parked_on(event.place)
    if call is None:
        why = wording.sentences(turn.rules).nothing.format(place=event.place)
        turn.order(Report(What.REFUSED, event.place, detail=why))
    elif retrieve.fetching(turn, call.id, event.station) is None:
        retrieve.fetch(turn, call, event.station, None)


def park_requested(turn: Turn, event: ParkRequested) -> None:
    """Arm a place for a station, as its key would (B-2)."""
    if event.place not in turn.rules.places:
        turn.order(Report(What.REFUSED, event.place, detail=f"there is no place {event.place}"))
    elif turn.draining is not None:
        turn.order(Report(What.REFUSED, event.place, detail="the machine goes down"))
    elif turn.is_taken(event.place):
        turn.order(Report(What.REFUSED, event.place, detail=f"place {event.place} is taken"))
    elif not park.may_park(turn.rules, event.place, event.station):
        turn.order(Report(What.REFUSED, event.place, detail=f"{event.station} may not park on {event.place}"))
    elif (anchored := _anchored(turn, event.station)) is not None:
        _park_at_once(turn, anchored, event.place)
    else:
        _arm(turn, KeyId(COMMAND, event.station), event.place, event.station)
