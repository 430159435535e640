"""Requests of the PBX that are wrong in one thing each: a proper answer, and no leg that stays (S-10).

`test_torture` has the odd messages of RFC 4475, `test_oversized` the long ones, `test_mutations` the ones that nobody has
thought of. Here are the mistakes that PBXs do make. Each has one code. Without a Via there is nowhere to answer, and without a
CSeq nothing that the answer would belong to (RFC 3261 sections 8.2.6 and 17.1.3): 0.
"""

import contextlib
import re
import secrets
import socket
import struct

import pytest

from tests.e2e.company import happened
from tests.lab.ports import HOST
from tests.lab.process import LIMIT, until
from tests.trust.shop import STREAMS
from tests.trust.streams import Stream
from tests.trust.wire import Wire

pytestmark = [pytest.mark.sip, pytest.mark.rule("S-10")]

SESSION = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
NOWHERE = SESSION.replace("c=IN IP4 127.0.0.1\r\n", "")
ADDRESS = "c=IN IP4 127.0.0.1\r\n"
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
    "text": (body("hello", "text/plain"), 415),
    "XML": (body("<offer/>", "application/xml"), 415),
    "no SDP at all": (body("garbage\r\n"), 400),
    "a media line cut off": (media("m=audio 4000"), 400),
    "G.729 only": (media("m=audio 40000 RTP/AVP 18\r\na=rtpmap:18 G729/8000"), 488),
    "a codec that nobody knows": (media("m=audio 40000 RTP/AVP 96\r\na=rtpmap:96 telepathy/8000"), 488),
    "numbers that nobody has": (media("m=audio 40000 RTP/AVP 18 77"), 488),
    "a number without a meaning": (media("m=audio 40000 RTP/AVP 120"), 400),
    "a part that does not end": (body("--x", "multipart/mixed;boundary=x"), 400),
    "keys and no voice": (media("m=audio 40000 RTP/AVP 101\r\na=rtpmap:101 telephone-event/8000"), 488),
    "no address at all": (body(f"{NOWHERE}m=audio 0 RTP/AVP 8\r\n"), 400),
    "no line that is on": (media("m=audio 0 RTP/AVP 8"), 488),
    "video only": (media("m=video 40000 RTP/AVP 96\r\na=rtpmap:96 H264/90000"), 488),
    "a fax": (media("m=image 40000 udptl t38"), 488),
    "SRTP where none is spoken": (media("m=audio 40000 RTP/SAVP 8"), 488),
}
"""What is offered, and the answer: to the first INVITE, to a re-INVITE and to an UPDATE."""

HEADERS = {
    "an unknown extension": (more("Require: telepathy"), 420),
    "a session of ten seconds": (field("Session-Expires", "10"), 422),
    "a dialog that is not": (in_dialog, 481),
    "Replaces nonsense": (more("Replaces: nonsense"), 481),
    "Replaces two": (more("Replaces: a;to-tag=1;from-tag=2", "Replaces: b;to-tag=1;from-tag=2"), 400),
    "Contact *": (field("Contact", "*"), 400),
    "Contact for the web": (field("Contact", "<http://127.0.0.1/>"), 400),
    "no Contact": (without("Contact"), 400),
    "no Max-Forwards": (without("Max-Forwards"), 200),
    "no Content-Length": (without("Content-Length"), 200),
    "no offer": (body(""), 200),
    "Referred-By nonsense": (field("Referred-By", "<<>>;;"), 200),
    "no Via": (without("Via"), 0),
    "no From": (without("From"), 400),
    "no To": (without("To"), 400),
    "no Call-ID": (without("Call-ID"), 400),
    "no CSeq": (without("CSeq"), 0),
    "a From that cannot be read": (field("From", "<sip:"), 400),
    "a To on two lines that cannot be read": (field("To", "<sip:\r\n 800"), 400),
    "a CSeq beyond 32 bits": (field("CSeq", "4294967296 INVITE"), 400),
    "Max-Forwards nonsense": (field("Max-Forwards", "x"), 400),
    "Session-Expires nonsense": (field("Session-Expires", "soon"), 400),
    "P-Asserted-Identity nonsense": (field("P-Asserted-Identity", "<sip:"), 200),
}
"""What else is wrong in a first INVITE, and its answer; 0: none."""

