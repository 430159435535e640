"""The box itself: the service as a process of its own, on a company of its own, asked over its control socket."""

import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import tomlkit

from appliance import client
from appliance.errors import NotRunningError
from tests.lab.ports import HOST, Ports
from tests.lab.process import LIMIT, ROOT, LabError, Program, until
from tests.lab.registrar import Registrar

Json = dict[str, Any]


def company_config(pbx: Registrar, ports: Ports, *, card: str = "pulse", direct: bool = False) -> Json:
    """Return the configuration of a small German company: three people, three orbits, one group, one zone, two panels.

    `card` is where the zone plays: `pulse` (a `Loudspeaker`) or `sim`. `direct` lets callers in who come past the PBX
    (SIPp at `Box.server`). Media ports are those of the block: four for each leg. Change the tree before giving it to `Box`.
    """
    box = pbx.company.box
    people = {"101": "Peter", "102": "Anna, Filialleitung", "103": "Jens"}
    names = {line.number: line.name for line in pbx.company.staff}
    account: Json = {"name": "pbx", "extension": box.number, "server": pbx.server, "password": box.password}
    account |= {"trust": [HOST]} if direct else {}
    return {
        "site": {"name": "Autohaus Berger", "language": "de", "timezone": "Europe/Berlin"},
        "sip": {
            "bind": HOST,
            "port": ports.first,
            "rtp_ports": [ports.first + 4, ports.last - 1],
            "account": [account],
        },
        "park": {"last_resort": "100"},
        "extension": [{"number": n, "name": names[n], "spoken": said, "zone": "shop"} for n, said in people.items()],
        "orbit": [{"numbers": ["701", "702", "703"]}],
        "group": [{"name": "Verkauf", "number": "1", "places": list(people), "zone": "shop"}],
        "zone": [{"name": "shop", "card": card, "relay": "amp"}],
        "panel": [_panel("counter", "101"), _panel("office", "103")],
        "hardware": {"backend": "sim", "relays": {"amp": {"pin": 17}}},
    }


def _panel(name: str, station: str) -> Json:
    places = {"1": "701", "2": "702", "3": "703", "4": "101", "5": "102", "6": "103"}
    return {
        "name": name,
        "station": station,
        "zone": "shop",
        "keys": {key: {"place": place} for key, place in places.items()},
    }


@dataclass(frozen=True, slots=True)
class Event:
    """One line of `parkdeck events --json`, and the monotonic instant at which it came."""

    at: float
    data: Json

    @property
    def what(self) -> str:
        """Return what happened."""
        return str(self.data["what"])

    def __getitem__(self, name: str) -> Any:
        """Return one of its details."""
        return self.data[name]


