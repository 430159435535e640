"""The tones of each country, entry by entry as ITU-T E.180 Supplement 2 lists them; the hold pip is the box's own."""

import pytest

from appliance.core.hearing import ToneKind
from appliance.sip.tones import PIP_EVERY, TONES, Beep, tone

ENTRIES = {
    # congestion tone: 425 Hz, 0.24 on, 0.24 off
    ("de", ToneKind.REJECT): (Beep(425, 240, 240),),
    # special information tone: 950/1400/1800 Hz, 3 x 0.33 on, 1.0 off
    ("de", ToneKind.UNOBTAINABLE): (Beep(950, 330, 0), Beep(1400, 330, 0), Beep(1800, 330, 1000)),
    # ringing tone: 425 Hz, 1.0 on, 4.0 off
    ("de", ToneKind.RINGBACK): (Beep(425, 1000, 4000),),
    ("de", ToneKind.HOLD): (Beep(425, 200, 9800),),
    # congestion tone: 400 Hz, 0.4 on, 0.35 off, 0.225 on, 0.525 off
    ("uk", ToneKind.REJECT): (Beep(400, 400, 350), Beep(400, 225, 525)),
    # number unobtainable tone: 400 Hz, continuous
    ("uk", ToneKind.UNOBTAINABLE): (Beep(400, 1000, 0),),
    # ringing tone: 400 and 450 Hz together, 0.4 on, 0.2 off, 0.4 on, 2.0 off
    ("uk", ToneKind.RINGBACK): (Beep(400, 400, 200, second=450), Beep(400, 400, 2000, second=450)),
    ("uk", ToneKind.HOLD): (Beep(400, 200, 9800),),
}


@pytest.mark.rule("P-5", "P-8", "P-10", "P-31")
@pytest.mark.parametrize(("country", "kind"), ENTRIES, ids=lambda part: getattr(part, "value", part))
def test_it_is_the_tone_of_the_country(country, kind):
    """P-5: fast busy; P-8: number unobtainable; P-31: ringing; P-10: a pip that is the same in every country but its pitch."""
    assert tone(country, kind) == ENTRIES[country, kind]


def test_every_country_has_every_tone_and_is_looked_at_here():
    assert {(country, kind) for country, tones in TONES.items() for kind in tones} == set(ENTRIES)
    assert set(ENTRIES) == {(country, kind) for country in TONES for kind in ToneKind}


@pytest.mark.parametrize(("country", "kind"), ENTRIES, ids=lambda part: getattr(part, "value", part))
def test_the_library_can_sound_it(country, kind):
    """Within the band of a telephone, and in the 16 bits of milliseconds that the tone generator has."""
    period = tone(country, kind)
    assert all(300 <= beep.frequency <= 3400 and 0 < beep.on <= 32767 and 0 <= beep.off <= 32767 for beep in period)


@pytest.mark.rule("P-10")
@pytest.mark.parametrize("country", TONES)
def test_the_hold_pip_comes_every_ten_seconds(country):
    (pip,) = tone(country, ToneKind.HOLD)
    assert pip.on + pip.off == PIP_EVERY == 10_000


def test_an_unknown_country_has_the_german_ones():
    assert tone("xx", ToneKind.HOLD) == tone("de", ToneKind.HOLD)
