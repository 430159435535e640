"""A recall that goes to a hunt group of ours, and what else leads there (P-24, P-11, P-27); crashes and the end (S-2, S-4)."""

from dataclasses import replace

import pytest

from appliance.core.hearing import Joined, Music, Tone, ToneKind
from appliance.core.ids import LegId, Party
from appliance.core.lamp import Lamp
from appliance.core.orders import Announce, Dial, Hangup, Release, Transfer, What
from appliance.core.rules import Policy
from appliance.core.state import Talking
from tests.core.hunting import GROUP, SHOWN, alternate, phone, refuse, rung, shop, take, tidy, waits
from tests.core.timeline import (
    ANNA,
    JENS,
    MUELLER,
    PETER,
    SHOP_KEYS,
    World,
    dial,
    parked_for_anna,
    report,
    with_place,
)

REGULAR = shop(policy=Policy.REGULAR)
P24 = alternate(REGULAR)
SPOKEN = with_place(P24, "102", zone="shop")


def hunted(given=P24) -> tuple[World, LegId]:
    """Müller, parked on Anna's place at 0, whom the group serves since 45."""
    world, leg = parked_for_anna(given)
    world.at(44.0)
    world.ordered()
    world.at(45.0)
    return world, leg


@pytest.mark.rule("P-20", "P-24")
def test_a_recall_to_our_group_rings_its_members():
    world, leg = hunted()
    orders = world.ordered()
    assert report(What.HUNTING, "102", leg, MUELLER, None, GROUP) in orders
    assert [order for order in orders if isinstance(order, Dial)] == [dial(-1, "101", SHOWN)]
    assert world.hears(leg) == Music("default")
    assert world.lamp(SHOP_KEYS["102"]) is Lamp.FAST


@pytest.mark.rule("P-24")
def test_a_member_who_takes_him_has_been_handed_him_over():
    world, leg = hunted()
    world.ordered()
    member = take(world, "101")
    orders = world.ordered()
    assert orders[0] == report(What.HANDED_OVER, "102", leg, MUELLER, Party("101"), "hunt")
    assert not any(isinstance(order, Release) for order in orders)
    assert world.hears(leg) == Joined(member)
    assert world.place("102").state == "free"


@pytest.mark.rule("P-24")
def test_when_nobody_takes_him_the_round_begins_anew_on_his_place():
    world, leg = hunted(SPOKEN)
    world.page_ended(1)
    world.at(104.9)
    assert not [order for order in world.deeds() if isinstance(order, Announce)], "he is announced no more meanwhile"
    world.at(105.0)
    orders = world.deeds()
    assert [order for order in orders if isinstance(order, Announce)]
    assert rung(world) == []
    assert world.place("102").state == "parked"
    assert waits(world, leg).hunt is None
    world.at(150.0)
    assert rung(world) == ["101"]


@pytest.mark.rule("P-24", "P-27")
def test_he_is_not_pulled_back_by_the_longest_wait():
    world, leg = hunted(alternate(shop(policy=Policy.REGULAR, timeout=None), longest=60.0))
    world.at(600.0)
    assert waits(world, leg).hunt is not None
    assert "100" not in rung(world)


@pytest.mark.rule("P-27")
def test_after_the_last_round_the_last_resort_is_rung():
    world, _ = hunted(alternate(REGULAR, rounds=2))
    world.at(105.0)
    world.at(150.0)
    assert rung(world) == ["101"]
    world.at(210.0)
    assert rung(world) == ["100"]


@pytest.mark.rule("P-24", "P-29")
def test_the_groups_forward_number_comes_before_the_way_back():
    world, leg = hunted(alternate(shop(policy=Policy.REGULAR, forward="+4930999")))
    world.at(105.0)
    assert rung(world) == ["+4930999"]
    world.at(120.0)
    assert rung(world) == ["+4930999"], "nothing else is due while it rings"
    world.at(135.0)
    assert rung(world) == []
    assert waits(world, leg).hunt is None
    assert world.place("102").state == "parked"


@pytest.mark.rule("P-21", "P-24")
def test_while_members_ring_he_can_be_retrieved_by_everybody():
    world, leg = hunted()
    world.ordered()
    jens = world.call("*88102", JENS)
    assert Hangup(LegId(-1)) in world.deeds()
    assert isinstance(world.state.legs[leg].role, Talking)
    assert jens in world.legs


@pytest.mark.rule("P-24")
def test_he_hangs_up_while_members_ring():
    world, leg = hunted()
    world.ordered()
    world.ended(leg)
    assert world.ordered() == [report(What.ABANDONED, "102", leg, MUELLER), Hangup(LegId(-1))]


@pytest.mark.rule("P-11")
def test_the_exit_key_may_lead_to_a_group_of_ours():
    world, leg = parked_for_anna(replace(REGULAR, exit_key="0", exit_to=GROUP))
    world.digits(leg, "00")
    assert world.deeds() == [dial(-1, "101", SHOWN)]
    assert world.hears(leg) == Music("default")
    world.at(60.0)
    assert waits(world, leg).hunt is None
    assert world.place("102").state == "parked"