INVITES = OFFERS | HEADERS


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


def finals(shop, branch):
    """Return the final answers to a request, repetitions and all (RFC 3261 section 17.1.3)."""
    return {one.code for one in shop.pbx.came if one.code >= 200 and branch in one["Via"]}


@pytest.mark.parametrize("name", INVITES)
def test_a_wrong_invite_is_answered_and_leaves_no_leg(shop, name):
    """S-10: one code for each mistake; where it is 200, the caller is parked all the same (P-1), else nobody hears of him."""
    change, code = INVITES[name]
    caller, branch = shop.caller("*68701"), secrets.token_hex(8)
    text = change(caller.text("INVITE", branch=branch))
    if code:  # again and again: for a while after its start the box takes an unknown dialog for one of its last life
        shop.pbx.ask(text, shop.address, lambda _: finals(shop, branch) != set(), "a final answer", limit=3 * LIMIT)
    else:
        shop.pbx.send(text, shop.address)
    shop.settle(shop.pbx)
    assert finals(shop, branch) == ({code} if code else set())
    if code == 200:
        shop.box.wait_for("parked", place="701")
        shop.dismiss(shop.pbx)
    else:
        assert shop.box.events == []
    shop.wait_legs()
    assert shop.faults() == []


UNREADABLE = {name: HEADERS[name][0] for name in ("no From", "a From that cannot be read", "a CSeq beyond 32 bits")}


@pytest.mark.parametrize("name", UNREADABLE)
def test_what_cannot_be_read_is_answered_to_whom_it_came_from(shop, name):
    """S-10: RFC 3261 section 8.2.6.2: with a tag of ours, over the same connection; a stranger learns nothing; an ACK, never."""
    caller, change = shop.caller("*68701"), UNREADABLE[name]
    with Stream(shop.address, STREAMS) as stream:
        text = change(caller.text("INVITE", pbx=str(stream))).replace(b"SIP/2.0/UDP", b"SIP/2.0/TCP")
        stream.send(text)
        answer = stream.answer()
    assert (answer.code, answer["Call-ID"], answer["To"].partition(";tag=")[0]) == (
        400,
        caller.call_id,
        caller.blanks.to,
    )
    assert len(answer["To"].partition(";tag=")[2]) >= 8
    assert f"Via: {answer['Via']}\r\n".encode() in text
    shop.stranger.send(change(caller.text("INVITE", pbx=str(shop.stranger))), shop.address)
    shop.pbx.send(change(caller.text("ACK")), shop.address)
    shop.alive()
    assert shop.stranger.came == []
    assert not shop.pbx.all_of(caller.call_id)
    assert shop.box.events == []


def test_what_cannot_be_read_is_answered_where_its_via_says(shop):
    """S-10: RFC 3261 section 18.2.2: without rport not to the port that it came from; each time with the same tag."""
    with (
        contextlib.closing(Wire(STREAMS)) as wire,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as elsewhere,
    ):
        elsewhere.bind((STREAMS, 0))
        caller = shop.caller("*68701", wire)
        text = UNREADABLE["no From"](caller.text("INVITE", pbx=str(wire)).replace(b";rport", b""))
        for count in (1, 2):
            elsewhere.sendto(text, shop.address)
            until(lambda count=count: len(wire.all_of(caller.call_id)) == count, "400")
        answers = wire.all_of(caller.call_id)
    assert [one.code for one in answers] == [400, 400]
    assert len({one["To"] for one in answers}) == 1


def test_a_message_over_a_stream_that_does_not_say_how_long_it_is_gets_an_answer(shop):
    """S-10: RFC 3261 section 18.3: nobody knows where the next one begins."""
    caller = shop.caller("*68701")
    with Stream(shop.address, STREAMS) as stream:
        text = caller.text("INVITE", pbx=str(stream)).replace(b"SIP/2.0/UDP", b"SIP/2.0/TCP")
        stream.send(without("Content-Length")(text))
        assert stream.answer().code == 400


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
    change, code = OFFERS[name]
    assert changed(guest, "re-INVITE", change) == code
    assert changed(guest, "UPDATE with offer", change) == code
    assert changed(guest, "re-INVITE", same) == 200


