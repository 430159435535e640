"""What a phone says: a steady sine into every call, and digits as tones into one."""

from pathlib import Path
from typing import Any

import pjsua2 as pj

from tests.lab import music


class Voice:
    """The sine of a phone, a loop of one second: whole Hz only. 0 is silence."""

    def __init__(self, folder: Path, frequency: float) -> None:
        self._player: Any = None
        if frequency:
            file = music.write_wav(folder / f"voice-{frequency:.0f}.wav", music.sine(frequency, 1))
            self._player = pj.AudioMediaPlayer()
            self._player.createPlayer(str(file))

    def into(self, audio: Any) -> None:
        """Say it into a call; the connection ends with the call's media."""
        if self._player is not None:
            self._player.startTransmit(audio)

    def out_of(self, audio: Any) -> None:
        """Say no more into a call."""
        if self._player is not None:
            self._player.stopTransmit(audio)

    def close(self) -> None:
        """Fall silent for good."""
        if self._player is not None:
            self._player.__swig_destroy__(self._player)
            self._player = None


class Digits:
    """Digits as tones, once."""

    def __init__(self, folder: Path, digits: str) -> None:
        samples = music.dtmf(digits)
        self.seconds = len(samples) / music.RATE
        self._player: Any = pj.AudioMediaPlayer()
        file = music.write_wav(folder / "digits.wav", samples)
        self._player.createPlayer(str(file), pj.PJMEDIA_FILE_NO_LOOP)

    def into(self, audio: Any) -> None:
        """Begin to send them into a call."""
        self._player.startTransmit(audio)

    def close(self) -> None:
        """Let go of the file, after `seconds`."""
        self._player.__swig_destroy__(self._player)
