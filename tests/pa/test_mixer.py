import numpy as np
import pytest

from appliance.core.ids import PageId
from appliance.pa import levels
from appliance.pa.mixer import Began, Clip, Ended, Mixer
from tests.pa.stage import RATE, sine

BLOCK = 960
ONE, TWO = PageId(1), PageId(2)


def mixer():
    return Mixer(RATE, BLOCK, drain=3)


def clip(*parts):
    return Clip(levels.to_pcm(np.concatenate(parts)))


def play(mix, count, start=0.0):
    """Return `count` frames as one stretch of samples, and the facts with the number of the frame that brought them."""
    sound, facts = b"", []
    for number in range(count):
        samples, told = mix.frame(start + number * BLOCK / RATE)
        assert len(samples) == 2 * BLOCK
        sound += samples
        facts += [(number, fact) for fact in told]
    return levels.from_pcm(np.frombuffer(sound, dtype="<i2")), facts


def test_without_a_source_it_gives_silence():
    sound, facts = play(mixer(), 3)
    assert not sound.any()
    assert facts == []


def test_a_source_goes_through_sample_by_sample():
    mix, tone = mixer(), sine(440, 0.05)
    mix.add(ONE, clip(tone), 0.0)
    sound, _ = play(mix, 10)
    assert np.abs(sound[: tone.size] - tone).max() < 1 / 32000
    assert not sound[tone.size :].any()


@pytest.mark.rule("A-1")
def test_a_source_waits_for_its_instant():
    mix = mixer()
    mix.add(ONE, clip(sine(440, 0.05)), 0.1)
    sound, facts = play(mix, 10)
    assert not sound[: 5 * BLOCK].any()
    assert facts[0] == (5, Began(ONE, pytest.approx(0.1)))


@pytest.mark.rule("A-16")
def test_its_end_is_told_when_it_must_have_been_heard_with_what_was_metered():
    mix = mixer()
    mix.add(ONE, clip(sine(1000, 0.05, level=-6.0)), 0.0)
    _, facts = play(mix, 10, start=7.0)
    (began, _), (at, ended) = facts
    assert (began, at) == (0, 2 + 3 + 1)
    assert ended.first_at == 7.0
    assert ended.last_at == pytest.approx(7.04)
    assert levels.decibels(ended.peak) == pytest.approx(-6.0, abs=0.01)
    assert levels.decibels(ended.mean) == pytest.approx(-9.8, abs=0.1)  # half of the last block is silence


@pytest.mark.rule("A-16")
def test_silence_around_a_page_is_none_of_it():
    mix = mixer()
    mix.add(ONE, clip(levels.silence(2 * BLOCK), sine(440, 0.02), levels.silence(2 * BLOCK)), 0.0)
    _, facts = play(mix, 12)
    assert facts[0] == (2, Began(ONE, 0.04))
    assert (facts[1][1].first_at, facts[1][1].last_at) == (0.04, 0.04)


@pytest.mark.rule("A-16")
def test_a_page_of_silence_never_began():
    mix = mixer()
    mix.add(ONE, clip(levels.silence(BLOCK)), 0.0)
    _, facts = play(mix, 8)
    assert [fact for _, fact in facts] == [Ended(ONE, None, None, 0.0, 0.0)]


@pytest.mark.rule("A-9")
def test_a_fade_ends_in_silence_without_a_click():
    mix = mixer()
    mix.add(ONE, clip(sine(440, 2.0, level=-1.0)), 0.0)
    play(mix, 5)
    mix.fade(ONE, 0.0, 0.02)
    sound, facts = play(mix, 6)
    assert not sound[BLOCK:].any()
    assert np.abs(np.diff(sound)).max() < 0.06  # the sine alone takes steps of 0.051
    assert [type(fact) for _, fact in facts] == [Ended]


def test_a_page_that_is_stopped_before_it_began_ends_at_once():
    mix = mixer()
    mix.add(ONE, clip(sine(440, 1.0)), 100.0)
    mix.fade(ONE, 0.0, 0.02)
    sound, facts = play(mix, 2)
    assert not sound.any()
    assert facts == [(0, Ended(ONE, None, None, 0.0, 0.0))]


@pytest.mark.rule("A-12")
def test_two_loud_sources_together_stay_under_the_ceiling():
    mix = mixer()
    mix.add(ONE, clip(sine(440, 0.5, level=-1.0)), 0.0)
    mix.add(TWO, clip(sine(550, 0.5, level=-1.0)), 0.0)
    sound, _ = play(mix, 25)
    assert levels.peak(sound) <= levels.CEILING + 1 / 32000


def test_a_source_can_be_turned_down_and_up_again():
    mix = mixer()
    mix.add(ONE, clip(sine(440, 2.0, level=-6.0)), 0.0)
    mix.fade(ONE, 0.1, 0.125)
    sound, _ = play(mix, 20)
    assert levels.decibels(levels.peak(sound[-2 * BLOCK :])) == pytest.approx(-26.0, abs=0.1)
    mix.fade(ONE, 1.0, 0.125)
    sound, _ = play(mix, 20)
    assert levels.decibels(levels.peak(sound[-2 * BLOCK :])) == pytest.approx(-6.0, abs=0.1)


def test_a_fade_of_a_page_that_is_gone_is_nothing():
    mix = mixer()
    mix.fade(ONE, 0.0, 0.02)
    assert play(mix, 1)[1] == []
