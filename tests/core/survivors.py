"""What the PBX has of us when the box is killed: dialogs whose other end is gone, until the next process takes them over.

A far side outlives its leg. `Survivors` knows every one that is up at the PBX and is nobody's (by Call-ID, the only name that
both processes have for it), and every leg that the core wants back. It answers a take-over as a PBX does: with success
while the far side is there, else with 481; who has not heard our answer calls again.
"""

from dataclasses import dataclass, field

from appliance.core.events import CallArrived
from appliance.core.ids import Dialog, LegId, Party, Seconds
from appliance.core.orders import TakeOver, Withdraw
from appliance.core.state import Leg, Notice, State

TIMER_B = 32.0
"""For so long a PBX repeats an INVITE that nobody answers (RFC 3261 section 17.1.1.2)."""
PATIENCE = 33.0
"""For so long the core may keep a place for it."""
ENOUGH = 15
"""A PBX that has said nothing to so many take-overs has itself to blame for the next."""
TIMEOUT, HALF_A_MINUTE = 408, 7
"""An answer for which the box has waited half a minute counts for so many."""


@dataclass
class Far:
    """The far side of one leg that is alive."""

    id: LegId
    soul: int
    """Who it is, whatever its leg is called."""
    account: str
    party: Party
    begun: Seconds
    dialog: Dialog
    arrival: CallArrived | None = None
    """How it called us; None: we dialled it."""
    known: bool = True
    """The core has been told its dialog."""
    answered: bool = False
    """`Answer` was ordered, or it answered our call."""
    confirmed: bool = False
    caller: bool = False
    """A caller who was transferred here, or who is parked: nobody hangs him up (P-1)."""
    seeks: int | None = None
    """The soul of the parked caller whom it is to get."""
    seeks_since: Seconds = Seconds(0)
    informs: Notice | None = None
    """It is called because somebody is lost."""
    partner: int | None = None
    left: Seconds | None = None
    """Since when its partner has ended, or talks to it without us: the leg is to end."""
    told: Seconds | None = None
    """Since when it has been told something."""
    hung_up: bool = False
    was_told: bool = False
    """It was hung up by us after it had been told something."""
    replaced: bool = False
    """Another dialog goes on where it was; its end is owed."""
    released: bool = False
    """The PBX has joined it with somebody, or has given it to the last resort."""
    member: bool = False
    """It was rung because it is a member of a hunt group."""
    doubtful: bool = False
    """It answered as only a voicemail does (P-25) ..."""
    vouched: bool = False
    """... and pressed the key that no voicemail presses."""
    transferred: bool = False
    """The PBX has been asked to take it, because the machine goes down."""
    calling: bool = False
    """It has never heard our answer: its dialog is none, its INVITE comes again."""
    becomes: Party | None = None
    """Who is there by now, and was not told to anybody."""
    excused: bool = False
    """Nobody can know of it: it was in the moment of the kill."""

    @property
    def arrived(self) -> bool:
        """It called us."""
        return self.arrival is not None

    @property
    def rings(self) -> bool:
        """A phone that we have dialled and that has not answered."""
        return not self.arrived and not self.confirmed


@dataclass
class Coming:
    """A leg that the core wants back."""

    leg: LegId
    account: str
    call: str
    """Call-ID of the dialog that it has to ask for."""
    patient: bool
    """Its ACK was never seen: its INVITE may come again."""
    asked: bool = False
    silences: int = 0


@dataclass
class Survivors:
    """Far sides without a process, and the legs that are to be theirs."""

    fars: dict[str, Far] = field(default_factory=dict)
    coming: dict[LegId, Coming] = field(default_factory=dict)
    patient: set[str] = field(default_factory=set)

    # the end of a process

    def remain(self, fars: list[Far], records: list[Leg], now: Seconds, *, heard: bool) -> None:
        """Their process is no more; `heard`: our last answers had reached the PBX, though no ACK had come."""
        self.coming.clear()
        self.patient |= {leg.dialog.call_id for leg in records if leg.dialog and leg.id > 0 and not leg.confirmed}
        for far in fars:
            if far.hung_up or far.replaced or far.released:
                continue
            far.calling = far.arrived and not (far.confirmed or (far.answered and heard))
            far.excused = far.excused or (far.rings and not far.known)
            self.fars[far.dialog.call_id] = far
        self.passes(now)

    def passes(self, now: Seconds) -> None:
        """Whom nobody answers gives up."""
        for call, far in list(self.fars.items()):
            if far.calling and now - far.begun >= TIMER_B:
                del self.fars[call]

    # the next process

    def expect(self, state: State) -> None:
        """Its core has read the journal."""
        for leg in state.legs.values():
            if leg.returning is not None and leg.dialog is not None:
                call = leg.dialog.call_id
                self.coming[leg.id] = Coming(leg.id, leg.account, call, call in self.patient)

    def asked(self, order: TakeOver) -> None:
        """It asks for a leg."""
        assert order.leg in self.coming, f"S-2: {order}: that leg is not coming back"
        one = self.coming[order.leg]
        assert order.dialog.call_id == one.call, f"S-5: {order}: it asks for somebody else than {one.call}"
        assert order.account == one.account, f"S-2: {order}: through another account"
        assert not one.asked, f"S-5: {order}: a second time, and the first is not answered"
        one.asked = True

    def withdrawn(self, order: Withdraw) -> None:
        """It stops a phone that rings for nobody; one that has been answered in the meantime goes on."""
        assert order.dialog.invite, f"S-2: {order}: there is no INVITE to cancel"
        far = self.fars.get(order.dialog.call_id)
        if far is not None and far.rings:
            del self.fars[order.dialog.call_id]

    def is_up(self, one: Coming) -> bool:
        """Whether the PBX gives a leg back."""
        far = self.fars.get(one.call)
        return far is not None and not far.calling and not far.rings

    def silent(self, one: Coming, code: int) -> None:
        """The PBX says nothing of a leg."""
        one.asked = False
        if one.silences >= ENOUGH and one.call in self.fars:
            self.fars[one.call].excused = True
        one.silences += HALF_A_MINUTE if code == TIMEOUT else 1

    def renamed(self, one: Coming, dialog: Dialog) -> None:
        """The PBX has put our INVITE in the place of the old dialog."""
        far = self.fars.pop(one.call)
        far.dialog = dialog
        one.call = dialog.call_id
        self.fars[one.call] = far

    def forget(self, state: State) -> None:
        """The core wants a leg no more."""
        for leg in self.coming.keys() - state.legs.keys():
            del self.coming[leg]

    def find(self, call: str) -> Coming | None:
        """The leg that wants a dialog back."""
        return next((one for one in self.coming.values() if one.call == call), None)
