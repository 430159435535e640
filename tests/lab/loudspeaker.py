"""A loudspeaker that can be listened to: a PulseAudio null sink of its own, and everything that it plays, on record.

The sound server lives in the folder of the test, with its own home and sockets. The program under test gets
`environment()` and then plays to the ALSA device `pulse` (or `default`) as it would to a card.
"""

import socket
import subprocess
import threading
import time
from collections import deque
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.lab.hearing import Sound
from tests.lab.process import LabError, Program, until

RATE = 48000
SINK = "pa"
_BLOCK = RATE // 100 * 2  # bytes of 10 ms
_ASOUNDRC = """pcm.!default { type pulse }
ctl.!default { type pulse }
pcm.pulse { type pulse }
ctl.pulse { type pulse }
"""


class Loudspeaker:
    """One null sink and its recording, which runs from `start` to `stop`, silence included."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._server: Program | None = None
        self._ear: Program | None = None
        self._lock = threading.Lock()
        self._recorded = bytearray()
        self._starts: deque[float] = deque(maxlen=500)

    def start(self) -> Self:
        """Start server and recording; wait until silence is heard."""
        for name in ("run", "state"):
            (self.folder / name).mkdir(parents=True, exist_ok=True, mode=0o700)
        (self.folder / ".asoundrc").write_text(_ASOUNDRC)
        sink = f"module-null-sink sink_name={SINK} rate={RATE} channels=1 channel_map=mono norewinds=1"
        unix = f"module-native-protocol-unix socket={self._socket} auth-anonymous=1"
        quiet = ("-n", "--daemonize=no", "--exit-idle-time=-1", "--use-pid-file=no", "--disable-shm", "--realtime=no")
        command = ["pulseaudio", *quiet, "-L", unix, "-L", sink]
        self._server = Program("pulseaudio", command, self.folder / "server", environment=self.environment())
        until(self._answers, "the sound server answers", tail=self._server.tail)
        self._listen()
        until(lambda: len(self._starts) > 20, "the loudspeaker is heard", tail=self.tail)
        return self

    def environment(self) -> dict[str, str]:
        """Return what a program's environment needs so that it plays here; a home of its own among it."""
        home = str(self.folder)
        places = {"HOME": home, "XDG_RUNTIME_DIR": f"{home}/run", "XDG_CONFIG_HOME": f"{home}/state", "DISPLAY": ""}
        return places | {"PULSE_SERVER": f"unix:{self._socket}", "PULSE_STATE_PATH": f"{home}/state"}

    def heard(self, since: float = 0.0, until: float | None = None) -> Sound:
        """Return what was played between two instants, as much of it as there is by now."""
        with self._lock:
            start = min(self._starts)
            first = max(round((since - start) * RATE), 0) * 2
            last = len(self._recorded) if until is None else max(round((until - start) * RATE) * 2, 0)
            data = bytes(self._recorded[first:last])
        return Sound.from_pcm(data, RATE, start + first / 2 / RATE)

    def wait(self, instant: float) -> None:
        """Wait until the recording has passed an instant, so that `heard` up to there is complete."""
        until(lambda: self.heard(since=instant).duration > 0, "the recording goes on", tail=self.tail)

    def wait_heard(self, seconds: float, since: float) -> Sound:
        """Return exactly so many seconds from an instant, waiting for them."""
        self.wait(since + seconds)
        return self.heard(since, since + seconds)

    def stop(self) -> None:
        """Stop recording and server."""
        for program in (self._ear, self._server):
            if program is not None:
                program.stop()

    def tail(self) -> str:
        """Return the ends of the logs, for messages."""
        return "\n".join(program.tail() for program in (self._server, self._ear) if program is not None)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    @property
    def _socket(self) -> Path:
        return self.folder / "run" / "native"

    def _answers(self) -> bool:
        assert self._server is not None
        if self._server.code is not None:
            raise LabError(f"pulseaudio did not start\n{self._server.tail()}")
        with socket.socket(socket.AF_UNIX) as probe:
            return probe.connect_ex(str(self._socket)) == 0

    def _listen(self) -> None:
        shape = ("--raw", "--format=s16le", f"--rate={RATE}", "--channels=1", "--latency-msec=10")
        command = ["parec", *shape, "-d", f"{SINK}.monitor"]
        log, environment = self.folder / "ear", self.environment()
        self._ear = Program("parec", command, log, environment=environment, stdout=subprocess.PIPE)
        threading.Thread(target=self._record, args=(self._ear,), name="loudspeaker", daemon=True).start()

    def _record(self, ear: Program) -> None:
        """Take what is heard until the end. A block can come late but never early: the earliest tells when it all began.

        Only the last seconds count for that, so that two clocks which drift apart do no harm.
        """
        while block := ear.stdout.read1(_BLOCK):
            now = time.monotonic()
            with self._lock:
                self._recorded += block
                self._starts.append(now - len(self._recorded) / 2 / RATE)
