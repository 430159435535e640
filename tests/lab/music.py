"""Sounds that the lab itself makes: sines for the phones and the PBX's own music on hold."""

import wave
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

RATE = 16000
MUSIC = (349.0, 523.0, 698.0)
"""The chord of the PBX's own music on hold, in Hz: tells it from the box's music and from every phone."""

_KEYS = ("123A", "456B", "789C", "*0#D")
_ROWS = (697.0, 770.0, 852.0, 941.0)
_COLUMNS = (1209.0, 1336.0, 1477.0, 1633.0)


def sine(frequency: float, seconds: float, *, rate: int = RATE, level: float = -12.0) -> NDArray[np.float64]:
    """Return a sine between -1 and 1; `level` is its RMS in dBFS (a full sine has -3)."""
    time = np.arange(round(seconds * rate)) / rate
    return np.sqrt(2) * 10 ** (level / 20) * np.sin(2 * np.pi * frequency * time)


def chord(
    frequencies: tuple[float, ...], seconds: float, *, rate: int = RATE, level: float = -18.0
) -> NDArray[np.float64]:
    """Return the sum of sines, each of that level."""
    return np.sum([sine(frequency, seconds, rate=rate, level=level) for frequency in frequencies], axis=0)


def dtmf(digits: str, *, rate: int = RATE) -> NDArray[np.float64]:
    """Return digits as their pairs of tones (ITU-T Q.23), 100 ms each and 100 ms apart."""
    parts = []
    for digit in digits:
        row, column = next((row, keys.index(digit)) for row, keys in enumerate(_KEYS) if digit in keys)
        parts += [chord((_ROWS[row], _COLUMNS[column]), 0.1, rate=rate, level=-12), np.zeros(rate // 10)]
    return np.concatenate(parts)


def pcm(samples: NDArray[np.float64]) -> bytes:
    """Turn samples between -1 and 1 into 16-bit little endian."""
    return (np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes()


def write_wav(path: Path, samples: NDArray[np.float64], rate: int = RATE) -> Path:
    """Write a mono WAV file."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(pcm(samples))
    return path


def alaw(samples: NDArray[np.float64]) -> bytes:
    """Encode samples between -1 and 1 as G.711 A-law (ITU-T G.711, table 1a), even bits inverted."""
    value = (np.clip(samples, -1, 1) * 4095).astype(np.int64)
    size = np.abs(value)
    exponent = np.clip(np.floor(np.log2(np.maximum(size, 1))) - 4, 0, 7).astype(np.int64)
    mantissa = (size >> np.maximum(exponent, 1)) & 0x0F
    code = np.where(value >= 0, 0x80, 0) | (exponent << 4) | mantissa
    return (code ^ 0x55).astype(np.uint8).tobytes()


def music_alaw(seconds: int = 10) -> bytes:
    """Return the PBX's music as a raw A-law file at 8 kHz; whole periods, so that it repeats without a click."""
    return alaw(chord(MUSIC, seconds, rate=8000))
