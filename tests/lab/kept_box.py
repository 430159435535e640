"""The box as it runs in the field: kept alive by a supervisor that does what its systemd unit does.

Everything of `Box` holds; `kill`, `restart` and `abort` return the instant, and the next life comes by itself.
"""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Self

from appliance import client
from appliance.errors import NotRunningError
from tests.lab.box import Box, Event, Json
from tests.lab.namespace import Namespace
from tests.lab.process import LIMIT, ROOT
from tests.lab.supervisor import Life, Supervisor

JOURNAL = "journal.db"


class KeptBox(Box):
    """One box under a supervisor."""

    def __init__(
        self,
        folder: Path,
        config: Json,
        *,
        environment: Mapping[str, str] | None = None,
        inside: Namespace | None = None,
    ) -> None:
        """Take a configuration, variables beside those of this process, and a namespace to run in."""
        super().__init__(folder, config)
        there = self.state
        run = folder / "run"
        run.mkdir(exist_ok=True)
        if inside is not None:
            self.state = inside.seen(there)
        self._over = threading.Event()
        command = [*(inside.inside if inside is not None else ()), sys.executable]
        options = ["-m", "appliance.cli", "run", "-c", str(self.file), "--state", str(there), "--verbose"]
        variables = {"PYTHONPATH": str(ROOT), "PYTHONFAULTHANDLER": "1", "RUNTIME_DIRECTORY": str(run)}
        self.supervisor = Supervisor([*command, *options], self.log, {**variables, **(environment or {})})

    @property
    def pid(self) -> int:
        """Its process id in its present life, or of the last one."""
        return self.supervisor.lives[-1].pid

    @property
    def journal(self) -> Path:
        """Its journal."""
        return self.state / JOURNAL

    def start(self, *, registered: bool = True) -> Self:
        """Start it for the first time; wait until it is up."""
        self.supervisor.start()
        threading.Thread(target=self._follow_lives, name="events", daemon=True).start()
        self.wait_up(0, registered=registered)
        return self

    def wait_up(self, after: int, *, registered: bool = True, limit: float = LIMIT) -> Life:
        """Wait until a life is up that is not one of the first `after`: ready, answering and registered."""
        life = self.supervisor.wait_ready(after, limit)
        if registered:
            self.wait_status(_all_registered, "registered", limit=limit)
        return life

    @property
    def lives(self) -> int:
        """Return how many lives it has had, this one included."""
        return len(self.supervisor.lives)

    def status(self) -> Json:
        """Return what `parkdeck status --json` prints; empty between two lives."""
        try:
            return super().status()
        except (NotRunningError, OSError, ValueError):
            return _NOBODY.copy()

    def kill(self) -> float:  # type: ignore[override]
        """Crash it (SIGKILL)."""
        return self.supervisor.signal(signal.SIGKILL)

    def restart(self) -> float:
        """Do what `systemctl restart` does: SIGTERM, and a next life."""
        return self.supervisor.signal(signal.SIGTERM)

    def command(self, *arguments: str, within: float = LIMIT) -> subprocess.CompletedProcess[str]:
        """Run the command `parkdeck` on this box, which may take so many seconds."""
        line = [sys.executable, "-m", "appliance.cli", *arguments, "--state", str(self.state)]
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        return subprocess.run(line, capture_output=True, text=True, timeout=within, check=False, env=environment)

    def stop(self, grace: float = 15.0) -> int:
        """End it for good: SIGTERM."""
        self._over.set()
        return self.supervisor.stop(grace) or 0

    def tail(self) -> str:
        """Return the last events, the lives and the end of the log, for messages."""
        events = "\n".join(f"{event.at:.3f} {event.data}" for event in self.events[-15:])
        return f"--- events of the box\n{events}\n{self.supervisor.tail()}"

    def _follow_lives(self) -> None:
        """Collect the events of every life, from the moment that it answers."""
        while not self._over.wait(0.02):
            try:
                for line in client.follow(self.state):
                    with self._news:
                        self.events.append(Event(time.monotonic(), line))
                        self._news.notify_all()
            except (NotRunningError, OSError, ValueError):
                continue


def _all_registered(status: Json) -> bool:
    return bool(status["registered"]) and all(one["state"] == "registered" for one in status["registered"])


_NOBODY: Json = {
    "registered": [],
    "places": [],
    "panels": [],
    "pages": [],
    "relays": [],
    "legs": -1,
    "health": ["down"],
}
