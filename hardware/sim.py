"""The protocols of `ports` without hardware: a product feature (`parkdeck demo`), and what tests run on.

A simulated line or card behaves as the real one does towards the appliance, and has levers besides: `press` and
`release` for inputs, `history` for outputs, `played` for cards, `unplug` and `plug` for everything. Levers may be
pulled in any thread; callbacks run in the thread that pulled. Nothing here is chosen by itself when real hardware
fails (B-10).
"""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from hardware.ports import Edge, HardwareError

Clock = Callable[[], float]
"""Monotonic seconds."""

HISTORY = 100_000
"""Changes of output lines that are remembered: hours of blinking lamps, a few megabytes."""

DEPTH = 4
"""Blocks that a paced card takes ahead of the loudspeaker, as PortAudio's four periods."""

_log = logging.getLogger(__name__)


class _Listeners:
    """Callbacks for edges; one that raises is logged and does not keep the others from hearing."""

    def __init__(self) -> None:
        self._all: tuple[Callable[[Edge], None], ...] = ()

    def add(self, on_edge: Callable[[Edge], None]) -> None:
        """Call `on_edge` from now on."""
        self._all = (*self._all, on_edge)

    def clear(self) -> None:
        """Call nobody any more."""
        self._all = ()

    def tell(self, edge: Edge) -> None:
        """Hand one edge to everybody."""
        for on_edge in self._all:
            try:
                on_edge(edge)
            except Exception:  # noqa: BLE001 - the edge of a foreign thread
                _log.exception("callback failed line=%s", edge.line)


class SimInputs:
    """Keys that are pressed by calls. `lines` are the names there are; all start released."""

    def __init__(self, lines: Iterable[str], *, clock: Clock = time.monotonic) -> None:
        self._levels = dict.fromkeys(lines, False)
        self._listeners = _Listeners()
        self._clock = clock
        self._closed = False
        self._unplugged = False

    def press(self, line: str) -> None:
        """Close the contact. Raises KeyError for a line that is not wired."""
        self._move(line, active=True)

    def release(self, line: str) -> None:
        """Open the contact. Raises KeyError for a line that is not wired."""
        self._move(line, active=False)

    def unplug(self) -> None:
        """Lever: no edges are told and `levels` raises HardwareError, until `plug`."""
        self._unplugged = True

    def plug(self) -> None:
        """Lever: the lines are back; what moved meanwhile shows in `levels`, no edge tells it."""
        self._unplugged = False

    def levels(self) -> Mapping[str, bool]:
        """See `Inputs.levels`; empty once closed."""
        if self._closed:
            return {}
        if self._unplugged:
            raise HardwareError("the simulated inputs are unplugged: plug() brings them back")
        return dict(self._levels)

    def listen(self, on_edge: Callable[[Edge], None]) -> None:
        """See `Inputs.listen`; the callback runs in the thread that pressed."""
        if not self._closed:
            self._listeners.add(on_edge)

    def close(self) -> None:
        """See `Inputs.close`."""
        self._closed = True
        self._listeners.clear()

    def _move(self, line: str, *, active: bool) -> None:
        if self._levels[line] == active or self._closed:
            return
        self._levels[line] = active
        if not self._unplugged:
            self._listeners.tell(Edge(line, active, self._clock()))


class SimOutputs:
    """Lamps and relays that remember. `lines` are the names there are; all start inactive."""

    def __init__(self, lines: Iterable[str], *, clock: Clock = time.monotonic) -> None:
        self._levels = dict.fromkeys(lines, False)
        self._history: deque[Edge] = deque(maxlen=HISTORY)
        self._listeners = _Listeners()
        self._clock = clock
        self._closed = False
        self._unplugged = False

    @property
    def history(self) -> tuple[Edge, ...]:
        """Every change of a line (not every write), oldest first; the last `HISTORY` of them."""
        return tuple(self._history)

    def levels(self) -> Mapping[str, bool]:
        """Name to logical level now; all inactive once closed."""
        return dict(self._levels)

    def listen(self, on_edge: Callable[[Edge], None]) -> None:
        """Call `on_edge` at every change, in the thread that wrote."""
        self._listeners.add(on_edge)

    def unplug(self) -> None:
        """Lever: `write` raises HardwareError, until `plug`."""
        self._unplugged = True

    def plug(self) -> None:
        """Lever: the lines obey again, from the levels they had."""
        self._unplugged = False

    def write(self, line: str, *, active: bool) -> None:
        """See `Outputs.write`; nothing once closed."""
        if line not in self._levels:
            raise KeyError(line)
        if self._closed:
            return
        if self._unplugged:
            raise HardwareError(f"the simulated output {line} is unplugged: plug() brings it back")
        self._drive(line, active=active)

    def close(self) -> None:
        """See `Outputs.close`."""
        self._closed = True
        for line in self._levels:
            self._drive(line, active=False)

    def _drive(self, line: str, *, active: bool) -> None:
        if self._levels[line] == active:
            return
        self._levels[line] = active
        edge = Edge(line, active, self._clock())
        self._history.append(edge)
        self._listeners.tell(edge)


