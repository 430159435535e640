"""What the bench says of a thousand parks and retrieves in a row: memory that is kept, and legs that were not there."""

from dataclasses import replace

import pytest

from tests.bench.__main__ import judge
from tests.bench.contenders import OURS
from tests.bench.endurance import FLAT, Endurance, table

GOOD = Endurance(
    contender=OURS,
    places=64,
    calls=1024,
    legs=128,
    legs_left=0,
    warm=100.0,
    after=100.0 + FLAT - 0.1,
    waves=(100.0,),
    cpu_ms=20.0,
    written_kb=1.0,
)
BAD = {
    "grown": (replace(GOOD, after=100.0 + FLAT), "NOT FLAT"),
    "a leg left": (replace(GOOD, legs_left=1), "NOT FLAT"),
    "too few": (replace(GOOD, legs=127), "| 127 OF 128 |"),
}


def test_who_keeps_nothing_passes(capsys):
    assert judge([GOOD]) == 0
    assert capsys.readouterr().err == ""
    assert "| 128 | 0 | 100.0 | 105.9 | +5.9 flat |" in table([GOOD])


@pytest.mark.parametrize("what", BAD)
def test_who_keeps_something_or_was_not_full_fails_and_its_row_says_so(what, capsys):
    found, said = BAD[what]
    assert judge([GOOD, found]) == 1
    assert capsys.readouterr().err.startswith(f"{OURS}: ")
    assert said in table([found])
    assert found.as_json()["faults"]


def test_asterisk_is_measured_and_not_judged():
    assert judge([replace(BAD["grown"][0], contender="Asterisk")]) == 0
