"""Child processes: output in a file, end by process id, no orphan even when the parent is killed."""

import contextlib
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO, TypeVar

ROOT = Path(__file__).resolve().parents[2]
LIMIT = 20.0
"""Seconds that a lab waits for anything; on a machine under load a healthy part may be slow, never this slow."""

T = TypeVar("T")

_GUARD = ("setpriv", "--pdeathsig", "KILL", "--")  # ends the child when the thread that started it ends


class LabError(AssertionError):
    """A part of the lab did not do what it was asked, or not in time; the message carries the tail of its log."""


class Program:
    """One child process. Only what the main thread starts is ended by the kernel when we are killed."""

    def __init__(
        self,
        name: str,
        command: Sequence[str | Path],
        log: Path,
        *,
        environment: Mapping[str, str] | None = None,
        stdin: int | None = subprocess.DEVNULL,
        stdout: int | None = None,
    ) -> None:
        """Start it; standard output goes to the log too unless `stdout` says otherwise."""
        self.name = name
        self.log = log
        guard = _GUARD if threading.current_thread() is threading.main_thread() else ()
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                [*guard, *map(str, command)],
                stdin=stdin,
                stdout=output if stdout is None else stdout,
                stderr=output,
                env={**os.environ, **(environment or {})},
                cwd=ROOT,
                process_group=0,  # Ctrl-C at a terminal is for whoever started us, who ends us in order
            )

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    @property
    def code(self) -> int | None:
        """Its exit code; None while it runs; negative: the signal that ended it."""
        return self._process.poll()

    @property
    def stdin(self) -> IO[bytes]:
        """The pipe to it (started with stdin=PIPE)."""
        assert self._process.stdin is not None
        return self._process.stdin

    @property
    def stdout(self) -> IO[bytes]:
        """The pipe from it (started with stdout=PIPE)."""
        assert self._process.stdout is not None
        return self._process.stdout

    def tail(self, lines: int = 40) -> str:
        """Return the last lines of its log, for messages."""
        text = self.log.read_text(errors="replace").splitlines()[-lines:]
        return f"--- {self.name} (pid {self.pid}, exit {self.code}), end of {self.log}\n" + "\n".join(text)

    def signal(self, number: signal.Signals) -> None:
        """Send a signal; nothing if it has ended."""
        with contextlib.suppress(ProcessLookupError):
            self._process.send_signal(number)

    def wait(self, limit: float = LIMIT) -> int:
        """Wait for its end, return the exit code."""
        try:
            return self._process.wait(limit)
        except subprocess.TimeoutExpired:
            raise LabError(f"{self.name} has not ended after {limit} s\n{self.tail()}") from None

    def stop(self, grace: float = 10.0) -> int:
        """End it: SIGTERM, after the grace SIGKILL. Return the exit code."""
        self.signal(signal.SIGTERM)
        try:
            return self._process.wait(grace)
        except subprocess.TimeoutExpired:
            return self.kill()
        finally:
            self._close_pipes()

    def kill(self) -> int:
        """End it at once."""
        self.signal(signal.SIGKILL)
        code = self._process.wait(LIMIT)
        self._close_pipes()
        return code

    def _close_pipes(self) -> None:
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()


def until(check: Callable[[], T], what: str, *, limit: float = LIMIT, tail: Callable[[], str] = str) -> T:
    """Ask until the answer is true, and return it. For what can only be asked; where events come, wait for those."""
    end = time.monotonic() + limit
    while not (answer := check()):
        if time.monotonic() > end:
            raise LabError(f"{what}: not within {limit} s\n{tail()}")
        time.sleep(0.02)
    return answer
