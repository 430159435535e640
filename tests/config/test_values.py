"""Each value: what is taken, what is refused, and what the refusal says."""

import pytest


def at(path: str, value: str) -> tuple[str, str]:
    """The TOML that sets one key, and the path under which a finding names it."""
    table, _, key = path.rpartition(".")
    wanted = {
        "extension": 'number = "102", ',
        "orbit": 'number = "701", ',
        "group": 'number = "1", places = ["102"], ',
        "hunt_group": 'number = "850", members = ["102"], ',
        "zone": 'name = "shop", ',
        "panel": 'name = "counter", ',
        "sip.account": 'extension = "800", server = "pbx", ',
    }
    if table not in wanted:
        return f"{path} = {value}", path
    others = wanted[table].split(", ")[:-1]
    if table == "group" and key == "places":
        others = ['number = "1"']
    entries = [entry for entry in others if not entry.startswith(f"{key} ")]
    if table == "hunt_group":
        entries = [entry for entry in ('number = "850"', 'members = ["102"]') if not entry.startswith(f"{key} ")]
    return f"{table} = [{{ {', '.join([*entries, f'{key} = {value}'])} }}]", f"{table}[0].{key}"


TAKEN = [
    ("park.recall_after", ["30", "600"]),
    ("park.alternate_after", ["30", "600"]),
    ("park.display_time", ["2", "15"]),
    ("park.last_resort", ['"100"', '"+4930123"', '"reception"']),
    ("park.recall_pattern", ['"short-long-short"']),
    ("park.recall_confirm", ['"never"']),
    ("park.exit_key", ['""', '"0"', '"#"']),
    ("park.music", ['"default"', '"off"']),
    ("site.language", ['"de"', '"en"']),
    ("site.timezone", ['"UTC"', '"America/Argentina/Buenos_Aires"']),
    ("sip.bind", ['"127.0.0.1"', '"::"']),
    ("sip.port", ["5062", "65534"]),
    ("sip.rtp_ports", ["[1024, 5059]", "[5062, 65535]"]),
    ("sip.codecs", ['["opus"]']),
    ("sip.account.server", ['"10.0.0.1"', '"10.0.0.1:5070"', '"pbx.example.com:5061"', '"[fe80::1]:5060"', '"::1"']),
    ("sip.account.trust", ['["10.0.0.2", "10.0.0.3:5061", "::1", "[::1]", "[::1]:5060"]']),
    ("sip.account.username", ['"berger@example.com"']),
    ("codes.park", ["[]", '["*68", "99", "##1"]']),
    ("extension.recall_after", ["120"]),
    ("extension.announcement", ['"Anruf {caller} für {name} auf {place}, {group}, von {parker} {{}}"']),
    ("group.recall_mode", ['"parker"']),
    ("hunt_group.rings", ["1", "20"]),
    ("hunt_group.timeout", ["0", "7200"]),
    ("hunt_group.members", ['[{ number = "101", weight = 0 }, "102", { number = "+491", weight = 100 }]']),
    ("zone.lead", ["0", "3", "0.3"]),
    ("zone.card", ['"none"', '"sim"', '"USB Audio"', '"hw:Device"']),
    ("zone.chime", ['"gong"', '"off"']),
    ("zone.volume", ["-6.5", "6"]),
    ("zone.multicast", ['["239.0.1.1:5004"]']),
    ("announce.repeat_every", ["5", "300", "7.5"]),
    ("announce.voice", ['"piper"', '"piper:de_DE-thorsten-medium"']),
    ("announce.digits", ['"pairs"']),
    ("buttons.debounce_ms", ["5", "50"]),
    ("buttons.long_press", ["1", "2.5"]),
]

