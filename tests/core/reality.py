"""What the core may do to what is so: every order of its is carried out and judged.

`Reality` raises `AssertionError` with the rule's number when an order breaks one (who is a caller, who sought whom, which page is
on the air). It does not know how the core decides.
"""

from appliance.core.ids import LegId, Party
from appliance.core.orders import (
    Announce,
    Answer,
    Dial,
    Hangup,
    Message,
    Order,
    Refuse,
    Release,
    Report,
    Show,
    StopPage,
    TakeOver,
    Transfer,
    What,
    Withdraw,
)
from appliance.core.state import (
    Confirming,
    Ending,
    Informing,
    Parked,
    Purpose,
    Releasing,
    Seeking,
    State,
    Talking,
    Told,
)
from tests.core.facts import Facts
from tests.core.fates import FATES, OWN_NUMBERS
from tests.core.roles import lit
from tests.core.survivors import Far


class Reality(Facts):
    """The facts, and the judge of the orders."""

    # what is ordered

    def obey(self, orders: tuple[Order, ...], before: State, after: State) -> None:  # noqa: C901, PLR0912 - one case for each
        """Carry out the orders of one step, and judge each."""
        self._park_at_once(orders, before, after)
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
                case Show(leg=leg):
                    self._show(order, self._known(leg), after)
                case Message(number=number):
                    assert number not in {"", *OWN_NUMBERS}, f"P-17: {order}: nobody is told"
                case Report():
                    self._report(order, before, after)

    def _park_at_once(self, orders: tuple[Order, ...], before: State, after: State) -> None:
        """B-2 (a): with a key, and only so, somebody parks whom he talks to through us; his phone is released."""
        for order in orders:
            role = before.legs[order.leg].role if isinstance(order, Report) and order.leg in before.legs else None
            if not (isinstance(order, Report) and order.what is What.PARKED and isinstance(role, Talking)):
                continue
            caller, station = self.legs[order.leg], self.legs[role.peer]
            assert self.pressed, f"B-2: {order}: nobody has pressed a key"
            assert role.releasing is not Releasing.PENDING, f"B-2: {order}: the PBX is about to join them"
            assert order.by == before.legs[station.id].party, f"B-2: {order}: it was not his call"
            assert isinstance(after.legs[station.id].role, Ending), f"B-2: {order}: his phone is not released"
            self.fates.parked_again(caller.soul)
            caller.partner = caller.seeks = station.partner = station.seeks = None
            station.caller, station.left = False, self.now

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
            far.member = role.purpose is Purpose.HUNT
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
        anchored = (one.member or other.member) and after.draining is None
        assert not anchored, f"P-31: leg {leg} is released: no key can park him any more"
        self.releases[leg] = to

    def _show(self, order: Show, far: Far, after: State) -> None:
        """P-16: whoever is displayed is who is at the other end, and stays there. P-6: a parker sees his place."""
        assert not far.hung_up, f"P-16: {order}: nobody looks"
        role = after.legs[order.leg].role
        if isinstance(role, Confirming):
            return
        assert isinstance(role, Talking), f"P-16: {order}: he talks to nobody"
        assert role.releasing is not Releasing.PENDING, f"P-16: {order}: the PBX is about to say so itself"
        other = self._known(role.peer)
        assert not other.hung_up, f"P-16: {order}: the other end is being hung up"
        assert other.party.number == order.party.number, f"P-16: {order}: at the other end is {other.party}"

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
