"""Too long, too many, and lengths that lie: the box answers or does not, and lives (S-10).

The box is bound to 127.0.0.1: whatever address an offer names, the kernel lets no packet leave the machine.
"""

import re

import pytest

from tests.trust.shop import STREAMS
from tests.trust.streams import Stream

pytestmark = [pytest.mark.sip, pytest.mark.rule("S-10")]

LONGEST = 8_000
"""Octets of a datagram that the stack reads (PJSIP_MAX_PKT_LEN)."""
SESSION = "v=0\no=- 1 1 IN IP4 127.0.0.1\ns=-\nc=IN IP4 127.0.0.1\nt=0 0\n"
AUDIO = "m=audio {port} RTP/AVP 8\n"
BOMBS = {
    "1000 media": SESSION + AUDIO * 1000,
    "100 media": SESSION + AUDIO * 100,
    "10000 attributes": SESSION + AUDIO + "a=x:y\n" * 10_000,
    "700 attributes": SESSION + AUDIO + "a=x:y\n" * 700,
    "400 formats": SESSION + AUDIO.replace("8\n", " ".join(map(str, range(400))) + "\n"),
    "nothing": "",
    "no media": SESSION,
    "only a version": "v=0\n",
    "huge numbers": SESSION.replace("1 1", "9" * 200 + " " + "9" * 200) + AUDIO.replace("{port}", "9" * 30),
    "a port range": SESSION + AUDIO.replace("{port}", "{port}/65535"),
    "port 0": SESSION + AUDIO.replace("{port}", "0"),
    "port 65536": SESSION + AUDIO.replace("{port}", "65536"),
    "negative port": SESSION + AUDIO.replace("{port}", "-1"),
    "multicast": SESSION.replace("c=IN IP4 127.0.0.1", "c=IN IP4 239.1.2.3/1") + AUDIO,
    "broadcast": SESSION.replace("c=IN IP4 127.0.0.1", "c=IN IP4 255.255.255.255") + AUDIO,
    "0.0.0.0": SESSION.replace("c=IN IP4 127.0.0.1", "c=IN IP4 0.0.0.0") + AUDIO,  # noqa: S104 - said, not bound
    "IPv6": SESSION.replace("c=IN IP4 127.0.0.1", "c=IN IP6 ::1") + AUDIO,
    "a name": SESSION.replace("c=IN IP4 127.0.0.1", "c=IN IP4 media.parkdeck.invalid") + AUDIO,
    "no address": SESSION.replace("c=IN IP4 127.0.0.1", "c=") + AUDIO,
    "a long line": SESSION + AUDIO + "a=" + "x" * 6_000 + "\n",
    "one octet": "v",
    "not SDP": "<sdp/>" * 100,
}


def offering(caller, body, wire):
    """Return an INVITE that parks a caller, with a body of our own."""
    head = caller.text("INVITE", pbx=str(wire)).partition(b"\r\n\r\n")[0]
    octets = body.replace("{port}", str(caller.blanks.port)).replace("\n", "\r\n").encode()
    return re.sub(rb"Content-Length: +\d+", b"Content-Length: %d" % len(octets), head) + b"\r\n\r\n" + octets


def answer_over(stream):
    """Return the final code that came over a connection; None: it was closed."""
    while (answer := stream.answer()) is not None and answer.code < 200:
        pass
    return None if answer is None else answer.code


@pytest.mark.parametrize("name", BOMBS)
def test_an_odd_offer_is_answered_or_refused(shop, name):
    """S-10: the PBX itself offers it over UDP: 200 or a refusal; what the stack cuts off, anything."""
    caller = shop.caller("*68701", shop.friend)
    text = offering(caller, BOMBS[name], shop.friend)
    if len(text) < 60_000:
        shop.friend.send(text, shop.address)
    if len(text) < LONGEST:
        code = shop.friend.wait(caller.is_final, "a final answer").code
        assert code in {200, 400, 415, 488, 500, 606}
    shop.dismiss(shop.friend)
    assert shop.faults() == []


