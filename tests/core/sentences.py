"""The sentences of the specification that hold at every instant, as one function each, over the core's state and reality."""

from collections import Counter

from appliance.core import views
from appliance.core.drain import is_over
from appliance.core.engine import next_deadline
from appliance.core.hearing import Hearing, Joined, Music, Speech, Tone, ToneKind
from appliance.core.ids import LegId, Place, Seconds
from appliance.core.journal import Difference, record
from appliance.core.lamp import Lamp
from appliance.core.orders import What
from appliance.core.rules import Rules
from appliance.core.state import (
    Confirming,
    Ending,
    Informing,
    Leaving,
    Leg,
    Parked,
    Phase,
    Purpose,
    Releasing,
    Seeking,
    State,
    Talking,
)
from tests.core.business import COMFORT
from tests.core.reality import Reality

RECALLS = {Purpose.RECALL, Purpose.ALTERNATE, Purpose.LAST_RESORT}
LONGEST_RING = 30.0
LONGEST_SPLASH = 3.0
LONGEST_ACK = 40.0
LONGEST_TOLD = 25.0
"""The reject tone 5 s, or a tone of 2 s and a text of 20 s at most."""
LONGEST_LEAVING = 4.0
DARK = {Lamp.OFF, Lamp.FLICKER, Lamp.DOUBLE_BLINK}
HOLD = Tone(ToneKind.HOLD)
RINGBACK = Tone(ToneKind.RINGBACK)


def every_sentence(state: State, now: Seconds, rules: Rules, real: Reality) -> None:
    """Hold the core to all of them."""
    hearings = dict(views.hearings(state, rules))
    no_leg_leaks(state, real)
    nobody_is_left_behind(real)
    nobody_is_doubled(state, real)
    no_deadline_is_overdue(state, now, rules)
    one_call_a_place(state)
    every_call_resolves_once(state, real)
    seekers_seek_somebody(state, real)
    every_loss_is_told(state, now)
    every_parked_call_has_a_future(state, now, rules, real)
    callers_are_never_left_in_silence(hearings, state, real)
    nobody_meets_a_stranger(hearings, real)
    connected_people_stay_connected(hearings, real)
    legs_that_are_to_end_do(state, now, real)
    pages_are_for_parked_calls(state, real)
    lamps_tell_the_truth(state, now, rules, real)
    the_machine_waits_for_whoever_waits(state)


def no_leg_leaks(state: State, real: Reality) -> None:
    """Design 1: a leg in the state is alive in the world, and the other way round."""
    world = {*real.legs, *real.survivors.coming}
    assert set(state.legs) == world, f"leak: core {sorted(state.legs)}, world {sorted(world)}"
    for leg in state.legs.values():
        assert (leg.returning is not None) == (leg.id in real.survivors.coming), f"S-2: leg {leg.id}: {leg.returning}"
        far = real.legs.get(leg.id)
        if far is None:
            continue
        assert far.answered or not far.arrived, f"leg {leg.id} was neither answered nor refused"
        if isinstance(leg.role, Ending):
            assert far.hung_up or far.replaced, f"leg {leg.id} is forgotten: nobody ends it"
        else:
            assert not far.hung_up, f"leg {leg.id} was hung up and goes on as {leg.role}"


def nobody_is_left_behind(real: Reality) -> None:
    """S-2, S-5: whoever is up at the PBX and is nobody's is somebody whom the core wants back."""
    wanted = {one.call for one in real.survivors.coming.values()}
    for call, far in real.survivors.fars.items():
        assert far.calling or far.excused or call in wanted, f"S-5: {far} is left behind"


