"""The language of the core's tests: a world with a clock, phones, keys and loudspeakers, and the orders it was given.

A test reads as a timeline. What a person or the PBX does is a method (`arrive`, `ended`, `press` ...), time passes with `at`,
and the orders since one last asked are

    ordered()   all of them, in sequence
    deeds()     the same without `Report`: what the box does, not what it tells
    dated()     deeds with the instant of each: `(45.0, Dial(...))`

All three forget what they gave. `at` stops at every deadline on the way, as the runtime's timer does, and fails when the
core hands out a deadline that has passed. Nothing here plays a part by itself: a world in which calls are answered and
pages end of their own accord is `test_machine`.
"""

from dataclasses import replace

from appliance.core import views
from appliance.core.engine import advance, next_deadline, step
from appliance.core.events import (
    CallArrived,
    DigitReceived,
    Event,
    IdentityChanged,
    KeyPressed,
    LegAnswered,
    LegEnded,
    LegReplaced,
    PageEnded,
    ParkRequested,
    Press,
    RegistrationChanged,
    ReleaseEnded,
    RetrieveRequested,
    SpeechEnded,
)
from appliance.core.hearing import Hearing, Speech
from appliance.core.ids import KeyId, LegId, PageId, Party, Place, Seconds, Serial
from appliance.core.lamp import Lamp
from appliance.core.orders import Alert, Announce, Dial, Order, Report, What
from appliance.core.rules import (
    AccountRules,
    GroupRules,
    KeyRules,
    PanelRules,
    PlaceKind,
    PlaceRules,
    RecallRules,
    Rules,
)
from appliance.core.state import State
from appliance.core.views import PlaceView

# The people of a car dealer's, and those who call it.
PETER = Party("101", "Peter Braun")
ANNA = Party("102", "Anna Schmidt")
JENS = Party("103", "Jens Wolf")
MIA = Party("104", "Mia Lang")
MUELLER = Party("+49301234567", "Müller")
BERG = Party("+49409876543", "Berg")
HIDDEN = Party("")

SHOP_KEYS = {place: KeyId("counter", place) for place in ("701", "702", "102")}
YARD_KEYS = {place: KeyId("yard", place) for place in ("701", "702", "102")}
DOOR_KEY = KeyId("door", "701")
PAGE_KEY = KeyId("counter", "P")


def extension(number: str, name: str, **more) -> PlaceRules:
    return PlaceRules(Place(number), PlaceKind.EXTENSION, name=name, **{"zone": "shop", **more})


def orbit(number: str, **more) -> PlaceRules:
    return PlaceRules(Place(number), PlaceKind.ORBIT, **more)


def _panel(station: str, keys: dict[str, KeyId], **more) -> PanelRules:
    return PanelRules(station, {key: KeyRules(Place(place)) for place, key in keys.items()}, **more)


def rules(**more) -> Rules:
    """The shop: Peter 101, Anna 102, Jens 103, orbits 701 and 702, groups Verkauf and Werkstatt, panels of 101 and 102."""
    shop = [
        extension("101", "Peter Braun"),
        extension("102", "Anna Schmidt", spoken="Anna"),
        extension("103", "Jens Wolf"),
        orbit("701", zone="shop"),
        orbit("702"),
    ]
    counter = _panel("101", SHOP_KEYS)
    base = Rules(
        accounts={"pbx": AccountRules("800"), "trunk": AccountRules("049301", release=False)},
        last_resort="100",
        places={place.number: place for place in shop},
        groups={
            "Verkauf": GroupRules("Verkauf", "1", (Place("101"), Place("102"), Place("103")), zone="shop"),
            "Werkstatt": GroupRules("Werkstatt", "2", (Place("702"), Place("701")), frozenset({"104", "103"})),
        },
        panels={
            "counter": replace(counter, keys={**counter.keys, PAGE_KEY: KeyRules()}),
            "yard": _panel("102", YARD_KEYS, auto_answer=False),
            "door": _panel("", {"701": DOOR_KEY}),
        },
    )
    return replace(base, **more)


def with_place(base: Rules, number: str, **more) -> Rules:
    """The same rules with one place changed."""
    place = replace(base.places[Place(number)], **more)
    return replace(base, places={**base.places, place.number: place})


def with_group(base: Rules, name: str, **more) -> Rules:
    """The same rules with one park group changed."""
    return replace(base, groups={**base.groups, name: replace(base.groups[name], **more)})


def with_recall(base: Rules, **more) -> Rules:
    """The same rules with another recall for the whole site."""
    return replace(base, recall=RecallRules(**more))


SHOP = rules()


