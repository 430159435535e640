"""Replay: runs a recorded flight through this core and says whether the same comes out (S-11).

Each segment is run by itself from the state it begins with. Orders are compared as whole lists, a step that raised must raise
the same again, and where a segment goes on from the one before, its first state must be the one that came out. The first
difference ends it. Needs the core alone: no SIP stack, no hardware, no configuration.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import datetime, timedelta

from appliance.core import engine
from appliance.core.ids import Seconds
from appliance.core.orders import Order
from appliance.core.rules import Rules
from appliance.core.state import State
from appliance.flight import Flight, Segment, Step, raised

Outcome = tuple[Order, ...] | str
"""The orders of a step, or the error that it raised."""


@dataclass(frozen=True, slots=True)
class Difference:
    """Where this core does something else; what each side did, one thing a line."""

    segment: int
    """Counted from 1, like the step."""
    step: int
    """In its segment: the orders differ. 0: the state at the segment's end does."""
    now: Seconds
    given: str
    """What the core was given."""
    recorded: tuple[str, ...]
    replayed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """What was compared: everything, or what came before the first difference."""

    segments: int
    steps: int
    errors: tuple[str, ...]
    """Those that were recorded and came again."""
    difference: Difference | None


def compare(flight: Flight) -> Comparison:
    """Run a flight through this core."""
    run = _Run()
    difference = next(run.differences(flight), None)
    return Comparison(run.segments, run.steps, tuple(run.errors), difference)


def text(flight: Flight, comparison: Comparison, version: str) -> str:
    """Return what `parkdeck replay` prints; `version` is that of this program."""
    lines = [f"recorded until {flight.at} by parkdeck {flight.version}, replayed by {version}"]
    lines += [f"raised {error}: as recorded" for error in comparison.errors]
    compared = f"{comparison.segments} segments, {comparison.steps} steps"
    if (difference := comparison.difference) is None:
        return "\n".join([*lines, f"{compared}: the same" if flight.segments else "nothing was recorded"])
    at = datetime.fromisoformat(flight.at) - timedelta(seconds=flight.now - difference.now)
    where = f"step {difference.step}" if difference.step else "the state at its end"
    lines.append(f"{compared}: the same, but then in segment {difference.segment}, {where}")
    lines.append(f"at {at.isoformat(timespec='milliseconds')} ({difference.now:.6f}): {difference.given}")
    lines += ["recorded:", *(f"    {line}" for line in difference.recorded)]
    lines += ["replayed:", *(f"    {line}" for line in difference.replayed)]
    return "\n".join(lines)


class _Run:
    """A flight in the middle of its replay."""

    def __init__(self) -> None:
        self.segments = 0
        self.steps = 0
        self.errors: list[str] = []

    def differences(self, flight: Flight) -> Iterator[Difference]:
        """Yield the differences; only up to the first do the counts say what was the same."""
        thens = [*(segment.state if segment.follows else None for segment in flight.segments[1:]), flight.end]
        for segment, then in zip(flight.segments, thens, strict=False):  # a flight without segments has an end too
            state = segment.state
            for at, step in enumerate(segment.steps, 1):
                state, outcome = _again(step, state, segment.rules)
                if outcome != _outcome(step):
                    yield self._orders_differ(at, step, outcome)
                self.steps += 1
                self.errors += [step.raised] if step.raised else []
            if then is not None and state != then:
                yield self._states_differ(segment, then, state)
            self.segments += 1

    def _orders_differ(self, at: int, step: Step, outcome: Outcome) -> Difference:
        return Difference(
            self.segments + 1, at, step.now, _given(step), _outcome_lines(_outcome(step)), _outcome_lines(outcome)
        )

    def _states_differ(self, segment: Segment, recorded: State, replayed: State) -> Difference:
        last = segment.steps[-1]
        sides = _entries(recorded), _entries(replayed)
        return Difference(
            self.segments + 1, 0, last.now, f"after {_given(last)}", _missing(*sides), _missing(*reversed(sides))
        )


def _again(step: Step, state: State, rules: Rules) -> tuple[State, Outcome]:
    try:
        if step.event is None:
            return engine.advance(state, step.now, rules)
        return engine.step(state, step.event, step.now, rules)
    except Exception as error:  # noqa: BLE001 - an error of the core is what is looked for
        return state, raised(error)


def _outcome(step: Step) -> Outcome:
    return step.raised or step.orders


def _given(step: Step) -> str:
    return "time alone" if step.event is None else repr(step.event)


def _outcome_lines(outcome: Outcome) -> tuple[str, ...]:
    if isinstance(outcome, str):
        return (f"raised {outcome}",)
    return tuple(map(repr, outcome)) or ("no orders",)


def _entries(state: State) -> dict[str, str]:
    """Return everything in a state, each with its name."""
    entries: dict[str, str] = {}
    for field in fields(state):
        value = getattr(state, field.name)
        if isinstance(value, Mapping):
            entries |= {f"{field.name}[{key!r}]": repr(one) for key, one in value.items()}
        else:
            entries[field.name] = repr(value)
    return entries


def _missing(here: Mapping[str, str], there: Mapping[str, str]) -> tuple[str, ...]:
    """Return what is here and is not there, or not the same."""
    return tuple(f"{name} = {one}" for name, one in here.items() if there.get(name) != one) or ("nothing more",)
