"""What the loudspeakers say, when, and when they stop: the relay's instants are the box's own, the sound is the recorded one."""

import re
import statistics
import time
from dataclasses import dataclass

import pytest

from tests.e2e.company import (
    CARD_RATE,
    PERSON,
    at_once,
    connect,
    find,
    park,
    spoken,
    two_way,
    wait_said,
    wait_silent,
    with_chord,
)
from tests.lab import hearing
from tests.lab.process import until

pytestmark = pytest.mark.e2e

LEAD, TAIL, EVERY = 0.3, 1.0, 5.0
FALLS_SILENT = 0.3
"""Seconds from pick-up to silence."""
DING, DONG = 659.26, 523.25
"""Hz of the chime."""
ANNA = PERSON.format(name="Anna, Filialleitung", place="1 0 2")
JENS, PETER = "Jens, bitte.", "Ein Anruf für Peter."
_OVER = re.compile(r"page over page=(\d+) zone=(\S+) reason=(\w+) relay_at=(\S+) first_at=(\S+) last_at=(\S+)")


@dataclass(frozen=True, slots=True)
class Page:
    """One page that is over, as the box's log has it; instants are monotonic."""

    reason: str
    relay: float
    first: float
    last: float


def configure(config):
    with_chord(config)
    config["zone"][0].update(lead=LEAD, tail=TAIL)
    config["announce"] = {"repeat_every": EVERY, "repeats": 1}
    config["extension"][2]["announcement"] = JENS
    config["extension"][0]["announcement"] = PETER


def pages(box, count, before):
    """Wait until so many more pages are over than `before`; return those."""

    def found():
        over = [match.groups() for line in box.log.read_text().splitlines() if (match := _OVER.search(line))]
        new = [Page(reason, *map(_instant, times)) for _, _, reason, *times in over[before:]]
        return new if len(new) >= count else []

    return until(found, f"{count} pages are over", tail=box.tail)


def _instant(text):
    return float("nan") if text == "None" else float(text)


@pytest.fixture
def over(box):
    """How many pages of the box were over before the test, nothing being said now."""
    wait_silent(box)
    return len(_OVER.findall(box.log.read_text()))


def begins(loudspeaker, since, limit=20.0):
    """Wait until something is heard, return the instant of its beginning."""
    return until(lambda: hearing.first_sound(loudspeaker.heard(since)), "the loudspeaker is heard", limit=limit)


@pytest.mark.rule("A-1", "A-7")
def test_the_relay_closes_first_and_the_chime_and_the_words_come_after_the_lead(box, phones, loudspeaker, over):
    there, parked = park(box, *phones.get("customer", "101"), "*68102", "102")
    assert box.status()["relays"] == [{"name": "amp", "closed": True}]
    words = wait_said(loudspeaker, box, ANNA, parked.at)
    (page,) = pages(box, 1, over)
    heard = loudspeaker.heard(page.relay - 0.5, page.last + 0.5)
    sound = hearing.first_sound(heard)
    ding, dong = (hearing.first_tone(heard, tone, window=0.03) for tone in (DING, DONG))
    assert page.reason == "said"
    assert page.first - page.relay >= LEAD
    assert sound is not None
    assert sound >= page.relay + LEAD
    assert hearing.level(heard.between(page.relay - 0.5, page.relay + LEAD)) < hearing.QUIET
    assert sound - 0.05 < ding < dong < words
    assert hearing.is_speech(heard.between(words, words + 2.5))
    wait_silent(box)
    assert time.monotonic() - page.last >= TAIL - 0.25
    print(
        f"\nrelay {1000 * (page.relay - parked.at):.0f} ms after the park was told, first sample {page.first - page.relay:.3f} s "
        f"after the relay, heard {sound - page.first:.3f} s later"
    )
    assert hearing.peak(heard) <= -0.9
    there.hang_up()


@pytest.mark.rule("A-9")
def test_an_announcement_is_said_again_and_not_more_often_than_it_shall(box, phones, loudspeaker, over):
    park(box, *phones.get("customer", "101"), "*68103", "103")
    first, second = pages(box, 2, over)
    assert (first.reason, second.reason) == ("said", "said")
    assert EVERY <= second.first - first.last < EVERY + LEAD + 1.5
    assert find(loudspeaker.heard(second.first, second.last + 0.5), spoken(box, JENS, CARD_RATE)).complete
    after = loudspeaker.wait_heard(EVERY + LEAD + 1.0, second.last + 0.5)
    assert hearing.level(after) < hearing.QUIET


@pytest.mark.rule("A-9", "P-32")
def test_the_announcement_stops_in_mid_word_when_the_call_is_taken(box, phones, loudspeaker, over):
    took = []
    for turn in range(3):
        there, parked = park(box, *phones.get("customer", "101"), "*68102", "102")
        speaking = begins(loudspeaker, parked.at) + 2.3 + 0.35 * turn
        loudspeaker.wait(speaking)
        taking = phones["103"].dial("*88102")
        retrieved = box.wait_for("retrieved", after=parked.at)
        took.append(fell_silent(loudspeaker, retrieved.at))
        two_way(there, taking)
        there.hang_up()
        taking.wait_ended()
        wait_silent(box)
    assert "stopped" in {page.reason for page in pages(box, 3, over)}
    judge(took, "pick-up")


def judge(took, what):
    """Compare with the rule what was measured; at least one of several must have caught it in mid-word."""
    caught = [seconds for seconds in took if seconds is not None]
    print(f"\nsilence in the loudspeaker after {what}: {' '.join(f'{1000 * seconds:.0f}' for seconds in caught)} ms")
    assert caught
    assert statistics.median(caught) <= FALLS_SILENT


def fell_silent(loudspeaker, at):
    """Return how long after an instant the last sound came; nothing comes any more.

    None when nothing was heard right before either: the machine was so late that the words were over.
    """
    heard = loudspeaker.wait_heard(3.0, at - 1.0)
    if hearing.level(heard.between(at - 1.0, at)) <= hearing.QUIET:
        return None
    last = hearing.last_sound(heard)
    assert last is not None
    assert last < at + 1.0
    return max(last - at, 0.0)


@pytest.mark.rule("P-27", "A-9")
def test_the_announcement_stops_in_mid_word_when_the_caller_gives_up(box, phones, loudspeaker, over):
    took = []
    for _ in range(2):
        there, parked = park(box, *phones.get("customer", "101"), "*68102", "102")
        loudspeaker.wait(begins(loudspeaker, parked.at) + 2.5)
        there.hang_up()
        took.append(fell_silent(loudspeaker, box.wait_for("abandoned", after=parked.at, place="102").at))
        wait_silent(box)
    assert "stopped" in {page.reason for page in pages(box, 2, over)}
    judge(took, "the caller hung up")


@pytest.mark.rule("A-3", "A-1")
def test_two_announcements_come_one_after_the_other_without_a_click_between(box, phones, loudspeaker, over):
    one, two = connect(*phones.get("customer", "104")), connect(*phones.get("customer2", "105"))
    at_once(lambda: one[1].blind_transfer("*68103"), lambda: two[1].blind_transfer("*68101"))
    since = min(box.wait_for("parked", place=place).at for place in ("103", "101"))
    begun = sorted(wait_said(loudspeaker, box, text, since) for text in (JENS, PETER))
    first, second = pages(box, 2, over)
    assert (first.reason, second.reason) == ("said", "said")
    assert begun[0] < first.last < second.first < begun[1]
    assert second.relay == first.relay
