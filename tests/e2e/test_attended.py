"""Attended park: Peter asks the box first, hears where, and completes the transfer or does not (P-3)."""

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


def configure(config):
    with_chord(config)
    config["park"]["display_time"] = 2


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


def test_the_parker_completes_before_the_words_end(box, phones):
    before = announcements(box)
    there, here, asking = asked(box, phones)
    asking.wait_for("rtp")
    here.attended_transfer(asking)
    parked = box.wait_for("parked", place="102")
    assert (parked["caller"]["number"], parked["by"]["number"]) == (CUSTOMER.number, "101")
    wait_music(there)
    asking.wait_ended()
    assert announcements(box) == [*before, ANNOUNCED]
    assert box.status()["legs"] == 1


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


def test_a_parker_who_stays_for_the_display_time_has_parked(box, phones):
    before = announcements(box)
    there, here, asking = asked(box, phones)
    began = wait_told(asking, box, CONFIRMED)
    parked = box.wait_for("parked", place="102")
    assert parked.at - began > 2
    assert parked["by"]["number"] == "101"
    here.attended_transfer(asking)
    box.wait_status(
        lambda status: any((place["caller"] or {}).get("number") == CUSTOMER.number for place in status["places"]),
        "the caller is known once the transfer is completed",
    )
    wait_music(there)
    asking.wait_ended()
    assert len(happened(box, "parked")) == 1
    assert announcements(box) == [*before, ANNOUNCED]


def test_the_caller_who_hangs_up_meanwhile_leaves_nothing(box, phones):
    there, here, asking = asked(box, phones)
    wait_told(asking, box, CONFIRMED)
    there.hang_up()
    here.wait_ended()
    asking.hang_up()
    box.wait_idle()
    assert not happened(box, "parked")
