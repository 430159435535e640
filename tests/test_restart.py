"""Whether systemd restarts the unit or ends it, asked of a systemctl of the test's own on the PATH (S-4)."""

import os
from pathlib import Path

import pytest

from appliance import restart


def says(folder: Path, script: str, monkeypatch: pytest.MonkeyPatch) -> None:
    program = folder / "systemctl"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")


@pytest.mark.rule("S-4")
@pytest.mark.parametrize(
    ("job", "restarts"),
    [
        ("72 parkdeck.service restart running", True),
        ("72 parkdeck.service stop running", False),
        ("7 poweroff.target start waiting\n72 parkdeck.service stop running", False),
        ("72 other.service restart running", False),
        ("", False),
    ],
)
def test_only_a_restart_of_the_unit_leaves_the_calls(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, job: str, restarts: bool
) -> None:
    says(tmp_path, f"cat <<'JOBS'\n{job}\nJOBS", monkeypatch)

    assert restart.is_restart() is restarts


@pytest.mark.rule("S-4")
def test_a_systemd_that_cannot_be_asked_leaves_nobody_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    says(tmp_path, "echo Failed to connect to bus >&2; exit 1", monkeypatch)
    assert not restart.is_restart()

    monkeypatch.setenv("PATH", str(tmp_path / "nowhere"))
    assert not restart.is_restart()


@pytest.mark.rule("S-4")
def test_a_systemd_that_does_not_answer_is_not_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(restart, "PATIENCE", 0.2)
    says(tmp_path, "exec sleep 60", monkeypatch)

    assert not restart.is_restart()
