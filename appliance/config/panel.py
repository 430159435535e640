"""Panels, their keys, and the pins that these and the relays are wired to (`B-` rules)."""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field

from appliance.config.rule import OneOf, whole
from appliance.config.table import Table
from appliance.config.values import Flag, Label, Line, Number, OptionalDialled, OptionalLabel, Pin, PressTime

Debounce = Annotated[int, whole("whole number of milliseconds", 5, 50, 15)]
Pull = Annotated[Literal["up", "down", "none"], OneOf()]
Backend = Annotated[Literal["gpio", "sim"], OneOf()]


class Buttons(Table):
    """How the keys of every panel behave."""

    debounce_ms: Debounce = 15
    """Milliseconds that a contact must be still before it counts."""
    long_press: PressTime = 1.5
    """Seconds after which a press is a long one."""
    auto_answer: Flag = True
    """Whether a phone is asked to answer by itself when a key or a command has it fetch a call."""


class Key(Table):
    """What one key does: a place, or a page."""

    inline = True

    place: Number | None = None
    """Parks on this place and fetches from it; one that stands nowhere else in the file is an orbit."""
    page: Label | None = None
    """Speaks to this zone while held."""


class Panel(Table):
    """A set of keys with lamps."""

    name: Label
    """What the panel is called here and in commands."""
    station: OptionalDialled = ""
    """The desk phone beside it; without one its keys cannot fetch."""
    zone: OptionalLabel = ""
    """The zone that it stands in; empty: the first zone."""
    keys: Mapping[Label, Key] = Field(default_factory=dict)
    """The keys by their names: `1 = { place = "701" }`."""


class Relay(Table):
    """The pin that a relay hangs on."""

    inline = True

    pin: Pin
    """GPIO by its BCM number."""
    active_high: Flag = True
    """Whether a high level closes the relay."""


class KeyPins(Table):
    """The pins of one key: its contact, its lamp, or both."""

    inline = True

    pin: Pin | None = None
    """GPIO of the contact by its BCM number; left out: a lamp without a key."""
    lamp: Pin | None = None
    """GPIO of the lamp by its BCM number; left out: a key without a lamp."""
    pull: Pull = "up"
    """The resistor at the contact that the Pi switches on: `up` (contact to ground), `down` (contact to 3.3 V), `none`."""
    active_high: Flag | None = None
    """Whether a pressed key reads high; left out: as the pull says, low with `up`."""
    lamp_active_high: Flag = True
    """Whether a high level lights the lamp."""

    @property
    def pressed_high(self) -> bool:
        """Whether a pressed key reads high."""
        return self.pull != "up" if self.active_high is None else self.active_high


class Hardware(Table):
    """What the box is wired to."""

    backend: Backend = "gpio"
    """`gpio`: the pins of the Pi; `sim`: none. Never chosen by itself."""
    relays: Mapping[Label, Relay] = Field(default_factory=dict)
    """The relays by their names: `amp = { pin = 17 }`."""
    keys: Mapping[Line, KeyPins] = Field(default_factory=dict)
    """The keys by panel and key, in quotes: `"counter.1" = { pin = 5, lamp = 6 }`."""
