"""Pure: the raw level of one contact and the time in, its stable level out (B-7).

A contact counts when it has been still for the window: one edge then, however much it bounced before, and none for a
spike that is shorter. Samples may come late and in bunches: what happened between two of them is worked out from their
instants, so a level that lasted longer than the window is never lost. No clock: every call says what time it is, and
`next_deadline` says when to call again. Seconds are monotonic.
"""

from dataclasses import dataclass, replace

SHORTEST, DEFAULT, LONGEST = 0.005, 0.015, 0.050
"""Windows that are allowed, in seconds (B-7): below, contacts bounce through; above, fast presses are lost."""


@dataclass(frozen=True, slots=True)
class Contact:
    """What is known of one contact."""

    level: bool = False
    """The stable level."""
    raw: bool = False
    """The level of the last sample."""
    since: float = 0.0
    """When the raw level became what it is."""


@dataclass(frozen=True, slots=True)
class Stable:
    """The stable level changed at an instant: the end of the window, not the moment when somebody looked."""

    level: bool
    at: float


def sample(contact: Contact, raw: bool, at: float, window: float) -> tuple[Contact, Stable | None]:  # noqa: FBT001
    """Take in a raw level seen at an instant; an instant before the last change counts as that of the change."""
    contact, edge = advance(contact, at, window)
    if raw == contact.raw:
        return contact, edge
    return replace(contact, raw=raw, since=max(at, contact.since)), edge


def advance(contact: Contact, now: float, window: float) -> tuple[Contact, Stable | None]:
    """Let time pass; at most one edge is due."""
    deadline = next_deadline(contact, window)
    if deadline is None or now < deadline:
        return contact, None
    return replace(contact, level=contact.raw), Stable(contact.raw, deadline)


def next_deadline(contact: Contact, window: float) -> float | None:
    """When `advance` has something to do unless the contact moves before; None: not before it moves."""
    return None if contact.raw == contact.level else contact.since + window
