"""Timelines of a machine that goes down begin here."""

from appliance.core.orders import Report, What
from appliance.core.rules import RecallMode
from tests.core.comeback import QUIET
from tests.core.timeline import (
    RECALL_ANNA,
    dial,
    parked_for_anna,
    with_recall,
)

DRAINING = Report(What.DRAINING)
ALTERNATE = with_recall(QUIET, mode=RecallMode.PARKER_THEN_ALTERNATE, alternate="850")


def draining(given=QUIET):
    """Peter parked Müller for Anna at 0.0; at 10.0 the machine is told to go down: Peter's phone rings."""
    world, leg = parked_for_anna(given)
    world.at(10.0)
    world.drain()
    return world, leg


def rings(leg, number):
    return dial(leg, number, RECALL_ANNA)
