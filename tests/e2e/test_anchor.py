"""Taking a call that stays in the box: because the site wants it so, or because the PBX refuses the REFER."""

import pytest

from tests.e2e.company import CUSTOMER, park, press, two_way, with_chord
from tests.lab.sip_text import Party

pytestmark = pytest.mark.e2e


def configure(config):
    with_chord(config)
    config["sip"]["account"][0]["retrieve"] = "anchor"


@pytest.mark.rule("P-13")
def test_in_anchor_mode_both_hear_each_other_through_the_box(box, phones):
    there, _ = park(box, *phones.get("customer", "101"), "*68102", "102")
    taking = phones["103"].dial("*88102").wait_answered()
    box.wait_for("retrieved", place="102")
    two_way(there, taking)
    assert box.status()["legs"] == 2


@pytest.mark.rule("P-16")
def test_in_anchor_mode_both_see_each_other(box, phones):
    there, _ = park(box, *phones.get("customer", "101"), "*68102", "102")
    taking = phones["103"].dial("*88102").wait_answered()
    assert taking.wait_shown(CUSTOMER.number) == CUSTOMER
    assert there.wait_shown("103") == Party("103", "Jens Kaya")
    two_way(there, taking)


@pytest.mark.rule("P-18", "B-3")
def test_in_anchor_mode_a_key_fetches_the_call(box, phones):
    there, _ = park(box, *phones.get("customer", "101"), "*68102", "102")
    press(box, "office", "5", "102")
    taking = phones["103"].incoming().wait_answered()
    assert taking.shown == CUSTOMER
    two_way(there, taking)
    assert box.status()["legs"] == 2


@pytest.mark.rule("P-13")
@pytest.mark.parametrize("who", ["caller", "taker"])
def test_when_one_hangs_up_the_other_is_hung_up(box, phones, who):
    there, _ = park(box, *phones.get("customer", "101"), "*68102", "102")
    taking = phones["103"].dial("*88102").wait_answered()
    two_way(there, taking)
    first, other = (there, taking) if who == "caller" else (taking, there)
    first.hang_up()
    other.wait_ended()
    box.wait_idle()
