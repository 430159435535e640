"""Whose turn it is, as numbers over 10,000 calls (P-28)."""

from collections import Counter
from dataclasses import replace
from itertools import cycle, islice

import pytest

from appliance.core.engine import step
from appliance.core.events import CallArrived, Event, HuntLogin, LegAnswered, LegEnded
from appliance.core.ids import LegId, Seconds
from appliance.core.orders import Dial, Order
from appliance.core.rules import HuntRules, MemberRules, Policy, Rules
from tests.core.hunting import GROUP, refuse, rung, shop, take, tidy
from tests.core.timeline import BERG, MUELLER, World

CALLS = 10_000


class Line:
    """One caller after the other, each taken by the first member who is rung; talks of given lengths."""

    def __init__(self, given: Rules) -> None:
        self.world = World(given)

    def takes(self, lasting: float = 1.0) -> str:
        """One call: returns who took it."""
        world = self.world
        caller = world.next_leg()
        world.now = Seconds(world.now + 1.0)
        member = self._called(caller)
        world.now = Seconds(world.now + 2.0)
        self._tell(LegAnswered(member.leg))
        world.now = Seconds(world.now + lasting)
        self._tell(LegEnded(caller, 200))
        self._tell(LegEnded(member.leg, 200))
        return member.number

    def _called(self, caller: LegId) -> Dial:
        orders = self._tell(CallArrived(caller, "pbx", GROUP, MUELLER))
        self._tell(LegAnswered(caller))
        return next(order for order in orders if isinstance(order, Dial))

    def _tell(self, event: Event) -> tuple[Order, ...]:
        self.world.state, orders = step(self.world.state, event, self.world.now, self.world.rules)
        return orders


@pytest.mark.rule("P-28")
def test_circular_gives_each_member_the_next_call():
    line = Line(shop(policy=Policy.CIRCULAR))
    assert [line.takes() for _ in range(CALLS)] == list(islice(cycle(("101", "102", "103")), CALLS))


@pytest.mark.rule("P-28")
def test_regular_begins_at_the_top_each_time():
    line = Line(shop(policy=Policy.REGULAR))
    assert Counter(line.takes() for _ in range(100)) == {"101": 100}


@pytest.mark.rule("P-28")
def test_uniform_gives_the_call_to_whoever_has_been_idle_longest():
    line = Line(shop(policy=Policy.UNIFORM))
    idle = {"101": 0.0, "102": 0.0, "103": 0.0}
    for number in range(CALLS):
        longest = min(idle, key=lambda one: idle[one])  # the first of those who are equal
        assert line.takes(lasting=1.0 + number % 7) == longest
        idle[longest] = line.world.now


@pytest.mark.rule("P-28")
@pytest.mark.parametrize("shares", [(50, 30, 20), (100, 1, 1), (7, 0, 93)])
def test_weighted_shares_hold_within_two_per_cent(shares):
    line = Line(shop(*shares, policy=Policy.WEIGHTED))
    taken = Counter(line.takes() for _ in range(CALLS))
    whole = sum(shares)
    for number, share in zip(("101", "102", "103"), shares, strict=True):
        assert abs(taken[number] / CALLS - share / whole) < 0.02


@pytest.mark.rule("P-28")
def test_weighted_is_smooth_and_not_in_blocks():
    """P-28: at no moment is anybody more than two calls away from his share."""
    line = Line(shop(50, 30, 20, policy=Policy.WEIGHTED))
    taken: Counter[str] = Counter()
    for calls in range(1, 500):
        taken[line.takes()] += 1
        for number, share in (("101", 0.5), ("102", 0.3), ("103", 0.2)):
            assert abs(taken[number] - share * calls) < 2.0


@pytest.mark.rule("P-28")
def test_weighted_rings_who_has_no_share_only_if_nobody_else_is_free():
    world = World(shop(0, 60, 40, policy=Policy.WEIGHTED))
    world.call(GROUP, MUELLER)
    assert rung(world) == ["102"]
    refuse(world, "102")
    assert rung(world) == ["103"]
    refuse(world, "103")
    assert rung(world) == ["101"]


@pytest.mark.rule("P-28", "P-30")
def test_who_logs_in_again_is_not_flooded_to_make_up_for_his_absence():
    line = Line(shop(50, 50, 0, policy=Policy.WEIGHTED))
    world = line.world
    world.tell(HuntLogin(GROUP, "101", present=False))
    assert Counter(line.takes() for _ in range(20)) == {"102": 20}
    world.tell(HuntLogin(GROUP, "101", present=True))
    assert Counter(line.takes() for _ in range(10)) == {"101": 5, "102": 5}


@pytest.mark.rule("P-28")
def test_circular_goes_on_after_whoever_took_the_last_call_not_after_whom_it_rang():
    world = World(shop(policy=Policy.CIRCULAR))
    first = world.call(GROUP, MUELLER)
    refuse(world, "101")
    take(world, "102")
    world.ended(first)
    tidy(world)
    world.call(GROUP, BERG)
    assert rung(world) == ["103"]
    refuse(world, "103")
    assert rung(world) == ["101"]


@pytest.mark.rule("P-28")
def test_uniform_counts_any_call_through_the_box():
    """P-28: a parked call that a member retrieved makes him busy, too."""
    given = shop(policy=Policy.UNIFORM)
    accounts = {**given.accounts, "pbx": replace(given.accounts["pbx"], release=False)}
    world = World(replace(given, accounts=accounts))
    parked = world.call("*68102", MUELLER, by=BERG)
    peter = world.call("*88102", replace(BERG, number="101"))
    world.later(5.0)
    world.ended(parked)
    world.ended(peter)
    world.call(GROUP, BERG)
    assert rung(world) == ["102"]


@pytest.mark.rule("P-28")
@pytest.mark.parametrize("policy", list(Policy))
@pytest.mark.parametrize("timeout", [None, Seconds(60)])
def test_who_calls_a_group_in_which_nobody_is_does_not_wait_for_its_time(policy, timeout):
    """P-27: nobody would ever come; least of all where a group has no time."""
    given = shop(policy=policy)
    world = World(replace(given, hunts={GROUP: HuntRules(GROUP, "Nobody", (), policy, timeout=timeout)}))
    world.call(GROUP, MUELLER)
    assert rung(world) == ["100"]


@pytest.mark.rule("P-28")
def test_each_member_is_rung_once_in_a_pass():
    world = World(shop(policy=Policy.CIRCULAR))
    world.rules = replace(world.rules, hunts={GROUP: HuntRules(GROUP, "Two", (MemberRules("102"), MemberRules("101")))})
    world.call(GROUP, MUELLER)
    refuse(world, "102")
    refuse(world, "101")
    assert rung(world) == []
