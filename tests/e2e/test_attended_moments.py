"""When the parker completes, and when he does not: every moment of an attended transfer, with a PBX and with a proxy (P-3).

Asterisk joins the two calls and names the caller in a re-INVITE. With Kamailio the caller's own phone calls the box with
Replaces, so that his call goes on as another one: `Shop.held`.
"""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import pytest

from tests.e2e.company import (
    CUSTOMER,
    HUBER,
    PERSON,
    connect,
    consult,
    happened,
    park,
    two_way,
    wait_music,
    wait_told,
    wait_voice,
    with_chord,
)
from tests.lab import hearing
from tests.lab.box import Box, company_config
from tests.lab.kamailio import Kamailio
from tests.lab.people import pick_up
from tests.lab.phone import Call
from tests.lab.phones import Phones
from tests.lab.ports import Ports
from tests.lab.process import until
from tests.lab.sip_text import Party

pytestmark = [pytest.mark.e2e, pytest.mark.rule("P-3")]

CONFIRMED = "Geparkt auf 1 0 2."
ANNOUNCED = PERSON.format(name="Anna, Filialleitung", place="1 0 2")
DISPLAY_TIME = 4
"""Seconds; long enough to complete in time on a machine under load."""
REJECT = 425.0
"""Hz; Germany's fast busy."""


@dataclass(frozen=True, slots=True)
class Shop:
    """A box, and the phones of the PBX or proxy that it is registered at."""

    box: Box
    phones: Phones
    proxied: bool

    def held(self, call: Call) -> Call:
        """Return the call as which somebody's goes on once it was transferred or taken over."""
        return call.wait_successor() if self.proxied else call

    def consulted(self, number: str, caller: str = "customer", parker: str = "101") -> tuple[Call, Call, Call]:
        """Let a customer call a parker who asks the box: the customer's call and both of the parker's."""
        there, here = connect(*self.phones.get(caller, parker))
        return there, here, consult(here, number)

    def records(self) -> list[dict[str, Any]]:
        """Return what `parkdeck history` tells."""
        found: list[dict[str, Any]] = self.box.ask(do="history", since=0.0, place="", limit=1000)["records"]
        return found


@pytest.fixture(scope="module", params=["asterisk", "kamailio"])
def _shop(request, tmp_path_factory) -> Iterator[Shop]:
    proxied = request.param == "kamailio"
    with ExitStack() as stack:
        if proxied:
            pbx = stack.enter_context(Kamailio(tmp_path_factory.mktemp("kamailio")))
            phones = stack.enter_context(Phones(pbx, tmp_path_factory.mktemp("phones")))
        else:
            pbx, phones = request.getfixturevalue("pbx"), request.getfixturevalue("_phones")
        config = company_config(pbx, stack.enter_context(Ports()), card="sim")
        with_chord(config)
        config["park"]["display_time"] = DISPLAY_TIME
        yield Shop(stack.enter_context(Box(tmp_path_factory.mktemp("box"), config)), phones, proxied)


@pytest.fixture
def shop(_shop) -> Iterator[Shop]:
    """The box without a call and without a past; after the test no leg and no parked call is left."""
    _shop.box.events.clear()
    yield _shop
    _shop.phones.reset()
    _shop.box.wait_idle()


@pytest.fixture
def news(shop):
    """What was recorded and what announced since the test began."""
    records, said = len(shop.records()), len(announcements(shop.box))
    return lambda: (shop.records()[records:], announcements(shop.box)[said:])


def announcements(box):
    lines = box.log.read_text().splitlines()
    return [line.partition("text='")[2].rstrip("')") for line in lines if "order Announce(" in line]


