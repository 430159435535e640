"""What became of a call is told afterwards: one record, also over a crash of the box (P-33, S-3)."""

import json

import pytest

from tests.e2e.company import park, two_way, wait_music, with_chord
from tests.lab.process import until

pytestmark = pytest.mark.e2e


def history(box, *more):
    answer = box.cli("history", "--json", *more)
    assert answer.returncode == 0, answer.stderr
    return json.loads(answer.stdout)


def ended(box, count):
    """Wait until so many records are complete; return them."""

    def complete():
        found = history(box)["records"]
        return found if len(found) == count and all(one["ending"] for one in found) else None

    return until(complete, f"{count} calls have ended", tail=box.tail)


@pytest.mark.rule("P-33", "S-2")
def test_a_call_that_outlived_a_crash_is_one_record_with_its_wait_its_taker_and_its_announcements(start_box, phones):
    box = start_box(lambda config: (with_chord(config), config.update(announce={"repeat_every": 5.0})))
    there, parked = park(box, *phones.get("customer", "101"), "*68102", "102")
    wait_music(there)
    box.kill()
    box.start()
    wait_music(there)
    box.wait_place("102", "parked")
    taking = phones["103"].dial("*88102").wait_answered()
    taken = box.wait_for("retrieved", place="102")
    two_way(there, taking)
    (record,) = ended(box, 1)
    assert (record["place"], record["ending"], record["taker"]["number"]) == ("102", "retrieved", "103")
    assert (record["parker"]["number"], record["caller"]["number"]) == ("101", there.phone.line.number)
    assert record["waited"] == pytest.approx(taken.at - parked.at, abs=2)
    assert record["announcements"] >= 1
    steps = [step["what"] for step in record["steps"]]
    assert (steps[0], steps[-1]) == ("parked", "retrieved")
    assert "coming_back" in steps

    lines = box.cli("history", "--place", "102").stdout.splitlines()
    assert len(lines) == 2
    assert "retrieved" in lines[1]
    assert box.cli("history", "--place", "103").stdout == "no parked calls\n"


@pytest.mark.rule("P-33", "S-3")
def test_history_says_lost_of_who_hung_up_while_the_box_was_down_and_statistics_count_him(start_box, phones):
    box = start_box(with_chord)
    caller, parker = phones.get("customer", "101")
    there, _ = park(box, caller, parker, "*68102", "102")
    wait_music(there)  # he has answered, and the box has had time to write it down
    box.kill()
    there.hang_up()
    box.start()
    box.wait_place("102", "free")
    telling = parker.incoming()
    telling.answer()
    telling.wait_ended()
    again, _ = park(box, caller, parker, "*68103", "103")
    again.hang_up()
    box.wait_for("abandoned", place="103")
    lost, abandoned = ended(box, 2)
    assert (lost["place"], lost["ending"]) == ("102", "lost")
    assert (abandoned["place"], abandoned["ending"]) == ("103", "abandoned")

    answer = json.loads(box.cli("history", "--statistics", "--json").stdout)
    assert (answer["parked"], answer["endings"]) == (2, {"abandoned": 1, "lost": 1})
    assert answer["by_place"] == {"102": 1, "103": 1}
    assert answer["timezone"] == "Europe/Berlin"
    assert "lost                       1 (50.0 %)" in box.cli("history", "--statistics").stdout
