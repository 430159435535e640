"""The two that are measured: how each is started, and what a caller dials at it to be parked and to be fetched."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.lab.box import Box
from tests.lab.pbx import Asterisk
from tests.lab.pbx_config import Company
from tests.lab.ports import HOST, Ports

OURS = "Parkdeck"
"""The box as it comes: what must hold, holds of it; the others are measured for comparison."""
FIRST_PLACE = 1000


@dataclass(frozen=True, slots=True)
class Contender:
    """One of the two, running."""

    name: str
    target: str
    """host:port."""
    pid: int
    park: str
    """Dialled to be parked on the next free place."""
    fetch: str
    """Dialled to fetch the call on the first place."""
    legs: Callable[[], int]
    """How many are up now."""
    headers: dict[str, str] = field(default_factory=dict)


def box_config(ports: Ports, places: int, codecs: list[str]) -> dict[str, Any]:
    """Return a box with a group of so many places, a zone with a relay and a panel: everything runs."""
    numbers = [str(FIRST_PLACE + index) for index in range(places)]
    account = {"extension": "800", "server": f"{HOST}:9", "register": False, "trust": [HOST], "retrieve": "anchor"}
    keys = {str(index): {"place": number} for index, number in enumerate(numbers[:20])}
    return {
        "sip": {
            "bind": HOST,
            "port": ports.first,
            "rtp_ports": [ports.first + 4, ports.last - 1],
            "codecs": codecs,
            "account": [account],
        },
        "park": {"last_resort": "100", "recall_after": 600},
        "extension": [{"number": number, "name": "Somebody"} for number in numbers],
        "group": [{"name": "All", "number": "1", "places": numbers, "parkers": ["101"]}],
        "zone": [{"name": "shop", "card": "sim", "relay": "amp"}],
        "panel": [{"name": "counter", "station": "101", "keys": keys}],
        "hardware": {"backend": "sim"},
    }


def parkdeck(folder: Path, callers: int) -> AbstractContextManager[Contender]:
    """Run the box as it comes: its bridge is wideband."""
    return _parkdeck(OURS, ["g722", "pcma", "pcmu"], folder, callers)


def narrowband(folder: Path, callers: int) -> AbstractContextManager[Contender]:
    """Run the box of a site that allows G.711 alone: its bridge is narrowband."""
    return _parkdeck("Parkdeck, G.711 only", ["pcma"], folder, callers)


@contextmanager
def _parkdeck(name: str, codecs: list[str], folder: Path, callers: int) -> Iterator[Contender]:
    """Run the box without a PBX: the callers come straight to it."""
    with Ports(8 * callers + 200) as ports:
        box = Box(folder, box_config(ports, callers, codecs), verbose=False).start(registered=False)
        try:
            legs = lambda: int(box.status()["legs"])  # noqa: E731 - asked when the bench wants to know
            referred = {"Referred-By": f"<sip:101@{HOST}>"}
            yield Contender(name, f"{HOST}:{ports.first}", box.pid, "*58", f"*88{FIRST_PLACE}", legs, referred)
        finally:
            box.stop()


@contextmanager
def asterisk(folder: Path, callers: int) -> Iterator[Contender]:
    """Run Asterisk with its own `Park()` and a music file in the callers' codec."""
    company = Company(trace=False, codecs=("alaw",), parking=(8001, 8000 + callers))
    with Asterisk(folder, company=company) as pbx:
        yield Contender("Asterisk", pbx.server, pbx.pid, "9001", "8001", pbx.channels)
