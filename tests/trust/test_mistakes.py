"""Requests of the PBX that are wrong in one thing each: a proper answer, and no leg that stays (S-10).

`test_torture` has the odd messages of RFC 4475, `test_oversized` the long ones, `test_mutations` the ones that nobody has
thought of. Here are the mistakes that PBXs do make. Each has one code. What lacks a header that every answer must repeat
(RFC 3261 section 8.2.6) cannot be answered, and what pjsip cannot read it does not answer: 0.
"""

import re
import secrets
import socket
import struct

import pytest

from tests.e2e.company import happened
from tests.lab.ports import HOST

pytestmark = [pytest.mark.sip, pytest.mark.rule("S-10")]

SESSION = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
EVENTS = 101
"""Payload type of the telephone-events that recorded.py offers."""


def body(text, kind="application/sdp"):
    """Return what puts another body into a message."""
    octets = text.encode() if isinstance(text, str) else text

    def change(message):
        head = re.sub(rb"Content-Type: [^\r]+", b"Content-Type: " + kind.encode(), message.partition(b"\r\n\r\n")[0])
        return re.sub(rb"Content-Length: +\d+", b"Content-Length: %d" % len(octets), head) + b"\r\n\r\n" + octets

    return change


def media(line):
    """Return what offers other media."""
    return body(f"{SESSION}{line}\r\n")


def without(name):
    """Return what leaves a header out."""
    return lambda message: re.sub(rb"\r\n%s: [^\r]*" % name.encode(), b"", message, count=1)


def field(name, value):
    """Return what writes something else into a header."""
    return lambda message: re.sub(rb"\r\n%s: [^\r]*" % name.encode(), f"\r\n{name}: {value}".encode(), message, count=1)


def more(*lines):
    """Return what adds headers."""
    added = "\r\n".join(("", *lines, "Max-Forwards:")).encode()
    return lambda message: message.replace(b"\r\nMax-Forwards:", added, 1)


def in_dialog(message):
    """Say it inside a dialog that is not."""
    return re.sub(rb"\r\nTo: ([^\r]*)", rb"\r\nTo: \1;tag=nobody", message, count=1)


def same(message):
    """Change nothing."""
    return message


OFFERS = {
    "text": (body("hello", "text/plain"), 415, 415),
    "XML": (body("<offer/>", "application/xml"), 415, 415),
    "no SDP at all": (body("garbage\r\n"), 400, 415),
    "a media line cut off": (media("m=audio 4000"), 400, 415),
    "G.729 only": (media("m=audio 40000 RTP/AVP 18\r\na=rtpmap:18 G729/8000"), 488, 500),
    "video only": (media("m=video 40000 RTP/AVP 96\r\na=rtpmap:96 H264/90000"), 488, 488),
    "a fax": (media("m=image 40000 udptl t38"), 488, 488),
    "SRTP where none is spoken": (media("m=audio 40000 RTP/SAVP 8"), 488, 488),
}
"""What is offered, and the answers to the first INVITE and to a re-INVITE."""

HEADERS = {
    "keys and no voice": (media("m=audio 40000 RTP/AVP 101\r\na=rtpmap:101 telephone-event/8000"), 488),
    "an unknown extension": (more("Require: telepathy"), 420),
    "a session of ten seconds": (field("Session-Expires", "10"), 422),
    "a dialog that is not": (in_dialog, 481),
    "Replaces nonsense": (more("Replaces: nonsense"), 481),
    "Replaces two": (more("Replaces: a;to-tag=1;from-tag=2", "Replaces: b;to-tag=1;from-tag=2"), 400),
    "Contact *": (field("Contact", "*"), 400),
    "Contact for the web": (field("Contact", "<http://127.0.0.1/>"), 500),
    "no Contact": (without("Contact"), 400),
    "no Max-Forwards": (without("Max-Forwards"), 200),
    "no Content-Length": (without("Content-Length"), 200),
    "no offer": (body(""), 200),
    "Referred-By nonsense": (field("Referred-By", "<<>>;;"), 200),
    "no Via": (without("Via"), 0),
    "no From": (without("From"), 0),
    "no To": (without("To"), 0),
    "no Call-ID": (without("Call-ID"), 0),
    "no CSeq": (without("CSeq"), 0),
    "a CSeq beyond 32 bits": (field("CSeq", "4294967296 INVITE"), 0),
    "Max-Forwards nonsense": (field("Max-Forwards", "x"), 0),
    "Session-Expires nonsense": (field("Session-Expires", "soon"), 0),
    "P-Asserted-Identity nonsense": (field("P-Asserted-Identity", "<sip:"), 200),
}
"""What else is wrong in a first INVITE, and its answer; 0: none."""

