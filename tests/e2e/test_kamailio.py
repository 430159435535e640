"""A proxy as PBX: every dialog is between two phones, or a phone and the box, and so is every transfer and every take-over.

What is otherwise than with Asterisk: after a blind transfer the caller's own phone calls the box; an attended one is an INVITE
with Replaces; a call is given away, and after a crash asked back, by Replaces that the phones themselves obey. So a
call goes on as another call of the same phone: `wait_successor`. More of attended transfers: `test_attended_moments`.
"""

import dataclasses
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from tests.e2e.company import (
    CUSTOMER,
    PERSON,
    connect,
    consult,
    happened,
    park,
    press,
    two_way,
    wait_music,
    with_chord,
)
from tests.lab.box import Box, Json, company_config
from tests.lab.kamailio import Kamailio
from tests.lab.people import pick_up
from tests.lab.phone import Phone
from tests.lab.phones import Phones
from tests.lab.ports import Ports
from tests.lab.process import until
from tests.lab.sip_text import Party, party

pytestmark = pytest.mark.e2e

CONFIRMED = "Geparkt auf 1 0 2."
TAKEN = re.compile(r"102: geholt von Jens Kaya nach \d+ s")
ANNOUNCED = PERSON.format(name="Anna, Filialleitung", place="1 0 2")


@pytest.fixture(scope="module")
def proxy(tmp_path_factory) -> Iterator[Kamailio]:
    with Kamailio(tmp_path_factory.mktemp("kamailio")) as kamailio:
        yield kamailio


@pytest.fixture(scope="module")
def _phones(proxy, tmp_path_factory) -> Iterator[Phones]:
    with Phones(proxy, tmp_path_factory.mktemp("phones")) as phones:
        yield phones


@pytest.fixture
def phones(_phones) -> Iterator[Phones]:
    yield _phones
    _phones.reset()


@pytest.fixture(scope="module")
def ports() -> Iterator[Ports]:
    """The same for every box: the proxy knows them as one, and rings no earlier one."""
    with Ports() as ports:
        yield ports


@pytest.fixture
def start_box(proxy, phones, ports, tmp_path) -> Iterator[Callable[..., Box]]:
    """A box for one test; after it no leg and no parked call is left."""
    with ExitStack() as stack:
        boxes: list[Box] = []

        def start(change: Callable[[Json], object] = lambda _: None) -> Box:
            config = company_config(proxy, ports, card="sim")
            with_chord(config)
            change(config)
            boxes.append(stack.enter_context(Box(tmp_path / "box", config)))
            return boxes[-1]

        yield start
        phones.reset()
        for box in boxes:
            box.wait_idle()


@pytest.fixture
def box(start_box) -> Box:
    return start_box()


def anchored(config):
    config["sip"]["account"][0]["retrieve"] = "anchor"


def announcements(box):
    return [line for line in box.log.read_text().splitlines() if "order Announce(" in line]


def texts(phone):
    return [message["body"] for message in phone.happenings if message.what == "message"]


def unregister(phone):
    """Let the proxy forget a phone that is about to go, else every call to its number waits for it."""
    phone.register(renew=False)
    phone.wait_for("registration", active=False)


def crash(box):
    """End the box as a power cut would, and let it come back on the same folder."""
    box.kill()
    box.start()


# -- the proxy itself --------------------------------------------------------------------------------------------------


def test_two_phones_talk_and_the_proxy_says_who_calls(phones):
    there, here = connect(*phones.get("customer", "101"))
    assert here.shown == CUSTOMER
    two_way(there, here)
    there.hang_up()
    here.wait_ended()


def test_the_hunt_group_rings_everybody_and_one_gets_it(phones):
    customer, *members = phones.get("customer", "101", "102", "103")
    there = customer.dial("850")
    ringing = [member.incoming() for member in members]
    two_way(there, ringing[1].answer())
    assert [ringing[index].wait_ended()["code"] for index in (0, 2)] == [487, 487]


@pytest.mark.parametrize(("number", "code"), [("109", 480), ("999", 404)])
def test_who_is_not_there_and_who_does_not_exist(phones, number, code):
    assert phones["customer"].dial(number).wait_ended()["code"] == code


def test_a_wrong_password_is_of_no_use(proxy, phones, tmp_path):
    phones["101"]
    line = dataclasses.replace(proxy.line("102"), password="")
    with Phone(line, proxy.server, tmp_path / "stranger", register=False) as stranger:
        assert stranger.dial("101").wait_ended()["code"] in (401, 407)


