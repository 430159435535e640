"""Imperatives: what the core wants done once. What it wants to *stay* so (lamps, what a leg hears) is a view.

An order is carried out after the step that gave it, in sequence; its outcome is a later event. An order for a leg or
page that is gone is normal and does nothing.
"""

from dataclasses import dataclass
from enum import Enum

from appliance.core.ids import Dialog, LegId, PageId, Party, Place


class Alert(Enum):
    """How a phone shall ring (Alert-Info); the four recall patterns of P-21."""

    NORMAL = "normal"
    LONG_LONG = "long-long"
    SHORT_SHORT_LONG = "short-short-long"
    SHORT_LONG_SHORT = "short-long-short"


@dataclass(frozen=True, slots=True)
class Answer:
    """Answer an arrived leg with 200; LegAnswered or LegEnded follows."""

    leg: LegId


@dataclass(frozen=True, slots=True)
class Refuse:
    """Refuse an arrived leg with a final code of 400 or above; LegEnded follows."""

    leg: LegId
    code: int
    reason: str


@dataclass(frozen=True, slots=True)
class Dial:
    """Call a number; LegAnswered or LegEnded follows."""

    leg: LegId
    account: str
    number: str
    shown: Party
    """What the phone shall display as the caller (P-16, P-21)."""
    alert: Alert = Alert.NORMAL
    auto_answer: bool = False
    """Ask the phone to answer by itself (Call-Info answer-after, Alert-Info)."""


@dataclass(frozen=True, slots=True)
class Hangup:
    """End a leg: CANCEL while it rings, BYE afterwards; LegEnded follows."""

    leg: LegId


@dataclass(frozen=True, slots=True)
class Release:
    """Join the far sides of two confirmed legs without us: REFER on `leg` with a Replaces of `to`; ReleaseEnded(leg) follows.

    It comes before the LegEnded of either leg, whichever the PBX ends by itself; the others are ours to hang up.
    """

    leg: LegId
    to: LegId


@dataclass(frozen=True, slots=True)
class TakeOver:
    """Go on with a dialog that an earlier process of ours had: INVITE with Replaces (S-2, RFC 3891 section 3).

    DialogKnown and LegAnswered follow, or LegEnded: 481 when the PBX has it no more.
    """

    leg: LegId
    account: str
    dialog: Dialog
    party: Party
    """Who is known to be at the far side: IdentityChanged tells when it is somebody else."""


@dataclass(frozen=True, slots=True)
class Withdraw:
    """Stop the ringing that an earlier process of ours began: CANCEL (RFC 3261 section 9.1). Nothing follows."""

    account: str
    dialog: Dialog


@dataclass(frozen=True, slots=True)
class Transfer:
    """Have the PBX connect the far side of a confirmed leg with a number, without us: REFER; ReleaseEnded(leg) follows.

    Its 2xx comes once the number rings or answers; the leg is ours to hang up then, unless the PBX has ended it by itself.
    """

    leg: LegId
    number: str


@dataclass(frozen=True, slots=True)
class Announce:
    """Say a text in a zone (priority 4, A-3); PageStarted and PageEnded follow, PageEnded always."""

    page: PageId
    zone: str
    text: str


@dataclass(frozen=True, slots=True)
class StopPage:
    """Stop an announcement at once, in mid-word, or take it out of the queue; PageEnded follows."""

    page: PageId


class What(Enum):
    """What happened to a call, a key or a leg: the vocabulary of `parkdeck events` and of the history."""

    PARKED = "parked"
    REFUSED = "refused"
    RINGING_BACK = "ringing_back"
    FETCHING = "fetching"
    CANCELLED = "cancelled"
    RETRIEVED = "retrieved"
    RECALLED = "recalled"
    HANDED_OVER = "handed_over"
    ABANDONED = "abandoned"
    RELEASED = "released"
    ANCHORED = "anchored"
    ARMED = "armed"
    DISARMED = "disarmed"
    LOBBY = "lobby"
    LOST = "lost"
    """The PBX has lost him, or would not give him back after a crash of ours (S-3)."""
    COMING_BACK = "coming_back"
    """His leg is in the journal of an earlier process; being taken over (S-2)."""
    BACK = "back"
    DRAINING = "draining"


@dataclass(frozen=True, slots=True)
class Report:
    """Tell whoever follows what happened; changes nothing."""

    what: What
    place: Place | None = None
    leg: LegId | None = None
    caller: Party | None = None
    by: Party | None = None
    """Who did it or to whom it went: parker, retriever, number rung."""
    detail: str = ""


Order = Answer | Refuse | Dial | Hangup | Release | TakeOver | Withdraw | Transfer | Announce | StopPage | Report
