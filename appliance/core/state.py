"""What the core knows: every leg with its role, armed and refused keys, counters. Frozen; deadlines stand in the roles.

A role is a closed union, one for each leg, so that a leg cannot be parked and ringing at once. A parked call *is* the
role `Parked` of its caller's leg; who is trying to get it are the legs with `Seeking` that name it. Places have no state of
their own: a place is taken while a leg is `Parked` or `Confirming` there.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from appliance.core.codes import NOTHING, Intent
from appliance.core.hearing import ToneKind
from appliance.core.ids import Dialog, KeyId, LegId, PageId, Party, Place, Seconds, Serial, Ticket


class Service(Enum):
    """What digits are being collected for."""

    MENU = "menu"
    PARK = "park"
    RETRIEVE = "retrieve"


@dataclass(frozen=True, slots=True)
class Asking:
    """A person hears a prompt and enters digits; `until` restarts with each digit and the end of the prompt.

    `said`: the prompt was heard, or cut short by a digit.
    """

    service: Service
    digits: str
    until: Seconds
    serial: Serial
    prompt: str
    tries: int = 0
    said: bool = False


@dataclass(frozen=True, slots=True)
class Confirming:
    """An attended parker holds a place and hears which; at `until` the call counts as parked (P-3)."""

    place: Place
    group: str
    until: Seconds
    serial: Serial
    text: str
    said: bool = False


@dataclass(frozen=True, slots=True)
class Told:
    """A person hears a tone, then a text, then is hung up at `until`; a caller transferred onto this leg is kept (P-1)."""

    tone: ToneKind | None
    text: str
    serial: Serial
    until: Seconds


@dataclass(frozen=True, slots=True)
class Repeating:
    """The announcement of a parked call: the page being said, or when it is said next (A-9)."""

    page: PageId | None
    said: int
    next_at: Seconds | None


@dataclass(frozen=True, slots=True)
class Notice:
    """Somebody is to be told that a caller is lost: at `at`, unless he was told before (S-3)."""

    account: str
    number: str
    caller: Party
    place: Place | None
    at: Seconds
    tries: int = 0


class Phase(Enum):
    """Who is tried when a recall is due."""

    ROUNDS = "rounds"
    LAST_RESORT = "last_resort"


@dataclass(frozen=True, slots=True)
class Recall:
    """When and whom a forgotten call rings next (P-19 to P-27)."""

    next_at: Seconds | None
    """The next try; None while one rings."""
    last_resort_at: Seconds
    round_ends: Seconds | None = None
    """Bound of the tries at the parker in this round (P-22, P-23); None before its first."""
    rounds: int = 0
    phase: Phase = Phase.ROUNDS
    near: bool = False
    """The recall is less than `recall_near` away."""


@dataclass(frozen=True, slots=True)
class Hunt:
    """A hunt group serves a caller (P-24, P-29, P-31); until it is over nothing else is due for him."""

    group: str
    """Its number."""
    ends: Seconds | None
    """When the group's time is over; None: never."""
    next_at: Seconds | None
    """When the next pass begins; None while one rings, or while nobody is free who has not been tried in this one."""
    tried: frozenset[str] = frozenset()
    """Who was busy or did not answer in this pass."""
    forwarding: bool = False
    """The time is over: the forward number is rung, or whoever comes after it."""
    called: bool = False
    """He, or who transferred him, has called the group's number: he has no place to go back to (P-31)."""


@dataclass(frozen=True, slots=True)
class Comfort:
    """The comfort message of a caller who waits (P-10): being said, or said next at `at`."""

    at: Seconds
    serial: Serial | None = None


@dataclass(frozen=True, slots=True)
class Parked:
    """A caller who waits.

    Without a place he waits in the lobby, or his parker is being rung back (P-5), or he has called a hunt group: then
    nobody has parked him, and `hunt` is not None.
    """

    place: Place | None
    group: str
    parker: Party
    since: Seconds
    recall: Recall
    repeating: Repeating | None
    note: str = ""
    """Why he is rung back, shown to the parker (P-5)."""
    ticket: Ticket = field(default=Ticket(0), compare=False)
    announced: int = field(default=0, compare=False)
    """How often he has been announced (P-33)."""
    hunt: Hunt | None = None
    comfort: Comfort | None = None
    chime: PageId | None = None
    """The reminder of his recall, on its way to the loudspeakers (P-19)."""
    long: bool = False
    """He has waited for `Rules.long_wait`: his lamp flashes faster (B-5)."""


class Purpose(Enum):
    """Why a leg is to be joined with a parked caller."""

    CODE = "code"
    """Somebody dialled for him."""
    FETCH = "fetch"
    """A station was asked to take him (P-18)."""
    RECALL = "recall"
    ALTERNATE = "alternate"
    LAST_RESORT = "last_resort"
    HUNT = "hunt"
    """A member of the hunt group that serves him."""
    FORWARD = "forward"
    """Where his hunt group sends him when its time is over (P-29)."""
    EXIT = "exit"
    """He pressed the exit key (P-11)."""
    SPLASH = "splash"
    """The phone of the owner of his place rings for a moment (P-32)."""


@dataclass(frozen=True, slots=True)
class Vouch:
    """Who answered is asked to press a key, which a voicemail cannot (P-25)."""

    text: str
    serial: Serial
    left: int = 0
    """How many more times he is asked."""
    said: bool = False
    """He has heard it to the end."""


