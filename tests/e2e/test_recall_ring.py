"""How a recall rings and what the phone shows: each of the four patterns, as it arrives there (P-21)."""

import pytest

from tests.e2e.company import HUBER, connect, park, two_way, wait_music, with_chord
from tests.lab.people import pick_up
from tests.lab.sip_text import Party

pytestmark = pytest.mark.e2e

PATTERNS = {
    "normal": "",
    "long-long": "Bellcore-dr2",
    "short-short-long": "Bellcore-dr3",
    "short-long-short": "Bellcore-dr4",
}
"""What the phone is told for each (the Bellcore patterns are long-long, short-short-long and short-long-short)."""


@pytest.mark.rule("P-21", "P-5", "P-26")
@pytest.mark.parametrize("pattern", PATTERNS)
def test_the_parkers_phone_is_told_how_to_ring_and_what_to_show(start_box, phones, pattern):
    """P-21: with a place that is taken, so that he is called back at once."""

    def configure(config):
        with_chord(config)
        config["park"]["recall_pattern"] = pattern

    box = start_box(configure)
    park(box, *phones.get("customer", "101"), "*68102", "102")
    there, here = connect(*phones.get("customer2", "103"))
    here.blind_transfer("*68102")
    back = phones["103"].incoming()
    assert back.shown == Party(HUBER.number, "Platz 102 belegt · Huber")
    assert (PATTERNS[pattern] in back.invite["alert_info"]) if PATTERNS[pattern] else not back.invite["alert_info"]
    assert not back.invite["call_info"], "it must not answer by itself"
    wait_music(there)
    two_way(there, pick_up(back))
