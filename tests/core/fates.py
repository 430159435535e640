"""What became of each caller: told once, and truly. By soul: legs get other numbers when the box is killed."""

from collections import Counter

from appliance.core.orders import Report, What
from appliance.core.state import Informing, Notice, Parked, State

PARKINGS = {What.PARKED, What.LOBBY}
RESOLUTIONS = {What.RETRIEVED, What.RECALLED, What.HANDED_OVER, What.ANSWERED, What.ABANDONED, What.LOST}
FATES = PARKINGS | RESOLUTIONS
OWN_NUMBERS = {"800", "049301"}
LOSSES = {408, 481}
"""Ends of a leg that the PBX has lost (S-6)."""
TRIES = 3
"""How often a phone is called to tell of a loss."""


class Fates:
    """The books of the reports."""

    def __init__(self) -> None:
        self.parked: set[int] = set()
        """Every soul that has ever been parked."""
        self.park_reports: Counter[int] = Counter()
        self.resolved: dict[int, What] = {}
        self.ends: dict[int, int] = {}
        """With what code a soul's leg ended."""
        self.untold: list[Notice] = []
        """Whose last call came to nothing, in this step."""

    def report(self, order: Report, soul: int, before: State, after: State, *, there: bool) -> None:
        """Judge a report about somebody; `there`: the PBX would give him back."""
        if order.what in PARKINGS:
            self.parked.add(soul)
        if order.what is What.PARKED:
            self.park_reports[soul] += 1
            assert self.park_reports[soul] == 1, f"P-3: {order}: parked twice"
        if order.what in RESOLUTIONS:
            assert soul not in self.resolved, f"P-13: {order}: resolved before as {self.resolved[soul]}"
            self.resolved[soul] = order.what
        if order.what is What.ABANDONED:
            self._judge_abandoned(order, soul, before)
        elif order.what is What.LOST:
            assert not there, f"S-3: {order}: the PBX has him"
            self._judge_lost(order, soul, before, after)

    def parked_again(self, soul: int) -> None:
        """He was taken, and waits anew (B-2 a)."""
        assert soul in self.resolved or soul not in self.parked, f"B-2: {soul} waits already"
        self.resolved.pop(soul, None)
        self.park_reports.pop(soul, None)

    def _judge_abandoned(self, order: Report, soul: int, before: State) -> None:
        """P-27, S-6: who hangs up himself, and nobody else."""
        assert order.leg is not None
        assert before.legs[order.leg].returning is None, f"S-3: {order}: he was coming back"
        assert self.ends.get(soul) not in LOSSES, f"S-6: {order}: lost with {self.ends.get(soul)}"

    def _judge_lost(self, order: Report, soul: int, before: State, after: State) -> None:
        """S-3, S-6: who is not there any more; whoever parked him will be told."""
        assert order.leg is not None
        leg, code = before.legs[order.leg], self.ends.get(soul)
        assert leg.returning is not None or code in LOSSES, f"S-6: {order}: ended with {code}"
        assert isinstance(leg.role, Parked)
        number = leg.role.parker.number
        told = number in {notice.number for notice in _notices(after)}
        assert told == (number != "" and number not in OWN_NUMBERS), f"S-3: {order}: {number} will be told: {told}"

    def call_again(self, after: State) -> None:
        """S-3: whoever could not be told is called three times."""
        for one in self.untold:
            again = {(notice.number, notice.caller, notice.tries) for notice in _notices(after)}
            assert one.tries == TRIES - 1 or (one.number, one.caller, one.tries + 1) in again, (
                f"S-3: {one} is forgotten"
            )
        self.untold.clear()


def _notices(state: State) -> list[Notice]:
    ringing = [leg.role.notice for leg in state.legs.values() if isinstance(leg.role, Informing)]
    return [*state.notices, *ringing]