def nobody_is_doubled(state: State, real: Reality) -> None:
    """S-5: one leg for each who is there."""
    twice = [soul for soul, count in Counter(real.soul(leg) for leg in state.legs).items() if count > 1]
    assert not twice, f"S-5: {twice} doubled: {[leg for leg in state.legs if real.soul(leg) in twice]}"


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
    legs = real.souls(state)
    for soul in real.fates.parked:
        leg = legs.get(soul)
        waits = leg is not None and isinstance(leg.role, Parked)
        how = real.fates.resolved.get(soul)
        assert waits == (how is None), f"soul {soul} {'waits' if waits else 'is gone'}, resolved: {how}"
        if leg is not None and leg.id in real.legs and how not in {None, What.ABANDONED}:
            assert real.legs[leg.id].partner is not None or isinstance(leg.role, Talking | Leaving | Ending), (
                f"leg {leg.id} was {how} and nobody has it"
            )
        if leg is not None and isinstance(leg.role, Parked):
            assert (leg.role.place is not None) == (real.fates.park_reports[soul] == 1), (
                f"P-3: leg {leg.id}: {real.fates.park_reports[soul]}"
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
        far = real.legs.get(leg.id)
        if far is not None:
            waits = call.returning is not None or leg.role.vouch is not None
            assert not far.confirmed or waits, f"P-26: leg {leg.id} has answered and hears nobody"
            asked = leg.role.vouch is not None
            assert not asked or far.confirmed, f"P-25: leg {leg.id} is asked before it has answered"
            assert far.seeks == real.soul(call.id), f"P-13: leg {leg.id} seeks another than before"
        if leg.role.purpose in RECALLS:
            ringing.append(call.id)
    assert len(ringing) == len(set(ringing)), "P-21: two phones ring for one recall"


def every_loss_is_told(state: State, now: Seconds) -> None:
    """S-3: somebody is being called, or will be within the minute."""
    busy = {leg.dialled for leg in state.legs.values()}
    for notice in state.notices:
        assert notice.tries < 3, f"S-3: {notice}: too often"
        assert notice.at <= now + 30 if notice.number not in busy else True, f"S-3: {notice} is forgotten"
    for leg in state.legs.values():
        if isinstance(leg.role, Informing) and leg.returning is None:
            assert leg.role.until <= now + 30, f"S-3: {leg.role} rings for too long"


def every_parked_call_has_a_future(state: State, now: Seconds, rules: Rules, real: Reality) -> None:
    """P-1, P-27: somebody rings for him, or somebody will; and not later than the last resort."""
    rung = {
        leg.role.call
        for leg in state.legs.values()
        if isinstance(leg.role, Seeking) and leg.role.purpose in RECALLS
    }  # fmt: skip
    for leg in state.legs.values():
        if isinstance(leg.role, Parked) and leg.role.hunt is not None:
            continue  # the sentences of `ringing` are about him
        if isinstance(leg.role, Parked):
            recall = leg.role.recall
            assert (recall.next_at is None) == (leg.id in rung) or is_transferred(leg, real), (
                f"P-1: caller {leg.id} is forgotten: {recall}"
            )
            overstayed = (
                leg.returning is None and now >= recall.last_resort_at and recall.phase is not Phase.LAST_RESORT
            )
            assert not overstayed, f"P-27: caller {leg.id} waits longer than the longest"
            longest = max(rules.recall.longest, *(g.recall.longest for g in rules.groups.values() if g.recall), 0)
            assert recall.last_resort_at <= leg.role.since + longest, f"P-27: caller {leg.id}: {recall}"


def is_transferred(leg: Leg, real: Reality) -> bool:
    """Whether the PBX has been asked to take it, because the machine goes down."""
    return leg.id in real.legs and real.legs[leg.id].transferred


def callers_are_never_left_in_silence(hearings: dict[LegId, Hearing], state: State, real: Reality) -> None:
    """P-1, P-10: a caller hears music, the hold tone, or the one who took him; also while somebody is recalled."""
    assert set(hearings) == set(state.legs)
    for far in real.legs.values():
        if far.caller and far.left is None:
            heard = hearings[far.id]
            comfort = isinstance(heard, Speech) and heard.text == COMFORT
            role = state.legs[far.id].role
            rings = heard == RINGBACK and isinstance(role, Parked) and role.hunt is not None and role.hunt.called
            assert isinstance(heard, Music | Joined) or heard == HOLD or comfort or rings, (
                f"P-10: caller {far.id} hears {heard}"
            )


def nobody_meets_a_stranger(hearings: dict[LegId, Hearing], real: Reality) -> None:
    """P-14, P-15: a pair is a caller who was parked and the one who was to get him; both hear each other, nobody else."""
    for leg, heard in hearings.items():
        if not isinstance(heard, Joined):
            continue
        assert hearings.get(heard.leg) == Joined(leg), (
            f"P-14: leg {leg} hears {heard.leg}, who hears {hearings.get(heard.leg)}"
        )
        pair = [real.soul(leg), real.soul(heard.leg)]
        callers = [soul for soul in pair if soul in real.fates.parked]
        assert len(callers) == 1, f"P-14: {callers} of {leg} and {heard.leg} were parked"
        for far, partner in ((real.legs.get(leg), pair[1]), (real.legs.get(heard.leg), pair[0])):
            if far is not None:
                assert far.soul == callers[0] or far.seeks == partner, f"P-14: {far} sought another than {partner}"
                assert far.partner in (None, partner), f"P-14: leg {far.id} is given to a second person"
                assert far.vouched or not far.doubtful, f"P-25: {far} may be a voicemail"
                far.partner = partner


def connected_people_stay_connected(hearings: dict[LegId, Hearing], real: Reality) -> None:
    """P-1, P-16: until one of them ends or the PBX has joined them without us."""
    for far in real.legs.values():
        if far.partner is not None and far.left is None:
            heard = hearings[far.id]
            assert isinstance(heard, Joined), f"P-16: leg {far.id} lost {far.partner}"
            assert real.soul(heard.leg) == far.partner, f"P-16: leg {far.id} hears {heard}, not {far.partner}"


def legs_that_are_to_end_do(state: State, now: Seconds, real: Reality) -> None:
    """P-5, P-18, P-21: nobody rings, is told something, or is left alone for longer than he should."""
    for far in real.legs.values():
        if far.hung_up or far.replaced:
            continue
        waits = isinstance(state.legs[far.id].role, Seeking | Informing)
        if (far.seeks is not None or far.informs is not None) and not far.confirmed and waits:
            limit = LONGEST_ACK if far.arrived else LONGEST_RING
            role = state.legs[far.id].role
            if isinstance(role, Seeking) and role.purpose is Purpose.SPLASH:
                limit = LONGEST_SPLASH
            rings = now - far.seeks_since
            assert rings < limit, f"P-18, P-21: leg {far.id} still rings after {rings} s"
        if far.told is not None:
            assert now - far.told < LONGEST_TOLD, f"P-5: leg {far.id} has been told something for {now - far.told} s"
        if far.left is not None:
            assert now - far.left < LONGEST_LEAVING, f"{far} was left and is still there as {state.legs[far.id].role}"


def pages_are_for_parked_calls(state: State, real: Reality) -> None:
    """P-32, A-9: what is on the air is for a call that waits, and once."""
    wanted = [
        leg.role.repeating.page
        for leg in state.legs.values()
        if isinstance(leg.role, Parked) and leg.role.repeating is not None and leg.role.repeating.page is not None
    ]
    wanted += [
        leg.role.chime for leg in state.legs.values() if isinstance(leg.role, Parked) and leg.role.chime is not None
    ]
    live = sorted(page for page, stopped in real.pages.items() if not stopped)
    assert sorted(wanted) == live, f"A-9: on the air {live}, wanted {wanted}"


def lamps_tell_the_truth(state: State, now: Seconds, rules: Rules, real: Reality) -> None:
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
                near = (
                    call.id in rung
                    or call.role.hunt is not None
                    or (due is not None and due - rules.recall_near <= now)
                )
                other = Lamp.MEDIUM if now - call.role.since >= rules.long_wait else Lamp.SLOW
                own = Lamp.STEADY if rule.place == panel.station else other
                here = {Lamp.FAST if near else own}
                if call.returning is not None:
                    here = {Lamp.DOUBLE_SLOW}
                elif is_transferred(call, real):  # nobody rings, and nobody will
                    here = {Lamp.FAST, own}
                assert lamp in here, f"B-5, S-2: {key} is {lamp}: {call}"


def the_machine_waits_for_whoever_waits(state: State) -> None:
    """S-4: it does not go down while somebody is here whom it could hand over."""
    waits = [leg.id for leg in state.legs.values() if isinstance(leg.role, Parked | Confirming | Leaving)]
    assert not (is_over(state) and waits), f"S-4: {waits} are left to nobody"
    for leg in state.legs.values() if state.draining is not None else ():
        if isinstance(leg.role, Talking) and leg.role.releasing is Releasing.NO:
            peer = state.legs[leg.role.peer]
            both = leg.confirmed and peer.confirmed and leg.account == peer.account
            assert not both, f"S-4: {leg.id} and {peer.id} will be cut off"


def the_journal_says_what_is_so(journal: dict[LegId, Leg], written: Difference, before: State, after: State) -> None:
    """S-1: each step adds up, and whoever is told that a call is parked, or where, waits for the disk."""
    kept = {leg.id for leg in after.legs.values() if leg.dialog is not None}
    assert journal.keys() == kept, f"S-1: the journal has {sorted(journal)}, so is {sorted(kept)}"
    for leg in after.legs.values():
        if leg.id in kept and leg is not before.legs.get(leg.id):
            assert journal[leg.id] == record(leg), f"S-1: the journal says {journal[leg.id]}, so is {leg}"
    promise = {_promise(leg) for leg in after.legs.values()} - {_promise(leg) for leg in before.legs.values()} - {None}
    assert written.promised == bool(promise), f"S-1: promised: {written.promised}, {promise}"


def _promise(leg: Leg) -> tuple[LegId, str, Place | None] | None:
    match leg.role:
        case Parked(place=place) | Confirming(place=place):
            return leg.id, type(leg.role).__name__, place
        case _:
            return None
