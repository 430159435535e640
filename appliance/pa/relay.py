"""The amplifier's relay: closes first and at once, opens after the tail (A-1). Pure; the time is an argument.

    page        |------------|      |-------|
    relay    closed....................................open
             ^lead^ sound    ^tail             ^ tail ^

The sound is delayed, never the relay. Pages in a row find it closed: it does not click, and they do not wait a second time.
"""

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Relay:
    """One zone's relay. Instants and spans in seconds, monotonic."""

    lead: float
    tail: float
    closed_at: float | None = None
    """None: it is open."""
    open_at: float | None = None
    """When it is due to open; None: a page holds it, or it is open."""

    @property
    def closed(self) -> bool:
        """Say whether it is to be closed."""
        return self.closed_at is not None


def close(relay: Relay, now: float) -> Relay:
    """Close it for a page, or keep it closed."""
    return replace(relay, closed_at=now if relay.closed_at is None else relay.closed_at, open_at=None)


def ready_at(relay: Relay) -> float:
    """Return when the first sample may go to the card. Raises ValueError while the relay is open."""
    if relay.closed_at is None:
        raise ValueError("the relay is open: close it first")
    return relay.closed_at + relay.lead


def release(relay: Relay, now: float) -> Relay:
    """Let go of it: the last sample was heard just now. One that is open, or due already, stays as it is."""
    if relay.closed_at is None or relay.open_at is not None:
        return relay
    return replace(relay, open_at=now + relay.tail)


def cut(relay: Relay) -> Relay:
    """Open it at once, tail or no tail."""
    return replace(relay, closed_at=None, open_at=None)


def advance(relay: Relay, now: float) -> Relay:
    """Open it when the tail is over."""
    return cut(relay) if relay.open_at is not None and now >= relay.open_at else relay
