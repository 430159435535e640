"""Ears for tests: what is in a recording, and when. Pure functions over `Sound`; levels in dBFS RMS (a full sine has -3)."""

import wave
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

QUIET = -50.0
"""Below this nobody hears anything: codec noise and dither stay under it, any announcement is far above."""
TONE_FLOOR = -32.0
"""From here on a sine counts as there; the phones speak at -12."""
_NOTHING = -120.0


@dataclass(frozen=True, eq=False, slots=True)
class Sound:
    """Mono samples between -1 and 1, and the monotonic instant of the first."""

    samples: NDArray[np.float64]
    rate: int
    start: float = 0.0

    @classmethod
    def from_pcm(cls, data: bytes, rate: int, start: float = 0.0) -> Self:
        """Take 16-bit little endian mono samples; half a sample at the end is dropped."""
        return cls(np.frombuffer(data[: len(data) // 2 * 2], "<i2") / 32768.0, rate, start)

    @classmethod
    def from_wav(cls, path: Path, start: float = 0.0, last: float | None = None) -> Self:
        """Read a 16-bit WAV file that begins at an instant, or only its last seconds; several channels are mixed."""
        with wave.open(str(path)) as file:
            rate, channels, frames = file.getframerate(), file.getnchannels(), file.getnframes()
            skipped = 0 if last is None else max(frames - round(last * rate), 0)
            file.setpos(skipped)
            data = np.frombuffer(file.readframes(frames - skipped), "<i2") / 32768.0
        return cls(data.reshape(-1, channels).mean(axis=1), rate, start + skipped / rate)

    @property
    def duration(self) -> float:
        """Return its length in seconds."""
        return len(self.samples) / self.rate

    @property
    def end(self) -> float:
        """Return the instant after its last sample."""
        return self.start + self.duration

    def between(self, begin: float, end: float) -> "Sound":
        """Return the part between two instants, as much of it as there is."""
        first = min(max(round((begin - self.start) * self.rate), 0), len(self.samples))
        last = min(max(round((end - self.start) * self.rate), first), len(self.samples))
        return Sound(self.samples[first:last], self.rate, self.start + first / self.rate)

    def last(self, seconds: float) -> "Sound":
        """Return its last seconds."""
        return self.between(self.end - seconds, self.end)


@dataclass(frozen=True, slots=True)
class Run:
    """A stretch of sound or of silence, by its instants."""

    start: float
    end: float
    loud: bool

    @property
    def length(self) -> float:
        """Return its seconds."""
        return self.end - self.start


def level(sound: Sound) -> float:
    """Return the level of the whole."""
    return _decibel(float(np.mean(sound.samples**2))) if len(sound.samples) else _NOTHING


def peak(sound: Sound) -> float:
    """Return the highest sample in dBFS: 0 is full scale."""
    return _decibel(float(np.max(sound.samples**2))) if len(sound.samples) else _NOTHING


def levels(sound: Sound, window: float = 0.01) -> NDArray[np.float64]:
    """Return the level of each window of that many seconds, one after the other."""
    power = np.mean(_windows(sound, window) ** 2, axis=1)
    return 10 * np.log10(np.maximum(power, 10 ** (_NOTHING / 10)))


def tone_level(sound: Sound, frequency: float) -> float:
    """Return the level of the sine of that frequency in the whole; sharp to about 4 Hz over the length in seconds."""
    if not len(sound.samples):
        return _NOTHING
    return float(_tone_levels(sound.samples[None, :], sound.rate, frequency)[0])


def has_tone(sound: Sound, frequency: float, floor: float = TONE_FLOOR) -> bool:
    """Say whether the sine is there during the whole (in each quarter of it)."""
    return all(tone_level(part, frequency) > floor for part in _quarters(sound))


def lacks_tone(sound: Sound, frequency: float, floor: float = TONE_FLOOR) -> bool:
    """Say whether the sine is nowhere (in no quarter of it)."""
    return all(tone_level(part, frequency) <= floor for part in _quarters(sound))


def which_tones(sound: Sound, candidates: Iterable[float], floor: float = TONE_FLOOR) -> set[float]:
    """Return those of the candidates that are there during the whole."""
    return {frequency for frequency in candidates if has_tone(sound, frequency, floor)}


def exactly_tones(sound: Sound, wanted: Iterable[float], known: Iterable[float], floor: float = TONE_FLOOR) -> bool:
    """Say whether the wanted ones are there during the whole and no other of the known ones anywhere."""
    there = set(wanted)
    others = set(known) - there
    return all(has_tone(sound, f, floor) for f in there) and all(lacks_tone(sound, f, floor) for f in others)


def share_of_tones(sound: Sound, frequencies: Sequence[float]) -> float:
    """Return how much of the energy these sines are: near 1 when there is nothing else."""
    total = 10 ** (level(sound) / 10)
    return min(1.0, sum(10 ** (tone_level(sound, frequency) / 10) for frequency in frequencies) / total)


def first_sound(sound: Sound, floor: float = QUIET, window: float = 0.005) -> float | None:
    """Return the instant of the first window louder than the floor; None: all is silent."""
    loud = np.flatnonzero(levels(sound, window) > floor)
    return sound.start + int(loud[0]) * window if len(loud) else None


def last_sound(sound: Sound, floor: float = QUIET, window: float = 0.005) -> float | None:
    """Return the instant at which the last window louder than the floor ends."""
    loud = np.flatnonzero(levels(sound, window) > floor)
    return sound.start + (int(loud[-1]) + 1) * window if len(loud) else None


def first_tone(sound: Sound, frequency: float, floor: float = TONE_FLOOR, window: float = 0.04) -> float | None:
    """Return the instant at which a sine sets in, to half a window; None: never."""
    there = np.flatnonzero(_tone_levels(_windows(sound, window), sound.rate, frequency) > floor)
    return sound.start + int(there[0]) * window if len(there) else None


def last_tone(sound: Sound, frequency: float, floor: float = TONE_FLOOR, window: float = 0.04) -> float | None:
    """Return the instant at which a sine ends for good, to half a window; None: it never was there."""
    there = np.flatnonzero(_tone_levels(_windows(sound, window), sound.rate, frequency) > floor)
    return sound.start + (int(there[-1]) + 1) * window if len(there) else None


def longest_gap(sound: Sound, frequency: float, floor: float = TONE_FLOOR, window: float = 0.04) -> float:
    """Return the longest time without that sine, in whole windows."""
    there = _tone_levels(_windows(sound, window), sound.rate, frequency) > floor
    longest = max((len(run) for run in _split(there) if not run[0]), default=0)
    return longest * window


def runs(sound: Sound, floor: float = QUIET, shortest: float = 0.03, window: float = 0.01) -> list[Run]:
    """Cut into sound and silence in turn; silences shorter than `shortest` are part of the sound, then sounds likewise."""
    loud = levels(sound, window) > floor
    least = round(shortest / window)
    for kind in (False, True):
        loud = _without_short(loud, least, kind=kind)
    found: list[Run] = []
    at = sound.start
    for run in _split(loud):
        found.append(Run(at, at + len(run) * window, bool(run[0])))
        at = found[-1].end
    return found


def silences(sound: Sound, longer_than: float, floor: float = QUIET) -> list[Run]:
    """Return every silence of at least that many seconds."""
    return [run for run in runs(sound, floor) if not run.loud and run.length >= longer_than]


def cadence(sound: Sound, floor: float = QUIET) -> list[tuple[float, float]]:
    """Return (on, off) seconds of every tone burst that is there from its beginning to the beginning of the next."""
    found = runs(sound, floor, shortest=0.05)
    inner = found[1:-1]  # the first and the last are cut
    return [(on.length, off.length) for on, off in pairwise(inner) if on.loud]


def is_cadence(sound: Sound, on: float, off: float, tolerance: float = 0.04, least: int = 2) -> bool:
    """Say whether bursts of that length in that distance are heard, at least so many, and nothing else."""
    found = cadence(sound)
    fits = [abs(a - on) <= tolerance and abs(b - off) <= tolerance for a, b in found]
    return len(fits) >= least and all(fits)


def is_speech(sound: Sound) -> bool:
    """Say whether somebody talks: loud in syllables, its colour changing all the time, never for long one pure tone."""
    if sound.duration < 0.4 or level(sound) < QUIET:  # shorter than any word that we announce
        return False
    power = _spectra(sound)
    loud = 10 * np.log10(power.sum(axis=1) + 1e-12)
    active = power[loud > loud.max() - 25]
    share = active / active.sum(axis=1, keepdims=True)
    colours = share @ np.linspace(0, 1, share.shape[1])
    changing = float(np.std(colours)) > 0.035  # of 4 kHz; steady sounds and melodies stay below
    wide = float(np.median(np.exp(-np.sum(share * np.log(share + 1e-12), axis=1)))) > 4  # bins in use
    in_syllables = float(np.percentile(loud, 90) - np.percentile(loud, 15)) > 9  # dB
    return changing and wide and in_syllables


def _decibel(power: float) -> float:
    return float(10 * np.log10(max(power, 10 ** (_NOTHING / 10))))


def _quarters(sound: Sound) -> list[Sound]:
    return [Sound(part, sound.rate) for part in np.array_split(sound.samples, 4)]


def _windows(sound: Sound, window: float) -> NDArray[np.float64]:
    size = max(round(window * sound.rate), 1)
    count = len(sound.samples) // size
    return sound.samples[: count * size].reshape(count, size)


def _tone_levels(rows: NDArray[np.float64], rate: int, frequency: float) -> NDArray[np.float64]:
    """One Fourier coefficient of each row, with a Hann window against its neighbours."""
    shape = np.hanning(rows.shape[1] + 2)[1:-1]
    wave_ = shape * np.exp(-2j * np.pi * frequency * np.arange(rows.shape[1]) / rate)
    amplitude = 2 * np.abs(rows @ wave_) / shape.sum()
    return 20 * np.log10(np.maximum(amplitude / np.sqrt(2), 10 ** (_NOTHING / 20)))


def _spectra(sound: Sound, window: float = 0.032) -> NDArray[np.float64]:
    """Power spectra up to 4 kHz, one row for each window."""
    rows = _windows(sound, window)
    power = np.abs(np.fft.rfft(rows * np.hanning(rows.shape[1]), axis=1)) ** 2
    return power[:, : round(4000 * window)] + 1e-9


def _split(flags: NDArray[np.bool_]) -> list[NDArray[np.bool_]]:
    parts = np.split(flags, np.flatnonzero(np.diff(flags)) + 1)
    return [part for part in parts if len(part)]


def _without_short(flags: NDArray[np.bool_], least: int, *, kind: bool) -> NDArray[np.bool_]:
    """Turn round every inner run of that kind that is shorter than `least`."""
    parts = _split(flags)
    for index, part in enumerate(parts):
        if bool(part[0]) is kind and len(part) < least and 0 < index < len(parts) - 1:
            parts[index] = ~part
    return np.concatenate(parts) if parts else flags
