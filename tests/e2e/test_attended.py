"""Attended park: Peter asks the box first, hears where, and completes the transfer or does not (P-3): what is said and seen.

Every moment at which he may complete it is in `test_attended_moments`, every sign of that in `test_attended_signs`.
"""

import pytest

from tests.e2e.company import (
    CUSTOMER,
    PERSON,
    connect,
    consult,
    happened,
    two_way,
    wait_music,
    wait_said,
    wait_silent,
    wait_told,
    with_chord,
)
from tests.lab import hearing

pytestmark = [pytest.mark.e2e, pytest.mark.rule("P-3")]

ANNOUNCED = PERSON.format(name="Anna, Filialleitung", place="1 0 2")
CONFIRMED = "Geparkt auf 1 0 2."
DISPLAY_TIME = 4
"""Seconds; the words take two more, so that only a sign parks sooner."""


def configure(config):
    with_chord(config)
    config["park"]["display_time"] = DISPLAY_TIME


def announcements(box):
    """Return every text that was to be said so far."""
    lines = box.log.read_text().splitlines()
    return [line.partition("text='")[2].rstrip("')") for line in lines if "order Announce(" in line]


def asked(box, phones):
    """Let a customer call Peter, who asks the box for 102; return the customer's call and both of Peter's."""
    wait_silent(box)
    there, here = connect(*phones.get("customer", "101"))
    return there, here, consult(here, "*68102")


def test_the_parker_hears_where_and_then_completes(box, phones, loudspeaker):
    before = announcements(box)
    there, here, asking = asked(box, phones)
    wait_told(asking, box, CONFIRMED)
    assert announcements(box) == before
    assert not happened(box, "parked")
    assert box.lamp("office", "5") == "off"
    at = here.attended_transfer(asking)
    parked = box.wait_for("parked", place="102")
    assert (parked["caller"]["number"], parked["caller"]["name"]) == (CUSTOMER.number, CUSTOMER.name)
    assert parked["by"]["number"] == "101"
    here.wait_ended()
    asking.wait_ended()
    wait_music(there)
    wait_said(loudspeaker, box, ANNOUNCED, at)
    assert len(happened(box, "parked")) == 1
    assert announcements(box) == [*before, ANNOUNCED]
    print(f"\nparked {1000 * (parked.at - at):.0f} ms after the transfer was completed")


def test_the_parker_gives_up_and_nothing_is_parked(box, phones, loudspeaker):
    before = announcements(box)
    there, here, asking = asked(box, phones)
    wait_told(asking, box, CONFIRMED)
    asking.hang_up()
    ended = asking.wait_ended()
    box.wait_idle()
    two_way(there, here.unhold())
    assert not happened(box, "parked")
    assert announcements(box) == before
    quiet = loudspeaker.wait_heard(1.0, ended.at)
    assert hearing.level(quiet) < hearing.QUIET


def test_the_caller_who_hangs_up_meanwhile_leaves_nothing(box, phones):
    there, here, asking = asked(box, phones)
    wait_told(asking, box, CONFIRMED)
    there.hang_up()
    here.wait_ended()
    asking.hang_up()
    box.wait_idle()
    assert not happened(box, "parked")


def test_a_caller_who_hides_his_number_is_parked_too(box, phones, callers):
    """P-3: he is not the parker, and that is sign enough; who answers for him is still known."""
    caller = callers("101", hold=60, caller=("anonymous", "Anonymous"), headers={"Privacy": "id"})
    here = phones["101"].incoming().answer()
    here.wait_for("rtp")
    asking = consult(here, "*68102")
    at = here.attended_transfer(asking)
    parked = box.wait_for("parked", place="102")
    assert parked.at - at < DISPLAY_TIME
    assert (any(parked["caller"].values()), parked["by"]["number"]) == (False, "101")
    asking.wait_ended()
    phones["103"].dial("*88102").wait_answered().hang_up()
    caller.wait()
    assert len(happened(box, "parked")) == 1
