"""A real Kamailio, registrar and proxy, out of the same prepared root file system as Asterisk, and like it without chroot.

With a proxy every dialog is between two phones, or a phone and the box: REFER, Replaces and BYE are theirs alone.
"""

import random
import socket
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.lab import kamailio_config
from tests.lab.pbx import VARIABLE, rootfs
from tests.lab.pbx_config import Company, Line
from tests.lab.process import LabError, Program, until

_PORT = 5060
_KEEPER = 'exec 3<&0; ( (read -r _ <&3; kill -KILL 0) & ); exec 3<&-; exec "$@" </dev/null'
"""Kamailio's workers outlive their parent when it is killed: a shell of the same process group waits for the end of a pipe
from us, which the kernel closes too when it is us who are killed, and then ends the whole group. It is nobody's child: at a
stop Kamailio waits for its children."""


def _free_address() -> socket.socket:
    """Take a loopback address for this process, by listening (TCP) where Kamailio takes UDP."""
    for _ in range(200):
        numbers = (random.randint(*ends) for ends in ((64, 126), (0, 255), (1, 254)))  # noqa: S311 - to spread, not to hide
        address = ".".join(map(str, (127, *numbers)))
        guard = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        try:
            guard.bind((address, _PORT))
            guard.listen(1)
        except OSError:
            guard.close()
        else:
            if _is_free(address):
                return guard
            guard.close()
    raise LabError(f"port {_PORT} is taken on every loopback address: end the SIP server that listens on all of them")


def _is_free(address: str) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind((address, _PORT))
        except OSError:
            return False
    return True


def command(root: Path) -> list[str]:
    """Return how to start the Kamailio below `root`; LabError when there is none."""
    modules = next(root.glob("usr/lib/*/kamailio/modules"), None)
    loader = next((found for name in ("lib/*", "lib64", "lib") for found in root.glob(f"{name}/ld-linux*.so.*")), None)
    if modules is None or loader is None:
        raise LabError(f"{root}: no Kamailio in this root file system; scripts/test prepares one")
    program = root / "usr/sbin/kamailio"
    return [*map(str, (loader, "--library-path", modules.parents[1], program, "-L", modules)), "-DD", "-E"]


class Kamailio:
    """One proxy. `server` is its address for phones and the box, `log` the file with every message as it came and went.

    It has a loopback address of its own and the usual port: From and To carry no port (RFC 3261 section 19.1.1), and a phone
    that is referred to somebody's address of record must find the way there. Who is registered is in memory only: after
    `kill` and `start` it knows nobody.
    """

    def __init__(self, folder: Path, root: Path | None = None, company: Company | None = None) -> None:
        found = root or rootfs()
        if found is None:
            raise LabError(f"{VARIABLE} does not name a root file system with Kamailio")
        self._command = command(found)
        self.company = company or Company()
        self.folder = folder
        self.log = folder / "log"
        self._guard = _free_address()
        self.server: str = self._guard.getsockname()[0]
        self._program: Program | None = None

    def start(self) -> Self:
        """Write the configuration, start, wait until it takes calls."""
        self.folder.mkdir(parents=True, exist_ok=True)
        file = self.folder / "kamailio.cfg"
        file.write_text(kamailio_config.script(self.company, self.server))
        place = [str(word) for word in ("-f", file, "-w", self.folder, "-Y", self.folder)]
        keeper = ["sh", "-c", _KEEPER, "sh", *self._command, *place]
        said = self.log.stat().st_size if self.log.exists() else 0
        self._program = Program("kamailio", keeper, self.log, stdin=subprocess.PIPE)
        until(lambda: self._ended() or self._ready(said), "Kamailio is ready", tail=self.tail)
        if self._ended():
            raise LabError(f"Kamailio did not start\n{self.tail()}")
        return self

    @property
    def pid(self) -> int:
        """Process id of its parent process, and of its process group."""
        assert self._program is not None
        return self._program.pid

    def line(self, account: str) -> Line:
        """Return the account of a phone, customer or the box by its name."""
        company = self.company
        return next(line for line in (*company.staff, *company.customers, company.box) if line.account == account)

    def stop(self) -> None:
        """Stop it and give its address back."""
        if self._program is not None:
            self._program.stop()
            self._wait_gone()
        self._guard.close()

    def kill(self) -> None:
        """End it without a word to anybody, as a power cut would; `start` brings it back on the same address."""
        assert self._program is not None
        self._program.kill()
        self._wait_gone()

    def tail(self) -> str:
        """Return the end of the log, for messages."""
        return self._program.tail(120) if self._program else ""

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    def _ended(self) -> bool:
        return self._program is None or self._program.code is not None

    def _ready(self, said: int) -> bool:
        with self.log.open(errors="replace") as log:
            log.seek(said)
            return kamailio_config.READY in log.read()

    def _wait_gone(self) -> None:
        """Wait until no worker has the address any more: it would take what is meant for the next one."""
        until(lambda: _is_free(self.server), "Kamailio's workers have ended", tail=self.tail)
