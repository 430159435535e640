"""A cable that can be pulled: a network namespace for the box, and a veth pair from there to the PBX."""

import contextlib
import random

from tests.lab.namespace import Namespace, run
from tests.lab.process import LabError


class Cable(Namespace):
    """One cable: `here` is the address of our end, `there` that of the box's."""

    def __init__(self) -> None:
        super().__init__("net")
        number = random.randrange(1, 1 << 14)  # noqa: S311 - to spread, not to hide
        net = f"10.{200 + number // 256 % 50}.{number % 256}"
        self.here, self.there = f"{net}.1", f"{net}.2"
        self._ours, self._theirs = f"pd{number:x}a", f"pd{number:x}b"

    def pull(self) -> None:
        """Pull the plug at the box: its carrier is gone, its address stays."""
        self.run("ip", "link", "set", self._theirs, "down")

    def plug(self) -> None:
        """Put it back."""
        self.run("ip", "link", "set", self._theirs, "up")

    def _furnish(self) -> None:
        run("ip", "link", "add", self._ours, "type", "veth", "peer", "name", self._theirs)
        run("ip", "link", "set", self._theirs, "netns", str(self.pid))
        run("ip", "address", "add", f"{self.here}/30", "dev", self._ours)
        run("ip", "link", "set", self._ours, "up")
        self.run("ip", "address", "add", f"{self.there}/30", "dev", self._theirs)
        self.run("ip", "link", "set", "lo", "up")
        self.run("ip", "link", "set", self._theirs, "up")

    def _end(self) -> None:
        with contextlib.suppress(LabError):  # it was never laid
            run("ip", "link", "del", self._ours)
        super()._end()
