"""Timelines of calls that come back after a crash begin here: the box is killed, comes up, and asks the PBX for its legs."""

from dataclasses import replace

from appliance.core.ids import LegId
from appliance.core.orders import What
from appliance.core.rules import AccountRules
from tests.core.timeline import (
    MUELLER,
    PETER,
    SHOP,
    parked_for_anna,
    report,
    take_over,
    with_place,
)

CALLER, FIRST, SECOND = map(LegId, (-1, -2, -3))
"""Legs after a crash: numbered in the order in which they came into the journal, then what we dial."""
QUIET = with_place(SHOP, "102", zone="")
ANCHORED = replace(SHOP, accounts={"pbx": AccountRules("800", release=False), "trunk": SHOP.accounts["trunk"]})


def comes_back(given=SHOP, at=10.0, down=2.0):
    """Müller waits on Anna's place since 0.0; the box is killed, comes up and is registered: he is asked for."""
    before, _ = parked_for_anna(given)
    before.at(at)
    world = before.crash(down, registered=True)
    assert world.ordered() == [
        report(What.COMING_BACK, "102", CALLER, MUELLER, PETER),
        take_over(CALLER, 1, MUELLER),
    ]
    return world


def back(world, leg=CALLER):
    world.picked_up(leg)
    return world.ordered()
