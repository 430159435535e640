"""The words of the core: ids, seconds, and who somebody is."""

from dataclasses import dataclass
from typing import NewType

LegId = NewType("LegId", int)
"""One SIP dialog of ours. Legs that arrive are numbered upwards from 1 by the SIP adapter, legs that the core dials
downwards from -1 by the core, so that the two never meet. No id is ever used twice while the process lives."""

PageId = NewType("PageId", int)
"""One announcement, numbered by the core."""

Serial = NewType("Serial", int)
"""One utterance to a leg, numbered by the core, so that its end can be told from the end of an earlier one."""

Ticket = NewType("Ticket", int)
"""One caller's stay with us, numbered by the core: it stays the same while his leg, his place and our process change."""

Seconds = NewType("Seconds", float)
"""Seconds, monotonic where an instant is meant; never the wall clock."""

Place = NewType("Place", str)
"""The number of an extension or orbit where one call can be parked."""


@dataclass(frozen=True, slots=True)
class Party:
    """Somebody as SIP names him: a number (may be empty when hidden) and a display name (may be empty)."""

    number: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Dialog:
    """What the PBX knows a leg by, so that a later process of ours can take the leg over (S-2, RFC 3891)."""

    call_id: str
    local_tag: str
    remote_tag: str = ""
    """Empty until the far side of a dialled leg has answered with one."""
    replaces: bool = True
    """The far side says that it understands Replaces (RFC 3891 section 6.2, `Supported`)."""
    target: str = ""
    """Number that a take-over calls: the far side's, where a proxy stands between us and its phone (the dialog has a
    route set); empty: our own number, where the PBX itself is the far side."""
    invite: str = ""
    """What a CANCEL of our unanswered INVITE needs, in words of the SIP adapter; empty once it is answered."""


@dataclass(frozen=True, slots=True)
class KeyId:
    """One key of one panel, by the names that the configuration gives them."""

    panel: str
    key: str
