"""Hunt groups under whatever may happen: nobody is hung up on, nobody rings twice for one caller, nobody is forgotten (P-27)."""

import random
from collections import Counter
from dataclasses import replace

import pytest

from appliance.core.engine import next_deadline
from appliance.core.events import HuntLogin, LegDiverted
from appliance.core.orders import Hangup
from appliance.core.rules import Policy
from appliance.core.state import Ending, Leg, Parked, Purpose, Seeking, Talking
from tests.core.hunting import GROUP, alternate, shop
from tests.core.timeline import ANNA, BERG, JENS, MUELLER, PETER, SHOP_KEYS, World

STEPS = 150


def is_rung_by_itself(leg: Leg) -> bool:
    """Whether a phone is called for a caller although nobody there has asked for him: by no key, and it is no call to us."""
    return isinstance(leg.role, Seeking) and leg.role.purpose is not Purpose.CODE and leg.role.key is None


class Chance:
    """A world in which anything happens."""

    def __init__(self, seed: int) -> None:
        self.dice = random.Random(seed)  # noqa: S311 - no secret
        dice = self.dice
        given = shop(
            50,
            30,
            20,
            policy=dice.choice(list(Policy)),
            timeout=dice.choice([20.0, 60.0, None]),
            forward=dice.choice(["", "+4930999", "860"]),
            call_waiting=dice.random() < 0.3,
        )
        night = replace(given.hunts[GROUP], number="860", name="Night", forward=dice.choice(["", GROUP]))
        given = replace(given, hunts={**given.hunts, "860": night}, exit_key="0", exit_to=dice.choice(["", GROUP]))
        given = alternate(given, dice.choice([GROUP, "860", "+4930998"]), rounds=2, longest=300.0)
        self.world = World(replace(given, last_resort=dice.choice(["100", GROUP])))

    def step(self) -> None:  # noqa: C901, PLR0912 - a table: one case for each thing that may happen
        dice, world = self.dice, self.world
        legs = list(world.state.legs.values())
        rings = [leg for leg in legs if isinstance(leg.role, Seeking) and not leg.confirmed and leg.returning is None]
        talks = [leg for leg in legs if isinstance(leg.role, Talking) and leg.returning is None]
        waits = [leg for leg in legs if isinstance(leg.role, Parked) and leg.returning is None]
        match dice.randrange(16):
            case 0 if len(waits) < 4:
                world.call(GROUP, dice.choice([MUELLER, BERG, PETER]), by=dice.choice([None, None, ANNA]))
            case 1 if len(waits) < 4:
                world.call(dice.choice(["*68102", "701"]), MUELLER, by=dice.choice([PETER, JENS]))
            case 2 | 3 if rings:
                world.picked_up(dice.choice(rings).id)
            case 4 | 5 if rings:
                world.ended(dice.choice(rings).id, dice.choice([486, 480, 302, 603]))
            case 6 if rings:
                world.tell(LegDiverted(dice.choice(rings).id))
            case 7 if talks:
                world.ended(dice.choice(talks).id)
            case 8 if waits:
                world.ended(dice.choice(waits).id)
            case 9 if waits:
                world.digits(dice.choice(waits).id, "0")
            case 10:
                present = dice.random() < 0.6
                world.tell(HuntLogin(GROUP, dice.choice(["101", "102", "103"]), present))
            case 11:
                world.press(SHOP_KEYS[dice.choice(["701", "702", "102"])])
            case 12 if dice.random() < 0.1:
                self.crash()
            case 13:
                world.call(dice.choice(["*88102", "*88701", "*78850", "*79"]), dice.choice([ANNA, JENS]))
            case _:
                world.later(dice.choice([0.5, 2.0, 5.0, 15.0, 30.0]))
        for leg in list(world.state.legs.values()):
            if isinstance(leg.role, Ending) and dice.random() < 0.7:
                world.ended(leg.id)

    def crash(self) -> None:
        for leg in self.world.state.legs.values():
            if isinstance(leg.role, Seeking) and leg.dialog is None:
                self.world.invited(leg.id)
        self.world = self.world.crash(1.0, registered=True)
        self.world.later(3.0)
        for leg in list(self.world.state.legs.values()):
            if leg.returning is not None:
                self.world.picked_up(leg.id)

    def judge(self, waited: set[int]) -> None:
        """Nobody who waited has been hung up on; nobody rings twice for one caller; somebody is due for everybody."""
        world = self.world
        assert not [order for order in world.deeds() if isinstance(order, Hangup) and order.leg in waited]
        rung = Counter((leg.role.call, leg.dialled) for leg in world.state.legs.values() if is_rung_by_itself(leg))
        assert all(count == 1 for count in rung.values()), rung
        due = next_deadline(world.state, world.rules)
        assert due is None or due > world.now


@pytest.mark.rule("P-24", "P-27", "P-28", "P-29", "P-31", "S-2")
@pytest.mark.parametrize("seed", range(60))
def test_whatever_happens_nobody_who_waits_is_hung_up_on(seed):
    chance = Chance(seed)
    for _ in range(STEPS):
        world = chance.world
        waited = {leg.id for leg in world.state.legs.values() if isinstance(leg.role, Parked)}
        chance.step()
        chance.judge(waited if chance.world is world else set())
    world = chance.world
    waited = {leg.id for leg in world.state.legs.values() if isinstance(leg.role, Parked)}
    world.drain()
    world.later(70.0)
    chance.judge(waited)
    ringing = {leg.role.call for leg in world.state.legs.values() if isinstance(leg.role, Seeking)}
    due = {leg.id for leg in world.state.legs.values() if isinstance(leg.role, Parked) and leg.role.recall.next_at}
    assert waited & world.legs <= ringing | due, "S-4: somebody is rung for everybody, or will be"