@pytest.mark.rule("P-27")
def test_a_last_resort_that_is_a_group_of_ours_is_hunted_again_and_again():
    world, leg = parked_for_anna(replace(alternate(REGULAR, "+4930998", rounds=1), last_resort=GROUP))
    world.at(75.0)
    refuse(world, "+4930998") if "+4930998" in rung(world) else None
    assert rung(world) == ["101"]
    world.at(150.0)
    assert waits(world, leg).hunt is not None
    assert rung(world)


# the end of the process, and of the machine


@pytest.mark.rule("S-2", "P-31")
def test_after_a_crash_the_hunt_goes_on():
    before = World(REGULAR)
    before.call(GROUP, MUELLER)
    before.invited(phone(before, "101"))
    world = before.crash(1.0, registered=True)
    world.later(1.0)
    leg = world.leg(1)
    world.picked_up(leg)
    world.later(0.1)
    assert rung(world) == ["101"]
    assert world.hears(leg) == Tone(ToneKind.RINGBACK)
    take(world, "101")
    assert isinstance(world.hears(leg), Joined)


@pytest.mark.rule("S-2", "P-24")
def test_after_a_crash_he_goes_back_to_his_place_in_time():
    before, _ = hunted()
    world = before.crash(1.0, registered=True)
    world.later(1.0)
    leg = world.leg(1)
    world.picked_up(leg)
    assert waits(world, leg).hunt is not None
    world.at(105.0)
    assert waits(world, leg).hunt is None
    assert world.place("102").state == "parked"


@pytest.mark.rule("S-2", "P-29")
def test_after_a_crash_the_forward_number_is_rung_again():
    before = World(shop(policy=Policy.REGULAR, forward="+4930999"))
    before.call(GROUP, MUELLER)
    before.at(60.0)
    before.invited(phone(before, "+4930999"))
    world = before.crash(1.0, registered=True)
    world.later(1.0)
    world.picked_up(world.leg(1))
    world.later(0.1)
    assert rung(world) == ["+4930999"]


@pytest.mark.rule("S-2", "P-31")
def test_after_a_crash_a_talking_pair_stays_anchored():
    before = World(REGULAR)
    before.call(GROUP, MUELLER)
    take(before, "101")
    world = before.crash(1.0, registered=True)
    world.later(1.0)
    for leg in list(world.legs):
        world.picked_up(leg)
    assert not [order for order in world.deeds() if isinstance(order, Release)]
    assert all(isinstance(world.hears(leg), Joined) for leg in world.legs)
    world.press(SHOP_KEYS["701"])
    assert world.place("701").state == "parked"


@pytest.mark.rule("S-4", "P-31")
def test_drain_lets_who_rings_answer_and_then_rings_the_last_resort():
    world = World(shop(policy=Policy.REGULAR, ring=100.0))
    leg = world.call(GROUP, MUELLER)
    world.later(5.0)
    world.drain()
    assert rung(world) == ["101"]
    world.at(25.0)
    assert rung(world) == []
    world.at(26.0)
    assert rung(world) == ["100"]
    take(world, "100")
    assert isinstance(world.state.legs[leg].role, Talking)


@pytest.mark.rule("S-4", "P-31")
def test_drain_hands_over_who_waits_for_a_member_to_get_free():
    given = shop(policy=Policy.REGULAR)
    world = World(replace(given, hunts={GROUP: replace(given.hunts[GROUP], members=())}))
    leg = world.call(GROUP, MUELLER)
    world.drain()
    assert rung(world) == ["100"]
    world.ordered()
    world.at(80.0)
    assert Transfer(leg, "100") in world.deeds()


@pytest.mark.rule("S-4", "P-31")
def test_drain_releases_anchored_pairs_to_the_pbx():
    world = World(REGULAR)
    leg = world.call(GROUP, MUELLER)
    member = take(world, "101")
    world.ordered()
    world.drain()
    assert Release(leg, member) in world.deeds() or Release(member, leg) in world.deeds()


@pytest.mark.rule("S-4", "P-31")
def test_a_call_to_the_group_while_the_machine_goes_down_is_put_through_at_once():
    world = World(REGULAR)
    world.drain()
    world.call(GROUP, MUELLER)
    assert rung(world) == ["100"]


@pytest.mark.rule("S-4", "P-27")
def test_a_last_resort_that_is_a_group_of_ours_cannot_be_one_that_goes_down():
    """S-4: one phone stands for the group then, and it is not our own number that the PBX rings."""
    world, leg = parked_for_anna(replace(REGULAR, last_resort=GROUP))
    world.drain()
    assert rung(world) == ["101"]
    world.ordered()
    world.at(80.0)
    assert Transfer(leg, "101") in world.deeds()


@pytest.mark.rule("S-4")
def test_a_recall_that_hunts_is_hurried_like_every_other():
    world, _ = hunted()
    refuse(world, "101")
    refuse(world, "102")
    refuse(world, "103")
    tidy(world)
    assert rung(world) == []
    world.drain()
    assert rung(world) == ["101"]


@pytest.mark.rule("P-24", "P-26")
def test_the_parker_may_be_a_member():
    world, leg = hunted()
    assert rung(world) == [PETER.number]
    take(world, "101")
    assert isinstance(world.hears(leg), Joined)
    assert ANNA.number not in rung(world)
