"""What the configuration means to the core and to the adapters: whose places are whose, what is said, whose tones are played."""

from pathlib import Path
from typing import Any

import pytest
import tomlkit

from appliance import rulebook, settings
from appliance.config.load import parse
from appliance.config.model import Config
from appliance.core import wording
from appliance.core.ids import Party, Place
from appliance.core.rules import OwnerAlert, Rules

NOBODY = Party("")


def config(**sections: Any) -> Config:
    account = {"extension": "800", "server": "pbx", "password": "secret"}
    tree = {"sip": {"account": [account]}, "park": {"last_resort": "100"}, "zone": [{"name": "shop"}], **sections}
    return parse(tomlkit.dumps(tree), source="test", folder=Path())


@pytest.mark.rule("A-7")
@pytest.mark.parametrize(
    ("language", "person", "orbit", "group"),
    [
        (
            "de",
            "Ein Anruf für Anna, geparkt auf 1 0 2.",
            "Ein Anruf, geparkt auf 7 0 1.",
            "Würde ein Mitglied von Verkauf bitte einen Anruf auf Leitung 1 0 2 übernehmen.",
        ),
        (
            "en",
            "A call for Anna, parked on 1 0 2.",
            "A call, parked on 7 0 1.",
            "Would a member of Verkauf please take a call on line 1 0 2.",
        ),
    ],
)
def test_what_is_announced_where_the_file_says_nothing_else(language: str, person: str, orbit: str, group: str) -> None:
    rules = rulebook.rules(
        config(
            site={"language": language},
            extension=[{"number": "102", "name": "Anna"}],
            orbit=[{"number": "701"}],
            group=[{"name": "Verkauf", "number": "1", "places": ["102"]}],
        )
    )
    anna, line = rules.places[Place("102")], rules.places[Place("701")]
    assert wording.announcement(anna, None, NOBODY, NOBODY, rules) == person
    assert wording.announcement(line, None, NOBODY, NOBODY, rules) == orbit
    assert wording.announcement(anna, rules.groups["Verkauf"], NOBODY, NOBODY, rules) == group
    assert set(wording.announcements(rules)) == {person, orbit, group}


@pytest.mark.rule("P-9")
def test_a_place_is_open_to_everyone_unless_it_says_for_whom_it_is_kept() -> None:
    rules = rulebook.rules(
        config(
            extension=[{"number": "101"}, {"number": "102", "parkers": []}, {"number": "103", "hunted": False}],
            orbit=[{"numbers": ["701", "702"], "parkers": ["101"]}],
        )
    )
    assert {place.number: place.parkers for place in rules.places.values()} == {
        "101": None,
        "102": frozenset(),
        "103": None,
        "701": frozenset({"101"}),
        "702": frozenset({"101"}),
    }
    assert [place.number for place in rules.places.values() if not place.hunted] == ["103"]


@pytest.mark.rule("P-13", "P-17", "P-32")
def test_the_core_and_the_file_begin_with_the_same() -> None:
    said = rulebook.rules(config())
    bare = Rules(accounts=said.accounts, last_resort="100", places={})
    for name in ("take_own_parked", "take_in_group", "message_parker", "owner_alert", "display_time", "digit_timeout"):
        assert getattr(said, name) == getattr(bare, name), name


@pytest.mark.rule("P-13", "P-17", "P-32")
def test_what_people_are_told_and_given_can_be_switched() -> None:
    park = {
        "last_resort": "100",
        "take_own_parked": False,
        "take_in_group": False,
        "message_parker": False,
        "owner_alert": "splash",
    }
    rules = rulebook.rules(config(park=park))
    assert (rules.take_own_parked, rules.take_in_group, rules.message_parker) == (False, False, False)
    assert rules.owner_alert is OwnerAlert.SPLASH


@pytest.mark.rule("P-5", "P-8")
@pytest.mark.parametrize(
    ("site", "country"),
    [
        ({}, "de"),
        ({"language": "en"}, "uk"),
        ({"language": "en", "country": "de"}, "de"),
        ({"language": "de", "country": "uk"}, "uk"),
    ],
)
def test_tones_are_those_of_the_country_and_only_else_of_the_language(site: dict[str, str], country: str) -> None:
    assert settings.sip(config(site=site), {}).country == country
