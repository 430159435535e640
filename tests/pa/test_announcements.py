"""Whose turn it is: timelines of facts and steps, without a clock."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.core.ids import PageId
from appliance.pa.announcements import FAULTS, GRACE, Begun, Close, Hush, Open, Over, Sound, Turns
from appliance.pa.port import PaSettings, Reason, ZoneSettings

SHOP = ZoneSettings("shop", relay="amp", lead=0.3, tail=2.0)
YARD = ZoneSettings("yard", relay="horn", lead=0.5, tail=1.0)
BARE = ZoneSettings("bare", relay="")
ONE, TWO, THREE = PageId(1), PageId(2), PageId(3)
PAUSE = PaSettings().pause


def turns(*zones, there=True):
    """Return the queue of one card, which is there."""
    queue = Turns(zones or (SHOP, YARD), PaSettings())
    if there:
        assert queue.card(0.0, there=True) == ()
    return queue


def over(page, zone="shop", reason=Reason.SAID, relay_at=None):
    return Over(page, zone, reason, relay_at, f"zone {zone}: {FAULTS[reason]}" if reason in FAULTS else "")


def sounding(queue, page=ONE, at=10.0):
    """Bring a page to its first sample; its relay closed at `at`."""
    queue.announce(page, "shop", at)
    assert queue.prepared(page, at, sound=True)[-1] == Sound(page, pytest.approx(at + 0.3))
    assert queue.begun(page) == (Begun(page),)
    return queue


@pytest.mark.rule("A-1")
def test_the_relay_closes_with_the_order_and_the_sound_waits_for_the_lead():
    queue = turns()
    assert queue.announce(ONE, "shop", 10.0) == (Close("shop"),)
    assert queue.prepared(ONE, 10.1, sound=True) == (Sound(ONE, 10.3),)
    assert queue.begun(ONE) == (Begun(ONE),)
    assert queue.played(ONE, 14.0) == (over(ONE, relay_at=10.0),)
    assert queue.deadline() == 16.0
    assert queue.advance(15.9) == ()
    assert queue.advance(16.0) == (Open("shop"),)
    assert queue.deadline() is None


@pytest.mark.rule("A-1")
def test_speech_that_is_late_delays_the_sound_and_not_the_relay():
    queue = turns()
    assert queue.announce(ONE, "shop", 10.0) == (Close("shop"),)
    assert queue.prepared(ONE, 12.0, sound=True) == (Sound(ONE, 12.0),)


def test_without_a_relay_there_is_no_lead():
    queue = turns(BARE)
    queue.announce(ONE, "bare", 10.0)
    assert queue.prepared(ONE, 10.01, sound=True) == (Sound(ONE, 10.01),)


@pytest.mark.rule("A-1", "A-3")
def test_two_pages_in_a_row_are_said_one_after_the_other_and_the_relay_stays_closed():
    queue = sounding(turns())
    assert queue.announce(TWO, "shop", 11.0) == ()
    assert queue.prepared(TWO, 11.1, sound=True) == ()
    assert queue.waiting("shop") == (TWO,)
    assert queue.played(ONE, 14.0) == (
        over(ONE, relay_at=10.0),
        Close("shop"),
        Sound(TWO, 14.0 + PAUSE),
    )
    assert queue.played(TWO, 18.0) == (over(TWO, relay_at=10.0),)
    assert queue.advance(20.0) == (Open("shop"),)


@pytest.mark.rule("A-3")
def test_a_queue_that_is_full_says_so_and_takes_no_more():
    queue = sounding(turns())
    for number in range(2, 10):
        assert queue.announce(PageId(number), "shop", 11.0) == ()
    assert queue.announce(PageId(10), "shop", 11.0) == (over(PageId(10), reason=Reason.FULL),)
    assert queue.announce(PageId(11), "yard", 11.0) == ()  # another zone's queue has room


@pytest.mark.rule("A-1")
def test_a_page_for_another_zone_of_the_card_opens_the_first_ones_relay_before_it_is_heard():
    queue = sounding(turns())
    queue.announce(TWO, "yard", 11.0)
    queue.prepared(TWO, 11.1, sound=True)
    assert queue.played(ONE, 14.0) == (
        over(ONE, relay_at=10.0),
        Close("yard"),
        Open("shop"),
        Sound(TWO, 14.5),
    )


@pytest.mark.rule("A-9")
def test_stopping_in_mid_word_fades_and_ends_when_silence_is_told():
    queue = sounding(turns())
    assert queue.stop(ONE, 11.0) == (Hush(ONE),)
    assert queue.stop(ONE, 11.01) == ()
    assert queue.played(ONE, 11.1) == (over(ONE, reason=Reason.STOPPED, relay_at=10.0),)
    assert queue.deadline() == pytest.approx(13.1)


@pytest.mark.rule("A-9")
def test_stopping_before_the_speech_is_made_ends_at_once():
    queue = turns()
    queue.announce(ONE, "shop", 10.0)
    assert queue.stop(ONE, 10.1) == (over(ONE, reason=Reason.STOPPED, relay_at=10.0),)
    assert queue.prepared(ONE, 10.2, sound=True) == ()
    assert queue.advance(12.1) == (Open("shop"),)


@pytest.mark.rule("A-9")
def test_stopping_a_page_that_waits_takes_it_out_of_the_queue():
    queue = sounding(turns())
    queue.announce(TWO, "shop", 11.0)
    assert queue.stop(TWO, 11.5) == (over(TWO, reason=Reason.STOPPED),)
    assert queue.waiting("shop") == ()


@pytest.mark.rule("A-2")
def test_at_its_limit_a_page_fades_and_its_relay_opens_without_a_tail():
    queue = sounding(turns())
    assert queue.deadline() == 310.0
    assert queue.advance(310.0) == (Hush(ONE),)
    assert queue.played(ONE, 310.1) == (over(ONE, reason=Reason.LIMIT, relay_at=10.0), Open("shop"))
    assert queue.deadline() is None


@pytest.mark.rule("A-2")
def test_at_its_limit_a_card_that_hangs_is_not_waited_for():
    queue = sounding(turns())
    queue.announce(TWO, "shop", 11.0)
    queue.advance(310.0)
    assert queue.deadline() == 310.0 + GRACE
    assert queue.advance(310.0 + GRACE) == (
        over(ONE, reason=Reason.LIMIT, relay_at=10.0),
        Open("shop"),
        Close("shop"),
    )


@pytest.mark.rule("A-2")
def test_a_page_whose_speech_never_comes_holds_the_relay_no_longer_than_the_limit():
    queue = turns()
    queue.announce(ONE, "shop", 10.0)
    assert queue.advance(310.0) == (over(ONE, reason=Reason.LIMIT, relay_at=10.0), Open("shop"))


@pytest.mark.rule("A-16")
def test_a_page_without_sound_is_an_error_and_the_next_has_its_turn():
    queue = turns()
    queue.announce(ONE, "shop", 10.0)
    queue.announce(TWO, "shop", 10.0)
    assert queue.prepared(ONE, 10.1, sound=False) == (over(ONE, reason=Reason.SILENT, relay_at=10.0), Close("shop"))


@pytest.mark.rule("A-17")
def test_without_a_card_pages_wait_and_the_relay_stays_open():
    queue = turns(there=False)
    assert queue.announce(ONE, "shop", 10.0) == ()
    assert queue.prepared(ONE, 10.1, sound=True) == ()
    assert queue.card(60.0, there=True) == (Close("shop"), Sound(ONE, 60.3))


@pytest.mark.rule("A-17")
def test_a_page_that_loses_its_card_is_said_again_from_its_start_and_begins_once():
    queue = sounding(turns())
    queue.announce(TWO, "shop", 11.0)
    assert queue.card(12.0, there=False) == ()
    assert queue.waiting("shop") == (ONE, TWO)
    assert queue.advance(14.0) == (Open("shop"),)
    assert queue.card(20.0, there=True) == (Close("shop"), Sound(ONE, 20.3))
    assert queue.begun(ONE) == ()
    assert queue.played(ONE, 24.0)[0] == over(ONE, relay_at=20.0)


@pytest.mark.rule("A-9", "A-17")
def test_a_page_that_was_being_stopped_does_not_come_back_with_the_card():
    queue = sounding(turns())
    queue.stop(ONE, 11.0)
    assert queue.card(11.01, there=False) == (over(ONE, reason=Reason.STOPPED, relay_at=10.0),)
    assert queue.card(20.0, there=True) == ()


def test_at_the_end_of_the_service_nothing_is_left():
    queue = sounding(turns())
    queue.announce(TWO, "shop", 11.0)
    assert queue.wind_down(12.0) == (over(TWO, reason=Reason.SHUTDOWN), Hush(ONE))
    assert queue.announce(THREE, "shop", 12.0) == (over(THREE, reason=Reason.SHUTDOWN),)
    assert queue.played(ONE, 12.1) == (over(ONE, reason=Reason.SHUTDOWN, relay_at=10.0), Open("shop"))
    assert queue.shutdown(12.2) == ()
    assert queue.idle


def test_at_the_end_of_the_service_a_card_that_hangs_is_not_waited_for():
    queue = sounding(turns())
    queue.wind_down(12.0)
    assert queue.shutdown(12.5) == (over(ONE, reason=Reason.SHUTDOWN, relay_at=10.0), Open("shop"))


def test_stale_and_repeated_facts_change_nothing():
    queue = sounding(turns())
    assert queue.announce(ONE, "shop", 11.0) == ()
    assert queue.begun(ONE) == ()
    assert queue.begun(TWO) == ()
    assert queue.played(TWO, 11.0) == ()
    assert queue.stop(TWO, 11.0) == ()
    assert queue.prepared(TWO, 11.0, sound=True) == ()
    assert queue.current("shop") == (ONE, True)
    assert queue.current("yard") == (None, False)


def test_a_zone_of_another_card_is_a_mistake_of_ours():
    with pytest.raises(ValueError, match="another card"):
        turns().announce(ONE, "office", 0.0)


class Judge:
    """Carries steps out as the world would and holds them against the rules."""

    def __init__(self):
        self.closed = {}
        self.playing = None
        self.begun, self.ended, self.taken = set(), set(), set()

    def see(self, steps, now):
        for step in steps:
            match step:
                case Close(zone):
                    self.closed.setdefault(zone, now)
                case Open(zone):
                    assert self.playing != zone, "A-1: a relay opens under a page"
                    del self.closed[zone]
                case Sound(page, at):
                    assert self.playing is None, "A-3: two pages at a time"
                    self.playing = self.zone_of(page)
                    assert list(self.closed) == [self.playing], "A-1: exactly the page's own zone hears it"
                    assert at >= self.closed[self.playing] + (0.3 if self.playing == "shop" else 0.5) - 1e-9
                case Begun(page):
                    assert page not in self.begun | self.ended
                    self.begun.add(page)
                case Over(page):
                    assert page not in self.ended, "exactly one end"
                    self.ended.add(page)
                    if page == getattr(self, "page", None):
                        self.playing = None
                case _:
                    assert isinstance(step, Hush)

    def zone_of(self, page):
        self.page = page
        return "shop" if page % 2 else "yard"


class World:
    """A queue, its judge, and a clock that stops at every deadline."""

    def __init__(self):
        self.queue, self.judge, self.now = turns(), Judge(), 0.0

    def pass_time(self, until):
        while (due := self.queue.deadline()) is not None and due <= until:
            self.now = max(self.now, due)
            self.judge.see(self.queue.advance(self.now), self.now)
        self.now = until

    def act(self, what, page):
        if what == "lost":
            self.judge.playing = None
        self.judge.see(getattr(self, "_" + what)(PageId(page)), self.now)

    def _announce(self, page):
        if page in self.judge.taken:
            return ()
        self.judge.taken.add(page)
        return self.queue.announce(page, "shop" if page % 2 else "yard", self.now)

    def _prepared(self, page):
        return self.queue.prepared(page, self.now, sound=True)

    def _nothing(self, page):
        return self.queue.prepared(page, self.now, sound=False)

    def _begun(self, page):
        return self.queue.begun(page)

    def _played(self, page):
        return self.queue.played(page, self.now)

    def _stop(self, page):
        return self.queue.stop(page, self.now)

    def _lost(self, _):
        return self.queue.card(self.now, there=False)

    def _back(self, _):
        return self.queue.card(self.now, there=True)

    def _wait(self, _):
        return ()


ACTS = st.sampled_from(["announce", "prepared", "nothing", "begun", "played", "stop", "lost", "back", "wait"])


@pytest.mark.rule("A-1", "A-2", "A-3")
@given(st.lists(st.tuples(ACTS, st.integers(1, 12), st.floats(0, 40))))
def test_whatever_happens_every_page_ends_once_and_no_relay_stays_closed(acts):
    world = World()
    for what, page, later in acts:
        world.pass_time(world.now + later)
        world.act(what, page)
    world.act("back", 0)
    world.pass_time(world.now + 20 * 301.0)
    assert world.judge.ended == world.judge.taken
    assert world.judge.closed == {}
    assert world.queue.idle
