"""The sentences of the specification that hold at every instant, as one function each, over the core's state and reality."""

from appliance.core import views
from appliance.core.engine import next_deadline
from appliance.core.events import CallArrived
from appliance.core.hearing import Hearing, Joined, Music, Tone, ToneKind
from appliance.core.ids import LegId, Place, Seconds
from appliance.core.lamp import Lamp
from appliance.core.orders import What
from appliance.core.rules import Rules
from appliance.core.state import (
    Asking,
    Confirming,
    Ending,
    Leaving,
    Parked,
    Phase,
    Purpose,
    Seeking,
    State,
    Talking,
    Told,
)
from tests.core.reality import OWN_NUMBERS, Reality, held

RECALLS = {Purpose.RECALL, Purpose.ALTERNATE, Purpose.LAST_RESORT}
LONGEST_RING = 30.0
LONGEST_ACK = 40.0
LONGEST_TOLD = 25.0
"""The reject tone 5 s, or a tone of 2 s and a text of 20 s at most."""
LONGEST_LEAVING = 4.0
ORBITS = {"701", "702"}
DARK = {Lamp.OFF, Lamp.FLICKER, Lamp.DOUBLE_BLINK}
HOLD = Tone(ToneKind.HOLD)


def every_sentence(state: State, now: Seconds, rules: Rules, real: Reality) -> None:
    """Hold the core to all of them."""
    hearings = dict(views.hearings(state, rules))
    no_leg_leaks(state, real)
    no_deadline_is_overdue(state, now, rules)
    one_call_a_place(state)
    every_call_resolves_once(state, real)
    seekers_seek_somebody(state, real)
    every_parked_call_has_a_future(state, now, rules)
    callers_are_never_left_in_silence(hearings, state, real)
    nobody_meets_a_stranger(hearings, real)
    connected_people_stay_connected(hearings, real)
    legs_that_are_to_end_do(state, now, real)
    pages_are_for_parked_calls(state, real)
    lamps_tell_the_truth(state, now, rules)


def no_leg_leaks(state: State, real: Reality) -> None:
    """Design 1: a leg in the state is alive in the world, and the other way round."""
    assert set(state.legs) == set(real.legs), f"leak: core {sorted(state.legs)}, world {sorted(real.legs)}"
    for leg in state.legs.values():
        far = real.legs[leg.id]
        assert far.answered or not far.arrived, f"leg {leg.id} was neither answered nor refused"
        if isinstance(leg.role, Ending):
            assert far.hung_up or far.replaced, f"leg {leg.id} is forgotten: nobody ends it"
        else:
            assert not far.hung_up, f"leg {leg.id} was hung up and goes on as {leg.role}"


def no_deadline_is_overdue(state: State, now: Seconds, rules: Rules) -> None:
    """Design 1 and "all timers are accurate": what is due has been done."""
    due = next_deadline(state, rules)
    assert due is None or due > now, f"overdue since {due}"


def one_call_a_place(state: State) -> None:
    """P-5, P-7: a place holds one call, or is promised to one parker."""
    held = [
        leg.role.place
        for leg in state.legs.values()
        if isinstance(leg.role, Parked | Confirming) and leg.role.place is not None
    ]
    assert len(held) == len(set(held)), f"P-5, P-7: two on one place: {held}"


def every_call_resolves_once(state: State, real: Reality) -> None:
    """Design 1: retrieved, recalled, handed over or abandoned: once, and not before."""
    for leg in real.parked:
        waits = leg in state.legs and isinstance(state.legs[leg].role, Parked)
        how = real.resolved.get(leg)
        assert waits == (how is None), f"leg {leg} {'waits' if waits else 'is gone'}, resolved: {how}"
        if how is not None and how is not What.ABANDONED and leg in real.legs:
            assert real.legs[leg].partner is not None or isinstance(state.legs[leg].role, Talking | Leaving | Ending), (
                f"leg {leg} was {how} and nobody has it"
            )
        if waits:
            role = state.legs[leg].role
            assert isinstance(role, Parked)
            assert (role.place is not None) == (real.park_reports[leg] == 1), (
                f"P-3: leg {leg}: {real.park_reports[leg]}"
            )