INVITES = {name: (change, code) for name, (change, code, _) in OFFERS.items()} | HEADERS


@pytest.fixture
def guest(shop):
    """Return a caller who waits on 703, and is still there when the test is over."""
    guest = shop.caller("*68703").park()
    yield guest
    assert not guest.over
    guest.wait_music()
    guest.hang_up()
    shop.wait_legs()
    assert shop.faults() == []


def finals(shop, caller):
    """Return the final answers to a caller's INVITE, repetitions and all."""
    return {one.code for one in shop.pbx.all_of(caller.call_id) if one.code >= 200 and one.method == "INVITE"}


@pytest.mark.parametrize("name", INVITES)
def test_a_wrong_invite_is_answered_and_leaves_no_leg(shop, name):
    """S-10: one code for each mistake; where it is 200, the caller is parked all the same (P-1)."""
    change, code = INVITES[name]
    caller = shop.caller("*68701")
    text = change(caller.text("INVITE"))
    if code:  # again and again: for a while after its start the box takes an unknown dialog for one of its last life
        shop.pbx.ask(text, shop.address, caller.is_final, "a final answer")
    else:
        shop.pbx.send(text, shop.address)
    shop.settle(shop.pbx)
    assert finals(shop, caller) == ({code} if code else set())
    if code == 200:
        shop.box.wait_for("parked", place="701")
        shop.dismiss(shop.pbx)
    shop.wait_legs()
    assert shop.faults() == []


def test_a_refusal_says_what_would_be_right(shop):
    """S-10: RFC 3261 sections 21.4.13, 21.4.15 and RFC 4028 section 6: what is understood, what is not, how long."""
    for name, header, value in (
        ("text", "Accept", "application/sdp"),
        ("an unknown extension", "Unsupported", "telepathy"),
        ("a session of ten seconds", "Min-SE", "90"),
    ):
        caller = shop.caller("*68701")
        text = INVITES[name][0](caller.text("INVITE"))
        assert shop.pbx.ask(text, shop.address, caller.is_final, name)[header] == value


@pytest.mark.parametrize("name", OFFERS)
def test_a_wrong_new_offer_changes_nothing(guest, name):
    """S-10: RFC 3261 section 14.2: refused by re-INVITE and UPDATE, the call goes on as it was."""
    change, _, code = OFFERS[name]
    assert changed(guest, "re-INVITE", change) == code
    assert changed(guest, "UPDATE with offer", change) == 488
    assert changed(guest, "re-INVITE", same) == 200


def changed(caller, kind, change):
    """Ask the next thing in a dialog, changed, and acknowledge what is to be; return the code of the answer."""
    caller.cseq += 1
    branch = secrets.token_hex(8)
    answer = caller._asked(change(caller.text(kind, branch=branch)))
    if answer.method == "INVITE":
        wire = caller._wire
        refused = {"branch": branch} if answer.code >= 300 else {}
        wire.acknowledge(answer, caller.text("ACK", **refused), caller._box)
    return answer.code


INFOS = {
    "no key": ("application/dtmf", b"", 500),
    "a picture, please": ("application/media_control+xml", b"<media_control/>", 400),
    "text": ("text/plain", b"5", 500),
    "ISUP": ("application/ISUP;version=itu-t92+", b"\0\1", 500),
    "every octet": ("application/dtmf-relay", bytes(range(256)), 400),
    "a key of 3 000 digits": ("application/dtmf", b"5" * 3_000, 400),
    "a part that does not end": ("multipart/mixed;boundary=x", b"--x", 500),
    "two keys": ("application/dtmf-relay", b"Signal=5\r\nSignal=6\r\n", 200),
    "a key of minus an hour": ("application/dtmf-relay", b"Signal=5\r\nDuration=-3600000\r\n", 200),
}
"""Content type, body, answer."""