REFUSED = [
    ("park.recall_after", "29", "must be a whole number of seconds from 30 to 600, is 29", "write 45"),
    ("park.recall_after", "601", "must be a whole number of seconds from 30 to 600, is 601", "write 45"),
    ("park.recall_after", '"60"', 'must be a whole number of seconds from 30 to 600, is "60"', "write 60"),
    ("park.recall_after", "60.0", "must be a whole number of seconds from 30 to 600, is 60.0", "write 60"),
    ("park.recall_after", "true", "must be a whole number of seconds from 30 to 600, is true", "write 45"),
    ("park.recall_after", "nan", "must be a whole number of seconds from 30 to 600, is nan", "write 45"),
    (
        "park.recall_after",
        "1979-05-27",
        "must be a whole number of seconds from 30 to 600, is a date or time",
        "write 45",
    ),
    ("park.alternate_after", "700", "must be a whole number of seconds from 30 to 600, is 700", "write 45"),
    ("park.display_time", "1", "must be a whole number of seconds from 2 to 15, is 1", "write 8"),
    ("park.display_time", "16", "must be a whole number of seconds from 2 to 15, is 16", "write 8"),
    ("park.last_resort", "100", "must be a number to dial in quotes, is 100", 'write "100"'),
    ("park.last_resort", '""', 'must be a number to dial in quotes, is ""', 'write "100"'),
    ("park.last_resort", '"1 00"', 'must be a number to dial in quotes, is "1 00"', 'write "100"'),
    (
        "park.recall_mode",
        '"Parker"',
        'must be "parker", "parker-then-alternate" or "alternate", is "Parker"',
        'write "parker"',
    ),
    ("park.recall_mode", "1", 'must be "parker", "parker-then-alternate" or "alternate", is 1', 'write "parker"'),
    ("park.exit_key", '"12"', 'must be one of 0-9, * and #, or "", is "12"', 'write "0"'),
    ("site.language", '"fr"', 'must be "de" or "en", is "fr"', 'write "de"'),
    ("site.timezone", '"Berlin"', 'must be a time zone of the tz database, is "Berlin"', 'write "Europe/Berlin"'),
    ("site.name", '"a\\u0000b"', 'must be a text of one line, is "a\\u0000b"', 'write "Anna"'),
    ("sip.bind", '"eth0"', 'must be an IP address in quotes, is "eth0"', 'write "0.0.0.0"'),
    ("sip.port", "65535", "must be a port from 1 to 65534, is 65535", "write 5060"),
    ("sip.port", '"5060"', 'must be a port from 1 to 65534, is "5060"', "write 5060"),
    (
        "sip.rtp_ports",
        "[16000, 16000]",
        "must be two ports from 1024 to 65535, the first below the second, is [16000, 16000]",
        "write [16000, 16999]",
    ),
    (
        "sip.rtp_ports",
        "[2, 1]",
        "must be two ports from 1024 to 65535, the first below the second, is [2, 1]",
        "write [16000, 16999]",
    ),
    (
        "sip.rtp_ports",
        "16000",
        "must be two ports from 1024 to 65535, the first below the second, is 16000",
        "write [16000, 16999]",
    ),
    ("sip.codecs", "[]", "is empty", 'name at least one: codecs = ["g722"]'),
    ("sip.codecs", '"g722"', "must be a list, is a text", 'write codecs = ["g722"]'),
    ("sip.account.server", '"a b"', 'must be a host or host:port in quotes, is "a b"', 'write "pbx.example.com"'),
    (
        "sip.account.server",
        '"10.0.0.256"',
        'must be a host or host:port in quotes, is "10.0.0.256"',
        'write "pbx.example.com"',
    ),
    ("sip.account.server", '"pbx:0"', 'must be a host or host:port in quotes, is "pbx:0"', 'write "pbx.example.com"'),
    (
        "sip.account.server",
        '"sip:pbx"',
        'must be a host or host:port in quotes, is "sip:pbx"',
        'write "pbx.example.com"',
    ),
    ("sip.account.transport", '"TLS"', 'must be "udp", "tcp" or "tls", is "TLS"', 'write "tls"'),
    ("sip.account.register", '"yes"', 'must be true or false, is "yes"', "write true or false"),
    ("extension.number", "102", "must be a number of digits in quotes, is 102", 'write "102"'),
    ("extension.number", '"*1"', 'must be a number of digits in quotes, is "*1"', 'write "102"'),
    ("extension.recall_after", "10", "must be a whole number of seconds from 30 to 600, is 10", "write 45"),
    ("group.places", "[]", "is empty", 'name at least one: places = ["102"]'),
    ("group.places", '"101"', "must be a list, is a text", 'write places = ["102"]'),
    ("hunt_group.rings", "21", "must be a whole number of rings from 1 to 20, is 21", "write 3"),
    ("hunt_group.timeout", "7201", "must be a whole number of seconds from 0 to 7200, is 7201", "write 60"),
    (
        "hunt_group.policy",
        '"circluar"',
        'must be "circular", "regular", "simultaneous", "uniform" or "weighted", is "circluar"',
        'write "circular"',
    ),
    ("zone.lead", "3.1", "must be a number of seconds from 0 to 3, is 3.1", "write 0.3"),
    ("zone.lead", "-1", "must be a number of seconds from 0 to 3, is -1", "write 0.3"),
    ("zone.lead", '"0.5"', 'must be a number of seconds from 0 to 3, is "0.5"', "write 0.5"),
    ("zone.lead", "inf", "must be a number of seconds from 0 to 3, is inf", "write 0.3"),
    ("zone.name", '"shop floor"', 'must be a name of letters, digits, _ and -, is "shop floor"', 'write "shop"'),
    ("zone.multicast", '"239.0.1.1:5004"', "must be a list, is a text", 'write multicast = ["239.0.1.1:5004"]'),
    ("announce.repeat_every", "4", "must be a number of seconds from 5 to 300, is 4", "write 20"),
    (
        "announce.voice",
        '"festival"',
        'must be "espeak-ng" or "piper", with a voice after a colon where wanted, is "festival"',
        'write "espeak-ng"',
    ),
    ("buttons.debounce_ms", "4", "must be a whole number of milliseconds from 5 to 50, is 4", "write 15"),
    ("hardware.backend", '"mock"', 'must be "gpio" or "sim", is "mock"', 'write "gpio"'),
]


