"""What people hear and read: announcements (A-7), spelled numbers, displays (P-5, P-21)."""

import re
from dataclasses import fields, replace

import pytest

from appliance.core import wording
from appliance.core.ids import Party, Place
from appliance.core.rules import Codes
from tests.core.timeline import ANNA, HIDDEN, JENS, MIA, MUELLER, PETER, SHOP, World, with_group, with_place

ENGLISH = replace(SHOP, language="en")
PAIRS = replace(SHOP, digit_pairs=True)


def said(rules, place, group=None, parker=PETER, caller=MUELLER):
    chosen = rules.groups[group] if group is not None else None
    return wording.announcement(rules.places[Place(place)], chosen, parker, caller, rules)


@pytest.mark.rule("A-7")
@pytest.mark.parametrize(
    ("rules", "place", "group", "text"),
    [
        (SHOP, "102", None, "Ein Anruf für Anna, geparkt auf 1 0 2."),
        (SHOP, "101", None, "Ein Anruf für Peter Braun, geparkt auf 1 0 1."),
        (SHOP, "101", "Verkauf", "Würde ein Mitglied von Verkauf bitte einen Anruf auf Leitung 1 0 1 übernehmen."),
        (SHOP, "701", None, "Ein Anruf, geparkt auf Leitung 7 0 1."),
        (ENGLISH, "102", None, "A call for Anna, parked on 1 0 2."),
        (ENGLISH, "101", "Verkauf", "Would a member of Verkauf please take a call on line 1 0 1."),
        (ENGLISH, "701", None, "A call, parked on line 7 0 1."),
    ],
)
def test_the_defaults_of_both_languages(rules, place, group, text):
    assert said(rules, place, group) == text


@pytest.mark.rule("A-7")
def test_a_place_and_a_group_may_have_their_own_template():
    template = "{name}|{place}|{group}|{parker}|{caller}|{other}|{"
    own = with_place(SHOP, "102", announcement=template)
    assert said(own, "102") == "Anna|1 0 2||Peter Braun|Müller|{other}|{"
    theirs = with_group(own, "Verkauf", announcement=template)
    assert said(theirs, "102", "Verkauf") == "Anna|1 0 2|Verkauf|Peter Braun|Müller|{other}|{"


@pytest.mark.rule("A-7")
def test_a_group_without_a_template_uses_the_languages_own_even_on_a_place_that_has_one():
    own = with_place(SHOP, "102", announcement="Anna!")
    assert (
        said(own, "102", "Verkauf") == "Würde ein Mitglied von Verkauf bitte einen Anruf auf Leitung 1 0 2 übernehmen."
    )


@pytest.mark.rule("A-7")
@pytest.mark.parametrize("rules", [SHOP, ENGLISH])
@pytest.mark.parametrize(("place", "group"), [("102", None), ("101", "Verkauf"), ("701", None), ("701", "Werkstatt")])
def test_a_callers_name_is_never_spoken_unless_the_template_says_so(rules, place, group):
    text = said(rules, place, group)
    assert "Müller" not in text
    assert "49" not in text


@pytest.mark.rule("A-7")
def test_a_caller_without_a_name_is_his_number_spelled():
    own = with_place(SHOP, "102", announcement="{caller} für {name}")
    assert said(own, "102", caller=Party("0301")) == "0 3 0 1 für Anna"
    assert said(own, "102", caller=HIDDEN) == " für Anna"


@pytest.mark.rule("A-7")
@pytest.mark.parametrize(
    ("number", "singly", "in_pairs"),
    [
        ("1234", "1 2 3 4", "12 34"),
        ("102", "1 0 2", "1 0 2"),
        ("1005", "1 0 0 5", "1 0 0 5"),
        ("0512", "0 5 1 2", "0 5 1 2"),
        ("1050", "1 0 5 0", "10 50"),
        ("12", "1 2", "12"),
        ("", "", ""),
    ],
)
def test_digits_are_spoken_singly_or_in_pairs(number, singly, in_pairs):
    assert wording.spell(number, SHOP) == singly
    assert wording.spell(number, PAIRS) == in_pairs


@pytest.mark.rule("P-3", "P-6")
def test_the_confirmation_names_the_extension_or_the_line():
    anna = SHOP.places[Place("102")]
    assert wording.confirmation(anna, "", SHOP) == "Geparkt auf 1 0 2."
    assert wording.confirmation(anna, "Verkauf", SHOP) == "Geparkt auf Leitung 1 0 2."
    assert wording.confirmation(anna, "", ENGLISH) == "Parked on 1 0 2."
    assert wording.confirmation(anna, "Verkauf", ENGLISH) == "Parked on line 1 0 2."