def is_one_park(shop, news, waiting, place="102", announced=ANNOUNCED):
    """Check that the customer is parked by Peter: one place taken, one leg, one announcement, and in the end one record."""
    who = {"number": CUSTOMER.number, "name": CUSTOMER.name}
    status = shop.box.wait_status(
        lambda status: status["legs"] == 1 and any(one["caller"] == who for one in status["places"]),
        "one leg is left, and the caller is known",
    )
    (taken,) = [one for one in status["places"] if one["state"] != "free"]
    assert (taken["number"], taken["state"], taken["parker"]["number"]) == (place, "parked", "101")
    (event,) = happened(shop.box, "parked")
    assert (event["place"], event["by"]["number"]) == (place, "101")
    waiting.hang_up()
    (record,), said = ended(shop, news)
    assert (record["place"], record["caller"], record["parker"]["number"]) == (place, who, "101")
    assert [step["what"] for step in record["steps"]] == ["parked", "abandoned"]
    assert (said, record["announcements"]) == ([announced], 1)


def ended(shop, news):
    """Wait until every call that was parked has ended; return the news."""
    shop.box.wait_idle()
    until(lambda: all(one["ending"] for one in news()[0]), "every record is complete", tail=shop.box.tail)
    return news()


def is_no_park(shop, news):
    """Check that nothing is parked, recorded or announced, and that no leg is left."""
    shop.box.wait_idle()
    assert not happened(shop.box, "parked")
    assert news() == ([], [])


# -- completed ---------------------------------------------------------------------------------------------------------


def heard_to_its_end(asking, box):
    wait_told(asking, box, CONFIRMED)


def while_it_is_said(asking, _box):
    wait_voice(asking)


@pytest.mark.parametrize("moment", [while_it_is_said, heard_to_its_end])
def test_completed_in_time_it_is_one_park_of_the_caller(shop, news, moment):
    """P-3: the confirmation may be over, within the display time, or still be spoken."""
    there, here, asking = shop.consulted("*68102")
    moment(asking, shop.box)
    assert not happened(shop.box, "parked")
    assert news() == ([], [])
    here.attended_transfer(asking)
    parked = shop.box.wait_for("parked", place="102")
    assert parked["caller"] == {"number": CUSTOMER.number, "name": CUSTOMER.name}
    here.wait_ended()
    asking.wait_ended()
    there = shop.held(there)
    wait_music(there)
    is_one_park(shop, news, there)


def test_completed_as_soon_as_the_box_has_answered_it_is_one_park(shop, news):
    """P-3: a hurried parker hears nothing of it."""
    there, here = connect(*shop.phones.get("customer", "101"))
    here.hold()
    asking = here.phone.dial("*68102").wait_answered()
    here.attended_transfer(asking)
    shop.box.wait_for("parked", place="102")
    asking.wait_ended()
    there = shop.held(there)
    wait_music(there)
    is_one_park(shop, news, there)


def test_completed_after_the_display_time_it_is_still_the_one_park(shop, news):
    """P-3: without a sign it counts as parked, the caller known as the parker; the sign tells who he is, and parks no second."""
    there, here, asking = shop.consulted("*68102")
    began = wait_told(asking, shop.box, CONFIRMED)
    parked = shop.box.wait_for("parked", place="102")
    assert parked.at - began > DISPLAY_TIME
    assert (parked["caller"]["number"], parked["by"]["number"]) == ("101", "101")
    assert shop.box.place("102")["caller"]["number"] == "101"
    (record,), said = news()
    assert (record["parker"]["number"], said) == ("101", [ANNOUNCED])
    here.attended_transfer(asking)
    asking.wait_ended()
    there = shop.held(there)
    wait_music(there)
    is_one_park(shop, news, there)


@pytest.mark.rule("P-3", "P-33")
def test_completed_after_the_display_time_who_takes_the_call_has_the_caller(shop, news):
    """P-3: one call, from the confirmation to whoever takes it: the record tells of one wait that ended with him."""
    there, here, asking = shop.consulted("*68102")
    shop.box.wait_for("parked", place="102")
    here.attended_transfer(asking)
    there = shop.held(there)
    wait_music(there)
    asking.wait_ended()
    taking = shop.phones["103"].dial("*88102").wait_answered()
    shop.box.wait_for("retrieved", place="102")
    two_way(shop.held(there), shop.held(taking))
    until(lambda: news()[0][-1]["ending"], "the record is complete", tail=shop.box.tail)
    (record,), said = news()
    assert (record["ending"], record["taker"]["number"], said) == ("retrieved", "103", [ANNOUNCED])
    assert (record["caller"]["number"], record["parker"]["number"]) == (CUSTOMER.number, "101")


