"""Voices that are told apart at the far end: each caller says a pair of tones of his own, the box plays a chord.

Every tone is a multiple of 50 Hz, so that 20 ms of A-law hold whole periods of all of them: each packet of a voice is the
same, a lost or doubled one tears nothing, and one Fourier coefficient for each tone says who speaks. Pure; numpy does a
whole crowd at once.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from tests.lab import music

RATE = 8000
PACKET = 160
"""Samples, and bytes of A-law, of 20 ms."""
WINDOW = 4
"""Packets that are listened to at a time."""

_LOW = np.arange(450.0, 1500.0, 50.0)
_HIGH = np.arange(1600.0, 2650.0, 50.0)
CHORD = (2750.0, 2950.0, 3150.0)
"""What the box plays to whoever waits: a tone of nobody's voice."""
VOICES = len(_LOW) * len(_HIGH)

_QUIET = 1e-5
"""Mean square below which nobody hears anything: -50 dBFS."""
_STRONG = 0.08
"""Share of the whole from which a tone counts: a voice has two of 0.5, two voices at once four of 0.25, the chord three."""
_CLEAR = 0.6
"""Share of the whole that the tones must have, or it is something else."""


class Kind(Enum):
    """What sort of sound is heard."""

    NOTHING = "nothing"
    """Not one packet."""
    QUIET = "quiet"
    MUSIC = "music"
    VOICE = "voice"
    SEVERAL = "several"
    """More than one of all these at the same time."""
    OTHER = "other"
    """Tones of the PBX, words of the box, a change in the middle of the window."""


@dataclass(frozen=True, slots=True)
class Heard:
    """What somebody hears: of a voice whose, by its number from 0."""

    kind: Kind
    voice: int = -1

    def __str__(self) -> str:
        return f"voice {self.voice}" if self.kind is Kind.VOICE else self.kind.value


NOTHING, MUSIC = Heard(Kind.NOTHING), Heard(Kind.MUSIC)


def pair(voice: int) -> tuple[float, float]:
    """Return the tones of a voice in Hz; neighbours differ in both."""
    low = voice % len(_LOW)
    return float(_LOW[low]), float(_HIGH[(low + voice // len(_LOW)) % len(_HIGH)])


def packet(voice: int) -> bytes:
    """Return 20 ms of a voice as A-law."""
    return music.alaw(music.chord(pair(voice), PACKET / RATE, rate=RATE, level=-15.0))


def chord(seconds: float, rate: int = RATE) -> NDArray[np.float64]:
    """Return the music of the box."""
    return music.chord(CHORD, seconds, rate=rate)


def recognise(windows: Sequence[bytes]) -> list[Heard]:
    """Say of each window of `WINDOW` packets (A-law, one after the other) what is heard."""
    if not windows:
        return []
    codes = np.frombuffer(b"".join(windows), np.uint8).reshape(len(windows), WINDOW * PACKET)
    samples = _LINEAR[codes]
    total = np.mean(samples**2, axis=1)
    folded = samples.reshape(len(windows), WINDOW, PACKET).mean(axis=1)  # all of it repeats every 20 ms
    spectra = np.abs(np.fft.rfft(folded, axis=1)[:, _BINS] / PACKET) ** 2
    shares = 2 * spectra / np.maximum(total, _QUIET)[:, None]
    return [_judged(*row) for row in zip(total, shares > _STRONG, shares.sum(axis=1), strict=True)]


def _judged(total: float, strong: NDArray[np.bool_], clear: float) -> Heard:
    if total < _QUIET:
        return Heard(Kind.QUIET)
    low, high, chords = np.split(strong, [len(_LOW), len(_LOW) + len(_HIGH)])
    if clear < _CLEAR:
        return Heard(Kind.OTHER)
    match int(low.sum()), int(high.sum()), int(chords.sum()):
        case (0, 0, 3):
            return MUSIC
        case (1, 1, 0):
            return Heard(Kind.VOICE, _number(int(low.argmax()), int(high.argmax())))
        case (0 | 1, 0 | 1, 0) | (0, 0, _):
            return Heard(Kind.OTHER)
        case _:
            return Heard(Kind.SEVERAL)


def _number(low: int, high: int) -> int:
    return (high - low) % len(_HIGH) * len(_LOW) + low


def _linear() -> NDArray[np.float64]:
    """Return what each octet of A-law means (ITU-T G.711, table 1a), between -1 and 1."""
    code = np.arange(256) ^ 0x55
    exponent, mantissa = (code >> 4) & 7, code & 15
    size = np.where(exponent == 0, 2 * mantissa + 1, (2 * mantissa + 33) << np.maximum(exponent - 1, 0))
    return np.asarray(np.where(code & 0x80, size, -size) / 4096.0, np.float64)


_LINEAR = _linear()
_BINS = (np.concatenate([_LOW, _HIGH, CHORD]) / (RATE / PACKET)).astype(int)
