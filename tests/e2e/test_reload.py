"""The file is changed while callers wait: who waits goes on, what is new holds, and a bad file changes nothing."""

import os
import signal

import pytest
import tomlkit

from tests.e2e.company import CUSTOMER, connect, happened, park, two_way, wait_music, wait_told, with_chord
from tests.lab.people import pick_up
from tests.lab.process import until

pytestmark = pytest.mark.e2e


def write(box, change):
    """Change the file, nothing else."""
    change(box.config)
    box.file.write_text(tomlkit.dumps(box.config))


def without_102(config):
    """Anna leaves: no place, no group and no key names her."""
    config["extension"] = [one for one in config["extension"] if one["number"] != "102"]
    config["group"][0]["places"].remove("102")
    for panel in config["panel"]:
        del panel["keys"]["5"]


def hunted(box):
    return [group["number"] for group in box.status()["hunt_groups"]]


def places(box):
    return {place["number"]: place["state"] for place in box.status()["places"]}


@pytest.mark.rule("P-1", "P-13", "P-14")
def test_a_place_that_is_no_more_keeps_its_call_until_it_is_fetched_and_a_new_one_can_be_parked_on(start_box, phones):
    box = start_box(with_chord)
    caller, other = phones.get("customer", "101")
    there, _ = park(box, caller, other, "*68102", "102")
    write(box, lambda config: (without_102(config), config["orbit"].append({"number": "704"})))
    os.kill(box.pid, signal.SIGHUP)
    until(lambda: places(box).get("704") == "free", "the new place is there", tail=box.tail)
    assert box.place("102")["kind"] == "removed"
    assert box.place("102")["state"] == "parked"
    wait_music(there)

    told = phones["103"].dial("*68102").wait_answered()
    wait_told(told, box, "Die Nummer 1 0 2 gibt es hier nicht.")
    told.hang_up()
    taking = phones["103"].dial("*88102").wait_answered()
    two_way(there, taking)
    taking.hang_up()
    there.wait_ended()
    box.wait_status(lambda status: "102" not in [place["number"] for place in status["places"]], "102 is gone")

    waiting, _ = park(box, caller, other, "704", "704")
    fetching = phones["103"].dial("704").wait_answered()
    two_way(waiting, fetching)


@pytest.mark.rule("P-19")
def test_a_place_that_is_no_more_calls_its_parker_back(start_box, phones):
    box = start_box(lambda config: (with_chord(config), config["park"].update(recall_after=30)))
    there, parked = park(box, *phones.get("customer", "101"), "*68102", "102")
    write(box, without_102)
    assert box.cli("reload").returncode == 0
    ringing = phones["101"].incoming(limit=60)
    assert ringing.invite.at - parked.at == pytest.approx(30, abs=4)
    assert "102" in ringing.shown.name
    pick_up(ringing)
    two_way(there, ringing)


def test_reload_tells_what_took_effect_and_what_needs_a_restart(start_box, phones):
    box = start_box()
    account = box.config["sip"]["account"][0]
    right = account["server"]
    write(box, lambda config: (config["park"].update(recall_after=90), account.update(server="192.0.2.1")))
    answer = box.cli("reload")
    assert (answer.returncode, answer.stdout) == (
        0,
        "took effect: park.recall_after\nneeds a restart: sip.account.pbx.server\n",
    )
    there, _ = park(box, *phones.get("customer", "101"), "*68102", "102")
    assert box.place("102")["recall_in"] > 60
    there.hang_up()
    account["server"] = right


def test_a_file_that_is_wrong_changes_nothing_and_is_told(start_box, phones):
    box = start_box(with_chord)
    there, _ = park(box, *phones.get("customer", "101"), "*68102", "102")
    before = box.status()["places"]
    write(box, lambda config: (without_102(config), config["park"].update(rounds=0)))
    answer = box.cli("reload")
    assert answer.returncode == 1
    assert "park.rounds" in answer.stderr
    os.kill(box.pid, signal.SIGHUP)
    until(lambda: "was not reloaded" in box.log.read_text(), "the log tells of it", tail=box.tail)
    after = box.status()["places"]
    assert [(one["number"], one["state"]) for one in after] == [(one["number"], one["state"]) for one in before]
    wait_music(there)
    taking = phones["103"].dial("*88102").wait_answered()
    two_way(there, taking)


@pytest.mark.rule("B-2")
def test_a_key_that_was_given_to_another_place_parks_there(start_box, phones):
    box = start_box()

    def change(config):
        config["panel"][0]["keys"]["1"] = {"place": "702"}

    write(box, change)
    assert box.cli("reload").stdout == "took effect: panel.counter.keys.1.place\n"
    box.press("counter", "1")
    caller, parker = phones.get("customer", "101")
    there, here = connect(caller, parker)
    box.wait_for("armed", place="702")
    here.blind_transfer("800")
    box.wait_for("parked", place="702")
    assert not happened(box, "lobby")
    there.hang_up()


@pytest.mark.rule("P-1", "P-27", "P-28", "P-31")
def test_a_hunt_group_that_was_added_rings_and_one_that_is_no_more_loses_nobody(start_box, phones):
    """P-28: SIGHUP and the new group is served. P-1, P-27: it is taken out while it rings, and the last resort has the caller."""
    box = start_box(with_chord)
    caller, reception, anna = phones.get("customer", "100", "102")
    service, night = ({"number": number, "name": "Service", "members": ["102"]} for number in ("860", "861"))
    write(box, lambda config: config.update(hunt_group=[service, night]))
    os.kill(box.pid, signal.SIGHUP)
    until(lambda: hunted(box) == ["860", "861"], "the groups are there", tail=box.tail)
    there = caller.dial("860").wait_answered()
    two_way(there, pick_up(anna.incoming()))
    there.hang_up()
    box.wait_idle()

    there = caller.dial("860").wait_answered()
    ringing = anna.incoming()
    write(box, lambda config: config.update(hunt_group=[night]))
    assert box.cli("reload").stdout == "took effect: hunt_group.860\n"
    assert hunted(box) == ["861"]
    assert ringing.wait_ended()["code"] == 487
    rung = reception.incoming()
    assert rung.shown == CUSTOMER
    assert not there.over
    two_way(there, pick_up(rung))
    assert box.wait_for("handed_over")["detail"] == "last_resort"
