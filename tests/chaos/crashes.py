"""The box dies: while nothing happens, and in the middle of everything (S-2, S-4, S-5).

Each scenario takes a site and seeded dice, parks whom it needs beside those who wait already, and leaves whoever still waits
there for the next one.
"""

import time
from collections.abc import Callable, Sequence
from itertools import pairwise
from random import Random

from tests.chaos.ledger import BUDGET, SURE, Caller, Ledger, Verdict, heard_now, talk, wait
from tests.chaos.site import PARKER, Site
from tests.chaos.site import site as made_site
from tests.chaos.stage import Stage
from tests.lab.box import Json
from tests.lab.crowd import Station
from tests.lab.crowd_call import CrowdCall, Step
from tests.lab.process import until
from tests.lab.voices import MUSIC

MOMENT = 0.3
"""Seconds over which a thing and the crash in the middle of it are spread."""
OLD = 200.0
"""Seconds after which a caller is fetched: before his recall is due."""
FETCHED = 20.0
"""Seconds in which somebody who dialled for a call has it, or was told that he has not."""
ONCE = 1.0
"""Seconds for which a phone may ring for two at once: the one is being withdrawn."""
FOR_EVER = 45.0
"""Seconds from which on a phone rings for ever; recalls ring for 30."""


def fill(site: Site, callers: int) -> None:
    """Have so many callers waiting; those who have waited for long are fetched first."""
    ledger = site.ledger
    old = [one for one in ledger.callers if time.monotonic() - (one.call.answered or 0) > OLD]
    verdict = Verdict("renewing")
    ledger.judge_fetching(verdict, old)
    assert verdict.good, verdict
    until(lambda: site.box.status()["legs"] == len(ledger.callers), "who was fetched is gone", tail=site.box.tail)
    ledger.park(max(0, callers - len(ledger.callers)))


def kill(site: Site, dice: Random, callers: int) -> Verdict:
    """Crash while everybody just waits."""
    verdict = Verdict("kill")
    fill(site, callers)
    time.sleep(dice.uniform(0, 1))
    _crash(site, verdict)
    return verdict


def kill_while_parking(site: Site, dice: Random, callers: int) -> Verdict:
    """Crash while calls come in: some by a PBX that says who sent them, one by a phone that transfers him (REFER)."""
    verdict, ledger = Verdict("kill while parking"), site.ledger
    fill(site, max(callers - 4, 1))
    talking, here = _conversation(site)
    free = ledger.free()
    steps: list[Callable[[], object]] = [lambda place=place: ledger.send(place) for place in free[:3]]  # type: ignore[misc]
    steps.append(lambda: _transfer(ledger, talking, here, free[3]))
    crash = _spread(site, dice, steps)
    here.hang_up()
    ledger.judge_music(verdict, ledger.callers, crash)
    _after(site, verdict)
    return verdict


def kill_while_fetching(site: Site, dice: Random, callers: int) -> Verdict:
    """Crash while people dial for their calls: each pair talks afterwards, or the caller still waits."""
    verdict, ledger = Verdict("kill while fetching"), site.ledger
    fill(site, callers)
    wanted = dice.sample(ledger.callers, min(4, len(ledger.callers)))
    crash = _spread(site, dice, [lambda one=one: ledger.take(one) for one in wanted])  # type: ignore[misc]
    ledger.judge_music(verdict, [one for one in ledger.callers if one not in wanted], crash)
    judge_fetched(verdict, ledger, wanted, crash)
    _after(site, verdict)
    return verdict


def kill_while_ringing(site: Site, dice: Random, callers: int) -> Verdict:
    """Crash while a parker's phone rings to give his caller back, who could not be parked where he was sent (P-5)."""
    verdict, ledger = Verdict("kill while ringing"), site.ledger
    fill(site, callers)
    station = site.stations[PARKER]
    station.calls.clear()
    caller = ledger.send(ledger.callers[0].place)
    caller.place = ""
    until(station.ringing, "the parker's phone rings", tail=site.box.tail)
    time.sleep(dice.uniform(0, MOMENT))
    _crash(site, verdict, books=False)
    if caller in ledger.callers:
        _answer_recall(site, verdict, caller, station)
    _after(site, verdict)
    return verdict


