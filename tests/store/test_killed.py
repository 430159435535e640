"""Whose landing was told is on the disk, whenever the process dies."""

import signal
import subprocess
import sys
import time
from itertools import islice
from random import Random

import pytest

from appliance.store.stamp import this_machine
from tests.lab.process import Program
from tests.store.pages import Picture, opened
from tests.store.scribbler import writes

ROUNDS = 10


@pytest.mark.rule("S-1", "S-5")
@pytest.mark.parametrize("seed", [0, pytest.param(1, marks=pytest.mark.slow), pytest.param(2, marks=pytest.mark.slow)])
def test_kill_9_at_any_moment_loses_nothing_that_landed(seed, tmp_path):
    """S-1, S-5: what is found is what some write left, the last that landed or a later one; before the first, the one before."""
    random = Random(seed)  # noqa: S311
    path = tmp_path / "journal.db"
    earlier: Picture = {}
    for number in range(seed * ROUNDS, (seed + 1) * ROUNDS):
        landed = scribble_and_kill(path, number, random, tmp_path)
        found, told = opened(path, this_machine())
        assert told == ""
        pictures = [earlier, *(picture for _, _, picture in islice(writes(number), landed + 10))]
        assert found in pictures[landed:], f"seed {number}, {landed} landed"
        earlier = found


def scribble_and_kill(path, seed, random, folder) -> int:
    """Let a process write, kill it some time after its start or its first landing, and return how many have landed."""
    command = (sys.executable, "-m", "tests.store.scribbler", path, str(seed))
    program = Program("scribbler", command, folder / "log", stdout=subprocess.PIPE)
    first = b""
    try:
        if random.random() < 0.7:
            first = program.stdout.readline()
            time.sleep(random.uniform(0.0, 0.2))
        else:
            time.sleep(random.uniform(0.1, 0.5))
    finally:
        program.signal(signal.SIGKILL)
        lines = (first + program.stdout.read()).decode().splitlines()
        program.kill()
    assert lines == [str(number) for number in range(1, len(lines) + 1)], program.tail()
    return len(lines)
