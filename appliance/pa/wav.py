"""Sound files in, 16-bit mono WAV files out. The only file of the PA that knows libsndfile and soxr.

Whoever reads sees AdapterError and nothing of the libraries. A file is written beside its place and then renamed: nobody
ever sees half of one, and two writers of the same file do no harm.
"""

import os
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import soundfile
import soxr

from appliance.errors import AdapterError
from appliance.pa.levels import Samples, to_pcm

HEADER = 44
"""Bytes of a WAV file without samples."""


def whole(path: Path) -> bool:
    """Say whether a file of ours is there and has samples."""
    try:
        return path.stat().st_size > HEADER
    except OSError:
        return False


def load(path: Path, rate: int) -> Samples:
    """Return a whole sound file as mono at `rate`. Raises AdapterError when it is none. For files of a minute or so."""
    return np.concatenate([*stream(path, rate), np.zeros(0, dtype=np.float32)])


def stream(path: Path, rate: int) -> Iterator[Samples]:
    """Yield a sound file (WAV, FLAC, Ogg, MP3) second by second as mono at `rate`. Raises AdapterError when it is none."""
    try:
        with soundfile.SoundFile(str(path)) as sound:
            yield from _mono(sound, rate)
    except (soundfile.SoundFileError, OSError) as error:
        raise AdapterError(f"{path} cannot be read as sound ({error}): give a WAV, FLAC, Ogg or MP3 file") from error


def _mono(sound: soundfile.SoundFile, rate: int) -> Iterator[Samples]:
    turner = soxr.ResampleStream(sound.samplerate, rate, 1, dtype="float32") if sound.samplerate != rate else None
    for chunk in sound.blocks(blocksize=sound.samplerate, dtype="float32", always_2d=True):
        mono = np.ascontiguousarray(chunk.mean(axis=1), dtype=np.float32)
        yield mono if turner is None else np.asarray(turner.resample_chunk(mono), dtype=np.float32)
    if turner is not None:
        yield np.asarray(turner.resample_chunk(np.zeros(0, dtype=np.float32), last=True), dtype=np.float32)


def resample(samples: Samples, source: int, rate: int) -> Samples:
    """Return the samples at another rate."""
    return samples if source == rate else np.asarray(soxr.resample(samples, source, rate), dtype=np.float32)


def save(path: Path, chunks: Iterable[Samples], rate: int) -> Path:
    """Write a 16-bit mono WAV file atomically, folder and all. Raises AdapterError when the disk refuses."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=path.stem + ".", suffix=".tmp")
    except OSError as error:
        raise AdapterError(f"{path.parent} cannot be written ({error}): check the disk and its rights") from error
    try:
        with os.fdopen(handle, "w+b") as file:
            _write(file.fileno(), chunks, rate)
            os.fsync(file.fileno())
        Path(name).chmod(0o644)
        return Path(name).replace(path)
    except (soundfile.SoundFileError, OSError) as error:
        raise AdapterError(f"{path} cannot be written ({error}): check the disk and its rights") from error
    finally:
        Path(name).unlink(missing_ok=True)


def _write(descriptor: int, chunks: Iterable[Samples], rate: int) -> None:
    shape = {"samplerate": rate, "channels": 1, "format": "WAV", "subtype": "PCM_16", "closefd": False}
    with soundfile.SoundFile(descriptor, "w", **shape) as sound:
        for chunk in chunks:
            sound.write(to_pcm(chunk))
