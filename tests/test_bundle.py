"""S-11: the bundle, and that it tells no secret."""

import json
import logging
import re
import sys
import time
import tomllib
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from appliance import bundle, flight
from appliance.bundle import Contents
from appliance.config.load import load
from appliance.errors import AdapterError
from appliance.replay import compare
from appliance.ring import LINES, LONGEST, LogRing
from tests.core.business import BUSINESS
from tests.flights import RecordedWorld, live

SECRETS = ("Kirsch-Kuchen", "Hefe-Zopf", 'Streusel"Taler')
CONFIG = """
[park]
last_resort = "100"
[[sip.account]]
name = "pbx"
extension = "800"
server = "pbx.example"
password = "Kirsch-Kuchen"
[[sip.account]]
name = "trunk"
extension = "049301"
server = "trunk.example"
password_file = "secret"
[[sip.account]]
name = "third"
extension = "801"
server = "pbx.example"
password = 'Streusel"Taler'
"""
MEMBERS = ["flight.json", "status.json", "config.toml", "versions.json", "log.txt"]


@pytest.fixture
def ring():
    """The log of the whole process, everything of it."""
    ring, root = LogRing(), logging.getLogger()
    before = root.level
    root.addHandler(ring)
    root.setLevel(logging.DEBUG)
    yield ring
    root.setLevel(before)
    root.removeHandler(ring)


@pytest.fixture
def contents(tmp_path: Path, ring: LogRing) -> Contents:
    (tmp_path / "secret").write_text("Hefe-Zopf\n")
    (tmp_path / "parkdeck.toml").write_text(CONFIG)
    config = load(tmp_path / "parkdeck.toml")
    world = RecordedWorld(BUSINESS)
    live(world, 200, 0)
    logging.getLogger("test").info("registered %s", config.sip.account)
    return Contents(world.flight(), {"health": ["ä"]}, config, ring.lines())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "state").mkdir()
    return tmp_path / "state"


def test_a_bundle_has_everything_and_can_be_replayed(contents, folder):
    """S-11: one file, read by people and by `parkdeck replay`."""
    path = bundle.write(folder, contents)
    assert path == folder / "parkdeck-20240501T120000Z.zip"
    assert [file.name for file in folder.iterdir()] == [path.name]
    with zipfile.ZipFile(path) as archive:
        assert archive.namelist() == MEMBERS
        assert archive.testzip() is None
        assert json.loads(archive.read("status.json")) == {"health": ["ä"]}
        assert tomllib.loads(archive.read("config.toml").decode())["park"]["last_resort"] == "100"
        assert archive.read("log.txt").decode().splitlines() == list(contents.log)
    assert flight.load(path) == contents.flight
    assert compare(flight.load(path)).difference is None


@pytest.mark.rule("S-10")
def test_no_secret_is_in_a_bundle(contents, folder):
    """S-10: secrets never in bundles, whether they stand in the configuration or in a file of their own."""
    with zipfile.ZipFile(bundle.write(folder, contents)) as archive:
        texts = {member: archive.read(member).decode() for member in archive.namelist()}
    for member, text in texts.items():
        for secret in SECRETS:
            assert secret not in text, member
            assert json.dumps(secret)[1:-1] not in text, member
    assert [account["password"] for account in tomllib.loads(texts["config.toml"])["sip"]["account"]] == [
        "***",
        "",
        "***",
    ]
    assert "registered" in texts["log.txt"]


def test_what_is_no_unicode_does_not_keep_a_bundle_from_being_written(contents, folder):
    path = bundle.write(folder, replace(contents, log=("caf\udce9",)))
    with zipfile.ZipFile(path) as archive:
        assert archive.read("log.txt") == b"caf\\udce9\n"


def test_versions_say_what_runs_here(monkeypatch, tmp_path):
    (tmp_path / "model").write_bytes(b"Raspberry Pi 4 Model B Rev 1.4\0")
    monkeypatch.setattr(bundle, "BOARD", tmp_path / "model")
    versions = bundle.versions()
    assert versions.keys() == {"parkdeck", "python", "pjsua2", "os", "kernel", "board"}
    assert versions["python"] == ".".join(map(str, sys.version_info[:3]))
    assert versions["board"] == "Raspberry Pi 4 Model B Rev 1.4"
    monkeypatch.setattr(bundle, "BOARD", tmp_path / "none")
    assert bundle.versions()["board"] is None


def test_a_bundle_goes_where_it_is_wanted(contents, tmp_path):
    wanted = tmp_path / "mine.zip"
    assert bundle.write(wanted, contents) == wanted
    assert zipfile.is_zipfile(wanted)
    assert wanted.stat().st_mode & 0o777 == 0o640


def test_a_bundle_is_written_whole_or_not_at_all(contents, folder, monkeypatch):
    path = bundle.write(folder, contents)
    before = path.read_bytes()

    def full(*_: object) -> str:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(bundle, "dump", full)
    with pytest.raises(AdapterError, match="No space left on device"):
        bundle.write(folder, contents)
    assert [file.read_bytes() for file in folder.iterdir()] == [before]


def test_a_folder_that_is_not_there_is_told(contents, tmp_path):
    with pytest.raises(AdapterError, match=re.escape(f"{tmp_path / 'none' / 'a.zip'} cannot be written")):
        bundle.write(tmp_path / "none" / "a.zip", contents)


def test_the_newest_ten_stay(contents, folder):
    """A service that fails again and again does not fill the disk with bundles."""
    path = bundle.write(folder, contents)
    for day in range(1, 29):
        (folder / f"parkdeck-202404{day:02}T120000Z.zip").touch()
    (folder / "parkdeck-mine.zip").touch()
    bundle.thin_out(folder)
    left = sorted(file.name for file in folder.iterdir())
    assert left == [*(f"parkdeck-202404{day}T120000Z.zip" for day in range(20, 29)), path.name, "parkdeck-mine.zip"]


# the log


def test_the_ring_keeps_the_last_lines(ring):
    for number in range(LINES + 5):
        logging.getLogger("appliance.test").info("line %d", number)
    lines = ring.lines()
    assert len(lines) == LINES
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z INFO appliance\.test: line 5", lines[0])


def test_the_ring_keeps_a_traceback_line_by_line_and_cuts_what_is_endless(ring):
    logging.getLogger("test").error("broken", exc_info=KeyError(7))
    logging.getLogger("test").warning("x" * 10_000)
    lines = ring.lines()
    assert lines[0].endswith("ERROR test: broken")
    assert lines[1] == "KeyError: 7"
    assert len(lines[-1]) == LONGEST


def test_the_ring_tells_the_time_in_utc(ring, monkeypatch):
    try:
        with monkeypatch.context() as there:
            there.setenv("TZ", "CET-1")
            time.tzset()
            ring.handle(logging.makeLogRecord({"name": "test", "msg": "begun", "created": 0.0, "msecs": 0.0}))
    finally:
        time.tzset()
    assert ring.lines()[-1].startswith("1970-01-01T00:00:00.000Z ")
