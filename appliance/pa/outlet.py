"""One card, the zones that play on it, and the thread that feeds it: steps of `announcements` carried out.

Everything here runs on the loop's thread. Relays move before anything else is done for a page; speech is made while its
page waits or its relay settles. A voice that fails costs the page its words, never its chime, and nothing beyond (A-8).
"""

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import assert_never

from appliance.core.events import PageEnded, PageStarted
from appliance.core.ids import PageId
from appliance.core.orders import Announce
from appliance.errors import AdapterError
from appliance.pa import clips, levels
from appliance.pa.announcements import Begun, Close, Hush, Open, Over, Sound, Step, Turns
from appliance.pa.card import Card, Gone, Opened, Told
from appliance.pa.faults import Faults
from appliance.pa.levels import Pcm, Samples
from appliance.pa.lines import Lines
from appliance.pa.mixer import Began, Clip, Ended
from appliance.pa.port import PaSettings, Post, Proof, Speaker, ZoneSettings, ZoneStatus
from hardware.ports import SoundCards

PARTING = 0.5
"""Seconds that a page may take to fall silent when the service ends."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What all outlets of a bus share; used on the loop's thread only."""

    settings: PaSettings
    lines: Lines
    faults: Faults
    proofs: deque[Proof]
    speaker: Speaker
    post: Post
    clock: Callable[[], float]