class World:
    """The core, its clock, and what it ordered."""

    def __init__(self, given: Rules = SHOP) -> None:
        self.rules = given
        self.now = Seconds(0)
        self.state = State()
        self._legs = 0
        self._given: list[tuple[Seconds, Order]] = []
        self.tell(RegistrationChanged("pbx", registered=True, code=200))

    # time

    def at(self, instant: float) -> None:
        """Let time pass until an instant; whatever is due on the way happens at its own instant."""
        assert instant >= self.now, "time does not run backwards"
        while (due := next_deadline(self.state, self.rules)) is not None and due <= instant:
            assert due > self.now, f"overdue: {due} at {self.now}"
            self._advance(due)
        self._advance(Seconds(instant))

    def later(self, seconds: float) -> None:
        self.at(self.now + seconds)

    def _advance(self, instant: Seconds) -> None:
        self.now = instant
        self.state, orders = advance(self.state, instant, self.rules)
        self._given += [(instant, order) for order in orders]

    # what was ordered

    def dated(self) -> list[tuple[float, Order]]:
        given, self._given = self._given, []
        return [(instant, order) for instant, order in given if not isinstance(order, Report)]

    def ordered(self) -> list[Order]:
        given, self._given = self._given, []
        return [order for _, order in given]

    def deeds(self) -> list[Order]:
        return [order for order in self.ordered() if not isinstance(order, Report)]

    # what happens

    def tell(self, event: Event) -> None:
        self.state, orders = step(self.state, event, self.now, self.rules)
        self._given += [(self.now, order) for order in orders]

    def next_leg(self) -> LegId:
        self._legs += 1
        return LegId(self._legs)

    def arrive(self, dialled: str, caller: Party, by: Party | None = None, account: str = "pbx") -> LegId:
        """A call arrives: fresh, or transferred `by` somebody; it is not confirmed yet."""
        leg = self.next_leg()
        self.tell(CallArrived(leg, account, dialled, caller, by))
        return leg

    def call(self, dialled: str, caller: Party, by: Party | None = None, account: str = "pbx") -> LegId:
        """A call arrives and its ACK follows at once."""
        leg = self.arrive(dialled, caller, by, account)
        self.answered(leg)
        return leg

    def answered(self, leg: LegId) -> None:
        self.tell(LegAnswered(leg))

    def ended(self, leg: LegId, code: int = 200) -> None:
        self.tell(LegEnded(leg, code))

    def becomes(self, leg: LegId, party: Party) -> None:
        """A re-INVITE or UPDATE names another party."""
        self.tell(IdentityChanged(leg, party))

    def replaced(self, leg: LegId, party: Party) -> LegId:
        """An INVITE with Replaces takes the leg's place; returns the leg that goes on."""
        by = self.next_leg()
        self.tell(LegReplaced(leg, by, party))
        return by

    def digits(self, leg: LegId, digits: str) -> None:
        for digit in digits:
            self.tell(DigitReceived(leg, digit))

    def heard(self, leg: LegId) -> None:
        """What is being said to the leg was heard to its end."""
        self.tell(SpeechEnded(leg, self.serial(leg)))

    def released(self, leg: LegId, code: int = 200) -> None:
        self.tell(ReleaseEnded(leg, code))

    def page_ended(self, page: int, fault: str = "") -> None:
        self.tell(PageEnded(PageId(page), fault))

    def press(self, key: KeyId, press: Press = Press.SHORT) -> None:
        self.tell(KeyPressed(key, press))

    def retrieve(self, place: str, station: str) -> None:
        self.tell(RetrieveRequested(Place(place), station))

    def park(self, place: str, station: str) -> None:
        self.tell(ParkRequested(Place(place), station))

    def registered(self, *, registered: bool) -> None:
        self.tell(RegistrationChanged("pbx", registered, 200 if registered else 503))

    # what is so

    def hears(self, leg: LegId) -> Hearing:
        return views.hearings(self.state, self.rules)[leg]

    def said(self, leg: LegId) -> str:
        """The text that the leg is being told."""
        hearing = self.hears(leg)
        assert isinstance(hearing, Speech), f"no speech: {hearing}"
        return hearing.text

    def serial(self, leg: LegId) -> Serial:
        hearing = self.hears(leg)
        assert isinstance(hearing, Speech), f"no speech: {hearing}"
        return hearing.serial

    def lamp(self, key: KeyId) -> Lamp:
        return views.lamps(self.state, self.rules)[key]

    def place(self, number: str) -> PlaceView:
        return next(view for view in views.places(self.state, self.now, self.rules) if view.number == number)

    @property
    def legs(self) -> set[LegId]:
        return set(self.state.legs)


# What the box orders, in short.


def report(
    what: What,
    place: str | None = None,
    leg: int | None = None,
    caller: Party | None = None,
    by: Party | None = None,
    detail: str = "",
) -> Report:
    return Report(
        what, None if place is None else Place(place), None if leg is None else LegId(leg), caller, by, detail
    )


def announce(page: int, text: str, zone: str = "shop") -> Announce:
    return Announce(PageId(page), zone, text)


def dial(
    leg: int,
    number: str,
    shown: Party,
    *,
    alert: Alert = Alert.NORMAL,
    auto_answer: bool = False,
    account: str = "pbx",
) -> Dial:
    return Dial(LegId(leg), account, number, shown, alert, auto_answer)


FOR_ANNA = "Ein Anruf für Anna, geparkt auf 1 0 2."
"""What the loudspeakers say of a call on 102."""
RECALL_ANNA = Party(MUELLER.number, "Rückruf 102 · Müller")
"""What Peter's phone shows when Müller comes back from 102."""


def parked_for_anna(given: Rules = SHOP) -> tuple[World, LegId]:
    """A world in which Peter has just parked Müller on Anna's place, blind; its orders are forgotten."""
    world = World(given)
    leg = world.call("*68102", MUELLER, by=PETER)
    world.ordered()
    return world, leg
