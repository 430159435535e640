"""Where a call goes that has just arrived, by the table of codes: the one sentence that is not about every instant."""

from appliance.core.events import CallArrived
from appliance.core.ids import LegId, Place
from appliance.core.rules import Rules
from appliance.core.state import Asking, Confirming, Parked, Purpose, Seeking, State, Told
from tests.core.fates import OWN_NUMBERS
from tests.core.roles import held, may_park

ORBITS = {"701", "702"}


def an_arrival_goes_where_it_asked(event: CallArrived, before: State, after: State, rules: Rules) -> None:
    """P-5 to P-8, P-13, P-14, B-2: the place that was asked for or nowhere; retrieving, the call that waits there or none."""
    role = after.legs[event.leg].role
    parker = event.caller if event.transferred_by is None else event.transferred_by
    taken = event.dialled.removeprefix("*88")
    if event.dialled in rules.hunts and (event.transferred_by is None or before.draining is None):
        assert isinstance(role, Parked), f"P-31: {event}: {role}"
        assert role.place is None, f"P-31: {event}: {role}"
        assert role.hunt is not None, f"P-31: {event}: {role}"
        return
    if event.transferred_by is None and event.dialled[:3] in {"*78", "*79"}:
        assert isinstance(role, Told), f"P-30: {event}: {role}"
        return
    if event.transferred_by is None and (
        taken != event.dialled or event.dialled in ORBITS & {*rules.places, *rules.removed}
    ):
        place = Place(taken.removesuffix("#") or parker.number)
        there = [leg.id for leg in before.legs.values() if isinstance(leg.role, Parked) and leg.role.place == place]
        if not there and event.dialled == "*88":
            there = _meant(parker.number, before, rules)
            assert isinstance(role, Seeking if there else Asking), f"P-13: {event}: {role}, he means {there}"
        assert isinstance(role, Told | Asking) or (isinstance(role, Seeking) and role.call in there), (
            f"P-14: {event}: {role}"
        )
        return
    wanted = _asked_for(event.dialled, parker.number, before, rules) if before.draining is None else None
    if event.transferred_by is None and event.dialled == "*68":
        assert isinstance(role, Asking), f"P-8: {event}: {role}"
    elif wanted is not None:
        assert isinstance(role, Parked | Confirming), f"P-5, P-6: {event}: {wanted} is free, and yet {role}"
        assert role.place == wanted, f"P-5, P-6: {event}: {wanted} was asked for, {role.place} given"
    else:
        assert isinstance(role, Told | Asking) or (isinstance(role, Parked) and role.place is None), (
            f"P-5: {event}: {role}"
        )


def _meant(number: str, before: State, rules: Rules) -> list[LegId]:
    """Whom somebody gets who names no place, and has nothing on his own (P-13); none: he is asked."""
    dialled_for = {
        leg.role.call
        for leg in before.legs.values()
        if isinstance(leg.role, Seeking) and leg.role.purpose is Purpose.CODE
    }
    waiting = [
        (leg.role, leg.id)
        for leg in before.legs.values()
        if isinstance(leg.role, Parked) and not _has_called(leg.role) and leg.id not in dialled_for
    ]
    his = [group for group in rules.groups.values() if number in {*group.places, *group.parkers}]
    places = {place for group in his for place in group.places}
    steps = (
        [one for one in waiting if number and one[0].parker.number == number],
        [one for one in waiting if one[0].place in places & ORBITS or one[0].group in {group.name for group in his}],
        [one for one in waiting if one[0].place in places],
    )
    found = next((step for step in steps if step), [])
    longest = min((role.since for role, _ in found), default=0)
    return [leg for role, leg in found if role.since == longest]


def _has_called(role: Parked) -> bool:
    """Whether nobody has parked him: he has called a hunt group."""
    return role.hunt is not None and role.hunt.called


def _asked_for(dialled: str, parker: str, before: State, rules: Rules) -> Place | None:
    """The free place that a parker asks for, by the table of codes; None: there is none, or he has not said."""
    hunted: list[str] = []
    if dialled in OWN_NUMBERS:
        hunted = [armed.place for armed in before.armed.values() if armed.station == parker][:1]
    elif dialled in ORBITS:
        hunted = [dialled]
    elif dialled.startswith("*68"):
        hunted = [dialled.removeprefix("*68").removesuffix("#") or parker]
    elif dialled[:3] in {"*58", "#58"}:
        his = [group for group in rules.groups.values() if parker in {*group.places, *group.parkers}]
        hunted = [*next((group.places for group in his if dialled[3:] in {"", group.number}), ())]
        hunted = [place for place in hunted if rules.places[Place(place)].hunted]
    return next(
        (Place(place) for place in hunted if may_park(place, parker, rules) and place not in held(before)), None
    )
