"""What is said to an answer to an INVITE that an earlier process sent."""

import pytest

from appliance.sip.headers import parse
from appliance.sip.leftover import replies

pytestmark = pytest.mark.rule("S-2")

CANCEL = """CANCEL sip:102@pbx SIP/2.0
Via: SIP/2.0/UDP 10.0.0.5:5060;rport;branch=z9hG4bKold
Max-Forwards: 70
From: <sip:800@pbx>;tag=ours
To: <sip:102@pbx>
Call-ID: 1@box
CSeq: 7 CANCEL
Route: <sip:edge;lr>

""".replace("\n", "\r\n")


def answer(start: str, *more: str, call: str = "1@box", cseq: str = "7 INVITE"):
    head = [
        "Via: SIP/2.0/UDP 10.0.0.5:5060;branch=z9hG4bKold",
        "f: <sip:800@pbx>;tag=ours",
        "t: <sip:102@pbx>;tag=theirs",
    ]
    return parse("\r\n".join([f"SIP/2.0 {start}", *head, f"i: {call}", f"CSeq: {cseq}", *more, "", ""]))


@pytest.mark.parametrize("code", [302, 401, 487, 603])
def test_a_refusal_is_acknowledged_on_the_way_that_the_invite_took(code):
    """S-2: RFC 3261 section 17.1.1.3: the same Request-URI, branch and Route, the tag of the answer."""
    (reply,) = replies(CANCEL, answer(f"{code} Whatever", "Record-Route: <sip:other;lr>"))
    ack = parse(reply)
    assert ack.start == "ACK sip:102@pbx SIP/2.0"
    assert ack.values("via") == ("SIP/2.0/UDP 10.0.0.5:5060;rport;branch=z9hG4bKold",)
    assert ack.values("route") == ("<sip:edge;lr>",)
    assert (ack.value("to"), ack.value("from")) == ("<sip:102@pbx>;tag=theirs", "<sip:800@pbx>;tag=ours")
    assert (ack.value("call-id"), ack.value("cseq")) == ("1@box", "7 ACK")


def test_whoever_answered_meanwhile_is_hung_up():
    """S-2: he would hear nobody; RFC 3261 sections 12.2.1.1 and 13.2.2.4."""
    routes = ("Record-Route: <sip:near;lr>, <sip:mid;lr>", "Record-Route: <sip:far;lr>")
    ok = answer("200 OK", *routes, 'm: "Anna, B" <sip:102@10.0.0.9:5070;ob>;expires=60')
    ack, bye = (parse(reply) for reply in replies(CANCEL, ok))
    for request, cseq in ((ack, "7 ACK"), (bye, "8 BYE")):
        assert request.start == f"{cseq[2:]} sip:102@10.0.0.9:5070;ob SIP/2.0"
        assert request.value("cseq") == cseq
        assert request.values("route") == ("<sip:far;lr>", "<sip:mid;lr>", "<sip:near;lr>")
        assert request.value("to") == "<sip:102@pbx>;tag=theirs"
        assert request.value("via").startswith("SIP/2.0/UDP 10.0.0.5:5060;rport;branch=z9hG4bK")
    assert len({ack.value("via"), bye.value("via"), parse(CANCEL).value("via")}) == 3


def test_a_contact_without_brackets():
    assert "BYE sip:102@h SIP/2.0" in replies(CANCEL, answer("200 OK", "Contact: sip:102@h;expires=5"))[1]


@pytest.mark.parametrize(
    "other",
    [
        answer("100 Trying"),
        answer("183 Progress"),
        answer("487 Terminated", call="2@box"),
        answer("487 Terminated", cseq="6 INVITE"),
        answer("nonsense"),
        parse("BYE sip:800@pbx SIP/2.0\r\nCall-ID: 1@box\r\nCSeq: 7 BYE\r\n\r\n"),
        parse(""),
    ],
)
def test_nothing_is_owed_to_anything_else(other):
    assert replies(CANCEL, other) == ()


def test_a_journal_that_was_spoilt_says_nothing():
    for spoilt in ("", "CANCEL", CANCEL.replace("7 CANCEL", "x CANCEL")):
        assert replies(spoilt, answer("487 Terminated")) == ()
        assert replies(spoilt, answer("487 Terminated", cseq="x INVITE")) == ()


def test_no_answer_can_add_a_header():
    ok = answer("200 OK", "Contact: <sip:102@h\r\n Evil: yes>", "Record-Route: <sip:a;lr>\r\n\tEvil: yes")
    assert not [reply for reply in replies(CANCEL, ok) if "\nEvil" in reply]
