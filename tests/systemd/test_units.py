"""The units: judged by systemd's own tools, and their few lines of shell and of numbers held against the code."""

import configparser
import os
import re
import shutil
import stat
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from appliance import watchdog
from appliance.relays import NOTE, place_of_note
from tests.lab.process import ROOT

FOLDER = ROOT / "systemd"
UNIT = FOLDER / "parkdeck.service"
SYSTEMD = Path("/usr/lib/systemd")


def judge(folder: Path) -> subprocess.CompletedProcess[str]:
    """Run what scripts/check runs."""
    script = f'set -euo pipefail; . "{ROOT}/scripts/lib/units.sh"; verify_units "$1"'
    return subprocess.run(["bash", "-c", script, "judge", folder], capture_output=True, text=True, check=False)


def directives(name: str, unit: Path = UNIT) -> list[str]:
    """Return every value that a directive is given."""
    return re.findall(rf"^{name}=(.*)$", unit.read_text(), re.MULTILINE)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return Path(shutil.copytree(FOLDER, tmp_path / "systemd"))


def test_systemd_finds_nothing_wrong() -> None:
    answer = judge(FOLDER)
    assert (answer.returncode, answer.stderr) == (0, "")


@pytest.mark.parametrize(
    ("file", "right", "wrong", "said"),
    [
        ("parkdeck.service", "\nWatchdogSec=", "\nWatchdokSec=", "Unknown key"),
        ("parkdeck.service", "Restart=always", "Restart=allways", "Failed to parse"),
        ("parkdeck.service", "@system-service", "@system-servise", "Unknown system call group"),
        ("parkdeck.service", "AF_NETLINK", "AF_NETLUNK", "Failed to parse"),
        ("parkdeck.service", "[Service]", "[Servise]", "Servise"),
        ("parkdeck.service", "ExecStart=parkdeck", "ExecStart=porkdeck", "porkdeck is not executable"),
        ("parkdeck.service", "=-parkdeck relays-off", "=-porkdeck relays-off", "porkdeck is not executable"),
        ("parkdeck.service", "CapabilityBoundingSet=\n", "", "exposure level"),
        ("sysusers.d/parkdeck.conf", "m parkdeck audio", "x parkdeck audio", "Unknown command type"),
    ],
)
def test_systemd_finds_what_is_wrong(copy: Path, file: str, right: str, wrong: str, said: str) -> None:
    text = (copy / file).read_text()
    assert text.count(right) >= 1
    (copy / file).write_text(text.replace(right, wrong, 1))
    answer = judge(copy)
    assert answer.returncode != 0
    assert said in answer.stderr


@pytest.mark.parametrize(
    ("file", "program", "section"),
    [
        ("system.conf.d/parkdeck-watchdog.conf", "systemd", "Manager"),
        ("journald.conf.d/parkdeck.conf", "systemd-journald", "Journal"),
    ],
)
def test_every_setting_is_one_that_its_daemon_knows(file: str, program: str, section: str) -> None:
    """There is no tool that judges these files; a name that the program itself does not contain is not one of its settings."""
    settings = configparser.ConfigParser()
    settings.optionxform = str  # type: ignore[assignment,method-assign]
    settings.read(FOLDER / file)
    known = (SYSTEMD / program).read_bytes()
    assert settings.sections() == [section]
    assert settings.options(section)
    for name in settings.options(section):
        assert f"{name}\0".encode() in known
        assert f"{name}x\0".encode() not in known


