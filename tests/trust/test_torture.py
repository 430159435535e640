"""RFC 4475: messages that are odd, and messages that are wrong. Strangers get nothing, the PBX a proper answer (S-10)."""

import pytest

from tests.trust.torture import MESSAGES
from tests.trust.torture_texts import octets

pytestmark = [pytest.mark.sip, pytest.mark.rule("S-10")]

CALLS = {"esc01": "nobody knows sips:user@example.com", "longreq": "nobody knows user"}
"""Valid INVITEs outside a dialog, and what becomes of them."""


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: message.name)
def test_what_the_pbx_gets_for_it(shop, message):
    """S-10: the process lives, the answer is one that the RFC allows, and no leg is left."""
    friend = shop.friend
    friend.send(message.data, shop.address)
    shop.alive(friend)  # what needs no thought of ours is answered by now
    if 0 not in message.codes:
        friend.wait(message.is_answered_by, message.name)
    given = {one.code for one in friend.came if message.is_answered_by(one)}
    shop.dismiss(friend)
    assert given <= message.codes
    if message.name in CALLS:
        assert [event["detail"] for event in shop.box.events if event.what == "refused"] == [CALLS[message.name]]


def test_the_short_tortuous_invite_is_a_call(shop):
    """S-10: it is odd, not wrong; without the tag of a dialog that is not it is a call for somebody here."""
    text = octets("wsinv").replace(b";   tag    = 1918181833n", b"")
    shop.friend.send(text, shop.address)
    refused = shop.box.wait_for("refused")
    assert refused["by"] == {"number": "jdrosen", "name": 'J Rosenberg \\"'}
    assert refused["detail"] == "nobody knows vivekg"
    shop.friend.wait(lambda one: one.code == 200, "200")
    shop.dismiss(shop.friend)


def test_of_two_requests_in_one_datagram_the_second_is_not_one(shop):
    """S-10: what follows the body is no message (RFC 3261 section 18.3)."""
    shop.friend.send(octets("dblreq").replace(b"z9hG4bK", b"z9hG4bKtwo"), shop.address)
    shop.alive(shop.friend)
    assert [one.method for one in shop.friend.came if "dblreq" in one["Call-ID"]] == ["REGISTER"]
    assert shop.box.status()["legs"] == 0
    assert shop.box.events == []


def test_a_stranger_gets_nothing_for_any_of_them(shop):
    """S-10: no answer, no event, no line in the log, whatever a stranger says."""
    log = shop.box.log.read_text()
    for message in MESSAGES:
        shop.stranger.send(octets(message.name), shop.address)
    shop.alive()
    assert shop.stranger.came == []
    assert shop.box.events == []
    assert shop.box.status()["legs"] == 0
    assert shop.box.log.read_text() == log
