"""The language of the core's tests: a world with a clock, phones, keys and loudspeakers, and the orders it was given.

A test reads as a timeline. What a person or the PBX does is a method (`arrive`, `ended`, `press` ...), time passes with `at`,
and the orders since one last asked are

    ordered()   all of them, in sequence
    deeds()     the same without `Report`: what the box does, not what it tells
    dated()     deeds with the instant of each: `(45.0, Dial(...))`

All three forget what they gave. `at` stops at every deadline on the way, as the runtime's timer does, and fails when the
core hands out a deadline that has passed. Nothing here plays a part by itself: a world in which calls are answered and
pages end of their own accord is `test_machine`.

Each step is written to a journal as the runtime would write it, so that the process can die at any moment: `crash` gives
the world of the next one, in which every leg has another number (`leg` tells which).
"""

from dataclasses import replace

from appliance.core import journal, removed, views
from appliance.core.engine import advance, next_deadline, step
from appliance.core.events import (
    CallArrived,
    DialogKnown,
    DigitReceived,
    DrainRequested,
    Event,
    IdentityChanged,
    KeyPressed,
    LegAnswered,
    LegEnded,
    LegReplaced,
    PageEnded,
    ParkRequested,
    Press,
    Recovered,
    RegistrationChanged,
    ReleaseEnded,
    RetrieveRequested,
    SpeechEnded,
)
from appliance.core.hearing import Hearing, Speech
from appliance.core.ids import Dialog, KeyId, LegId, PageId, Party, Place, Seconds, Serial
from appliance.core.lamp import Lamp
from appliance.core.orders import Alert, Announce, Dial, Order, Report, TakeOver, What, Withdraw
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
from appliance.core.state import Leg, State
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


FOR_PERSON = "Ein Anruf für {name}, geparkt auf {place}."
FOR_ORBIT = "Ein Anruf, geparkt auf Leitung {place}."
FOR_GROUP = "Würde ein Mitglied von {group} bitte einen Anruf auf Leitung {place} übernehmen."


def extension(number: str, name: str, **more) -> PlaceRules:
    return PlaceRules(
        Place(number), PlaceKind.EXTENSION, name=name, **{"zone": "shop", "announcement": FOR_PERSON, **more}
    )


def orbit(number: str, **more) -> PlaceRules:
    return PlaceRules(Place(number), PlaceKind.ORBIT, **{"announcement": FOR_ORBIT, **more})


def park_group(name: str, number: str, *places: str, **more) -> GroupRules:
    return GroupRules(name, number, tuple(map(Place, places)), **{"announcement": FOR_GROUP, **more})


def _panel(station: str, keys: dict[str, KeyId]) -> PanelRules:
    return PanelRules(station, {key: KeyRules(Place(place)) for place, key in keys.items()})


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
            "Verkauf": park_group("Verkauf", "1", "101", "102", "103", zone="shop"),
            "Werkstatt": park_group("Werkstatt", "2", "702", "701", parkers=frozenset({"104", "103"})),
        },
        panels={
            "counter": replace(counter, keys={**counter.keys, PAGE_KEY: KeyRules()}),
            "yard": _panel("102", YARD_KEYS),
            "door": _panel("", {"701": DOOR_KEY}),
        },
        message_parker=False,
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


def dialog(number: int, **more) -> Dialog:
    """By what the PBX knows the call of that number: calls are counted from 1, across the lives of the box."""
    return replace(Dialog(f"call-{number}", f"ours-{number}", f"theirs-{number}"), **more)


