import pytest

from appliance.core.hearing import ToneKind
from appliance.sip.tones import PIP_EVERY, TONES, tone


@pytest.mark.parametrize("country", TONES)
@pytest.mark.parametrize("kind", ToneKind)
def test_every_country_has_every_tone(country, kind):
    period = tone(country, kind)
    assert all(300 <= beep.frequency <= 3400 and 0 < beep.on <= 32767 and 0 <= beep.off <= 32767 for beep in period)


@pytest.mark.rule("P-10")
@pytest.mark.parametrize("country", TONES)
def test_the_hold_pip_comes_every_ten_seconds(country):
    (pip,) = tone(country, ToneKind.HOLD)
    assert pip.on + pip.off == PIP_EVERY == 10_000


@pytest.mark.rule("P-5")
def test_the_reject_tone_is_fast_busy():
    (beep,) = tone("de", ToneKind.REJECT)
    assert (beep.frequency, beep.on, beep.off) == (425, 240, 240)
    assert sum(beep.on + beep.off for beep in tone("uk", ToneKind.REJECT)) == 1500


def test_the_british_ringing_tone_is_400_and_450_hz_together():
    for beep in tone("uk", ToneKind.RINGBACK):
        assert {beep.frequency, beep.second} == {400, 450}
    assert all(beep.second == 0 for kind in ToneKind for beep in tone("de", kind))


def test_an_unknown_country_has_the_german_ones():
    assert tone("xx", ToneKind.HOLD) == tone("de", ToneKind.HOLD)
