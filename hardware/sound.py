"""The sound cards of the machine through PortAudio: the only file that imports PyAudio.

PortAudio lists the cards once, when it starts, and is not safe across threads; to see a card that was plugged in it must
end, with every stream. So it starts anew only while no stream is open, or when the kernel's own list has a card more: then
the open streams end at their next write, in their own threads, and are opened again by whoever owns them, a gap of a
fraction of a second. Streams block; a driver that hangs, hangs the thread that writes, and whoever opens or closes then.
"""

import ctypes
import logging
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pyaudio

from hardware.ports import HardwareError

KERNEL_LIST = Path("/proc/asound/cards")
"""The kernel's cards; where it is missing there are none, or this is no Linux."""
STALE = 4.0
"""Seconds after which the list is read again for a card that is not in it."""

_log = logging.getLogger(__name__)

# Whatever is given to it is looked at by nobody: JACK calls it with one argument, and the others are garbage then.
_CALLBACK = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p)
_NOTHING = _CALLBACK(lambda *_: None)
"""Where libraries put their chatter; kept for ever, because they keep its address."""
_CHATTERERS = (
    ("libasound.so.2", "snd_lib_error_set_handler"),
    ("libjack.so.0", "jack_set_error_function"),
    ("libjack.so.0", "jack_set_info_function"),
)


def _hush() -> None:
    """Keep ALSA and JACK from writing a page to stderr for each card that they tried in vain."""
    os.environ.setdefault("JACK_NO_START_SERVER", "1")
    for library, setter in _CHATTERERS:
        try:
            getattr(ctypes.CDLL(library), setter)(_NOTHING)
        except (OSError, AttributeError):
            continue


class PyAudioOut:
    """One stream, opened by `PyAudioCards.open_output`; see `hardware.ports.AudioOut`. For one thread."""

    def __init__(self, stream: pyaudio.Stream, card: str, rate: int, block: int, closed: Callable[[], None]) -> None:
        self._stream = stream
        self._card = card
        self._rate = rate
        self._block = block
        self._closed = closed
        self._open = True
        self._doomed = False

    @property
    def rate(self) -> int:
        """Samples per second."""
        return self._rate

    @property
    def block(self) -> int:
        """Samples that each write hands over."""
        return self._block

    def doom(self) -> None:
        """Make the next write fail: the cards are to be listed anew. For any thread."""
        self._doomed = True

    def write(self, samples: bytes) -> None:
        """See `AudioOut.write`. Raises ValueError for a block of another size. An underrun is the listener's loss only."""
        if len(samples) != 2 * self._block:
            raise ValueError(f"a block has {2 * self._block} bytes, not {len(samples)}")
        if self._doomed or not self._open:
            raise HardwareError(f"the stream of the card {self._card} has ended: open it again")
        try:
            self._stream.write(samples, self._block, exception_on_underflow=False)
        except OSError as error:
            raise HardwareError(f"the card {self._card} takes no more samples ({error}): is it unplugged?") from error

    def close(self) -> None:
        """See `AudioOut.close`."""
        if self._open:
            self._open = False
            self._closed()


