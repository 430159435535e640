"""What a leg hears: a closed union. Audio routing is the view `hearings(state)`, applied anew by the SIP adapter."""

from dataclasses import dataclass
from enum import Enum

from appliance.core.ids import LegId, Serial


class ToneKind(Enum):
    """Call progress tones; cadence and pitch are the locale's (Germany, UK) and the SIP adapter's table."""

    REJECT = "reject"
    """Fast busy: the place is taken (P-5)."""
    UNOBTAINABLE = "unobtainable"
    """There is no such place (P-8)."""
    HOLD = "hold"
    """Music is off: one pip every 10 s (P-10)."""
    RINGBACK = "ringback"
    """Somebody is being rung for a caller who heard no music before (P-31)."""


@dataclass(frozen=True, slots=True)
class Silence:
    """Nothing (comfort packets still flow)."""


@dataclass(frozen=True, slots=True)
class Music:
    """The shared player of a source: a file, or `default`."""

    source: str


@dataclass(frozen=True, slots=True)
class Tone:
    """A tone, repeated with its cadence until something else is heard."""

    kind: ToneKind


@dataclass(frozen=True, slots=True)
class Speech:
    """A text spoken once from its beginning, then silence; SpeechEnded(leg, serial) follows."""

    text: str
    serial: Serial


@dataclass(frozen=True, slots=True)
class Joined:
    """The far side of another leg, which hears this one likewise."""

    leg: LegId


Hearing = Silence | Music | Tone | Speech | Joined
