"""The announcement of a parked call: said at once, repeated until taken, stopped in mid-word (A-7, A-9, P-32)."""

from dataclasses import replace

from appliance.core import wording
from appliance.core.ids import PageId, Seconds
from appliance.core.orders import Announce, StopPage
from appliance.core.state import Leg, Parked, Repeating
from appliance.core.turn import Turn


def say(turn: Turn, leg: Leg) -> None:
    """Announce a parked call now, unless that is being done already or nobody could hear it."""
    role = leg.role
    if not isinstance(role, Parked) or (role.repeating is not None and role.repeating.page is not None):
        return
    zone = _zone(turn, role)
    if not zone:  # perhaps no longer: then the repetition that is due now must not stay due
        turn.play(leg, replace(role, repeating=None))
        return
    page = turn.new_page()
    said = role.repeating.said if role.repeating is not None else 0
    turn.play(leg, replace(role, repeating=Repeating(page, said, None), announced=role.announced + 1))
    turn.order(Announce(page, zone, _text(turn, leg, role)))


def remind(turn: Turn, leg: Leg) -> None:
    """Let the chime be heard where a parked call was announced, without a word (P-19), unless the last one still waits."""
    role = leg.role
    if isinstance(role, Parked) and role.chime is None and (zone := _zone(turn, role)):
        page = turn.new_page()
        turn.play(leg, replace(role, chime=page))
        turn.order(Announce(page, zone, ""))


def is_heard(turn: Turn, role: Parked) -> bool:
    """Return whether there are words and loudspeakers for a parked call."""
    return bool(_zone(turn, role))


def resume(turn: Turn, leg: Leg) -> None:
    """Go on repeating the announcement of a call that is back after a restart; who was called has heard it before (S-2)."""
    role = leg.role
    assert isinstance(role, Parked)  # noqa: S101 - the caller's match said so
    if role.repeating is None and _zone(turn, role):
        turn.play(leg, replace(role, repeating=_after(turn, 1)))


def page_ended(turn: Turn, page: PageId) -> None:
    """Arm the repetition of the announcement that has just been said."""
    for leg in list(turn.legs.values()):
        role = leg.role
        if isinstance(role, Parked) and role.repeating is not None and role.repeating.page == page:
            turn.play(leg, replace(role, repeating=_after(turn, role.repeating.said + 1)))
        elif isinstance(role, Parked) and role.chime == page:
            turn.play(leg, replace(role, chime=None))


def _after(turn: Turn, said: int) -> Repeating:
    more = said <= turn.rules.repeats
    return Repeating(None, said, turn.in_seconds(turn.rules.repeat_every) if more else None)


def due(role: Parked) -> Seconds | None:
    """Return when the announcement is to be said next."""
    return role.repeating.next_at if role.repeating is not None else None


def stop(turn: Turn, role: Parked) -> None:
    """Silence the announcement of a call that is resolved."""
    if role.repeating is not None and role.repeating.page is not None:
        turn.order(StopPage(role.repeating.page))
    if role.chime is not None:
        turn.order(StopPage(role.chime))


def _zone(turn: Turn, role: Parked) -> str:
    """Return where it is said; empty: nowhere, or there is nothing to say."""
    place = turn.rules.place(role.place)
    group = turn.rules.groups.get(role.group)
    if place is None or not wording.template(place, group):
        return ""
    return (group.zone if group is not None else "") or place.zone


def _text(turn: Turn, leg: Leg, role: Parked) -> str:
    place = turn.rules.place(role.place)
    assert place is not None  # noqa: S101 - `_zone` said so
    return wording.announcement(place, turn.rules.groups.get(role.group), role.parker, leg.party, turn.rules)