ODD = {
    "a line that is off has no address": body(f"{NOWHERE}m=audio 40000 RTP/AVP 8\r\n{ADDRESS}m=video 0 RTP/AVP 31\r\n"),
    "a number has a name of its own": media("m=audio 40000 RTP/AVP 8\r\na=rtpmap:8 G711A/8000"),
    "a number has half a name": media("m=audio 40000 RTP/AVP 8\r\na=rtpmap:8 PCMA"),
    "blanks around what is required": more("Require: timer , 100rel "),
    "names in small letters": media("m=audio 40000 RTP/AVP 96\r\na=rtpmap:96 pcma/8000"),
    "it is put on hold": body(f"{SESSION.replace('127.0.0.1', '0.0.0.0')}m=audio 40000 RTP/AVP 8\r\na=inactive\r\n"),  # noqa: S104 - said, not bound
}
"""What is odd and not wrong."""


@pytest.mark.parametrize("name", ODD)
def test_what_is_odd_and_not_wrong_is_taken(guest, name):
    """S-10: "be lenient in what you accept": what was a call without the judge is one with him."""
    for kind in ("re-INVITE", "UPDATE with offer"):
        assert changed(guest, kind, ODD[name]) == 200
    assert changed(guest, "re-INVITE", same) == 200


def test_a_request_that_is_called_otherwise_in_its_cseq_is_answered(shop, guest):
    """S-10: RFC 3261 section 8.1.1.5; no transaction can be made of it."""
    guest.cseq += 1
    text = field("CSeq", f"{guest.cseq} UPDATE")(INFOS["text"][0](guest.text("INFO")))
    shop.pbx.ask(text, shop.address, lambda one: (one.code, one["CSeq"]) == (400, f"{guest.cseq} UPDATE"), "400")


@pytest.mark.parametrize("kind", ["re-INVITE", "UPDATE with offer", "UPDATE", "INFO", "REFER"])
def test_an_extension_that_is_unknown_is_named(guest, kind):
    """S-10: RFC 3261 section 8.2.2.3, inside a dialog too; what is known is taken."""
    assert changed(guest, kind, more("Require: telepathy, timer")) == 420
    refused = next(one for one in reversed(guest._wire.all_of(guest.call_id)) if one.code == 420)
    assert refused["Unsupported"] == "telepathy"


@pytest.mark.parametrize("kind", ["re-INVITE", "UPDATE with offer", "UPDATE"])
def test_a_target_that_is_no_sip_address_is_refused(guest, kind):
    """S-10: our next request would go there (RFC 3261 section 12.2.2)."""
    assert changed(guest, kind, field("Contact", "<http://127.0.0.1/>")) == 400


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
    "nothing": (body(b"", "application/dtmf"), 200),
    "a package": (more("Info-Package: telepathy"), 469),
    "a picture, please": (body("<media_control/>", "application/media_control+xml"), 415),
    "text": (body("5", "text/plain"), 415),
    "ISUP": (body(b"\0\1", "application/ISUP;version=itu-t92+"), 415),
    "every octet": (body(bytes(range(256)), "application/dtmf-relay"), 400),
    "a key of 3 000 digits": (body("5" * 3_000, "application/dtmf"), 400),
    "a part that does not end": (body("--x", "multipart/mixed;boundary=x"), 400),
    "two keys": (body("Signal=5\r\nSignal=6\r\n", "application/dtmf-relay"), 200),
    "a key of minus an hour": (body("Signal=5\r\nDuration=-3600000\r\n", "application/dtmf-relay"), 200),
}
"""What comes in it, and the answer (RFC 6086 section 4.2.2)."""


@pytest.mark.parametrize("name", INFOS)
def test_an_odd_info_is_answered(guest, name):
    """S-10: never silence, and the one who waits goes on waiting (P-11)."""
    change, code = INFOS[name]
    assert changed(guest, "INFO", change) == code


REFERS = {
    "no Refer-To": (without("Refer-To"), 400),
    "Refer-To nonsense": (field("Refer-To", "<<"), 603),
    "Refer-To twice": (more("Refer-To: <sip:1@127.0.0.1>"), 400),
    "Refer-To the web": (field("Refer-To", "<http://127.0.0.1/>"), 603),
    "Refer-To a place": (field("Refer-To", "<sip:*68102@127.0.0.1>"), 603),
    "an unknown extension": (more("Require: telepathy"), 420),
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
