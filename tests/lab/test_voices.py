"""The ears of the crowd: whoever is judged by them must know that they tell voices apart and do not imagine any."""

import numpy as np
import pytest

from tests.lab import music, voices
from tests.lab.voices import Heard, Kind


def window(samples):
    return music.alaw(samples[: voices.WINDOW * voices.PACKET])


def spoken(*who):
    return sum(music.chord(voices.pair(one), 0.08, rate=voices.RATE, level=-15.0) for one in who)


def test_every_voice_is_known_by_its_packets():
    everybody = range(voices.VOICES)
    heard = voices.recognise([voices.packet(voice) * voices.WINDOW for voice in everybody])
    assert heard == [Heard(Kind.VOICE, voice) for voice in everybody]
    assert len({voices.pair(voice) for voice in everybody}) == voices.VOICES


def test_music_silence_and_the_music_of_the_pbx_are_nobodys_voice():
    pbx = music.music_alaw(1)[: voices.WINDOW * voices.PACKET]
    noise = np.random.default_rng(1).normal(0, 0.1, 640)
    ringback = music.sine(425.0, 0.08, rate=voices.RATE)
    heard = voices.recognise([window(sound) for sound in (voices.chord(0.08), np.zeros(640), noise, ringback)] + [pbx])
    assert [one.kind for one in heard] == [Kind.MUSIC, Kind.QUIET, Kind.OTHER, Kind.OTHER, Kind.OTHER]


@pytest.mark.parametrize(("one", "other"), [(0, 1), (3, 24), (7, 300)])
def test_two_at_once_are_several(one, other):
    assert voices.recognise([window(spoken(one, other))]) == [Heard(Kind.SEVERAL)]


def test_a_voice_over_music_is_several():
    assert voices.recognise([window(spoken(5) + voices.chord(0.08))]) == [Heard(Kind.SEVERAL)]


def test_a_voice_survives_another_level_and_a_shift():
    quiet = 0.2 * np.roll(spoken(40), 37)
    assert voices.recognise([window(quiet)]) == [Heard(Kind.VOICE, 40)]
