"""The flight recorder: the last ten minutes of the core in RAM (S-11).

Runs on the loop, at each step, so it keeps references and nothing else: what it is given is frozen. A state that is kept
keeps its dicts alive, therefore only the state at the beginning of a segment is: a segment lasts a minute, or less when
much happens. The oldest segments go when they are ten minutes old, or when a storm would eat the RAM. No I/O, no clock.
"""

from collections import deque
from dataclasses import dataclass, field
from datetime import UTC, datetime

from appliance.core.events import Event
from appliance.core.ids import Seconds
from appliance.core.orders import Order
from appliance.core.rules import Rules
from appliance.core.state import State
from appliance.flight import Flight, Segment, Step, raised

KEPT = Seconds(600)
SEGMENT = Seconds(60)
"""How long a segment lasts, so that ten to eleven minutes are kept."""
SEGMENT_STEPS = 2_000
MOST_STEPS = 40_000
"""Sixty a second for eleven minutes."""
MOST_SEGMENTS = 64


@dataclass(slots=True)
class _Growing:
    """A segment in the making."""

    begun: Seconds
    follows: bool
    rules: Rules
    state: State
    steps: list[Step] = field(default_factory=list)


class Recorder:
    """Told of each step by the runtime; `snapshot` gives what it holds."""

    def __init__(self, version: str) -> None:
        self._version = version
        self._segments: deque[_Growing] = deque()
        self._count = 0
        self._end: State | None = None

    def stepped(
        self,
        now: Seconds,
        event: Event | None,
        before: State,
        after: State,
        orders: tuple[Order, ...],
        rules: Rules,
    ) -> None:
        """Keep a step; without an event: time alone, which is kept only when something came of it."""
        if event is not None or orders or after is not before:
            self._keep(Step(now, event, orders), before, after, rules)

    def failed(self, now: Seconds, event: Event | None, before: State, rules: Rules, error: Exception) -> None:
        """Keep a step that raised: the state stays as it was before."""
        self._keep(Step(now, event, (), raised(error)), before, before, rules)

    def snapshot(self, now: Seconds, at: datetime) -> Flight:
        """Return what is held, `now` on the core's clock being `at` on the wall's; cheap, and safe to write in any thread."""
        segments = tuple(Segment(one.follows, one.rules, one.state, tuple(one.steps)) for one in self._segments)
        return Flight(self._version, at.astimezone(UTC).isoformat(timespec="seconds"), now, segments, self._end)

    def _keep(self, step: Step, before: State, after: State, rules: Rules) -> None:
        current = self._segments[-1] if self._segments else None
        if current is None or before is not self._end or rules is not current.rules or _is_full(current, step.now):
            current = _Growing(step.now, before is self._end, rules, before)
            self._segments.append(current)
        current.steps.append(step)
        self._count += 1
        self._end = after
        self._forget(step.now)

    def _forget(self, now: Seconds) -> None:
        """Drop the oldest segments: those that ended ten minutes ago, and those that are too many."""
        while len(self._segments) > 1 and (
            self._segments[1].begun <= now - KEPT or self._count > MOST_STEPS or len(self._segments) > MOST_SEGMENTS
        ):
            self._count -= len(self._segments.popleft().steps)


def _is_full(segment: _Growing, now: Seconds) -> bool:
    return now - segment.begun >= SEGMENT or len(segment.steps) >= SEGMENT_STEPS
