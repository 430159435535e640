"""Who has logged out of a hunt group is kept on the disk (P-30)."""

import json
from pathlib import Path

import pytest

from appliance.core.events import AdapterFault, Event
from appliance.core.ids import Party, Place
from appliance.core.orders import Report, What
from appliance.store.logouts import Logouts


def out(group: str, member: str) -> Report:
    return Report(What.LOGGED_OUT, by=Party(member), detail=group)


def back(group: str, member: str) -> Report:
    return Report(What.LOGGED_IN, by=Party(member), detail=group)


def kept(path: Path, *reports: Report) -> list[Event]:
    """One process that reads the file and is told these reports; returns what it posted."""
    posted: list[Event] = []
    logouts = Logouts(path, posted.append)
    logouts.read()
    for report in reports:
        logouts.tell(report)
    logouts.stop()
    return posted


@pytest.mark.rule("P-30")
def test_the_next_process_knows_who_had_logged_out(tmp_path):
    path = tmp_path / "logouts.json"
    kept(path, out("850", "101"), out("850", "102"), out("860", "101"), back("850", "101"))
    assert Logouts(path, print).read() == {"850": {"102"}, "860": {"101"}}


@pytest.mark.rule("P-30")
def test_what_it_read_it_goes_on_keeping(tmp_path):
    path = tmp_path / "logouts.json"
    kept(path, out("850", "101"))
    kept(path, out("860", "102"))
    assert json.loads(path.read_text()) == {"850": ["101"], "860": ["102"]}


@pytest.mark.rule("P-30")
def test_without_a_file_everybody_is_there(tmp_path):
    posted = kept(tmp_path / "logouts.json")
    assert posted == []


@pytest.mark.rule("P-30")
@pytest.mark.parametrize("text", ["", "{", "[]", '{"850": "101"}', '{"850": [101]}', "\x00"])
def test_a_file_that_is_broken_is_told_and_counts_as_none(tmp_path, text):
    path = tmp_path / "logouts.json"
    path.write_text(text)
    (told,) = kept(path)
    assert isinstance(told, AdapterFault)
    assert told.adapter == "logouts"
    kept(path, out("850", "101"))
    assert Logouts(path, print).read() == {"850": {"101"}}


@pytest.mark.rule("P-30")
def test_a_disk_that_refuses_is_told_and_forgotten_when_it_takes_the_next(tmp_path):
    path = tmp_path / "not-there" / "logouts.json"
    posted: list[Event] = []
    logouts = Logouts(path, posted.append)
    logouts.read()
    logouts.tell(out("850", "101"))
    logouts.stop()
    (told,) = posted
    assert isinstance(told, AdapterFault)
    assert told.detail.endswith("who logs out now is logged in after a restart")
    path.parent.mkdir()
    assert kept(path, out("850", "101")) == [AdapterFault("logouts", "")]


def test_other_reports_are_none_of_its_business(tmp_path):
    path = tmp_path / "logouts.json"
    kept(path, Report(What.PARKED, Place("102"), by=Party("101"), detail="850"), back("850", "101"))
    assert not path.exists()
