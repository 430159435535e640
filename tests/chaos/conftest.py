"""The short form: one PBX and one crowd for all, one box for those who can share it."""

from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random

import pytest

from tests.chaos import report
from tests.chaos.ledger import Verdict
from tests.chaos.site import Exchange, Site, exchange, keep_evidence, site
from tests.chaos.stage import Stage
from tests.lab.pbx import VARIABLE, rootfs

CALLERS = 12
SEED = 20


@pytest.fixture(scope="session")
def where(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Exchange]:
    """The PBX, the crowd around it and its phones."""
    if rootfs() is None:
        pytest.fail(f"{VARIABLE} names no root file system with Asterisk: run scripts/test")
    with exchange(tmp_path_factory.mktemp("pbx")) as made:
        yield made


@pytest.fixture
def stage(where: Exchange, tmp_path: Path) -> Stage:
    """A stage where nothing takes longer than it must."""
    return Stage(tmp_path, where, outage=8.0, storm=3.0, patient=False)


@pytest.fixture(scope="module")
def _sites(where: Exchange, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    verdict = Verdict("end")
    with site(tmp_path_factory.mktemp("box"), where, CALLERS, about=verdict) as made:
        yield made
        made.ledger.judge_fetching(verdict, made.ledger.callers)
        made.ledger.judge_end(verdict)
    assert verdict.good, verdict


@pytest.fixture
def shared(_sites: Site) -> Site:
    """The box that goes on from test to test, with its callers and its past."""
    return _sites


@pytest.fixture
def dice() -> Random:
    """The same every time."""
    return Random(SEED)  # noqa: S311 - chaos that can be repeated


@pytest.fixture
def good(request: pytest.FixtureRequest) -> Callable[[Verdict], Verdict]:
    """Complain about a verdict that is not good, with evidence."""

    def check(verdict: Verdict) -> Verdict:
        if verdict.skipped:
            pytest.skip(verdict.skipped)
        if not verdict.good and "shared" in request.fixturenames:
            keep_evidence(request.getfixturevalue("shared"), verdict)
        if not verdict.good:
            pytest.fail("\n".join([report.table([verdict]), *verdict.notes]), pytrace=False)
        return verdict

    return check
