"""What goes wrong around the box: it runs on, and says what is wrong and what to do (S-7, A-17)."""

import subprocess
import sys

import pytest
import tomlkit

from tests.e2e.company import PERSON, park, two_way, wait_music, wait_said, with_chord
from tests.lab.box import Box, company_config
from tests.lab.pbx import Asterisk
from tests.lab.ports import Ports
from tests.lab.process import LIMIT, ROOT

pytestmark = pytest.mark.e2e

WRONG = "falsch"
RETRIED = 60.0
"""Seconds in which a PBX that has come up is found: the delays between the tries grow to 30 s."""


def parkdeck(*arguments):
    """Run the command as people do."""
    command = [sys.executable, "-m", "appliance.cli", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=LIMIT, check=False, cwd=ROOT)


def wait_health(box, words):
    """Wait until the status says something; return the whole."""
    return box.wait_status(lambda status: any(words in wrong for wrong in status["health"]), f"health says {words!r}")


@pytest.mark.rule("S-7")
def test_a_pbx_that_is_not_there_is_told_and_found_when_it_comes(tmp_path):
    pbx = Asterisk(tmp_path / "pbx")
    with Ports() as ports:
        box = Box(tmp_path / "box", company_config(pbx, ports, card="sim")).start(registered=False)
        try:
            status = wait_health(box, pbx.server)
            assert [one["state"] for one in status["registered"]] == ["failed"]
            shown = box.cli("status")
            assert shown.returncode == 1
            assert f"! account pbx: not registered: {pbx.server} does not answer" in shown.stdout
            with pbx:
                box.wait_status(lambda status: status["registered"][0]["state"] == "registered", "here", limit=RETRIED)
                healthy = box.cli("status")
                assert (healthy.returncode, "!" in healthy.stdout) == (0, False)
        finally:
            assert box.stop() == 0


@pytest.mark.rule("S-7", "S-10")
def test_a_wrong_password_is_told(start_box):
    box = start_box(lambda config: config["sip"]["account"][0].update(password=WRONG), registered=False)
    status = wait_health(box, "the PBX refuses user 800: check sip.account password")
    assert (status["registered"][0]["state"], status["registered"][0]["last_code"]) == ("failed", 401)
    assert WRONG not in box.log.read_text()


@pytest.mark.rule("A-17", "P-1")
def test_without_its_card_the_box_parks_all_the_same(start_box, phones):
    def configure(config):
        with_chord(config)
        config["zone"][0]["card"] = "Lautsprecher"

    box = start_box(configure)
    status = wait_health(box, "zone shop")
    (wrong,) = status["health"]
    assert "Lautsprecher" in wrong
    there, _ = park(box, *phones.get("customer", "101"), "*68102", "102")
    wait_music(there)
    assert box.status()["relays"] == [{"name": "amp", "closed": False}]
    taking = phones["103"].dial("*88102")
    box.wait_for("retrieved", place="102")
    two_way(there, taking)
    there.hang_up()
    box.wait_idle()
    assert box.status()["health"] == [wrong]


@pytest.mark.rule("A-8")
def test_a_voice_that_is_not_there_is_replaced(start_box, phones, loudspeaker):
    def configure(config):
        with_chord(config)
        config["announce"] = {"voice": "piper:de_DE-thorsten-medium"}

    box = start_box(configure)
    _, parked = park(box, *phones.get("customer", "101"), "*68102", "102")
    wait_said(loudspeaker, box, PERSON.format(name="Anna, Filialleitung", place="1 0 2"), parked.at)


@pytest.fixture
def wrong(tmp_path):
    """A configuration with one of each mistake; the paths that must be named."""
    (tmp_path / "noise.wav").write_text("this is no sound")
    tree = {
        "site": {"langauge": "de"},
        "sip": {
            "port": "many",
            "account": [
                {"name": "pbx", "extension": "800", "server": "pbx.example.com"},
                {"name": "pbx", "extension": "801", "server": "pbx.example.com"},
            ],
        },
        "park": {"recall_after": 5, "music": "noise.wav"},
        "extension": [{"number": "102", "name": "Anna"}, {"number": "102", "name": "Petra"}],
        "orbit": [{"number": "701"}, {"numbers": ["701"]}],
        "zone": [{"name": "shop", "relay": "amp"}],
        "panel": [{"name": "counter", "keys": {"1": {"place": "701", "pin": 5}}}],
    }
    file = tmp_path / "parkdeck.toml"
    file.write_text(tomlkit.dumps(tree))
    paths = ("site.langauge", "sip.port", "sip.account", "park.recall_after", "park.last_resort", "park.music")
    return file, (*paths, "extension", "orbit", "zone", "panel")


@pytest.mark.parametrize("call", ["check-config", "run"])
def test_every_mistake_is_named_at_once(wrong, call, tmp_path):
    file, paths = wrong
    arguments = (file,) if call == "check-config" else ("-c", file, "--state", tmp_path / "state")
    done = parkdeck(call, *arguments)
    lines = done.stderr.splitlines()
    assert done.returncode == 2
    for path in paths:
        assert any(line.startswith(path) for line in lines), f"{path} is not named in\n{done.stderr}"
    assert 'did you mean "language"?' in done.stderr
    assert all(line.count(": ") >= 2 for line in lines), done.stderr  # where: what is wrong: what to do
    assert "Traceback" not in done.stderr


def test_a_file_that_is_not_there_is_told(tmp_path):
    done = parkdeck("check-config", tmp_path / "nothing.toml")
    assert done.returncode == 2
    assert "nothing.toml" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("call", [("status",), ("status", "--json"), ("press", "office", "5"), ("events",)])
def test_who_asks_a_box_that_does_not_run_is_told(call, tmp_path):
    done = parkdeck(*call, "--state", tmp_path)
    assert done.returncode == 3
    assert "not running" in done.stderr
    assert done.stdout == ""


def test_a_second_box_on_the_same_port_says_so(start_box, tmp_path):
    box = start_box()
    done = parkdeck("run", "-c", box.file, "--state", tmp_path / "second")
    assert done.returncode == 1
    assert str(box.config["sip"]["port"]) in done.stderr
    assert "Traceback" not in done.stderr
    assert box.status()["health"] == []


def test_keys_and_places_that_do_not_exist_are_told(start_box):
    box = start_box()
    for call in (("press", "office", "99"), ("press", "nowhere", "1"), ("park", "999", "--station", "101")):
        done = box.cli(*call)
        assert (done.returncode, "Traceback" in done.stderr) == (1, False)
        assert call[-1 if call[0] == "press" and call[1] == "office" else 1] in done.stderr
