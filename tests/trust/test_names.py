"""Names in what others say: no DNS that does not answer may stop the SIP thread (S-9, S-10)."""

import ctypes
import os
import subprocess
import time
from pathlib import Path

import _pjsua2
import pytest

from tests.trust.shop import Shop

pytestmark = [pytest.mark.sip, pytest.mark.rule("S-9", "S-10")]

SLOW = 12
"""Seconds that the resolver takes for nothing: more than the watchdog allows."""
SOON = 10.0
NAME = b"media.parkdeck.invalid"


@pytest.fixture(scope="module")
def resolver(tmp_path_factory):
    """Compile the resolver that does not answer; return what preloads it, and the file that it writes."""
    folder = tmp_path_factory.mktemp("dns")
    library, log = folder / "slow_dns.so", folder / "asked"
    source = Path(__file__).with_name("slow_dns.c")
    subprocess.run(["cc", "-shared", "-fPIC", "-o", library, source, "-ldl"], check=True)
    log.touch()
    preload = " ".join(filter(None, [os.environ.get("LD_PRELOAD"), str(library)]))
    return {"LD_PRELOAD": preload, "SLOW_DNS": str(SLOW), "SLOW_DNS_LOG": str(log)}, log


@pytest.fixture
def shop(resolver, tmp_path):
    with Shop(tmp_path, environment=resolver[0]) as shop:
        yield shop


@pytest.mark.parametrize(
    ("known", "count"),
    [
        (b"", 0),
        (b"pbx.example.com=192.0.2.1,pbx.example.com=2001:db8::1,other=127.0.0.1", 3),
        (b"pbx.example.com", -1),
        (b"pbx.example.com=", -1),
        (b"pbx.example.com=elsewhere", -1),
        (b"x" * 300 + b"=192.0.2.1", -1),
        (b",".join(b"x%d=192.0.2.1" % number for number in range(65)), -1),
    ],
)
def test_names_are_told_to_the_library(known, count):
    """S-10: whole or not at all."""
    library = ctypes.CDLL(_pjsua2.__file__)
    assert library.parkdeck_guard_names(known) == count
    library.parkdeck_guard_names(b"")


def test_no_name_in_a_message_is_looked_up(shop, resolver):
    """S-10: in Contact, Via, Record-Route, Route and SDP; who calls meanwhile is served at once."""
    address = str(shop.pbx).partition(":")[0].encode()
    names = {
        "Contact": lambda text: text.replace(b"Contact: <sip:asterisk@" + address, b"Contact: <sip:asterisk@" + NAME),
        "Via": lambda text: text.replace(b"SIP/2.0/UDP " + address, b"SIP/2.0/UDP " + NAME),
        "Record-Route": lambda text: text.replace(b"Contact:", b"Record-Route: <sip:" + NAME + b";lr>\r\nContact:"),
        "Route": lambda text: text.replace(b"Contact:", b"Route: <sip:" + NAME + b";lr>\r\nContact:"),
        "SDP": lambda text: text.replace(b"c=IN IP4 127.0.0.1", b"c=IN IP4 " + NAME).replace(b": 277", b": 289"),
    }
    for where, change in names.items():
        text = change(shop.caller("*68702").text("INVITE"))
        assert NAME in text
        began = time.monotonic()
        shop.pbx.send(text, shop.address)
        shop.alive()
        guest = shop.caller().park()
        assert time.monotonic() - began < SOON, f"a name in {where} stops the SIP thread"
        guest.hang_up()
    shop.dismiss_now(shop.pbx)
    asked = [line for line in resolver[1].read_text().splitlines() if NAME.decode() in line]
    assert asked == []
