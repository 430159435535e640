"""More than the box can take: every place taken, every leg used, fifty INVITEs a second (S-12)."""

import time
from collections import Counter
from random import Random

from tests.chaos.ledger import Ledger, Verdict, wait
from tests.chaos.site import PARKER, Site, site
from tests.chaos.stage import Stage
from tests.lab.box import Json
from tests.lab.crowd_call import CrowdCall, Step
from tests.lab.process import LIMIT
from tests.lab.voices import MUSIC, Kind

RATE = 50.0
"""INVITEs a second."""
RECALL = 30
"""Seconds until the call that was parked first is recalled, in the middle of it all."""
GAP = 0.5
"""Seconds for which music may be interrupted on a machine that is this busy."""
PROMPT = 5.0
"""Seconds within which the status answers."""
DUE = 15.0
"""Seconds within which a recall that is due rings, though it may find every leg used and have to try again."""
OVER_AT = 12.0
"""Seconds after which a call that was told no has ended."""


def crowded(stage: Stage, _dice: Random, callers: int) -> Verdict:
    """Storm a box whose places are all taken: everybody is told no, those who wait hear no gap, the recall comes on time."""
    verdict = Verdict("overload")

    def configure(config: Json) -> None:
        places = config["orbit"][0]["numbers"][:callers]
        config["orbit"] = [{"number": places[0], "recall_after": RECALL}, {"numbers": places[1:]}]
        first = config["sip"]["port"] + 4
        config["sip"]["rtp_ports"] = [first, first + 8 * callers + 39]  # about as many legs again as are parked

    with site(stage.room("crowded"), stage.where, callers, configure, about=verdict) as made:
        ledger, station = made.ledger, made.stations[PARKER]
        ledger.places = ledger.places[:callers]
        station.calls.clear()
        ledger.park(callers)
        parked = ledger.callers[0].call.answered or 0.0
        if stage.patient:  # the recall falls into the storm
            time.sleep(max(0.0, parked + RECALL - stage.storm / 2 - time.monotonic()))
        began = time.monotonic()
        stormed = _storm(verdict, made, int(stage.storm * RATE))
        verdict.callers = callers
        if stage.patient:
            _judge_recall(verdict, made, parked)
        _judge_told(verdict, stormed)
        _judge_gaps(verdict, ledger, began)
        ledger.judge_books(verdict, limit=LIMIT)
        ledger.judge_fetching(verdict, ledger.callers)
        ledger.judge_end(verdict)
    verdict.kept = callers - len(verdict.lost)
    return verdict


def _storm(verdict: Verdict, made: Site, count: int) -> list[CrowdCall]:
    """Have strangers dial for places that are all taken; look meanwhile whether the box still answers, and its lamps live."""
    calls: list[CrowdCall] = []
    slowest, began = 0.0, time.monotonic()
    for number in range(count):
        calls.append(made.ledger.call(f"*68{made.ledger.places[number % len(made.ledger.places)]}"))
        if number % int(RATE) == 0:
            asked = time.monotonic()
            lamps = made.box.status()["panels"]
            slowest = max(slowest, time.monotonic() - asked)
            if not lamps:
                verdict.wrong.append("the box does not tell its lamps")
        time.sleep(max(0.0, began + (number + 1) / RATE - time.monotonic()))
    verdict.notes.append(f"{count / (time.monotonic() - began):.0f} INVITEs a second, status within {slowest:.2f} s")
    if slowest > PROMPT:
        verdict.wrong.append(f"the status took {slowest:.1f} s")
    return calls


def _judge_recall(verdict: Verdict, made: Site, parked: float) -> None:
    station = made.stations[PARKER]
    if not wait(lambda: bool(station.calls), max(0.0, parked + RECALL + DUE - time.monotonic())):
        verdict.wrong.append(f"the recall that was due after {RECALL} s has not come")
        return
    verdict.notes.append(f"recall after {station.calls[0].began - parked:.1f} s of {RECALL}")
    for call in station.ringing():
        call.refuse()


def _judge_told(verdict: Verdict, stormed: list[CrowdCall]) -> None:
    """Everybody was refused with a code, or answered, told no and let go; nobody hears music or anybody."""
    if not wait(lambda: all(call.step is Step.OVER for call in stormed), OVER_AT):
        left = [call for call in stormed if call.step is not Step.OVER]
        verdict.wrong.append(f"{len(left)} callers of the storm hang on: {Counter(call.last for call in left)}")
    verdict.notes.append(str(dict(Counter(_outcome(call) for call in stormed))))
    silent = [
        call for call in stormed if call.answered and not any(one.heard.kind is Kind.OTHER for one in call.spells)
    ]
    if silent:
        verdict.wrong.append(f"{len(silent)} were answered and heard neither tone nor word")
    lured = [call for call in stormed if any(one.heard == MUSIC and one.length > GAP for one in call.spells)]
    if lured:
        verdict.wrong.append(f"{len(lured)} were parked though every place was taken")


def _outcome(call: CrowdCall) -> str:
    return (
        "told" if call.answered else f"{call.facts[-1].what} {call.facts[-1].detail}".strip() if call.facts else "none"
    )


def _judge_gaps(verdict: Verdict, ledger: Ledger, since: float) -> None:
    for one in ledger.callers:
        gaps = [spell.length for spell in one.call.spells if spell.at > since and spell.heard != MUSIC]
        if gaps and max(gaps) > GAP:
            verdict.late.append(f"{one.name}: {max(gaps):.1f} s without music in the storm")
