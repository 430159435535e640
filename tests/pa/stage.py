"""A PA on the simulator: its events, its relays, and everything that its loudspeakers played, for tests to look at."""

import asyncio
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np

from appliance.core.events import AdapterFault, PageEnded, PageStarted
from appliance.core.ids import PageId
from appliance.core.orders import Announce, StopPage
from appliance.errors import AdapterError
from appliance.pa import levels, wav
from appliance.pa.bus import PaBus
from appliance.pa.port import PaSettings, ZoneSettings
from hardware.sim import SimCards, SimOutputs

RATE = 48000
VOICE = 1500.0
"""Hz of what the test's voice says; no chime has it."""
LIMIT = 30.0
"""Seconds until a test gives up waiting: never reached on a healthy machine, however slow."""

SHOP = ZoneSettings("shop", card="USB", relay="amp", lead=0.1, tail=0.3)
QUIET = ZoneSettings("shop", card="USB", relay="amp", lead=0.1, tail=0.3, chime="off")


class TonesVoice:
    """Says every text as a tone of `VOICE` Hz for `seconds`; counts, fails and dawdles when told to."""

    def __init__(self, folder: Path, seconds: float = 0.5) -> None:
        self.folder = folder
        self.seconds = seconds
        self.asked: list[str] = []
        self.error: AdapterError | None = None
        self.gate = asyncio.Event()
        self.gate.set()

    async def __call__(self, text: str, rate: int) -> Path:
        self.asked.append(text)
        await self.gate.wait()
        if self.error is not None:
            raise self.error
        path = self.folder / f"{self.seconds}-{rate}.wav"
        return path if path.exists() else wav.save(path, [sine(VOICE, self.seconds, rate)], rate)


def sine(hertz: float, seconds: float, rate: int = RATE, level: float = -12.0) -> levels.Samples:
    time = np.arange(int(seconds * rate)) / rate
    return (levels.gain(level) * np.sin(2 * np.pi * hertz * time)).astype(np.float32)


class Stage:
    """A running bus. `cards` and `outputs` are the levers, `voice` is the speaker unless another one is given."""

    def __init__(self, folder: Path, *zones: ZoneSettings, settings=None, speaker=None, **levers) -> None:
        self.cards = SimCards(*{zone.card for zone in zones} - {"none", "sim", "missing"})
        self.simulated = SimCards(*(zone.name for zone in zones if zone.card == "sim"))
        self.outputs = levers.get("outputs") or SimOutputs({zone.relay for zone in zones} - {""})
        self.voice = TonesVoice(folder)
        self.events: list = []
        self._news = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self.bus = PaBus(
            zones,
            settings or PaSettings(),
            cards=self.cards,
            outputs=self.outputs,
            speaker=speaker or self.voice,
            post=self._post,
            simulated=self.simulated,
        )

    async def __aenter__(self) -> Self:
        await self.bus.start()
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None):
        await self.bus.stop()

    def announce(self, page: int, zone: str = "shop", text: str = "a text") -> None:
        self.bus.obey(Announce(PageId(page), zone, text))

    def stop_page(self, page: int) -> None:
        self.bus.obey(StopPage(PageId(page)))

    async def until(self, *events) -> None:
        """Wait until each of these events was posted."""
        await self.until_true(lambda: all(event in self.events for event in events), f"{events} in {self.events}")

    async def until_true(self, condition, what: str = "") -> None:
        """Wait for something that no event tells."""
        async with asyncio.timeout(LIMIT):
            while not condition():
                self._news.clear()
                try:
                    await asyncio.wait_for(self._news.wait(), 0.02)
                except TimeoutError:
                    continue
        assert condition(), what

    async def ready(self, *zones: str) -> None:
        """Wait until the cards of the zones are fed."""
        await self.until_true(
            lambda: all(zone.card_there for zone in self.bus.zones() if zone.name in (zones or (zone.name,)))
        )

    def told(self, *kinds: type) -> list:
        """Return the events of these kinds, in order."""
        return [event for event in self.events if isinstance(event, kinds or (PageStarted, PageEnded))]

    def faults(self, part: str) -> list[str]:
        """Return what was told of a part of the PA."""
        return [event.detail for event in self.told(AdapterFault) if event.adapter == part]

    def relay(self, line: str = "amp") -> list[tuple[bool, float]]:
        """Return every move of a relay: closed or not, and when."""
        return [(edge.active, edge.at) for edge in self.outputs.history if edge.line == line]

    def blocks(self, card: str = "USB", cards: SimCards | None = None):
        return (cards or self.cards).played(card)

    def sounding(self, card: str = "USB", cards: SimCards | None = None):
        """Return the blocks of a card that are not silent."""
        return [block for block in self.blocks(card, cards) if any(block.samples)]

    def heard(self, card: str = "USB", cards: SimCards | None = None):
        """Return everything that a card played as one stretch of samples."""
        return samples(self.blocks(card, cards))

    def _post(self, event) -> None:
        self.events.append(event)
        self._loop.call_soon_threadsafe(self._news.set)


def samples(blocks) -> levels.Samples:
    return levels.from_pcm(np.frombuffer(b"".join(block.samples for block in blocks), dtype="<i2"))


def stretches(sound: levels.Samples, gap: float = 0.1, rate: int = RATE) -> list[levels.Samples]:
    """Cut what was heard at silences of at least `gap` seconds; the silences are left out."""
    loud = np.flatnonzero(sound)
    if not loud.size:
        return []
    cuts = np.flatnonzero(np.diff(loud) > gap * rate)
    starts = [loud[0], *loud[cuts + 1]]
    ends = [*loud[cuts], loud[-1]]
    return [sound[start : end + 1] for start, end in zip(starts, ends, strict=True)]


def share(sound: levels.Samples, hertz: float, rate: int = RATE, width: float = 15.0) -> float:
    """Return how much of the energy is within `width` Hz of a pitch."""
    power = np.abs(np.fft.rfft(sound * np.hanning(sound.size))) ** 2
    pitches = np.fft.rfftfreq(sound.size, 1 / rate)
    return float(power[np.abs(pitches - hertz) < width].sum() / power.sum())


def kinds(events) -> list[str]:
    """Return events as short words: started 1, ended 1."""
    return [f"{'started' if isinstance(event, PageStarted) else 'ended'} {event.page}" for event in events]
