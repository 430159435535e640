import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from appliance.sip.headers import LONGEST_VALUE, MOST_FIELDS, parse, split, text

wire = st.one_of(
    st.binary(max_size=400).map(lambda octets: octets.decode("utf-8", "surrogateescape")),
    st.text(st.characters(), max_size=400),
    st.binary(max_size=400),
)


def test_a_message_is_taken_apart():
    message = parse(
        "INVITE sip:*68102@box SIP/2.0\r\n"
        'f: "Anna, of Sales" <sip:101@pbx>;tag=1\r\n'
        "DIVERSION: <sip:1@x>, <sip:2@x>\r\n"
        "Diversion : <sip:3@x>\r\n"
        "Subject: folded\r\n\t over\r\n two lines\r\n"
        "\r\n"
        "From: the body is not a header\r\n"
    )
    assert (message.method, message.target) == ("INVITE", "sip:*68102@box")
    assert message.value("from") == '"Anna, of Sales" <sip:101@pbx>;tag=1'
    assert message.items("diversion") == ("<sip:1@x>", "<sip:2@x>", "<sip:3@x>")
    assert message.values("diversion") == ("<sip:1@x>, <sip:2@x>", "<sip:3@x>")
    assert message.value("subject") == "folded over two lines"
    assert message.value("to") == ""
    assert message.values("body") == ()


@pytest.mark.parametrize(
    ("start", "code"),
    [
        ("SIP/2.0 181 Call Is Being Forwarded", 181),
        ("SIP/2.0 200", 200),
        ("SIP/2.0 xyz", 0),
        ("SIP/2.0", 0),
        ("INVITE sip:200@pbx SIP/2.0", 0),
        ("200 SIP/2.0", 0),
    ],
)
def test_the_code_of_a_response(start, code):
    assert parse(f"{start}\r\n\r\n").code == code


@pytest.mark.parametrize(
    ("line", "method", "target"),
    [
        ("INVITE  sip:701@box  SIP/2.0", "INVITE", "sip:701@box"),
        ("INVITE\tsip:701@box\tSIP/2.0", "INVITE", "sip:701@box"),
        ("INVITE sip:701@box", "INVITE", "sip:701@box"),
        ("INVITE", "INVITE", ""),
        ("INVITE  ", "INVITE", ""),
        ("SIP/2.0 200 OK", "SIP/2.0", "200"),
    ],
)
def test_a_request_line_is_taken_apart_whatever_the_spaces(line, method, target):
    message = parse(f"{line}\r\nTo: x\r\n\r\n")
    assert (message.method, message.target) == (method, target)


@pytest.mark.parametrize("end", ["\r\n", "\n", "\r"])
def test_every_line_end_will_do(end):
    message = parse(end.join(["", "OPTIONS sip:a SIP/2.0", "To: x", "", "From: y"]))
    assert message.method == "OPTIONS"
    assert message.fields == (("to", "x"),)


def test_what_is_no_header_is_left_out():
    assert parse("X\r\nno colon\r\n: no name\r\nb\u00e4d: name\r\nTo: x").fields == (("to", "x"),)
    assert parse("").fields == parse(b"").fields == ()


def test_too_much_is_cut_off():
    message = parse("X\r\n" + "".join(f"H{at}:{'v' * 10_000}\r\n" for at in range(300)))
    assert len(message.fields) <= MOST_FIELDS
    assert {len(value) for _, value in message.fields[:5]} == {LONGEST_VALUE}
    assert len(parse("X\r\n" + "H: v\r\n" * 1000).fields) == MOST_FIELDS


@pytest.mark.parametrize(
    ("value", "items"),
    [
        ("", ()),
        (",, ,", ()),
        ("a, b ,c", ("a", "b", "c")),
        ('"a,b" <sip:x>, c', ('"a,b" <sip:x>', "c")),
        ('"a\\",b", c', ('"a\\",b"', "c")),
        ("<sip:a,b@x>, d", ("<sip:a,b@x>", "d")),
        ('"never closed, x', ('"never closed, x',)),
        ("<never closed, x", ("<never closed, x",)),
        ("a> , b", ("a>", "b")),
    ],
)
def test_a_list_is_taken_apart(value, items):
    assert split(value) == items


def test_text_of_other_encodings_becomes_valid():
    assert text(b"M\xc3\xbcller") == "M\u00fcller"
    assert text(b"M\xfcller") == text("M\udcfcller") == "M\u00fcller"
    assert text("a\ud800b\x00\r\nc\u2028d") == "a\ufffdb c d"


@given(wire)
@example("\r\n\r\n")
@example(" folded first")
@example("X\r\n folded second")
def test_nothing_raises_and_everything_is_clean(raw):
    message = parse(raw)
    for name, value in message.fields:
        (name + value).encode("utf-8")
        assert not any(ord(char) < 32 for char in name + value)
        assert all(item == item.strip() and item for item in split(value))
    assert message.method is not None
    message.start.encode("utf-8")
