"""What is written down of a step, and whether somebody has to wait for it (S-1)."""

from dataclasses import replace

import pytest

from appliance.core.events import AdapterFault, CallArrived, DialogKnown, Recovered
from appliance.core.ids import LegId, Party, Place, Serial
from appliance.core.journal import Difference, difference, record
from appliance.core.orders import Announce, What
from appliance.core.state import Asking, Confirming, Leaving, Parked, State, Talking, Told
from tests.core.timeline import (
    ANNA,
    BERG,
    JENS,
    MUELLER,
    PETER,
    SHOP,
    SHOP_KEYS,
    World,
    dialog,
    parked_for_anna,
    report,
    with_place,
)

QUIET = with_place(SHOP, "102", zone="")
NOTHING = Difference({}, (), promised=False)


def written(world, do, *given, **more):
    """What one thing that happens changes in the journal."""
    before = world.state
    do(*given, **more)
    return difference(before, world.state)


# what is kept


@pytest.mark.rule("S-1")
def test_a_parked_caller_is_kept_with_his_dialog_his_place_his_parker_and_his_timers():
    """S-1, S-2: whatever a later process needs to take him over."""
    world = World()
    done = written(world, world.arrive, "*68102", MUELLER, PETER)
    leg = world.state.legs[LegId(1)]
    assert isinstance(leg.role, Parked)
    assert done == Difference({leg.id: replace(leg, role=replace(leg.role, repeating=None))}, (), promised=True)
    kept = done.changed[leg.id]
    assert isinstance(kept.role, Parked)
    assert (kept.dialog, kept.party, kept.role.place, kept.role.parker) == (dialog(1), MUELLER, "102", PETER)
    assert (kept.role.since, kept.role.recall.next_at, kept.role.recall.last_resort_at) == (0.0, 45.0, 900.0)


@pytest.mark.rule("S-1")
def test_an_ack_is_kept_because_a_leg_without_one_may_repeat_its_invite():
    world = World()
    leg = world.arrive("*68102", MUELLER, by=PETER)
    assert not world.journal[leg].confirmed
    done = written(world, world.answered, leg)
    assert done == Difference({leg: record(world.state.legs[leg])}, (), promised=False)
    assert done.changed[leg].confirmed


@pytest.mark.rule("S-1")
def test_every_role_is_kept():
    """S-1, S-2: a new kind of leg that is forgotten here would be a caller who is left behind."""
    world, caller = parked_for_anna()
    taker = world.arrive("*88102", ANNA)
    menu = world.call("800", BERG)
    holder = world.call("*68701", JENS)
    told = world.call("*88103", JENS)
    world.retrieve("102", "103")
    world.invited(LegId(-1))
    second = world.call("*68103", BERG, by=PETER)
    peter = world.call("*88103", PETER)
    third = world.call("*68103", BERG, by=PETER)
    world.released(second)
    other = world.call("*88103", JENS)
    world.ended(third)
    kept = {leg: type(one.role).__name__ for leg, one in world.journal.items()}
    assert kept == {
        caller: "Parked", taker: "Seeking", menu: "Asking", holder: "Confirming", told: "Told", LegId(-1): "Seeking",
        second: "Ending", peter: "Leaving", other: "Leaving",
    }  # fmt: skip


@pytest.mark.rule("S-1")
def test_a_leg_by_which_the_pbx_does_not_know_us_is_not_kept():
    world = World()
    arrived = CallArrived(LegId(1), "pbx", "*68102", MUELLER, PETER)
    assert written(world, world.tell, arrived) == NOTHING
    assert written(world, world.ended, LegId(1)) == NOTHING


@pytest.mark.rule("S-1", "S-2")
def test_a_phone_that_we_ring_is_kept_from_our_invite_on():
    """S-2: a later process must be able to stop its ringing, and then to take it over."""
    world, _ = parked_for_anna(QUIET)
    world.at(45.0)
    assert list(world.journal) == [1]
    ringing = world.invited(LegId(-1))
    assert world.journal[LegId(-1)].dialog == ringing
    world.later(2.0)
    talking = world.picked_up(LegId(-1))
    assert world.journal[LegId(-1)].dialog == talking
    assert isinstance(world.journal[LegId(-1)].role, Talking)


@pytest.mark.rule("S-1")
def test_what_ends_is_struck_out():
    world, leg = parked_for_anna()
    assert written(world, world.ended, leg) == Difference({}, (leg,), promised=False)
    assert world.journal == {}


