"""Who called, where he was parked, what became of him. Judges by what callers hear; the box's word is only compared.

A *caller* is kept when he hears the music of the box again, or the voice of the one whom he was given to. He is *lost* when
he does not within the limit, *doubled* when the box has him twice, *mis-joined* when he hears anybody whom he should not,
when the box takes him for somebody else, or when somebody gets the wrong one from a place.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from tests.lab.crowd import Crowd
from tests.lab.crowd_call import CrowdCall, Login, Step
from tests.lab.kept_box import KeptBox
from tests.lab.pbx import Asterisk
from tests.lab.process import LIMIT, LabError, until
from tests.lab.voices import MUSIC, VOICES, Heard, Kind

BUDGET = 10.0
"""Seconds from a crash to music (S-5)."""
PATIENCE = 40.0
"""Seconds until a caller without music counts as lost, and no longer as late."""
SURE = 0.24
"""Seconds for which something is heard before it counts: three windows, for a change can fall into one or two."""
STATIONS = 8
"""The last voices belong to the company's phones."""


@dataclass(eq=False, slots=True)
class Caller:
    """One caller on his way to a place, or there; without a place he waits in the lobby, and his parker is rung."""

    call: CrowdCall
    place: str
    retriever: CrowdCall | None = None

    @property
    def name(self) -> str:
        """Return how a report names him."""
        return f"{self.call.me.number} on {self.place or 'no place'}"


@dataclass(slots=True)
class Verdict:
    """What became of everybody in one scenario."""

    scenario: str
    callers: int = 0
    kept: int = 0
    lost: list[str] = field(default_factory=list)
    """Whom, and why."""
    doubled: list[str] = field(default_factory=list)
    misjoined: list[str] = field(default_factory=list)
    excused: list[str] = field(default_factory=list)
    """Whom nobody can get back, because the PBX has lost or refused him; the box has said so."""
    late: list[str] = field(default_factory=list)
    """Music came, but after the limit."""
    wrong: list[str] = field(default_factory=list)
    """Everything else that should not be: a place or a leg that is stuck, a phone that rings for ever."""
    music: list[float] = field(default_factory=list)
    """Seconds from the kill to the music, of each caller."""
    notes: list[str] = field(default_factory=list)
    """What was done, and how."""
    skipped: str = ""
    """Why nothing could be done here; empty: it was done."""

    @property
    def good(self) -> bool:
        """Return whether nothing is to be complained about."""
        return not (self.lost or self.doubled or self.misjoined or self.late or self.wrong)

    def add(self, other: "Verdict") -> None:
        """Take another one in: several rounds of one scenario."""
        self.callers += other.callers
        self.kept += other.kept
        self.skipped = self.skipped or other.skipped
        for name in ("lost", "doubled", "misjoined", "excused", "late", "wrong", "music", "notes"):
            getattr(self, name).extend(getattr(other, name))


