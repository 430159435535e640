"""The tree as TOML: what is in force, with `***` for every secret."""

from collections.abc import Mapping
from pathlib import Path

import tomlkit
from pydantic import SecretStr
from tomlkit.items import AoT, Array, InlineTable, Item
from tomlkit.items import Table as TomlTable

from appliance.config.model import Config
from appliance.config.secret import MASK
from appliance.config.table import Table

Entries = dict[str, Item]


def dump(config: Config, *, changed_only: bool = False) -> str:
    """Write the effective configuration; with `changed_only` what differs from the defaults."""
    document = tomlkit.document()
    for key, item in _entries(config, changed_only=changed_only).items():
        document.append(key, item)
    return tomlkit.dumps(document)


def _entries(table: Table, *, changed_only: bool) -> Entries:
    """Items by key, those that are tables last, as TOML wants it. What is not set (None) has no entry."""
    items: Entries = {}
    for name, field in type(table).model_fields.items():
        value = getattr(table, name)
        same = not field.is_required() and value == field.get_default(call_default_factory=True)
        if value is not None and not (changed_only and same):
            items[field.alias or name] = _item(value, changed_only=changed_only)
    return dict(sorted(items.items(), key=lambda entry: isinstance(entry[1], TomlTable | AoT)))


def _item(value: object, *, changed_only: bool) -> Item:
    match value:
        case Table():
            entries = _entries(value, changed_only=changed_only)
            return _braces(entries) if value.inline else _table(entries)
        case Mapping():
            return _table({key: _item(inner, changed_only=changed_only) for key, inner in value.items()})
        case tuple():
            items = [_item(inner, changed_only=changed_only) for inner in value]
            tables = [item for item in items if isinstance(item, TomlTable)]
            return AoT(tables) if tables else _array(items)
        case SecretStr():
            return tomlkit.item(MASK if value.get_secret_value() else "")
        case Path():
            return tomlkit.item(str(value))
    return tomlkit.item(value)


def _table(entries: Entries) -> TomlTable:
    only_tables = bool(entries) and all(isinstance(item, TomlTable | AoT) for item in entries.values())
    table = tomlkit.table(is_super_table=only_tables)
    for key, item in entries.items():
        table.append(key, item)
    return table


def _braces(entries: Entries) -> InlineTable:
    table = tomlkit.inline_table()
    for key, item in entries.items():
        table.append(key, item)
    return table


def _array(items: list[Item]) -> Array:
    array = tomlkit.array()
    for item in items:
        array.append(item)
    return array