@pytest.mark.parametrize("name", ["1000 media", "10000 attributes"])
def test_a_long_offer_over_tcp(shop, name):
    """S-10: it is refused, or the connection is closed."""
    with Stream(shop.address, STREAMS) as stream:
        caller = shop.caller("*68701")
        stream.send(offering(caller, BOMBS[name], stream).replace(b"SIP/2.0/UDP", b"SIP/2.0/TCP"))
        shop.alive()
    shop.wait_legs()


def over_tcp(shop, stream, change):
    """Return an OPTIONS of the PBX, changed."""
    text = shop.caller("800").text("OPTIONS", pbx=str(stream), to="<sip:800@127.0.0.1>")
    return change(text.replace(b"SIP/2.0/UDP", b"SIP/2.0/TCP"))


LIES = {
    "60 kB of a header": lambda text: text.replace(b"User-Agent: Asterisk", b"User-Agent: " + b"x" * 60_000),
    "300 headers": lambda text: text.replace(b"User-Agent: Asterisk", b"X-Header: x\r\n" * 300 + b"User-Agent: A"),
    "3000 headers": lambda text: text.replace(b"User-Agent: Asterisk", b"X-Header: x\r\n" * 3000 + b"User-Agent: A"),
    "a negative length": lambda text: re.sub(rb"Content-Length: +\d+", b"Content-Length: -1", text),
    "a huge length": lambda text: re.sub(rb"Content-Length: +\d+", b"Content-Length: 4294967296", text),
    "a huger length": lambda text: re.sub(rb"Content-Length: +\d+", b"Content-Length: " + b"9" * 300, text),
    "a length without a body": lambda text: re.sub(rb"Content-Length: +\d+", b"Content-Length: 5000", text),
    "no length": lambda text: re.sub(rb"Content-Length: +\d+\r\n", b"", text),
    "two lengths": lambda text: text.replace(b"Content-Length:", b"Content-Length: 7\r\nContent-Length:"),
    "a kilobyte of empty lines": lambda text: b"\r\n" * 512 + text,
    "zeros": lambda text: b"\0" * 1000 + text,
    "no end": lambda text: text.replace(b"\r\n", b"") * 100,
}


@pytest.mark.parametrize("name", LIES)
def test_a_wrong_message_over_tcp(shop, name):
    """S-10: answered, or the connection is closed or waits for the rest; what follows it on another one is answered."""
    with Stream(shop.address, STREAMS) as stream, Stream(shop.address, STREAMS) as other:
        stream.send(over_tcp(shop, stream, LIES[name]))
        other.send(over_tcp(shop, other, bytes))
        assert other.answer().code == 200
        shop.alive()
    assert shop.box.status()["legs"] == 0
    assert shop.faults() == []


@pytest.mark.parametrize("size", [3_900, 4_100, 7_900, 8_100, 16_000, 65_000])
def test_a_long_datagram(shop, size):
    """S-10: up to 8 000 octets it is heard; of a longer one the stack reads the beginning, which must harm nobody."""
    caller = shop.caller("800", shop.friend)
    text = caller.text("OPTIONS", to="<sip:800@127.0.0.1>")
    text = text.replace(b"User-Agent: Asterisk", b"User-Agent: " + b"x" * (size - len(text)))
    shop.friend.send(text, shop.address)
    shop.alive(shop.friend)
    codes = [one.code for one in shop.friend.all_of(caller.call_id)]
    assert codes == [200] or (size > LONGEST and not codes)


def test_many_headers_in_a_datagram(shop):
    """S-10: 300 of them are read; what is too much is left out, as in `headers.MOST_FIELDS`."""
    caller = shop.caller("*68701", shop.friend)
    text = caller.text("INVITE").replace(b"User-Agent:", b"X-A: b\r\n" * 300 + b"User-Agent:")
    shop.friend.send(text, shop.address)
    assert shop.friend.wait(caller.is_final, "a final answer").code == 200
    shop.dismiss(shop.friend)
