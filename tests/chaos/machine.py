"""The machine fails: a full disk, a dead card, a clock that jumps, a torn journal; and it goes down in order (S-1, S-2, S-4)."""

import shutil
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from random import Random
from typing import TypeVar

from tests.chaos.crashes import fill, judge_ringing
from tests.chaos.ledger import Verdict, wait
from tests.chaos.site import LAST_RESORT, PARKER, STATIONS, Site, site
from tests.chaos.stage import Stage
from tests.lab.crowd_call import CrowdCall
from tests.lab.disk import Card, Disk
from tests.lab.process import LIMIT, LabError
from tests.lab.voices import Heard, Kind

NOTICED = 15.0
"""Seconds in which the status says that the disk fails, or that it is well again."""
DRAINED = 95.0
"""Seconds that a drain may take: 90 (S-4), and the answer."""
YEAR = "+365d"
FAKETIME = "libfaketimeMT.so.1"

Broken = TypeVar("Broken", bound=Disk)


def disk_full(stage: Stage, _dice: Random, callers: int) -> Verdict:
    """Fill the disk: parking goes on; who is parked now outlives a crash unless the status says that he would not.

    (The journal writes over its own log again and again, so it may have room for a while.) With room again it holds for all.
    """
    verdict = Verdict("disk full")
    folder = stage.room("full")
    with _on(Disk(folder / "state"), verdict) as disk:
        if disk is not None:
            with site(folder, stage.where, callers, inside=disk, about=verdict) as made:
                _full(made, disk, verdict, callers)
    return verdict