def kill_and_answer(site: Site, dice: Random, callers: int) -> Verdict:
    """Crash while a parker's phone rings, and he picks up before the box is back: he gets his caller still."""
    verdict, ledger = Verdict("kill, phone answered"), site.ledger
    fill(site, callers)
    station = site.stations[PARKER]
    station.calls.clear()
    caller = ledger.send(ledger.callers[0].place)
    caller.place = ""
    first = until(lambda: next(iter(station.ringing()), None), "the parker's phone rings", tail=site.box.tail)
    assert first is not None
    ledger.wait_music([caller])
    at = site.box.kill()
    time.sleep(dice.uniform(0, MOMENT))
    first.answer()
    ledger.may_hear(caller.call, first)
    ledger.judge_music(verdict, [one for one in ledger.callers if one is not caller], at)
    verdict.callers += 1
    if wait(lambda: talk(caller.call, first) or bool(station.ringing()), FOR_EVER):
        if not talk(caller.call, first):
            _answer_recall(site, verdict, caller, station)
        verdict.kept += 1
    else:
        verdict.lost.append(f"{caller.name}: the parker picked up, and {ledger.told([caller])}")
    ledger.leave([caller])
    if not wait(lambda: first.step is Step.OVER or talk(caller.call, first), FOR_EVER):
        verdict.wrong.append("the parker holds a phone in which nobody ever speaks")
    first.hang_up()
    _after(site, verdict)
    return verdict


def kill_while_returning(site: Site, dice: Random, callers: int) -> Verdict:
    """Crash, and crash again while the calls of the first crash are being taken over."""
    verdict = Verdict("kill while returning")
    fill(site, callers)
    lives = site.box.lives
    site.box.kill()
    site.box.wait_up(lives)
    time.sleep(dice.uniform(0, min(1.0, callers / 20)))
    _crash(site, verdict)
    _excuse_one_in_between(verdict)
    return verdict


def _excuse_one_in_between(verdict: Verdict) -> None:
    """One can be lost at each such kill: the PBX has given him to a process that died before it wrote down his new tags.

    That takes milliseconds, and nobody can ask a PBX for the tags of a dialog that it has with the dead.
    """
    if len(verdict.lost) == 1:
        verdict.excused += [f"{one}: between the PBX's answer and the disk" for one in verdict.lost]
        verdict.lost.clear()


def restart(site: Site, _dice: Random, callers: int) -> Verdict:
    """Restart in good order (SIGTERM): nobody hears a BYE, everybody hears music again."""
    verdict = Verdict("restart")
    fill(site, callers)
    lives = site.box.lives
    at = site.box.restart()
    site.ledger.judge_music(verdict, site.ledger.callers, at)
    life = site.box.supervisor.lives[lives - 1]
    if life.code != 0:
        verdict.wrong.append(f"SIGTERM: exit code {life.code}")
    _after(site, verdict)
    return verdict


def kill_between_two(stage: Stage, dice: Random, callers: int) -> Verdict:
    """Crash of a box through which people talk (`retrieve = "anchor"`) while others wait: each pair hears each other again."""
    verdict = Verdict("kill between two")
    with made_site(stage.room("anchor"), stage.where, callers, _anchor, about=verdict) as site:
        _between_two(site, verdict, dice, callers)
        site.ledger.judge_fetching(verdict, site.ledger.callers)
        site.ledger.judge_end(verdict)
    return verdict


# -- judging ---------------------------------------------------------------------------------------------------------------


def judge_fetched(verdict: Verdict, ledger: Ledger, wanted: Sequence[Caller], since: float) -> None:
    """Wait until each is with whoever dialled for him, or hears music again and the other has been let go."""
    verdict.callers += len(wanted)
    open_ = list(wanted)
    while open_ and time.monotonic() < since + FETCHED:
        for one in list(open_):
            other = one.retriever
            assert other is not None
            if talk(one.call, other):
                verdict.kept += 1
                ledger.leave([one])
            elif one.call.heard_for(MUSIC, SURE) and other.step is Step.OVER:
                verdict.kept += 1
                one.retriever = None
            elif one.call.step is Step.OVER:
                verdict.lost.append(f"{one.name}, being fetched: {one.call.last}; the other: {other.last}")
                ledger.leave([one])
            else:
                continue
            open_.remove(one)
        time.sleep(0.02)
    for one in open_:
        verdict.lost.append(f"{one.name}, being fetched: neither with the other nor waiting: {ledger.told([one])}")
        ledger.leave([one])


def judge_again(verdict: Verdict, pairs: Sequence[Caller], since: float) -> None:
    """Wait until the two of each pair hear each other since an instant."""
    verdict.callers += len(pairs)
    open_ = list(pairs)
    while open_ and time.monotonic() < since + FETCHED:
        for one in list(open_):
            at = _talk_since(one, since)
            if at is not None:
                open_.remove(one)
                verdict.kept += 1
                verdict.music.append(at - since)
                if at - since > BUDGET:
                    verdict.late.append(f"{one.name}: {at - since:.1f} s")
        time.sleep(0.02)
    for one in open_:
        assert one.retriever is not None
        heard = (
            f"hears {heard_now(one.call)}, {one.call.last}; the other {heard_now(one.retriever)}, {one.retriever.last}"
        )
        verdict.lost.append(f"{one.name} and the other do not hear each other: {heard}")


