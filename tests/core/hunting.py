"""A shop with a hunt group, for the tests of hunting: 850 `Service`, its members Peter 101, Anna 102 and Jens 103."""

from dataclasses import replace

from appliance.core.ids import LegId, Party
from appliance.core.rules import HuntRules, MemberRules, RecallMode, RecallRules, Rules
from appliance.core.state import Ending, Parked, Seeking
from tests.core.timeline import MUELLER, SHOP, World, with_place

GROUP = "850"
SHOWN = Party(MUELLER.number, "Service · Müller")
"""What a member's phone displays of Müller."""


def hunt_rules(*weights: int, **more) -> HuntRules:
    members = tuple(
        MemberRules(number, weight) for number, weight in zip(("101", "102", "103"), weights or (0, 0, 0), strict=False)
    )
    return HuntRules(GROUP, "Service", members, **more)


def shop(*weights: int, **more) -> Rules:
    """The shop with the group, and without announcements on Anna's place."""
    return replace(with_place(SHOP, "102", zone=""), hunts={GROUP: hunt_rules(*weights, **more)})


def alternate(given: Rules, number: str = GROUP, **more) -> Rules:
    """The same rules with a recall that goes to a number at once."""
    return replace(given, recall=RecallRules(mode=RecallMode.ALTERNATE, alternate=number, **more))


def rung(world: World) -> list[str]:
    """The numbers that ring, in the order in which they were called."""
    return [
        leg.dialled
        for leg in sorted(world.state.legs.values(), key=lambda leg: -leg.id)
        if isinstance(leg.role, Seeking) and not leg.confirmed
    ]


def phone(world: World, number: str) -> LegId:
    """The leg that rings a number."""
    (found,) = [leg.id for leg in world.state.legs.values() if leg.dialled == number and isinstance(leg.role, Seeking)]
    return found


def take(world: World, number: str, after: float = 2.0) -> LegId:
    """A member answers, as a person does; returns his leg."""
    world.later(after)
    leg = phone(world, number)
    world.picked_up(leg)
    return leg


def refuse(world: World, number: str, code: int = 486) -> None:
    world.ended(phone(world, number), code)


def tidy(world: World) -> None:
    """Whatever we have hung up ends."""
    for leg in list(world.state.legs.values()):
        if isinstance(leg.role, Ending):
            world.ended(leg.id)


def waits(world: World, leg: LegId) -> Parked:
    role = world.state.legs[leg].role
    assert isinstance(role, Parked)
    return role
