"""Loudspeakers: zones and what is said in them (`A-` rules)."""

import re
from typing import Annotated, Literal

from appliance.config.park import Template
from appliance.config.rule import OneOf, decimal, text, whole
from appliance.config.table import Table
from appliance.config.values import GroupPort, Label, OptionalLabel, matching, one_line, sound

CHIMES = ("ding", "ding-dong", "gong", "attention", "off")
"""The chimes that the box makes itself (A-11), and none."""


def _is_card(value: str) -> bool:
    numbered = re.fullmatch(r"\d+|(?:plug)?hw:\d.*", value)
    return bool(value.strip()) and one_line(value) and numbered is None


Card = Annotated[str, text("the name of a sound card, never its number", "default", _is_card)]
Lead = Annotated[float, decimal("number of seconds", 0, 3, 0.3)]
Tail = Annotated[float, decimal("number of seconds", 0, 60, 2)]
MaxPage = Annotated[int, whole("whole number of seconds", 1, 3600, 300)]
Chime = Annotated[str, sound(CHIMES, "ding-dong")]
Volume = Annotated[float, decimal("number of dB", -60, 12, 0)]
Every = Annotated[float, decimal("number of seconds", 5, 300, 20)]
Repeats = Annotated[int, whole("whole number of repeats", 0, 100, 3)]
Voice = Annotated[
    str,
    text(
        '"espeak-ng" or "piper", with a voice after a colon where wanted',
        "espeak-ng",
        matching(r"(espeak-ng|piper)(:[\w.+-]+)?"),
    ),
]
Digits = Annotated[Literal["single", "pairs"], OneOf()]


class Zone(Table):
    """Loudspeakers that play together."""

    name: Label
    """What the zone is called here and in commands."""
    card: Card = "default"
    """The sound card by its ALSA name; `none`: multicast only; `sim`: the simulator."""
    relay: OptionalLabel = ""
    """The relay that switches the amplifier, one of [hardware.relays]; empty: none."""
    lead: Lead = 0.3
    """Seconds from the relay closing to the first sound."""
    tail: Tail = 2.0
    """Seconds that the relay stays closed after the last sound."""
    max_page: MaxPage = 300
    """Seconds after which a page ends whatever it is, and the relay opens."""
    chime: Chime = "ding-dong"
    """What comes before the words: `ding`, `ding-dong`, `gong`, `attention`, `off`, or a sound file."""
    volume: Volume = 0.0
    """Loudness in dB; 0 leaves it as it is."""
    multicast: tuple[GroupPort, ...] = ()
    """Multicast addresses with port that hear the zone too."""


class German(Table):
    """Announcements in German."""

    person: Template = "Ein Anruf für {name}, geparkt auf {place}."
    """Said for a call on a person's place."""
    group: Template = "Würde ein Mitglied von {group} bitte einen Anruf auf Leitung {place} übernehmen."
    """Said for a call that was parked to a group."""
    orbit: Template = "Ein Anruf, geparkt auf {place}."
    """Said for a call on a numbered place."""


class English(Table):
    """Announcements in English."""

    person: Template = "A call for {name}, parked on {place}."
    """Said for a call on a person's place."""
    group: Template = "Would a member of {group} please take a call on line {place}."
    """Said for a call that was parked to a group."""
    orbit: Template = "A call, parked on {place}."
    """Said for a call on a numbered place."""


class Templates(Table):
    """What is said, by language; `{caller}` speaks the caller's name and stands in none of the shipped ones."""

    de: German = German()
    """German."""
    en: English = English()
    """English."""


class Announce(Table):
    """How a parked call is announced."""

    repeat_every: Every = 20.0
    """Seconds from the end of an announcement until it is said again."""
    repeats: Repeats = 3
    """How often it is said again at most."""
    voice: Voice = "espeak-ng"
    """Who speaks: `espeak-ng` or `piper`, with a voice after a colon (`piper:de_DE-thorsten-medium`)."""
    digits: Digits = "single"
    """How 1234 is spoken: `single` (one two three four) or `pairs` (twelve thirty-four)."""
    templates: Templates = Templates()
    """What is said."""
