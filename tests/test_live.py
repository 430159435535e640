"""What of a changed file holds at once, key by key, and what is named as needing a restart."""

from pathlib import Path
from tempfile import mkdtemp

import pytest

from appliance import live, rulebook, settings
from appliance.config.load import parse
from appliance.config.model import Config
from appliance.core.ids import Place
from tests.lab import music

FILE = """
[site]
language = "de"
[park]
last_resort = "100"
[[sip.account]]
name = "pbx"
extension = "800"
server = "pbx"
[[extension]]
number = "102"
name = "Anna"
[[orbit]]
numbers = ["701", "702"]
[[group]]
number = "1"
places = ["102"]
[[hunt_group]]
number = "850"
members = ["101"]
[[zone]]
name = "shop"
card = "sim"
[[panel]]
name = "counter"
station = "101"
[panel.keys]
1 = { place = "701" }
2 = { place = "702" }
[hardware]
backend = "sim"
"""


SOUNDS = Path(mkdtemp(prefix="parkdeck-live-"))
music.write_wav(SOUNDS / "new.wav", music.chord((440.0,), 1))


def config(*changes: tuple[str, str]) -> Config:
    text = FILE
    for old, new in changes:
        assert text.count(old) == 1
        text = text.replace(old, new)
    return parse(text, source="parkdeck.toml", folder=SOUNDS)


STARTED = config()
MUSIC = settings.music_sources(rulebook.rules(STARTED))


def reloaded(*changes: tuple[str, str]) -> tuple[Config, list[str], list[str]]:
    """Return what holds after a change, what took effect, and what needs a restart."""
    wanted = config(*changes)
    now = live.adopted(STARTED, wanted, MUSIC)
    return now, [*live.differences(STARTED, now)], [*live.differences(now, wanted)]


def test_the_same_file_changes_nothing() -> None:
    assert reloaded() == (STARTED, [], [])


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ('last_resort = "100"', 'last_resort = "109"', "park.last_resort"),
        ('last_resort = "100"', 'last_resort = "100"\nrecall_after = 90', "park.recall_after"),
        ('last_resort = "100"', 'last_resort = "100"\nmusic = "off"', "park.music"),
        ('language = "de"', 'timezone = "Europe/London"', "site.timezone"),
        ('name = "Anna"', 'name = "Anna Schmidt"', "extension.102.name"),
        ('numbers = ["701", "702"]', 'numbers = ["701", "702", "703"]', "orbit.701.numbers"),
        ('places = ["102"]', 'places = ["102"]\nrecall_after = 60', "group.1.recall_after"),
        ('members = ["101"]', 'members = ["101", "103"]', "hunt_group.850.members.103"),
        ('station = "101"', 'station = "103"', "panel.counter.station"),
        ('1 = { place = "701" }', '1 = { place = "102" }', "panel.counter.keys.1.place"),
        ('2 = { place = "702" }\n', "", "panel.counter.keys.2"),
        ('server = "pbx"', 'server = "pbx"\nretrieve = "anchor"', "sip.account.pbx.retrieve"),
        ("[hardware]", "[announce]\nrepeats = 5\n[hardware]", "announce.repeats"),
        ("[hardware]", "[buttons]\nauto_answer = false\n[hardware]", "buttons.auto_answer"),
        ("[hardware]", '[codes]\npark = ["*77"]\n[hardware]', "codes.park"),
    ],
)
def test_what_decides_holds_at_once(old: str, new: str, key: str) -> None:
    now, changed, restart = reloaded((old, new))
    assert (changed, restart) == ([key], [])
    assert now == config((old, new))


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ('language = "de"', 'language = "en"', "site.language"),
        ('language = "de"', 'country = "uk"', "site.country"),
        ('server = "pbx"', 'server = "other"', "sip.account.pbx.server"),
        ('extension = "800"', 'extension = "801"', "sip.account.pbx.extension"),
        ("[hardware]", "[sip]\nport = 5080\n[hardware]", "sip.port"),
        ('name = "shop"', 'name = "yard"', "zone.shop zone.yard"),
        ('card = "sim"', 'card = "none"', "zone.shop.card"),
        ("[hardware]", '[announce]\nvoice = "piper"\n[hardware]', "announce.voice"),
        ("[hardware]", "[buttons]\ndebounce_ms = 20\n[hardware]", "buttons.debounce_ms"),
        ("[hardware]", '[[panel]]\nname = "yard"\n[hardware]', "panel.yard"),
        ("[hardware]", "[history]\nkeep_days = 5\n[hardware]", "history.keep_days"),
        ("[hardware]", "[hardware.relays]\namp = { pin = 17 }\n[hardware]", "hardware.relays.amp"),
        ('last_resort = "100"', 'last_resort = "100"\nmusic = "new.wav"', "park.music"),
        ('name = "Anna"', 'name = "Anna"\nmusic = "new.wav"', "extension.102.music"),
    ],
)
def test_what_is_made_once_is_named_and_stays(old: str, new: str, key: str) -> None:
    now, changed, restart = reloaded((old, new))
    assert (now, changed, restart) == (STARTED, [], key.split())