class World:
    """The core, its clock, what it ordered, and the journal."""

    def __init__(self, given: Rules = SHOP, *, registered: bool = True) -> None:
        self.rules = given
        self.now = Seconds(0)
        self.state = State()
        self.journal: dict[LegId, Leg] = {}
        self.calls = 0
        self._legs = 0
        self._given: list[tuple[Seconds, Order]] = []
        self._promised: list[bool] = []
        if registered:
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
        self._take(*advance(self.state, instant, self.rules))

    # what was ordered

    def dated(self) -> list[tuple[float, Order]]:
        given, self._given = self._given, []
        return [(instant, order) for instant, order in given if not isinstance(order, Report)]

    def ordered(self) -> list[Order]:
        given, self._given = self._given, []
        return [order for _, order in given]

    def deeds(self) -> list[Order]:
        return [order for order in self.ordered() if not isinstance(order, Report)]

    def reload(self, now: Rules) -> None:
        """Let other rules hold, as the runtime does."""
        self.rules = removed.kept(now, self.rules, self.state)
        self._advance(self.now)

    # what happens

    def tell(self, event: Event) -> None:
        self._take(*step(self.state, event, self.now, self.rules))

    def _take(self, state: State, orders: tuple[Order, ...]) -> None:
        written = journal.difference(self.state, state)
        self.journal |= written.changed
        for gone in written.gone:
            del self.journal[gone]
        self._promised.append(written.promised)
        self.state = state
        self._given += [(self.now, order) for order in orders]

    def next_leg(self) -> LegId:
        self._legs += 1
        return LegId(self._legs)

    def arrive(
        self,
        dialled: str,
        caller: Party,
        by: Party | None = None,
        account: str = "pbx",
        *,
        call: int | None = None,
        **more,
    ) -> LegId:
        """A call arrives: fresh, or transferred `by` somebody; not confirmed yet. With a number: that one, once more."""
        leg = self.next_leg()
        known = self.new_dialog(**more) if call is None else dialog(call, **more)
        self.tell(CallArrived(leg, account, dialled, caller, by, known))
        return leg

    def call(self, dialled: str, caller: Party, by: Party | None = None, account: str = "pbx") -> LegId:
        """A call arrives and its ACK follows at once."""
        leg = self.arrive(dialled, caller, by, account)
        self.answered(leg)
        return leg

    def answered(self, leg: LegId) -> None:
        self.tell(LegAnswered(leg))

    def invited(self, leg: LegId) -> Dialog:
        """Our INVITE is out: the phone is about to ring."""
        known = self.new_dialog(remote_tag="", invite=f"INVITE {leg}")
        self.tell(DialogKnown(leg, known))
        return known

    def picked_up(self, leg: LegId) -> Dialog:
        """The far side answers our INVITE, or a take-over of ours: both tags are known, then it is confirmed."""
        known = self.new_dialog()
        self.tell(DialogKnown(leg, known))
        self.answered(leg)
        return known

    def new_dialog(self, **more) -> Dialog:
        self.calls += 1
        return dialog(self.calls, **more)

    def ended(self, leg: LegId, code: int = 200) -> None:
        self.tell(LegEnded(leg, code))

    def becomes(self, leg: LegId, party: Party) -> None:
        """A re-INVITE or UPDATE names another party."""
        self.tell(IdentityChanged(leg, party))

    def replaced(self, leg: LegId, party: Party) -> LegId:
        """An INVITE with Replaces takes the leg's place; returns the leg that goes on."""
        by = self.next_leg()
        self.tell(LegReplaced(leg, by, party, self.new_dialog()))
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

    def drain(self) -> None:
        """The machine goes down."""
        self.tell(DrainRequested())

    # the end of one process, the beginning of the next

    def crash(self, down: float = 0.0, given: Rules | None = None, *, registered: bool = False) -> "World":
        """The process is killed; returns the world of the next one, which comes up `down` seconds later."""
        fresh = World(given or self.rules, registered=False)
        fresh.now = Seconds(self.now + down)
        fresh.calls = self.calls
        fresh.tell(Recovered(tuple(self.journal.values())))
        if registered:
            fresh.registered(registered=True)
        return fresh

    def leg(self, number: int) -> LegId:
        """The leg that has the dialog of that number."""
        (found,) = [leg.id for leg in self.state.legs.values() if leg.dialog and leg.dialog.call_id == f"call-{number}"]
        return found

    def promised(self) -> bool:
        """Whether one of the steps since one last asked must be on the disk before anybody is told (S-1)."""
        promised, self._promised = any(self._promised), []
        return promised

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


def take_over(leg: int, call: int, party: Party, *, account: str = "pbx", **more) -> TakeOver:
    """Ask the PBX for the call of that number."""
    return TakeOver(LegId(leg), account, dialog(call, **more), party)


def withdraw(dialled: Dialog, *, account: str = "pbx") -> Withdraw:
    return Withdraw(account, dialled)


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