@dataclass(frozen=True, slots=True)
class Block:
    """What one `write` handed over: 16-bit little endian mono samples."""

    at: float
    """When it was handed over; monotonic seconds."""
    heard_at: float
    """When its first sample sounds: later than `at` while earlier blocks still play; the same on an unpaced card."""
    samples: bytes


class _Card:
    """A loudspeaker socket: what sounded there, who holds it now, is it plugged in."""

    def __init__(self) -> None:
        self.blocks: deque[Block] = deque()
        self.plugged = True
        self.holder: SimAudioOut | None = None


class SimAudioOut:
    """One stream of a simulated card, opened by `SimCards.open_output`. One thread writes, any thread may close."""

    def __init__(self, card: _Card, name: str, rate: int, block: int, *, depth: int | None, clock: Clock) -> None:
        self._card = card
        self._name = name
        self._rate = rate
        self._block = block
        self._depth = depth
        self._clock = clock
        self._empty_at = clock()
        self._written = 0
        self._underruns = 0
        self._over = threading.Event()

    @property
    def rate(self) -> int:
        """Samples per second."""
        return self._rate

    @property
    def block(self) -> int:
        """Samples that each write hands over."""
        return self._block

    @property
    def underruns(self) -> int:
        """How often a paced card had played everything before the next block came."""
        return self._underruns

    def write(self, samples: bytes) -> None:
        """See `AudioOut.write`. Raises HardwareError on a closed stream too, ValueError for a block of another size."""
        if len(samples) != 2 * self._block:
            raise ValueError(f"a block has {2 * self._block} bytes, not {len(samples)}")
        if self._depth is not None:
            self._over.wait(self._empty_at - self._clock() - (self._depth - 1) * self._block / self._rate)
        if self._over.is_set() or not self._card.plugged:
            raise HardwareError(f"the simulated card {self._name} is unplugged or its stream closed: open it again")
        self._take(samples)

    def close(self) -> None:
        """See `AudioOut.close`; a write that waits ends with HardwareError."""
        self._over.set()
        if self._card.holder is self:
            self._card.holder = None

    def die(self) -> None:
        """Make this and every later write raise: the card was pulled."""
        self._over.set()

    def _take(self, samples: bytes) -> None:
        now = self._clock()
        heard_at = now if self._depth is None else max(now, self._empty_at)
        if self._depth is not None and self._written and now > self._empty_at:
            self._underruns += 1
        self._written += 1
        self._empty_at = heard_at + self._block / self._rate
        self._card.blocks.append(Block(now, heard_at, samples))


class SimCards:
    """The sound cards of a machine that has none.

    `paced` cards take samples as fast as a loudspeaker plays them, `DEPTH` blocks ahead; others at once. What was
    played is kept for `keep` seconds of sound per card (None: for ever, 2 bytes a sample).
    """

    def __init__(
        self, *names: str, paced: bool = True, keep: float | None = 600.0, clock: Clock = time.monotonic
    ) -> None:
        self._cards = {name: _Card() for name in names}
        self._depth = DEPTH if paced else None
        self._keep = keep
        self._clock = clock

    def open_output(self, card: str, rate: int, block: int) -> SimAudioOut:
        """See `SoundCards.open_output`. As with ALSA's `hw:`, a card that is open refuses a second stream."""
        chosen = self._cards.get(card)
        if chosen is None or not chosen.plugged:
            there = ", ".join(name for name, each in self._cards.items() if each.plugged) or "none"
            raise HardwareError(f"there is no card {card}; cards there are: {there}")
        if chosen.holder is not None:
            raise HardwareError(f"the card {card} is in use: close its other stream first")
        if self._keep is not None:
            chosen.blocks = deque(chosen.blocks, maxlen=max(1, int(self._keep * rate / block)))
        chosen.holder = SimAudioOut(chosen, card, rate, block, depth=self._depth, clock=self._clock)
        return chosen.holder

    def played(self, card: str) -> tuple[Block, ...]:
        """Everything that went to a card, over all its streams, oldest first. Raises KeyError for an unknown card."""
        return tuple(self._cards[card].blocks)

    def unplug(self, card: str | None = None) -> None:
        """Lever: pull one card, or all. Its stream is dead for good, opening it fails until `plug`."""
        for each in self._chosen(card):
            each.plugged = False
            if each.holder is not None:
                each.holder.die()
                each.holder = None

    def plug(self, card: str | None = None) -> None:
        """Lever: put one card, or all, back; it can be opened again."""
        for each in self._chosen(card):
            each.plugged = True

    def _chosen(self, card: str | None) -> Iterable[_Card]:
        return self._cards.values() if card is None else (self._cards[card],)
