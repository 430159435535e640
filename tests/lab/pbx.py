"""A real Asterisk out of a prepared root file system, without chroot: several at once, nothing written outside its folder.

The root file system's own loader starts it with the root file system's own libraries, so that it sees the folder of the
test, needs no mounts and leaves none behind.
"""

import os
import socket
import subprocess
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.lab import pbx_config
from tests.lab.music import music_alaw
from tests.lab.pbx_config import Company, Line, Place
from tests.lab.ports import HOST, Ports
from tests.lab.process import LIMIT, LabError, Program, until

VARIABLE = "PARKDECK_PBX"
_SOCKET_LIMIT = 100  # of 108 bytes that a Unix socket's name may have


def rootfs() -> Path | None:
    """Return the root file system that the set-up scripts prepared; None when they did not."""
    path = os.environ.get(VARIABLE)
    return Path(path) if path else None


@dataclass(frozen=True, slots=True)
class Installation:
    """Where things are inside a root file system with Asterisk."""

    command: tuple[str, ...]
    modules: Path
    data: Path


def installation(root: Path) -> Installation:
    """Find loader, libraries and program below `root`, which may be `/` where the system's own Asterisk serves."""
    modules = next(root.glob("usr/lib/*/asterisk/modules"), None)
    loader = next(
        (path for pattern in ("lib/*", "lib64", "lib") for path in root.glob(f"{pattern}/ld-linux*.so.*")), None
    )
    program = root / "usr/sbin/asterisk"
    if modules is None or loader is None or not program.exists():
        raise LabError(f"{root}: no Asterisk in this root file system; scripts/test prepares one")
    libraries = modules.parents[1]
    command = (str(loader), "--library-path", str(libraries), str(program))
    return Installation(command, modules, root / "usr/share/asterisk")


class Asterisk:
    """One PBX. `port` is its SIP port on 127.0.0.1, `server` the two together, `log` the file with every message."""

    def __init__(self, folder: Path, root: Path | None = None, company: Company | None = None) -> None:
        found = root or rootfs()
        if found is None:
            raise LabError(f"{VARIABLE} does not name a root file system with Asterisk")
        self.company = company or Company()
        self.folder = folder
        self.log = folder / "log" / "full"
        self._installation = installation(found)
        self._ports = Ports(1000)
        self.port = self._ports.first
        self.server = f"{HOST}:{self.port}"
        self._program: Program | None = None

    def start(self) -> Self:
        """Write the configuration, start, wait until it answers OPTIONS and says that it is fully booted."""
        self._write()
        config = self.folder / "etc" / "asterisk.conf"
        command = (*self._installation.command, "-f", "-n", "-C", str(config))
        self._program = Program("asterisk", command, self.folder / "console")
        until(lambda: self._ended() or self._answers(), "Asterisk answers OPTIONS", tail=self.tail)
        if self._ended():
            raise LabError(f"Asterisk did not start\n{self.tail()}")
        self.cli("core waitfullybooted")
        return self

    @property
    def pid(self) -> int:
        """Its process id, for measurements."""
        assert self._program is not None
        return self._program.pid

    def line(self, account: str) -> Line:
        """Return the account of a phone, customer or the box by its name."""
        company = self.company
        return next(line for line in (*company.staff, *company.customers, company.box) if line.account == account)

    def cli(self, command: str) -> str:
        """Run one command of Asterisk's own command line, return what it prints."""
        config = self.folder / "etc" / "asterisk.conf"
        line = [*self._installation.command, "-C", str(config), "-r", "-x", command]
        done = subprocess.run(line, capture_output=True, text=True, timeout=LIMIT, check=False)
        if done.returncode:
            raise LabError(f"Asterisk refused {command!r}: {done.stdout}{done.stderr}\n{self.tail()}")
        return done.stdout

    def channels(self) -> int:
        """Count the channels that are up: 0 when every call is over."""
        rows = self.cli("core show channels concise").splitlines()
        return sum("!" in row and not row.startswith("Message/") for row in rows)  # its queue of MESSAGEs stays

    def wait_idle(self, limit: float = LIMIT) -> None:
        """Wait until no channel is left."""
        until(lambda: self.channels() == 0, "Asterisk has no channel left", limit=limit, tail=self.tail)

    def stop(self) -> None:
        """Stop it and give the ports back."""
        if self._program is not None:
            self._program.stop()
        self._ports.close()

    def kill(self) -> None:
        """End it without a word to anybody, as a power cut would; `start` brings it back on the same ports."""
        assert self._program is not None
        self._program.kill()

    def tail(self) -> str:
        """Return the end of console and log, for messages."""
        log = self.log.read_text(errors="replace").splitlines()[-60:] if self.log.exists() else []
        return "\n".join([self._program.tail(10) if self._program else "", f"--- end of {self.log}", *log])

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    def _write(self) -> None:
        if len(str(self.folder / "run" / "asterisk.ctl")) > _SOCKET_LIMIT:
            raise LabError(f"{self.folder}: too long for a control socket; choose a shorter folder")
        for name in (*pbx_config.FOLDERS, "moh"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        (self.folder / "moh" / "music.alaw").write_bytes(music_alaw())
        rtp = (self.port + 2, self._ports.last - 1)
        place = Place(self.folder, self._installation.modules, self._installation.data, self.port, rtp)
        for name, text in pbx_config.texts(self.company, place).items():
            (self.folder / "etc" / name).write_text(text)

    def _ended(self) -> bool:
        return self._program is None or self._program.code is not None

    def _answers(self) -> bool:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.connect((HOST, self.port))
            probe.settimeout(0.1)
            try:
                probe.send(_options(self.server, probe.getsockname()[1]))
                return probe.recv(2000).startswith(b"SIP/2.0")
            except OSError:  # refused or nothing yet
                return False


def _options(server: str, port: int) -> bytes:
    lines = (
        f"OPTIONS sip:{server} SIP/2.0",
        f"Via: SIP/2.0/UDP {HOST}:{port};branch=z9hG4bK-lab-{port};rport",
        f"From: <sip:lab@{HOST}>;tag={port}",
        f"To: <sip:{server}>",
        f"Call-ID: lab-{port}",
        "CSeq: 1 OPTIONS",
        "Max-Forwards: 70",
        "Content-Length: 0",
    )
    return "\r\n".join([*lines, "", ""]).encode()
