"""What keys say about each other."""

import pytest


def accounts(*tables: str) -> str:
    return f"sip.account = [{', '.join(tables)}]"


PBX = 'extension = "800", server = "pbx"'


def test_two_accounts_need_two_names(refused, load):
    second = '{ extension = "900", server = "other" }'
    found = refused(accounts(f"{{ {PBX} }}", second))
    assert found == {
        "sip.account[1].name": ('"pbx" is already sip.account[0].name', "give each account a name of its own")
    }
    load(accounts(f"{{ {PBX} }}", '{ name = "other", extension = "800", server = "other" }'))


@pytest.mark.rule("P-5")
@pytest.mark.parametrize(
    ("text", "path", "first"),
    [
        ('extension = [{ number = "102" }, { number = "102" }]', "extension[1].number", "extension[0].number"),
        ('extension = [{ number = "701" }]\norbit = [{ number = "701" }]', "orbit[0].number", "extension[0].number"),
        ('orbit = [{ number = "701" }, { numbers = ["700", "701"] }]', "orbit[1].numbers[1]", "orbit[0].number"),
        ('orbit = [{ numbers = ["701", "701"] }]', "orbit[0].numbers[1]", "orbit[0].numbers[0]"),
        ('extension = [{ number = "800" }]', "extension[0].number", "sip.account[0].extension"),
        ('orbit = [{ number = "800" }]', "orbit[0].number", "sip.account[0].extension"),
        (
            'orbit = [{ number = "85" }]\nhunt_group = [{ number = "85", members = ["1"] }]',
            "hunt_group[0].number",
            "orbit[0].number",
        ),
    ],
)
def test_a_number_leads_to_one_thing(text, path, first, refused):
    found = refused(text)
    assert list(found) == [path]
    assert found[path][0].endswith(f"is already {first}")


def test_park_groups_have_numbers_of_their_own(refused):
    found = refused("""
        group = [{ number = "1", name = "a", places = ["101"] }, { number = "1", name = "b", places = ["102"] }]
    """)
    assert found == {"group[1].number": ('"1" is already group[0].number', "give each park group a number of its own")}


def test_park_groups_have_names_of_their_own(refused):
    found = refused("""
        group = [{ number = "1", name = "a", places = ["101"] }, { number = "2", name = "a", places = ["102"] }]
    """)
    assert found == {"group[1].name": ('"a" is already group[0].name', "give each park group a name of its own")}


def test_an_orbit_has_one_number_or_several(refused, load):
    assert refused("orbit = [{ zone = '' }]")["orbit[0].number"][0] == "is missing"
    assert refused('orbit = [{ number = "1", numbers = ["2"] }]')["orbit[0].numbers"][0] == "stands beside number"
    assert load('orbit = [{ numbers = ["701", "702"] }]').orbit[0].places == ("701", "702")


@pytest.mark.rule("P-8")
@pytest.mark.parametrize("number", ["800", "850"])
def test_a_place_is_not_something_else(number, refused):
    found = refused(f"""
        hunt_group = [{{ number = "850", members = ["101"] }}]
        group = [{{ number = "1", places = ["101", "{number}"] }}]
        panel = [{{ name = "a", keys.1 = {{ place = "{number}" }} }}]
    """)
    assert set(found) == {"group[0].places[1]", "panel[0].keys.1.place"}
    assert "is no place but" in found["panel[0].keys.1.place"][0]


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ('group = [{ number = "1", places = ["101", "101"] }]', "group[0].places[1]"),
        ('hunt_group = [{ number = "850", members = ["101", { number = "101" }] }]', "hunt_group[0].members[1]"),
        ('sip.codecs = ["g722", "pcma", "g722"]', "sip.codecs[2]"),
        ('zone = [{ name = "a", multicast = ["239.0.0.1:5", "239.0.0.1:5"] }]', "zone[0].multicast[1]"),
    ],
)
def test_a_list_has_nothing_twice(text, path, refused):
    assert refused(text)[path][1] == "take one of them out"


