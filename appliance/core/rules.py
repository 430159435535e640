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


class Confirm(Enum):
    """Whether whoever answers a recall must press a key first, which a voicemail cannot (P-25)."""

    AUTO = "auto"
    """When he answered too fast, or was diverted."""
    ALWAYS = "always"
    NEVER = "never"


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
    confirm: Confirm = Confirm.AUTO


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
    """Template of its announcement (A-7); empty: it is not announced."""
    music: str = ""
    """A source of music, or `off` for the hold tone (P-10); empty: the group's, else the site's."""
    recall_after: Seconds | None = None
    """Overrides the recall timer of group and site (P-19)."""
    hunted: bool = True
    """False: hidden from the groups' hunting, parked on by its number only (P-9)."""
    parkers: frozenset[str] | None = None
    """For whom it is reserved besides its owner (P-9): groups give it to nobody else, either; None: everyone may."""


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
    """Template of what is said of a call that is parked to it (A-7); empty: it is not announced."""
    music: str = ""
    """Empty: the site's."""
    recall: RecallRules | None = None
    """None: the site's."""


class Policy(Enum):
    """Whom a hunt group rings first (P-28)."""

    CIRCULAR = "circular"
    """The one after the last who took a call."""
    REGULAR = "regular"
    """From the top."""
    SIMULTANEOUS = "simultaneous"
    """All at once."""
    UNIFORM = "uniform"
    """Who has been idle longest."""
    WEIGHTED = "weighted"
    """Each as often as his share says."""


@dataclass(frozen=True, slots=True)
class MemberRules:
    """Somebody in a hunt group; `weight` is his share in per cent (policy weighted)."""

    number: str
    weight: int = 0


@dataclass(frozen=True, slots=True)
class HuntRules:
    """A hunt group (P-28 to P-31)."""

    number: str
    name: str
    members: tuple[MemberRules, ...]
    policy: Policy = Policy.CIRCULAR
    ring: Seconds = Seconds(15)
    """How long each member rings."""
    timeout: Seconds | None = Seconds(60)
    """For the whole group; None: no end."""
    forward: str = ""
    """Where the caller goes when the time is over; empty: back to his place, or to the last resort."""
    call_waiting: bool = False
    """Members who are busy are rung all the same (P-29)."""
    music: str = ""
    """What somebody hears who called the group's number; empty: ringback (P-31)."""


@dataclass(frozen=True, slots=True)
class KeyRules:
    """What one key of a panel stands for: a place (other kinds of keys have none)."""

    place: Place | None = None


@dataclass(frozen=True, slots=True)
class PanelRules:
    """A panel and the desk phone beside it; an empty station has none."""

    station: str
    keys: Mapping[KeyId, KeyRules]


@dataclass(frozen=True, slots=True)
class Codes:
    """The numbers that staff dial for each function (several each)."""

    park: tuple[str, ...] = ("*68",)
    park_group: tuple[str, ...] = ("*58", "#58")
    retrieve: tuple[str, ...] = ("*88",)
    hunt_login: tuple[str, ...] = ("*78",)
    hunt_logout: tuple[str, ...] = ("*79",)


@dataclass(frozen=True, slots=True)
class AccountRules:
    """One registration: our own number there, and whether bridged calls are released to the PBX (design, section 3)."""

    own_number: str
    release: bool = True
    registers: bool = True
    """False: the PBX knows our address, so that we are always reachable."""


class OwnerAlert(Enum):
    """What the phone of a place's owner does when a call is parked there (P-32)."""

    OFF = "off"
    SPLASH = "splash"
    """It rings for a moment."""
    MESSAGE = "message"


@dataclass(frozen=True, slots=True)
class Rules:
    """Everything that decides, besides state and event."""

    accounts: Mapping[str, AccountRules]
    last_resort: str
    """The number where a caller goes whom nobody takes (P-27)."""
    places: Mapping[Place, PlaceRules]
    groups: Mapping[str, GroupRules] = field(default_factory=dict)
    hunts: Mapping[str, HuntRules] = field(default_factory=dict)
    """By number."""
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
    recall_chime: bool = False
    """Whether the place's zone hears its chime then, too."""
    long_wait: Seconds = Seconds(60)
    """After which the lamp of a call that waits flashes faster than before (B-5)."""
    taken_memory: Seconds = Seconds(10)
    """How long after a retrieval whoever dials for the call is told who has it (P-15)."""
    fetch_ring: Seconds = Seconds(30)
    """How long a station rings that was asked to retrieve (P-18)."""
    auto_answer: bool = True
    """Whether it is asked to answer by itself (P-18, B-3)."""
    repeat_every: Seconds = Seconds(20)
    repeats: int = 3
    """How many times an announcement is said again (A-9)."""
    exit_key: str = ""
    """The digit with which a parked caller leaves for `exit_to`; empty: his digits mean nothing (P-11)."""
    exit_to: str = ""
    """Empty: the last resort."""
    take_own_parked: bool = True
    """`*88` with nothing on one's own extension takes what one has parked oneself (P-13) ..."""
    take_in_group: bool = True
    """... and then whoever waits longest in one's group."""
    comfort: str = ""
    """What a waiting caller is told every `comfort_every` (P-10); empty: nothing."""
    comfort_every: Seconds = Seconds(60)
    message_parker: bool = True
    """The parker's phone gets a MESSAGE that says what became of his call (P-17)."""
    owner_alert: OwnerAlert = OwnerAlert.OFF
    """How the phone of a place's owner tells that a call is parked for him (P-32)."""
    digit_pairs: bool = False
    """Numbers are spoken in pairs of digits (A-7)."""
    removed: Mapping[Place, PlaceRules] = field(default_factory=dict)
    """Places that the configuration has no more: nobody parks there, and who waits there goes on as before (`removed.kept`)."""

    def place(self, number: Place | None) -> PlaceRules | None:
        """Return a place of the configuration, or one that it has no more and where somebody may still wait."""
        if number is None:
            return None
        return self.places.get(number) or self.removed.get(number)
