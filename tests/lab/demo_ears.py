"""Ears that understand: which of the sentences that the box can say was said, and since when there is music.

The box's own voice says each sentence once more, and the recording is laid beside it: the same words fit to the sample, others
do not. A sentence is cut into pieces which are looked for one by one, so that a dropped packet or two clocks do no harm.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from appliance.pa import voices
from tests.lab import hearing
from tests.lab.hearing import Sound

Samples = NDArray[np.float64]

_RATE = 8000
_PIECE = _RATE // 4
_SLIP = _RATE // 6  # how far a piece may lie from where it is expected
_FITS, _SURE = 0.75, 0.85  # 1 is the very same; the telephone and each gap cost something; `best` tells likes apart
_STEP, _WINDOW, _LASTING = 0.01, 0.02, 10
_DIGITS = ("null", "eins", "zwei", "drei", "vier", "fünf", "sechs", "sieben", "acht", "neun")


@dataclass(frozen=True, slots=True)
class Said:
    """A sentence, or the first part of it, that was heard: by its instants, and how well it fits (at most 1)."""

    start: float
    end: float
    fit: float


def aloud(text: str) -> str:
    """Return a sentence as it is heard: `1 0 2` as `eins null zwei`."""
    return re.sub(r"\d", lambda digit: _DIGITS[int(digit[0])], text)


def find(sound: Sound, sentence: str, share: float = 1.0) -> Said | None:
    """Look for a sentence in German, or for that share of it from its beginning; None: it was not said."""
    heard = _coarse(sound.samples, sound.rate)
    wanted = _spoken(sentence)
    wanted = wanted[: round(len(wanted) * share)]
    if len(heard) < len(wanted):
        return None
    pieces = _pieces(heard, wanted, _place(heard, wanted)[1])
    if (fit := _fit(pieces)) < _FITS:
        return None
    start = sound.start + pieces[0][1] / _RATE
    return Said(start, sound.start + (pieces[-1][1] + len(wanted)) / _RATE, fit)


def best(sound: Sound, sentences: Iterable[str]) -> str:
    """Return which of the sentences fits best to what was said."""
    heard = _coarse(sound.samples, sound.rate)

    def fit(sentence: str) -> float:
        wanted = _spoken(sentence)
        if len(wanted) > len(heard):
            return 0.0
        return _fit(_pieces(heard, wanted, _place(heard, wanted)[1]))

    return max(sentences, key=fit)


def music_since(sound: Sound, other_tones: Sequence[float]) -> float | None:
    """Return the instant from which on there is sound, and it is more than those tones (a phone's, the PBX's music)."""

    def there(index: int) -> bool:
        window = sound.between(sound.start + index * _STEP, sound.start + index * _STEP + _WINDOW)
        return hearing.level(window) > hearing.QUIET and hearing.share_of_tones(window, other_tones) < 0.8

    windows = [there(index) for index in range(round((sound.duration - _WINDOW) / _STEP))]
    for index in range(len(windows) - _LASTING + 1):
        most = sum(windows[index : index + _LASTING]) >= 0.7 * _LASTING  # a chord may be like theirs for a moment
        if most and all(windows[index : index + 3]):
            return sound.start + index * _STEP
    return None


@cache
def _spoken(sentence: str) -> Samples:
    """The sentence in the voice of the box, without the silence around it."""
    rate = 6 * _RATE
    samples = np.asarray(voices.say(voices.chosen(voices.ESPEAK, "de")[0], sentence, rate), dtype=np.float64)
    loud = np.flatnonzero(np.abs(samples) > 0.01)
    return _coarse(samples[loud[0] : loud[-1]], rate)


def _coarse(samples: Samples, rate: int) -> Samples:
    """Return samples at the rate that words need, by the means of neighbours."""
    size = rate // _RATE
    return samples[: len(samples) // size * size].reshape(-1, size).mean(axis=1)


def _place(heard: Samples, wanted: Samples) -> tuple[float, int]:
    """Return how well, and where, something fits best in what was heard: the normalised cross-correlation."""
    size = 1 << (len(heard) + len(wanted)).bit_length()
    spectrum = np.fft.rfft(heard, size) * np.conj(np.fft.rfft(wanted, size))
    product = np.fft.irfft(spectrum, size)[: len(heard) - len(wanted) + 1]
    energy = np.concatenate([[0.0], np.cumsum(heard**2)])
    there = np.sqrt(np.maximum(energy[len(wanted) :] - energy[: -len(wanted)], 1e-9))
    fits = product / (there * np.linalg.norm(wanted))
    at = int(np.argmax(fits))
    return float(fits[at]), at


def _pieces(heard: Samples, wanted: Samples, at: int) -> list[tuple[float, int]]:
    """Return how well each piece fits, and where the whole would begin by it; pieces in which nothing is said are left out.

    Each is looked for near where the one before was found: on a busy machine some words come late, and then all that follow.
    """
    found: list[tuple[float, int]] = []
    for begin in range(0, len(wanted) - _PIECE + 1, _PIECE):
        piece = wanted[begin : begin + _PIECE]
        first = max(at + begin - _SLIP, 0)
        around = heard[first : at + begin + _PIECE + _SLIP]
        if np.sqrt(np.mean(piece**2)) > 0.01 and len(around) >= _PIECE:
            fit, slipped = _place(around, piece)
            at = first + slipped - begin if fit > _SURE else at
            found.append((fit, at))
    return found


def _fit(pieces: list[tuple[float, int]]) -> float:
    return float(np.mean([fit for fit, _ in pieces])) if pieces else 0.0
