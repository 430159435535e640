"""Every key of the file, with what it means, what it may be and its default: what the manual is checked against."""

from collections.abc import Iterator
from dataclasses import dataclass

import tomlkit
from pydantic import SecretStr
from pydantic.fields import FieldInfo

from appliance.config.model import Config
from appliance.config.rule import rule_in
from appliance.config.table import Table, fields, is_list, is_mapping, table_in

NEEDED = "(needed)"
"""Stands where a key has no default."""
UNSET = "(not set)"
"""Stands where leaving the key out means something that no value says."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One key."""

    path: str
    """Dotted, without the indexes of lists; `*` is a name that the user gives."""
    default: str
    """As TOML, or NEEDED, or UNSET."""
    what: str
    """What the value must be."""
    text: str
    """The docstring."""


def entries() -> tuple[Entry, ...]:
    """List every key that holds a value, in the order of the tree."""
    return tuple(_walk(Config, ""))


def keys() -> tuple[str, ...]:
    """List the path of every key that holds a value."""
    return tuple(entry.path for entry in entries())


def _walk(table: type[Table], prefix: str) -> Iterator[Entry]:
    for key, field in fields(table).items():
        inner = table_in(field.annotation)
        if inner is None:
            yield _entry(prefix + key, field)
        elif is_mapping(field.annotation):
            yield from _walk(inner, f"{prefix}{key}.*.")
        else:
            yield from _walk(inner, f"{prefix}{key}.")


def _entry(path: str, field: FieldInfo) -> Entry:
    rule = rule_in(field.annotation, tuple(field.metadata))
    what = rule.what if rule else ""
    listed = is_list(field.annotation) and rule not in field.metadata
    return Entry(path, _default(field), f"a list, each {what}" if listed else what, field.description or "")


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return NEEDED
    value = field.get_default(call_default_factory=True)
    if value is None:
        return UNSET
    plain = value.get_secret_value() if isinstance(value, SecretStr) else value
    return str(tomlkit.item(list(plain) if isinstance(plain, tuple) else plain).as_string())
