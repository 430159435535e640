"""What a display makes of a SIP message."""

import pytest

from tests.lab import sip_text
from tests.lab.sip_text import Party

INVITE = """INVITE sip:%2358@127.0.0.1:5060;transport=udp SIP/2.0
Via: SIP/2.0/UDP 127.0.0.1
f: "Zentrale" <sip:100@pbx>;tag=1
To: <sip:102@pbx>
P-Asserted-Identity: "M\u00fcller \\"Bau\\"" <sip:+49301234567;phone-context=x@pbx;user=phone>
Subject: a
  folded line
Call-Info: <sip:pbx>; answer-after=0

v=0
f: no header""".replace("\n", "\r\n")


def test_headers_are_read_in_long_form_unfolded_and_without_the_body():
    found = sip_text.headers(INVITE)
    assert sip_text.first(found, "subject") == "a folded line"
    assert [value for name, value in found if name == "from"] == ['"Zentrale" <sip:100@pbx>;tag=1']


def test_the_asserted_identity_is_shown_rather_than_from():
    assert sip_text.caller(sip_text.headers(INVITE)) == Party("+49301234567", 'M\u00fcller "Bau"')


def test_from_is_shown_where_nobody_asserts():
    without = [pair for pair in sip_text.headers(INVITE) if pair[0] != "p-asserted-identity"]
    assert sip_text.caller(without) == Party("100", "Zentrale")
    assert sip_text.asserted(without) is None


def test_remote_party_id_serves_where_there_is_no_asserted_identity():
    assert sip_text.asserted([("remote-party-id", '"Anna" <sip:102@pbx>;party=calling')]) == Party("102", "Anna")


def test_the_dialled_number_is_unescaped():
    assert sip_text.dialled(INVITE) == "#58"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("<sip:102@pbx>", Party("102")),
        ("sip:102@pbx;tag=1", Party("102")),
        ("Anna Schmidt <sip:102@pbx>", Party("102", "Anna Schmidt")),
        ("<tel:+4930123;ext=5>", Party("+4930123")),
        ("<sip:pbx.example.com>", Party("")),
        ('"" <sip:anonymous@anonymous.invalid>', Party("anonymous")),
        ("", Party("")),
        ("<<<", Party("")),
    ],
)
def test_parties(value, shown):
    assert sip_text.party(value) == shown


@pytest.mark.parametrize(
    ("header", "value", "itself"),
    [
        ("call-info", "<sip:x>;answer-after=0", True),
        ("call-info", "<sip:x>; Answer-After = 0", True),
        ("alert-info", "<http://x>;info=alert-autoanswer", True),
        ("alert-info", "<http://x>;info=long-long", False),
        ("call-info", "<sip:x>;answer-after=10", False),
    ],
)
def test_who_answers_by_himself(header, value, itself):
    assert sip_text.answers_itself([(header, value)]) is itself


def test_surrogates_become_text():
    assert sip_text.clean("M\udcfcller") == "M\ufffdller"
