"""Arithmetic of loudness: pure functions of samples.

`Samples` are float32, mono, one dimension; 1.0 is 0 dBFS. On the wire and on disk they are 16-bit little endian (`pcm`).
Nothing that leaves this package is above `CEILING`, -1 dBFS (A-12).
"""

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float32]
Pcm = NDArray[np.int16]
Curve = NDArray[np.float64]

FLOOR = -120.0
"""dBFS of silence."""
FULL_SCALE = 32767.0


def gain(decibels: float) -> float:
    """Return the factor of a gain in dB."""
    return float(10.0 ** (decibels / 20.0))


CEILING = gain(-1.0)


def decibels(factor: float) -> float:
    """Return a factor, or an amplitude of 0-1, in dB; `FLOOR` at the least."""
    return max(FLOOR, 20.0 * float(np.log10(max(factor, 1e-9))))


def scale(samples: Samples, factor: float) -> Samples:
    """Return the samples at another amplitude."""
    return np.asarray(samples * np.float32(factor), dtype=np.float32)


def shape(samples: Samples, curve: Curve) -> Samples:
    """Return the samples with a gain of its own for each."""
    return np.asarray(samples * curve, dtype=np.float32)


def silence(count: int) -> Samples:
    """Return so many samples of nothing."""
    return np.zeros(count, dtype=np.float32)


def to_pcm(samples: Samples) -> Pcm:
    """Return 16-bit samples, clipped at full scale."""
    return (np.clip(samples, -1.0, 1.0) * FULL_SCALE).round().astype(np.dtype("<i2"))


def from_pcm(pcm: Pcm) -> Samples:
    """Return float samples of 16-bit ones."""
    return (pcm / np.float32(FULL_SCALE)).astype(np.float32)


def peak(samples: Samples) -> float:
    """Return the largest amplitude; 0 for no samples."""
    return float(np.abs(samples).max(initial=0.0))


def rms(samples: Samples) -> float:
    """Return the root mean square; 0 for no samples."""
    return float(np.sqrt(np.mean(np.square(samples, dtype=np.float64)))) if samples.size else 0.0


def frames(samples: Samples, length: int) -> Samples:
    """Return the samples as rows of `length`, the last one filled up with zeros."""
    count = -(-samples.size // length)
    return np.pad(samples, (0, count * length - samples.size)).reshape(count, length)


def active(samples: Samples, rate: int, *, depth: float = 30.0) -> float:
    """Return the rms of what is no pause: of the 20 ms frames within `depth` dB of the loudest (as ITU-T P.56 means it)."""
    powers = np.mean(np.square(frames(samples, rate // 50), dtype=np.float64), axis=1)
    if not powers.size or powers.max() <= 0.0:
        return 0.0
    return float(np.sqrt(powers[powers >= powers.max() * gain(-depth) ** 2].mean()))


def normalise(samples: Samples, rate: int, level: float) -> Samples:
    """Bring the active level to `level` dBFS and the peaks under the ceiling; silence stays silence."""
    now = active(samples, rate)
    return samples if now == 0.0 else limit(scale(samples, gain(level) / now), rate)


def limit(samples: Samples, rate: int, ceiling: float = CEILING) -> Samples:
    """Turn down what is above the ceiling, 3 ms before and after each peak, without a step in the gain.

    The gain is constant over no less than the 3 ms on both sides of a millisecond that needs it, and the average over 5 ms
    is narrower than that: so no sample escapes, and nothing is clipped.
    """
    if peak(samples) <= ceiling:
        return samples
    step = max(1, rate // 1000)
    peaks = np.abs(frames(samples, step)).max(axis=1)
    need = np.minimum(1.0, ceiling / np.maximum(peaks, 1e-9))
    held = _sliding(np.pad(need, 3, constant_values=1.0), 7).min(axis=1)
    smooth = _sliding(np.pad(held, 2, mode="edge"), 5).mean(axis=1)
    middle = (np.arange(smooth.size) + 0.5) * step
    curve = np.interp(np.arange(samples.size), middle, smooth)
    return shape(samples, curve)


def _sliding(values: NDArray[np.float64], width: int) -> NDArray[np.float64]:
    return np.lib.stride_tricks.sliding_window_view(values, width)


def trim(samples: Samples, rate: int, *, depth: float = 45.0, before: float = 0.02, after: float = 0.08) -> Samples:
    """Cut the silence at both ends: what is `depth` dB under the peak, but for a little; the cut edges are faded."""
    loud = np.flatnonzero(np.abs(samples) > peak(samples) * gain(-depth))
    if not loud.size:
        return samples[:0]
    start = max(0, int(loud[0]) - int(before * rate))
    end = min(samples.size, int(loud[-1]) + int(after * rate))
    return soften(samples[start:end], rate, seconds=0.005)


def soften(samples: Samples, rate: int, *, seconds: float) -> Samples:
    """Return a copy that begins and ends with a raised-cosine fade, so that it does not click."""
    count = min(int(seconds * rate), samples.size // 2)
    curve = (0.5 - 0.5 * np.cos(np.pi * (np.arange(count) + 0.5) / max(1, count))).astype(np.float32)
    soft = samples.copy()
    soft[:count] *= curve
    soft[soft.size - count :] *= curve[::-1]
    return soft
