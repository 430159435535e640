"""Timelines of calls that come back after a crash begin here: the box is killed, comes up, and asks the PBX for its legs."""

from dataclasses import replace

from appliance.core.ids import LegId, Party
from appliance.core.orders import What
from appliance.core.rules import AccountRules
from tests.core.timeline import (
    MUELLER,
    PETER,
    SHOP,
    World,
    dial,
    parked_for_anna,
    report,
    take_over,
    with_place,
)

CALLER, FIRST, SECOND = map(LegId, (-1, -2, -3))
"""Legs after a crash: numbered in the order in which they came into the journal, then what we dial."""
QUIET = with_place(SHOP, "102", zone="")
ANCHORED = replace(SHOP, accounts={"pbx": AccountRules("800", release=False), "trunk": SHOP.accounts["trunk"]})
SHOWN = Party(MUELLER.number, "Abgerissen 102 · Müller")
LOST = [report(What.LOST, "102", CALLER, MUELLER), dial(FIRST, "101", SHOWN)]
"""The PBX has him no more: his place is free, Peter is called."""
ASK = take_over(CALLER, 1, MUELLER)


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


def half_open(dialled="*68102", who=MUELLER, by=PETER, given=SHOP):
    """The ACK had not come when the box was killed at 0.0; it is up and registered at 1.0; the PBX does not know the dialog."""
    before = World(given)
    before.arrive(dialled, who, by)
    world = before.crash(1.0, registered=True)
    world.ordered()
    world.ended(CALLER, 481)
    assert world.ordered() == []
    return world