@pytest.mark.skipif(os.geteuid() != 0, reason="makes files of other owners")
@pytest.mark.rule("S-10")
def test_the_password_is_for_the_service_alone(tmp_path: Path) -> None:
    """S-10: the service may read its configuration and nobody else may; it is made a member of what it needs."""
    config = tmp_path / "etc/parkdeck/parkdeck.toml"
    config.parent.mkdir(parents=True)
    config.touch(mode=0o666)
    (tmp_path / "etc/group").write_text("root:x:0:\naudio:x:29:\n")
    for command in (["systemd-sysusers"], ["systemd-tmpfiles", "--create"]):
        name = command[0].removeprefix("systemd-")
        subprocess.run([*command, f"--root={tmp_path}", FOLDER / f"{name}.d/parkdeck.conf"], check=True)
    groups = {line.split(":")[0]: line.split(":")[2:] for line in (tmp_path / "etc/group").read_text().splitlines()}
    assert {name for name, (_, members) in groups.items() if "parkdeck" in members} == {"audio", "gpio", "i2c"}
    for path, mode in ((config.parent, 0o750), (config, 0o640)):
        there = path.stat()
        assert (stat.S_IMODE(there.st_mode), there.st_uid, there.st_gid) == (mode, 0, int(groups["parkdeck"][0]))


@pytest.mark.rule("S-9")
def test_the_watchdogs_bark_in_the_right_order() -> None:
    """S-9: who is late is told and not fed long before systemd acts; the machine's own watchdog is one that a Pi has."""
    [service] = directives("WatchdogSec")
    [machine] = directives("RuntimeWatchdogSec", FOLDER / "system.conf.d/parkdeck-watchdog.conf")
    assert float(service) > watchdog.LATE + 2 * watchdog.EVERY
    assert float(machine) == 14


@pytest.mark.rule("S-4")
def test_a_drain_that_lives_is_waited_for_and_one_that_hangs_is_not() -> None:
    """S-4: the service extends the time at each feeding, by what WatchdogSec= allows; see appliance/watchdog.py."""
    assert directives("TimeoutStopSec") == directives("WatchdogSec")


def test_program_and_configuration_are_named_once() -> None:
    text = "".join(path.read_text() for path in FOLDER.rglob("*.service"))
    assert text.count("/opt/parkdeck") == 1
    assert text.count("/etc/parkdeck/parkdeck.toml") == 1


def test_lgpio_and_the_note_of_the_relays_live_where_the_service_may_write(monkeypatch: pytest.MonkeyPatch) -> None:
    [folder] = directives("RuntimeDirectory")
    assert directives("WorkingDirectory") == [f"%t/{folder}"]
    assert f"LG_WD=%t/{folder}" in directives("Environment")
    monkeypatch.setenv("RUNTIME_DIRECTORY", f"/run/{folder}")
    assert place_of_note(Path("/anywhere")) == Path("/run/parkdeck") / NOTE


def shell(commands: Sequence[str], folder: Path, **environment: str) -> list[str]:
    """Run the one of some commands that is shell, as systemd would, among stand-ins; return what it called."""
    [script] = [
        found[1].replace("$$", "$") for found in (re.fullmatch(r"-sh -c '(.*)'", each) for each in commands) if found
    ]
    for name in ("parkdeck", "sleep"):
        (folder / name).write_text(f'#!/bin/sh\necho {name} "$@"\n')
        (folder / name).chmod(0o755)
    answer = subprocess.run(
        ["/bin/sh", "-c", script], env={"PATH": str(folder), **environment}, capture_output=True, text=True, check=False
    )
    assert answer.stderr == ""
    return answer.stdout.splitlines()


@pytest.mark.rule("S-4")
def test_only_a_process_that_lives_is_drained(tmp_path: Path) -> None:
    """S-4: systemd runs ExecStop= after a crash as well, without $MAINPID; then nothing may hold the restart up."""
    stop = directives("ExecStop")
    assert shell(stop, tmp_path, MAINPID="77") == ["parkdeck drain --unless-restart"]
    assert shell(stop, tmp_path, MAINPID="") == []
    assert shell(stop, tmp_path) == []


@pytest.mark.parametrize(
    ("status", "pause"),
    [("0", []), ("1", ["sleep 5"]), ("2", ["sleep 5"]), ("70", []), ("KILL", []), ("ABRT", [])],
)
def test_only_a_start_that_failed_has_to_wait(tmp_path: Path, status: str, pause: list[str]) -> None:
    """S-5: a crash is restarted at once."""
    assert shell(directives("ExecStopPost"), tmp_path, EXIT_STATUS=status) == pause