class Outlet:
    """The zones of one card; `card` is its name among `cards`."""

    def __init__(self, zones: Sequence[ZoneSettings], cards: SoundCards, card: str, site: Surroundings) -> None:
        self._zones = {zone.name: zone for zone in zones}
        self._settings = site.settings
        self._card = Card(cards, card, site.settings, self._hear, site.clock)
        self._lines = site.lines
        self._speaker = site.speaker
        self._faults = site.faults
        self._post = site.post
        self._proofs = site.proofs
        self._clock = site.clock
        self._turns = Turns(zones, site.settings)
        self._chimes: dict[str, Samples] = {}
        self._clips: dict[PageId, Pcm] = {}
        self._makers: dict[PageId, asyncio.Task[None]] = {}
        self._ended: dict[PageId, Ended] = {}
        self._stream = 0
        """Number of the stream that is open; 0: none."""
        self._loop: asyncio.AbstractEventLoop | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._silent = asyncio.Event()

    @property
    def beat(self) -> float:
        """See `Card.beat`."""
        return self._card.beat

    async def start(self) -> None:
        """Load the chimes, begin to feed the card."""
        self._loop = asyncio.get_running_loop()
        for zone in self._zones.values():
            self._chimes[zone.name] = await asyncio.to_thread(self._chime, zone)
        self._card.start()

    def announce(self, order: Announce) -> None:
        """Take a page: its relay closes before this returns, unless another page has the turn."""
        known = order.page in self._makers or order.page in self._clips
        if known or self._loop is None:
            return
        self._makers[order.page] = self._loop.create_task(self._make(order))
        self._do(self._turns.announce(order.page, order.zone, self._clock()))

    def stop_page(self, page: PageId) -> None:
        """Stop a page, whatever it does."""
        self._do(self._turns.stop(page, self._clock()))

    def status(self, zone: str) -> ZoneStatus:
        """Return what one zone does now."""
        page, sounding = self._turns.current(zone)
        waiting = self._turns.waiting(zone)
        return ZoneStatus(zone, self._stream != 0, self._lines.closed(zone), page, sounding, waiting)

    async def wind_down(self) -> None:
        """Let the page that is heard fall silent, end all, open the relays."""
        self._do(self._turns.wind_down(self._clock()))
        if not self._turns.idle:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._silent.wait(), PARTING)
        self._do(self._turns.shutdown(self._clock()))
        if self._timer is not None:
            self._timer.cancel()

    async def close(self) -> None:
        """Give the card back; one that hangs is left to its daemon thread."""
        if not await asyncio.to_thread(self._card.stop, 1.0):
            _log.error("card thread hangs zones=%s", ",".join(self._zones))

    # ------------------------------------------------------------------ steps

    def _do(self, steps: Sequence[Step]) -> None:
        for step in steps:
            self._one(step)
        if self._turns.idle:
            self._silent.set()
        else:
            self._silent.clear()
        self._arm()

    def _one(self, step: Step) -> None:
        match step:
            case Close(zone):
                self._lines.move(zone, closed=True)
            case Open(zone):
                self._lines.move(zone, closed=False)
            case Sound(page, at):
                self._card.play(self._stream, page, Clip(self._clips[page]), at)
            case Hush(page):
                self._card.fade(page, 0.0, self._settings.fade)
            case Begun(page):
                self._post(PageStarted(page))
            case Over():
                self._over(step)
            case _:
                assert_never(step)

    def _over(self, step: Over) -> None:
        self._clips.pop(step.page, None)
        maker = self._makers.pop(step.page, None)
        if maker is not None:
            maker.cancel()
        proof = _proof(step, self._ended.pop(step.page, None))
        self._proofs.append(proof)
        _log.log(
            logging.ERROR if proof.failed else logging.INFO,
            "page over page=%d zone=%s reason=%s relay_at=%s first_at=%s last_at=%s peak=%.1f mean=%.1f",
            *(proof.page, proof.zone, proof.reason.value, proof.relay_at, proof.first_at, proof.last_at),
            *(proof.peak, proof.mean),
        )
        self._post(PageEnded(step.page, step.fault))

    def _arm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        due = self._turns.deadline()
        if due is not None and self._loop is not None:
            self._timer = self._loop.call_later(max(0.0, due - self._clock()), self._due)

    def _due(self) -> None:
        self._do(self._turns.advance(self._clock()))

    # ------------------------------------------------------------------ facts of the card thread

    def _hear(self, told: Told) -> None:
        """Take a fact in the card's thread. A loop that is closed already has no ears."""
        assert self._loop is not None  # noqa: S101 - `start` came first
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._told, told)

    def _told(self, told: Told) -> None:
        now = self._clock()
        match told:
            case Opened(number):
                self._stream = number
                self._card_is("")
                self._do(self._turns.card(now, there=True))
            case Gone(detail):
                self._stream = 0
                self._card_is(detail)
                self._do(self._turns.card(now, there=False))
            case Began(page, _):
                self._do(self._turns.begun(page))
            case Ended(page):
                self._ended[page] = told
                self._do(self._turns.played(page, now))
                self._ended.pop(page, None)
            case _:
                assert_never(told)

    def _card_is(self, detail: str) -> None:
        for zone in self._zones:
            text = f"zone {zone}: {detail}; tried again every few seconds, pages wait" if detail else ""
            self._faults.first(f"pa.{zone}", text)

    # ------------------------------------------------------------------ what a page sounds like

    def _chime(self, zone: ZoneSettings) -> Samples:
        try:
            return clips.chime(zone.chime, self._settings.rate)
        except AdapterError as error:
            self._faults_soon(f"pa.{zone.name}.chime", f"zone {zone.name}: {error}; ding-dong instead")
            return clips.chime("ding-dong", self._settings.rate)

    def _faults_soon(self, part: str, detail: str) -> None:
        assert self._loop is not None  # noqa: S101 - `start` came first
        self._loop.call_soon_threadsafe(self._faults.tell, part, detail)

    async def _make(self, order: Announce) -> None:
        zone = self._zones[order.zone]
        try:
            clip = await self._assembled(zone, await self._spoken(order.text) if order.text else None)
        except Exception:  # noqa: BLE001 - the page must end, whatever its voice does
            _log.exception("page cannot be made page=%d zone=%s", order.page, order.zone)
            clip = levels.to_pcm(self._chimes[zone.name])
        if self._makers.pop(order.page, None) is None:
            return  # stopped meanwhile: until Python 3.12 `wait_for` swallows a cancellation when the voice is just done
        self._clips[order.page] = clip
        self._do(self._turns.prepared(order.page, self._clock(), sound=clip.size > 0))

    async def _spoken(self, text: str) -> Path | None:
        """Return the speech, or None and a fault: a missing voice costs the words only (A-8)."""
        try:
            path = await asyncio.wait_for(self._speaker(text, self._settings.rate), self._settings.patience)
        except AdapterError as error:
            self._faults.tell("pa.speech", f"{error}; pages are a chime only")
            return None
        except TimeoutError:
            self._faults.tell("pa.speech", "the voice did not answer in time; pages are a chime only")
            return None
        self._faults.tell("pa.speech", "")
        return path

    async def _assembled(self, zone: ZoneSettings, spoken: Path | None) -> Pcm:
        opening = self._chimes[zone.name]
        try:
            return await asyncio.to_thread(clips.assemble, zone, self._settings, opening, spoken)
        except AdapterError as error:
            self._faults.tell("pa.speech", f"{error}; pages are a chime only")
            return await asyncio.to_thread(clips.assemble, zone, self._settings, opening, None)


def _proof(over: Over, ended: Ended | None) -> Proof:
    if ended is None:
        return Proof(over.page, over.zone, over.reason, over.relay_at, None, None, levels.FLOOR, levels.FLOOR)
    peak, mean = levels.decibels(ended.peak), levels.decibels(ended.mean)
    return Proof(over.page, over.zone, over.reason, over.relay_at, ended.first_at, ended.last_at, peak, mean)
