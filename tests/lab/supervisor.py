"""What systemd does for the service, done by a test: Type=notify, Restart=always, WatchdogSec, WatchdogSignal=SIGABRT.

The figures are those of `systemd/parkdeck.service`; a test compares them.

The program is started again after every end, whatever its exit code, until `stop`. Beyond that a test may look at each of its
lives, keep the next one back while it changes something (`hold`), and give the next ones another environment.
"""

import contextlib
import os
import select
import signal
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.lab.process import LIMIT, ROOT, LabError, until

RESTART = 0.5
"""Seconds between an end and the next start (RestartSec)."""
WATCHDOG = 20.0
"""Seconds that the program may be silent once it is ready (WatchdogSec)."""
START_LIMIT = 120.0
"""Seconds in which it has to be ready (TimeoutStartSec)."""
ABORT_LIMIT = 5.0
"""Seconds that it may take to die of a SIGABRT (TimeoutAbortSec)."""


@dataclass(slots=True)
class Life:
    """One run of the program; instants are monotonic."""

    pid: int
    started: float
    ready: float | None = None
    fed: int = 0
    """How often it has told the watchdog that it is well."""
    stopping: float | None = None
    """It has said that it is about to end (STOPPING=1)."""
    ended: float | None = None
    code: int | None = None
    words: list[str] = field(default_factory=list)
    """Each STATUS that it has told."""
    beaten: bool = False
    """Ended by the watchdog."""


class Supervisor:
    """Keeps one program alive. Everything here may be called from any thread."""

    def __init__(
        self, command: Sequence[str | Path], log: Path, environment: Mapping[str, str], *, watchdog: float = WATCHDOG
    ) -> None:
        """Take a command, a file for its output, and variables beside those of this process."""
        self._command = [str(word) for word in command]
        self.log = log
        self.environment = dict(environment)
        """For the next life; change it while that is held."""
        self._watchdog = watchdog
        self.lives: list[Life] = []
        self._may_start = threading.Event()
        self._may_start.set()
        self._stopping = threading.Event()
        self._folder = tempfile.TemporaryDirectory(prefix="parkdeck-notify-")
        self._thread = threading.Thread(target=self._run, name="supervisor", daemon=True)
        self._error: Exception | None = None

    def start(self) -> None:
        """Begin; `wait_ready` tells when the program is."""
        self._thread.start()

    @property
    def life(self) -> Life | None:
        """Return the present life; None between two."""
        last = self.lives[-1] if self.lives else None
        return last if last is not None and last.ended is None else None

    def wait_ready(self, after: int = 0, limit: float = LIMIT) -> Life:
        """Wait until a life is ready that is not one of the first `after`; return it."""

        def ready() -> Life | None:
            if self._error is not None:
                raise LabError(f"the supervisor is gone: {self._error!r}")
            return next((one for one in self.lives[after:] if one.ready is not None and one.ended is None), None)

        found = until(ready, f"life {after + 1} of the program is ready", limit=limit, tail=self.tail)
        assert found is not None
        return found

    def signal(self, number: signal.Signals) -> float:
        """Send a signal to the present life, if there is one; return the instant."""
        life = self.life
        at = time.monotonic()
        if life is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(life.pid, number)
        return at

    @contextlib.contextmanager
    def hold(self) -> Iterator[None]:
        """Start no further life inside; the present one goes on."""
        self._may_start.clear()
        try:
            yield
        finally:
            self._may_start.set()

    def wait_ended(self, limit: float = LIMIT) -> Life:
        """Wait until no life is left (inside `hold`); return the last."""
        until(lambda: self.life is None, "the program ends", limit=limit, tail=self.tail)
        return self.lives[-1]

    def stop(self, grace: float = 15.0) -> int | None:
        """End it for good: SIGTERM, after the grace SIGKILL. Return its exit code, None when it did not run."""
        self._stopping.set()
        self._may_start.set()
        self.signal(signal.SIGTERM)
        self._thread.join(grace)
        if self._thread.is_alive():
            self.signal(signal.SIGKILL)
            self._thread.join(LIMIT)
        self._folder.cleanup()
        return self.lives[-1].code if self.lives else None

    def tail(self, lines: int = 60) -> str:
        """Return the lives and the end of the log, for messages."""
        text = self.log.read_text(errors="replace").splitlines()[-lines:] if self.log.exists() else []
        return "\n".join([*map(str, self.lives[-4:]), f"--- end of {self.log}", *text])

    def _run(self) -> None:
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ear:
                ear.bind(f"{self._folder.name}/notify")
                while not self._stopping.is_set():
                    self._live(ear)
                    self._stopping.wait(RESTART)
                    self._may_start.wait()
        except Exception as error:  # noqa: BLE001 - the edge of a thread: whoever waits is told
            self._error = error

    def _live(self, ear: socket.socket) -> None:
        notify = {"NOTIFY_SOCKET": ear.getsockname(), "WATCHDOG_USEC": str(round(self._watchdog * 1e6))}
        with self.log.open("ab") as output:
            # the kernel ends it with the thread that started it: this one, which lives until `stop` or until we die
            process = subprocess.Popen(
                ["setpriv", "--pdeathsig", "KILL", "--", *self._command],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env={**os.environ, **self.environment, **notify},
                cwd=ROOT,
                process_group=0,
            )
        life = Life(process.pid, time.monotonic())
        self.lives.append(life)
        with os.fdopen(os.pidfd_open(process.pid)) as handle:
            self._watch(life, ear, handle.fileno())
        life.code = process.wait()
        life.ended = time.monotonic()
        while select.select([ear], [], [], 0)[0]:  # what the dead one has said is not for the next
            ear.recv(4096)

    def _watch(self, life: Life, ear: socket.socket, handle: int) -> None:
        """Listen to it until it ends; beat it when it is silent for too long."""
        due = life.started + START_LIMIT
        while True:
            watched: list[socket.socket | int] = [ear, handle]
            there, _, _ = select.select(watched, [], [], max(due - time.monotonic(), 0))
            if ear in there:
                words = ear.recv(4096).decode()
                due = self._told(life, words, due)
            elif handle in there:
                return
            else:
                number = signal.SIGKILL if life.beaten else signal.SIGABRT
                life.beaten = True
                with contextlib.suppress(ProcessLookupError):
                    os.kill(life.pid, number)
                due = time.monotonic() + ABORT_LIMIT

    def _told(self, life: Life, words: str, due: float) -> float:
        """Take what it says (sd_notify); return until when it has to say something again."""
        now = time.monotonic()
        for line in words.splitlines():
            match line.partition("="):
                case ("READY", _, "1"):
                    life.ready = life.ready or now
                    due = now + self._watchdog
                case ("WATCHDOG", _, "1"):
                    life.fed += 1
                    due = now + self._watchdog
                case ("STOPPING", _, "1"):
                    life.stopping = now
                    due = now + 2 * START_LIMIT
                case ("STATUS", _, text):
                    life.words.append(text)
                case _:
                    pass
        return due
