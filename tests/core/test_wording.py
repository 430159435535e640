"""What people hear and read: announcements (A-7), spelled numbers, displays (P-5, P-21)."""

import re
from dataclasses import fields, replace

import pytest

from appliance.core import wording
from appliance.core.ids import Party, Place
from appliance.core.rules import Codes, HuntRules
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
    ],
)
def test_what_is_said_of_a_person_a_group_and_an_orbit(rules, place, group, text):
    assert said(rules, place, group) == text


@pytest.mark.rule("A-7")
def test_a_place_and_a_group_may_have_their_own_template():
    template = "{name}|{place}|{group}|{parker}|{caller}|{other}|{"
    own = with_place(SHOP, "102", announcement=template)
    assert said(own, "102") == "Anna|1 0 2||Peter Braun|Müller|{other}|{"
    theirs = with_group(own, "Verkauf", announcement=template)
    assert said(theirs, "102", "Verkauf") == "Anna|1 0 2|Verkauf|Peter Braun|Müller|{other}|{"


@pytest.mark.rule("A-7")
def test_what_is_parked_to_a_group_is_said_in_the_groups_words_even_on_a_place_that_has_its_own():
    own = with_place(SHOP, "102", announcement="Anna!")
    assert (
        said(own, "102", "Verkauf") == "Würde ein Mitglied von Verkauf bitte einen Anruf auf Leitung 1 0 2 übernehmen."
    )
    assert said(with_group(own, "Verkauf", announcement=""), "102", "Verkauf") == ""


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
    assert said(own, "102", caller=HIDDEN) == "Unbekannt für Anna"


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
    assert wording.shown(words.show_recall, MUELLER, SHOP, "102") == Party(MUELLER.number, "Rückruf 102 · Müller")
    assert wording.shown(words.show_recall, Party("0301"), SHOP, "102") == Party("0301", "Rückruf 102 · 0301")
    assert wording.shown(words.show_recall, MUELLER, SHOP) == Party(MUELLER.number, "Rückruf · Müller")
    assert wording.shown(words.show_taken, MUELLER, SHOP, "102") == Party(MUELLER.number, "Platz 102 belegt · Müller")
    assert wording.shown(words.show_group_taken, MUELLER, SHOP, group="Verkauf").name == "Verkauf belegt · Müller"
    assert wording.shown(words.show_closed, MUELLER, SHOP, group="Verkauf").name == "Verkauf gesperrt · Müller"


STRANGE = "".join(map(chr, (0x202E, 0x4D, 0xFC, 0x6C, 0x0D, 0x0A, 0x6C, 0x00, 0x65, 0x1B, 0x72, 0xA0, 0x200B, 0x9F)))
"""Müller's name with line breaks, controls, an override of the direction of writing and blanks of no width."""


@pytest.mark.rule("P-16", "P-17", "A-7")
@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Müller", "Müller"),
        ("Łukasz Żółć 王小明 🙂", "Łukasz Żółć 王小明 🙂"),
        ("  Autohaus   Berger ", "Autohaus Berger"),
        (STRANGE, "Mül l e r"),
        ("x" * 300, "x" * 39 + "…"),
        ("ab " * 100, "ab " * 12 + "ab…"),
        ("{place} %s {", "{place} %s {"),
        ("", "+49301234567"),
        (" \r\n\t", "+49301234567"),
    ],
)
def test_whatever_a_caller_calls_himself_displays_and_texts_stay_one_short_line(name, shown):
    caller = Party(MUELLER.number, name)
    words = wording.sentences(SHOP)
    display = wording.shown(words.show_group_taken, caller, SHOP, group="Verkauf" * 50)
    assert display == Party(MUELLER.number, f"VerkaufVerkaufVerka… belegt · {shown}")
    assert len(display.name) < 80
    assert wording.written(caller, SHOP) == shown


@pytest.mark.rule("A-7", "P-15", "P-25")
def test_whatever_a_caller_calls_himself_speech_has_no_control_characters_and_ends():
    own = with_place(SHOP, "102", announcement="{caller} für {name}, geparkt von {parker}")
    text = said(own, "102", caller=Party("1", STRANGE), parker=Party("0171", "y" * 300))
    assert text == "Mül l e r für Anna, geparkt von " + "y" * 59 + "…"
    assert wording.vouch(Party("1", STRANGE), SHOP, recalled=True).startswith("Rückruf von Mül l e r.")
    assert text.isprintable()


@pytest.mark.rule("P-16", "P-17", "P-21")
@pytest.mark.parametrize(("rules", "nobody"), [(SHOP, "Unbekannt"), (ENGLISH, "Unknown")])
def test_a_caller_who_hides_is_shown_as_unknown(rules, nobody):
    words = wording.sentences(rules)
    assert wording.shown(words.show_recall, HIDDEN, rules, "102").name.endswith(f" 102 · {nobody}")
    assert wording.written(HIDDEN, rules) == nobody


@pytest.mark.rule("P-17")
def test_texts_name_staff_as_displays_do():
    assert wording.written(Party("102", "SIP-102"), SHOP) == "Anna Schmidt"
    assert wording.written(Party("104"), SHOP) == "104"


@pytest.mark.rule("P-17")
@pytest.mark.parametrize(
    ("seconds", "text"), [(0.2, "0 s"), (41.6, "42 s"), (99.4, "99 s"), (99.6, "1 min 40 s"), (905.0, "15 min 5 s")]
)
def test_how_long_somebody_waited_is_read_at_a_glance(seconds, text):
    assert wording.lasting(seconds, SHOP) == text


@pytest.mark.rule("P-8")
def test_a_very_long_wrong_number_is_not_read_out():
    assert wording.unknown("19", SHOP) == "Die Nummer 1 9 gibt es hier nicht."
    assert wording.unknown("1" * 9, SHOP) == wording.unknown("", SHOP) == "Diese Nummer gibt es hier nicht."


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
    world.digits(told[2], "9#")
    assert world.said(told[2]) in prepared
    silent = world.call("800", PETER)
    world.digits(silent, "###")
    assert world.said(silent) in prepared
    nobody = [world.call("4711", PETER), world.call("*582", PETER), world.call("*68#", HIDDEN)]
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
@pytest.mark.parametrize(
    ("changed", "german", "english"),
    [
        (
            {},
            "Zum Parken die 1, zum Parken in der Gruppe die 2, zum Übernehmen die 3.",
            "To park press 1, to park to the group press 2, to pick up press 3.",
        ),
        ({"groups": {}}, "Zum Parken die 1, zum Übernehmen die 3.", "To park press 1, to pick up press 3."),
        (
            {"hunts": {"85": HuntRules("85", "Zentrale", ())}, "groups": {}},
            "Zum Parken die 1, zum Übernehmen die 3, zum Anmelden in der Rufgruppe die 4, zum Abmelden die 9.",
            "To park press 1, to pick up press 3, to log in to the hunt group press 4, to log out press 9.",
        ),
        ({"codes": Codes(park=())}, "Zum Parken in der Gruppe die 2, zum Übernehmen die 3.", None),
        ({"codes": Codes(park=("*15",))}, "Zum Parken in der Gruppe die 2, zum Übernehmen die 3.", None),
        (
            {"codes": Codes(park=(), park_group=(), retrieve=())},
            "Dahin kann nicht geparkt werden.",
            "A call cannot be parked there.",
        ),
    ],
)
def test_the_menu_offers_what_the_site_has(changed, german, english):
    assert wording.menu(replace(SHOP, **changed)) == german
    if english is not None:
        assert wording.menu(replace(ENGLISH, **changed)) == english
