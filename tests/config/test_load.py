import os
from pathlib import Path

import pytest

from appliance.config.load import build, load, parse
from appliance.errors import ConfigError, Finding

EXAMPLE = Path(__file__).with_name("example.toml")


def finding_of(text: str) -> Finding:
    with pytest.raises(ConfigError) as error:
        parse(text, source="parkdeck.toml", folder=Path("/"))
    (finding,) = error.value.findings
    return finding


def test_the_example_of_the_manual_loads():
    config = load(EXAMPLE)
    assert config.site.name == "Autohaus Berger"
    assert config.sip.account[0].login == "800"
    assert config.sip.account[0].password.get_secret_value() == "..."
    assert config.codes.park_group == ("*58", "#58")
    assert config.extension[0].said == "Anna, Filialleitung"
    assert config.group[0].alternate == "850"
    assert [member.number for member in config.hunt_group[0].members] == ["101", "102", "103"]
    assert config.panel[0].keys["1"].place == "701"
    assert config.hardware.keys["counter.1"].lamp == 6


def test_the_smallest_file_has_every_default(load):
    config = load()
    assert (config.park.recall_after, config.park.recall_mode, config.park.longest) == (45, "parker", 900)
    assert (config.sip.port, config.sip.rtp_ports, config.sip.codecs) == (
        5060,
        (16000, 16999),
        ("g722", "pcma", "pcmu"),
    )
    assert (config.announce.repeat_every, config.announce.repeats) == (20.0, 3)
    assert (config.buttons.debounce_ms, config.buttons.long_press, config.buttons.auto_answer) == (15, 1.5, True)
    assert config.hardware.backend == "gpio"
    assert config.zone == config.panel == config.orbit == ()


@pytest.mark.rule("P-27")
def test_a_file_without_the_needed_keys_names_each():
    with pytest.raises(ConfigError) as error:
        parse("", source="parkdeck.toml", folder=Path("/"))
    assert [str(finding) for finding in error.value.findings] == [
        "sip.account: is missing: add [[sip.account]] with extension and server below",
        'park.last_resort: is missing: add last_resort = "100"',
    ]


def test_everything_is_told_at_once(refused):
    found = refused("""
        sit = 1
        sip.port = "5060"
        sip.account = [{ extension = 800, server = "pbx", pasword = "x" }, { extension = "801", server = "pbx" }]
        codes.page = ["*68"]
        park = { recall_after = 5, last_resort = "801" }
        extension = [{ number = "102", zone = "shp" }, { number = "102" }]
        zone = [{ name = "shop", lead = 4, relay = "amp" }]
        panel = [{ name = "a", keys.1 = { place = "801" } }]
        hardware.keys = { "a.2" = { pin = 3, lamp = 3 } }
    """)
    assert set(found) == {
        "sit",
        "sip.port",
        "sip.account[0].extension",
        "sip.account[0].pasword",
        "codes.page[0]",
        "park.recall_after",
        "park.last_resort",
        "extension[0].zone",
        "extension[1].number",
        "zone[0].lead",
        "zone[0].relay",
        "panel[0].keys.1.place",
        'hardware.keys."a.2"',
        'hardware.keys."a.2".lamp',
    }
    assert found["park.recall_after"] == ("must be a whole number of seconds from 30 to 600, is 5", "write 45")


def test_a_finding_says_path_wrong_and_remedy(load):
    with pytest.raises(ConfigError, match=r"^park\.recall_after: must be .*, is 5: write 45$"):
        load("park.recall_after = 5")


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("[site]\nname = \n", "parkdeck.toml: line 2, column 8"),
        ("[site]\nname = 'x'\nname = 'y'\n", "parkdeck.toml: line 3, column 11"),
        ("a = [1,\n2", "parkdeck.toml: line 2, column 2"),
        ("a = " + "1" * 5000, "parkdeck.toml: line 1, column 5005"),
    ],
)
def test_broken_toml_is_told_with_its_line(text, path):
    finding = finding_of(text)
    assert finding.path == path
    assert finding.wrong.startswith("is not TOML: ")


def test_bottomless_nesting_is_told():
    assert finding_of("a = " + "[" * 100_000).wrong == "is nested too deeply"


def test_a_file_that_is_not_there_is_told(tmp_path):
    with pytest.raises(ConfigError, match=r"none\.toml: cannot be read \(No such file or directory\): create it"):
        load(tmp_path / "none.toml")


def test_a_folder_is_no_file(tmp_path):
    with pytest.raises(ConfigError, match="cannot be read"):
        load(tmp_path)


def test_a_file_in_another_encoding_is_told(tmp_path):
    path = tmp_path / "parkdeck.toml"
    path.write_bytes('site.name = "Müller"'.encode("latin-1"))
    with pytest.raises(ConfigError, match="is not text in UTF-8: save it as UTF-8"):
        load(path)


def test_a_byte_order_mark_does_no_harm(tmp_path):
    path = tmp_path / "parkdeck.toml"
    path.write_bytes(b"\xef\xbb\xbf" + EXAMPLE.read_bytes())
    assert load(path).park.last_resort == "100"


def test_paths_are_relative_to_the_file(tmp_path, monkeypatch):
    (tmp_path / "password").write_text("secret\n")
    path = tmp_path / "parkdeck.toml"
    path.write_text(
        '[park]\nlast_resort = "100"\n[[sip.account]]\nextension = "8"\nserver = "pbx"\npassword_file = "password"\n'
    )
    monkeypatch.chdir(tmp_path)
    assert load(Path("parkdeck.toml")).sip.account[0].password_file == tmp_path / "password"
    os.chdir("/")
    assert load(path).sip.account[0].password_file == tmp_path / "password"


def test_a_wrong_entry_brings_no_second_finding_about_what_refers_to_it(refused):
    found = refused("""
        zone = [{ name = "shop", relay = "amp", tail = -1 }]
        extension = [{ number = "102", zone = "shop" }]
        panel = [{ name = "a", keys = { 1 = { place = 701 } } }]
        hardware = { relays = { amp = {} }, keys = { "a.1" = { pin = "5" } } }
    """)
    assert set(found) == {
        "zone[0].tail",
        "panel[0].keys.1.place",
        "hardware.relays.amp.pin",
        'hardware.keys."a.1".pin',
    }


def test_the_tree_cannot_be_changed(load):
    config = load()
    with pytest.raises(ValueError, match="frozen"):
        config.park.recall_after = 60


def test_build_takes_a_parsed_tree(tmp_path):
    tree = {"sip": {"account": [{"extension": "8", "server": "pbx", "register": False}]}, "park": {"last_resort": "1"}}
    assert build(tree, tmp_path).sip.account[0].registers is False
