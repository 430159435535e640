"""What is so outside of the core while the machine plays: legs, pages, releases, who is away, and what happens to them.

`Facts` hears each event before the core's answer to it is judged. Its books are about souls: legs get other numbers when the box
is killed. Of the core's state it reads the role of a leg at the moment in which something happens to it, nothing else.
"""

from appliance.core.events import (
    CallArrived,
    DialogKnown,
    DigitReceived,
    Event,
    HuntLogin,
    IdentityChanged,
    KeyPressed,
    LegAnswered,
    LegDiverted,
    LegEnded,
    LegReplaced,
    PageEnded,
    ParkRequested,
    ReleaseEnded,
)
from appliance.core.ids import Dialog, LegId, PageId, Place, Seconds
from appliance.core.state import Ending, Leaving, Leg, Parked, Purpose, Role, Seeking, State, Talking
from tests.core.fates import Fates
from tests.core.roles import is_on_the_phone
from tests.core.survivors import PATIENCE, Far, Survivors

REFUSED_FROM = 300
SILENT = {0, 401, 403, 407, 408, 429, 480, 491, 500, 502, 503, 504}
"""Answers to a take-over that say nothing of its dialog."""

Lit = dict[Place, tuple[Seconds, bool]]
"""When a place was last taken or freed, and whether it was lit before."""
VOUCHED = {Purpose.RECALL, Purpose.ALTERNATE, Purpose.HUNT}
"""Whose phone may answer by itself (P-25)."""
FAST = 1.0


