import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.sip.uri import LONGEST_NAME, LONGEST_SHOWN, clean, escaped, parse_address, parse_uri, quoted, shortened
from tests.sip.test_headers import wire


@pytest.mark.parametrize(
    ("value", "name", "user", "host"),
    [
        ('"Anna" <sip:101@pbx.example.com:5061;transport=tcp>;tag=1', "Anna", "101", "pbx.example.com"),
        ("Anna Schmidt <sip:101@PBX>", "Anna Schmidt", "101", "pbx"),
        ("sip:101@pbx;tag=1", "", "101", "pbx"),
        ("<sip:pbx>", "", "", "pbx"),
        ('"O\\"Neil \\\\ Co" <sip:1@x>', 'O"Neil \\ Co', "1", "x"),
        ('"<sip:evil@x>" <sip:1@y>', "<sip:evil@x>", "1", "y"),
        ('"not closed <sip:1@x>', "not closed <sip:1@x>", "", ""),
        ("<sip:%2368%2A1@x>", "", "#68*1", "x"),
        ("<sip:+49-30;ext=5@x;user=phone>", "", "+49-30", "x"),
        ("<sip:101:secret@x>", "", "101", "x"),
        ("<sips:101@[2001:db8::1]:5061>", "", "101", "2001:db8::1"),
        ("<tel:+49-(30)-12.34;phone-context=x>", "", "+49301234", ""),
        ("< SIP :1@x >", "", "1", "x"),
        ("<sip:a@b@c>", "", "a@b", "c"),
        ("<sip:x?subject=a@b>", "", "", "x"),
        ("<mailto:a@b>", "", "", ""),
        ("", "", "", ""),
    ],
)
def test_an_address_is_taken_apart(value, name, user, host):
    found = parse_address(value)
    assert (found.name, found.user, found.host) == (name, user, host)


def test_parameters_of_uri_and_header_are_told_apart():
    found = parse_address('<sip:1@x;Cause=302?Reason=SIP%3Bcause%3D302>;Reason="user-busy";x')
    assert (found.options, found.parameters) == ({"cause": "302"}, {"reason": "user-busy", "x": ""})
    assert found.headers == "Reason=SIP%3Bcause%3D302"
    assert parse_uri("sip:1@x;transport=tcp").options == {"transport": "tcp"}
    assert parse_uri("<tel:12;isub=4>").options == {"isub": "4"}


def test_long_and_strange_names_are_cut_and_cleaned():
    found = parse_address(f'"{"n" * 300}" <sip:{"1" * 300}@x>')
    assert (len(found.name), len(found.user)) == (LONGEST_NAME, LONGEST_NAME)
    assert parse_address("<sip:1%0d%0a2%00@x>").user == "1 2"
    assert parse_address("<sip:%ff@x>").user == "\ufffd"


@pytest.mark.parametrize(
    ("plain", "sent"),
    [
        ("*68102", "*68102"),
        ("#58", "%2358"),
        ("+49 30", "+49%2030"),
        ("a@b;c?d", "a%40b%3Bc%3Fd"),
        ("\u00fc", "%C3%BC"),
    ],
)
def test_a_user_part_is_escaped(plain, sent):
    assert escaped(plain) == sent
    assert parse_uri(f"sip:{sent}@x").user == plain


@given(wire)
def test_any_address_can_be_read(raw):
    value = raw if isinstance(raw, str) else raw.decode("latin-1")
    for found in (parse_address(value), parse_uri(value)):
        for part in (found.name, found.user, found.host):
            part.encode("utf-8")
            assert len(part) <= LONGEST_NAME
            assert not any(ord(char) < 32 for char in part)


@pytest.mark.rule("P-16")
@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("n" * 300, "n" * 80),
        ("ä" * 300, "ä" * 60),
        ("\U0001f514" * 300, "\U0001f514" * 30),
        ("ab" + "日" * 99, "ab" + "日" * 39),
    ],
)
def test_a_display_name_that_we_write_is_cut_between_characters(name, shown):
    assert quoted(name) == f'"{shown}"'


def test_nothing_turns_the_direction_of_a_display():
    assert clean("\u202eanna\u2066 \u2029b\ufeff").split() == ["anna", "b"]


@given(st.text(max_size=200), st.text(st.characters(), max_size=200))
def test_what_we_write_stays_in_its_place_and_comes_back(name, user):
    address = f"{quoted(name)} <sip:{escaped(clean(user))}@x>"
    assert "\r" not in address
    assert "\n" not in address
    found = parse_address(address)
    assert found.host == "x"
    assert found.name == shortened(clean(name), LONGEST_SHOWN)
    assert found.user == clean(user)
