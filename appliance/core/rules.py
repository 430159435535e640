"""Settings of the core: what the configuration means, resolved once (a timer per place, else per group, else the site).

Frozen; a change of settings is a new `Rules` given to the next step. Built by `appliance.app` from the configuration.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from appliance.core.ids import KeyId, Place, Seconds
from appliance.core.orders import Alert


class RecallMode(Enum):
    """Who is rung when nobody takes a parked call (P-20)."""

    PARKER = "parker"
    PARKER_THEN_ALTERNATE = "parker-then-alternate"
    ALTERNATE = "alternate"


@dataclass(frozen=True, slots=True)
class RecallRules:
    """How a forgotten call comes back (P-19 to P-27)."""

    after: Seconds = Seconds(45)
    mode: RecallMode = RecallMode.PARKER
    ring: Seconds = Seconds(30)
    pattern: Alert = Alert.NORMAL
    busy_retry: Seconds = Seconds(10)
    alternate: str = ""
    alternate_after: Seconds = Seconds(60)
    rounds: int = 5
    longest: Seconds = Seconds(900)


class PlaceKind(Enum):
    """A person's extension, or a numbered orbit."""

    EXTENSION = "extension"
    ORBIT = "orbit"


@dataclass(frozen=True, slots=True)
class PlaceRules:
    """One place. `name` and `spoken` are the owner's; both empty for an orbit."""

    number: Place
    kind: PlaceKind
    name: str = ""
    spoken: str = ""
    zone: str = ""
    """Where its announcements are said; empty: nowhere."""
    announcement: str = ""
    """Template of its announcement (A-7); empty: the language's default."""
    music: str = ""
    """A source of music, or `off` for the hold tone (P-10); empty: the group's, else the site's."""
    recall_after: Seconds | None = None
    """Overrides the recall timer of group and site (P-19)."""


@dataclass(frozen=True, slots=True)
class GroupRules:
    """A park group: an ordered list of places (P-6)."""

    name: str
    number: str
    places: tuple[Place, ...]
    parkers: frozenset[str] = frozenset()
    """Who may park here besides the owners of its places."""
    zone: str = ""
    announcement: str = ""
    music: str = ""
    """Empty: the site's."""
    recall: RecallRules | None = None
    """None: the site's."""


@dataclass(frozen=True, slots=True)
class KeyRules:
    """What one key of a panel stands for: a place (other kinds of keys have none)."""

    place: Place | None = None


@dataclass(frozen=True, slots=True)
class PanelRules:
    """A panel and the desk phone beside it; an empty station has none."""

    station: str
    keys: Mapping[KeyId, KeyRules]
    auto_answer: bool = True


@dataclass(frozen=True, slots=True)
class Codes:
    """The numbers that staff dial for each function (several each)."""

    park: tuple[str, ...] = ("*68",)
    park_group: tuple[str, ...] = ("*58", "#58")
    retrieve: tuple[str, ...] = ("*88",)


@dataclass(frozen=True, slots=True)
class AccountRules:
    """One registration: our own number there, and whether bridged calls are released to the PBX (design, section 3)."""

    own_number: str
    release: bool = True
    registers: bool = True
    """False: the PBX knows our address, so that we are always reachable."""


@dataclass(frozen=True, slots=True)
class Rules:
    """Everything that decides, besides state and event."""

    accounts: Mapping[str, AccountRules]
    last_resort: str
    """The number where a caller goes whom nobody takes (P-27)."""
    places: Mapping[Place, PlaceRules]
    groups: Mapping[str, GroupRules] = field(default_factory=dict)
    panels: Mapping[str, PanelRules] = field(default_factory=dict)
    codes: Codes = field(default_factory=Codes)
    language: str = "de"
    recall: RecallRules = field(default_factory=RecallRules)
    """The site's."""
    music: str = "default"
    """The site's."""
    display_time: Seconds = Seconds(8)
    digit_timeout: Seconds = Seconds(4)
    reject_time: Seconds = Seconds(5)
    """How long the reject tone lasts (P-5)."""
    arm_time: Seconds = Seconds(20)
    """How long a key stays armed (B-2)."""
    press_grace: Seconds = Seconds(0.4)
    """A press within this of a change means what the lamp showed before (B-1)."""
    refusal_time: Seconds = Seconds(1)
    """How long a refused key double-blinks (B-5)."""
    recall_near: Seconds = Seconds(15)
    """How long before a recall the lamp flashes fast (P-19)."""
    taken_memory: Seconds = Seconds(10)
    """How long after a retrieval whoever dials for the call is told who has it (P-15)."""
    fetch_ring: Seconds = Seconds(30)
    """How long a station rings that was asked to retrieve (P-18)."""
    repeat_every: Seconds = Seconds(20)
    repeats: int = 3
    """How many times an announcement is said again (A-9)."""
    digit_pairs: bool = False
    """Numbers are spoken in pairs of digits (A-7)."""
