"""What is really so while the machine plays: every leg, page and release outside of the core, and what the core may do to them.

`Reality` hears each event before the core's answer to it is judged, and obeys each order. It keeps the books that the rules
of the specification are about (who is a caller, who sought whom, which page is on the air) and raises `AssertionError`
with the rule's number when an order breaks one. It does not know how the core decides; of the core's state it reads the
role of a leg at the moment in which something happens to it, nothing else.
"""

from collections import Counter
from dataclasses import dataclass

from appliance.core.events import (
    CallArrived,
    Event,
    IdentityChanged,
    LegAnswered,
    LegEnded,
    LegReplaced,
    PageEnded,
    ReleaseEnded,
)
from appliance.core.ids import LegId, PageId, Party, Place, Seconds
from appliance.core.orders import Announce, Answer, Dial, Hangup, Order, Refuse, Release, Report, StopPage, What
from appliance.core.state import Asking, Confirming, Ending, Parked, Role, Seeking, State, Talking, Told

RESOLUTIONS = {What.RETRIEVED, What.RECALLED, What.HANDED_OVER, What.ABANDONED}
OWN_NUMBERS = {"800", "049301"}
REFUSED_FROM = 300

Lit = dict[Place, tuple[Seconds, bool]]
"""When a place was last taken or freed, and whether it was lit before."""


@dataclass
class Far:
    """The far side of one leg that is alive."""

    id: LegId
    account: str
    party: Party
    begun: Seconds
    arrived: bool
    """It called us; else we dialled it."""
    answered: bool = False
    """`Answer` was ordered, or it answered our call."""
    confirmed: bool = False
    caller: bool = False
    """A caller who was transferred here, or who is parked: nobody hangs him up (P-1)."""
    seeks: LegId | None = None
    """The parked caller whom it is to get."""
    seeks_since: Seconds = Seconds(0)
    partner: LegId | None = None
    left: Seconds | None = None
    """Since when its partner has ended, or talks to it without us: the leg is to end."""
    told: Seconds | None = None
    """Since when it has been told something."""
    hung_up: bool = False
    was_told: bool = False
    """It was hung up by us after it had been told something."""
    replaced: bool = False
    """Another dialog goes on where it was; its end is owed."""


