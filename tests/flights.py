"""Flights to record and replay: a world with a recorder in it, and a day in it that nobody planned."""

import random
from datetime import UTC, datetime

from appliance.core.events import Event
from appliance.core.ids import LegId, Seconds
from appliance.core.rules import RecallRules, Rules
from appliance.core.state import Ending, Leaving
from appliance.flight import Flight
from appliance.recorder import Recorder
from tests.core.business import BUSINESS, RELOADED
from tests.core.timeline import (
    ANNA,
    BERG,
    HIDDEN,
    JENS,
    MUELLER,
    PETER,
    SHOP,
    SHOP_KEYS,
    YARD_KEYS,
    World,
    orbit,
    rules,
)

NOON = datetime(2024, 5, 1, 12, 0, 0, tzinfo=UTC)


class RecordedWorld(World):
    """A world whose every step a recorder is told of, as the runtime tells it."""

    def __init__(self, given: Rules = SHOP) -> None:
        self.recorder = Recorder("1.2.3")
        super().__init__(given)

    def tell(self, event: Event) -> None:
        before, given = self.state, len(self._given)
        super().tell(event)
        self._record(event, before, given)

    def _advance(self, instant: Seconds) -> None:
        before, given = self.state, len(self._given)
        super()._advance(instant)
        self._record(None, before, given)

    def _record(self, event, before, given) -> None:
        orders = tuple(order for _, order in self._given[given:])
        self.recorder.stepped(self.now, event, before, self.state, orders, self.rules)

    def flight(self) -> Flight:
        return self.recorder.snapshot(self.now, NOON)


def live(world: World, steps: int, seed: int, pause: float = 0.2) -> None:
    """Let that many things happen in a world, `pause` seconds apart on the average."""
    dice = random.Random(seed)  # noqa: S311 - a plan, no secret
    for _ in range(steps):
        world.later(dice.expovariate(1 / pause))
        _something(world, dice)
        for leg in [leg.id for leg in world.state.legs.values() if isinstance(leg.role, Ending | Leaving)]:
            world.ended(leg)
        if dice.random() < 0.001:
            world.rules = dice.choice([BUSINESS, RELOADED])


def _something(world: World, dice: random.Random) -> None:  # noqa: C901 - a table: one case for each thing
    leg = dice.choice([*world.legs, LegId(10**6)])
    staff = dice.choice([PETER, ANNA, JENS])
    caller = dice.choice([MUELLER, BERG, HIDDEN])
    place = dice.choice(["101", "102", "103", "701", "702"])
    match dice.randrange(14):
        case 0:
            world.call(dice.choice([f"*68{place}", "*58", "701", "*68", "800"]), caller, by=staff)
        case 2:
            world.call(dice.choice([f"*88{place}", f"*68{place}", "*88", "800"]), staff)
        case 3:
            world.arrive(f"*88{place}", staff)
        case 1 | 4 | 5:
            world.ended(leg, dice.choice([200, 481, 486]))
        case 6:
            confirmed = leg in world.legs and world.state.legs[leg].confirmed
            world.ended(leg) if confirmed else world.answered(leg)
        case 7:
            world.becomes(leg, caller)
        case 8:
            world.digits(leg, dice.choice(["1", f"{place}#", "88", "*"]))
        case 9:
            world.released(leg, dice.choice([200, 603]))
        case 10:
            world.page_ended(dice.randrange(1, world.state.next_page + 1))
        case 11:
            world.press(dice.choice([*SHOP_KEYS.values(), *YARD_KEYS.values()]))
        case 12:
            dice.choice([world.retrieve, world.park])(place, staff.number)
        case 13:
            world.registered(registered=dice.random() < 0.8)


def crowd(callers: int) -> RecordedWorld:
    """A world in which so many callers are parked, and are for a good while."""
    orbits = {place.number: place for place in (orbit(str(number)) for number in range(1000, 1000 + callers))}
    world = RecordedWorld(rules(places=orbits, groups={}, panels={}, recall=RecallRules(after=Seconds(3600))))
    for place in orbits:
        world.call(place, MUELLER, by=PETER)
    return world
