"""Facts, in the past tense: everything that the world may tell the core.

Every event is legal in every state; one that is stale or repeated changes nothing. SIP events carry the leg that they are
about; the adapters build events in their own threads and post them, nothing more.
"""

from dataclasses import dataclass
from enum import Enum

from appliance.core.ids import Dialog, KeyId, LegId, PageId, Party, Place, Serial
from appliance.core.state import Leg


@dataclass(frozen=True, slots=True)
class CallArrived:
    """An INVITE from a trusted address. Nothing but 100 has been answered yet; `Answer` or `Refuse` must follow."""

    leg: LegId
    account: str
    """Name of the account that it came through."""
    dialled: str
    """User part of the request URI, unescaped: a code, a place, or our own number."""
    caller: Party
    """P-Asserted-Identity, else Remote-Party-ID, else From."""
    transferred_by: Party | None = None
    """Who transferred the call here (Referred-By, or a Diversion/History-Info that shows a transfer); None: a fresh
    call, the caller himself is on the line (P-2)."""
    dialog: Dialog | None = None
    """By what the PBX knows it; both tags are there before it is answered."""


@dataclass(frozen=True, slots=True)
class DialogKnown:
    """By what the PBX knows a dialled leg from now on: after our INVITE, and again before LegAnswered (S-2).

    Of a TakeOver only before LegAnswered: until then the old dialog is the one to come back to.
    """

    leg: LegId
    dialog: Dialog


@dataclass(frozen=True, slots=True)
class LegRang:
    """A dialled leg rings at the far side (first 180 or 183)."""

    leg: LegId


@dataclass(frozen=True, slots=True)
class LegDiverted:
    """A dialled leg was sent on by whom we called: whoever answers now may be his voicemail (P-25, P-29).

    A 181 or 199 says so, or a Diversion or History-Info in a 18x.
    """

    leg: LegId


@dataclass(frozen=True, slots=True)
class LegAnswered:
    """The dialog is confirmed: our INVITE got its 2xx, or our 200 got its ACK. Once for each leg at most."""

    leg: LegId


@dataclass(frozen=True, slots=True)
class LegEnded:
    """The dialog is over, whoever ended it, or our INVITE was refused. The last event of each leg; comes exactly once."""

    leg: LegId
    code: int
    """Final status of a refused INVITE (486 busy, 404 ...), 200 after a BYE, 408 or 481 when the far side is gone."""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class IdentityChanged:
    """A re-INVITE or UPDATE named another party at the far side of this leg (P-3: a completed attended transfer)."""

    leg: LegId
    party: Party


@dataclass(frozen=True, slots=True)
class LegReplaced:
    """A trusted INVITE with Replaces took a leg's place: `by` goes on where `leg` was; LegEnded of `leg` follows."""

    leg: LegId
    by: LegId
    party: Party
    """Who is at the far side now."""
    dialog: Dialog | None = None


@dataclass(frozen=True, slots=True)
class DigitReceived:
    """One DTMF digit (0-9 * # A-D), whatever way it was sent."""

    leg: LegId
    digit: str


@dataclass(frozen=True, slots=True)
class SpeechEnded:
    """An utterance was heard by its leg to the end, or could not be played at all."""

    leg: LegId
    serial: Serial


@dataclass(frozen=True, slots=True)
class ReleaseEnded:
    """The outcome of an order `Release` or `Transfer`: 2xx, the far side goes on without us; else it is still ours."""

    leg: LegId
    code: int


@dataclass(frozen=True, slots=True)
class RegistrationChanged:
    """An account was registered, or is no more."""

    account: str
    registered: bool
    code: int
    """Last status code of the registrar; 0: it did not answer or cannot be found."""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class PageStarted:
    """The first sample of an announcement went to its zone."""

    page: PageId


@dataclass(frozen=True, slots=True)
class PageEnded:
    """The announcement is over: said to its end, stopped, or impossible (then `fault` says why)."""

    page: PageId
    fault: str = ""


class Press(Enum):
    """How long a key was held (B-4)."""

    SHORT = "short"
    LONG = "long"


@dataclass(frozen=True, slots=True)
class KeyPressed:
    """A key was pressed and understood: short at its release, long when it has been held long enough."""

    key: KeyId
    press: Press


@dataclass(frozen=True, slots=True)
class RetrieveRequested:
    """Somebody asks by command, web or MQTT that a phone gets the call on a place (P-18)."""

    place: Place
    station: str


@dataclass(frozen=True, slots=True)
class ParkRequested:
    """Somebody asks by command, web or MQTT that the next call his phone transfers here goes to a place (B-2)."""

    place: Place
    station: str


@dataclass(frozen=True, slots=True)
class HuntLogin:
    """Somebody asks by command, web or button that a member of a hunt group is rung, or is rung no more (P-30)."""

    group: str
    """Its number."""
    member: str
    present: bool


@dataclass(frozen=True, slots=True)
class Recovered:
    """What an earlier process of ours has left behind: the legs of its journal, as they were (S-2). Instants are on our clock."""

    legs: tuple[Leg, ...]


@dataclass(frozen=True, slots=True)
class DrainRequested:
    """The machine goes down: everybody who waits is to be handed over, nobody is parked any more (S-4)."""


@dataclass(frozen=True, slots=True)
class AdapterFault:
    """An adapter caught an error of its own; it goes on, the status tells it. An empty detail says that it is well again."""

    adapter: str
    detail: str


Event = (
    CallArrived
    | DialogKnown
    | LegRang
    | LegDiverted
    | LegAnswered
    | LegEnded
    | IdentityChanged
    | LegReplaced
    | DigitReceived
    | SpeechEnded
    | ReleaseEnded
    | RegistrationChanged
    | PageStarted
    | PageEnded
    | KeyPressed
    | RetrieveRequested
    | ParkRequested
    | HuntLogin
    | Recovered
    | DrainRequested
    | AdapterFault
)
