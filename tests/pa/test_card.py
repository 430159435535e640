"""The thread of one card, on a card that the test turns by hand."""

import queue
import threading
import time

import pytest

from appliance.core.ids import PageId
from appliance.pa import levels
from appliance.pa.card import PAUSES, Card, Gone, Opened
from appliance.pa.mixer import Began, Clip, Ended
from appliance.pa.port import PaSettings
from hardware.ports import HardwareError
from tests.pa.stage import LIMIT, RATE, sine

ONE = PageId(1)


class Hand:
    """Sound cards with one card: each `turn` lets one write through; `error` fails the next, `absent` the opening."""

    def __init__(self):
        self.absent = self.error = None
        self.open = 0
        self.written = []
        self._turns = threading.Semaphore(0)
        self._done = queue.SimpleQueue()
        self.rate, self.block = RATE, 960

    def open_output(self, card, rate, block):
        if self.absent is not None:
            raise self.absent
        assert (card, rate, block, self.open) == ("USB", RATE, 960, 0)
        self.open += 1
        return self

    def write(self, samples):
        self._turns.acquire()
        if self.error is not None:
            error, self.error = self.error, None
            raise error
        self.written.append(samples)
        self._done.put(None)

    def close(self):
        self.open -= 1

    def turn(self, count=1):
        for _ in range(count):
            self._turns.release()
            self._done.get(timeout=LIMIT)

    def fail(self, error):
        self.error = error
        self._turns.release()


@pytest.fixture
def hand():
    return Hand()


@pytest.fixture
def facts():
    return queue.SimpleQueue()


@pytest.fixture
def card(hand, facts):
    made = Card(hand, "USB", PaSettings(), facts.put)
    yield made
    made.stop(0)
    hand.fail(HardwareError("the end"))


def clip():
    return Clip(levels.to_pcm(sine(440, 0.04)))


@pytest.mark.rule("A-16")
def test_silence_is_written_for_ever_and_facts_are_told_after_the_write(card, hand, facts):
    card.start()
    assert facts.get(timeout=LIMIT) == Opened(1)
    hand.turn(2)
    assert hand.written == [bytes(1920)] * 2
    card.play(1, ONE, clip(), 0.0)
    hand.turn(3)
    began = facts.get(timeout=LIMIT)
    assert (type(began), began.page) == (Began, ONE)
    hand.turn(9)
    assert isinstance(facts.get(timeout=LIMIT), Ended)
    assert [any(block) for block in hand.written].count(True) == 2


@pytest.mark.rule("A-17")
def test_a_card_that_is_gone_is_opened_again_and_what_was_meant_for_the_old_stream_is_not_heard(card, hand, facts):
    card.start()
    facts.get(timeout=LIMIT)
    hand.turn()
    hand.fail(HardwareError("unplugged"))
    assert facts.get(timeout=LIMIT) == Gone("unplugged")
    card.play(1, ONE, clip(), 0.0)
    assert facts.get(timeout=LIMIT) == Opened(2)
    hand.turn(10)
    assert not any(any(block) for block in hand.written)
    assert facts.empty()
    assert hand.open == 1


@pytest.mark.rule("A-17")
def test_whatever_a_back_end_does_the_thread_goes_on(card, hand, facts, caplog):
    card.start()
    facts.get(timeout=LIMIT)
    hand.fail(ZeroDivisionError("a bug"))
    assert "a bug" in facts.get(timeout=LIMIT).detail
    assert facts.get(timeout=LIMIT) == Opened(2)
    assert "card thread failed card=USB" in caplog.text


@pytest.mark.rule("S-9")
def test_the_beat_goes_on_while_the_card_is_missing(card, hand, facts):
    hand.absent = HardwareError("no card USB")
    card.start()
    beats = []
    for _ in range(3):
        assert facts.get(timeout=LIMIT) == Gone("no card USB")
        beats.append(card.beat)
    assert beats[2] > beats[0]


@pytest.mark.rule("S-9")
def test_the_beat_is_fresh_when_a_card_begins_to_open_and_when_it_is_open(hand, facts, monkeypatch):
    """S-9: a pause before a try and a slow opening do not add up to one that hangs."""
    instants = []
    opening = hand.open_output

    def slow_opening(*arguments):
        instants.append((card.beat, time.monotonic()))
        time.sleep(0.2)
        return opening(*arguments)

    def tell(fact):
        instants.append((card.beat, time.monotonic()))
        facts.put(fact)

    monkeypatch.setattr(hand, "open_output", slow_opening)
    card = Card(hand, "USB", PaSettings(), tell)
    hand.absent = HardwareError("no card USB")
    card.start()
    assert facts.get(timeout=LIMIT) == Gone("no card USB")
    hand.absent = None
    assert facts.get(timeout=LIMIT) == Opened(1)
    card.stop(0)
    hand.fail(HardwareError("the end"))
    (_, _), (_, gone), (at_opening, begun), (when_open, _) = instants
    assert at_opening >= gone + 0.9 * PAUSES[0]
    assert when_open >= begun + 0.2


@pytest.mark.rule("S-9")
def test_a_card_that_hangs_shows_in_the_beat_and_holds_nobody_up(card, hand, facts):
    card.start()
    facts.get(timeout=LIMIT)
    hand.turn()
    assert card.stop(0.05) is False
    before = card.beat
    assert card.stop(0.05) is False
    assert card.beat == before


def test_at_its_end_the_thread_gives_the_card_back(card, hand, facts):
    card.start()
    facts.get(timeout=LIMIT)
    hand.turn()
    card.stop(0)
    hand.fail(HardwareError("the end"))
    assert card.stop(LIMIT) is True
    assert hand.open == 0