@pytest.mark.rule("S-1", "P-3")
def test_a_leg_that_is_replaced_is_kept_under_its_new_dialog():
    world, leg = parked_for_anna()
    by = world.replaced(leg, BERG)
    assert {number: type(one.role).__name__ for number, one in world.journal.items()} == {leg: "Ending", by: "Parked"}
    assert world.journal[by].dialog == dialog(2)


@pytest.mark.rule("S-1")
def test_the_journal_follows_a_whole_day_step_by_step():
    """S-1: what `difference` writes of each step adds up to what is so."""
    world = World()
    world.call("*68102", MUELLER, by=PETER)
    world.call("800", BERG, by=ANNA)
    holder = world.call("*58", JENS)
    world.press(SHOP_KEYS["701"])
    world.heard(holder)
    world.later(8.0)
    world.retrieve("102", "103")
    world.invited(LegId(-1))
    world.picked_up(LegId(-1))
    world.released(LegId(1))
    world.ended(LegId(1))
    world.later(60.0)
    world.call("*88101", ANNA)
    world.ended(holder)
    world.later(1000.0)
    assert world.journal == {leg.id: record(leg) for leg in world.state.legs.values() if leg.dialog is not None}
    assert len(world.journal) >= 2


# what is not worth a write


@pytest.mark.rule("S-1")
def test_an_announcement_writes_nothing():
    """S-1: a card wears out; what is on the air, and when it is said again, a later process begins anew."""
    world, _ = parked_for_anna()
    assert written(world, world.page_ended, 1) == NOTHING
    assert written(world, world.at, 20.0) == NOTHING
    assert any(isinstance(order, Announce) for order in world.ordered())


@pytest.mark.rule("S-1", "P-19")
def test_a_recall_that_comes_near_writes_nothing():
    world, leg = parked_for_anna(QUIET)
    assert written(world, world.at, 30.0) == NOTHING
    role = world.state.legs[leg].role
    assert isinstance(role, Parked)
    assert role.recall.near


@pytest.mark.rule("S-1", "P-8")
def test_prompts_and_digits_write_nothing_until_they_mean_something():
    world = World()
    leg = world.call("800", JENS)
    assert written(world, world.heard, leg) == NOTHING
    assert written(world, world.digits, leg, "6") == NOTHING
    done = written(world, world.digits, leg, "8102")
    assert isinstance(done.changed[leg].role, Confirming)
    assert done.promised


@pytest.mark.rule("S-1", "P-3")
def test_a_confirmation_that_is_heard_writes_nothing():
    world = World()
    leg = world.call("*68102", JENS)
    assert written(world, world.heard, leg) == NOTHING
    assert isinstance(world.state.legs[leg].role, Confirming)


@pytest.mark.rule("S-1")
def test_what_somebody_is_told_is_written_once():
    """The tone that turns into its reason is another thing to go on with."""
    world = World()
    leg = world.call("*68199", JENS)
    done = written(world, world.at, 2.0)
    assert done.changed[leg].role == Told(None, "Die Nummer 1 9 9 gibt es hier nicht.", Serial(0), 0.0)
    assert written(world, world.later, 1.0) == NOTHING


@pytest.mark.rule("S-1")
def test_what_is_no_leg_is_not_written():
    world, _ = parked_for_anna()
    for do, given in (
        (world.press, SHOP_KEYS["701"]),
        (world.tell, AdapterFault("sound", "no card")),
        (world.later, 25.0),
    ):
        assert written(world, do, given) == NOTHING
    assert difference(world.state, world.state) == NOTHING
    assert difference(State(), State()) == NOTHING


@pytest.mark.rule("S-2")
def test_the_steps_of_a_take_over_write_nothing_but_its_end():
    """S-5: a hundred legs that come back would be a thousand writes; a second crash begins where the first one did."""
    before, _ = parked_for_anna()
    world = before.crash()
    leg = world.leg(1)
    assert written(world, world.registered, registered=True) == NOTHING
    assert written(world, world.ended, leg, 503) == NOTHING
    assert written(world, world.later, 2.0) == NOTHING
    taken = dialog(2)
    assert written(world, world.tell, DialogKnown(leg, taken)).changed[leg].dialog == taken
    done = written(world, world.answered, leg)
    assert done == Difference({leg: record(world.state.legs[leg])}, (), promised=False)


# who has to wait for the disk