@pytest.mark.rule("P-19", "P-23", "P-6", "P-28", "P-29", "A-1", "A-9", "B-7")
@pytest.mark.parametrize(("path", "value"), [(path, value) for path, values in TAKEN for value in values])
def test_taken(path, value, load):
    text, _ = at(path, value)
    load(text)


@pytest.mark.rule("P-19", "P-23", "P-6", "P-29", "A-1", "A-9", "B-7", "B-10")
@pytest.mark.parametrize(("path", "value", "wrong", "remedy"), REFUSED)
def test_refused_with_the_value_and_a_remedy(path, value, wrong, remedy, refused):
    text, where = at(path, value)
    assert refused(text) == {where: (wrong, remedy)}


@pytest.mark.rule("P-28")
@pytest.mark.parametrize("weight", ["101", "-1", "0.5"])
def test_a_weight_is_per_cent(weight, refused):
    text, path = at("hunt_group.members", f'[{{ number = "101", weight = {weight} }}]')
    assert refused(text)[f"{path}[0].weight"][0].startswith("must be a whole number of per cent from 0 to 100")


@pytest.mark.parametrize("code", ['"*"', '"68*"', '"***68"', '"*1234567"', '""', '"*6a"', "68"])
def test_a_code_is_digits_with_star_or_hash_before(code, refused):
    assert list(refused(f"codes.park = [{code}]")) == ["codes.park[0]"]


@pytest.mark.rule("A-7")
@pytest.mark.parametrize("words", ["", "  ", "{nam}", "{}", "{name", "{name!r}", "{name:5}", "{name.x}", "a\\nb"])
def test_an_announcement_has_known_words_in_braces_only(words, refused):
    assert list(refused(f'announce.templates.de.person = "{words}"')) == ["announce.templates.de.person"]


@pytest.mark.rule("A-7")
def test_a_language_keeps_the_templates_that_are_not_replaced(load):
    templates = load('announce.templates.en.person = "{name}, {place}!"').announce.templates
    assert templates.en.person == "{name}, {place}!"
    assert templates.en.group == "Would a member of {group} please take a call on line {place}."
    assert templates.de.person == "Ein Anruf für {name}, geparkt auf {place}."


@pytest.mark.rule("A-17")
@pytest.mark.parametrize("card", ["0", "hw:1", "plughw:1,0", " "])
def test_a_card_has_a_name_and_no_number(card, refused):
    text, path = at("zone.card", f'"{card}"')
    assert refused(text)[path][0].startswith("must be the name of a sound card, never its number")


@pytest.mark.rule("A-13")
@pytest.mark.parametrize("address", ["239.0.1.1", "10.0.0.1:5004", "239.0.1.1:0", "239.0.1.1:70000", "x:1", "ff15::1"])
def test_multicast_needs_a_group_and_a_port(address, refused):
    text, path = at("zone.multicast", f'["{address}"]')
    assert list(refused(text)) == [f"{path}[0]"]


@pytest.mark.rule("S-10")
@pytest.mark.parametrize("source", ["pbx.example.com", "10.0.0.2:x", "[::1", "10.0.0.0/24", ""])
def test_trusted_sources_are_addresses(source, refused):
    text, path = at("sip.account.trust", f'["{source}"]')
    assert list(refused(text)) == [f"{path}[0]"]


@pytest.mark.parametrize("pin", ["28", "-1", '"5"', "true"])
def test_a_pin_is_on_the_header(pin, refused):
    found = refused(f"hardware.relays.amp = {{ pin = {pin} }}")
    assert found["hardware.relays.amp.pin"][0].startswith("must be a header pin (BCM number) from 0 to 27")


def test_a_key_reads_as_its_pull_says(load):
    config = load("""
        panel = [{ name = "a", keys = { 1 = { place = "701" }, 2 = { place = "702" }, 3 = { place = "703" } } }]
        hardware.keys."a.1" = { pin = 1 }
        hardware.keys."a.2" = { pin = 2, pull = "down" }
        hardware.keys."a.3" = { pin = 3, pull = "none", active_high = false }
    """)
    assert [key.pressed_high for key in config.hardware.keys.values()] == [False, True, False]


def test_the_machine_may_have_no_time_zones(load, monkeypatch):
    monkeypatch.setattr("appliance.config.site._zones", frozenset)
    assert load('site.timezone = "Europe/Berlin"').site.timezone == "Europe/Berlin"
