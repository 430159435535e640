"""A place that is taken, and races for one: exactly one call has it, nobody is dropped (P-1, P-5, P-7)."""

import pytest

from tests.e2e.company import (
    CUSTOMER,
    HUBER,
    MUSIC,
    at_once,
    connect,
    consult,
    happened,
    park,
    rhythm,
    two_way,
    wait_music,
    with_chord,
)
from tests.lab import hearing
from tests.lab.people import pick_up
from tests.lab.sip_text import Party

pytestmark = pytest.mark.e2e
configure = with_chord

GAP = 0.3
"""Seconds that a machine under load may tear out of the music; healthy ones have none."""
REJECT = 425.0
"""Hz; Germany's fast busy, 240 ms on, 240 ms off (ITU-T E.180 Supplement 2)."""


@pytest.mark.rule("P-5")
def test_an_attended_parker_hears_the_reject_tone_and_keeps_his_caller(box, phones):
    customer, second, peter, jens = phones.get("customer", "customer2", "101", "103")
    first, _ = park(box, customer, peter, "*68102", "102")
    there, here = connect(second, jens)
    asking = consult(here, "*68102")
    refused = box.wait_for("refused")
    ended = asking.wait_ended()
    heard = asking.heard()
    on, off, count = rhythm(heard)
    assert (on, off) == (pytest.approx(0.24, abs=0.04), pytest.approx(0.24, abs=0.04))
    assert 7 <= count <= 11
    tone = hearing.first_tone(heard, REJECT, window=0.02), hearing.last_tone(heard, REJECT, window=0.02)
    assert None not in tone
    assert 4.5 < tone[1] - tone[0] < 5.5
    assert hearing.has_tone(heard.between(tone[0] + 0.01, tone[0] + 0.23), REJECT)
    assert 4.5 < ended.at - refused.at < 7
    two_way(there, here.unhold())
    wait_music(first)
    assert box.place("102")["caller"]["number"] == CUSTOMER.number


@pytest.mark.rule("P-5", "P-1")
def test_a_blind_park_on_a_taken_place_rings_the_parker_at_once(box, phones):
    customer, second, peter, jens = phones.get("customer", "customer2", "101", "103")
    first, _ = park(box, customer, peter, "*68102", "102")
    there, here = connect(second, jens)
    at = here.blind_transfer("*68102")
    refused = box.wait_for("refused")
    back = jens.incoming()
    assert back.shown == Party(HUBER.number, "Platz 102 belegt · Huber")
    wait_music(there)
    pick_up(back)
    two_way(there, back)
    box.wait_for("recalled", after=at)
    assert back.invite.at - refused.at < 3
    undisturbed = first.heard().between(at - 0.5, first.heard().end)
    assert max(hearing.longest_gap(undisturbed, tone) for tone in MUSIC) <= GAP
    assert box.place("102")["caller"]["number"] == CUSTOMER.number
    print(f"\nthe parker's phone rings {1000 * (back.invite.at - at):.0f} ms after his REFER")


@pytest.mark.rule("P-7")
@pytest.mark.parametrize("place", ["701", "702", "103"])
def test_of_two_parks_in_the_same_instant_one_wins(box, phones, place):
    customer, second, peter, jens = phones.get("customer", "customer2", "101", "103")
    one, two = connect(customer, peter), connect(second, jens)
    at_once(lambda: one[1].blind_transfer(f"*68{place}"), lambda: two[1].blind_transfer(f"*68{place}"))
    parked, refused = box.wait_for("parked", place=place), box.wait_for("refused")
    winner, loser = (one, two) if parked["by"]["number"] == "101" else (two, one)
    assert refused["by"]["number"] == loser[1].phone.number
    back = loser[1].phone.incoming()
    assert back.shown.name.startswith(f"Platz {place} belegt · ")
    two_way(loser[0], pick_up(back))
    wait_music(winner[0])
    assert len(happened(box, "parked")) == len(happened(box, "refused")) == 1


@pytest.mark.rule("P-3", "P-7")
def test_a_place_that_is_being_confirmed_is_taken(box, phones):
    customer, second, peter, jens = phones.get("customer", "customer2", "101", "103")
    there, here = connect(customer, peter)
    asking = consult(here, "*68701")
    asking.wait_for("rtp")
    late, there2 = connect(second, jens)
    there2.blind_transfer("701")
    assert jens.incoming().shown.name == "Platz 701 belegt · Huber"
    here.attended_transfer(asking)
    parked = box.wait_for("parked", place="701")
    assert parked["caller"]["number"] == CUSTOMER.number
    wait_music(there)
    wait_music(late)
