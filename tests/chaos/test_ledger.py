"""The judge himself: a ledger that cannot complain would find every crash harmless."""

import time
from dataclasses import dataclass, field

import pytest

from tests.chaos import report
from tests.chaos.ledger import Caller, Ledger, Verdict, talk
from tests.lab.crowd_call import CrowdCall, Fact, Login, Step
from tests.lab.voices import MUSIC, NOTHING, Heard, Kind

LONG_AGO = 5.0


def place(number, caller=None):
    return {"number": number, "state": "parked" if caller else "free", "caller": caller and {"number": caller}}


@dataclass
class Box:
    """A box that says what it is told to say."""

    places: list = field(default_factory=list)
    legs: int = 0

    def status(self):
        return {"places": self.places, "legs": self.legs}

    def wait_idle(self, _limit):
        """Be idle."""


@dataclass
class Pbx:
    """A PBX with so many legs of the box."""

    legs: int = 0
    server = "127.0.0.1:5060"
    company = type("Company", (), {"box": Login("800", account="800")})

    def cli(self, _command):
        return "\n".join(f"PJSIP/800-0000000{leg}!internal!" for leg in range(self.legs))

    def wait_idle(self, _limit):
        """Be idle."""


class Crowd:
    """Somebody whose calls go nowhere."""

    def call(self, number, me, voice, headers=None):
        return CrowdCall(self, me, number, voice, headers=list((headers or {}).items()))

    def post(self, action):
        """Do nothing."""


@pytest.fixture
def ledger():
    return Ledger(Crowd(), Box(), Pbx(), ["701", "702", "703"])


def hears(call, *changes):
    """Let a call be up and have heard things, each since so many seconds ago."""
    call.step = Step.UP
    call.ear.changes = [(time.monotonic() - ago, heard) for ago, heard in changes]


def parked(ledger, where="701", *changes):
    caller = ledger.send(where)
    hears(caller.call, *(changes or [(LONG_AGO, MUSIC)]))
    ledger.box.places.append(place(where, caller.call.me.number))
    ledger.box.legs += 1
    ledger.pbx.legs += 1
    return caller


def books(ledger):
    verdict = Verdict("books")
    ledger.judge_books(verdict, limit=0.0)
    return verdict


def test_books_that_agree_are_good(ledger):
    parked(ledger, "701")
    parked(ledger, "702")
    assert books(ledger).good


def test_a_caller_on_two_places_is_doubled(ledger):
    caller = parked(ledger)
    ledger.box.places.append(place("702", caller.call.me.number))
    assert books(ledger).doubled == [f"{caller.call.me.number} is on 2 places"]


def test_a_leg_too_many_is_doubled_whoever_has_it(ledger):
    parked(ledger)
    ledger.box.legs = 2
    assert len(books(ledger).doubled) == 2
    ledger.box.legs, ledger.pbx.legs = 1, 2
    assert books(ledger).doubled == ["the PBX has 2 legs of the box, the box 1"]


def test_two_who_changed_places_are_misjoined(ledger):
    one, other = parked(ledger, "701"), parked(ledger, "702")
    ledger.box.places = [place("702", one.call.me.number), place("701", other.call.me.number)]
    assert len(books(ledger).misjoined) == 2


def test_a_place_that_is_held_for_nobody_is_wrong(ledger):
    caller = parked(ledger)
    ledger.callers.clear()
    assert f"701 is held for {caller.call.me.number}, who is not there any more" in books(ledger).wrong


def test_a_caller_of_whom_the_box_knows_nothing_is_wrong(ledger):
    parked(ledger)
    ledger.box.places = [place("701")]
    assert len(books(ledger).wrong) == 1


def music(ledger, since, budget=10.0):
    verdict = Verdict("music")
    ledger.patience = 0.0
    ledger.judge_music(verdict, list(ledger.callers), since, budget)
    return verdict


