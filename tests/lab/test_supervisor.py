"""The supervisor of the chaos tests does what the unit says: it must not forgive what systemd would not."""

import configparser
import signal
import sys
import time

import pytest

from tests.lab import supervisor as systemd
from tests.lab.process import ROOT, until
from tests.lab.supervisor import Supervisor

SERVICE = """
import os, signal, socket, sys, time
def tell(word):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as mouth:
        mouth.sendto(word.encode(), os.environ["NOTIFY_SOCKET"])
tell("READY=1")
feeds = int(os.environ["FEEDS"])
while True:
    if feeds:
        tell("WATCHDOG=1")
        feeds -= 1
    time.sleep(0.1)
"""


@pytest.fixture
def start(tmp_path):
    running = []

    def _start(feeds, watchdog=20.0):
        environment = {"FEEDS": str(feeds)}
        supervisor = Supervisor([sys.executable, "-c", SERVICE], tmp_path / "log", environment, watchdog=watchdog)
        supervisor.start()
        running.append(supervisor)
        supervisor.wait_ready()
        return supervisor

    yield _start
    for supervisor in running:
        supervisor.stop()


def test_a_killed_program_is_started_again_after_half_a_second(start):
    supervisor = start(feeds=1000)
    supervisor.signal(signal.SIGKILL)
    second = supervisor.wait_ready(after=1)
    first = supervisor.lives[0]
    assert first.code == -signal.SIGKILL
    assert first.ended is not None
    assert second.started - first.ended >= 0.5


def test_one_that_does_not_feed_the_watchdog_is_aborted(start):
    supervisor = start(feeds=3, watchdog=0.5)
    until(lambda: supervisor.lives[0].code is not None, "it is beaten")
    assert supervisor.lives[0].code == -signal.SIGABRT
    assert supervisor.lives[0].beaten
    assert supervisor.lives[0].fed == 3


def test_it_is_held_back_and_stopped_for_good(start):
    supervisor = start(feeds=1000)
    with supervisor.hold():
        supervisor.signal(signal.SIGTERM)
        assert supervisor.wait_ended().code == -signal.SIGTERM
        time.sleep(1.0)  # longer than it would take to come back
        assert len(supervisor.lives) == 1
    supervisor.wait_ready(after=1)
    supervisor.stop()
    assert len(supervisor.lives) == 2


def test_it_does_what_the_unit_says():
    unit = configparser.RawConfigParser(strict=False)
    unit.read(ROOT / "systemd" / "parkdeck.service")
    service = unit["Service"]
    assert (service["Type"], service["Restart"], service["WatchdogSignal"]) == ("notify", "always", "SIGABRT")
    figures = {"RestartSec": "RESTART", "WatchdogSec": "WATCHDOG", "TimeoutStartSec": "START_LIMIT"}
    figures["TimeoutAbortSec"] = "ABORT_LIMIT"
    assert {key: float(service[key]) for key in figures} == {
        key: getattr(systemd, ours) for key, ours in figures.items()
    }
