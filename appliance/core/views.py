"""What mirrors the state: pure functions, diffed by the runtime, sent whole on reconnect. A transition never sets a lamp."""

from collections.abc import Mapping
from dataclasses import dataclass

from appliance.core import comfort, recall
from appliance.core.hearing import Hearing, Joined, Music, Silence, Speech, Tone, ToneKind
from appliance.core.ids import KeyId, LegId, Party, Place, Seconds
from appliance.core.lamp import Lamp
from appliance.core.rules import Rules
from appliance.core.state import (
    Asking,
    Confirming,
    Leg,
    Parked,
    Purpose,
    Registration,
    Seeking,
    State,
    Talking,
    Told,
    Vouch,
)

MUSIC_OFF = "off"
NOTHING = Silence()


def reachable(registrations: Mapping[str, Registration], rules: Rules) -> bool:
    """Return whether any PBX knows the way to us (B-5, B-7)."""
    at_home = (not account.registers for account in rules.accounts.values())
    return any(at_home) or any(one.registered for one in registrations.values())


def hearings(state: State, rules: Rules) -> Mapping[LegId, Hearing]:
    """Return what every leg hears."""
    return {leg.id: _hears(leg, rules) for leg in state.legs.values()}


def _hears(leg: Leg, rules: Rules) -> Hearing:  # noqa: PLR0911 - a table: one case for each role
    match leg.role:
        case Parked() as role:
            return comfort.said(role, rules) or _music(role, rules)
        case Talking(peer=peer):
            return Joined(peer)
        case Asking(prompt=text, serial=serial, said=False):
            return Speech(text, serial)
        case Confirming(text=text, serial=serial, said=False):
            return Speech(text, serial)
        case Confirming(place=place, group=group):
            return _waiting(place, group, rules)
        case Seeking(vouch=Vouch(text=text, serial=serial, said=said)):
            return NOTHING if said else Speech(text, serial)
        case Seeking() if leg.confirmed:  # the call that he gets is not back yet (S-2)
            return _source(rules.music)
        case Told(tone=ToneKind() as tone):
            return Tone(tone)
        case Told(text=text, serial=serial):
            return Speech(text, serial)
        case _:
            return NOTHING


def listening(state: State, rules: Rules) -> frozenset[LegId]:
    """Return the legs whose keys mean something: who is asked for digits or to vouch, and callers who may leave (P-11)."""
    return frozenset(leg.id for leg in state.legs.values() if _is_listened_to(leg, rules))


def _is_listened_to(leg: Leg, rules: Rules) -> bool:
    match leg.role:
        case Asking() | Seeking(vouch=Vouch()):
            return True
        case Parked():
            return rules.exit_key != ""
        case _:
            return False


def _music(role: Parked, rules: Rules) -> Hearing:
    if role.hunt is not None and role.hunt.called:
        group = rules.hunts.get(role.hunt.group)
        return _source(group.music) if group is not None and group.music else Tone(ToneKind.RINGBACK)
    return _waiting(role.place, role.group, rules)


def _waiting(number: Place | None, group: str, rules: Rules) -> Hearing:
    place, parked_to = rules.place(number), rules.groups.get(group)
    own = place.music if place is not None else ""
    return _source(own or (parked_to.music if parked_to is not None else "") or rules.music)


def _source(name: str) -> Hearing:
    return Tone(ToneKind.HOLD) if name == MUSIC_OFF else Music(name)


def lamps(state: State, rules: Rules) -> Mapping[KeyId, Lamp]:
    """Return the pattern of every key that stands for a place (B-5)."""
    parked = _by_place(state)
    ringing = {role.call for role in _seeking(state) if role.purpose in recall.RECALLS}
    return {
        key: _lamp(key, rule.place, panel.station, parked.get(rule.place), state, ringing)
        for panel in rules.panels.values()
        for key, rule in panel.keys.items()
        if rule.place is not None
    }


def _by_place(state: State) -> dict[Place, Leg]:
    return {
        leg.role.place: leg
        for leg in state.legs.values()
        if isinstance(leg.role, Parked) and leg.role.place is not None
    }


def _seeking(state: State) -> list[Seeking]:
    return [leg.role for leg in state.legs.values() if isinstance(leg.role, Seeking)]


def _lamp(key: KeyId, place: Place, station: str, call: Leg | None, state: State, ringing: set[LegId]) -> Lamp:
    if key in state.refused:
        return Lamp.DOUBLE_BLINK
    if call is not None and isinstance(call.role, Parked):
        if call.returning is not None:
            return Lamp.DOUBLE_SLOW
        if call.role.recall.near or call.id in ringing:
            return Lamp.FAST
        if place == station:
            return Lamp.STEADY
        return Lamp.MEDIUM if call.role.long else Lamp.SLOW
    return Lamp.FLICKER if key in state.armed else Lamp.OFF


@dataclass(frozen=True, slots=True)
class PlaceView:
    """One place as the status shows it; times in seconds."""

    number: str
    kind: str
    """extension, orbit, or removed: the configuration has it no more, and somebody still waits there."""
    owner: str
    state: str
    """free, parked, recalling, retrieving or coming_back (after a restart, S-2)."""
    caller: Party | None
    parker: Party | None
    since: float | None
    """How long the call has been parked."""
    recall_in: float | None


def places(state: State, now: Seconds, rules: Rules) -> tuple[PlaceView, ...]:
    """Return every place in the order of the configuration, then those that it has no more and where somebody waits."""
    parked = _by_place(state)
    known = [
        PlaceView(place.number, place.kind.value, place.name, *_occupied(state, now, parked.get(place.number)))
        for place in rules.places.values()
    ]
    return (*known, *(_removed(state, now, rules, number) for number in parked if number not in rules.places))


def _removed(state: State, now: Seconds, rules: Rules, number: Place) -> PlaceView:
    """Return a place that is known no more; after a restart that is all that is known of it."""
    place = rules.place(number)
    owner = place.name if place is not None else ""
    return PlaceView(number, "removed", owner, *_occupied(state, now, _by_place(state)[number]))


def _occupied(
    state: State, now: Seconds, call: Leg | None
) -> tuple[str, Party | None, Party | None, float | None, float | None]:
    if call is None or not isinstance(call.role, Parked):
        return "free", None, None, None, None
    role = call.role
    due = role.recall.next_at
    return (
        "coming_back" if call.returning is not None else _phase(state, call.id, role),
        call.party,
        role.parker,
        now - role.since,
        None if due is None else max(0.0, due - now),
    )


def _phase(state: State, call: LegId, parked: Parked) -> str:
    purposes = {role.purpose for role in _seeking(state) if role.call == call} - {Purpose.SPLASH}
    if purposes & {Purpose.CODE, Purpose.FETCH}:
        return "retrieving"
    return "recalling" if purposes or parked.hunt is not None else "parked"