# -- given up ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("moment", [while_it_is_said, heard_to_its_end])
def test_given_up_nothing_is_parked_recorded_or_announced(shop, news, moment):
    """P-3: "if it ends before, nothing is parked and nothing is announced"; he still has his caller."""
    there, here, asking = shop.consulted("*68102")
    moment(asking, shop.box)
    asking.hang_up()
    asking.wait_ended()
    is_no_park(shop, news)
    two_way(there, here.unhold())
    here.blind_transfer("*68102")
    shop.box.wait_for("parked", place="102")
    there = shop.held(there)
    wait_music(there)
    is_one_park(shop, news, there)


# -- completed where nothing is promised -------------------------------------------------------------------------------


@pytest.mark.rule("P-1", "P-3", "P-5", "P-26")
def test_completed_while_the_reject_tone_is_heard_the_caller_is_kept_and_the_parker_rung_back(shop, news):
    """P-5: "never slide to another place silently"; P-1: the caller is kept; P-26: the parker who answers has him again."""
    park(shop.box, *shop.phones.get("customer", "101"), "*68102", "102")
    there, here, asking = shop.consulted("*68102", "customer2", "103")
    asking.wait_heard(lambda sound: hearing.first_tone(sound, REJECT, window=0.02) is not None, "the reject tone")
    here.attended_transfer(asking)
    back = shop.phones["103"].incoming()
    assert back.shown == Party(HUBER.number, "Platz 102 belegt · Huber")
    there = shop.held(there)
    wait_music(there)
    assert [one["number"] for one in shop.box.status()["places"] if one["state"] != "free"] == ["102"]
    assert shop.box.place("102")["caller"]["number"] == CUSTOMER.number
    pick_up(back)
    two_way(shop.held(there), shop.held(back))
    shop.box.wait_for("recalled")
    (first, second), said = news()
    assert (first["place"], first["caller"]["number"]) == ("102", CUSTOMER.number)
    assert (second["caller"]["number"], second["parker"]["number"]) == (HUBER.number, "103")
    assert said == [ANNOUNCED]


@pytest.mark.rule("P-3", "P-8")
def test_completed_while_he_is_asked_where_it_is_his_own_extension(shop, news):
    """P-8: no digits mean the parker's own extension, not that of the caller who is there now."""
    there, here, asking = shop.consulted("*68")
    wait_voice(asking)
    here.attended_transfer(asking)
    parked = shop.box.wait_for("parked")
    assert (parked["place"], parked["by"]["number"]) == ("101", "101")
    asking.wait_ended()
    there = shop.held(there)
    wait_music(there)
    is_one_park(shop, news, there, place="101", announced=PERSON.format(name="Peter", place="1 0 1"))


@pytest.mark.rule("P-1", "P-3", "P-8")
def test_completed_in_the_middle_of_the_digits_the_caller_is_kept_and_the_parker_rung_back(shop, news):
    """P-1: what was entered so far is no place."""
    there, here, asking = shop.consulted("*68")
    wait_voice(asking)
    asking.dtmf("10")
    asking.wait_heard(lambda sound: hearing.level(sound) < hearing.QUIET, "that the prompt has stopped", last=0.3)
    here.attended_transfer(asking)
    back = shop.phones["101"].incoming()
    assert back.shown == Party(CUSTOMER.number, "10 unbekannt · Müller")
    there = shop.held(there)
    wait_music(there)
    pick_up(back)
    two_way(shop.held(there), shop.held(back))
    assert news()[1] == []
