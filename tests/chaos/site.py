"""The company that is put through it: a PBX, a crowd of callers, a box that is kept alive."""

import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.chaos.ledger import Ledger, Verdict
from tests.lab import music, voices
from tests.lab.box import Json, company_config
from tests.lab.crowd import Crowd, Station
from tests.lab.kept_box import KeptBox
from tests.lab.namespace import Namespace
from tests.lab.pbx import Asterisk
from tests.lab.pbx_config import Company
from tests.lab.ports import Ports
from tests.lab.process import until

FIRST_PLACE = 7101
PARKER, LAST_RESORT, SECOND = "101", "100", "103"
"""Phones of the company that are registered; the rest is off."""
STATIONS = (LAST_RESORT, PARKER, "102", SECOND)
COMPANY = Company(codecs=("alaw",))
_PORTS_EACH = 8
FORGOTTEN = 60.0
"""Seconds until the PBX has given up what a dead box has left there: 64 times its first repetition, and some."""
SAID = 2000
"""Characters of an error that go into the report."""

Change = Callable[[Json], object]
Exchange = tuple[Asterisk, Crowd, dict[str, Station]]
"""A PBX, the crowd around it, and the company's phones by their account."""


@dataclass(slots=True)
class Site:
    """A company, running. `pbx` and `crowd` may serve several sites one after the other."""

    folder: Path
    pbx: Asterisk
    crowd: Crowd
    box: KeptBox
    stations: dict[str, Station]
    places: list[str]
    ledger: Ledger = field(init=False)
    bundles: int = 0

    def __post_init__(self) -> None:
        """Open the ledger."""
        self.ledger = Ledger(self.crowd, self.box, self.pbx, self.places)


def config(pbx: Asterisk, ports: Ports, places: Sequence[str], folder: Path) -> Json:
    """Return the configuration: orbits for everybody, one voice codec, music that is told from everything else."""
    tree = company_config(pbx, ports, card="sim")
    tree["sip"]["codecs"] = ["pcma"]
    tree["orbit"] = [{"numbers": list(places)}]
    tree["park"] |= {
        "music": str(music.write_wav(folder / "music.wav", voices.chord(10, 16000), 16000)),
        "recall_after": 600,
        "recall_confirm": "never",  # the company's phones answer at once, as only machines do
    }
    tree["announce"] = {"repeats": 0}
    tree["zone"][0]["chime"] = "off"
    return tree


def numbers(count: int) -> list[str]:
    """Return so many places."""
    return [str(FIRST_PLACE + index) for index in range(count)]


@contextmanager
def exchange(folder: Path, company: Company = COMPANY) -> Iterator[Exchange]:
    """Run a PBX with a crowd around it and the company's phones."""
    with Asterisk(folder, company=company) as pbx, Crowd(pbx.server) as crowd:
        yield pbx, crowd, register(pbx, crowd)


def register(pbx: Asterisk, crowd: Crowd) -> dict[str, Station]:
    """Register the company's phones; their voices are the last ones."""
    return {
        account: crowd.register(pbx.line(account), voices.VOICES - 1 - index) for index, account in enumerate(STATIONS)
    }


@contextmanager
def site(
    folder: Path,
    where: Exchange,
    callers: int,
    change: Change = lambda _: None,
    *,
    environment: Mapping[str, str] | None = None,
    inside: Namespace | None = None,
    about: Verdict | None = None,
) -> Iterator[Site]:
    """Run a box with places for so many callers and a few more; `inside`: in a namespace of its own.

    `about`: the verdict on all that happens here; if it is bad, there will be evidence.
    """
    pbx, crowd, stations = where
    pbx.wait_idle(FORGOTTEN)
    folder.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        ports = stack.enter_context(Ports(_PORTS_EACH * (callers + 20) + 20))
        places = numbers(callers + 4)
        tree = config(pbx, ports, places, folder)
        change(tree)
        box = KeptBox(folder, tree, environment=environment, inside=inside)
        stack.callback(box.stop)
        made = Site(folder, pbx, crowd, box.start(), stations, places)
        try:
            yield made
        except AssertionError as failed:
            if about is None:
                raise
            about.wrong.append(f"not played to the end: {failed}"[:SAID])
        if about is not None:
            keep_evidence(made, about)


def keep_evidence(made: Site, verdict: Verdict) -> None:
    """Write a bundle (S-11) when there is something to complain about, and note where it and the logs are."""
    if verdict.good:
        return
    made.bundles += 1
    bundle = made.folder / f"bundle-{made.bundles}"
    try:
        done = made.box.command("bundle", "--output", str(bundle), within=60)
        where = done.stdout.strip() or f"none: {done.stderr.strip()}"
    except subprocess.TimeoutExpired:
        where = "none: the box does not answer"
    verdict.notes.append(f"bundle: {where}; logs: {made.box.log}, {made.pbx.log}")


def wait_registered(made: Site, limit: float) -> None:
    """Wait until the box and the phones are known to a PBX that was started anew."""
    for station in made.stations.values():
        made.crowd.renew(station, limit)
    until(lambda: registered(made.box), "the box registers again", limit=limit, tail=made.box.tail)


def registered(box: KeptBox) -> bool:
    """Say whether the box is registered."""
    status = box.status()
    return bool(status["registered"]) and all(one["state"] == "registered" for one in status["registered"])
