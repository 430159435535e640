"""What of another configuration holds at once, and what needs a restart. Pure; `appliance.app` uses it.

At once holds what the core's rules are made of. Accounts, zones, pins, the voice, the tones and files of music belong to
parts that are made once, at the start: there the running ones stay, and what differs is named.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import TypeVar

from appliance.config.model import Config
from appliance.config.panel import Panel
from appliance.config.park import Extension, Group, HuntGroup, Orbit, Park
from appliance.config.sip import Account
from appliance.config.table import Table

Musical = TypeVar("Musical", Park, Extension, Orbit, Group, HuntGroup)
Announced = TypeVar("Announced", Extension, Orbit, Group)

MADE_BY_US = frozenset({None, "", "off", "ringback"})
"""Music that needs no file."""


def adopted(started: Config, wanted: Config, music: frozenset[str]) -> Config:
    """Return what holds from now on of another configuration, with the rest as at the start; `music`: the sources there are."""
    zones = frozenset(zone.name for zone in started.zone)
    return wanted.model_copy(
        update={
            "site": wanted.site.model_copy(update=_kept(started.site, "language", "country")),
            "sip": started.sip.model_copy(
                update={"account": tuple(_account(one, wanted.sip.account) for one in started.sip.account)}
            ),
            "park": _playable(wanted.park, (started.park,), music),
            "extension": tuple(_said(_playable(one, started.extension, music), zones) for one in wanted.extension),
            "orbit": tuple(_said(_playable(one, started.orbit, music), zones) for one in wanted.orbit),
            "group": tuple(_said(_playable(one, started.group, music), zones) for one in wanted.group),
            "hunt_group": tuple(_playable(one, started.hunt_group, music) for one in wanted.hunt_group),
            "zone": started.zone,
            "announce": wanted.announce.model_copy(update=_kept(started.announce, "voice")),
            "buttons": wanted.buttons.model_copy(update=_kept(started.buttons, "debounce_ms", "long_press")),
            "panel": tuple(_panels(started.panel, wanted.panel)),
            "history": started.history,
            "hardware": started.hardware,
        }
    )


def differences(one: Table, other: Table, path: str = "") -> Iterator[str]:
    """Yield the dotted path of every key that two configurations differ in; a table of a list by its number or name."""
    for name, field in type(one).model_fields.items():
        before, after = getattr(one, name), getattr(other, name)
        if before != after:
            yield from _different(before, after, f"{path}{field.alias or name}")


def _kept(table: Table, *keys: str) -> dict[str, object]:
    return {key: getattr(table, key) for key in keys}


def _account(running: Account, wanted: Sequence[Account]) -> Account:
    """How callers are handed over may change; the rest is the registration's."""
    now = next((one for one in wanted if one.name == running.name), running)
    return running.model_copy(update={"retrieve": now.retrieve})


def _panels(running: Sequence[Panel], wanted: Sequence[Panel]) -> Iterator[Panel]:
    """Yield the panels that are wired, each with those of its keys that are."""
    wired = {panel.name: panel.keys for panel in running}
    for panel in wanted:
        if panel.name in wired:
            keys = {name: key for name, key in panel.keys.items() if name in wired[panel.name]}
            yield panel.model_copy(update={"keys": keys})


def _playable(wanted: Musical, running: Sequence[Musical], music: frozenset[str]) -> Musical:
    """Return it with the music that it had, or none of its own, where the wanted one was not prepared at the start."""
    if wanted.music in MADE_BY_US or wanted.music in music:
        return wanted
    before = next((one for one in running if _name(one) == _name(wanted)), None)
    unset = type(wanted).model_fields["music"].default
    return wanted.model_copy(update={"music": unset if before is None else before.music})


def _said(wanted: Announced, zones: frozenset[str]) -> Announced:
    """Return it announced where it would be without a zone of its own, where the wanted one is not there yet."""
    return wanted if wanted.zone in zones else wanted.model_copy(update={"zone": ""})


def _different(before: object, after: object, path: str) -> Iterator[str]:
    if isinstance(before, Table) and isinstance(after, Table):
        yield from differences(before, after, f"{path}.")
    elif isinstance(before, Mapping) and isinstance(after, Mapping):
        yield from _by_name(before, after, path)
    elif _is_list(before) and _is_list(after):
        yield from _by_name(_named(before), _named(after), path)
    else:
        yield path


def _is_list(value: object) -> bool:
    return isinstance(value, tuple) and all(isinstance(one, Table) for one in value)


def _by_name(before: Mapping[str, object], after: Mapping[str, object], path: str) -> Iterator[str]:
    """Yield what differs in tables with names; the list itself where only their order does."""
    same = True
    for name in dict.fromkeys((*before, *after)):
        was, now = before.get(name), after.get(name)
        if was != now:
            same = False
            yield from _different(was, now, f"{path}.{name}")
    if same:
        yield path


def _named(tables: object) -> dict[str, Table]:
    return {_name(one): one for one in tables} if isinstance(tables, tuple) else {}


def _name(table: Table) -> str:
    """Return what a table of a list is known by: its number, its name, or the first of its places."""
    known = getattr(table, "number", "") or getattr(table, "name", "") or getattr(table, "places", ("",))[0]
    return str(known)