def test_a_message_arrives(phones):
    peter, anna = phones.get("101", "102")
    peter.send_message("102", "102: geholt von Anna")
    assert anna.wait_for("message")["body"] == "102: geholt von Anna"


def test_a_proxy_that_was_killed_takes_calls_again(tmp_path):
    """It knows no calls, so they go on; who is registered it has forgotten."""
    with Kamailio(tmp_path / "kamailio") as proxy, Phones(proxy, tmp_path) as phones:
        there, here = connect(*phones.get("customer", "101"))
        proxy.kill()
        proxy.start()
        two_way(there, here)
        there.hang_up()
        ended = here.wait_ended()
        assert there.phone.dial("101").wait_ended()["code"] == 480
        here.phone.register()
        here.phone.wait_for("registration", after=ended.at, code=200)
        connect(there.phone, here.phone)


# -- parking and retrieving --------------------------------------------------------------------------------------------


@pytest.mark.rule("P-2", "P-4", "P-13", "P-16", "P-17", "P-32")
def test_a_blind_transfer_parks_and_the_call_is_given_to_who_dials_for_it(box, phones):
    """P-16: the caller's phone itself is asked to call who takes him, so it knows the number. P-17: the parker gets a text."""
    there, parked = park(box, *phones.get("customer", "101"), "*68102", "102")
    assert parked["caller"] == {"number": CUSTOMER.number, "name": CUSTOMER.name}
    assert parked["by"]["number"] == "101"
    there = there.wait_successor()
    wait_music(there)
    assert [ANNOUNCED in line for line in announcements(box)] == [True]
    taking = phones["103"].dial("*88102").wait_answered()
    box.wait_for("released")
    taking = taking.wait_successor()
    two_way(there.wait_successor(), taking)
    assert taking.shown == CUSTOMER
    assert party(there.wait_for("referred")["to"]).number == "103"
    until(
        lambda: any(map(TAKEN.fullmatch, texts(phones["101"]))),
        "the parker reads who took him",
        tail=phones["101"].tail,
    )
    assert box.status()["legs"] == 0


@pytest.mark.rule("P-16")
def test_who_stays_in_the_box_is_shown_by_the_box_itself(start_box, phones):
    """P-16: in anchor mode nobody but the box can tell the two phones whom they talk to, and it does."""
    box = start_box(anchored)
    there, _ = park(box, *phones.get("customer", "101"), "*68102", "102")
    there = there.wait_successor()
    taking = phones["103"].dial("*88102").wait_answered()
    two_way(there, taking)
    assert taking.wait_shown(CUSTOMER.number) == CUSTOMER
    assert there.wait_shown("103") == Party("103", "Jens Kaya")
    assert box.status()["legs"] == 2


@pytest.mark.rule("P-3", "S-2")
def test_an_attended_transfer_that_is_completed_late_is_the_same_park_also_after_a_crash(start_box, phones):
    box = start_box(lambda config: config["park"].update(display_time=2))
    there, here = connect(*phones.get("customer", "101"))
    asking = consult(here, "*68102")
    box.wait_for("parked", place="102")
    here.attended_transfer(asking)
    box.wait_status(
        lambda status: any((place["caller"] or {}).get("number") == CUSTOMER.number for place in status["places"]),
        "the caller is known once the transfer is completed",
    )
    there = there.wait_successor()
    wait_music(there)
    asking.wait_ended()
    assert len(happened(box, "parked")) == 1
    assert box.status()["legs"] == 1
    crash(box)
    wait_music(there.wait_successor())


@pytest.mark.rule("P-18", "B-3")
def test_a_key_fetches_the_call(box, phones):
    there, _ = park(box, *phones.get("customer", "101"), "*68102", "102")
    there = there.wait_successor()
    jens = phones["103"]
    press(box, "office", "5", "102")
    taking = jens.incoming().wait_answered()
    assert taking.shown == CUSTOMER
    box.wait_for("released")
    two_way(there.wait_successor(), taking.wait_successor())


