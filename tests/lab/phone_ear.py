"""What a phone hears, as a WAV file that is valid at any moment, with the instant of its first sample."""

import struct
import time
from collections import deque
from pathlib import Path
from typing import Any

import pjsua2 as pj

RATE = 16000
_FRAME_MS = 20
_SILENCE = bytes(RATE * _FRAME_MS // 1000 * 2)


class Ear(pj.AudioMediaPort):
    """A port of the bridge. Frames come in the bridge's clock thread, one every 20 ms from the beginning to the end, silence
    included; the file is written in the thread that calls `flush`. Both touch `_frames` only by single operations."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.path = path
        self.start: float | None = None
        """Monotonic instant of the first sample."""
        self._frames: deque[bytes] = deque()
        self._told = False
        self._file = path.open("w+b")
        self._file.write(wav_header(0))
        shape = pj.MediaFormatAudio()
        shape.init(pj.PJMEDIA_FORMAT_PCM, RATE, 1, _FRAME_MS * 1000, 16)
        self.createPort(path.stem, shape)

    def onFrameReceived(self, frame: Any) -> None:  # noqa: N802 - the library's name
        """Keep a frame; nothing in here can raise."""
        if self.start is None:
            self.start = time.monotonic() - _FRAME_MS / 1000
        if frame.type == pj.PJMEDIA_FRAME_TYPE_AUDIO and frame.buf.size():
            samples = bytearray(frame.buf.size())
            frame.buf.copy_to_bytearray(samples)
            self._frames.append(bytes(samples))
        else:
            self._frames.append(_SILENCE)

    def flush(self) -> bool:
        """Write what has come since; True once, when the recording has begun."""
        frames = [self._frames.popleft() for _ in range(len(self._frames))]
        if not frames:
            return False
        self._file.seek(0, 2)
        self._file.write(b"".join(frames))
        size = self._file.tell() - len(wav_header(0))
        self._file.seek(0)
        self._file.write(wav_header(size))
        self._file.flush()
        first, self._told = not self._told, True
        return first

    def close(self) -> None:
        """Write the rest and close the file."""
        self.flush()
        self._file.close()


def wav_header(size: int) -> bytes:
    """Return the 44 bytes before `size` bytes of 16-bit mono samples."""
    form = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, RATE, RATE * 2, 2, 16)
    return struct.pack("<4sI4s", b"RIFF", 36 + size, b"WAVE") + form + struct.pack("<4sI", b"data", size)