def seekers_seek_somebody(state: State, real: Reality) -> None:
    """P-13, P-26: a leg that is to be connected is not confirmed yet, and its caller waits."""
    ringing = []
    for leg in state.legs.values():
        if not isinstance(leg.role, Seeking):
            continue
        call = state.legs.get(leg.role.call)
        assert call is not None, f"leg {leg.id} seeks nobody"
        assert isinstance(call.role, Parked), f"leg {leg.id} seeks one who does not wait"
        assert not real.legs[leg.id].confirmed, f"P-26: leg {leg.id} has answered and hears nobody"
        assert real.legs[leg.id].seeks == call.id, f"P-13: leg {leg.id} seeks another than before"
        if leg.role.purpose in RECALLS:
            ringing.append(call.id)
    assert len(ringing) == len(set(ringing)), "P-21: two phones ring for one recall"


def every_parked_call_has_a_future(state: State, now: Seconds, rules: Rules) -> None:
    """P-1, P-27: somebody rings for him, or somebody will; and not later than the last resort."""
    rung = {
        leg.role.call
        for leg in state.legs.values()
        if isinstance(leg.role, Seeking) and leg.role.purpose in RECALLS
    }  # fmt: skip
    for leg in state.legs.values():
        if isinstance(leg.role, Parked):
            recall = leg.role.recall
            assert (recall.next_at is None) == (leg.id in rung), f"P-1: caller {leg.id} is forgotten: {recall}"
            overstayed = now >= recall.last_resort_at and recall.phase is not Phase.LAST_RESORT
            assert not overstayed, f"P-27: caller {leg.id} waits longer than the longest"
            longest = max(rules.recall.longest, *(g.recall.longest for g in rules.groups.values() if g.recall), 0)
            assert recall.last_resort_at <= leg.role.since + longest, f"P-27: caller {leg.id}: {recall}"


def callers_are_never_left_in_silence(hearings: dict[LegId, Hearing], state: State, real: Reality) -> None:
    """P-1, P-10: a caller hears music, the hold tone, or the one who took him; also while somebody is recalled."""
    assert set(hearings) == set(state.legs)
    for far in real.legs.values():
        if far.caller and far.left is None:
            heard = hearings[far.id]
            assert isinstance(heard, Music | Joined) or heard == HOLD, f"P-10: caller {far.id} hears {heard}"


def nobody_meets_a_stranger(hearings: dict[LegId, Hearing], real: Reality) -> None:
    """P-14, P-15: a pair is a caller who was parked and the one who was to get him; both hear each other, nobody else."""
    for leg, heard in hearings.items():
        if not isinstance(heard, Joined):
            continue
        assert hearings.get(heard.leg) == Joined(leg), (
            f"P-14: leg {leg} hears {heard.leg}, who hears {hearings.get(heard.leg)}"
        )
        one, other = real.legs[leg], real.legs[heard.leg]
        callers = [far for far in (one, other) if far.id in real.parked]
        assert len(callers) == 1, f"P-14: {[far.id for far in callers]} of {one.id} and {other.id} were parked"
        seeker = other if callers[0] is one else one
        assert seeker.seeks == callers[0].id, f"P-14: {seeker.id} sought {seeker.seeks} and got {callers[0].id}"
        assert one.partner in (None, other.id), f"P-14: leg {one.id} is given to a second person"
        one.partner, other.partner = other.id, one.id


def connected_people_stay_connected(hearings: dict[LegId, Hearing], real: Reality) -> None:
    """P-1, P-16: until one of them ends or the PBX has joined them without us."""
    for far in real.legs.values():
        if far.partner is not None and far.left is None:
            assert hearings[far.id] == Joined(far.partner), f"P-16: leg {far.id} lost {far.partner}"