def test_music_after_the_crash_counts_and_music_before_does_not(ledger):
    crash = time.monotonic() - 3.0
    parked(ledger, "701", (LONG_AGO, MUSIC), (2.9, NOTHING), (1.0, MUSIC))
    parked(ledger, "702", (LONG_AGO, MUSIC))
    verdict = music(ledger, crash, budget=2.9)
    assert (verdict.callers, verdict.kept, len(verdict.lost)) == (2, 1, 1)
    assert verdict.music == [pytest.approx(2.0, abs=0.1)]
    assert len(ledger.callers) == 1


def test_music_that_comes_late_is_late(ledger):
    crash = time.monotonic() - 3.0
    parked(ledger, "701", (LONG_AGO, MUSIC), (2.9, NOTHING), (1.0, MUSIC))
    verdict = music(ledger, crash, budget=1.5)
    assert (verdict.kept, len(verdict.late), verdict.good) == (1, 1, False)


@pytest.mark.parametrize("heard", [NOTHING, Heard(Kind.OTHER), Heard(Kind.VOICE, 9), Heard(Kind.SEVERAL)])
def test_who_hears_anything_but_music_is_lost(ledger, heard):
    parked(ledger, "701", (LONG_AGO, MUSIC), (2.0, heard))
    assert len(music(ledger, time.monotonic() - 3.0, budget=3.0).lost) == 1


def test_who_was_hung_up_is_lost_at_once(ledger):
    caller = parked(ledger)
    caller.call.step = Step.OVER
    caller.call.facts.append(Fact(0.0, "bye", "Q.850;cause=16"))
    assert music(ledger, time.monotonic()).lost == [f"{caller.name}: bye Q.850;cause=16"]


def voices(ledger):
    verdict = Verdict("voices")
    ledger.judge_voices(verdict)
    return verdict.misjoined


def test_a_voice_that_nobody_allowed_is_a_misjoin_and_told_once(ledger):
    one, other = parked(ledger, "701"), parked(ledger, "702")
    hears(one.call, (LONG_AGO, MUSIC), (2.0, Heard(Kind.VOICE, other.call.voice)), (1.0, MUSIC))
    assert len(voices(ledger)) == 1
    assert voices(ledger) == []


def test_several_voices_are_a_misjoin_even_with_the_right_one(ledger):
    one = parked(ledger)
    ledger.take(one)
    hears(one.call, (2.0, Heard(Kind.SEVERAL)))
    assert len(voices(ledger)) == 1


def test_a_window_in_which_things_change_is_no_misjoin(ledger):
    one = parked(ledger)
    hears(one.call, (LONG_AGO, MUSIC), (2.0, Heard(Kind.SEVERAL)), (1.84, MUSIC))
    assert voices(ledger) == []


def test_a_pair_talks_when_each_hears_the_other_alone(ledger):
    one = parked(ledger)
    other = ledger.take(one)
    hears(one.call, (1.0, Heard(Kind.VOICE, other.voice)))
    hears(other, (1.0, Heard(Kind.VOICE, one.call.voice)))
    assert talk(one.call, other)
    hears(other, (1.0, Heard(Kind.VOICE, one.call.voice + 1)))
    assert not talk(one.call, other)


def test_the_wrong_one_at_the_other_end_is_a_misjoin(ledger):
    one = parked(ledger)
    other = ledger.take(one)
    hears(one.call, (1.0, Heard(Kind.VOICE, other.voice + 5)))
    hears(other, (1.0, Heard(Kind.VOICE, one.call.voice + 5)))
    verdict = Verdict("pair")
    ledger.limit = 0.0
    assert not ledger.judge_pair(verdict, one)
    assert len(verdict.misjoined) == 1


def test_the_table_names_every_complaint():
    good = Verdict("kill", callers=3, kept=3, music=[1.0, 2.0, 6.0])
    bad = Verdict("kill", callers=2, kept=1, lost=["701: bye"], music=[1.0])
    text = report.table([good, bad])
    assert "kill, lost: 701: bye" in text
    assert [cell.strip() for cell in text.splitlines()[2].split("|")[1:4]] == ["kill", "5", "4"]
    assert "6.00" in text.splitlines()[2]


def test_a_retriever_is_known_by_his_call(ledger):
    caller = parked(ledger)
    assert isinstance(caller, Caller)
    assert ledger.take(caller) is caller.retriever
