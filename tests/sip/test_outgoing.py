import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.core.ids import Dialog, LegId, Party
from appliance.core.orders import Alert, Dial
from appliance.sip.outgoing import display, invite, refer_to, written

BOX = {"extension": "800", "host": "pbx:5080"}


def test_a_plain_call():
    found = invite(Dial(LegId(-1), "pbx", "102", Party("+49301", "M\u00fcller")), **BOX)
    assert found.target == "sip:102@pbx:5080"
    assert found.source == '"M\u00fcller" <sip:800@pbx:5080>'
    assert found.headers == (("P-Asserted-Identity", '"M\u00fcller" <sip:+49301@pbx:5080>'),)


@pytest.mark.rule("P-16")
def test_a_hidden_caller_is_not_named():
    found = invite(Dial(LegId(-1), "pbx", "102", Party("")), **BOX, transport="tls")
    anonymous = ("P-Asserted-Identity", '"Anonymous" <sip:anonymous@anonymous.invalid>')
    hidden = (anonymous, ("Privacy", "id"))
    assert found == type(found)("sip:102@pbx:5080;transport=tls", "<sip:800@pbx:5080>", hidden)


@pytest.mark.rule("P-21")
def test_a_name_without_a_number_is_told_under_our_own():
    found = invite(Dial(LegId(-1), "pbx", "102", Party("", "Rückruf 102")), **BOX)
    assert found.source == '"Rückruf 102" <sip:800@pbx:5080>'
    assert found.headers == (("P-Asserted-Identity", '"Rückruf 102" <sip:800@pbx:5080>'),)


@pytest.mark.rule("P-16")
@pytest.mark.parametrize(("calling", "party"), [(True, "calling"), (False, "called")])
def test_old_phones_have_a_header_of_their_own(calling, party):
    headers = display(Party("103", "Jens"), **BOX, calling=calling)
    who = '"Jens" <sip:103@pbx:5080>'
    remote = ("Remote-Party-ID", f"{who};party={party};screen=yes;privacy=off")
    assert headers == (("P-Asserted-Identity", who), remote)


@pytest.mark.rule("P-17")
@pytest.mark.parametrize(
    ("message", "sent"),
    [("  102: taken\r\nby Anna ", "102: taken by Anna"), ("ä" * 500, "ä" * 400), ("", "")],
)
def test_a_text_is_one_line_of_bounded_length(message, sent):
    assert written(message) == sent


@pytest.mark.rule("P-21")
@pytest.mark.parametrize("alert", Alert)
def test_each_pattern_has_its_own_alert(alert):
    headers = dict(invite(Dial(LegId(-1), "pbx", "1", Party(""), alert), **BOX).headers)
    others = [dict(invite(Dial(LegId(-1), "pbx", "1", Party(""), a), **BOX).headers) for a in Alert if a != alert]
    assert headers not in others


def test_whom_a_release_names():
    dialog = Dialog("a b@[::1]", "our>tag", "their&tag")
    found = refer_to(dialog, "10#2", host="pbx:5080", transport="tcp")
    tags = "to-tag%3Dtheir%26tag%3Bfrom-tag%3Dour%3Etag"
    where = "sip:10%232@pbx:5080;transport=tcp"
    assert found == f"<{where}?Require=replaces&Replaces=a%20b%40[::1]%3B{tags}>"


@given(*(st.text(st.characters()) for _ in range(4)))
def test_nothing_in_a_dialog_breaks_a_refer_to(call_id, ours, theirs, number):
    found = refer_to(Dialog(call_id, ours, theirs), number, host="pbx")
    assert found.isascii()
    assert found[1:-1].isprintable()
    assert not set('<>" ') & set(found[1:-1])
    # What separates headers may stand in the number: it ends at the @.
    _, _, headers = found[1:-1].rpartition("@pbx?")
    assert not set(";,") & set(headers)
    assert headers.count("&") == headers.count("Require=") == 1


@given(
    st.text(st.characters()), st.text(st.characters()), st.text(st.characters()), st.sampled_from(Alert), st.booleans()
)
def test_nothing_that_is_shown_breaks_a_header(number, name, dialled, alert, auto):
    found = invite(Dial(LegId(-1), "pbx", dialled, Party(number, name), alert, auto), **BOX)
    for value in (found.target, found.source, *(value for _, value in found.headers)):
        assert value.encode("utf-8").decode("utf-8").splitlines() == [value]
        assert len(value) < 1200
