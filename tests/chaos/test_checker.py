"""The suite is judged by bugs that it finds: each is seeded into the box, which otherwise runs as ever."""

from contextlib import contextmanager
from random import Random

import pytest

from tests.chaos import crashes
from tests.chaos.ledger import Verdict
from tests.chaos.site import site
from tests.lab.process import ROOT

pytestmark = pytest.mark.e2e

CALLERS = 4
ENOUGH = 5.0
"""Seconds after which nobody waits for a box of which it is known that it is broken."""

FORGETS = """
from appliance.store.journal import SqliteJournal
true = SqliteJournal.start
async def start(self):
    await true(self)
    return ()
SqliteJournal.start = start
"""
CONFUSES = """
from dataclasses import replace
from appliance.core import returning
true = returning.recovered
def recovered(turn, event):
    legs = list(event.legs)
    if len(legs) > 1:
        one, other = legs[:2]
        legs[:2] = [replace(one, dialog=other.dialog), replace(other, dialog=one.dialog)]
    true(turn, replace(event, legs=tuple(legs)))
returning.recovered = recovered
"""
HANGS_UP = """
from appliance.sip.pjsua import PjsuaSip
true = PjsuaSip.stop
async def stop(self, *, hang_up):
    await true(self, hang_up=True)
PjsuaSip.stop = stop
"""


@pytest.fixture
def buggy(where, tmp_path):
    """Run a box with a bug, and one caller on each of a few places."""

    @contextmanager
    def run(bug):
        seeded = tmp_path / "seeded"
        seeded.mkdir()
        (seeded / "sitecustomize.py").write_text(bug)
        with site(tmp_path / "box", where, CALLERS, environment={"PYTHONPATH": f"{seeded}:{ROOT}"}) as made:
            made.ledger.budget = made.ledger.patience = ENOUGH
            made.ledger.limit = ENOUGH / 2
            yield made
            made.ledger.leave(list(made.ledger.callers))
            made.pbx.wait_idle()

    return run


def dice():
    return Random(1)  # noqa: S311 - chaos that can be repeated


@pytest.mark.rule("S-5")
def test_a_box_that_forgets_loses_everybody(buggy):
    with buggy(FORGETS) as made:
        verdict = crashes.kill(made, dice(), CALLERS)
    assert (verdict.kept, len(verdict.lost)) == (0, CALLERS)


@pytest.mark.rule("S-5")
def test_a_box_that_confuses_two_callers_misjoins_them(buggy):
    with buggy(CONFUSES) as made:
        assert crashes.kill(made, dice(), CALLERS).kept == CALLERS  # by the music alone nobody would know
        verdict = Verdict("fetching")
        made.ledger.judge_fetching(verdict, made.ledger.callers)
    assert verdict.misjoined


@pytest.mark.rule("S-4")
def test_a_box_that_hangs_up_at_sigterm_loses_everybody(buggy):
    with buggy(HANGS_UP) as made:
        verdict = crashes.restart(made, dice(), CALLERS)
    assert len(verdict.lost) == CALLERS
    assert all("bye" in case for case in verdict.lost)
