"""The ears themselves, on sounds whose content is known."""

import shutil
import subprocess

import numpy as np
import pytest

from tests.lab import hearing, music
from tests.lab.hearing import Sound
from tests.lab.phone import TONES

RATE = 16000


def silence(seconds: float):
    return np.zeros(round(seconds * RATE))


def sound(*parts, start: float = 100.0) -> Sound:
    return Sound(np.concatenate(parts), RATE, start)


def noise(seconds: float, level: float):
    samples = np.random.default_rng(7).normal(0, 1, round(seconds * RATE))
    return samples * 10 ** (level / 20)


def test_a_full_sine_has_minus_three_decibels():
    full = sound(music.sine(1000, 1, level=-3.0103))
    assert hearing.level(full) == pytest.approx(-3.01, abs=0.01)
    assert hearing.peak(full) == pytest.approx(0.0, abs=0.01)


def test_silence_has_a_level():
    assert hearing.level(sound(silence(1))) == hearing.level(Sound(np.zeros(0), RATE)) == -120


def test_levels_follow_the_sound():
    found = hearing.levels(sound(silence(0.5), music.sine(800, 0.5)), window=0.1)
    assert (found[:5] == -120).all()
    assert found[5:] == pytest.approx(-12, abs=0.1)


def test_parts_are_cut_by_instants():
    whole = sound(silence(1), music.sine(800, 1))
    part = whole.between(100.9, 101.2)
    assert (part.start, part.end) == (pytest.approx(100.9), pytest.approx(101.2))
    assert whole.last(0.25).start == pytest.approx(101.75)
    assert whole.between(0, 50).duration == 0
    assert whole.between(0, 1e6).duration == 2


def test_a_tone_is_told_from_its_neighbours():
    spoken = sound(music.sine(870, 0.4))
    assert hearing.tone_level(spoken, 870) == pytest.approx(-12, abs=0.1)
    assert hearing.which_tones(spoken, TONES.values()) == {870}


def test_a_tone_is_heard_in_noise_and_beside_others():
    mixed = sound(music.sine(870, 0.4) + music.sine(1670, 0.4) + noise(0.4, -25))
    assert hearing.which_tones(mixed, TONES.values()) == {870, 1670}
    assert hearing.exactly_tones(mixed, (870, 1670), TONES.values())


def test_a_tone_that_came_late_is_neither_there_nor_absent():
    late = sound(silence(0.3), music.sine(870, 0.1))
    assert not hearing.has_tone(late, 870)
    assert not hearing.lacks_tone(late, 870)
    assert hearing.lacks_tone(late, 1670)


def test_noise_has_no_tone():
    assert hearing.which_tones(sound(noise(0.4, -12)), TONES.values(), floor=-22) == set()


def test_the_share_of_tones_tells_company():
    alone = sound(music.chord(music.MUSIC, 1))
    assert hearing.share_of_tones(alone, music.MUSIC) > 0.99
    assert hearing.share_of_tones(sound(alone.samples + noise(1, -13)), music.MUSIC) < 0.6


def test_beginning_and_end_of_sound_and_tone():
    heard = sound(silence(0.5), music.sine(730, 1), silence(0.5))
    assert hearing.first_sound(heard) == pytest.approx(100.5, abs=0.005)
    assert hearing.last_sound(heard) == pytest.approx(101.5, abs=0.005)
    assert hearing.first_tone(heard, 730) == pytest.approx(100.5, abs=0.04)
    assert hearing.last_tone(heard, 730) == pytest.approx(101.5, abs=0.04)


def test_nothing_begins_in_silence():
    heard = sound(silence(1) + noise(1, -70))
    assert hearing.first_sound(heard) is None
    assert hearing.last_sound(heard) is None
    assert hearing.first_tone(heard, 730) is None
    assert hearing.last_tone(heard, 730) is None


def test_the_longest_gap_of_a_tone():
    other = music.sine(1430, 0.2)
    heard = sound(music.sine(730, 0.4), other, music.sine(730, 0.4), silence(0.08), music.sine(730, 0.4))
    assert hearing.longest_gap(heard, 730) == pytest.approx(0.2, abs=0.05)
    assert hearing.longest_gap(sound(music.sine(730, 1)), 730) == 0


