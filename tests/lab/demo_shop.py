"""The demo's company, up and running: a PBX, its phones, a loudspeaker, the box, and whoever watches them."""

import time
import wave
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from tests.lab import music
from tests.lab.box import Box, Json, company_config
from tests.lab.demo_watch import Watch
from tests.lab.demo_wire import Wire
from tests.lab.hearing import Sound
from tests.lab.loudspeaker import RATE, Loudspeaker
from tests.lab.pbx import Asterisk
from tests.lab.phone import Phone
from tests.lab.phones import Phones
from tests.lab.ports import Ports

T = TypeVar("T")

ACCOUNTS = ("100", "101", "102", "103", "customer", "customer2", "customer3")
SPOKEN = {"101": "Peter", "102": "Anna", "103": "Jens"}
"""What the loudspeaker calls people."""
FORGOTTEN = 30
"""Seconds until a call that nobody takes comes back: the shortest time there is."""
_PIECE = 60.0  # seconds of sound that are written at once
KEYS = {"1": "701", "2": "702", "3": "703", "4": "101", "5": "102", "6": "103", "7": "704", "8": "705", "9": "706"}
"""Every panel: key to place."""


@dataclass(slots=True)
class Shop:
    """Everything that runs."""

    pbx: Asterisk
    speaker: Loudspeaker
    phones: Phones
    box: Box
    watch: Watch
    wire: Wire
    began: float
    took: dict[str, float] = field(default_factory=dict)
    """Seconds that each part took to start."""

    def phone(self, account: str) -> Phone:
        """Return a phone by its account."""
        return self.phones[account]

    @property
    def box_port(self) -> int:
        """The box's SIP port."""
        return int(self.box.config["sip"]["port"])

    def just_now(self) -> Sound:
        """Return what the loudspeaker played just now."""
        return self.speaker.heard(time.monotonic() - 0.1)

    def alive(self) -> bool:
        """Say whether PBX and box still run, so that a story can go on."""
        try:
            self.pbx.cli("core show uptime")
        except AssertionError:
            return False
        return self.box.running


def settings(pbx: Asterisk, ports: Ports) -> Json:
    """Return the box's configuration: the company of all tests, names as they are called, nine keys, a short memory."""
    config = company_config(pbx, ports)
    for person in config["extension"]:
        person["spoken"] = SPOKEN[person["number"]]
    config["orbit"] = [{"numbers": [place for place in KEYS.values() if place.startswith("7")]}]
    config["park"]["recall_after"] = FORGOTTEN
    for panel in config["panel"]:
        panel["keys"] = {key: {"place": place} for key, place in KEYS.items()}
    return config


def start(stack: ExitStack, folder: Path, tell: Callable[[str], None]) -> Shop:
    """Start everything in a folder; the stack stops it. `tell` hears what is being started."""
    took: dict[str, float] = {}

    def timed(name: str, make: Callable[[], T]) -> T:
        tell(name)
        at = time.monotonic()
        made = make()
        took[name] = time.monotonic() - at
        return made

    pbx = Asterisk(folder / "pbx")
    stack.callback(pbx.stop)
    timed("PBX", pbx.start)
    speaker = Loudspeaker(folder / "pa")
    stack.callback(speaker.stop)
    timed("loudspeaker", speaker.start)
    phones = stack.enter_context(Phones(pbx, folder / "phones"))
    timed("phones", lambda: phones.get(*ACCOUNTS))
    box = Box(folder / "box", settings(pbx, stack.enter_context(Ports())), environment=speaker.environment())
    stack.callback(box.stop)
    timed("box", box.start)
    watch, wire = Watch(box), Wire(pbx)
    stack.callback(watch.close)
    stack.callback(wire.close)
    return Shop(pbx, speaker, phones, box, watch, wire, time.monotonic(), took)


def save(shop: Shop, path: Path) -> float:
    """Write everything that the loudspeaker played so far to a WAV file, piece by piece; return its seconds."""
    at = shop.began
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        while (piece := shop.speaker.heard(at, at + _PIECE)).duration:
            file.writeframes(music.pcm(piece.samples))
            at = piece.end
            if piece.duration < _PIECE / 2:
                break
        return file.getnframes() / RATE
