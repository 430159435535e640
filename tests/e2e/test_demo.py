"""The demo tells its story to the end: what `scripts/demo --once` runs, in a process of its own, without a terminal."""

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from tests.lab import hearing
from tests.lab.hearing import Sound
from tests.lab.process import ROOT

pytestmark = pytest.mark.e2e


@pytest.fixture
def folder():
    """A short name: the PBX has its control socket in there."""
    with tempfile.TemporaryDirectory(prefix="pd-") as made:
        yield Path(made)


def start(folder, *arguments):
    command = [sys.executable, "-m", "tests.lab.demo", "--out", folder, *arguments]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "TERM": "xterm-256color"}
    pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    return subprocess.Popen(command, cwd=ROOT, env=environment, text=True, **pipes)


@pytest.mark.rule("A-1", "A-9", "B-3", "P-2", "P-3", "P-4", "P-5", "P-6", "P-8", "P-13", "P-16", "P-19", "P-21", "P-26")
def test_the_story_is_told_to_the_end(folder):
    demo = start(folder, "--once")
    told, _ = demo.communicate(timeout=240)
    assert demo.returncode == 0, told
    assert "6 of 6 steps" in told
    assert "\x1b" not in told
    heard = Sound.from_wav(folder / "loudspeaker.wav")
    loud = [run for run in hearing.runs(heard, shortest=1.0) if run.loud]
    assert heard.duration > 45
    assert len(loud) >= 5
    assert hearing.is_speech(heard.between(loud[0].start + 1.8, loud[0].end))


def test_an_interrupted_demo_leaves_nothing_behind(folder):
    demo = start(folder, "--once")
    told = []
    while "calls Peter" not in "".join(told[-1:]):
        told.append(demo.stdout.readline())
        assert told[-1], "".join(told)
    children = subprocess.run(
        ["ps", "-o", "pid=", "--ppid", str(demo.pid)], capture_output=True, text=True, check=True
    ).stdout.split()
    assert len(children) >= 10  # PBX, sound server, its ear, phones, the box
    demo.send_signal(signal.SIGINT)
    rest, _ = demo.communicate(timeout=60)
    assert demo.returncode == 130, rest
    assert [pid for pid in children if Path(f"/proc/{pid}").exists()] == []
    assert (folder / "loudspeaker.wav").exists()