def test_a_new_key_needs_a_restart_and_the_place_that_it_names_does_not() -> None:
    now, changed, restart = reloaded(('2 = { place = "702" }', '2 = { place = "702" }\n3 = { place = "709" }'))
    assert (changed, restart) == (["orbit.709"], ["panel.counter.keys.3"])
    wired = {lines.key for lines in settings.panel_wiring(STARTED).keys}
    assert {key for panel in rulebook.rules(now).panels.values() for key in panel.keys} <= wired


def test_a_key_that_was_taken_away_comes_back_without_a_restart() -> None:
    without = live.adopted(STARTED, config(('2 = { place = "702" }\n', "")), MUSIC)
    again = live.adopted(STARTED, STARTED, MUSIC)
    assert [*live.differences(without, again)] == ["panel.counter.keys.2"]


def test_a_new_place_with_music_that_is_not_there_has_that_of_the_site() -> None:
    new = '[[extension]]\nnumber = "104"\nmusic = "new.wav"\n[hardware]'
    now, changed, restart = reloaded(("[hardware]", new))
    assert (changed, restart) == (["extension.104"], ["extension.104.music"])
    assert settings.music_sources(rulebook.rules(now)) <= MUSIC


def test_what_is_to_be_announced_in_a_new_zone_is_announced_in_the_first_one_until_a_restart() -> None:
    new = '[[zone]]\nname = "yard"\n[[extension]]\nnumber = "104"\nzone = "yard"\n[hardware]'
    now, changed, restart = reloaded(("[hardware]", new), ('number = "1"', 'number = "1"\nzone = "yard"'))
    assert (changed, restart) == (["extension.104"], ["extension.104.zone", "group.1.zone", "zone.yard"])
    assert rulebook.rules(now).places[Place("104")].zone == "shop"


def test_another_order_of_zones_needs_a_restart_and_one_of_groups_does_not() -> None:
    yard = '[[zone]]\nname = "yard"\ncard = "none"\n'
    shop = '[[zone]]\nname = "shop"\ncard = "sim"\n'
    one, other = config((shop, shop + yard)), config((shop, yard + shop))
    assert [*live.differences(live.adopted(one, other, MUSIC), other)] == ["zone"]
    assert rulebook.rules(live.adopted(one, other, MUSIC)) == rulebook.rules(one)


def test_no_secret_is_told() -> None:
    _, _, restart = reloaded(('server = "pbx"', 'server = "pbx"\npassword = "hunter2"'))
    assert restart == ["sip.account.pbx.password"]


@pytest.mark.rule("P-31")
def test_the_music_of_a_hunt_group_is_prepared_at_the_start_and_ringback_needs_none() -> None:
    playing = config(('members = ["101"]', 'members = ["101"]\nmusic = "new.wav"'), ("[park]", '[park]\nmusic = "off"'))
    assert settings.music_sources(rulebook.rules(playing)) == {str(SOUNDS / "new.wav")}
    ringing = config(("[park]", '[park]\nmusic = "off"'))
    assert settings.music_sources(rulebook.rules(ringing)) == frozenset()