class Reality:
    """Everything outside of the core, and the books."""

    def __init__(self) -> None:
        self.now = Seconds(0)
        self.legs: dict[LegId, Far] = {}
        self.used: set[LegId] = set()
        self.releases: dict[LegId, LegId] = {}
        """Releases under way: REFER on the first leg, to replace the second."""
        self.lost_releases: set[LegId] = set()
        """Those whose one leg is another dialog by now: the PBX can only refuse them."""
        self.pages: dict[PageId, bool] = {}
        """Pages that were ordered and have not ended; True: it was told to stop."""
        self.page_numbers: set[PageId] = set()
        self.parked: set[LegId] = set()
        """Every leg that has ever been parked."""
        self.park_reports: Counter[LegId] = Counter()
        self.resolved: dict[LegId, What] = {}
        self.lit: Lit = {}

    # what happens

    def hears_of(self, event: Event, state: State) -> None:
        """Note an event that the core, in this state, is going to be told."""
        match event:
            case CallArrived():
                transferred = event.transferred_by is not None
                self._add(Far(event.leg, event.account, event.caller, self.now, arrived=True, caller=transferred))
            case LegAnswered(leg=leg):
                self.legs[leg].answered = self.legs[leg].confirmed = True
            case IdentityChanged(leg=leg, party=party):
                far = self.legs[leg]
                if party.number != far.party.number and _is_on_the_phone(state.legs[leg].role):
                    far.caller = True
                far.party = party
            case LegReplaced():
                self._replace(event, state)
            case LegEnded(leg=leg):
                self._end(self.legs.pop(leg))
            case ReleaseEnded(leg=leg, code=code):
                to = self.releases.pop(leg)
                self.lost_releases.discard(leg)
                if code < REFUSED_FROM:
                    self._leave(leg)
                    self._leave(to)
            case PageEnded(page=page):
                del self.pages[page]
            case _:
                pass

    def _add(self, far: Far) -> None:
        assert far.id not in self.used, f"leg {far.id} a second time"
        self.used.add(far.id)
        self.legs[far.id] = far

    def _replace(self, event: LegReplaced, state: State) -> None:
        old = self.legs[event.leg]
        came = Far(event.by, old.account, event.party, self.now, arrived=True, answered=True, confirmed=True)
        came.caller = old.caller or old.was_told or _is_on_the_phone(state.legs[old.id].role)
        came.seeks, came.partner, came.left = old.seeks, old.partner, old.left
        if old.hung_up and not old.was_told:
            came.caller, came.left = False, self.now
        self._add(came)
        old.replaced, old.caller, old.seeks = True, False, None
        self.lost_releases |= {leg for leg, to in self.releases.items() if old.id in (leg, to)}
        if old.partner in self.legs:
            self.legs[old.partner].partner = came.id
        old.partner = None
        for far in self.legs.values():
            if far.seeks == old.id:
                far.seeks = came.id
        if old.id in self.parked:
            self.parked.add(came.id)
            self.park_reports[came.id] = self.park_reports[old.id]
            if old.id in self.resolved:
                self.resolved[came.id] = self.resolved[old.id]
            self.parked.discard(old.id)

    def _end(self, far: Far) -> None:
        if far.partner is not None:
            self._leave(far.partner)

    def _leave(self, leg: LegId) -> None:
        far = self.legs.get(leg)
        if far is not None and far.left is None:
            far.left = self.now

    # what is ordered

    def obey(self, orders: tuple[Order, ...], before: State, after: State) -> None:
        """Carry out the orders of one step, and judge each."""
        for order in orders:
            match order:
                case Answer(leg=leg):
                    far = self._known(leg)
                    assert far.arrived, f"{order}: it did not call us"
                    assert not far.answered, f"{order}: twice"
                    far.answered = True
                case Refuse(leg=leg):
                    assert not self._known(leg).caller, f"P-1: {order} of a caller"
                case Hangup(leg=leg):
                    self._hang_up(self._known(leg), before)
                case Dial():
                    self._dial(order, after)
                case Release(leg=leg, to=to):
                    self._release(leg, to)
                case Announce(page=page):
                    assert page not in self.page_numbers, f"{order}: page a second time"
                    self.page_numbers.add(page)
                    self.pages[page] = False
                case StopPage(page=page):
                    assert self.pages.get(page) is False, f"{order}: not on the air"
                    self.pages[page] = True
                case Report():
                    self._report(order)

    def _known(self, leg: LegId) -> Far:
        assert leg in self.legs, f"an order names leg {leg}, which is not there"
        return self.legs[leg]

    def _hang_up(self, far: Far, before: State) -> None:
        assert not far.hung_up, f"leg {far.id} is hung up twice"
        assert not far.caller or far.left is not None, f"P-1, P-27: caller {far.id} is hung up by us"
        talking = far.partner in self.legs and far.left is None
        assert not talking, f"P-13: leg {far.id} is hung up in the middle of its call"
        far.hung_up = True
        far.was_told = far.id in before.legs and isinstance(before.legs[far.id].role, Told)

    def _dial(self, order: Dial, after: State) -> None:
        assert order.leg < 0, f"{order}: an id that is not ours"
        assert order.number, f"{order}: nobody is called"
        assert order.number not in OWN_NUMBERS, f"{order}: we call ourselves"
        far = Far(order.leg, order.account, Party(order.number), self.now, arrived=False)
        role = after.legs[order.leg].role if order.leg in after.legs else None
        assert isinstance(role, Seeking | Ending), f"{order}: what for?"
        if isinstance(role, Seeking):
            far.seeks, far.seeks_since = role.call, self.now
        self._add(far)

    def _release(self, leg: LegId, to: LegId) -> None:
        one, other = self._known(leg), self._known(to)
        assert one.confirmed, f"P-16: leg {leg} is released before it is confirmed"
        assert other.confirmed, f"P-16: leg {leg} is released to one that is not confirmed"
        assert leg not in self.releases, f"P-16: leg {leg} is released twice"
        assert one.account == other.account == "pbx", "P-16: released where the account says no"
        self.releases[leg] = to

    def _report(self, order: Report) -> None:
        if order.leg is None:
            return
        if order.what in {What.PARKED, What.LOBBY}:
            self.parked.add(order.leg)
        if order.what is What.PARKED:
            self.park_reports[order.leg] += 1
            assert self.park_reports[order.leg] == 1, f"P-3: {order}: parked twice"
        if order.what in RESOLUTIONS:
            assert order.leg not in self.resolved, f"P-13: {order}: resolved before as {self.resolved[order.leg]}"
            self.resolved[order.leg] = order.what

    def oversleeps(self) -> None:
        """The clock woke late: whoever is told something was told it just now."""
        for far in self.legs.values():
            if far.told is not None:
                far.told = self.now

    # the books after each step

    def keep_books(self, before: State, after: State) -> None:
        """Note who is parked, seeks, is told and talks now."""
        for leg in after.legs.values():
            far = self.legs.get(leg.id)
            if far is None:
                continue
            match leg.role:
                case Parked():
                    self.parked.add(leg.id)
                    far.caller = True
                case Seeking(call=call) if far.seeks is None:
                    far.seeks, far.seeks_since = call, self.now
                case Talking(peer=peer) if far.seeks is None and far.arrived and leg.id not in self.parked:
                    far.seeks = peer  # he entered digits, and was connected in the same step
                case _:
                    pass
            told = isinstance(leg.role, Told)
            far.told = (far.told if far.told is not None else self.now) if told else None
        was, now = lit(before), lit(after)
        for place in was ^ now:
            self.lit[place] = (self.now, place in was)


def _is_on_the_phone(role: Role) -> bool:
    """Whether a person is on the line who may have a caller to transfer."""
    return isinstance(role, Asking | Confirming | Told)


def lit(state: State) -> set[Place]:
    """Where a call is parked."""
    return {
        leg.role.place for leg in state.legs.values() if isinstance(leg.role, Parked) and leg.role.place is not None
    }


def held(state: State) -> set[Place]:
    """Where a call is parked, or a parker is being told so."""
    told = {leg.role.place for leg in state.legs.values() if isinstance(leg.role, Confirming)}
    return lit(state) | told
