import os
import wave

import numpy as np
import pytest
import soundfile

from appliance.errors import AdapterError
from appliance.pa import levels, music, score, wav
from tests.pa.stage import share, sine


@pytest.fixture(scope="module", params=[8000, 16000])
def piece(request):
    """Return a rate and the shipped piece at it."""
    return request.param, music.compose(request.param)


@pytest.mark.rule("P-10")
def test_the_piece_is_a_minute_or_more_at_the_level_of_hold_music(piece):
    rate, sound = piece
    assert 60 <= sound.size / rate <= 90
    assert levels.decibels(levels.active(sound, rate)) == pytest.approx(music.LEVEL, abs=0.2)
    assert levels.decibels(levels.peak(sound)) < -6.0
    halves = levels.frames(sound, rate // 2)
    loudness = [levels.decibels(levels.rms(half)) for half in halves]
    assert min(loudness) > music.LEVEL - 8, "no hole in it"
    assert max(loudness) < music.LEVEL + 5, "nothing that startles"


def test_the_piece_has_nothing_above_the_telephone_band(piece):
    rate, sound = piece
    power = np.abs(np.fft.rfft(sound)) ** 2
    pitches = np.fft.rfftfreq(sound.size, 1 / rate)
    assert power[pitches > 3400].sum() / power.sum() < 1e-9
    assert power[pitches > 300].sum() / power.sum() > 0.7
    assert abs(float(sound.mean())) < 1e-4


def test_the_loop_point_does_not_click(piece):
    rate, sound = piece
    seam = np.concatenate([sound[-rate // 10 :], sound[: rate // 10]])
    bends = np.abs(np.diff(seam, 2))  # a click is a bend that the music itself never makes
    assert bends.max() <= np.abs(np.diff(sound, 2)).max()
    assert bends[rate // 10 - 5 : rate // 10 + 5].max() < 4 * np.median(np.abs(np.diff(sound, 2)))


def test_the_piece_is_the_same_every_time(piece):
    rate, sound = piece
    assert (music.compose(rate) == sound).all()


def test_the_score_is_whole():
    melody = score.melody()
    assert sum(note.length for note in melody) == score.BEATS
    assert len(score.CHORDS) == score.BARS
    pitches = [note.pitch for note in (*melody, *score.accompaniment(), *score.carpet())]
    assert (min(pitches), max(pitches)) == (55, 84)


def test_the_shipped_piece_is_made_once(tmp_path):
    path = music.prepare("default", 8000, tmp_path)
    written = path.stat().st_mtime_ns
    assert music.prepare("default", 8000, tmp_path) == path
    assert path.stat().st_mtime_ns == written
    with wave.open(str(path)) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, 8000)
        assert file.getnframes() == 80 * 8000


@pytest.mark.parametrize("suffix", ["wav", "flac", "ogg", "mp3"])
def test_a_file_of_the_site_becomes_mono_at_the_rate_and_level(tmp_path, suffix):
    source = tmp_path / f"song.{suffix}"
    soundfile.write(source, np.stack([sine(600, 3.0, 44100), sine(900, 3.0, 44100)], axis=1), 44100)
    path = music.prepare(source, 16000, tmp_path / "made")
    sound = wav.load(path, 16000)
    assert sound.size / 16000 == pytest.approx(3.0, abs=0.1)
    assert levels.decibels(levels.active(sound, 16000)) == pytest.approx(music.LEVEL, abs=0.5)
    assert share(sound, 600, 16000) == pytest.approx(0.5, abs=0.05)
    assert share(sound, 900, 16000) == pytest.approx(0.5, abs=0.05)


def test_a_quiet_file_with_one_loud_bang_is_not_clipped(tmp_path):
    sound = sine(600, 2.0, 16000, level=-50.0)
    sound[5000] = 1.0
    soundfile.write(tmp_path / "bang.wav", sound, 16000)
    made = wav.load(music.prepare(tmp_path / "bang.wav", 16000, tmp_path), 16000)
    assert levels.peak(made) <= levels.CEILING + 1e-4


def test_a_file_that_changed_is_made_again(tmp_path):
    source = tmp_path / "song.wav"
    soundfile.write(source, sine(600, 1.0, 16000), 16000)
    first = music.prepare(source, 16000, tmp_path)
    soundfile.write(source, sine(700, 1.0, 16000), 16000)
    os.utime(source, (2, 2))
    second = music.prepare(source, 16000, tmp_path)
    assert share(wav.load(second, 16000), 700, 16000) > 0.9
    assert first != second


def test_what_is_no_sound_is_an_error_that_names_it(tmp_path):
    text, silent, broken = tmp_path / "text.mp3", tmp_path / "silent.wav", tmp_path / "broken.flac"
    text.write_text("this is no music at all" * 50)
    soundfile.write(silent, np.zeros(16000), 16000)
    soundfile.write(broken, sine(600, 1.0, 16000), 16000)
    broken.write_bytes(broken.read_bytes()[:100])
    for path, reason in [
        (text, "cannot be read as sound"),
        (silent, "is silent"),
        (tmp_path / "absent.wav", "cannot be read"),
        (tmp_path, "cannot be read as sound"),
        (broken, "broken.flac"),
    ]:
        with pytest.raises(AdapterError, match=f"{path.name}.*{reason}|{reason}"):
            music.prepare(path, 16000, tmp_path / "made")
    assert not (tmp_path / "made").exists() or list((tmp_path / "made").iterdir()) == []
