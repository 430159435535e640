"""A namespace of the kernel for a part of the lab: its own network, or its own mounts. Needs root.

A process that sleeps keeps it; the kernel ends that one with us, and the namespace and all that is in it: nothing is left behind.
"""

import os
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

from tests.lab.process import LabError, until

Kind = Literal["net", "mnt"]
_UNSHARE = {"net": ("--net",), "mnt": ("--mount", "--propagation", "private")}
_ENTER = {"net": "--net", "mnt": "--mount"}


class Namespace:
    """One namespace; what derives from it says in `_furnish` what is in it."""

    def __init__(self, kind: Kind) -> None:
        self._kind = kind
        self._keeper: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """Return the process that keeps it."""
        assert self._keeper is not None
        return self._keeper.pid

    @property
    def inside(self) -> list[str]:
        """Return the command that runs a program in it."""
        return ["nsenter", f"{_ENTER[self._kind]}=/proc/{self.pid}/ns/{self._kind}", "--"]

    def seen(self, path: Path) -> Path:
        """Return where a path of the inside is found from outside."""
        return Path(f"/proc/{self.pid}/root{path}")

    def run(self, *command: str) -> None:
        """Run a command inside. Raises LabError with what it complains about."""
        run(*self.inside, *command)

    def __enter__(self) -> Self:
        """Make it. Raises LabError where that is not allowed."""
        guard = ["setpriv", "--pdeathsig", "KILL", "--"]
        self._keeper = subprocess.Popen(
            [*guard, "unshare", *_UNSHARE[self._kind], "sleep", "infinity"], stdin=subprocess.DEVNULL
        )
        try:
            until(self._there, f"a namespace ({self._kind})")
            self._furnish()
        except LabError:
            self._end()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._end()

    def _furnish(self) -> None:
        """Put into it what belongs there."""

    def _end(self) -> None:
        assert self._keeper is not None
        self._keeper.kill()
        self._keeper.wait()

    def _there(self) -> bool:
        assert self._keeper is not None
        if self._keeper.poll() is not None:
            raise LabError(f"no namespaces of this kind here (unshare {' '.join(_UNSHARE[self._kind])} is refused)")
        ours, its = (os.stat(f"/proc/{pid}/ns/{self._kind}").st_ino for pid in ("self", self.pid))  # noqa: PTH116 - a link
        return ours != its


def run(*command: str) -> None:
    """Run a command that says nothing when all is well. Raises LabError with what it complains about."""
    done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
    if done.returncode:
        raise LabError(f"{' '.join(command)}: {done.stderr.strip()}")
