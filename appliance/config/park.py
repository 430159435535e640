"""Parking: the site's timers, the places, park groups and hunt groups (`P-` rules)."""

import string
from typing import Annotated, Literal

from pydantic import Field, model_validator

from appliance.config.rule import OneOf, text, whole
from appliance.config.table import Table
from appliance.config.values import (
    Dialled,
    Flag,
    HuntMusic,
    Line,
    LongTimer,
    Music,
    Number,
    OptionalDialled,
    OptionalLabel,
    RingTime,
    matching,
    one_line,
)

SPOKEN = frozenset({"name", "place", "group", "parker", "caller"})
"""The words in braces that an announcement may have (A-7)."""


def _is_template(value: str) -> bool:
    try:
        parts = tuple(string.Formatter().parse(value))
    except ValueError:
        return False
    plain = all(name is None or (name in SPOKEN and not spec and not how) for _, name, spec, how in parts)
    return plain and bool(value.strip()) and one_line(value)


Template = Annotated[
    str,
    text(
        "a sentence with no other braces than {name}, {place}, {group}, {parker} and {caller}",
        "A call for {name}.",
        _is_template,
    ),
]
Mode = Annotated[Literal["parker", "parker-then-alternate", "alternate"], OneOf()]
Pattern = Annotated[Literal["normal", "long-long", "short-short-long", "short-long-short"], OneOf()]
Confirm = Annotated[Literal["auto", "always", "never"], OneOf()]
OwnerAlert = Annotated[Literal["off", "splash", "message"], OneOf()]
Policy = Annotated[Literal["circular", "regular", "simultaneous", "uniform", "weighted"], OneOf()]
ExitKey = Annotated[str, text('one of 0-9, * and #, or ""', "0", matching("[0-9*#]?"))]
Rounds = Annotated[int, whole("whole number of rounds", 1, 100, 5)]
Longest = Annotated[int, whole("whole number of seconds", 10, 86400, 900)]
DisplayTime = Annotated[int, whole("whole number of seconds", 2, 15, 8)]
Weight = Annotated[int, whole("whole number of per cent", 0, 100, 60)]
Rings = Annotated[int, whole("whole number of rings", 1, 20, 3)]
HuntTime = Annotated[int, whole("whole number of seconds", 0, 7200, 60)]


class Park(Table):
    """What holds for every parked call unless its group or place says otherwise."""

    last_resort: Dialled
    """The number where a caller goes whom nobody takes."""
    recall_after: LongTimer = 45
    """Seconds until a parked call that nobody fetches comes back."""
    recall_mode: Mode = "parker"
    """Who is rung then: `parker`, `parker-then-alternate` or `alternate`."""
    recall_ring: RingTime = 30
    """Seconds that a recall rings, and a phone that a key or a command asks to fetch a call."""
    recall_pattern: Pattern = "normal"
    """How a recall rings: `normal`, `long-long`, `short-short-long` or `short-long-short`."""
    recall_confirm: Confirm = "auto"
    """Whether whoever answers a recall must press a key first (a voicemail cannot): `auto`, `always` or `never`."""
    recall_chime: Flag = False
    """Whether the zone of the place hears its chime 15 s before a parked call comes back."""
    busy_retry: RingTime = 10
    """Seconds until a busy parker is tried again."""
    alternate: OptionalDialled = ""
    """Who is rung in the alternate modes: a number, a hunt group's for instance."""
    alternate_after: LongTimer = 60
    """Seconds of tries at the parker before the alternate is rung (`parker-then-alternate`)."""
    rounds: Rounds = 5
    """Recalls that nobody answers before the caller goes to the last resort."""
    longest: Longest = 900
    """Seconds after which the caller goes to the last resort whatever happened."""
    display_time: DisplayTime = 8
    """Seconds that the parker is shown the place; a parker still there by then has parked."""
    music: Music = "default"
    """What the caller hears: a sound file, `default` (shipped), or `off` (a hold tone every 10 s)."""
    comfort: Line = ""
    """A sentence that a waiting caller hears every comfort_every seconds; empty: none."""
    comfort_every: RingTime = 60
    """Seconds of music between two comfort sentences."""
    take_own_parked: Flag = True
    """Whether the retrieve code without a number, with nothing on one's own extension, takes what one has parked oneself."""
    take_in_group: Flag = True
    """Whether it then takes the call that waits longest in one's group."""
    message_parker: Flag = True
    """Whether the parker's phone gets a text (SIP MESSAGE) that says what became of his call."""
    owner_alert: OwnerAlert = "off"
    """What the phone of a place's owner does when a call is parked for him: `off`, `splash` (one short ring) or `message`."""
    exit_key: ExitKey = ""
    """The key with which a caller may leave the place; empty: keys do nothing."""
    exit_to: OptionalDialled = ""
    """The number where the exit key leads; empty: the last resort."""


