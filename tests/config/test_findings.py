"""The shape of the file: unknown and missing keys, tables and lists in each other's place."""

import pytest


@pytest.mark.parametrize(
    ("text", "path", "nearest"),
    [
        ("prak = {}", "prak", "park"),
        ("park.recal_after = 45", "park.recal_after", "recall_after"),
        ("site.lang = 'de'", "site.lang", "language"),
        ('extension = [{ number = "1", nmae = "x" }]', "extension[0].nmae", "name"),
        ('sip.account = [{ extension = "1", server = "a", registers = true }]', "sip.account[0].registers", "register"),
        (
            'hunt_group = [{ number = "1", members = [{ number = "2", wieght = 3 }] }]',
            "hunt_group[0].members[0].wieght",
            "weight",
        ),
        ('panel = [{ name = "a", keys = { 1 = { palce = "701" } } }]', "panel[0].keys.1.palce", "place"),
        ("hardware.relays.amp = { pin = 1, activ_high = true }", "hardware.relays.amp.activ_high", "active_high"),
        ("announce.templates.fr = {}", "announce.templates.fr", "de"),
        ("announce.templates.de.persn = 'x'", "announce.templates.de.persn", "person"),
    ],
)
def test_an_unknown_key_names_the_nearest_of_its_table(text, path, nearest, refused):
    wrong, remedy = refused(text)[path]
    assert wrong == "is not a known key"
    if path == "announce.templates.fr":  # nothing is near: all are named
        assert remedy.endswith(" Known here: de, en")
    else:
        assert remedy == f'did you mean "{nearest}"?'


def test_an_unknown_key_that_nothing_resembles_is_told_them_all(refused):
    _, remedy = refused("site.zzzzz = 1")["site.zzzzz"]
    assert remedy.endswith("Known here: country, language, name, timezone")


def test_a_strange_key_is_quoted(refused):
    assert list(refused('site."a b" = 1')) == ['site."a b"']


@pytest.mark.parametrize(
    ("text", "path", "wrong", "remedy"),
    [
        ("park = 5", "park", "must be a table, is a number", "write [park] with its keys below"),
        ("[[park]]", "park", "must be a table, is a list", "write [park] with its keys below"),
        ("[extension]", "extension", "must be a list of tables, is a table", "write [[extension]] with number below"),
        ("orbit = ['701']", "orbit[0]", "must be a table, is a text", "write [orbit] with its keys below"),
        (
            "sip.account = []",
            "sip.account",
            "is empty",
            "name at least one: [[sip.account]] with extension and server below",
        ),
        ("sip.account = [{}]", "sip.account[0].extension", "is missing", 'add extension = "100"'),
        ("[[extension]]", "extension[0].number", "is missing", 'add number = "102"'),
        ("[[zone]]", "zone[0].name", "is missing", 'add name = "shop"'),
        (
            'hunt_group = [{ number = "1" }]',
            "hunt_group[0].members",
            "is missing",
            "add members = [{ number = ..., weight = ... }]",
        ),
        (
            'hunt_group = [{ number = "1", members = "2" }]',
            "hunt_group[0].members",
            "must be a list of tables, is a text",
            "write members = [{ number = ..., weight = ... }]",
        ),
        (
            'hunt_group = [{ number = "1", members = [2] }]',
            "hunt_group[0].members[0].number",
            "must be a number to dial in quotes, is 2",
            'write "2"',
        ),
        (
            'panel = [{ name = "a", keys = [1] }]',
            "panel[0].keys",
            "must be a table, is a list",
            "write [panel.keys] with its keys below",
        ),
        (
            'panel = [{ name = "a", keys = { 1 = "701" } }]',
            "panel[0].keys.1",
            "must be a table, is a text",
            "write { place = ..., page = ... }",
        ),
        ("hardware.relays.amp = {}", "hardware.relays.amp.pin", "is missing", "add pin = 17"),
        (
            "hardware.relays.amp = 17",
            "hardware.relays.amp",
            "must be a table, is a number",
            "write { pin = ..., active_high = ... }",
        ),
    ],
)
def test_a_wrong_shape_is_told_with_the_right_one(text, path, wrong, remedy, refused):
    assert refused(text)[path] == (wrong, remedy)


def test_a_panel_key_without_quotes_is_understood(refused):
    found = refused("hardware.keys.counter.1 = { pin = 5 }")
    assert found == {
        "hardware.keys.counter.1": (
            "are two keys to TOML",
            'write panel and key in quotes: "counter.1" = { pin = 5 }',
        )
    }


def test_a_name_that_is_none_is_told_once(refused):
    assert list(refused('hardware.relays."a b" = { pin = 3 }')) == ['hardware.relays."a b"']


@pytest.mark.rule("S-10")
@pytest.mark.parametrize("value", ["1234567", "['hunter2']", "{ hunter2 = 1 }", '"hunter2\\n"'])
def test_a_password_is_never_shown(value, refused):
    found = refused(f'sip.account = [{{ extension = "1", server = "a", password = {value} }}]')
    assert list(found) == ["sip.account[0].password"]
    assert "hunter2" not in str(found)
    assert "1234567" not in str(found)