class Facts:
    """Everything outside of the core."""

    def __init__(self) -> None:
        self.now = Seconds(0)
        self.legs: dict[LegId, Far] = {}
        """The far sides of the legs that are ours."""
        self.survivors = Survivors()
        self.who: dict[str, int] = {}
        """The soul behind each dialog that ever was."""
        self.fates = Fates()
        self._calls = 0
        self._souls = 0
        self._begin()

    def _begin(self) -> None:
        """What a process begins with."""
        self.used: set[LegId] = set()
        self.releases: dict[LegId, LegId] = {}
        """Releases under way: REFER on the first leg, to replace the second."""
        self.lost_releases: set[LegId] = set()
        """Those whose one leg is another dialog by now: the PBX can only refuse them."""
        self.transfers: dict[LegId, Seconds] = {}
        """Transfers to the last resort under way, and since when."""
        self.pages: dict[PageId, bool] = {}
        """Pages that were ordered and have not ended; True: it was told to stop."""
        self.page_numbers: set[PageId] = set()
        self.lit: Lit = {}
        self.away: set[tuple[str, str]] = set()
        """Who has logged out, of which hunt group (P-30)."""
        self.pressed = False
        """The last that happened was a press of a key, or the same by command (B-2)."""
        self.called_again: Seconds | None = None
        """When somebody called again whose place was lit already: for a moment the core takes it for new."""

    def new_dialog(self, **more: str) -> Dialog:
        """By what the PBX knows the next call."""
        self._calls += 1
        return Dialog(f"call-{self._calls}", "ours", "theirs", **more)

    def new_soul(self, dialog: Dialog) -> int:
        """Somebody new."""
        self._souls += 1
        self.who[dialog.call_id] = self._souls
        return self._souls

    def soul(self, leg: LegId) -> int:
        """Who is at the far side of a leg of the core, ours or coming back."""
        if leg in self.legs:
            return self.legs[leg].soul
        return self.who[self.survivors.coming[leg].call]

    def souls(self, state: State) -> dict[int, Leg]:
        """The leg of each soul; who was replaced, or is hung up, is there twice at most by mistake."""
        return {self.soul(leg.id): leg for leg in state.legs.values()}

    # what happens

    def hears_of(self, event: Event, state: State) -> None:  # noqa: C901, PLR0912 - one case for each
        """Note an event that the core, in this state, is going to be told."""
        self.pressed = isinstance(event, KeyPressed | ParkRequested)
        match event:
            case CallArrived():
                self._arrive(event)
            case DialogKnown(leg=leg, dialog=dialog):
                self._know(leg, dialog)
            case LegAnswered(leg=leg):
                self._answer(leg, state)
            case LegDiverted(leg=leg):
                self._divert(self.legs[leg], state.legs[leg].role)
            case DigitReceived(leg=leg, digit="1") if leg in self.legs:
                self._press_one(self.legs[leg], state.legs[leg].role)
            case HuntLogin(group=group, member=member, present=present):
                self.log(group, member, present=present)
            case IdentityChanged(leg=leg, party=party):
                far = self.legs.get(leg) or self.survivors.fars[self.survivors.coming[leg].call]
                if party.number != far.party.number and is_on_the_phone(state.legs[leg].role):
                    far.caller = True
                far.party = party
            case LegReplaced():
                self._replace(event, state)
            case LegEnded(leg=leg, code=code):
                self._end(leg, code)
            case ReleaseEnded(leg=leg, code=code):
                self._referred(leg, code)
            case PageEnded(page=page):
                del self.pages[page]
            case _:
                pass

    def _arrive(self, event: CallArrived) -> None:
        assert event.dialog is not None
        call = event.dialog.call_id
        if call in self.survivors.fars:
            del self.survivors.fars[call]
            self.called_again = self.now
            wanted = self.survivors.find(call)
            if wanted is not None:
                self._leave_partner(wanted.leg)
            self.fates.parked.discard(self.who[call])
        self._add(
            Far(
                event.leg,
                self.new_soul(event.dialog),
                event.account,
                event.caller,
                self.now,
                event.dialog,
                arrival=event,
                caller=event.transferred_by is not None,
            )
        )

    def _add(self, far: Far) -> None:
        assert far.id not in self.used, f"leg {far.id} a second time"
        self.used.add(far.id)
        self.legs[far.id] = far

    def _know(self, leg: LegId, dialog: Dialog) -> None:
        if leg in self.survivors.coming:
            one = self.survivors.coming[leg]
            self.who[dialog.call_id] = self.who[one.call]
            self.survivors.renamed(one, dialog)
        else:
            self.legs[leg].known = True
            self.legs[leg].dialog = dialog

    def log(self, group: str, member: str, *, present: bool) -> None:
        """Somebody is rung for a group from now on, or is not."""
        if present:
            self.away.discard((group, member))
        else:
            self.away.add((group, member))

    def _answer(self, leg: LegId, state: State) -> None:
        if leg in self.survivors.coming:
            one = self.survivors.coming.pop(leg)
            far = self.legs[leg] = self.survivors.fars.pop(one.call)
            far.id, far.seeks_since, far.told = leg, self.now, None
            far.left = None if far.left is None else max(self.now, far.left)
        elif self.legs[leg].rings and self._is_too_fast(self.legs[leg], state.legs[leg].role):
            self.legs[leg].doubtful = True
        self.legs[leg].answered = self.legs[leg].confirmed = True

    def _is_too_fast(self, far: Far, role: Role) -> bool:
        """P-25: no person answers a recall within a second."""
        asked = isinstance(role, Seeking) and role.purpose in VOUCHED
        return asked and self.now - far.begun <= FAST

    def _divert(self, far: Far, role: Role) -> None:
        """P-25: a voicemail may be behind it. P-29: a member who sends his call on does not get it."""
        if isinstance(role, Seeking) and not far.confirmed:
            far.doubtful = far.doubtful or role.purpose in VOUCHED
            if role.purpose is Purpose.HUNT:
                far.left = self.now

    def _press_one(self, far: Far, role: Role) -> None:
        if isinstance(role, Seeking) and role.vouch is not None:
            far.vouched = True

    def _replace(self, event: LegReplaced, state: State) -> None:
        assert event.dialog is not None
        old = self.legs[event.leg]
        came = Far(event.by, old.soul, old.account, event.party, self.now, event.dialog, arrival=old.arrival)
        came.arrival = came.arrival or CallArrived(event.by, old.account, "", event.party, None, event.dialog)
        came.answered = came.confirmed = True
        came.caller = old.caller or old.was_told or is_on_the_phone(state.legs[old.id].role)
        came.seeks, came.partner, came.left = old.seeks, old.partner, old.left
        came.informs, came.transferred, came.member = old.informs, old.transferred, old.member
        came.doubtful = old.doubtful or (old.rings and self._is_too_fast(old, state.legs[old.id].role))
        came.vouched = old.vouched
        if old.hung_up and not old.was_told:
            came.caller, came.left = False, self.now
        self.who[event.dialog.call_id] = old.soul
        old.soul = self.new_soul(old.dialog)
        self._add(came)
        old.replaced, old.caller, old.seeks, old.partner = True, False, None, None
        self.lost_releases |= {leg for leg, to in self.releases.items() if old.id in (leg, to)}

    def _end(self, leg: LegId, code: int) -> None:
        if leg in self.survivors.coming:
            one = self.survivors.coming[leg]
            if code in SILENT:
                self.survivors.silent(one, code)
            else:
                one.asked = False
                self.fates.ends[self.soul(leg)] = code
                self._leave_partner(leg, PATIENCE if one.patient else 0.0)
            return
        self.fates.ends[self.soul(leg)] = code
        self._leave_partner(leg)
        self._tells_nobody(self.legs.pop(leg))
        self.transfers.pop(leg, None)

    def _leave_partner(self, leg: LegId, patience: float = 0.0) -> None:
        """Whoever talked with this one is to end; with one who may come again, not before that is over."""
        soul = self.soul(leg)
        for far in (*self.legs.values(), *self.survivors.fars.values()):
            if far.partner == soul and far.left is None:
                far.left = Seconds(self.now + patience)

    def _tells_nobody(self, far: Far) -> None:
        if far.informs is not None and not (far.confirmed or far.hung_up or far.replaced):
            self.fates.untold.append(far.informs)

    def _referred(self, leg: LegId, code: int) -> None:
        if leg in self.releases:
            to = self.releases.pop(leg)
            self.lost_releases.discard(leg)
            gone = [leg, to]
        else:
            del self.transfers[leg]
            gone = [leg]
        for one in gone if code < REFUSED_FROM else ():
            far = self.legs.get(one)
            if far is not None:
                far.released = True
                far.left = self.now if far.left is None else far.left

    # the kill

    def dies(self, records: list[Leg], *, heard: bool, done: bool) -> None:
        """The process is killed; `heard`: our last answers had reached the PBX; `done`: it does what it was asked by REFER."""
        for leg, to in self.releases.items():
            if done and leg not in self.lost_releases:
                for one in (leg, to):
                    if one in self.legs:
                        self.legs[one].released = True
        for leg in self.transfers:
            self.legs[leg].released = self.legs[leg].released or done
        joined = {leg.dialog.call_id for leg in records if leg.dialog and isinstance(leg.role, Talking)}
        asked = {leg.dialog.call_id for leg in records if leg.dialog and _is_asked(leg.role)}
        for far in (*self.legs.values(), *self.survivors.fars.values()):
            far.transferred = False
            far.doubtful = far.doubtful and far.dialog.call_id in asked  # how fast the others were nobody can know
            if far.dialog.call_id in joined:
                far.left = None  # what has become of his partner the next process finds out
        self.survivors.remain(list(self.legs.values()), records, self.now, heard=heard)
        self.legs.clear()
        self.fates.untold.clear()
        self._begin()

    def forgets(self, records: list[Leg]) -> None:
        """The last step was let out but not written: what it did is so, and the next process knows nothing of it."""
        roles = {leg.dialog.call_id: leg.role for leg in records if leg.dialog}
        for call, role in roles.items():
            if isinstance(role, Parked):
                self.fates.resolved.pop(self.who[call], None)
        for far in (*self.legs.values(), *self.survivors.fars.values()):
            role = roles.get(far.dialog.call_id)
            far.excused = far.excused or role is None
            if not isinstance(role, Talking):
                far.partner = None
            if not isinstance(role, Ending | Leaving):
                far.left = None


def _is_asked(role: Role) -> bool:
    return isinstance(role, Seeking) and role.vouch is not None
