import tomllib
from pathlib import Path

import pytest

from appliance.config.model import Config
from appliance.config.reference import NEEDED, UNSET, entries, keys
from appliance.config.table import Table, fields, table_in

EXAMPLE = Path(__file__).with_name("example.toml")


def tables(table: type[Table] = Config):
    yield table
    for field in fields(table).values():
        inner = table_in(field.annotation)
        if inner:
            yield from tables(inner)


@pytest.mark.parametrize("table", tuple(tables()), ids=lambda table: table.__name__)
def test_every_field_and_table_has_a_docstring(table):
    assert table.__doc__
    assert [key for key, field in fields(table).items() if not field.description] == []


def test_every_key_says_what_it_takes():
    assert [entry.path for entry in entries() if not entry.what or not entry.text] == []


def test_keys_are_dotted_and_each_once():
    found = keys()
    assert len(set(found)) == len(found)
    assert {"park.recall_after", "sip.account.register", "panel.keys.*.place", "hardware.relays.*.pin"} <= set(found)
    assert "hunt_group.members.weight" in found


def test_every_key_of_the_example_is_listed():
    def walk(value, path):
        match value:
            case dict() if path in {"panel.keys", "hardware.keys", "hardware.relays"}:
                for inner in value.values():
                    yield from walk(inner, f"{path}.*")
            case dict():
                for key, inner in value.items():
                    yield from walk(inner, f"{path}.{key}".lstrip("."))
            case list() if value and isinstance(value[0], dict):
                for inner in value:
                    yield from walk(inner, path)
            case _:
                yield path

    used = set(walk(tomllib.loads(EXAMPLE.read_text()), ""))
    assert used - set(keys()) == {"hunt_group.members"}  # numbers alone, short for tables


def test_defaults_are_told_as_toml():
    default = {entry.path: entry.default for entry in entries()}
    assert default["park.last_resort"] == NEEDED
    assert default["group.recall_after"] == UNSET
    assert default["park.recall_after"] == "45"
    assert default["codes.park_group"] == '["*58", "#58"]'
    assert default["sip.account.password"] == '""'
    assert default["sip.account.register"] == "true"
    for path, value in default.items():
        if value not in {NEEDED, UNSET}:
            assert tomllib.loads(f"x = {value}"), path


def test_what_a_list_takes_is_said_of_its_items():
    what = {entry.path: entry.what for entry in entries()}
    assert what["codes.park"].startswith("a list, each a code")
    assert what["sip.rtp_ports"].startswith("two ports")