@pytest.mark.rule("P-5", "P-26")
def test_onto_a_taken_place_the_parker_is_rung_back_with_his_caller(box, phones):
    customer, huber, peter = phones.get("customer", "customer2", "101")
    park(box, customer, peter, "*68102", "102")
    there, here = connect(huber, peter)
    here.blind_transfer("*68102")
    back = peter.incoming()
    assert (back.shown.number, back.shown.name) == ("+4989555123", "Platz 102 belegt · Huber")
    pick_up(back)
    there = there.wait_successor()
    two_way(there.wait_successor(), back.wait_successor())


@pytest.mark.rule("P-13")
def test_the_phone_that_dialled_gets_the_call_and_not_another_one_of_its_number(box, proxy, phones, tmp_path):
    with Phone(proxy.line("103"), proxy.server, tmp_path / "second") as second:
        there, _ = park(box, *phones.get("customer", "101", "103")[:2], "*68102", "102")
        there = there.wait_successor()
        taking = second.dial("*88102").wait_answered()
        two_way(there.wait_successor(), taking.wait_successor())
        assert not phones["103"].calls
        unregister(second)


# -- after a crash -----------------------------------------------------------------------------------------------------


@pytest.mark.rule("S-1", "S-2")
def test_a_parked_caller_hears_music_again_after_a_crash_and_is_retrieved(box, phones):
    there, _ = park(box, *phones.get("customer", "101"), "*68102", "102")
    there = there.wait_successor()
    wait_music(there)
    crash(box)
    there = there.wait_successor()
    wait_music(there)
    place = box.wait_place("102", "parked")
    assert place["caller"] == {"number": CUSTOMER.number, "name": CUSTOMER.name}
    assert place["parker"]["number"] == "101"
    assert box.status()["legs"] == 1
    taking = phones["103"].dial("*88102").wait_answered()
    box.wait_for("released")
    two_way(there.wait_successor(), taking.wait_successor())


@pytest.mark.rule("S-2")
def test_a_pair_that_talks_through_the_box_talks_again_after_a_crash(start_box, phones):
    """S-2: whoever called whom; of the phones that a number rings only the one with the dialog gives it back."""
    box = start_box(anchored)
    customer, peter, anna, jens = phones.get("customer", "101", "102", "103")
    for other in (peter, anna):
        other.behave(obey_auto_answer=False)
    there = park(box, customer, peter, "*68102", "102")[0].wait_successor()
    box.ask(do="retrieve", place="102", to="850")
    taking = jens.incoming().wait_answered()
    two_way(there, taking)
    crash(box)
    there, taking = there.wait_successor(), taking.wait_successor()
    two_way(there, taking)
    assert box.status()["legs"] == 2
    taking.hang_up()
    there.wait_ended()


@pytest.mark.rule("S-2")
def test_the_phone_that_waits_gives_its_call_back_and_not_another_one_of_its_number(box, proxy, phones, tmp_path):
    with Phone(proxy.line("customer"), proxy.server, tmp_path / "second") as second:
        peter = phones.get("customer", "101")[1]
        there, _ = park(box, second, peter, "*68102", "102")
        there = there.wait_successor()
        wait_music(there)
        crash(box)
        wait_music(there.wait_successor())
        assert not phones["customer"].calls
        unregister(second)


@pytest.mark.rule("S-2")
def test_who_hides_his_number_is_there_again_after_a_crash(start_box, phones):
    """S-2: the proxy knows him by P-Asserted-Identity, with which it names him to the box alone (RFC 3323, RFC 3325)."""
    box = start_box(anchored)
    there, _ = park(box, *phones.get("customer", "101"), "*68102", "102")
    there = there.wait_successor()
    hidden = {"From": '"Anonymous" <sip:anonymous@anonymous.invalid>', "Privacy": "id"}
    taking = phones["103"].dial("*88102", hidden).wait_answered()
    two_way(there, taking)
    crash(box)
    until(lambda: not box.status()["health"], "everybody is back, or lost", tail=box.tail)
    assert box.status()["legs"] == 2
    two_way(there.wait_successor(), taking.wait_successor())


@pytest.mark.rule("S-3")
def test_who_hung_up_while_the_box_was_dead_is_lost_and_the_parker_told(box, phones):
    there, _ = park(box, *phones.get("customer", "101"), "*68102", "102")
    there = there.wait_successor()
    wait_music(there)
    box.kill()
    there.hang_up()
    there.wait_ended()
    box.start()
    box.wait_place("102", "free")
    told = phones["101"].incoming()
    assert told.shown.number == CUSTOMER.number
    assert "102" in told.shown.name
