"""One card and the thread that owns its stream: it writes blocks for ever, silence when nothing is to be heard.

A card that takes no more blocks is gone, so the stream is its own health probe (A-17). Nothing here touches the state of the
loop: commands come in by a queue, facts go out by `tell`, which may be called from any thread. A card may hang in its
driver for good: nobody waits for this thread longer than a moment, and `beat` shows it (S-9).
"""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from queue import Empty, SimpleQueue

from appliance.core.ids import PageId
from appliance.pa.mixer import Fact, Mixer, Source
from appliance.pa.port import PaSettings
from hardware.ports import AudioOut, HardwareError, SoundCards

PAUSES = (0.5, 1.0, 2.0)
"""Seconds before each further try to open a card; the last one again and again. Under the 5 s of A-17 and S-9."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Opened:
    """The card is there; what is meant for this stream of it carries its `number`."""

    number: int


@dataclass(frozen=True, slots=True)
class Gone:
    """The card cannot be opened, or it was lost and everything in the mix with it. Told again at each try."""

    detail: str


Told = Opened | Gone | Fact


@dataclass(frozen=True, slots=True)
class _Play:
    number: int
    page: PageId
    source: Source
    not_before: float


@dataclass(frozen=True, slots=True)
class _Fade:
    page: PageId
    aim: float
    seconds: float


class Card:
    """Feeds `name`, a card of `cards`. `tell` must return at once and not raise."""

    def __init__(
        self,
        cards: SoundCards,
        name: str,
        settings: PaSettings,
        tell: Callable[[Told], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._cards = cards
        self._name = name
        self._settings = settings
        self._tell = tell
        self._clock = clock
        self._commands: SimpleQueue[_Play | _Fade] = SimpleQueue()
        self._over = threading.Event()
        self._number = 0
        self._tries = 0
        self._beat = clock()
        self._thread = threading.Thread(target=self._run, name=f"card-{name}", daemon=True)

    @property
    def beat(self) -> float:
        """When the thread last did something; monotonic seconds."""
        return self._beat

    def start(self) -> None:
        """Begin; `Opened` or `Gone` is told."""
        self._beat = self._clock()
        self._thread.start()

    def play(self, number: int, page: PageId, source: Source, not_before: float) -> None:
        """Mix a source into stream `number`; if that stream is gone meanwhile, nothing."""
        self._commands.put(_Play(number, page, source, not_before))

    def fade(self, page: PageId, aim: float, seconds: float) -> None:
        """See `Mixer.fade`."""
        self._commands.put(_Fade(page, aim, seconds))

    def stop(self, patience: float) -> bool:
        """End the thread, which gives the card back; False when it hangs and is left alone after `patience` seconds."""
        self._over.set()
        if self._thread.is_alive():
            self._thread.join(patience)
        return not self._thread.is_alive()

    def _run(self) -> None:
        while not self._over.is_set():
            try:
                self._serve()
            except HardwareError as error:
                self._tell(Gone(str(error)))
            except Exception as error:  # noqa: BLE001 - the thread must outlive whatever a back end does
                _log.exception("card thread failed card=%s", self._name)
                self._tell(Gone(f"the card {self._name} failed inside ({error!r}): see the log"))
            self._rest()

    def _rest(self) -> None:
        self._beat = self._clock()
        self._over.wait(PAUSES[min(self._tries, len(PAUSES) - 1)])
        self._tries += 1

    def _serve(self) -> None:
        """Open the card and feed it until it is gone, or until the end."""
        self._beat = self._clock()  # to open it may take as long as anything else
        out = self._cards.open_output(self._name, self._settings.rate, self._settings.block)
        try:
            self._feed(out)
        finally:
            out.close()

    def _feed(self, out: AudioOut) -> None:
        self._number += 1
        self._tries = 0
        mixer = Mixer(out.rate, out.block, self._settings.drain)
        self._beat = self._clock()
        self._tell(Opened(self._number))
        while not self._over.is_set():
            self._beat = self._clock()
            self._take(mixer)
            samples, facts = mixer.frame(self._clock())
            out.write(samples)
            for fact in facts:
                self._tell(fact)

    def _take(self, mixer: Mixer) -> None:
        try:
            while True:
                self._carry_out(mixer, self._commands.get_nowait())
        except Empty:
            return

    def _carry_out(self, mixer: Mixer, command: _Play | _Fade) -> None:
        match command:
            case _Play(number, page, source, not_before):
                if number == self._number:
                    mixer.add(page, source, not_before)
            case _Fade(page, aim, seconds):
                mixer.fade(page, aim, seconds)