class PyAudioCards:
    """See `hardware.ports.SoundCards`. May be used from several threads; opening and closing take turns."""

    def __init__(self) -> None:
        self._turn = threading.Lock()
        """PortAudio's own list and start are not safe across threads; this guards the library, not our state."""
        self._library: pyaudio.PyAudio | None = None
        self._listed_at = 0.0
        self._logged: str | None = None
        self._kernel: frozenset[str] = frozenset()
        self._streams: dict[PyAudioOut, pyaudio.Stream] = {}
        _hush()
        os.environ.setdefault("PA_ALSA_PLUGHW", "1")  # cards take 48 kHz mono whatever they can themselves

    def names(self) -> tuple[str, ...]:
        """Return the names of the cards that can play."""
        with self._turn:
            return tuple(name for _, name in self._list(self._begun()))

    def open_output(self, card: str, rate: int, block: int) -> PyAudioOut:
        """See `SoundCards.open_output`. `card` is a name, or a part of one in any case; the whole name goes first."""
        with self._turn:
            self._refresh(card)
            library = self._begun()
            index = self._index(library, card)
            stream = self._opened(library, index, card, rate, block)
            out = PyAudioOut(stream, card, rate, block, lambda: self._give_back(out))
            self._streams[out] = stream
            return out

    def close(self) -> None:
        """End PortAudio; while a stream is open, only make that one end at its next write."""
        with self._turn:
            self._end_or_doom()

    def _refresh(self, card: str) -> None:
        """Start PortAudio anew if that may show the card. Raises HardwareError when open streams have to end first."""
        if self._library is None:
            return
        absent = _find(self._list(self._library), card) is None
        aged = time.monotonic() > self._listed_at + STALE
        if not (_kernel_list() - self._kernel or (absent and aged and not self._streams)):
            return
        if not self._end_or_doom():
            raise HardwareError(f"the cards have changed and are listed anew before {card} is opened: try again")

    def _begun(self) -> pyaudio.PyAudio:
        if self._library is None:
            self._kernel = _kernel_list()
            self._listed_at = time.monotonic()
            self._library = pyaudio.PyAudio()
            self._log_change(_joined(self._list(self._library)))
        return self._library

    def _log_change(self, there: str) -> None:
        """Log the cards unless they are those that were logged last: one that is missing is looked for every few seconds."""
        if there != self._logged:
            self._logged = there
            _log.info("sound cards: %s", there)

    def _end_or_doom(self) -> bool:
        """End PortAudio if no stream is open; else make the streams end, and return False."""
        for each in self._streams:
            each.doom()
        if self._library is not None and not self._streams:
            self._library.terminate()
            self._library = None
        return not self._streams

    def _index(self, library: pyaudio.PyAudio, card: str) -> int:
        there = self._list(library)
        found = _find(there, card)
        if found is None:
            raise HardwareError(f"there is no card {card}; cards there are: {_joined(there)}")
        return found

    def _opened(self, library: pyaudio.PyAudio, index: int, card: str, rate: int, block: int) -> pyaudio.Stream:
        try:
            return library.open(
                format=pyaudio.paInt16,
                channels=1,
                rate=rate,
                output=True,
                output_device_index=index,
                frames_per_buffer=block,
            )
        except (OSError, ValueError) as error:
            there = _joined(self._list(library))
            if not self._streams:
                self._end_or_doom()  # a listed card that does not open is often one that left: list them anew next time
            raise HardwareError(
                f"the card {card} cannot be opened ({error}): is another program using it? Cards there are: {there}"
            ) from error

    def _give_back(self, out: PyAudioOut) -> None:
        with self._turn:
            stream = self._streams.pop(out, None)
            try:
                if stream is not None:
                    stream.close()
            except OSError as error:
                _log.debug("closing a card failed: %s", error)

    def _list(self, library: pyaudio.PyAudio) -> tuple[tuple[int, str], ...]:
        """Return index and name of every card that can play."""
        every = (library.get_device_info_by_index(index) for index in range(library.get_device_count()))
        return tuple((int(each["index"]), str(each["name"])) for each in every if int(each["maxOutputChannels"]) > 0)


def _find(there: tuple[tuple[int, str], ...], card: str) -> int | None:
    """Return the index of a card: by its name, by how its name begins, by a part of it."""
    wanted = card.casefold()
    for fits in (str.__eq__, str.startswith, str.__contains__):
        for index, name in there:
            if fits(name.casefold(), wanted):
                return index
    return None


def _joined(there: tuple[tuple[int, str], ...]) -> str:
    return ", ".join(name for _, name in there) or "none"


def _kernel_list() -> frozenset[str]:
    """Return the kernel's cards, a line each; one that comes back under the same number makes the same line."""
    try:
        return frozenset(KERNEL_LIST.read_text().splitlines())
    except OSError:
        return frozenset()
