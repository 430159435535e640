"""Pure: stable edges of the keys of one panel in, presses out (B-4, B-7).

    short   told at the release of a key that was held for less than `Timing.long`
    long    told while the key is still held; nothing at its release then
    chord   two keys or more held together for `Timing.chord`; nothing else comes of them until each is released
    stuck   held for `Timing.stuck`: told once, then nothing until `freed` at its release

While two fresh keys are held a chord may come of them, so neither becomes long; when one of the two is let go in time,
the other is long at once if it has been held long enough, and one let go so late is long at its release: no press is
swallowed. A key that has had its say (long, chord, stuck, or down when the program started) holds no other key back.
No clock: every call says what time it is, and `next_deadline` says when to call again. Seconds are monotonic.
"""

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Timing:
    """Seconds that tell one press from another."""

    long: float = 1.5
    chord: float = 3.0
    stuck: float = 60.0


@dataclass(frozen=True, slots=True)
class Hold:
    """A key that is down."""

    line: str
    since: float
    spent: bool = False
    """It has had its say: neither short nor long nor a chord comes of it any more."""
    stuck: bool = False


@dataclass(frozen=True, slots=True)
class Presses:
    """The keys that are down, in the order in which they went down."""

    held: tuple[Hold, ...] = ()


@dataclass(frozen=True, slots=True)
class Short:
    """A key was tapped."""

    line: str


@dataclass(frozen=True, slots=True)
class Long:
    """A key was held."""

    line: str


@dataclass(frozen=True, slots=True)
class Chord:
    """Keys were held together."""

    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Stuck:
    """A key does not come up again; it is ignored from now on."""

    line: str


@dataclass(frozen=True, slots=True)
class Freed:
    """A stuck key came up again."""

    line: str


Outcome = Short | Long | Chord | Stuck | Freed

Told = tuple[Presses, tuple[Outcome, ...]]
"""The new state, and what came of the call, in the order in which it happened."""


def begin(lines: tuple[str, ...], now: float) -> Presses:
    """Start with these keys down already: nothing comes of them before their release, but they may be stuck."""
    return Presses(tuple(Hold(line, now, spent=True) for line in lines))


def press(presses: Presses, line: str, at: float, timing: Timing) -> Told:
    """Take in that a key went down; one that is down already changes nothing."""
    presses, outcomes = advance(presses, at, timing)
    if any(hold.line == line for hold in presses.held):
        return presses, outcomes
    return Presses((*presses.held, Hold(line, at))), outcomes


def release(presses: Presses, line: str, at: float, timing: Timing) -> Told:
    """Take in that a key came up; one that is not down changes nothing. Held exactly `long` is long."""
    presses, outcomes = advance(presses, at, timing)
    for hold in presses.held:
        if hold.line == line:
            rest = Presses(tuple(other for other in presses.held if other is not hold))
            last = _at_release(hold, at, timing)
            rest, freed_by_it = advance(rest, at, timing)
            return rest, outcomes + last + freed_by_it
    return presses, outcomes


def advance(presses: Presses, now: float, timing: Timing) -> Told:
    """Let time pass: everything that is due by `now`, in order."""
    outcomes: tuple[Outcome, ...] = ()
    deadline = next_deadline(presses, timing)
    while deadline is not None and deadline <= now:
        presses, due = _fire(presses, deadline, timing)
        outcomes += due
        deadline = next_deadline(presses, timing)
    return presses, outcomes


def next_deadline(presses: Presses, timing: Timing) -> float | None:
    """When `advance` has something to do unless a key moves before; None: not before a key moves."""
    due = [hold.since + timing.stuck for hold in presses.held if not hold.stuck]
    fresh = _fresh(presses)
    if len(fresh) == 1:
        due.append(fresh[0].since + timing.long)
    elif fresh:
        due.append(_together(fresh) + timing.chord)
    return min(due, default=None)


def _fire(presses: Presses, at: float, timing: Timing) -> Told:
    """Do what is due at a deadline; one thing at least."""
    stuck = tuple(hold for hold in presses.held if not hold.stuck and hold.since + timing.stuck <= at)
    if stuck:
        return _spend(presses, stuck, stuck=True), tuple(Stuck(hold.line) for hold in stuck)
    fresh = _fresh(presses)
    spent = _spend(presses, fresh)
    if len(fresh) == 1:
        return spent, (Long(fresh[0].line),)
    return spent, (Chord(tuple(hold.line for hold in fresh)),)


def _at_release(hold: Hold, at: float, timing: Timing) -> tuple[Outcome, ...]:
    if hold.stuck:
        return (Freed(hold.line),)
    if hold.spent:
        return ()
    return (Long(hold.line),) if at >= hold.since + timing.long else (Short(hold.line),)


def _fresh(presses: Presses) -> tuple[Hold, ...]:
    return tuple(hold for hold in presses.held if not hold.spent)


def _together(fresh: tuple[Hold, ...]) -> float:
    """When the second key went down."""
    return sorted(hold.since for hold in fresh)[1]


def _spend(presses: Presses, holds: tuple[Hold, ...], *, stuck: bool = False) -> Presses:
    return Presses(
        tuple(replace(hold, spent=True, stuck=hold.stuck or stuck) if hold in holds else hold for hold in presses.held)
    )