class Extension(Table):
    """A person's place."""

    number: Number
    """His extension, which is the place's number."""
    name: Line = ""
    """His name, on lamps, pages and displays."""
    spoken: Line = ""
    """His name as announcements say it; empty: the name."""
    hunted: Flag = True
    """Whether groups may give this place; `false`: it is parked on by its number only."""
    parkers: tuple[Dialled, ...] | None = None
    """Who may park here besides him; left out: everyone; an empty list: nobody else."""
    zone: OptionalLabel = ""
    """Zone where a call for him is announced; empty: the first zone. One parked to a group: the group's zone."""
    recall_after: LongTimer | None = None
    """Overrides the group's and the site's recall_after for this place."""
    music: Music | None = None
    """Overrides the group's and the site's music for this place."""
    announcement: Template | None = None
    """What is said when a call is parked here, instead of the template of the language."""

    @property
    def said(self) -> str:
        """His name as announcements say it; the number where he has none."""
        return self.spoken or self.name or self.number


class Orbit(Table):
    """A numbered place, or several alike."""

    number: Number | None = None
    """The place's number."""
    numbers: tuple[Number, ...] = ()
    """Several places alike, instead of number."""
    hunted: Flag = True
    """Whether groups may give these places; `false`: they are parked on by their number only."""
    parkers: tuple[Dialled, ...] | None = None
    """Who may park here; left out: everyone."""
    zone: OptionalLabel = ""
    """Zone where a call parked here is announced; empty: the first zone. One parked to a group: the group's zone."""
    recall_after: LongTimer | None = None
    """Overrides the group's and the site's recall_after for these places."""
    music: Music | None = None
    """Overrides the group's and the site's music for these places."""
    announcement: Template | None = None
    """What is said when a call is parked here, instead of the template of the language."""

    @property
    def places(self) -> tuple[str, ...]:
        """The numbers of all its places."""
        return self.numbers if self.number is None else (self.number, *self.numbers)


class Group(Table):
    """A park group: places that the system hunts through for a free one."""

    name: Line = ""
    """What the group is called; empty: its number."""
    number: Number
    """What is dialled after the code to mean this group."""
    places: tuple[Number, ...] = Field(min_length=1)
    """Its places in hunting order; one that stands nowhere else in the file is an extension without a name."""
    parkers: tuple[Dialled, ...] = ()
    """Who else may park here; the owners of its places always may."""
    recall_after: LongTimer | None = None
    """Overrides the site's recall_after for calls parked to this group."""
    recall_mode: Mode | None = None
    """Overrides the site's recall_mode."""
    alternate: Dialled | None = None
    """Overrides the site's alternate."""
    alternate_after: LongTimer | None = None
    """Overrides the site's alternate_after."""
    music: Music | None = None
    """Overrides the site's music for calls parked to this group."""
    announcement: Template | None = None
    """What is said when a call is parked to this group, instead of the template of the language."""
    zone: OptionalLabel = ""
    """Zone where a call for the group is announced; empty: the zone of its place."""


class Member(Table):
    """Somebody in a hunt group; his number alone, in quotes, will do."""

    inline = True

    number: Dialled
    """The number that is rung."""
    weight: Weight | None = None
    """His share of the calls in per cent (policy `weighted`)."""

    @model_validator(mode="before")
    @classmethod
    def _from_number(cls, value: object) -> object:
        return {"number": value} if isinstance(value, str | int) and not isinstance(value, bool) else value


class HuntGroup(Table):
    """One number for several phones."""

    number: Number
    """The number that is dialled."""
    name: Line = ""
    """What the group is called; empty: its number."""
    policy: Policy = "circular"
    """Who is rung first: `circular`, `regular`, `simultaneous`, `uniform` or `weighted`."""
    members: tuple[Member, ...] = Field(min_length=1)
    """Who is rung, in order: `["101", "102"]`, with weights `[{number = "101", weight = 60}, ...]`."""
    rings: Rings = 3
    """Rings (of 5 s) at each member."""
    timeout: HuntTime = 60
    """Seconds for the whole group; 0: no end."""
    forward: OptionalDialled = ""
    """Where the caller goes when the time is over; empty: back to his place, or to the last resort."""
    call_waiting: Flag = False
    """Whether members who are busy are rung all the same."""
    music: HuntMusic = "ringback"
    """What somebody hears who calls the group: `ringback`, `default`, `off`, or a sound file."""