@pytest.mark.rule("P-15")
def test_staff_are_named_by_their_place_else_by_display_else_by_number():
    assert wording.owner_name(Party("102", "SIP-102"), SHOP) == "Anna"
    assert wording.owner_name(Party("101", "SIP-101"), SHOP) == "Peter Braun"
    assert wording.owner_name(MIA, SHOP) == "Mia Lang"
    assert wording.owner_name(Party("104"), SHOP) == "1 0 4"
    assert wording.owner_name(Party("701", "Halle"), SHOP) == "Halle"


@pytest.mark.rule("P-5", "P-21")
def test_the_display_of_a_rung_phone_has_the_reason_and_the_callers_number():
    words = wording.sentences(SHOP)
    assert wording.shown(words.show_recall, MUELLER, "102") == Party(MUELLER.number, "Rückruf 102 · Müller")
    assert wording.shown(words.show_recall, Party("0301"), "102") == Party("0301", "Rückruf 102 · 0301")
    assert wording.shown(words.show_recall, MUELLER) == Party(MUELLER.number, "Rückruf · Müller")
    assert wording.shown(words.show_taken, MUELLER, "102") == Party(MUELLER.number, "Platz 102 belegt · Müller")
    assert wording.shown(words.show_group_taken, MUELLER, group="Verkauf").name == "Verkauf belegt · Müller"


@pytest.mark.rule("A-7")
def test_both_languages_fill_in_the_same_fields():
    def names(text):
        return sorted(re.findall(r"\{(\w+)\}", text))

    for sentence in fields(wording.Sentences):
        german = getattr(wording.GERMAN, sentence.name)
        english = getattr(wording.ENGLISH, sentence.name)
        assert german, sentence.name
        assert english, sentence.name
        assert names(german) == names(english), sentence.name


@pytest.mark.rule("A-7", "P-3")
def test_what_phones_are_told_is_known_beforehand():
    world = World()
    prepared = wording.prompts(SHOP)
    assert len(prepared) == len(set(prepared))
    told = [
        world.call("*68", PETER),
        world.call("*88", PETER),
        world.call("800", PETER),
        world.call("*68701", PETER),
        world.call("*58", PETER),
        world.call("*88102", JENS),
    ]
    for leg in told:
        assert world.said(leg) in prepared
    world.call("702", MUELLER, by=MIA)
    winner, loser = world.arrive("702", ANNA), world.arrive("702", JENS)
    assert world.said(loser) in prepared
    world.answered(winner)
    world.digits(told[2], "9#9#9#")
    assert world.said(told[2]) in prepared
    nobody = [world.call("4711", PETER), world.call("*589", PETER)]
    world.later(2.0)
    for leg in nobody:
        assert world.said(leg) in prepared


@pytest.mark.rule("A-7")
def test_what_loudspeakers_say_is_known_beforehand_unless_it_names_caller_or_parker():
    rules = with_place(SHOP, "101", announcement="{caller} für {name}")
    rules = with_group(rules, "Werkstatt", announcement="{parker} parkt auf {place}")
    assert wording.announcements(rules) == (
        "Ein Anruf für Anna, geparkt auf 1 0 2.",
        "Ein Anruf für Jens Wolf, geparkt auf 1 0 3.",
        "Ein Anruf, geparkt auf Leitung 7 0 1.",
        "Ein Anruf, geparkt auf Leitung 7 0 2.",
        "Würde ein Mitglied von Verkauf bitte einen Anruf auf Leitung 1 0 1 übernehmen.",
        "Würde ein Mitglied von Verkauf bitte einen Anruf auf Leitung 1 0 2 übernehmen.",
        "Würde ein Mitglied von Verkauf bitte einen Anruf auf Leitung 1 0 3 übernehmen.",
    )


@pytest.mark.rule("P-8")
def test_the_menu_names_the_first_code_of_each_function():
    assert wording.menu(SHOP).startswith("Zum Parken bitte 6 8 und")
    bare = replace(SHOP, codes=Codes(park=(), park_group=(), retrieve=("*#8",)))
    assert "zum Übernehmen 8 und" in wording.menu(bare)
