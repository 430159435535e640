import pytest
import soundfile

from appliance.pa import clips, levels, tones
from appliance.pa.port import PaSettings, ZoneSettings
from tests.pa.stage import RATE, share, sine


@pytest.mark.rule("A-11")
@pytest.mark.parametrize("name", tones.CHIMES)
@pytest.mark.parametrize("rate", [8000, 16000, 48000])
def test_a_chime_is_loud_enough_never_too_loud_and_does_not_click(name, rate):
    chime = tones.CHIMES[name](rate)
    assert levels.decibels(levels.peak(chime)) <= -5.99
    assert levels.decibels(levels.active(chime, rate)) > -21.0
    assert abs(chime[0]) < 0.001
    assert abs(chime[-1]) < 0.001
    assert levels.decibels(levels.rms(chime[-rate // 500 :])) < -45.0


@pytest.mark.rule("A-11")
def test_the_chimes_have_their_pitches():
    dong = int(0.45 * RATE)
    chime = tones.ding_dong(RATE)
    assert share(chime[:dong], tones.E5) > 0.7
    assert share(chime[-dong:], tones.C5) > 0.7
    assert share(tones.attention(RATE), 900.0) > 0.99
    assert share(tones.ding(RATE), tones.G5) > 0.7
    gong = tones.gong(RATE)
    half = RATE // 2
    assert share(gong[:half], tones.G5) > 0.7
    assert share(gong[-half:], tones.C5) > 0.7


@pytest.mark.rule("A-11")
@pytest.mark.parametrize("suffix", ["wav", "flac", "ogg", "mp3"])
def test_a_chime_may_be_a_file(tmp_path, suffix):
    path = tmp_path / f"chime.{suffix}"
    soundfile.write(path, sine(700, 0.5, 44100), 44100)
    chime = clips.chime(str(path), RATE)
    assert share(chime, 700) > 0.95
    assert levels.decibels(levels.active(chime, RATE)) == pytest.approx(clips.CHIME_LEVEL, abs=0.5)


@pytest.mark.rule("A-12")
@pytest.mark.parametrize("volume", [-20.0, 0.0, 12.0])
def test_a_page_never_passes_the_ceiling_however_loud_the_zone_is(volume):
    zone = ZoneSettings("shop", volume=volume)
    clip = levels.from_pcm(clips.assemble(zone, PaSettings(), tones.gong(RATE), None))
    assert levels.peak(clip) <= levels.CEILING + 1e-4
    if volume < 0:
        assert levels.decibels(levels.peak(clip)) == pytest.approx(-26.0, abs=0.1)


def test_no_chime_is_no_samples():
    assert clips.chime("off", RATE).size == 0