class Box:
    """One box. `folder` keeps configuration, state and log over stops and kills, so that it can be started again."""

    def __init__(
        self, folder: Path, config: Json, *, environment: Mapping[str, str] | None = None, verbose: bool = True
    ) -> None:
        """Take a configuration; `environment` is a loudspeaker's, when its card is `pulse`; `verbose`: log everything."""
        self._verbose = ["--verbose"] if verbose else []
        self.config = config
        self.state = folder / "state"
        self.state.mkdir(parents=True, exist_ok=True)
        self.file = folder / "parkdeck.toml"
        self.file.write_text(tomlkit.dumps(config))
        self.log = folder / "log"
        self.events: list[Event] = []
        self._environment = {"PYTHONPATH": str(ROOT), **(environment or {})}
        self._news = threading.Condition()
        self._program: Program | None = None

    @property
    def pid(self) -> int:
        """Its process id."""
        assert self._program is not None
        return self._program.pid

    @property
    def server(self) -> str:
        """Its own SIP address, for callers that go past the PBX."""
        return f"{HOST}:{self.config['sip']['port']}"

    def start(self, *, registered: bool = True) -> Self:
        """Start the service; wait until it answers and, unless told otherwise, is registered."""
        command = [sys.executable, "-m", "appliance.cli", "run", "-c", self.file, "--state", self.state]
        self._program = Program("parkdeck", [*command, *self._verbose], self.log, environment=self._environment)
        until(lambda: self._ended() or self.running, "the box answers", tail=self.tail)
        if self._ended():
            raise LabError(f"the box did not start\n{self.tail()}")
        self._follow()
        if registered:
            self.wait_status(
                lambda status: all(one["state"] == "registered" for one in status["registered"]), "registered"
            )
        return self

    @property
    def running(self) -> bool:
        """Whether it answers."""
        try:
            self.status()
        except NotRunningError:
            return False
        return True

    def status(self) -> Json:
        """Return what `parkdeck status --json` prints."""
        answer: Json = client.ask(self.state, do="status")
        return answer

    def place(self, number: str) -> Json:
        """Return one place of the status."""
        return next(place for place in self.status()["places"] if place["number"] == number)

    def lamp(self, panel: str, key: str) -> str:
        """Return the pattern of one lamp."""
        found = next(one for one in self.status()["panels"] if one["name"] == panel)
        return str(found["lamps"][key])

    def press(self, panel: str, key: str, hold: float = 0.1) -> float:
        """Press a key as if by hand; return the instant."""
        at = time.monotonic()
        client.ask(self.state, do="press", panel=panel, key=key, hold=hold)
        return at

    def ask(self, **request: object) -> Any:
        """Send any request over the control socket: `ask(do="retrieve", place="701", to="101")`."""
        return client.ask(self.state, **request)

    def cli(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run the command `parkdeck` as people do, on this box: `cli("status", "--json")`."""
        command = [sys.executable, "-m", "appliance.cli", *arguments]
        environment = {**os.environ, **self._environment, "PARKDECK_STATE": str(self.state)}
        return subprocess.run(command, capture_output=True, text=True, timeout=LIMIT, check=False, env=environment)

    def wait_status(self, check: Callable[[Json], bool], what: str, *, limit: float = LIMIT) -> Json:
        """Wait until the status fits; return it. Where an event tells the same, `wait_for` is quicker."""

        def fitting() -> Json | None:
            status = self.status()
            return status if check(status) else None

        found = until(fitting, f"the box: {what}", limit=limit, tail=self.tail)
        assert found is not None
        return found

    def wait_place(self, number: str, state: str, *, limit: float = LIMIT) -> Json:
        """Wait until a place is free, parked, recalling ...; return it."""
        until(lambda: self.place(number)["state"] == state, f"{number} is {state}", limit=limit, tail=self.tail)
        return self.place(number)

    def wait_idle(self, limit: float = LIMIT) -> None:
        """Wait until no leg is left and every place is free."""
        self.wait_status(
            lambda status: status["legs"] == 0 and all(place["state"] == "free" for place in status["places"]),
            "no leg, every place free",
            limit=limit,
        )

    def wait_for(self, what: str, *, after: float = 0.0, limit: float = LIMIT, **match: Any) -> Event:
        """Return the first event of that kind at or after an instant (0: ever) that has these details."""
        end = time.monotonic() + limit
        with self._news:
            while (found := self._find(what, after, match)) is None:
                if not self._news.wait(end - time.monotonic()):
                    raise LabError(f"no event {what!r} with {match} within {limit} s\n{self.tail()}")
        return found

    def stop(self, grace: float = 15.0) -> int:
        """End it in good order (SIGTERM); return its exit code."""
        return self._program.stop(grace) if self._program is not None else 0

    def kill(self) -> None:
        """End it as a crash would (SIGKILL); `start` brings it back with its state."""
        assert self._program is not None
        self._program.kill()

    def tail(self) -> str:
        """Return the last events and the end of the log, for messages."""
        events = "\n".join(f"{event.at:.3f} {event.data}" for event in self.events[-15:])
        return f"--- events of the box\n{events}\n{self._program.tail(60) if self._program else ''}"

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    def _ended(self) -> bool:
        return self._program is None or self._program.code is not None

    def _find(self, what: str, after: float, match: Mapping[str, Any]) -> Event | None:
        found = (event for event in self.events if event.what == what and event.at >= after)
        return next((event for event in found if all(event.data.get(k) == v for k, v in match.items())), None)

    def _follow(self) -> None:
        """Follow from now on; the service's answer says that nothing is missed."""
        connection = socket.socket(socket.AF_UNIX)
        connection.connect(str(self.state / client.SOCKET))
        connection.sendall(b'{"do": "events"}\n')
        lines = connection.makefile("r", encoding="utf-8")
        answer = json.loads(lines.readline())
        if not answer["ok"]:
            raise LabError(f"the box does not tell its events: {answer}")
        threading.Thread(target=self._read, args=(connection, lines), name="events", daemon=True).start()

    def _read(self, connection: socket.socket, lines: Any) -> None:
        with connection, lines:
            for line in lines:
                event = Event(time.monotonic(), json.loads(line))
                with self._news:
                    self.events.append(event)
                    self._news.notify_all()
