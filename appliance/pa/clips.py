"""What a page sounds like, made before its turn: chime, a gap, speech, at the zone's volume and under the ceiling (A-12).

Runs in worker threads; nothing here knows whose turn it is.
"""

from pathlib import Path

import numpy as np

from appliance.pa import levels, wav
from appliance.pa.levels import Pcm, Samples
from appliance.pa.port import PaSettings, ZoneSettings
from appliance.pa.tones import CHIMES

NO_CHIME = "off"
"""Chime name of a zone that wants none."""
CHIME_LEVEL = -18.0
"""dBFS, active level of a chime that comes from a file."""
LONGEST_CHIME = 30
"""Seconds; a longer file is cut off: it would be music."""


def chime(name: str, rate: int) -> Samples:
    """Return a chime by its name, or from a sound file. Raises AdapterError when it is neither."""
    if name in ("", NO_CHIME):
        return levels.silence(0)
    if name in CHIMES:
        return CHIMES[name](rate)
    samples = levels.normalise(wav.load(Path(name), rate), rate, CHIME_LEVEL)
    return levels.soften(samples[: LONGEST_CHIME * rate], rate, seconds=0.005)


def assemble(zone: ZoneSettings, settings: PaSettings, opening: Samples, spoken: Path | None) -> Pcm:
    """Return the samples of a page; empty when there is neither chime nor speech. Raises AdapterError for a bad file."""
    speech = wav.load(spoken, settings.rate) if spoken is not None else levels.silence(0)
    gap = levels.silence(int(settings.gap * settings.rate) if opening.size and speech.size else 0)
    whole = levels.scale(np.concatenate([opening, gap, speech]), levels.gain(zone.volume))
    return levels.to_pcm(levels.limit(whole, settings.rate))
