"""Legs as the core has them, and what a test of the journal says about them."""

from random import Random

from appliance.core.ids import Dialog, LegId, Party, Place, Seconds
from appliance.core.state import Leg, Parked, Recall, Talking

BERND, ANNA = Party("+4930123456", "Bernd Böll"), Party("102", "Anna")


def parked(number: int, since: float = 1000.0, name: str = BERND.name) -> Leg:
    """Return a caller who waits."""
    caller = Party(BERND.number, name)
    recall = Recall(Seconds(since + 60), Seconds(since + 600))
    role = Parked(Place(str(700 + number)), "default", ANNA, Seconds(since), recall, None)
    return Leg(LegId(number), "pbx", "*68102", caller, caller, role, confirmed=True, dialog=dialog(number))


def talking(number: int, peer: int) -> Leg:
    """Return one end of a joined pair."""
    role = Talking(LegId(peer))
    return Leg(LegId(number), "pbx", "102", ANNA, ANNA, role, confirmed=True, dialog=dialog(number))


def dialog(number: int) -> Dialog:
    return Dialog(f"{number}-2f3e9b1c7a66@192.168.1.20:5060", f"as5d8f2c1a{number}", f"d3b07384d113{number}")


def by_id(*legs: Leg) -> dict[LegId, Leg]:
    return {leg.id: leg for leg in legs}


def scribble(random: Random, picture: dict[LegId, Leg]) -> tuple[dict[LegId, Leg], list[LegId]]:
    """Return one arbitrary change of a picture: new legs, changed ones, and some that are gone."""
    changed = by_id(*(parked(random.randint(1, 60), random.random() * 1000) for _ in range(random.randint(0, 3))))
    gone = random.sample(sorted(picture), min(len(picture), random.randint(0, 2)))
    return changed, [number for number in gone if number not in changed]


def after(picture: dict[LegId, Leg], changed: dict[LegId, Leg], gone: list[LegId]) -> dict[LegId, Leg]:
    """Return the picture that a write leaves."""
    return {number: leg for number, leg in (picture | changed).items() if number not in gone}