@pytest.mark.rule("P-27")
@pytest.mark.parametrize(
    ("text", "path"),
    [
        ('park.last_resort = "800"', "park.last_resort"),
        ('orbit = [{ number = "701" }]\npark.last_resort = "701"', "park.last_resort"),
        ('park.alternate = "800"', "park.alternate"),
        ('park = { exit_key = "0", exit_to = "800" }', "park.exit_to"),
        ('group = [{ number = "1", places = ["101"], alternate = "800" }]', "group[0].alternate"),
        ('hunt_group = [{ number = "850", members = ["101"], forward = "800" }]', "hunt_group[0].forward"),
        ('hunt_group = [{ number = "850", members = ["101"], forward = "850" }]', "hunt_group[0].forward"),
        ('hunt_group = [{ number = "850", members = ["850"] }]', "hunt_group[0].members[0]"),
        ('hunt_group = [{ number = "850", members = ["101", "800"] }]', "hunt_group[0].members[1]"),
        (
            'hunt_group = [{ number = "850", members = ["101"] }, { number = "860", members = ["102", "850"] }]',
            "hunt_group[1].members[1]",
        ),
    ],
)
def test_a_caller_is_not_sent_in_a_circle(text, path, refused):
    assert list(refused(text)) == [path]


def test_the_last_resort_may_be_a_hunt_group_of_ours(load):
    load('park.last_resort = "850"\nhunt_group = [{ number = "850", members = ["101"] }]')


@pytest.mark.parametrize("what", ["zone", "panel"])
def test_names_are_given_once(what, refused):
    found = refused(f'{what} = [{{ name = "a" }}, {{ name = "a" }}]')
    assert found == {f"{what}[1].name": (f'"a" is already {what}[0].name', f"give each {what} a name of its own")}


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ('extension = [{ number = "102", zone = "shpo" }]', "extension[0].zone"),
        ('orbit = [{ number = "701", zone = "shpo" }]', "orbit[0].zone"),
        ('group = [{ number = "1", places = ["1"], zone = "shpo" }]', "group[0].zone"),
        ('panel = [{ name = "a", zone = "shpo" }]', "panel[0].zone"),
        ('panel = [{ name = "a", keys.P = { page = "shpo" } }]', "panel[0].keys.P.page"),
    ],
)
def test_a_zone_that_is_named_is_there(text, path, refused):
    assert refused(f'zone = [{{ name = "shop" }}]\n{text}') == {
        path: ('there is no zone "shpo"', 'did you mean "shop"?')
    }
    assert refused(text) == {path: ('there is no zone "shpo"', "add it, or name another (there is none)")}


def test_a_relay_that_a_zone_names_is_wired(refused, load):
    zone = 'zone = [{ name = "shop", relay = "amp" }]'
    assert list(refused(zone)) == ["zone[0].relay"]
    load(f"{zone}\nhardware.relays.amp.pin = 17")
    load(f'{zone}\nhardware.backend = "sim"')


def test_the_sip_port_lies_outside_the_media_ports(refused, load):
    assert list(refused("sip.port = 15999")) == ["sip.port"]  # TLS would be the first media port
    assert list(refused("sip.port = 16999")) == ["sip.port"]
    load("sip.port = 17000")


@pytest.mark.parametrize(
    ("text", "path", "wrong"),
    [
        ('codes.page = ["*68"]', "codes.page[0]", '"*68" is already codes.park[0]'),
        ('codes.park = ["*1", "*1"]', "codes.park[1]", '"*1" is already codes.park[0]'),
        ('codes.page = ["*8"]', "codes.page[0]", '"*8" and "*88" (codes.retrieve[0]) begin alike'),
        ('codes.page = ["*681"]', "codes.page[0]", '"*681" and "*68" (codes.park[0]) begin alike'),
        ('codes.page = ["70"]\norbit = [{ number = "701" }]', "codes.page[0]", '"70" begins "701" (orbit[0].number)'),
        ('codes.page = ["8"]', "codes.page[0]", '"8" begins "800" (sip.account[0].extension)'),
    ],
)
def test_a_code_means_one_thing_whatever_follows(text, path, wrong, refused):
    found = refused(text)
    assert found[path][0] == wrong


