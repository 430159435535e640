"""The whole way: orders to the bus, PyAudio to a real loudspeaker, and ears at it."""

import asyncio
import time

import numpy as np
import pytest

from appliance.core.events import PageEnded, PageStarted
from appliance.core.ids import PageId
from appliance.core.orders import Announce, StopPage
from appliance.pa import tones, wav
from appliance.pa.bus import PaBus
from appliance.pa.port import PaSettings, ZoneSettings
from hardware.sim import SimOutputs
from hardware.sound import PyAudioCards
from tests.lab import hearing
from tests.lab.loudspeaker import Loudspeaker

RATE = 48000


class Box:
    """The bus with one zone on the card `pulse`, its relay and its events, each with the instant it came."""

    def __init__(self, folder, **zone):
        self.outputs = SimOutputs(["amp"])
        self.events = {}
        self.cards = PyAudioCards()
        self.speech = wav.save(folder / "speech.wav", [self._tone()], RATE)
        settings = ZoneSettings("shop", card="pulse", relay="amp", **zone)
        self.bus = PaBus(
            (settings,), PaSettings(), cards=self.cards, outputs=self.outputs, speaker=self._say, post=self._post
        )

    async def __aenter__(self):
        await self.bus.start()
        return self

    async def __aexit__(self, *_):
        await self.bus.stop()
        await asyncio.to_thread(self.cards.close)

    async def until(self, condition, what):
        async with asyncio.timeout(60):
            while not condition():  # noqa: ASYNC110 - some of what is waited for has no event
                await asyncio.sleep(0.01)
        assert condition(), what

    async def until_event(self, event):
        await self.until(lambda: event in self.events, f"{event} in {self.events}")

    def there(self):
        return self.bus.zones()[0].card_there

    async def _say(self, _text, _rate):
        return self.speech

    def _post(self, event):
        self.events.setdefault(event, time.monotonic())

    @staticmethod
    def _tone():
        return (0.25 * np.sin(2 * np.pi * 1500 * np.arange(4 * RATE) / RATE)).astype(np.float32)


@pytest.fixture
def loudspeaker(tmp_path, monkeypatch):
    folder = tmp_path / "loudspeaker"
    folder.mkdir()
    with Loudspeaker(folder) as made:
        for name, value in made.environment().items():
            monkeypatch.setenv(name, value)
        yield made


@pytest.mark.e2e
@pytest.mark.rule("A-1", "A-9", "A-11")
async def test_a_page_is_heard_after_the_lead_and_silent_300_ms_after_it_was_stopped(loudspeaker, tmp_path):
    async with Box(tmp_path, lead=0.3, tail=0.5) as box:
        await box.until(box.there, "the card is there")
        await asyncio.to_thread(
            loudspeaker.wait, time.monotonic() + 2.5
        )  # the sound server settles after its first stream
        ordered = time.monotonic()
        box.bus.obey(Announce(PageId(1), "shop", "x"))
        await box.until_event(PageStarted(1))
        await asyncio.to_thread(loudspeaker.wait, ordered + 3.0)
        box.bus.obey(StopPage(PageId(1)))
        stopped = time.monotonic()
        await box.until_event(PageEnded(1))
        heard = await asyncio.to_thread(loudspeaker.wait_heard, stopped - ordered + 1.0, ordered)
        first, last = hearing.first_sound(heard), hearing.last_sound(heard)
        closed = box.outputs.history[0].at
        print(
            f"relay {closed - ordered:.3f}  sample {box.events[PageStarted(1)] - ordered:.3f}  heard {first - ordered:.3f}"
        )
        print(f"silent {1000 * (last - stopped):.0f} ms after the order; peak {hearing.peak(heard):.1f} dBFS")
        assert first >= closed + 0.3
        assert last - stopped <= 0.3
        assert hearing.has_tone(heard.between(first, first + 0.4), tones.E5)
        speech = heard.between(first + 1.9, stopped)
        windows = [hearing.Sound(part, RATE) for part in np.array_split(speech.samples, 20)]
        pure = [hearing.share_of_tones(each, [1500]) > 0.95 for each in windows]
        assert sum(pure) > len(pure) / 2  # a machine under load may put silence in between
        assert hearing.peak(heard) <= -0.99


@pytest.mark.e2e
@pytest.mark.rule("A-17")
async def test_a_sound_server_that_dies_and_comes_back_is_played_to_again(loudspeaker, tmp_path):
    async with Box(tmp_path, lead=0.1, tail=0.5, chime="off") as box:
        await box.until(box.there, "the card is there")
        loudspeaker.stop()
        await box.until(lambda: not box.there(), "the loss is seen")
        box.bus.obey(Announce(PageId(1), "shop", "x"))
        with Loudspeaker(loudspeaker.folder) as again:
            await box.until_event(PageEnded(1))
            heard = again.heard()
        assert hearing.first_tone(heard, 1500) is not None
