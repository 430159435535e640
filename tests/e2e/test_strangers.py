"""Whoever is not the PBX gets no answer, whatever he says, and opens no amplifier (S-10)."""

import contextlib
import socket

import pytest

from tests.e2e.company import park, wait_music, with_chord
from tests.lab.ports import HOST

pytestmark = [pytest.mark.e2e, pytest.mark.rule("S-10")]
configure = with_chord

SDP = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 40000 RTP/AVP 8\r\n"
METHODS = ("OPTIONS", "REGISTER", "INVITE", "BYE", "CANCEL", "REFER", "SUBSCRIBE", "MESSAGE", "UPDATE", "ACK")


def request(method, address, sender):
    """Return a request as a stranger would write it, with a transfer's header for good measure."""
    body = SDP if method == "INVITE" else ""
    kind = "Content-Type: application/sdp\r\n" if body else ""
    return (
        f"{method} sip:*68102@{address} SIP/2.0\r\n"
        f"Via: SIP/2.0/UDP {sender};branch=z9hG4bK-{method};rport\r\n"
        f"From: <sip:101@{address}>;tag={method}\r\nTo: <sip:*68102@{address}>\r\n"
        f"Call-ID: stranger-{method}\r\nCSeq: 1 {method}\r\nMax-Forwards: 70\r\nContact: <sip:101@{sender}>\r\n"
        f"Referred-By: <sip:101@{address}>\r\nP-Asserted-Identity: <sip:102@{address}>\r\n"
        f"{kind}Content-Length: {len(body)}\r\n\r\n{body}"
    ).encode()


def address_of(box):
    return HOST, box.config["sip"]["port"]


def test_no_request_of_a_stranger_is_answered(box, phones):
    host, port = address_of(box)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
        stranger.bind((HOST, 0))
        sender = f"{HOST}:{stranger.getsockname()[1]}"
        for method in METHODS:
            stranger.sendto(request(method, f"{host}:{port}", sender), (host, port))
        stranger.sendto(b"\x00\xff no SIP at all \r\n\r\n" * 50, (host, port))
        there, _ = park(box, *phones.get("customer", "101"), "701", "701")  # the PBX is served all the while
        wait_music(there, seconds=1.5)
        stranger.settimeout(0.0)
        with pytest.raises(BlockingIOError):
            stranger.recv(4096)
    status = box.status()
    assert status["legs"] == 1
    assert [place["number"] for place in status["places"] if place["state"] != "free"] == ["701"]
    assert [event.what for event in box.events] == ["parked"]
    assert status["health"] == []


def test_a_stranger_with_patience_is_not_answered_either(box, phones, callers):
    host, port = address_of(box)
    run = callers("*68102", target=f"{host}:{port}", calls=2, rate=2.0, headers={"Referred-By": "<sip:101@pbx>"})
    there, _ = park(box, *phones.get("customer", "101"), "701", "701")
    wait_music(there, seconds=3)
    outcome = run.outcome()
    assert len(outcome.calls) == 2
    assert [call.answered for call in outcome.calls] == [None, None]
    assert [event.what for event in box.events] == ["parked"]


def test_no_stranger_is_answered_over_tcp(start_box):
    box = start_box(lambda config: config["sip"]["account"][0].update(transport="tcp"), registered=False)
    host, port = address_of(box)
    with contextlib.ExitStack() as stack:
        strangers = {method: socket.create_connection((host, port), timeout=5) for method in ("OPTIONS", "INVITE")}
        for method, stranger in strangers.items():
            stack.enter_context(stranger)
            sender = f"{HOST}:{stranger.getsockname()[1]}"
            stranger.sendall(request(method, f"{host}:{port}", sender).replace(b"/UDP", b"/TCP"))
        for stranger in strangers.values():
            stranger.settimeout(1.0)
            with contextlib.suppress(TimeoutError, ConnectionResetError):
                assert stranger.recv(4096) == b""
    assert box.status()["legs"] == 0
    assert box.events == []
