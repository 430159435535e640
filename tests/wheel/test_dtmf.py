"""The ear for keys (scripts/wheel/dtmf.c) against the limits of ITU-T Q.24 annex A, and against what is no key (P-12)."""

import itertools
import shutil
import subprocess

import numpy as np
import pytest
import soundfile

from appliance.pa import music, wav
from tests.wheel.ear import FULL, KEYS, hear, key, pause

RATES = pytest.mark.parametrize("rate", [8000, 16000])


def told(rate=8000, noise=None, **shape):
    """Press every key three times, beginning anywhere in a frame, and return the part of those that were told, once and right."""
    chance = np.random.default_rng(24)
    shape.setdefault("milliseconds", 40)
    right = 0
    for name in KEYS * 3:
        sound = key(name, rate=rate, phase=tuple(chance.uniform(0, 6.28, 2)), **shape)
        whole = np.concatenate([pause(50 + chance.uniform(0, 20), rate), sound, pause(80, rate)])
        if noise is not None:
            whole = whole + chance.normal(0, np.sqrt(np.mean(sound**2) * 10 ** (-noise / 10)), len(whole))
        right += hear(whole, rate) == name
    return right / (3 * len(KEYS))


@RATES
def test_a_key_of_40_ms_is_told_and_one_of_23_ms_is_not(rate):
    assert told(rate, milliseconds=40) == 1
    assert told(rate, milliseconds=23) == 0
    assert told(rate, milliseconds=2000) == 1


@RATES
@pytest.mark.parametrize("signs", list(itertools.product((-1, 1), repeat=2)))
def test_tones_1_5_per_cent_off_are_right_and_3_5_per_cent_off_are_wrong(rate, signs):
    low, high = signs
    assert told(rate, low_off=0.015 * low, high_off=0.015 * high) == 1
    assert told(rate, low_off=0.035 * low) == 0
    assert told(rate, high_off=0.035 * high) == 0


@RATES
def test_levels_from_0_to_minus_25_are_heard_and_minus_55_is_not(rate):
    for level in (0, -3, -25):
        assert told(rate, low=level, high=level) == 1, level
    assert told(rate, low=-55, high=-55) == 0


@RATES
def test_the_low_tone_may_be_8_db_louder_and_the_high_one_4(rate):
    assert told(rate, low=-10, high=-18) == told(rate, low=-17, high=-25) == 1
    assert told(rate, low=-10, high=-6) == told(rate, low=-25, high=-21) == 1
    assert told(rate, low=-10, high=-22) == told(rate, low=-10, high=-2) == 0


@RATES
def test_a_line_that_hisses_15_db_below_the_key_takes_none_away(rate):
    assert told(rate, noise=15) == 1


def test_a_gap_of_10_ms_is_none_and_a_pause_of_40_ms_is_one():
    for name in KEYS:
        for gap, keys in ((10, name), (40, 2 * name)):
            assert hear(np.concatenate([pause(50), key(name, 60), pause(gap), key(name, 60), pause(80)])) == keys


def test_a_machine_may_dial_a_key_every_80_ms():
    number = "".join(np.random.default_rng(1).choice(list(KEYS), 100))
    assert (
        hear(np.concatenate([part for name in number for part in (key(name, 40), pause(40))] + [pause(50)])) == number
    )


def test_g711_changes_nothing(tmp_path):
    """Both laws, through the encoder of libsndfile."""
    number = np.concatenate([part for name in KEYS for part in (key(name, 50, low=-20, high=-24), pause(50))])
    for law in ("ALAW", "ULAW"):
        soundfile.write(tmp_path / law, number / 32768, 8000, format="WAV", subtype=law)
        assert hear(soundfile.read(tmp_path / law)[0] * 32768) == KEYS


def test_an_echo_10_db_below_and_20_ms_behind_is_no_second_key():
    number = np.concatenate([part for name in KEYS for part in (key(name, 60), pause(60))])
    echo = np.concatenate([pause(20), number * 10 ** (-10 / 20)])[: len(number)]
    assert hear(number + echo) == KEYS


def test_a_single_tone_is_no_key():
    time = np.arange(8000) / 8000
    for hertz in (350, 425, 440, 697, 941, 1209, 1633, 2100):
        assert hear(FULL * 0.3 * np.sin(2 * np.pi * hertz * time)) == ""


@pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="espeak-ng is not installed")
@RATES
def test_speech_is_no_key(tmp_path, rate):
    """Three minutes of sentences, in several voices and both languages, loud and quiet."""
    words = {
        "de": "Zum Parken bitte sechs acht und die Nebenstelle wählen. Ja, hallo, ich hätte gern Frau Schmidt gesprochen, "
        "es geht um die Rechnung vom vierzehnten. Nein, die Achtundsiebzig. Moment, ich suche es heraus. ",
        "en": "Would a member of sales please take a call on line seven. Hello, I was wondering whether you could tell me "
        "who is looking after the invoice that you sent us. Yes, I can hold on, never mind. ",
    }
    for voice, pitch in itertools.product(("de", "de+f2", "de+m3", "en", "en+f4", "en+m7"), (20, 50, 80)):
        file = tmp_path / "speech.wav"
        text = words[voice[:2]]
        subprocess.run(["espeak-ng", "-v", voice, "-p", str(pitch), "-w", file, text], check=True, capture_output=True)
        speech = wav.load(file, rate)
        for level in (0.9, 0.1):
            assert hear(speech * level * 32767, rate) == "", voice


@RATES
def test_music_is_no_key(rate):
    """The shipped piece, and chords of harmonic sounds."""
    assert hear(music.compose(rate) * 32767, rate) == ""
    chance = np.random.default_rng(3)
    time = np.arange(rate) / rate
    for _ in range(60):
        notes = chance.choice(110 * 2 ** (np.arange(48) / 12), 3, replace=False)
        partials = [(note * number, 1 / number) for note in notes for number in range(1, 8) if note * number < 3400]
        chord = sum(part * np.sin(2 * np.pi * hertz * time + chance.uniform(0, 6.28)) for hertz, part in partials)
        assert hear(chord / np.max(np.abs(chord)) * 16000, rate) == ""


def test_noise_is_no_key():
    assert hear(np.random.default_rng(5).normal(0, 5000, 8000 * 60)) == ""
