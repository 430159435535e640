"""Which scenarios there are, and a run through some of them on one PBX.

Those that only need a box with callers share one, which goes on from scenario to scenario with its callers and its past; the
others make one of their own, for a company has one box at a time.
"""

import time
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from tests.chaos import crashes, crowded, machine, outside
from tests.chaos.ledger import Verdict
from tests.chaos.site import SAID, Exchange, Site, exchange, keep_evidence, site
from tests.chaos.stage import Stage

Shared = Callable[[Site, Random, int], Verdict]
Own = Callable[[Stage, Random, int], Verdict]

CRASHES: dict[str, Shared] = {
    "kill": crashes.kill,
    "kill-parking": crashes.kill_while_parking,
    "kill-fetching": crashes.kill_while_fetching,
    "kill-ringing": crashes.kill_while_ringing,
    "kill-answered": crashes.kill_and_answer,
    "kill-returning": crashes.kill_while_returning,
    "restart": crashes.restart,
}
SHARED: dict[str, Shared] = {
    **CRASHES,
    "leave": outside.pbx_forgets,
    "pbx": outside.pbx_dies,
    "clock": machine.clock_jumps,
    "torn": machine.journal_torn,
    "drain": machine.drained,
    "drain-late": machine.drained_late,
}
OWN: dict[str, Own] = {
    "kill-between": crashes.kill_between_two,
    "refused": outside.pbx_refuses,
    "cable": outside.cable_out,
    "cut": outside.wire_cut,
    "weather": outside.bad_weather,
    "disk": machine.disk_full,
    "card": machine.card_dies,
    "overload": crowded.crowded,
}
NAMES = (*SHARED, *OWN)
SMALL = 20
"""Callers at most where each packet goes through a relay, or each is called about by a phone."""
FEW = frozenset({"refused", "weather", "cable", "cut"})


@dataclass(slots=True)
class Programme:
    """One run; `told` hears of each scenario as soon as it is over."""

    folder: Path
    seed: int
    callers: int
    told: Callable[[Verdict, float], object]
    verdicts: list[Verdict] = field(default_factory=list)
    _site: Site | None = None
    _open: ExitStack = field(default_factory=ExitStack)
    _sites: int = 0

    def play(self, names: Iterable[str]) -> None:
        """Play scenarios one after the other; what fails in one is told and does not stop the others."""
        dice = Random(self.seed)  # noqa: S311 - chaos that can be repeated
        with exchange(self.folder / "pbx") as where:
            stage = Stage(self.folder, where)
            for name in names:
                began = time.monotonic()
                verdict = self._shared(name, dice, where) if name in SHARED else self._own(name, dice, stage)
                self.verdicts.append(verdict)
                self.told(verdict, time.monotonic() - began)
            self._close()

    def _shared(self, name: str, dice: Random, where: Exchange) -> Verdict:
        made = self._site or self._make(where)
        try:
            verdict = SHARED[name](made, dice, self.callers)
        except AssertionError as failed:
            verdict = Verdict(name, wrong=[f"not played to the end: {failed}"[:SAID]])
        keep_evidence(made, verdict)
        if not verdict.good:  # the next one begins with a box without a past
            self._close()
        return verdict

    def _own(self, name: str, dice: Random, stage: Stage) -> Verdict:
        self._close()
        callers = min(self.callers, SMALL) if name in FEW else self.callers
        return OWN[name](stage, dice, callers)

    def _make(self, where: Exchange) -> Site:
        self._sites += 1
        folder = self.folder / f"shared{self._sites}"
        self._site = self._open.enter_context(site(folder, where, self.callers))
        return self._site

    def _close(self) -> None:
        """End the shared box: everybody who still waits is fetched, and nothing may be left."""
        made, self._site = self._site, None
        if made is None:
            return
        verdict = Verdict("end of a box")
        made.ledger.judge_fetching(verdict, made.ledger.callers)
        made.ledger.judge_end(verdict)
        keep_evidence(made, verdict)
        self._open.close()
        if not verdict.good:
            self.verdicts.append(verdict)
