"""What is really so while the machine plays: every leg, page and release outside of the core, and what the core may do to them.

`Reality` hears each event before the core's answer to it is judged, and obeys each order. It keeps the books that the rules
of the specification are about (who is a caller, who sought whom, which page is on the air) and raises `AssertionError`
with the rule's number when an order breaks one. The books are about souls: legs get other numbers when the box is killed.
It does not know how the core decides; of the core's state it reads the role of a leg at the moment in which something
happens to it, nothing else.
"""

from appliance.core.events import (
    CallArrived,
    DialogKnown,
    Event,
    IdentityChanged,
    LegAnswered,
    LegEnded,
    LegReplaced,
    PageEnded,
    ReleaseEnded,
)
from appliance.core.ids import Dialog, LegId, PageId, Party, Place, Seconds
from appliance.core.orders import (
    Announce,
    Answer,
    Dial,
    Hangup,
    Order,
    Refuse,
    Release,
    Report,
    StopPage,
    TakeOver,
    Transfer,
    Withdraw,
)
from appliance.core.state import (
    Ending,
    Informing,
    Leaving,
    Leg,
    Parked,
    Seeking,
    State,
    Talking,
    Told,
)
from tests.core.fates import FATES, OWN_NUMBERS, Fates
from tests.core.roles import is_on_the_phone, lit
from tests.core.survivors import PATIENCE, Far, Survivors

REFUSED_FROM = 300
SILENT = {0, 401, 403, 407, 408, 429, 480, 491, 500, 502, 503, 504}
"""Answers to a take-over that say nothing of its dialog."""

Lit = dict[Place, tuple[Seconds, bool]]
"""When a place was last taken or freed, and whether it was lit before."""


