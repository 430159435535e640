import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.pa import levels
from tests.pa.stage import RATE, sine


@pytest.mark.rule("A-12")
@given(
    st.lists(st.tuples(st.integers(0, 4799), st.floats(-8, 8, allow_nan=False)), min_size=1, max_size=40),
    st.sampled_from([8000, 16000, 44100, 48000]),
)
def test_no_peak_however_high_passes_the_limiter(peaks, rate):
    sound = sine(440, 4800 / 48000, 48000)
    for at, height in peaks:
        sound[at] = height
    assert levels.peak(levels.limit(sound, rate)) <= levels.CEILING * (1 + 1e-6)


def test_what_is_under_the_ceiling_is_not_touched():
    sound = sine(440, 0.2)
    assert levels.limit(sound, RATE) is sound


def test_the_limiter_turns_down_without_clipping():
    loud = sine(300, 0.5, level=9.0)
    limited = levels.limit(loud, RATE)
    assert levels.decibels(levels.peak(limited)) == pytest.approx(-1.0, abs=0.1)
    power = np.abs(np.fft.rfft(limited * np.hanning(limited.size))) ** 2
    assert power[np.fft.rfftfreq(limited.size, 1 / RATE) > 400].sum() / power.sum() < 1e-6  # a clipped sine: 1e-1


def test_normalising_brings_the_active_level_to_the_target_whatever_the_pauses():
    speech = np.concatenate([sine(500, 0.3, level=-40.0), levels.silence(RATE), sine(500, 0.3, level=-40.0)])
    assert levels.decibels(levels.active(levels.normalise(speech, RATE, -18.0), RATE)) == pytest.approx(-18.0, abs=0.2)


def test_silence_stays_silence():
    assert not levels.normalise(levels.silence(100), RATE, -18.0).any()
    assert levels.active(levels.silence(0), RATE) == 0.0
    assert levels.trim(levels.silence(100), RATE).size == 0
    assert levels.decibels(0.0) == levels.FLOOR


def test_trimming_leaves_the_sound_and_a_little_around_it():
    sound = np.concatenate([levels.silence(RATE), sine(500, 0.5), levels.silence(RATE)])
    assert levels.trim(sound, RATE).size / RATE == pytest.approx(0.6, abs=0.01)


@given(st.lists(st.integers(-32767, 32767), max_size=50))
def test_samples_survive_the_way_to_pcm_and_back(values):
    pcm = np.array(values, dtype=np.int16)
    assert (levels.to_pcm(levels.from_pcm(pcm)) == pcm).all()


def test_what_is_too_large_for_pcm_is_clipped_and_never_wraps():
    assert levels.to_pcm(np.array([1.5, -1.5], dtype=np.float32)).tolist() == [32767, -32767]