def test_runs_pass_over_short_pauses_and_clicks():
    click = music.sine(500, 0.01)
    heard = sound(
        silence(0.5), click, silence(0.5), music.sine(500, 0.3), silence(0.01), music.sine(500, 0.3), silence(1)
    )
    assert [(run.loud, round(run.length, 2)) for run in hearing.runs(heard)] == [
        (False, 1.01),
        (True, 0.61),
        (False, 1.0),
    ]


def test_silences_have_their_instants():
    heard = sound(music.sine(500, 0.5), silence(0.4), music.sine(500, 0.5), silence(0.1), music.sine(500, 0.5))
    (pause,) = hearing.silences(heard, longer_than=0.3)
    assert (pause.start, pause.end) == (pytest.approx(100.5, abs=0.02), pytest.approx(100.9, abs=0.02))


def bursts(on: float, off: float, count: int):
    return [part for _ in range(count) for part in (music.sine(425, on), silence(off))]


def test_the_cadence_of_a_fast_busy_tone():
    heard = sound(silence(0.3), *bursts(0.24, 0.24, 5))
    assert hearing.is_cadence(heard, 0.24, 0.24, least=4)
    assert not hearing.is_cadence(heard, 0.48, 0.48)


def test_another_cadence_and_a_steady_tone_are_no_fast_busy():
    assert not hearing.is_cadence(sound(*bursts(0.48, 0.48, 5)), 0.24, 0.24)
    assert not hearing.is_cadence(sound(music.sine(425, 3)), 0.24, 0.24)
    assert not hearing.is_cadence(sound(silence(3)), 0.24, 0.24)


def ding_dong():
    fall = np.exp(-np.arange(RATE) / RATE * 4)
    return [music.sine(660, 1) * fall, music.sine(550, 1) * fall]


@pytest.mark.parametrize(
    "parts",
    [
        [silence(2)],
        [music.sine(440, 2)],
        [music.chord(music.MUSIC, 2)],
        [noise(2, -20)],
        [noise(2, -70)],
        bursts(0.24, 0.24, 4),
        ding_dong(),
        [music.sine(440, 0.2)],
    ],
    ids=["silence", "sine", "chord", "noise", "hiss", "busy", "chime", "pip"],
)
def test_what_is_no_speech(parts):
    assert not hearing.is_speech(sound(*parts))


@pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="espeak-ng speaks the sample")
@pytest.mark.parametrize(
    "text", ["Ein Anruf für Anna, geparkt auf eins null zwei.", "Peter.", "Leitung eins null eins."]
)
def test_what_is_speech(text, tmp_path):
    file = tmp_path / "speech.wav"
    subprocess.run(["espeak-ng", "-v", "de", "-w", str(file), text], check=True)
    spoken = Sound.from_wav(file)
    assert hearing.is_speech(spoken)
    assert hearing.is_speech(Sound(spoken.samples * 0.1 + noise(10, -65)[: len(spoken.samples)], spoken.rate))


def test_a_wav_file_comes_back_with_its_instants(tmp_path):
    file = music.write_wav(tmp_path / "tone.wav", music.sine(870, 1))
    assert Sound.from_wav(file, 5.0).end == 6.0
    end = Sound.from_wav(file, 5.0, last=0.25)
    assert (end.start, end.end) == (5.75, 6.0)
    assert hearing.has_tone(end, 870)


def test_half_a_sample_is_dropped():
    assert len(Sound.from_pcm(b"\0\x40\0", RATE).samples) == 1


def from_alaw(data: bytes):
    """ITU-T G.711, the decoder's side."""
    code = np.frombuffer(data, np.uint8).astype(int) ^ 0x55
    exponent, mantissa = code >> 4 & 7, code & 0x0F
    size = np.where(exponent, (mantissa * 2 + 33) << np.maximum(exponent - 1, 0), mantissa * 2 + 1)
    return np.where(code & 0x80, size, -size) / 4096


def test_alaw_is_that_of_the_recommendation():
    samples = music.sine(440, 1, rate=8000, level=-6)
    back = from_alaw(music.alaw(samples))
    error = Sound(back - samples, 8000)
    assert hearing.level(error) < hearing.level(Sound(samples, 8000)) - 35


def test_digits_are_pairs_of_tones():
    seven = Sound(music.dtmf("7")[:1600], RATE)
    assert hearing.which_tones(seven, (697, 770, 852, 941, 1209, 1336, 1477, 1633)) == {852, 1209}