class Ledger:
    """Every caller of one box since it was opened."""

    def __init__(self, crowd: Crowd, box: KeptBox, pbx: Asterisk, places: Sequence[str]) -> None:
        self.crowd = crowd
        self.box = box
        self.pbx = pbx
        self.places = list(places)
        self.callers: list[Caller] = []
        self._calls: list[CrowdCall] = []
        """Every call that was made or came, to look for voices that it should not have heard."""
        self._allowed: dict[str, set[int]] = {}
        """For each call whose voices it may hear, by Call-ID."""
        self._told: set[tuple[str, float]] = set()
        self._next_voice = 0
        self._next_number = 0
        self.budget, self.patience, self.limit = BUDGET, PATIENCE, LIMIT
        """Seconds until music is late, until it is lost, and until two who are joined hear each other."""

    # -- people ---------------------------------------------------------------------------------------------------------

    def voice(self) -> int:
        """Return a voice that nobody has had for long."""
        self._next_voice = (self._next_voice + 1) % (VOICES - STATIONS)
        return self._next_voice

    def stranger(self) -> Login:
        """Return somebody who has never called before."""
        self._next_number += 1
        return Login(f"+4930{self._next_number:06d}", f"Caller {self._next_number}")

    def free(self) -> list[str]:
        """Return the places where nobody of ours is or is going."""
        taken = {caller.place for caller in self.callers}
        return [place for place in self.places if place not in taken]

    def send(self, place: str, by: str = "101") -> Caller:
        """Let somebody new call the PBX, which says that `by` has transferred him to a place; returns at once."""
        headers = {"Diversion": f"<sip:{by}@{self.pbx.server}>;reason=unconditional"}
        caller = Caller(self.call(f"*68{place}", headers), place)
        self.callers.append(caller)
        return caller

    def call(self, number: str, headers: dict[str, str] | None = None) -> CrowdCall:
        """Let somebody new call a number."""
        call = self.crowd.call(number, self.stranger(), self.voice(), headers)
        self.watch(call)
        return call

    def watch(self, call: CrowdCall) -> None:
        """Keep an eye on whom a call hears."""
        self._calls.append(call)

    def may_hear(self, one: CrowdCall, other: CrowdCall) -> None:
        """Know that two are to be joined."""
        self._allowed.setdefault(one.call_id, set()).add(other.voice)
        self._allowed.setdefault(other.call_id, set()).add(one.voice)

    def may_hear_voice(self, one: CrowdCall, voice: int) -> None:
        """Know that somebody may be given to the phone with that voice, whichever of its calls."""
        self._allowed.setdefault(one.call_id, set()).add(voice)

    def park(self, count: int, pace: float = 0.02) -> list[Caller]:
        """Park so many new callers on the next free places; wait until each hears music and the box has them all."""
        new: list[Caller] = []
        for place in self.free()[:count]:
            new.append(self.send(place))
            time.sleep(pace)  # the rate at which they call, not a wait
        self.wait_music(new)
        wanted = {caller.place for caller in self.callers if caller.place}
        until(lambda: self.parked_places() >= wanted, "the box has everybody", tail=self.box.tail)
        return new

    def wait_music(self, callers: Iterable[Caller], limit: float = LIMIT) -> None:
        """Wait until each of them hears music; for what a scenario needs before it begins."""
        everybody = list(callers)
        until(
            lambda: all(caller.call.heard_for(MUSIC, SURE) for caller in everybody),
            "music for everybody",
            limit=limit,
            tail=lambda: self.told(everybody) + "\n" + self.box.tail(),
        )

    def take(self, caller: Caller) -> CrowdCall:
        """Let somebody new dial for a caller; returns at once."""
        caller.retriever = self.call(f"*88{caller.place}")
        self.may_hear(caller.call, caller.retriever)
        return caller.retriever

    def leave(self, callers: Iterable[Caller]) -> None:
        """Let them, and whoever talks with them, hang up; they are nobody's business any more."""
        gone = list(callers)
        for caller in gone:
            for call in (caller.call, caller.retriever):
                if call is not None:
                    call.hang_up()
        self.callers = [caller for caller in self.callers if caller not in gone]

    def parked_places(self) -> set[str]:
        """Return the places where the box says that somebody waits."""
        return {place["number"] for place in self.box.status()["places"] if place["state"] == "parked"}

    # -- judging --------------------------------------------------------------------------------------------------------

    def judge_music(
        self, verdict: Verdict, callers: Iterable[Caller], since: float, budget: float | None = None
    ) -> None:
        """Wait for the music of each that began after an instant; note how long it took, or why it did not come."""
        budget = self.budget if budget is None else budget
        waiting = list(callers)
        verdict.callers += len(waiting)
        while True:
            waiting = [caller for caller in waiting if not self._is_settled(verdict, caller, since, budget)]
            if not waiting or time.monotonic() > since + max(self.patience, budget):
                break
            time.sleep(0.02)
        verdict.lost += [f"{caller.name}: hears {heard_now(caller.call)}, {caller.call.last}" for caller in waiting]
        self.leave([*waiting, *(caller for caller in self.callers if caller.call.step is Step.OVER)])

    def _is_settled(self, verdict: Verdict, caller: Caller, since: float, budget: float) -> bool:
        """Note it when the music of a caller has come, or cannot come any more; return whether it is so."""
        at = _music_after(caller.call, since)
        if at is not None:
            verdict.kept += 1
            verdict.music.append(at - since)
            if at - since > budget:
                verdict.late.append(f"{caller.name}: {at - since:.1f} s")
        elif caller.call.step is Step.OVER:
            verdict.lost.append(f"{caller.name}: {caller.call.last}")
        else:
            return False
        return True

    def judge_pair(self, verdict: Verdict, caller: Caller) -> bool:
        """Wait until a caller and his retriever hear each other; complain when they do not."""
        other = caller.retriever
        assert other is not None
        if wait(lambda: talk(caller.call, other) or Step.OVER in (caller.call.step, other.step), self.limit):
            if talk(caller.call, other):
                return True
            verdict.lost.append(f"{caller.name}, being fetched: {caller.call.last}; the other: {other.last}")
        else:
            heard = f"hears {heard_now(caller.call)}, the other {heard_now(other)}"
            verdict.misjoined.append(f"{caller.name} and who dialled for him are not joined: {heard}")
        return False

    def judge_fetching(self, verdict: Verdict, callers: Iterable[Caller], batch: int = 10) -> None:
        """Fetch each from his place: both ends say whether it is the right one. They hang up then."""
        everybody = list(callers)
        for start in range(0, len(everybody), batch):
            now = everybody[start : start + batch]
            for caller in now:
                self.take(caller)
            for caller in now:
                self.judge_pair(verdict, caller)
            self.leave(now)

    def judge_books(self, verdict: Verdict, *, talking: int = 0, limit: float = 8.0) -> None:
        """Compare what the box and the PBX have with who is there: nobody twice, nobody elsewhere, no leg too many.

        `talking`: legs that the box has beside those of the parked; what is in flux may settle within the limit.
        """
        wanted = {caller.call.me.number: caller.place for caller in self.callers if caller.place}
        legs = len(self.callers) + talking

        def settled() -> bool:
            status = self.box.status()
            return _whereabouts(status) == wanted and status["legs"] == legs

        wait(settled, limit)
        status = self.box.status()
        counted = Counter(place["caller"]["number"] for place in status["places"] if place["caller"] is not None)
        verdict.doubled += [f"{number} is on {times} places" for number, times in counted.items() if times > 1]
        there = _whereabouts(status)
        for number, place in there.items():
            if number not in wanted:
                verdict.wrong.append(f"{place} is held for {number}, who is not there any more")
            elif wanted[number] != place:
                verdict.misjoined.append(f"{number} was parked on {wanted[number]} and is on {place}")
        verdict.wrong += [
            f"{number} hears music, and {place} is not his" for number, place in wanted.items() - there.items()
        ]
        if status["legs"] != legs:
            verdict.doubled.append(f"{status['legs']} legs for {len(self.callers)} who wait and {talking} who talk")
        self._judge_channels(verdict, limit)

    def _judge_channels(self, verdict: Verdict, limit: float) -> None:
        """Count at the PBX: the legs of the box must be as many there, or one hangs on that nobody knows."""

        def of_the_box() -> int:
            rows = self.pbx.cli("core show channels concise").splitlines()
            return sum(row.startswith(f"PJSIP/{self.pbx.company.box.account}-") for row in rows)

        if not wait(lambda: of_the_box() == self.box.status()["legs"], limit):
            verdict.doubled.append(f"the PBX has {of_the_box()} legs of the box, the box {self.box.status()['legs']}")

    def judge_voices(self, verdict: Verdict, calls: Iterable[CrowdCall] = ()) -> None:
        """Look whether anybody has ever heard somebody whom he should not have; each case is told once."""
        for call in (*self._calls, *calls):
            for spell in call.spells:
                known = (call.call_id, spell.at)
                if spell.length >= SURE and known not in self._told and not self._proper(call, spell.heard):
                    self._told.add(known)
                    when = f"{spell.at:.2f}, {spell.length:.2f} s long"
                    verdict.misjoined.append(f"{call.me.number} heard {spell.heard} at {when}")

    def judge_end(self, verdict: Verdict, limit: float = LIMIT) -> None:
        """Let everybody hang up: nothing may be left, neither in the box nor at the PBX."""
        self.leave(list(self.callers))
        for call in self._calls:
            call.hang_up()
        try:
            self.box.wait_idle(limit)
        except LabError as stuck:
            verdict.wrong.append(f"stuck in the box: {str(stuck).splitlines()[0]}: {_brief(self.box)}")
        try:
            self.pbx.wait_idle(limit)
        except LabError as stuck:
            verdict.wrong.append(f"stuck at the PBX: {str(stuck).splitlines()[0]}")
        self.judge_voices(verdict)
        self._calls.clear()

    def told(self, callers: Iterable[Caller]) -> str:
        """Say how each of them is, for messages."""
        return "\n".join(f"{one.name}: {one.call.last}, hears {heard_now(one.call)}" for one in callers)

    def _proper(self, call: CrowdCall, heard: Heard) -> bool:
        if heard.kind is Kind.SEVERAL:
            return False
        return heard.kind is not Kind.VOICE or heard.voice in self._allowed.get(call.call_id, set())


