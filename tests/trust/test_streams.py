"""TCP: strangers are let in nowhere and cost nothing; what the PBX begins and does not end is ended by us (S-10)."""

import os
import socket
import time
from contextlib import ExitStack

import pytest

from tests.lab.process import until
from tests.trust.shop import STREAMS
from tests.trust.streams import Stream

pytestmark = [pytest.mark.sip, pytest.mark.rule("S-10")]

MANY, AT_ONCE = 150, 20
STRANGER = "127.0.0.2"
FIRST_MESSAGE = 10.0
"""Seconds that the first message of a connection may take."""
LATE = 15.0


def configure(config):
    secure = {"name": "secure", "extension": "901", "server": f"{STREAMS}:5061", "transport": "tls", "register": False}
    config["sip"]["account"].append(secure)


def files(shop):
    """Return how many files the box has open."""
    return len(os.listdir(f"/proc/{shop.box.pid}/fd"))  # noqa: PTH208 - names are enough


def options(shop, stream):
    """Return an OPTIONS as it goes over a connection, and its Call-ID."""
    caller = shop.caller("800")
    text = caller.text("OPTIONS", pbx=str(stream), to="<sip:800@127.0.0.1>")
    return text.replace(b"SIP/2.0/UDP", b"SIP/2.0/TCP")


def test_a_strangers_connection_is_closed_at_once(shop):
    """S-10: he is told nothing; however many he opens, no file of ours is used up, and the PBX's calls go on."""
    before = files(shop)
    guest = shop.caller().park()
    for number in range(MANY):
        with Stream(shop.address, STRANGER) as stranger:
            stranger.send((b"\x16\x03\x01\x02\x00\x01\x00", b"OPTI", options(shop, stranger))[number % 3])
            assert stranger.closed()
    with ExitStack() as stack:
        strangers = [stack.enter_context(Stream(shop.address, STRANGER)) for _ in range(AT_ONCE)]
        guest.wait_music()
        for stranger in strangers:  # one whom the kernel's queue had no room for learns it only when he speaks
            stranger.send(b"OPTI")
        assert all(stranger.closed() for stranger in strangers)
        until(lambda: files(shop) <= before + 4, "their files are closed")  # the call has two sockets
    assert {event.what for event in shop.box.events} == {"parked"}


def test_nobody_can_connect_by_tls(shop):
    """S-10: we have no certificate to show, so TLS connections are ours to open; each of his would cost a file."""
    host, port = shop.address
    for source in (STRANGER, STREAMS):
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection((host, port + 1), source_address=(source, 0))


def test_the_pbx_is_answered_over_tcp(shop):
    """S-10: from an address that is trusted, whatever its port."""
    with Stream(shop.address, STREAMS) as stream:
        stream.send(options(shop, stream))
        assert stream.answer().code == 200


def test_many_requests_in_one_piece_and_one_in_many_pieces(shop):
    """S-10: TCP has no message boundaries (RFC 3261 section 18.3)."""
    with Stream(shop.address, STREAMS) as stream:
        stream.send(b"".join(options(shop, stream) for _ in range(5)))
        assert [stream.answer().code for _ in range(5)] == [200] * 5
        for octet in options(shop, stream):
            stream.send(bytes([octet]))
        assert stream.answer().code == 200


def test_what_never_becomes_a_message_is_ended(shop):
    """S-10: silent connections of the PBX, and one octet a second, are closed after a while; its calls go on meanwhile."""
    before = files(shop)
    with ExitStack() as stack:
        silent = []
        for _ in range(MANY):
            silent.append(stack.enter_context(Stream(shop.address, STREAMS)))
            shop.alive()  # one at a time: PJSIP lets five wait at its door
        slow = stack.enter_context(Stream(shop.address, STREAMS))
        text = options(shop, slow)
        guest = shop.caller().park()
        end = time.monotonic() + FIRST_MESSAGE + LATE
        for octet in text:
            if not slow.send(bytes([octet])) or slow.closed(1.0) or time.monotonic() > end:
                break
        assert time.monotonic() < end, "one octet a second keeps a connection open"
        assert all(stream.closed(LATE) for stream in silent)
        guest.wait_music()
    until(lambda: files(shop) <= before + 4, "their files are closed")
