"""As much of the tree as could be built, so that the cross checks run although something else is wrong.

`draft` takes every section by itself and leaves out the entries that were refused. `zone_names`, `relay_names` and
`key_names` are the raw ones: a relay with a wrong pin is named wrong once, not again by each zone that refers to it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

from pydantic import ValidationError

from appliance.config.pa import Zone
from appliance.config.panel import Hardware, Panel
from appliance.config.park import Extension, Group, HuntGroup, Orbit, Park
from appliance.config.sip import Account, Sip
from appliance.config.site import Codes
from appliance.config.table import Table

T = TypeVar("T", bound=Table)
Tree = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Found(Generic[T]):
    """One table of a list, with its path."""

    path: str
    value: T


@dataclass(frozen=True, slots=True)
class Draft:
    """The sections that stand; None: nothing of it does."""

    sip: Sip | None
    codes: Codes | None
    park: Park | None
    hardware: Hardware | None
    accounts: tuple[Found[Account], ...]
    extensions: tuple[Found[Extension], ...]
    orbits: tuple[Found[Orbit], ...]
    groups: tuple[Found[Group], ...]
    hunt_groups: tuple[Found[HuntGroup], ...]
    zones: tuple[Found[Zone], ...]
    panels: tuple[Found[Panel], ...]
    zone_names: frozenset[str]
    relay_names: frozenset[str]
    key_names: frozenset[str]


def draft(tree: Tree, folder: Path | None) -> Draft:
    """Build what can be built of a parsed file."""
    accounts = _each(Account, _table(tree, "sip").get("account"), "sip.account", folder)
    sip = {**_table(tree, "sip"), "account": [found.value for found in accounts]}
    return Draft(
        sip=_salvage(Sip, sip, folder),
        codes=_salvage(Codes, tree.get("codes", {}), folder),
        park=_salvage(Park, tree.get("park", {}), folder) or _salvage(Park, _with_last_resort(tree), folder),
        hardware=_salvage(Hardware, tree.get("hardware", {}), folder),
        accounts=accounts,
        extensions=_each(Extension, tree.get("extension"), "extension", folder),
        orbits=_each(Orbit, tree.get("orbit"), "orbit", folder),
        groups=_each(Group, tree.get("group"), "group", folder),
        hunt_groups=_each(HuntGroup, tree.get("hunt_group"), "hunt_group", folder),
        zones=_each(Zone, tree.get("zone"), "zone", folder),
        panels=_each(Panel, tree.get("panel"), "panel", folder),
        zone_names=frozenset(str(zone.get("name")) for zone in _tables(tree, "zone")),
        relay_names=frozenset(_table(_table(tree, "hardware"), "relays")),
        key_names=frozenset(_key_names(tree)),
    )


def _with_last_resort(tree: Tree) -> Tree:
    """Return [park] with its one needed key, so that the rest is looked at although that is missing or wrong."""
    return {**_table(tree, "park"), "last_resort": "0"}


def _table(tree: Tree, key: str) -> Tree:
    value = tree.get(key)
    return value if isinstance(value, dict) else {}


def _tables(tree: Tree, key: str) -> list[Tree]:
    """Return the tables of a list, or the one that should have been in it."""
    value = tree.get(key)
    return [item for item in (value if isinstance(value, list) else [value]) if isinstance(item, dict)]


def _key_names(tree: Tree) -> Iterator[str]:
    for panel in _tables(tree, "panel"):
        yield from (f"{panel.get('name')}.{key}" for key in _table(panel, "keys"))


def _each(table: type[T], raw: object, path: str, folder: Path | None) -> tuple[Found[T], ...]:
    items = raw if isinstance(raw, list) else []
    built = ((f"{path}[{index}]", _salvage(table, item, folder)) for index, item in enumerate(items))
    return tuple(Found(where, value) for where, value in built if value is not None)


def _salvage(table: type[T], raw: object, folder: Path | None) -> T | None:
    """Leave out one refused entry after the other until the rest stands."""
    while True:
        try:
            return table.model_validate(raw, context={"folder": folder} if folder else None)
        except ValidationError as error:
            raw = _without(raw, error.errors(include_url=False)[0]["loc"])
        if raw is None:
            return None


def _without(raw: object, loc: tuple[int | str, ...]) -> object | None:
    """Copy without the innermost table entry on a path; None where that is the whole."""
    if not isinstance(raw, dict) or not loc or loc[0] not in raw:
        return None
    inner = _without(raw[loc[0]], loc[1:])
    return {key: inner if key == loc[0] else value for key, value in raw.items() if key != loc[0] or inner is not None}
