"""What a dialled string means (the table of codes; P-8, P-14)."""

from dataclasses import replace

import pytest

from appliance.core import codes
from appliance.core.codes import Orbit, OwnNumber, ParkInGroup, ParkOn, Take, Unknown
from appliance.core.ids import Place
from appliance.core.rules import Codes
from tests.core.timeline import SHOP

pytestmark = pytest.mark.rule("P-8", "P-14")


@pytest.mark.parametrize(
    ("dialled", "meant"),
    [
        ("*68102", ParkOn("102")),
        ("*68102#", ParkOn("102")),
        ("*68999", ParkOn("999")),
        ("*68", ParkOn()),
        ("*68#", ParkOn(own=True)),
        ("*58", ParkInGroup()),
        ("#58", ParkInGroup()),
        ("*58#", ParkInGroup()),
        ("*582", ParkInGroup("2")),
        ("#582#", ParkInGroup("2")),
        ("*88", Take()),
        ("*88#", Take(own=True)),
        ("*88102", Take("102")),
        ("*88102#", Take("102")),
        ("701", Orbit(Place("701"))),
        ("702", Orbit(Place("702"))),
        ("800", OwnNumber()),
        ("049301", OwnNumber()),
        ("102", Unknown("102")),
        ("703", Unknown("703")),
        ("", Unknown("")),
        ("*", Unknown("*")),
        ("#", Unknown("#")),
        ("*6", Unknown("*6")),
        ("68102", Unknown("68102")),
        ("*68*102", Unknown("*68*102")),
        ("*68#102", Unknown("*68#102")),
        ("*68102##", Unknown("*68102##")),
        ("*68anna", Unknown("*68anna")),
        ("*68\u0661\u0660\u0662", Unknown("*68\u0661\u0660\u0662")),
        ("*68\xb2", Unknown("*68\xb2")),
        ("anna", Unknown("anna")),
    ],
)
def test_a_dialled_string_has_one_meaning(dialled, meant):
    assert codes.intent(dialled, SHOP) == meant


@pytest.mark.parametrize(
    ("digits", "meant"),
    [
        ("68102", ParkOn("102")),
        ("68", ParkOn()),
        ("58", ParkInGroup()),
        ("582", ParkInGroup("2")),
        ("88102", Take("102")),
        ("88", Take()),
        ("", Unknown("")),
        ("6", Unknown("6")),
        ("701", Take("701")),
        ("102", Unknown("102")),
    ],
)
def test_the_menu_knows_the_codes_without_their_star(digits, meant):
    assert codes.menu_intent(digits, SHOP) == meant


def test_of_two_codes_that_fit_the_longer_one_is_meant():
    rules = replace(SHOP, codes=Codes(park=("*6", "*68"), park_group=("*681",), retrieve=("*8",)))
    assert codes.intent("*68102", rules) == ParkInGroup("02")
    assert codes.intent("*68202", rules) == ParkOn("202")
    assert codes.intent("*6202", rules) == ParkOn("202")
    assert codes.intent("*88102", rules) == Take("8102")


def test_each_function_may_have_several_codes():
    rules = replace(SHOP, codes=Codes(park=("*68", "**1"), retrieve=("*88", "*#8")))
    assert codes.intent("**1102", rules) == codes.intent("*68102", rules) == ParkOn("102")
    assert codes.intent("*#8102", rules) == codes.intent("*88102", rules) == Take("102")