def judge_ringing(verdict: Verdict, station: Station) -> None:
    """Look whether a phone rang for two at once, or for ever."""
    rings = sorted(_ring(call) for call in station.calls)
    for (_, over), (begin, _) in pairwise(rings):
        if over - begin > ONCE:
            verdict.wrong.append(f"{station.login.user} rang twice at once, for {over - begin:.1f} s")
    verdict.wrong += [f"{station.login.user} rang for {end - at:.0f} s" for at, end in rings if end - at > FOR_EVER]


# -- steps -----------------------------------------------------------------------------------------------------------------


def _anchor(config: Json) -> None:
    config["sip"]["account"][0]["retrieve"] = "anchor"


def _between_two(site: Site, verdict: Verdict, dice: Random, callers: int) -> None:
    ledger = site.ledger
    fill(site, callers)
    pairs = ledger.callers[: max(1, callers // 2)]
    for one in pairs:
        ledger.take(one)
    for one in pairs:
        ledger.judge_pair(verdict, one)
    ledger.callers = [one for one in ledger.callers if one not in pairs]
    time.sleep(dice.uniform(0, MOMENT))
    at = site.box.kill()
    ledger.judge_music(verdict, ledger.callers, at)
    judge_again(verdict, pairs, at)
    ledger.judge_books(verdict, talking=2 * len(pairs))
    ledger.leave(pairs)
    _after(site, verdict)


def _crash(site: Site, verdict: Verdict, *, books: bool = True) -> None:
    at = site.box.kill()
    site.ledger.judge_music(verdict, site.ledger.callers, at)
    if books:
        _after(site, verdict)


def _after(site: Site, verdict: Verdict) -> None:
    site.ledger.judge_books(verdict)
    site.ledger.judge_voices(verdict)


def _spread(site: Site, dice: Random, steps: Sequence[Callable[[], object]]) -> float:
    """Do all these things within a moment, and crash somewhere in it; return when that was."""
    crash: list[float] = []
    plan = [(dice.uniform(0, MOMENT), index, step) for index, step in enumerate(steps)]
    plan.append((dice.uniform(0, MOMENT), len(steps), lambda: crash.append(site.box.kill())))
    start = time.monotonic()
    for due, _, step in sorted(plan):
        time.sleep(max(start + due - time.monotonic(), 0))  # the schedule, not a wait
        step()
    return crash[0]


def _conversation(site: Site) -> tuple[CrowdCall, CrowdCall]:
    """Let somebody call the parker, who answers; return both ends, talking."""
    station, ledger = site.stations[PARKER], site.ledger
    station.calls.clear()
    there = ledger.call(PARKER)
    here = until(lambda: next(iter(station.ringing()), None), "the parker's phone rings", tail=site.box.tail)
    assert here is not None
    ledger.may_hear(there, here)
    here.answer()
    until(lambda: talk(there, here), "they talk", tail=site.box.tail)
    return there, here


def _transfer(ledger: Ledger, there: CrowdCall, here: CrowdCall, place: str) -> None:
    ledger.callers.append(Caller(there, place))
    here.transfer(f"*68{place}")


def _answer_recall(site: Site, verdict: Verdict, caller: Caller, station: Station) -> None:
    """Answer the phone that rings again: the parker has his caller back."""
    try:
        again = until(lambda: next(iter(station.ringing()), None), "it rings again", limit=FOR_EVER)
    except AssertionError:
        verdict.wrong.append(f"{station.login.user} did not ring again for {caller.name}")
        return
    assert again is not None
    time.sleep(ONCE + MOMENT)  # long enough to see it ring twice
    judge_ringing(verdict, station)
    caller.retriever = again
    site.ledger.may_hear(caller.call, again)
    again.answer()
    site.ledger.judge_pair(verdict, caller)
    site.ledger.leave([caller])


def _ring(call: CrowdCall) -> tuple[float, float]:
    """Return from when to when a call rang."""
    ends = [one for one in (call.answered, call.ended) if one is not None]
    return call.began, min(ends, default=time.monotonic())


def _talk_since(one: Caller, since: float) -> float | None:
    """Return when both of a pair heard each other again, after an instant."""
    other = one.retriever
    assert other is not None
    if not talk(one.call, other):
        return None
    spells = [call.hears for call in (one.call, other)]
    begun = [spell.at for spell in spells if spell is not None]
    return max(begun) if min(begun) > since else None
