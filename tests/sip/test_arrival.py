import pytest
from hypothesis import given

from appliance.core.ids import Party
from appliance.sip.arrival import Arrival, caller, read_invite
from appliance.sip.headers import parse
from tests.sip.test_headers import wire

OWN = frozenset({"800"})


def read(*headers: str, target: str = "sip:*68102@box") -> Arrival:
    base = ("To: <sip:*68102@pbx>", 'From: "Anna" <sip:101@pbx>;tag=1')
    return read_invite(parse("\r\n".join([f"INVITE {target} SIP/2.0", *headers, *base, "", ""])), OWN)


def test_a_fresh_call():
    assert read() == Arrival("*68102", Party("101", "Anna"), None)


@pytest.mark.parametrize(
    ("target", "to", "dialled"),
    [
        ("sip:*68102@box", "<sip:*68102@pbx>", "*68102"),
        ("sip:%2358@box", "<sip:%2358@pbx>", "#58"),
        ("sip:800@box", "<sip:*88102@pbx>", "*88102"),
        ("sip:800@box", "<sip:+4930800@pbx>", "+4930800"),
        ("sip:800@box", "<tel:+49-30-800>", "+4930800"),
        ("sip:800@box", "<sip:anna@pbx>", "800"),
        ("sip:800@box", "<sip:800@pbx>", "800"),
        ("sip:box", "<sip:701@pbx>", "701"),
        ("sip:701@box", "<sip:*68@pbx>", "701"),
        ("", "", ""),
    ],
)
def test_what_was_dialled(target, to, dialled):
    assert read(f"To: {to}", target=target).dialled == dialled


@pytest.mark.parametrize(
    ("headers", "party"),
    [
        (["P-Asserted-Identity: Bernd <sip:55@pbx>"], Party("55", "Bernd")),
        (["P-Asserted-Identity: <tel:+49-30-1>, <sip:55@pbx>"], Party("+49301")),
        (['P-Asserted-Identity: <sip:55@pbx>\r\nP-Asserted-Identity: "B" <tel:+1>'], Party("55", "B")),
        (["P-Asserted-Identity: nonsense", "Remote-Party-ID: C <sip:77@pbx>"], Party("77", "C")),
        (["Remote-Party-ID: C <sip:77@pbx>;privacy=off"], Party("77", "C")),
        (["Remote-Party-ID: C <sip:77@pbx>;privacy=full"], Party("")),
        (["P-Asserted-Identity: Bernd <sip:55@pbx>", "Privacy: id;critical"], Party("")),
        (["P-Asserted-Identity: Bernd <sip:55@pbx>", "Privacy: none"], Party("55", "Bernd")),
        (['P-Asserted-Identity: "55" <sip:55@pbx>'], Party("55")),
        (['From: "Anonymous" <sip:anonymous@anonymous.invalid>'], Party("")),
        (["From: Unknown <sip:unknown@pbx>"], Party("")),
        (["Privacy: user"], Party("")),
    ],
)
def test_who_calls(headers, party):
    assert read(*headers).caller == party


@pytest.mark.rule("P-2")
@pytest.mark.parametrize(
    ("headers", "by"),
    [
        (["Referred-By: Anna <sip:101@pbx>"], Party("101", "Anna")),
        (["b: <sip:101@pbx>"], Party("101")),
        (["Referred-By: <sip:anonymous@anonymous.invalid>"], Party("")),
        (["Referred-By: nonsense"], Party("")),
        (["Diversion: <sip:101@pbx>;reason=deflection"], Party("101")),
        (["Diversion: <sip:101@pbx>;reason=unconditional;counter=1, <sip:9@pbx>"], Party("101")),
        (["Diversion: <sip:101@pbx>"], Party("101")),
        (["Diversion: <sip:101@pbx>;reason=user-busy"], None),
        (['Diversion: <sip:101@pbx>;reason="no-answer"'], None),
        (["Diversion: <sip:*68102@pbx>;reason=deflection"], None),
        (["History-Info: <sip:101@pbx?Reason=SIP%3Bcause%3D302>;index=1, <sip:*68102@pbx>;index=1.1"], Party("101")),
        (["History-Info: <sip:101@pbx>;index=1", "History-Info: <sip:*68102@pbx;cause=302>;index=1.1"], Party("101")),
        (["History-Info: <sip:101@pbx?Reason=SIP%3Bcause%3D486>;index=1, <sip:*68102@pbx>;index=1.1"], None),
        (["History-Info: <sip:*68102@pbx>;index=1"], None),
    ],
)
def test_who_transferred(headers, by):
    assert read(*headers).transferred_by == by


@given(wire)
def test_any_bytes_are_an_arrival(raw):
    found = read_invite(parse(raw), OWN)
    for part in (found.dialled, found.caller.number, found.caller.name):
        part.encode("utf-8")


@given(wire)
def test_any_header_values_are_an_arrival(raw):
    value = raw if isinstance(raw, str) else raw.decode("latin-1")
    names = (
        "From",
        "To",
        "P-Asserted-Identity",
        "Remote-Party-ID",
        "Referred-By",
        "Diversion",
        "History-Info",
        "Privacy",
    )
    head = "".join(f"{name}: {value}\r\n" for name in names)
    found = read_invite(parse(f"INVITE {value} SIP/2.0\r\n{head}"), OWN)
    assert isinstance(caller(parse(head)), Party)
    found.dialled.encode("utf-8")