def talk(one: CrowdCall, other: CrowdCall) -> bool:
    """Say whether two hear each other, and nobody else."""
    return one.heard_for(_voice(other), SURE) and other.heard_for(_voice(one), SURE)


def _voice(call: CrowdCall) -> Heard:
    return Heard(Kind.VOICE, call.voice)


def _music_after(call: CrowdCall, since: float) -> float | None:
    """Return when music began that is still there and began after an instant."""
    now = call.hears
    if now is None or now.heard != MUSIC or now.at < since or now.length < SURE:
        return None
    return now.at


def heard_now(call: CrowdCall) -> str:
    hears = call.hears
    return str(hears.heard) if hears is not None else "nothing"


def wait(check: Callable[[], bool], limit: float) -> bool:
    """Wait until something is so; False when it is not in time."""
    end = time.monotonic() + limit
    while not check():
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True


def _whereabouts(status: dict[str, object]) -> dict[str, str]:
    places = status["places"]
    assert isinstance(places, list)
    return {place["caller"]["number"]: place["number"] for place in places if place["caller"] is not None}


def _brief(box: KeptBox) -> str:
    status = box.status()
    taken = [f"{place['number']} {place['state']}" for place in status["places"] if place["state"] != "free"]
    return f"{status['legs']} legs, {', '.join(taken) or 'every place free'}"
