import tomllib
from pathlib import Path

import pytest

from appliance import rulebook
from appliance.config.model import Config
from appliance.config.reference import NEEDED, UNSET, entries, keys
from appliance.config.table import Table, fields, table_in
from appliance.core.rules import Rules

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


SPEC = (
    ("P-19", "park.recall_after", 45),
    ("P-22", "park.recall_ring", 30),
    ("P-22", "park.busy_retry", 10),
    ("P-23", "park.alternate_after", 60),
    ("P-25", "park.recall_confirm", "auto"),
    ("P-27", "park.rounds", 5),
    ("P-27", "park.longest", 900),
    ("P-6", "park.display_time", 8),
    ("P-29", "hunt_group.rings", 3),
    ("P-33", "history.keep_days", 30),
    ("P-3", "codes.park", ["*68"]),
    ("P-6", "codes.park_group", ["*58", "#58"]),
    ("P-13", "codes.retrieve", ["*88"]),
    ("P-30", "codes.hunt_login", ["*78"]),
    ("P-30", "codes.hunt_logout", ["*79"]),
)
"""Rule, key, and what holds by that rule where the file says nothing."""


@pytest.mark.rule(*sorted({rule for rule, _, _ in SPEC}))
@pytest.mark.parametrize(("path", "value"), [pytest.param(*one[1:], id=f"{one[0]}:{one[1]}") for one in SPEC])
def test_a_default_is_that_of_the_specification(path, value):
    """P-3, P-6, P-13, P-19, P-22, P-23, P-25, P-27, P-29, P-30, P-33: the rule stands in the name of each."""
    default = {entry.path: entry.default for entry in entries()}
    assert tomllib.loads(f"x = {default[path]}")["x"] == value


def test_the_digit_time_out_that_no_key_changes_is_that_of_the_specification():
    """The codes of parking: "Digit time-out 4 s", "a ring is 5 s" (P-29)."""
    assert Rules(accounts={}, last_resort="100", places={}).digit_timeout == 4
    assert rulebook.RING == 5


def test_what_a_list_takes_is_said_of_its_items():
    what = {entry.path: entry.what for entry in entries()}
    assert what["codes.park"].startswith("a list, each a code")
    assert what["sip.rtp_ports"].startswith("two ports")