class Reality:
    """Everything outside of the core, and the books."""

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

    def hears_of(self, event: Event, state: State) -> None:
        """Note an event that the core, in this state, is going to be told."""
        match event:
            case CallArrived():
                self._arrive(event)
            case DialogKnown(leg=leg, dialog=dialog):
                self._know(leg, dialog)
            case LegAnswered(leg=leg):
                self._answer(leg)
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

    def _answer(self, leg: LegId) -> None:
        if leg in self.survivors.coming:
            one = self.survivors.coming.pop(leg)
            far = self.legs[leg] = self.survivors.fars.pop(one.call)
            far.id, far.seeks_since, far.told = leg, self.now, None
            far.left = None if far.left is None else max(self.now, far.left)
        self.legs[leg].answered = self.legs[leg].confirmed = True

    def _replace(self, event: LegReplaced, state: State) -> None:
        assert event.dialog is not None
        old = self.legs[event.leg]
        came = Far(event.by, old.soul, old.account, event.party, self.now, event.dialog, arrival=old.arrival)
        came.arrival = came.arrival or CallArrived(event.by, old.account, "", event.party, None, event.dialog)
        came.answered = came.confirmed = True
        came.caller = old.caller or old.was_told or is_on_the_phone(state.legs[old.id].role)
        came.seeks, came.partner, came.left = old.seeks, old.partner, old.left
        came.informs, came.transferred = old.informs, old.transferred
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
        for far in (*self.legs.values(), *self.survivors.fars.values()):
            far.transferred = False
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

    # what is ordered

    def obey(self, orders: tuple[Order, ...], before: State, after: State) -> None:  # noqa: C901 - one case for each
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
                    self._release(leg, to, after)
                case Transfer():
                    self._transfer(order, after)
                case TakeOver(account=account):
                    known = after.registrations.get(account)
                    assert known is not None, f"S-2: {order}: {account} is not registered"
                    assert known.registered, f"S-2: {order}: {account} is not registered"
                    self.survivors.asked(order)
                case Withdraw():
                    self.survivors.withdrawn(order)
                case Announce(page=page):
                    assert page not in self.page_numbers, f"{order}: page a second time"
                    self.page_numbers.add(page)
                    self.pages[page] = False
                case StopPage(page=page):
                    assert self.pages.get(page) is False, f"{order}: not on the air"
                    self.pages[page] = True
                case Report():
                    self._report(order, before, after)

    def _known(self, leg: LegId) -> Far:
        assert leg in self.legs, f"an order names leg {leg}, which is not there"
        return self.legs[leg]

    def _hang_up(self, far: Far, before: State) -> None:
        assert not far.hung_up, f"leg {far.id} is hung up twice"
        assert not far.caller or far.left is not None, f"P-1, P-27: caller {far.id} is hung up by us"
        talking = far.left is None and any(other.soul == far.partner for other in self.legs.values())
        assert not talking, f"P-13: leg {far.id} is hung up in the middle of its call"
        self._tells_nobody(far)
        far.hung_up = True
        far.was_told = far.id in before.legs and isinstance(before.legs[far.id].role, Told)

    def _dial(self, order: Dial, after: State) -> None:
        assert order.leg < 0, f"{order}: an id that is not ours"
        assert order.number, f"{order}: nobody is called"
        assert order.number not in OWN_NUMBERS, f"{order}: we call ourselves"
        dialog = self.new_dialog()
        far = Far(order.leg, self.new_soul(dialog), order.account, Party(order.number), self.now, dialog, known=False)
        role = after.legs[order.leg].role if order.leg in after.legs else None
        assert isinstance(role, Seeking | Ending | Informing), f"{order}: what for?"
        if isinstance(role, Seeking):
            far.seeks, far.seeks_since = self.soul(role.call), self.now
        if isinstance(role, Informing):
            far.informs, far.seeks_since = role.notice, self.now
            others = [
                one.id for one in self.legs.values() if one.informs and one.party == far.party and not one.hung_up
            ]
            assert not others, f"S-3: {order}: {others} tell the same phone of a loss already"
        self._add(far)

    def _release(self, leg: LegId, to: LegId, after: State) -> None:
        one, other = self._known(leg), self._known(to)
        assert one.confirmed, f"P-16: leg {leg} is released before it is confirmed"
        assert other.confirmed, f"P-16: leg {leg} is released to one that is not confirmed"
        assert leg not in self.releases, f"P-16: leg {leg} is released twice"
        assert one.account == other.account, "P-16: released from one account to another"
        assert one.account == "pbx" or after.draining is not None, "P-16: released where the account says no"
        self.releases[leg] = to

    def _transfer(self, order: Transfer, after: State) -> None:
        far = self._known(order.leg)
        assert after.draining is not None, f"S-4: {order}: the machine does not go down"
        assert far.confirmed, f"S-4: {order}: before it is confirmed"
        assert isinstance(after.legs[order.leg].role, Parked), f"S-4: {order}: it does not wait"
        last = self.transfers.get(order.leg)
        assert last is None or self.now - last > 4.999, f"S-4: {order}: a second time within {self.now - (last or 0)} s"
        self.transfers[order.leg], far.transferred = self.now, True

    def _report(self, order: Report, before: State, after: State) -> None:
        if order.leg is None or order.what not in FATES:
            return
        dialog = before.legs[order.leg].dialog if order.leg in before.legs else None
        gone = dialog is not None and order.leg not in self.legs  # its dialog says who it was
        soul = self.who[dialog.call_id] if dialog is not None and gone else self.soul(order.leg)
        there = any(far.soul == soul and not far.excused for far in self.survivors.fars.values())
        self.fates.report(order, soul, before, after, there=there)

    def oversleeps(self) -> None:
        """The clock woke late: whoever is told something was told it just now."""
        for far in self.legs.values():
            if far.told is not None:
                far.told = self.now

    # the books after each step

    def keep_books(self, before: State, after: State) -> None:
        """Note who is parked, seeks, is told and talks now."""
        self.survivors.forget(after)
        self.fates.call_again(after)
        for leg in after.legs.values():
            far = self.legs.get(leg.id)
            if far is None:
                continue
            match leg.role:
                case Parked():
                    self.fates.parked.add(far.soul)
                    far.caller = True
                case Seeking(call=call) if far.seeks is None:
                    far.seeks, far.seeks_since = self.soul(call), self.now
                case Talking(peer=peer) if far.seeks is None and far.arrived and far.soul not in self.fates.parked:
                    far.seeks = self.soul(peer)  # he entered digits, and was connected in the same step
                case _:
                    pass
            told = isinstance(leg.role, Told)
            far.told = (far.told if far.told is not None else self.now) if told else None
        was, now = lit(before), lit(after)
        for place in was ^ now:
            self.lit[place] = (self.now, place in was)
