"""From sources to frames: pure mixing, one block at a time, in the thread that owns the card.

A source hands over samples when it is asked; the mixer fades, adds, limits, meters, and says when a source began and when
its last sample must have been heard. It never waits and never fails; with no source it gives silence. Live pages, music
and ducking are further sources with a fade of their own (`fade` goes to any level, not only to silence).
"""

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from appliance.core.ids import PageId
from appliance.pa import levels
from appliance.pa.levels import CEILING, Pcm, Samples


class Source(Protocol):
    """Samples at the card's rate."""

    def read(self, count: int) -> Samples:
        """Return the next `count` samples; fewer: those were the last ones. Must not block."""


class Clip:
    """A source of samples that are there already, 16-bit and mono."""

    def __init__(self, pcm: Pcm) -> None:
        self._pcm = pcm
        self._at = 0

    def read(self, count: int) -> Samples:
        """See `Source.read`."""
        taken = self._pcm[self._at : self._at + count]
        self._at += taken.size
        return levels.from_pcm(taken)


@dataclass(frozen=True, slots=True)
class Began:
    """The first samples of a page are in the frame that was asked for at `at`."""

    page: PageId
    at: float


@dataclass(frozen=True, slots=True)
class Ended:
    """All of a page was heard, or it has faded. `first_at` is None when it never began; levels are amplitudes of 0-1."""

    page: PageId
    first_at: float | None
    last_at: float | None
    peak: float
    mean: float


Fact = Began | Ended


@dataclass(slots=True)
class _Strand:
    """One source in the mix."""

    page: PageId
    source: Source
    not_before: float
    gain: float = 1.0
    aim: float = 1.0
    slope: float = 0.0
    """Change of the gain per sample while it is not at its aim."""
    drain: int = -1
    """Blocks until its last sample was heard; -1: it still has samples."""
    first_at: float | None = None
    last_at: float | None = None
    peak: float = 0.0
    energy: float = 0.0
    count: int = 0

    def ended(self) -> Ended:
        mean = float(np.sqrt(self.energy / self.count)) if self.count else 0.0
        return Ended(self.page, self.first_at, self.last_at, self.peak, mean)


class Mixer:
    """Frames of `block` samples at `rate`; a page counts as heard `drain` blocks after its last sample."""

    def __init__(self, rate: int, block: int, drain: int) -> None:
        self._rate = rate
        self._block = block
        self._drain = drain
        self._strands: dict[PageId, _Strand] = {}
        self._gain = 1.0
        self._quiet = bytes(2 * block)

    def add(self, page: PageId, source: Source, not_before: float) -> None:
        """Mix a source in, from the first frame at or after `not_before`."""
        self._strands[page] = _Strand(page, source, not_before)

    def fade(self, page: PageId, aim: float, seconds: float) -> None:
        """Bring a source to the gain `aim` within `seconds`; at 0 it ends. One that is not there: nothing."""
        strand = self._strands.get(page)
        if strand is not None:
            strand.aim = aim
            strand.slope = (aim - strand.gain) / max(1, round(seconds * self._rate))

    def frame(self, now: float) -> tuple[bytes, tuple[Fact, ...]]:
        """Return the next block as 16-bit little endian, and what it begins and ends."""
        if not self._strands:
            return self._quiet, ()
        mix: Samples | None = None
        facts: list[Fact] = []
        for strand in tuple(self._strands.values()):
            part = self._part(strand, now, facts)
            if part is not None:
                mix = part if mix is None else mix + part
        samples = self._quiet if mix is None else levels.to_pcm(self._limited(mix)).tobytes()
        return samples, tuple(facts)

    def _part(self, strand: _Strand, now: float, facts: list[Fact]) -> Samples | None:
        """Return what a strand adds to this frame; None: nothing. Draining strands count down and are told."""
        if strand.first_at is None and strand.aim == 0.0:
            strand.drain = 0
        if strand.drain >= 0:
            self._count_down(strand, facts)
            return None
        if now < strand.not_before:
            return None
        part = self._shaped(strand)
        self._meter(strand, part, now, facts)
        return part

    def _count_down(self, strand: _Strand, facts: list[Fact]) -> None:
        strand.drain -= 1
        if strand.drain < 0:
            del self._strands[strand.page]
            facts.append(strand.ended())

    def _shaped(self, strand: _Strand) -> Samples:
        """Return the strand's next block, faded and filled up; note when it was its last."""
        part = strand.source.read(self._block)
        if part.size < self._block:
            strand.drain = self._drain
            part = np.pad(part, (0, self._block - part.size))
        if strand.gain == strand.aim:
            return levels.scale(part, strand.gain)
        steps = strand.gain + strand.slope * np.arange(1, self._block + 1)
        curve = np.minimum(steps, strand.aim) if strand.slope > 0 else np.maximum(steps, strand.aim)
        strand.gain = float(curve[-1])
        if strand.gain == 0.0:
            strand.drain = self._drain
        return levels.shape(part, curve)

    def _meter(self, strand: _Strand, part: Samples, now: float, facts: list[Fact]) -> None:
        """Note levels and instants; silence before the first sample and after the last is none of the page's."""
        loudest = levels.peak(part)
        if loudest == 0.0 and strand.first_at is None:
            return
        strand.energy += float(np.square(part, dtype=np.float64).sum())
        strand.count += part.size
        if loudest == 0.0:
            return
        if strand.first_at is None:
            strand.first_at = now
            facts.append(Began(strand.page, now))
        strand.last_at = now
        strand.peak = max(strand.peak, loudest)

    def _limited(self, mix: Samples) -> Samples:
        """Keep a sum of sources under the ceiling: the gain falls within a block and comes back slowly."""
        aim = min(1.0, CEILING / max(levels.peak(mix), 1e-9), self._gain * levels.gain(0.5))
        if aim == 1.0 and self._gain == 1.0:
            return mix
        curve = np.linspace(self._gain, aim, mix.size)
        self._gain = aim
        return np.clip(mix * curve, -CEILING, CEILING).astype(np.float32)