def legs_that_are_to_end_do(state: State, now: Seconds, real: Reality) -> None:
    """P-5, P-18, P-21: nobody rings, is told something, or is left alone for longer than he should."""
    for far in real.legs.values():
        if far.hung_up or far.replaced:
            continue
        if far.seeks is not None and not far.confirmed and isinstance(state.legs[far.id].role, Seeking):
            limit = LONGEST_ACK if far.arrived else LONGEST_RING
            rings = now - far.seeks_since
            assert rings < limit, f"P-18, P-21: leg {far.id} still rings after {rings} s"
        if far.told is not None:
            assert now - far.told < LONGEST_TOLD, f"P-5: leg {far.id} has been told something for {now - far.told} s"
        if far.left is not None:
            assert now - far.left < LONGEST_LEAVING, f"leg {far.id} was left at {far.left} and is still there"


def pages_are_for_parked_calls(state: State, real: Reality) -> None:
    """P-32, A-9: what is on the air is for a call that waits, and once."""
    wanted = [
        leg.role.repeating.page
        for leg in state.legs.values()
        if isinstance(leg.role, Parked) and leg.role.repeating is not None and leg.role.repeating.page is not None
    ]
    live = sorted(page for page, stopped in real.pages.items() if not stopped)
    assert sorted(wanted) == live, f"A-9: on the air {live}, wanted {wanted}"


def lamps_tell_the_truth(state: State, now: Seconds, rules: Rules) -> None:
    """B-5: free is dark, armed flickers, parked is lit, near its recall it is fast."""
    lamps = views.lamps(state, rules)
    parked = {leg.role.place: leg for leg in state.legs.values() if isinstance(leg.role, Parked) and leg.role.place}
    rung = {
        leg.role.call for leg in state.legs.values() if isinstance(leg.role, Seeking) and leg.role.purpose in RECALLS
    }
    for panel in rules.panels.values():
        for key, rule in panel.keys.items():
            if rule.place is None:
                continue
            call, lamp = parked.get(rule.place), lamps[key]
            if call is None:
                assert lamp in DARK, f"B-5: {key} is {lamp} and nothing is parked there"
                assert lamp is not Lamp.FLICKER or key in state.armed, f"B-5: {key} flickers and is not armed"
            elif lamp is not Lamp.DOUBLE_BLINK:
                assert isinstance(call.role, Parked)
                due = call.role.recall.next_at
                near = call.id in rung or (due is not None and due - rules.recall_near <= now)
                own = Lamp.STEADY if rule.place == panel.station else Lamp.SLOW
                assert lamp is (Lamp.FAST if near else own), f"B-5: {key} is {lamp}, near: {near}"


def an_arrival_goes_where_it_asked(event: CallArrived, before: State, after: State, rules: Rules) -> None:
    """P-5 to P-8, P-13, P-14, B-2: the place that was asked for or nowhere; retrieving, the call that waits there or none."""
    role = after.legs[event.leg].role
    parker = event.caller if event.transferred_by is None else event.transferred_by
    taken = event.dialled.removeprefix("*88")
    if event.transferred_by is None and (taken != event.dialled or event.dialled in ORBITS & set(rules.places)):
        place = Place(taken.removesuffix("#") or parker.number)
        there = [leg.id for leg in before.legs.values() if isinstance(leg.role, Parked) and leg.role.place == place]
        assert isinstance(role, Told | Asking) or (isinstance(role, Seeking) and [role.call] == there), (
            f"P-14: {event}: {role}"
        )
        return
    wanted = _asked_for(event.dialled, parker.number, before, rules)
    if event.transferred_by is None and event.dialled == "*68":
        assert isinstance(role, Asking), f"P-8: {event}: {role}"
    elif wanted is not None:
        assert isinstance(role, Parked | Confirming), f"P-5, P-6: {event}: {wanted} is free, and yet {role}"
        assert role.place == wanted, f"P-5, P-6: {event}: {wanted} was asked for, {role.place} given"
    else:
        assert isinstance(role, Told | Asking) or (isinstance(role, Parked) and role.place is None), (
            f"P-5: {event}: {role}"
        )


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
    return next((Place(place) for place in hunted if place in rules.places and place not in held(before)), None)
