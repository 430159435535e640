"""A terminal to tell a story on: lines that stay, and below them one live line. Without a terminal: plain text, no escapes."""

import os
import shutil
import sys
import threading
import time
from collections.abc import Callable
from contextlib import contextmanager
from typing import TextIO

Piece = str | tuple[str, str]
"""Text, or (style, text); styles are those of `STYLES`."""

STYLES = {
    "bold": "1",
    "dim": "2",
    "good": "32",
    "bad": "1;31",
    "voice": "33",
    "where": "36",
    "lit": "1;33",
    "title": "1;36",
}
WIDEST, NARROWEST = 100, 60
"""Columns."""
_FRAME = 0.05  # seconds between two drawings of the live line: a lamp that flickers 10 times a second is seen to
_HIDE, _SHOW, _WIPE = "\x1b[?25l", "\x1b[?25h", "\r\x1b[2K"


class Screen:
    """One output. Lines may come from any thread; the live line is drawn by a thread of its own."""

    def __init__(self, out: TextIO | None = None) -> None:
        self._out = out or sys.stdout
        terminal = self._out.isatty() and os.environ.get("TERM") != "dumb"
        self.moving = terminal
        """Whether there is a live line."""
        self._coloured = terminal and not os.environ.get("NO_COLOR")
        self._lock = threading.RLock()
        self._draw: Callable[[], list[Piece]] | None = None
        self._over = threading.Event()

    @property
    def width(self) -> int:
        """Columns that lines are laid out for."""
        if not self.moving:
            return WIDEST
        return max(min(shutil.get_terminal_size((WIDEST, 40)).columns, WIDEST), NARROWEST)

    def line(self, *pieces: Piece) -> None:
        """Write a line that stays."""
        with self._lock:
            wipe = _WIPE if self._draw is not None else ""
            self._write(wipe + "".join(self._painted(piece) for piece in pieces).rstrip() + "\n")
            self._redraw()

    def rule(self) -> None:
        """Draw a line from side to side."""
        self.line(("dim", "─" * (self.width - 1)))

    @contextmanager
    def live(self, draw: Callable[[], list[Piece]]):
        """Show what `draw` returns below everything, again and again, while the block runs."""
        if not self.moving:
            yield
            return
        self._over.clear()
        self._draw = draw
        self._write(_HIDE)
        thread = threading.Thread(target=self._animate, name="screen", daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._over.set()
            thread.join()
            with self._lock:
                self._draw = None
                self._write(_WIPE + _SHOW)

    def _animate(self) -> None:
        while not self._over.wait(_FRAME):
            with self._lock:
                self._redraw()

    def _redraw(self) -> None:
        if self._draw is None:
            return
        pieces, room = [], self.width - 1
        for piece in self._draw():
            style, text = ("", piece) if isinstance(piece, str) else piece
            pieces.append(self._painted((style, text[:room])))
            room -= len(text[:room])
        self._write(_WIPE + "".join(pieces))

    def _painted(self, piece: Piece) -> str:
        if isinstance(piece, str):
            return piece
        style, text = piece
        return f"\x1b[{STYLES[style]}m{text}\x1b[0m" if self._coloured and style and text else text

    def _write(self, text: str) -> None:
        try:
            self._out.write(text)
        except UnicodeEncodeError:  # a terminal of another age
            encoding = self._out.encoding or "ascii"
            self._out.write(text.encode(encoding, "replace").decode(encoding))
        self._out.flush()


def clock(seconds: float) -> str:
    """Return a length of time as people write it: `7.3 s`, `1 min 12 s`."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    return f"{whole // 60} min {whole % 60:02} s"


def meter(level: float) -> str:
    """Return a level in dBFS as a small bar."""
    bars = " ▁▂▃▄▅▆▇"
    filled = min(max((level + 50) / 40, 0), 1) * 6  # from -50 to -10 dBFS
    return "".join(bars[round(min(max(filled - place, 0), 1) * (place + 1.4))] for place in range(6))


def blink(period: float) -> bool:
    """Say whether something that blinks is to be seen now."""
    return time.monotonic() % period < period / 2
