"""The watchdog: fed while the parts live, and only then (S-9).

It runs on the loop, so a loop that hangs feeds nobody, and one that crawls is late like everybody else. Each part tells the
instant of its last sign of life; the first one that is `LATE` stops the feeding, systemd aborts us (SIGABRT: every thread's stack
goes to the journal) and starts us again. What a part may wait for without being dead is its own affair: a card that is
unplugged is a fault (A-17), not silence.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from systemd.daemon import notify as notify_systemd

LATE = 5.0
"""Seconds without a sign of life after which a part counts as stuck."""
EVERY = 1.0
"""Seconds between two looks; less where systemd wants to be fed more often."""
LOOP = "loop"
"""The part that we are: its sign of life is our last look."""

_log = logging.getLogger(__name__)


def allowed(environment: Mapping[str, str], pid: int) -> float | None:
    """Return the seconds that systemd lets pass without being fed (sd_watchdog_enabled(3)); None: it does not watch us."""
    microseconds = environment.get("WATCHDOG_USEC", "")
    meant = environment.get("WATCHDOG_PID", str(pid)) == str(pid)
    return int(microseconds) / 1e6 if meant and microseconds.isdecimal() and int(microseconds) else None


def late(beats: Mapping[str, float], now: float) -> dict[str, float]:
    """Return the parts that are stuck, and for how many seconds each."""
    return {part: now - beat for part, beat in beats.items() if now - beat > LATE}


class Watchdog:
    """Looks at the parts every second, oftener if need be, and tells systemd; without systemd it only logs who is stuck.

    `beats` gives each part's last sign of life on `clock`, `status` one line for `systemctl status`, `patience` the seconds
    that systemd lets pass without being fed: also while it stops us, so that a drain may take its time and a process that
    hangs may not (EXTEND_TIMEOUT_USEC in sd_notify(3)).
    """

    def __init__(
        self,
        beats: Mapping[str, Callable[[], float]],
        *,
        status: Callable[[], str] = str,
        notify: Callable[[str], object] = notify_systemd,
        clock: Callable[[], float] = time.monotonic,
        patience: float | None = None,
    ) -> None:
        self._beats = beats
        self._status = status
        self._notify = notify
        self._clock = clock
        self._interval = EVERY if patience is None else min(EVERY, patience / 2)
        self._food = ["WATCHDOG=1"]
        if patience is not None:
            self._food.append(f"EXTEND_TIMEOUT_USEC={patience * 1e6:.0f}")
        self._stuck: dict[str, float] = {}
        """Parts that were told to be stuck, with their last sign of life then."""
        self._looked_at = clock()
        self._told = ""
        """The status that systemd has."""
        self._deaf = False
        """Systemd could not be told the last time."""
        self._timer: asyncio.TimerHandle | None = None

    def start(self) -> None:
        """Say that everything is up, and begin to look. On the loop; an exception there ends the process."""
        self._looked_at = self._clock()
        self._send("READY=1")
        self._look_on()

    def stop(self) -> None:
        """Say that the end has begun, and look no more. A second time it does nothing."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
            self._send("STOPPING=1\nSTATUS=stopping")

    @contextmanager
    def reloading(self) -> Iterator[None]:
        """Say that the configuration is being read again, and afterwards that it holds, or the old one (sd_notify(3))."""
        self._send(f"RELOADING=1\nMONOTONIC_USEC={time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000}")
        try:
            yield
        finally:
            self._send("READY=1")

    def look(self) -> bool:
        """Look once: feed the watchdog, or say who is stuck; returns whether all live."""
        now = self._clock()
        beats = {LOOP: self._looked_at, **{part: beat() for part, beat in self._beats.items()}}
        self._looked_at = now
        silent = late(beats, now)
        self._tell_changes(silent, beats, now)
        if silent:
            names = ", ".join(f"{part} for {seconds:.0f} s" for part, seconds in silent.items())
            self._tell([], f"stuck: {names}")
        else:
            self._tell(self._food, self._status())
        return not silent

    def _look_on(self) -> None:
        self.look()
        self._timer = asyncio.get_running_loop().call_later(self._interval, self._look_on)

    def _tell_changes(self, silent: Mapping[str, float], beats: Mapping[str, float], now: float) -> None:
        for part, seconds in silent.items():
            if part not in self._stuck:
                self._stuck[part] = beats[part]
                _log.critical(
                    "%s: no sign of life for %.1f s, the watchdog is not fed until there is one", part, seconds
                )
        for part in [part for part in self._stuck if part not in silent]:
            _log.warning("%s: lives again after %.1f s", part, now - self._stuck.pop(part))

    def _tell(self, words: list[str], status: str) -> None:
        """Send the words, and the status where it is another one; nothing to say is not sent."""
        line = " ".join(status.split())
        if line != self._told:
            self._told = line
            words = [*words, f"STATUS={line}"]
        if words:
            self._send("\n".join(words))

    def _send(self, text: str) -> None:
        """Tell systemd; one that cannot be told is no reason to end, it draws its own conclusions."""
        try:
            self._notify(text)
        except OSError as error:
            if not self._deaf:
                _log.error("systemd cannot be told %r: %s", text, error)
            self._deaf = True
        else:
            self._deaf = False