@dataclass(frozen=True, slots=True)
class Seeking:
    """A leg that gets the caller `call` as soon as it is confirmed and, where that is asked, vouched for; given up at `until`."""

    call: LegId
    purpose: Purpose
    until: Seconds
    key: KeyId | None = None
    since: Seconds = Seconds(0)
    """When it was dialled: a person does not answer within a second (P-25)."""
    rang: bool = False
    """The phone rings: when the PBX gives up by itself, it has rung in vain (P-22)."""
    diverted: bool = False
    """The far side sent it on (P-25, P-29)."""
    vouch: Vouch | None = None
    """It has answered, and is being asked."""


class Releasing(Enum):
    """Where a joined pair stands with leaving our media path."""

    NO = "no"
    PENDING = "pending"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Talking:
    """Two people talk through us; when one leg ends the other is hung up."""

    peer: LegId
    releasing: Releasing = Releasing.NO
    hunt: str = ""
    """Number of the hunt group that brought them together: they stay with us, so that a key can park the caller (P-31)."""


@dataclass(frozen=True, slots=True)
class Leaving:
    """The PBX has joined this leg elsewhere and will end it; hung up by us at `until` if it does not."""

    until: Seconds


@dataclass(frozen=True, slots=True)
class Ending:
    """Hung up or refused by us; LegEnded will come."""

    told: bool = False
    """He was told something before: a caller whom he transfers here in the same instant is kept (P-1)."""


@dataclass(frozen=True, slots=True)
class Informing:
    """A phone rings to tell somebody that his caller is lost; told when it is answered (S-3)."""

    notice: Notice
    until: Seconds


Role = Asking | Confirming | Told | Parked | Seeking | Talking | Leaving | Ending | Informing


@dataclass(frozen=True, slots=True)
class Returning:
    """A leg that an earlier process had, and that is not ours again yet (S-2). It keeps its role and takes its place."""

    at: Seconds | None = None
    """When it is taken over; None: when its account is registered, or the outcome is awaited."""
    asked: bool = False
    """The take-over is under way, or `at` is when it is given up."""
    tries: int = 0
    half_open: bool = False
    """It is not known whether the far side ever heard our answer: if not, it repeats its INVITE."""


@dataclass(frozen=True, slots=True)
class Leg:
    """One dialog."""

    id: LegId
    account: str
    dialled: str
    """What it called, or the number that we called."""
    party: Party
    """Who is at the far side now."""
    first: Party
    """Who was there when the leg began: the parker of an attended transfer."""
    role: Role
    confirmed: bool = False
    wanted: Intent = NOTHING
    """What it asks of us: dialled, or entered since."""
    dialog: Dialog | None = None
    """By what the PBX knows it; None: not told, so that it would not survive us."""
    returning: Returning | None = None
    """Not None: an earlier process had it."""


@dataclass(frozen=True, slots=True)
class Armed:
    """A key waits for the next call that its station transfers here (B-2)."""

    place: Place
    station: str
    until: Seconds


@dataclass(frozen=True, slots=True)
class Desk:
    """What a hunt group remembers (P-28, P-30); members by number."""

    last: str = ""
    """Who took the last call."""
    idle_since: Mapping[str, Seconds] = field(default_factory=dict)
    taken: Mapping[str, int] = field(default_factory=dict)
    """How many calls each has taken."""
    owed: Mapping[str, int] = field(default_factory=dict)
    """How far each is behind his share of the calls (policy weighted), in per cent of a call."""
    away: frozenset[str] = frozenset()
    """Who has logged out."""


@dataclass(frozen=True, slots=True)
class Taker:
    """Who took the last call of a place, and when: whoever dials for it a moment later is told (P-15)."""

    party: Party
    at: Seconds


@dataclass(frozen=True, slots=True)
class Registration:
    """What an account's registrar said last."""

    registered: bool
    since: Seconds
    code: int
    reason: str = ""


@dataclass(frozen=True, slots=True)
class State:
    """The whole. `changed` keeps, for a place, when it was last taken or freed (B-1)."""

    legs: Mapping[LegId, Leg] = field(default_factory=dict)
    armed: Mapping[KeyId, Armed] = field(default_factory=dict)
    refused: Mapping[KeyId, Seconds] = field(default_factory=dict)
    changed: Mapping[Place, Seconds] = field(default_factory=dict)
    takers: Mapping[Place, Taker] = field(default_factory=dict)
    registrations: Mapping[str, Registration] = field(default_factory=dict)
    faults: Mapping[str, str] = field(default_factory=dict)
    replaces: Mapping[str, bool] = field(default_factory=dict)
    """For each account whether its PBX understands Replaces, as it said in the last dialog (S-3)."""
    desks: Mapping[str, Desk] = field(default_factory=dict)
    """For each hunt group, by its number."""
    notices: tuple[Notice, ...] = ()
    draining: Seconds | None = None
    """Not None: the machine goes down; who still waits at that instant is transferred without being announced (S-4)."""
    last_arrived: int = 0
    """The highest leg that has arrived: an older one that is not in `legs` is stale."""
    next_leg: int = -1
    next_page: int = 1
    next_serial: int = 1
    next_ticket: int = 1