@pytest.mark.rule("S-1", "P-3")
def test_a_promise_is_a_place_that_is_held_and_then_taken():
    """S-1: an attended parker is told where before the call is parked; both must be on the disk first."""
    world = World()
    leg = world.call("*68102", PETER)
    assert isinstance(world.state.legs[leg].role, Confirming)
    assert world.promised()
    world.heard(leg)
    assert not world.promised()
    world.at(8.0)
    assert world.ordered()[-2] == report(What.PARKED, "102", leg, PETER, PETER)
    assert world.promised()


@pytest.mark.rule("S-1", "P-1")
@pytest.mark.parametrize("dialled", ["*68102", "800", "*68199"])
def test_a_caller_who_is_kept_is_a_promise_wherever_he_waits(dialled):
    """S-1: on a place, in the lobby, or because he cannot be parked: music says to him that he is not lost."""
    world = World()
    leg = world.arrive(dialled, MUELLER, by=PETER)
    assert isinstance(world.state.legs[leg].role, Parked)
    assert world.promised()


@pytest.mark.rule("S-1", "P-1")
def test_a_caller_who_is_transferred_to_a_tone_is_a_promise():
    world = World()
    leg = world.call("*68199", PETER)
    assert isinstance(world.state.legs[leg].role, Told)
    assert not world.promised()
    world.becomes(leg, MUELLER)
    assert isinstance(world.state.legs[leg].role, Parked)
    assert world.promised()


@pytest.mark.rule("S-1", "B-2")
def test_a_place_that_a_key_gives_to_a_caller_in_the_lobby_is_a_promise():
    """S-1: he was on the disk, but not where; the loudspeaker says where."""
    world = World()
    leg = world.call("800", MUELLER, by=PETER)
    world.promised()
    world.press(SHOP_KEYS["701"])
    assert world.journal[leg].role.place == Place("701")
    assert world.promised()


@pytest.mark.rule("S-1")
def test_a_caller_who_goes_on_in_another_dialog_is_a_promise():
    world, leg = parked_for_anna()
    world.promised()
    world.replaced(leg, BERG)
    assert world.promised()


@pytest.mark.rule("S-1")
def test_nobody_waits_for_the_disk_who_is_told_nothing_new():
    """S-1: "a write costs the loop nothing": to be asked, rung, connected or hung up does not wait for it."""
    world, leg = parked_for_anna()
    world.promised()
    world.call("800", BERG)
    anna = world.call("*88102", ANNA)
    world.released(leg)
    world.ended(leg)
    world.ended(anna)
    world.call("*88102", JENS)
    world.retrieve("102", "103")
    assert {type(one.role) for one in world.journal.values()} == {Asking, Told}
    assert not world.promised()


@pytest.mark.rule("S-1")
def test_a_recall_that_rings_in_vain_makes_no_promise():
    world, leg = parked_for_anna(QUIET)
    world.promised()
    world.at(45.0)
    world.invited(LegId(-1))
    world.at(75.0)
    world.ended(LegId(-1), 487)
    role = world.journal[leg].role
    assert isinstance(role, Parked)
    assert role.recall.rounds == 1
    assert not world.promised()


@pytest.mark.rule("S-1", "S-2")
def test_legs_of_an_earlier_process_are_written_anew_before_anybody_is_told():
    before, _ = parked_for_anna()
    before.call("800", BERG)
    world = World(registered=False)
    done = written(world, world.tell, Recovered(tuple(before.journal.values())))
    assert done.promised
    assert {number: (one.dialog, type(one.role)) for number, one in done.changed.items()} == {
        LegId(-1): (dialog(1), Parked),
        LegId(-2): (dialog(2), Asking),
    }


@pytest.mark.rule("S-4")
def test_a_caller_who_is_handed_to_the_pbx_stays_until_his_leg_has_ended():
    world, leg = parked_for_anna()
    world.drain()
    world.at(75.0)
    world.released(leg)
    assert isinstance(world.journal[leg].role, Leaving)
    world.ended(leg)
    assert leg not in world.journal


def test_a_record_says_nothing_of_what_a_later_process_finds_out():
    """A record is what it was, not how far its coming back has got."""
    before, _ = parked_for_anna()
    world = before.crash(registered=True)
    leg = world.state.legs[world.leg(1)]
    assert leg.returning is not None
    assert record(leg).returning is None
    assert record(record(leg)) == record(leg)
    assert record(leg).party == Party(MUELLER.number, "Müller")
