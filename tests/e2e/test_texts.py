"""Texts at people's phones: what became of a call (P-17), and that one waits for the owner of a place (P-32)."""

import pytest

from tests.e2e.company import park, texts, two_way, wait_text, with_chord

pytestmark = pytest.mark.e2e


def configure(config):
    with_chord(config)
    config["park"]["owner_alert"] = "message"


@pytest.mark.rule("P-17", "P-32")
def test_the_owner_is_told_who_waits_and_the_parker_who_took_him(box, phones):
    peter, anna = phones.get("101", "102")
    there, _ = park(box, phones["customer"], peter, "*68102", "102")
    assert anna.wait_for("message")["body"] == "Anruf von Müller geparkt auf 102, holen mit *88"
    taking = anna.dial("*88")
    two_way(there, taking)
    wait_text(peter, r"102: geholt von Anna Schmidt nach \d+ s")
    assert texts(peter)[0] == "Anruf von Müller geparkt auf 102"


@pytest.mark.rule("P-4")
def test_who_transfers_to_a_group_is_told_which_place_it_was(box, phones):
    """P-4: nobody was there to hear it."""
    peter = phones["101"]
    park(box, phones["customer"], peter, "*58", "101")
    wait_text(peter, "Anruf von Müller geparkt auf 101")


@pytest.mark.rule("P-17")
def test_the_parker_is_told_of_a_caller_who_hung_up(box, phones):
    peter = phones["101"]
    there, _ = park(box, phones["customer"], peter, "701", "701")
    there.hang_up()
    wait_text(peter, r"701: Müller hat nach \d+ s aufgelegt")


@pytest.mark.rule("P-17")
def test_who_takes_his_own_call_gets_no_text(box, phones):
    peter, jens = phones.get("101", "103")
    there, _ = park(box, phones["customer"], peter, "701", "701")
    own = peter.dial("701")
    two_way(there, own)
    second, _ = park(box, phones["customer2"], jens, "702", "702")
    second.hang_up()
    wait_text(jens, r"702: .* hat nach \d+ s aufgelegt")
    assert texts(peter) == ["Anruf von Müller geparkt auf 701"]
