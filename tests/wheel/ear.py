"""The detector of scripts/wheel/dtmf.c, and what telephones send to it: keys by their levels, lengths and frequencies."""

import ctypes

import _pjsua2
import numpy as np

ROWS, COLUMNS = (697.0, 770.0, 852.0, 941.0), (1209.0, 1336.0, 1477.0, 1633.0)
KEYPAD = ("123A", "456B", "789C", "*0#D")
KEYS = "".join(KEYPAD)
FULL = 32767 * 10 ** (-3.14 / 20)
"""Amplitude of a sine of 0 dBm0: full scale is 3.14 dB more (ITU-T G.711, A-law)."""

_library = ctypes.CDLL(_pjsua2.__file__)
_library.parkdeck_dtmf_new.restype = ctypes.c_void_p
_library.parkdeck_dtmf_hear.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int, ctypes.c_char_p, ctypes.c_int]
_libc = ctypes.CDLL(None)
_libc.free.argtypes = [ctypes.c_void_p]


def hear(samples, rate=8000):
    """Return the keys that the detector tells of 16-bit samples, in frames of 20 ms."""
    ear = _library.parkdeck_dtmf_new(rate)
    assert ear
    told, keys = "", ctypes.create_string_buffer(16)
    sound = np.clip(np.round(samples), -32768, 32767).astype("<i2")
    for frame in np.split(sound, range(rate // 50, len(sound), rate // 50)):
        count = _library.parkdeck_dtmf_hear(ear, frame.tobytes(), len(frame), keys, 16)
        told += keys.raw[:count].decode()
    _libc.free(ear)
    return told


def key(name, milliseconds, *, rate=8000, low=-10.0, high=-10.0, low_off=0.0, high_off=0.0, phase=(0.0, 0.0)):
    """Return a key's two tones: levels in dBm0, how far each is off its frequency as a part of it."""
    row = next(at for at, keys in enumerate(KEYPAD) if name in keys)
    column = KEYPAD[row].index(name)
    time = np.arange(round(milliseconds * rate / 1000)) / rate
    parts = ((ROWS[row], low, low_off, phase[0]), (COLUMNS[column], high, high_off, phase[1]))
    return sum(
        FULL * 10 ** (level / 20) * np.sin(2 * np.pi * hertz * (1 + off) * time + angle)
        for hertz, level, off, angle in parts
    )


def pause(milliseconds, rate=8000):
    """Return silence."""
    return np.zeros(round(milliseconds * rate / 1000))
