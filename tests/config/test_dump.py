import string
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.config.dump import dump
from appliance.config.load import build, load, parse

EXAMPLE = Path(__file__).with_name("example.toml")
LINES = st.text().filter(str.isprintable)


def again(text: str):
    return parse(text, source="dump", folder=Path("/"))


def test_a_dump_is_the_same_configuration():
    config = load(EXAMPLE)
    assert again(dump(config).replace('"***"', '"..."')) == config


@pytest.mark.rule("S-10")
def test_a_dump_does_not_tell_secrets(load, tmp_path):
    (tmp_path / "secret").write_text("hunter3\n")
    text = dump(
        load("""
        [[sip.account]]
        name = "a"
        extension = "1"
        server = "pbx"
        password = "hunter2"
        [[sip.account]]
        name = "b"
        extension = "2"
        server = "pbx"
        password_file = "secret"
    """)
    )
    assert "hunter" not in text
    accounts = tomllib.loads(text)["sip"]["account"]
    assert [account["password"] for account in accounts] == ["***", ""]
    assert accounts[1]["password_file"] == str(tmp_path / "secret")


def test_only_what_differs(load):
    config = load("""
        park.recall_after = 60
        sip.codecs = ["pcma"]
        zone = [{ name = "shop", lead = 0.3, tail = 1 }]
        announce.templates.en.person = "{name}!"
        hunt_group = [{ number = "850", members = ["101", { number = "102", weight = 5 }] }]
        panel = [{ name = "a", keys.1 = { place = "701" } }]
        orbit = [{ number = "701" }]
        hardware.keys."a.1" = { pin = 5, pull = "up" }
    """)
    text = dump(config, changed_only=True)
    assert tomllib.loads(text) == {
        "sip": {"codecs": ["pcma"], "account": [{"extension": "800", "server": "pbx"}]},
        "park": {"last_resort": "100", "recall_after": 60},
        "zone": [{"name": "shop", "tail": 1.0}],
        "announce": {"templates": {"en": {"person": "{name}!"}}},
        "orbit": [{"number": "701"}],
        "hunt_group": [{"number": "850", "members": [{"number": "101"}, {"number": "102", "weight": 5}]}],
        "panel": [{"name": "a", "keys": {"1": {"place": "701"}}}],
        "hardware": {"keys": {"a.1": {"pin": 5}}},
    }
    assert again(text) == config


def test_a_dump_reads_as_a_hand_would_write_it():
    text = dump(load(EXAMPLE), changed_only=True)
    assert '[[sip.account]]\nextension = "800"' in text
    assert '[panel.keys]\n1 = {place = "701"}\n' in text
    assert '[hardware.keys]\n"counter.1" = {pin = 5, lamp = 6}' in text


@given(
    name=LINES,
    spoken=LINES,
    announcement=st.text(string.printable, min_size=1).filter(lambda text: text.isprintable() and text.strip()),
    panel=st.from_regex(r"\w{1,9}", fullmatch=True),
    seconds=st.floats(0, 3),
    pins=st.lists(st.integers(0, 27), min_size=2, max_size=2, unique=True),
    sparse=st.booleans(),
)
def test_whatever_was_loaded_loads_again(name, spoken, announcement, panel, seconds, pins, sparse):
    braced = announcement.replace("{", "{{").replace("}", "}}")
    extension = {"number": "102", "name": name, "spoken": spoken, "announcement": braced, "zone": panel}
    tree = {
        "site": {"name": name},
        "sip": {"account": [{"extension": "800", "server": "pbx", "username": spoken}]},
        "park": {"last_resort": "100"},
        "extension": [extension],
        "zone": [{"name": panel, "lead": seconds, "relay": panel}],
        "panel": [{"name": panel, "keys": {panel: {"place": "102"}}}],
        "hardware": {"relays": {panel: {"pin": pins[0]}}, "keys": {f"{panel}.{panel}": {"lamp": pins[1]}}},
    }
    config = build(tree, Path("/"))
    assert again(dump(config, changed_only=sparse)) == config
