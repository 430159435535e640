"""Call progress tones as data: pitch and cadence by country.

Source: ITU-T E.180 Supplement 2, "Various tones used in national networks".
"""

from dataclasses import dataclass

from appliance.core.hearing import ToneKind


@dataclass(frozen=True, slots=True)
class Beep:
    """One tone (Hz) and the pause after it (ms); off 0 and repeated: continuous."""

    frequency: int
    on: int
    off: int
    second: int = 0
    """Another frequency, sounded together with the first; 0: none."""


PIP_EVERY = 10_000
"""Milliseconds from one hold pip to the next (P-10)."""

TONES: dict[str, dict[ToneKind, tuple[Beep, ...]]] = {
    "de": {
        # Germany: congestion tone (Gassenbesetztton) 425 Hz, 0.24 on 0.24 off
        ToneKind.REJECT: (Beep(425, 240, 240),),
        # Germany: special information tone (Hinweiston) 950/1400/1800 Hz, 3 x 0.33 on, 1.0 off
        ToneKind.UNOBTAINABLE: (Beep(950, 330, 0), Beep(1400, 330, 0), Beep(1800, 330, 1000)),
        ToneKind.HOLD: (Beep(425, 200, PIP_EVERY - 200),),
        # Germany: ringing tone (Freiton) 425 Hz, 1.0 on 4.0 off
        ToneKind.RINGBACK: (Beep(425, 1000, 4000),),
    },
    "uk": {
        # United Kingdom: congestion ("equipment engaged") tone 400 Hz, 0.4 on 0.35 off 0.225 on 0.525 off
        ToneKind.REJECT: (Beep(400, 400, 350), Beep(400, 225, 525)),
        # United Kingdom: number unobtainable tone 400 Hz, continuous
        ToneKind.UNOBTAINABLE: (Beep(400, 1000, 0),),
        ToneKind.HOLD: (Beep(400, 200, PIP_EVERY - 200),),
        # United Kingdom: ringing tone 400 + 450 Hz, 0.4 on 0.2 off 0.4 on 2.0 off
        ToneKind.RINGBACK: (Beep(400, 400, 200, 450), Beep(400, 400, 2000, 450)),
    },
}


def tone(country: str, kind: ToneKind) -> tuple[Beep, ...]:
    """Return one period of a tone; a country that is not known gets the German ones."""
    return TONES.get(country, TONES["de"])[kind]
