"""Where the box stands, and what is dialled to it."""

import zoneinfo
from functools import cache
from typing import Annotated, Literal

from appliance.config.rule import OneOf, text
from appliance.config.table import Table
from appliance.config.values import Line, matching


@cache
def _zones() -> frozenset[str]:
    return frozenset(zoneinfo.available_timezones())


def _is_timezone(value: str) -> bool:
    """Test a name against the machine's time zones; a machine without any takes every name."""
    known = _zones()
    return value in known if known else matching(r"[A-Za-z0-9_+/-]+")(value)


Language = Annotated[Literal["de", "en"], OneOf()]
Country = Annotated[Literal["", "de", "uk"], OneOf()]
Timezone = Annotated[str, text("a time zone of the tz database", "Europe/Berlin", _is_timezone)]
Code = Annotated[
    str, text("a code: up to 6 digits, with * or # before them, in quotes", "*68", matching(r"[*#]{0,2}[0-9]{1,6}"))
]


class Site(Table):
    """Where the box stands."""

    name: Line = "Parkdeck"
    """What the business is called, on the pages to come."""
    language: Language = "de"
    """Language of prompts, announcements and pages: `de` or `en`."""
    country: Country = ""
    """Whose tones are played: `de` or `uk`; empty: the language's."""
    timezone: Timezone = "Europe/Berlin"
    """Time zone of everything that is shown with a time of day."""


class Codes(Table):
    """What a phone dials to reach a function, several codes each; an empty list switches the function off."""

    park: tuple[Code, ...] = ("*68",)
    """Park on a place: the code and its number in one string, or the code and the number when asked."""
    park_group: tuple[Code, ...] = ("*58", "#58")
    """Park on the first free place of a group: the parker's own, or the one whose number follows."""
    retrieve: tuple[Code, ...] = ("*88",)
    """Fetch the call from a place."""
    page: tuple[Code, ...] = ("*80",)
    """Speak over the loudspeakers."""
    intercom: tuple[Code, ...] = ("*81",)
    """Talk with whoever stands at the box."""
    hunt_login: tuple[Code, ...] = ("*78",)
    """Log in to a hunt group: the code and the group's number."""
    hunt_logout: tuple[Code, ...] = ("*79",)
    """Log out of a hunt group."""