def _full(made: Site, disk: Disk, verdict: Verdict, callers: int) -> None:
    ledger = made.ledger
    before = ledger.park(callers // 2)
    disk.fill()
    after = ledger.park(max(1, callers // 4))
    said = wait(lambda: _journal_fails(made), NOTICED)
    verdict.notes.append(f"full: the status says {'so' if said else 'nothing, so nobody may be lost'}")
    at = made.box.kill()
    ledger.judge_music(verdict, before if said else [*before, *after], at)
    if said:
        verdict.callers += len(after)
        verdict.excused += [f"{one.name}: parked when the status said that he would not survive" for one in after]
        ledger.leave(after)
    disk.clear()
    _judge_health(verdict, made, "there is room again", broken=False)
    ledger.park(1)
    ledger.judge_music(verdict, ledger.callers, made.box.kill())
    _finish(verdict, made)


def card_dies(stage: Stage, _dice: Random, callers: int) -> Verdict:
    """Let the card's file system go read-only: parking goes on; who was parked before outlives even a crash now.

    Who is parked afterwards does not, and the status has said so. A new card, and the promise is kept again.
    """
    verdict = Verdict("card dies")
    folder = stage.room("card")
    with _on(Card(folder / "state", folder / "image"), verdict) as card:
        if card is not None:
            with site(folder, stage.where, callers, inside=card, about=verdict) as made:
                _dead_card(made, card, verdict, callers)
    return verdict


def _dead_card(made: Site, card: Card, verdict: Verdict, callers: int) -> None:
    ledger = made.ledger
    before = ledger.park(callers // 2)
    card.give_up()
    after = ledger.park(max(1, callers // 4))
    _judge_health(verdict, made, "the card is read-only", broken=True)
    at = made.box.kill()
    ledger.judge_music(verdict, before, at)
    verdict.callers += len(after)
    verdict.excused += [f"{one.name}: parked when the status said that he would not survive" for one in after]
    ledger.leave(after)
    if verdict.lost:  # there is nothing left that a new card could give back
        return
    ledger.judge_books(verdict)
    _judge_health(verdict, made, "the card is still read-only", broken=True)
    with made.box.supervisor.hold():
        made.box.kill()
        made.box.supervisor.wait_ended()
        card.replace()
    ledger.judge_music(Verdict("again"), ledger.callers, time.monotonic())
    _judge_health(verdict, made, "the card is a new one", broken=False)  # parkers are still being told of who was lost


def clock_jumps(made: Site, _dice: Random, callers: int) -> Verdict:
    """Start again a year later by the clock on the wall: nobody is recalled for that, and all timers go on."""
    verdict = Verdict("clock jumps a year")
    library = next(Path("/usr/lib").glob(f"*/faketime/{FAKETIME}"), None)
    if library is None:
        verdict.skipped = "the package libfaketime is not installed"
        return verdict
    fill(made, callers)
    faked = {
        "LD_PRELOAD": str(library),
        "FAKETIME": YEAR,
        "DONT_FAKE_MONOTONIC": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    }
    for change in (faked, dict.fromkeys(faked, "")):
        due, looked = _recalls(made), time.monotonic()
        _forget_calls(made)
        lives = made.box.lives
        with made.box.supervisor.hold():
            at = made.box.kill()
            made.box.supervisor.wait_ended()
            made.box.supervisor.environment |= change
        made.box.wait_up(lives)
        made.ledger.judge_music(verdict, made.ledger.callers, at)
        now, passed = _recalls(made), time.monotonic() - looked
        verdict.wrong += [
            f"{place}: the recall was {before:.0f} s away and is {now.get(place)} after {passed:.0f} s"
            for place, before in due.items()
            if place not in now or abs(now[place] - (before - passed)) > 3
        ]
        _judge_nobody_rang(verdict, made)
    made.ledger.judge_books(verdict)
    return verdict


def journal_torn(made: Site, dice: Random, callers: int) -> Verdict:
    """Cut the end off the journal while the box is dead; the last thing that was written was that somebody hung up."""
    verdict, ledger = Verdict("journal torn"), made.ledger
    fill(made, callers)
    gone = ledger.park(1)
    ledger.leave(gone)
    ledger.judge_books(verdict)
    lives = made.box.lives
    with made.box.supervisor.hold():
        at = made.box.kill()
        made.box.supervisor.wait_ended()
        torn = _tear(made.box.journal, dice.randrange(1, 4096))
    verdict.notes.append(torn)
    made.stations[PARKER].answers = True  # the one who hung up may be missed, and his parker told
    made.box.wait_up(lives)
    ledger.judge_music(verdict, ledger.callers, at)
    ledger.judge_books(verdict, limit=LIMIT)
    ledger.judge_voices(verdict)
    made.stations[PARKER].answers = False
    _hang_up_stations(made)
    return verdict


def drained(made: Site, _dice: Random, callers: int) -> Verdict:
    """`parkdeck drain`: everybody is with his parker, who picks up, and stays with him when the process ends."""
    verdict = Verdict("drain")
    fill(made, callers)
    _drain(verdict, made, PARKER)
    return verdict


def drained_late(made: Site, _dice: Random, callers: int) -> Verdict:
    """`parkdeck drain`, and the parker does not pick up: everybody is with the last resort within 90 s."""
    verdict = Verdict("drain, parker away")
    fill(made, callers)
    _drain(verdict, made, LAST_RESORT)
    return verdict


# -- steps -----------------------------------------------------------------------------------------------------------------


def _drain(verdict: Verdict, made: Site, answering: str) -> None:
    ledger, box, station = made.ledger, made.box, made.stations[answering]
    waiting = list(ledger.callers)
    verdict.callers = len(waiting)
    _forget_calls(made)
    for one in waiting:
        ledger.may_hear_voice(one.call, station.voice)
    station.answers = True
    began = time.monotonic()
    done = box.command("drain", within=DRAINED)
    verdict.notes.append(f"`parkdeck drain`: {time.monotonic() - began:.1f} s, exit code {done.returncode}")
    if done.returncode:
        verdict.wrong.append(f"`parkdeck drain` said {done.stdout.strip()!r} {done.stderr.strip()!r}")
    lives = box.lives
    box.restart()
    box.wait_up(lives)
    station.answers = False
    for one in waiting:
        if wait(lambda one=one: _is_with(one.call, station.calls, station.voice), LIMIT):  # type: ignore[misc]
            verdict.kept += 1
        else:
            verdict.lost.append(f"{one.name}: {one.call.last}, not with {answering}")
    verdict.wrong += [f"legs are left: {box.status()['legs']}"] if box.status()["legs"] else []
    if answering == PARKER:
        judge_ringing(verdict, made.stations[LAST_RESORT])
    _hang_up_stations(made)
    ledger.leave(waiting)
    ledger.judge_books(verdict)
    ledger.judge_voices(verdict)


def _is_with(call: CrowdCall, others: list[CrowdCall], voice: int) -> bool:
    """Say whether a caller hears a phone of the company, and exactly one of its calls hears him."""
    if not call.heard_for(Heard(Kind.VOICE, voice), 0.2):
        return False
    return sum(other.heard_for(Heard(Kind.VOICE, call.voice), 0.2) for other in others) == 1


@contextmanager
def _on(disk: Broken, verdict: Verdict) -> Iterator[Broken | None]:
    """Take a disk into use; None where that is not allowed, and the verdict says why."""
    with ExitStack() as stack:
        try:
            stack.enter_context(disk)
        except LabError as refused:
            verdict.skipped = str(refused)
            yield None
        else:
            yield disk


def _judge_health(verdict: Verdict, made: Site, when: str, *, broken: bool) -> None:
    def says() -> bool:
        return made.box.status()["legs"] >= 0 and _journal_fails(made) is broken

    if not wait(says, NOTICED):
        verdict.wrong.append(f"{when}, and the status says {made.box.status()['health']}")


def _journal_fails(made: Site) -> bool:
    return any(line.startswith("journal") for line in made.box.status()["health"])


def _finish(verdict: Verdict, made: Site) -> None:
    made.ledger.judge_fetching(verdict, made.ledger.callers)
    made.ledger.judge_end(verdict)


def _recalls(made: Site) -> dict[str, float]:
    places = made.box.status()["places"]
    return {place["number"]: place["recall_in"] for place in places if place["recall_in"] is not None}


def _forget_calls(made: Site) -> None:
    for name in STATIONS:
        made.stations[name].calls.clear()


def _judge_nobody_rang(verdict: Verdict, made: Site) -> None:
    rang = [name for name in STATIONS if made.stations[name].calls]
    if rang:
        verdict.wrong.append(f"the clock jumped, and {', '.join(rang)} rang")


def _hang_up_stations(made: Site) -> None:
    for station in made.stations.values():
        for call in station.calls:
            call.hang_up()


def _tear(journal: Path, size: int) -> str:
    """Cut bytes off the end of the newer of log and file, where the last write is."""
    log = journal.with_name(f"{journal.name}-wal")
    torn = log if log.exists() and log.stat().st_size > size else journal
    shutil.copyfile(torn, torn.with_name(f"{torn.name}.whole"))
    with torn.open("r+b") as file:
        file.truncate(torn.stat().st_size - size)
    return f"{size} bytes cut off {torn.name}"
