"""Imperatives: what the core wants done once. What it wants to *stay* so (lamps, what a leg hears) is a view.

An order is carried out after the step that gave it, in sequence; its outcome is a later event. An order for a leg or
page that is gone is normal and does nothing.
"""

from dataclasses import dataclass, field
from enum import Enum

from appliance.core.ids import Dialog, LegId, PageId, Party, Place, Ticket


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
class Show:
    """Have the phone of a confirmed leg display somebody else: UPDATE or re-INVITE with P-Asserted-Identity (P-16).

    Nothing follows; a far side that refuses keeps what it showed.
    """

    leg: LegId
    party: Party


@dataclass(frozen=True, slots=True)
class Message:
    """Send a phone a text: MESSAGE outside a dialog (P-17, RFC 3428). Nothing follows; many phones cannot."""

    account: str
    number: str
    text: str


@dataclass(frozen=True, slots=True)
class Announce:
    """Say a text in a zone (priority 4, A-3), "": its chime alone; PageStarted and PageEnded follow, PageEnded always."""

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
    HUNTING = "hunting"
    """A hunt group serves him (P-24, P-31); `detail` is its number."""
    ANSWERED = "answered"
    """A member of a hunt group took a call that came to the group's number (P-31)."""
    LOGGED_IN = "logged_in"
    LOGGED_OUT = "logged_out"
    """`by` is the member, `detail` the hunt group's number (P-30)."""
    LOST = "lost"
    """The PBX has lost him, or would not give him back after a crash of ours (S-3)."""
    COMING_BACK = "coming_back"
    """His leg is in the journal of an earlier process; being taken over (S-2)."""
    BACK = "back"
    REPEATED = "repeated"
    """An earlier process had not answered him, and his PBX asks again: his call begins anew (S-2)."""
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
    ticket: Ticket | None = field(default=None, compare=False)
    """Which stay of a caller it is about (P-33)."""
    announced: int = field(default=0, compare=False)
    """How often he has been announced so far (P-33)."""


Order = (
    Answer
    | Refuse
    | Dial
    | Hangup
    | Release
    | TakeOver
    | Withdraw
    | Transfer
    | Show
    | Message
    | Announce
    | StopPage
    | Report
)
