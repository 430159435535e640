"""Music for people who wait: the shipped piece, synthesised, and files of the site's own, made ready for the bridge.

Pure numpy, deterministic, and band-limited: no partial above 3300 Hz, so that 8 kHz lines alias nothing. The piece is a
ring: what rings on after its last beat is mixed into its first, so that no loop point is to be heard. Blocking (a few
seconds of work the first time): for worker threads.
"""

import hashlib
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

import numpy as np

from appliance.errors import AdapterError
from appliance.pa import levels, score, wav
from appliance.pa.levels import Samples
from appliance.pa.score import Note

DEFAULT = "default"
"""Source name of the shipped piece."""
LEVEL = -22.0
"""dBFS, active level of all hold music: under the voice that interrupts it."""
HIGHEST = 3300.0
"""Hz, the highest partial."""
RECIPE = "1"
"""Changed whenever the same source is to sound different."""

_BELL = ((1, 1.0, 1.3), (2, 0.32, 0.8), (3, 0.14, 0.45), (4, 0.07, 0.3), (6, 0.02, 0.15))
"""Of the electric piano: partial, strength, seconds to 1/e."""
_REED = ((1, 1.0), (2, 0.45), (3, 0.2), (4, 0.08))
"""Of the carpet: partial, strength."""
_DETUNED = 1.0015
"""Ratio of the second reed: a slow, soft beat."""
_ECHO_BEATS, _ECHO = 0.75, 0.22


def prepare(source: Path | str, rate: int, folder: Path) -> Path:
    """Return hold music as 16-bit mono WAV at `rate`, made once and kept in `folder`.

    `source` is `DEFAULT` or a WAV, FLAC, Ogg or MP3 file. Raises AdapterError when it is no sound, or has none.
    """
    own = str(source) == DEFAULT
    path = folder / f"music-{_key(None if own else Path(source), rate)}.wav"
    if wav.whole(path):
        return path
    return wav.save(path, [compose(rate)] if own else _levelled(Path(source), rate), rate)


def _key(source: Path | None, rate: int) -> str:
    """Return what a source is known by: a file that was changed is another one. Raises AdapterError when it is not there."""
    what = [RECIPE, str(LEVEL), str(rate)]
    if source is not None:
        try:
            status = source.stat()
        except OSError as error:
            raise AdapterError(f"the music {source} cannot be read ({error}): give a sound file") from error
        what += [str(source.resolve()), str(status.st_mtime_ns), str(status.st_size)]
    return hashlib.sha256("\0".join(what).encode()).hexdigest()[:32]


def _levelled(source: Path, rate: int) -> Iterator[Samples]:
    """Yield a file at the level of hold music, in two passes, so that an hour needs no memory."""
    gain = _gain(wav.stream(source, rate), rate)
    if gain == 0.0:
        raise AdapterError(f"the music {source} is silent: give a file with sound in it")
    for chunk in wav.stream(source, rate):
        yield np.clip(levels.scale(chunk, gain), -levels.CEILING, levels.CEILING)


def _gain(chunks: Iterable[Samples], rate: int) -> float:
    """Return the factor to the wanted level that takes no peak above the ceiling; 0 for silence."""
    loudest = energy = seconds = 0.0
    for chunk in chunks:
        loudest = max(loudest, levels.peak(chunk))
        energy += levels.active(chunk, rate) ** 2 * chunk.size
        seconds += chunk.size
    if loudest < levels.gain(-80.0):
        return 0.0
    return min(levels.gain(LEVEL) / float(np.sqrt(energy / seconds)), levels.CEILING / loudest)


def compose(rate: int) -> Samples:
    """Return the shipped piece, 80 s of it, at any rate from 8000 up; the same samples every time."""
    beat = 60.0 / score.BEATS_PER_MINUTE
    ring = np.zeros(round(score.BEATS * beat * rate))
    for notes, voice, strength in (
        (score.melody(), _bell, 0.5),
        (score.accompaniment(), _bell, 0.3),
        (score.carpet(), _reed, 0.09),
    ):
        once = cache(voice)
        for note in notes:
            _lay(ring, note, strength * note.strength * once(note.pitch, note.length * beat, rate), beat * rate)
    ring += _ECHO * np.roll(ring, round(_ECHO_BEATS * beat * rate))
    piece = ring.astype(np.float32)
    return levels.limit(levels.scale(piece, levels.gain(LEVEL) / levels.active(piece, rate)), rate)


def _lay(ring: levels.Curve, note: Note, tone: levels.Curve, beat: float) -> None:
    """Mix a tone into the ring; what goes past its end begins again at its start."""
    places = (round(note.begin * beat) + np.arange(tone.size)) % ring.size
    ring[places] += tone


def _hertz(pitch: int) -> float:
    return float(440.0 * 2.0 ** ((pitch - 69) / 12.0))


def _bell(pitch: int, seconds: float, rate: int) -> levels.Curve:
    """Return a struck tone that is damped after `seconds`."""
    time = np.arange(int((seconds + 0.4) * rate)) / rate
    tone = np.zeros(time.size)
    for partial, strength, decay in _BELL:
        hertz = partial * _hertz(pitch)
        if hertz < HIGHEST:
            tone += strength * np.exp(-time / decay) * np.sin(2 * np.pi * hertz * time)
    return tone * _envelope(time, attack=0.012, end=seconds, release=0.4)


def _reed(pitch: int, seconds: float, rate: int) -> levels.Curve:
    """Return a tone that swells and dies away."""
    time = np.arange(int(seconds * rate)) / rate
    tone = np.zeros(time.size)
    for partial, strength in _REED:
        for hertz in (partial * _hertz(pitch), partial * _hertz(pitch) * _DETUNED):
            if hertz < HIGHEST:
                tone += strength * np.sin(2 * np.pi * hertz * time)
    return tone * _envelope(time, attack=0.7, end=seconds - 0.8, release=0.8)


def _envelope(time: levels.Curve, *, attack: float, end: float, release: float) -> levels.Curve:
    """Return a gain that rises and falls along raised cosines."""
    rise = np.clip(time / attack, 0.0, 1.0)
    fall = np.clip((end + release - time) / release, 0.0, 1.0)
    return np.asarray((0.5 - 0.5 * np.cos(np.pi * rise)) * (0.5 - 0.5 * np.cos(np.pi * fall)))