def test_a_function_may_have_no_code_and_one_of_digits(load):
    assert load('codes = { intercom = [], page = ["90"] }\norbit = [{ number = "701" }]').codes.intercom == ()


@pytest.mark.rule("P-20")
@pytest.mark.parametrize("mode", ["parker-then-alternate", "alternate"])
def test_the_alternate_modes_need_an_alternate(mode, refused, load):
    group = f'group = [{{ number = "1", places = ["101"], recall_mode = "{mode}"'
    assert list(refused(f'park.recall_mode = "{mode}"')) == ["park.alternate"]
    assert list(refused(f"{group} }}]")) == ["group[0].alternate"]
    load(f'park = {{ recall_mode = "{mode}", alternate = "850" }}')
    load(f'{group}, alternate = "850" }}]')
    load(f'park.alternate = "850"\n{group} }}]')


@pytest.mark.rule("P-28")
def test_weights_are_complete(refused, load):
    hunt = 'hunt_group = [{ number = "850", policy = "weighted", members = '
    assert list(refused(f'{hunt}["101", {{ number = "102", weight = 60 }}] }}]')) == ["hunt_group[0].members[0].weight"]
    assert list(refused(f'{hunt}[{{ number = "102", weight = 0 }}] }}]')) == ["hunt_group[0].members"]
    load(f'{hunt}[{{ number = "101", weight = 40 }}, {{ number = "102", weight = 60 }}] }}]')


@pytest.mark.rule("P-19")
def test_a_reminder_needs_a_chime(refused, load):
    off = 'zone = [{ name = "shop", chime = "off" }]'
    assert list(refused(f"park.recall_chime = true\n{off}")) == ["zone[0].chime"]
    load(f"park.recall_chime = false\n{off}")
    load('park.recall_chime = true\nzone = [{ name = "shop", chime = "gong" }]')


def test_a_panel_key_does_one_thing(refused):
    found = refused("""
        zone = [{ name = "shop" }]
        panel = [{ name = "a", keys = { 1 = {}, 2 = { place = "701", page = "shop" } } }]
    """)
    assert {path: wrong for path, (wrong, _) in found.items()} == {
        "panel[0].keys.1": "does nothing",
        "panel[0].keys.2": "has a place and a page",
    }


@pytest.mark.rule("B-9")
def test_a_wired_key_is_a_key(refused):
    found = refused("""
        panel = [{ name = "counter", keys.1 = { place = "701" } }]
        hardware.keys."conter.1" = { pin = 5 }
    """)
    assert found == {'hardware.keys."conter.1"': ('there is no panel key "conter.1"', 'did you mean "counter.1"?')}


@pytest.mark.rule("B-9")
def test_a_key_may_lack_its_lamp_or_its_contact_but_not_both(refused, load):
    panel = 'panel = [{ name = "a", keys.1 = { place = "701" } }]\n'
    load(f'{panel}hardware.keys."a.1" = {{ pin = 5 }}')
    load(f'{panel}hardware.keys."a.1" = {{ lamp = 5 }}')
    found = refused(f'{panel}hardware.keys."a.1" = {{}}')
    assert found['hardware.keys."a.1"'][0] == "has neither a pin nor a lamp"


@pytest.mark.rule("B-9")
def test_a_pin_has_one_user(refused):
    found = refused("""
        panel = [{ name = "a", keys = { 1 = { place = "701" }, 2 = { place = "702" } } }]
        hardware.relays.amp.pin = 5
        hardware.keys = { "a.1" = { pin = 5, lamp = 6 }, "a.2" = { pin = 7, lamp = 6 } }
    """)
    assert found == {
        'hardware.keys."a.1".pin': ('"GPIO 5" is already hardware.relays.amp.pin', "wire it to a pin of its own"),
        'hardware.keys."a.2".lamp': ('"GPIO 6" is already hardware.keys."a.1".lamp', "wire it to a pin of its own"),
    }


def test_without_any_zone_announcements_are_silent(load):
    assert load('extension = [{ number = "102" }]').zone == ()
