"""Who is told whom he talks to, and what became of a call: read off the phones' own SIP (P-16, P-17, S-3).

Each in both ways of joining people: the PBX does it (`release`), or the box stays between them (`anchor`).
"""

import re
import time

import pytest

from tests.e2e.company import CUSTOMER, happened, park, two_way, wait_music, wait_text, with_chord
from tests.lab.people import pick_up
from tests.lab.sip_text import Party

pytestmark = pytest.mark.e2e

ANNA, JENS, PETRA, PETER = (
    Party("102", "Anna Schmidt"),
    Party("103", "Jens Kaya"),
    Party("104", "Petra Lang"),
    Party("101", "Peter Berger"),
)
ODD_NAME = "Öz & Söhne, <sip:1@x>; 100%25 \U0001f514"


@pytest.fixture(params=["release", "anchor"])
def mode(request):
    return request.param


@pytest.fixture
def box(start_box, mode):
    def configure(config):
        with_chord(config)
        config["sip"]["account"][0]["retrieve"] = mode
        config["park"]["recall_after"] = 30

    return start_box(configure)


def settled(box, mode):
    """Wait until the PBX has joined them without us, where that is asked for."""
    if mode == "release":
        box.wait_for("released")
    else:
        assert not happened(box, "released")


@pytest.mark.rule("P-16")
def test_each_sees_whom_he_talks_to(box, phones, mode):
    """P-16: "the retriever's phone shows the real caller (name and number), and the caller's side sees the retriever"."""
    there, _ = park(box, *phones.get("customer", "101"), "*68102", "102")
    taking = phones["103"].dial("*88102").wait_answered()
    assert taking.wait_shown(CUSTOMER.number) == CUSTOMER
    assert there.wait_shown("103") == JENS
    two_way(there, taking)
    settled(box, mode)


@pytest.mark.rule("P-16", "P-18")
def test_a_phone_that_is_called_for_him_shows_him_and_is_shown(box, phones):
    there, _ = park(box, *phones.get("customer", "101"), "*68102", "102")
    box.ask(do="retrieve", place="102", to="103")
    taking = phones["103"].incoming().wait_answered()
    assert taking.shown == CUSTOMER
    assert there.wait_shown("103") == JENS
    assert taking.wait_shown(CUSTOMER.number) == CUSTOMER
    two_way(there, taking)


@pytest.mark.rule("P-16", "P-21")
def test_after_a_recall_the_reason_gives_way_to_the_caller(box, phones):
    """P-21: it says "Rückruf" while it rings; then it is a call like any other."""
    there, _ = park(box, *phones.get("customer", "101"), "*68102", "102")
    back = phones["101"].incoming(limit=60)
    assert back.shown == Party(CUSTOMER.number, "Rückruf 102 · Müller")
    pick_up(back)
    back.wait_for("shown", number=CUSTOMER.number, name="Müller")
    assert there.wait_shown("101") == PETER
    two_way(there, back)


@pytest.mark.rule("P-16")
def test_a_name_reaches_the_display_as_it_was_sent(box, phones, callers):
    """Through the PBX, the box and the PBX again; no quotes and backslashes, which Asterisk 22 escapes once more each time."""
    caller = callers("101", hold=60, caller=("+49301112222", ODD_NAME))
    here = phones["101"].incoming().answer()
    assert here.shown == Party("+49301112222", ODD_NAME)
    here.wait_for("rtp")
    here.blind_transfer("*68102")
    box.wait_for("parked", place="102")
    taking = phones["103"].dial("*88102").wait_answered()
    assert taking.wait_shown("+49301112222") == Party("+49301112222", ODD_NAME)
    taking.hang_up()
    caller.wait()


@pytest.mark.rule("P-16")
def test_a_caller_who_hides_stays_hidden(box, phones, callers):
    caller = callers("101", hold=60, caller=("anonymous", "Anonymous"), headers={"Privacy": "id"})
    here = phones["101"].incoming().answer()
    here.wait_for("rtp")
    here.blind_transfer("*68102")
    box.wait_for("parked", place="102")
    assert not any(box.place("102")["caller"].values())
    box.ask(do="retrieve", place="102", to="103")
    taking = phones["103"].incoming().wait_answered()
    assert taking.shown == Party("anonymous", "Anonymous")
    assert "Privacy: id" in taking.invite["text"]
    taking.hang_up()
    caller.wait()


@pytest.mark.rule("P-17")
def test_the_parker_gets_a_text_that_says_who_took_his_call(box, phones):
    """P-17: "102: geholt von Anna nach 42 s"."""
    park(box, *phones.get("customer", "101"), "*68102", "102")
    phones["103"].dial("*88102").wait_answered()
    wait_text(phones["101"], r"102: geholt von Jens.* nach \d+ s")
    came = [one for one in phones["101"].happenings if one.what == "message"]
    assert {one["number"] for one in came} == {"800"}
    assert all(one["kind"].startswith("text/plain") for one in came)


def anchored(config):
    with_chord(config)
    config["sip"]["account"][0]["retrieve"] = "anchor"


@pytest.mark.rule("P-16")
def test_a_caller_who_is_passed_on_sees_to_whom(start_box, phones):
    """The PBX tells the box who is at the far side now, and the box tells the caller."""
    box = start_box(anchored)
    there, _ = park(box, *phones.get("customer", "101"), "*68102", "102")
    taking = phones["103"].dial("*88102").wait_answered()
    assert there.wait_shown("103") == JENS
    two_way(there, taking)
    _, beyond = phones.get("103", "104")
    asking = taking.hold().phone.dial("104")
    there_too = beyond.incoming().answer()
    asking.wait_answered().wait_for("rtp")
    taking.attended_transfer(asking)
    assert there.wait_shown("104") == PETRA
    assert there_too.wait_shown(CUSTOMER.number) == CUSTOMER
    two_way(there, there_too)


# -- the box dies ------------------------------------------------------------------------------------------------------


@pytest.mark.rule("P-16", "S-2")
def test_two_who_are_taken_over_see_each_other_again(start_box, phones):
    box = start_box(anchored)
    there, _ = park(box, *phones.get("customer", "101"), "*68102", "102")
    taking = phones["103"].dial("*88102").wait_answered()
    assert there.wait_shown("103") == JENS
    assert taking.wait_shown(CUSTOMER.number) == CUSTOMER
    two_way(there, taking)
    box.kill()
    at = time.monotonic()
    box.start()
    there.wait_for("shown", after=at, number="103", name=JENS.name)
    taking.wait_for("shown", after=at, number=CUSTOMER.number, name=CUSTOMER.name)
    two_way(there, taking)


@pytest.mark.rule("S-3")
def test_the_parker_of_a_lost_caller_gets_a_text_and_a_call(start_box, phones):
    box = start_box(with_chord)
    there, _ = park(box, *phones.get("customer", "101"), "*68102", "102")
    wait_music(there)
    box.kill()
    there.hang_up()
    box.start()
    phones["101"].incoming().answer().hang_up()
    lost = f"Der geparkte Anruf von Müller ({CUSTOMER.number}) ist abgerissen. Bitte zurückrufen."
    wait_text(phones["101"], re.escape(lost))
