"""What the runtime may ask of SIP. Calls return at once and never raise for the state of a leg: outcomes are events."""

from collections.abc import Awaitable, Callable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from appliance.core.events import Event
from appliance.core.hearing import Hearing
from appliance.core.ids import LegId
from appliance.core.orders import Answer, Dial, Hangup, Message, Refuse, Release, Show, TakeOver, Transfer, Withdraw

Post = Callable[[Event], None]
"""Takes one event; may be called from any thread, returns at once."""

Voice = Callable[[str], Awaitable[Path]]
"""Turns a text into a WAV file (16-bit mono PCM at the bridge's rate), cached; runs on the loop, raises AdapterError."""

SipOrder = Answer | Refuse | Dial | Hangup | Release | TakeOver | Withdraw | Transfer | Show | Message


@dataclass(frozen=True, slots=True)
class AccountSettings:
    """One registration at one PBX."""

    name: str
    extension: str
    server: str
    """Host, or host:port; a host without port may have SRV records."""
    backup: str = ""
    """A second registrar, used while the first does not answer (S-7); empty: none."""
    transport: str = "udp"
    """udp, tcp or tls."""
    username: str = ""
    """Empty: the extension."""
    password: str = field(default="", repr=False)
    srtp: str = "off"
    """off, optional or mandatory."""
    register: bool = True
    trust: tuple[str, ...] = ()
    """Further addresses, or address:port, that requests are taken from."""


@dataclass(frozen=True, slots=True)
class SipSettings:
    """Everything that the SIP adapter needs to know at its start."""

    accounts: tuple[AccountSettings, ...]
    bind: str = "0.0.0.0"  # noqa: S104 - a PBX may sit behind any interface; strangers are dropped by address
    port: int = 5060
    """UDP and TCP; TLS is one above."""
    rtp_ports: tuple[int, int] = (16000, 16999)
    rtp_first: int = 0
    """Where this process begins in them; 0: at the first. While the PBX still sends to the ports of a process that died, a
    call of the next one on the same port would hear a stranger (S-5)."""
    codecs: tuple[str, ...] = ("g722", "pcma", "pcmu")
    """In order of preference; the rest is off."""
    clock_rate: int = 16000
    """Samples per second of the conference bridge."""
    max_calls: int = 128
    country: str = "de"
    """Whose tones: de or uk."""
    tls_ca: Path | None = None
    """Who vouches for registrars on TLS, as PEM; None: whom the system knows."""
    music: Mapping[str, Path] = field(default_factory=dict)
    """WAV file (16-bit mono PCM) of each source that `Music` may name."""


class Sip(Protocol):
    """A SIP stack of ours."""

    async def start(self) -> None:
        """Open the transports, create the accounts, begin to register. Raises AdapterError (a port in use ...)."""

    def obey(self, order: SipOrder) -> None:
        """Carry an order out; a leg that is gone is a debug line, never an error."""

    def route(self, hearings: Mapping[LegId, Hearing]) -> None:
        """Say what each leg hears from now on: the whole picture, each time. Legs not named hear silence.

        Applied again by itself whenever a leg's media come up or change. The same `Speech` twice is one utterance.
        """

    def listen(self, legs: AbstractSet[LegId]) -> None:
        """Say whose keys mean something from now on: the whole picture, each time.

        Of others, keys that come as tones in the sound may go unheard; keys that are told otherwise never do (P-12).
        """

    def beat(self) -> float:
        """Return the monotonic instant of the last sign of life of the SIP thread (S-9)."""

    async def stop(self, *, hang_up: bool) -> None:
        """End: with BYE on every leg, or (a restart, S-4) leaving the dialogs to whoever takes them over."""