@pytest.mark.parametrize("name", INFOS)
def test_an_odd_info_is_answered(guest, name):
    """S-10: never silence, and the one who waits goes on waiting (P-11)."""
    kind, octets, code = INFOS[name]
    assert changed(guest, "INFO", body(octets, kind)) == code


REFERS = {
    "no Refer-To": (without("Refer-To"), 400),
    "Refer-To nonsense": (field("Refer-To", "<<"), 603),
    "Refer-To twice": (more("Refer-To: <sip:1@127.0.0.1>"), 603),
    "Refer-To the web": (field("Refer-To", "<http://127.0.0.1/>"), 603),
    "Refer-To a place": (field("Refer-To", "<sip:*68102@127.0.0.1>"), 603),
    "an unknown extension": (more("Require: telepathy"), 603),
}


@pytest.mark.parametrize("name", REFERS)
def test_a_wrong_refer_moves_nobody(shop, guest, name):
    """S-10: refused inside the dialog and outside of any; nothing is dialled."""
    change, code = REFERS[name]
    assert changed(guest, "REFER", change) == code
    outside = shop.caller("800")
    assert outside._asked(change(outside.text("REFER", to="<sip:800@127.0.0.1>"))).code == 405
    assert shop.box.status()["legs"] == 1
    assert not [one for one in shop.pbx.came if one.start.startswith("INVITE ")]


def event(key, stamp, *, sequence=1, end=True, kind=EVENTS, octets=None):
    """Return an RTP packet with a key (RFC 4733 section 2.3)."""
    payload = struct.pack("!BBH", key & 0xFF, 0x80 * end | 10, 800) if octets is None else octets
    return struct.pack("!BBHII", 0x80, kind, sequence & 0xFFFF, stamp, 0x1234) + payload


FLOODS = {
    "a number of 500 digits": [event(number % 10, 1600 * number, sequence=number) for number in range(500)],
    "keys that never end": [event(5, 1600 * number, sequence=number, end=False) for number in range(500)],
    "one key 500 times": [event(1, 1600, sequence=number) for number in range(500)],
    "keys that no phone has": [event(16 + number, 1600 * number, sequence=number) for number in range(240)],
    "keys cut off": [event(0, 1600 * n, sequence=n, octets=b"\1\x8a\3"[: n % 4]) for n in range(100)],
    "a flood of hashes": [event(11, 1600 * number, sequence=number) for number in range(200)],
    "packets cut off": [event(1, 1600 * number, sequence=number)[: number % 16] for number in range(160)],
    "packets that say that they are longer": [b"\xbf" + event(1, 1, sequence=n)[1:] for n in range(100)],
}
"""What comes as keys, in place of an extension."""


@pytest.mark.parametrize("name", FLOODS)
@pytest.mark.parametrize("number", ["*68", "*88", "800"])
def test_a_flood_of_keys_leaves_no_leg(shop, number, name):
    """S-10, P-8: whoever is asked for digits and sends that hears what is wrong; he can hang up, and nothing stays."""
    caller = shop.caller(number)
    answer = caller.call("fresh INVITE")
    assert answer.code == 200
    port = int(re.search(r"m=audio (\d+)", answer.body)[1])
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as mouth:
        for packet in FLOODS[name]:
            mouth.sendto(packet, (HOST, port))
    shop.settle(shop.pbx)
    caller.hang_up()
    shop.wait_legs()
    assert not happened(shop.box, "parked")
    assert shop.faults() == []


def test_a_flood_of_infos_is_answered_one_by_one(shop):
    """S-10: 200 keys as fast as they are answered; the number that they make is nobody's."""
    caller = shop.caller("*68")
    assert caller.call("fresh INVITE").code == 200
    codes = {caller.ask("INFO") for _ in range(200) if not caller.over}
    assert codes <= {200, 481}
    caller.hang_up()
    shop.wait_legs()
    assert not happened(shop.box, "parked")
    assert shop.faults() == []
