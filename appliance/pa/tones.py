"""Chimes that are computed, not recorded (A-11): pure numpy.

Each is a function of the rate that gives mono samples, at most -6 dBFS, beginning and ending in silence. Pitches lie within
300-3400 Hz, so that a chime sounds the same over a telephone line and a horn loudspeaker.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np

from appliance.pa import levels
from appliance.pa.levels import Samples

C5, E5, G5 = 523.25, 659.26, 783.99
"""Hz, equal temperament."""
ATTENTION = 900.0
"""Hz; the pre-announcement tone of the paging trade, two seconds long."""

_PARTIALS = ((1.0, 1.0, 0.55), (2.0, 0.30, 0.30), (3.0, 0.10, 0.18), (4.2, 0.05, 0.10))
"""Of a struck bar: multiple of the pitch, strength, seconds until it fell to 1/e."""

_DAMPED = 0.5
"""Seconds at the end of a stroke in which it is brought to silence."""


def struck(pitch: float, seconds: float, rate: int) -> Samples:
    """Return one stroke on a bar of `pitch` Hz, 1.0 at its loudest or less, ringing for `seconds`."""
    time = np.arange(int(seconds * rate)) / rate
    tone = np.zeros(time.size)
    for multiple, strength, decay in _PARTIALS:
        if multiple * pitch < 0.45 * rate:
            tone += strength * np.exp(-time / decay) * np.sin(2 * np.pi * multiple * pitch * time)
    damped = 0.5 - 0.5 * np.cos(np.pi * np.clip((seconds - time) / _DAMPED, 0.0, 1.0))
    return levels.soften((tone / 1.45 * damped).astype(np.float32), rate, seconds=0.005)


def _strokes(rate: int, *strokes: tuple[float, float, float]) -> Samples:
    """Lay strokes (pitch, beginning, seconds) over one another."""
    length = max(int(begin * rate) + int(seconds * rate) for _, begin, seconds in strokes)
    chime = levels.silence(length)
    for pitch, begin, seconds in strokes:
        tone = struck(pitch, seconds, rate)
        chime[int(begin * rate) : int(begin * rate) + tone.size] += tone
    return _finish(chime, rate)


def _finish(chime: Samples, rate: int) -> Samples:
    return levels.soften(levels.scale(chime, levels.gain(-6.0) / levels.peak(chime)), rate, seconds=0.003)


def ding(rate: int) -> Samples:
    """Return one stroke: G5."""
    return _strokes(rate, (G5, 0.0, 1.0))


def ding_dong(rate: int) -> Samples:
    """Return two strokes: E5, C5."""
    return _strokes(rate, (E5, 0.0, 0.9), (C5, 0.45, 1.1))


def gong(rate: int) -> Samples:
    """Return the three strokes of a department store: G5, E5, C5."""
    return _strokes(rate, (G5, 0.0, 1.0), (E5, 0.5, 1.0), (C5, 1.0, 1.4))


def attention(rate: int) -> Samples:
    """Return two seconds of a steady 900 Hz tone, 6 dB under the struck ones: it has no pauses."""
    time = np.arange(2 * rate) / rate
    tone = levels.gain(-12.0) * np.sin(2 * np.pi * ATTENTION * time)
    return levels.soften(tone.astype(np.float32), rate, seconds=0.02)


CHIMES: Mapping[str, Callable[[int], Samples]] = MappingProxyType(
    {"ding": ding, "ding-dong": ding_dong, "gong": gong, "attention": attention}
)
"""The generated chimes by the names that the configuration uses."""
