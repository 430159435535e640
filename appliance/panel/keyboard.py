"""Levels of contacts and pressings by command in, presses of keys out; all panels of the box.

Runs on the loop, but has no clock of its own: every call says what time it is, and `next_deadline` says when to call
`advance` again. Seconds are monotonic. A contact goes through the debounce, a virtual line (`press`) does not: it does not
bounce. Chords are told within one panel only: two people at two panels are no lamp test.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from appliance.core.ids import KeyId
from appliance.panel.port import PanelSettings, PanelWiring
from hardware import debounce, presses
from hardware.debounce import Contact
from hardware.presses import Chord, Freed, Long, Outcome, Presses, Short, Stuck, Timing


@dataclass(frozen=True, slots=True)
class KeyOutcome:
    """What came of a key: Short, Long, Stuck or Freed with its `KeyId`; Chord with the first of its keys."""

    key: KeyId
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class _Change:
    """A line of ours went down or up for good."""

    at: float
    line: str
    down: bool


class Keyboard:
    """The keys of all panels, from the levels that their contacts have at the start.

    Raises ValueError for a debounce window that is not allowed.
    """

    def __init__(self, wiring: PanelWiring, settings: PanelSettings, levels: Mapping[str, bool], now: float) -> None:
        if not debounce.SHORTEST <= settings.debounce <= debounce.LONGEST:
            raise ValueError(f"a debounce of {settings.debounce} s is not within 0.005 to 0.050")
        self._window = settings.debounce
        self._timing = Timing(settings.long, settings.chord, settings.stuck)
        self._keys = dict(_lines(wiring))
        self._contacts = {
            line: Contact(level=levels[line], raw=levels[line], since=now) for line in self._keys if line in levels
        }
        self._releases: dict[str, float] = {}
        self._presses: dict[str, Presses] = {}
        for panel in {key.panel for key in self._keys.values()}:
            down = tuple(line for line in self._contacts if levels[line] and self._keys[line].panel == panel)
            self._presses[panel] = presses.begin(down, now)

    def sample(self, line: str, at: float, *, active: bool) -> list[KeyOutcome]:
        """Take in the raw level that a contact had at an instant; a line that is no contact of ours changes nothing."""
        outcomes = self.advance(at)
        contact = self._contacts.get(line)
        if contact is not None:
            self._contacts[line], _ = debounce.sample(contact, active, at, self._window)
        return outcomes

    def differs(self, levels: Mapping[str, bool]) -> tuple[str, ...]:
        """Contacts whose level is another than the last one that was taken in."""
        return tuple(line for line, contact in self._contacts.items() if levels.get(line, contact.raw) != contact.raw)

    def press(self, key: KeyId, hold: float, now: float) -> list[KeyOutcome]:
        """Hold a key down from now on for a time; a pressing by command that still holds it ends first."""
        line = virtual(key)
        outcomes = self.advance(now)
        if line in self._releases:
            self._releases[line] = now
            outcomes += self.advance(now)
        outcomes += self._feed(_Change(now, line, down=True))
        self._releases[line] = now + hold
        return outcomes + self.advance(now)

    def advance(self, now: float) -> list[KeyOutcome]:
        """Let time pass: everything that is due by `now`, in the order in which it happened."""
        outcomes: list[KeyOutcome] = []
        for change in sorted(self._changes(now), key=lambda change: change.at):
            outcomes += self._feed(change)
        for panel, state in self._presses.items():
            self._presses[panel], told = presses.advance(state, now, self._timing)
            outcomes += self._named(told)
        return outcomes

    def next_deadline(self) -> float | None:
        """When `advance` has something to do unless a key moves before; None: not before a key moves."""
        contacts = (debounce.next_deadline(contact, self._window) for contact in self._contacts.values())
        held = (presses.next_deadline(state, self._timing) for state in self._presses.values())
        due = [deadline for deadline in (*contacts, *held) if deadline is not None]
        return min((*due, *self._releases.values()), default=None)

    def _changes(self, now: float) -> Iterator[_Change]:
        """Take out what contacts and virtual lines did by `now`."""
        for line, contact in self._contacts.items():
            self._contacts[line], edge = debounce.advance(contact, now, self._window)
            if edge is not None:
                yield _Change(edge.at, line, edge.level)
        for line, at in tuple(self._releases.items()):
            if at <= now:
                del self._releases[line]
                yield _Change(at, line, down=False)

    def _feed(self, change: _Change) -> list[KeyOutcome]:
        panel = self._keys[change.line].panel
        move = presses.press if change.down else presses.release
        self._presses[panel], told = move(self._presses[panel], change.line, change.at, self._timing)
        return self._named(told)

    def _named(self, told: tuple[Outcome, ...]) -> list[KeyOutcome]:
        return [KeyOutcome(self._keys[_first_line(outcome)], outcome) for outcome in told]


def virtual(key: KeyId) -> str:
    """Name of the line that pressings by command move; no line of the hardware is called so."""
    return f"\0{key.panel}\0{key.key}"


def _lines(wiring: PanelWiring) -> Iterator[tuple[str, KeyId]]:
    for lines in wiring.keys:
        yield virtual(lines.key), lines.key
        if lines.contact is not None:
            yield lines.contact, lines.key


def _first_line(outcome: Outcome) -> str:
    match outcome:
        case Short(line) | Long(line) | Stuck(line) | Freed(line):
            return line
        case Chord(lines):
            return lines[0]
