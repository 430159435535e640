"""Which responses say that a call of ours was sent on (P-25, P-29)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.sip.diversion import is_diverted
from appliance.sip.headers import parse

pytestmark = pytest.mark.rule("P-25", "P-29")


def said(code: int, *headers: str) -> bool:
    return is_diverted(parse("\r\n".join([f"SIP/2.0 {code} Said So", *headers, "", ""])))


@pytest.mark.parametrize(
    ("code", "headers"),
    [
        (181, ()),
        (199, ()),
        (180, ("Diversion: <sip:102@pbx>;reason=unconditional",)),
        (183, ("Diversion: <tel:+49301>",)),
        (200, ('Diversion: "Anna" <sip:102@pbx>;reason="no-answer";counter=1',)),
        (180, ("History-Info: <sip:102@pbx>;index=1, <sip:vm@pbx>;index=1.1;mp=1",)),
        (180, ("History-Info: <sip:102@pbx>;index=1", "History-Info: <sip:vm@pbx;cause=486>;index=1.1")),
        (200, ("History-Info: <sip:102@pbx?Reason=SIP%3Bcause%3D302>;index=1, <sip:105@pbx>;index=1.1",)),
    ],
)
def test_a_call_that_was_sent_on(code, headers):
    assert said(code, *headers)


@pytest.mark.parametrize(
    ("code", "headers"),
    [
        (180, ()),
        (182, ()),
        (183, ()),
        (200, ()),
        (180, ("Diversion: ", "Diversion: nonsense")),
        (180, ("History-Info: <sip:102@pbx>;index=1",)),
        (180, ("History-Info: <sip:102@pbx>;index=1, <sip:102@192.0.2.7>;index=1.1;rc=1",)),
        (180, ("History-Info: <sip:102@pbx>;index=1, <sip:t8s9@192.0.2.7>;index=1.1;rc=1",)),
        # his second phone is rung because the first did not answer: still he
        (200, ("History-Info: <sip:102@a?Reason=SIP%3Bcause%3D408>;index=1, <sip:102@b>;index=1.2",)),
        (302, ("Diversion: <sip:102@pbx>",)),
        (486, ("Diversion: <sip:102@pbx>",)),
    ],
)
def test_a_call_that_was_not(code, headers):
    assert not said(code, *headers)


@given(st.text(max_size=300))
def test_anything_can_be_read(value):
    assert said(180, f"Diversion: {value}", f"History-Info: {value}") in (True, False)
