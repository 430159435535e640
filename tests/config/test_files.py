"""Files that the configuration names, and passwords."""

import numpy as np
import pytest
import soundfile

from appliance.config.secret import password
from appliance.errors import ConfigError
from tests.sip.authority import Authority

ACCOUNT = 'sip.account = [{ extension = "800", server = "pbx", '


@pytest.fixture
def wav(tmp_path):
    soundfile.write(tmp_path / "tune.wav", np.zeros(80, dtype=np.int16), 8000)
    return tmp_path / "tune.wav"


@pytest.mark.rule("P-10", "A-11")
def test_sounds_are_found_beside_the_file(wav, load):
    config = load("""
        park.music = "tune.wav"
        extension = [{ number = "102", music = "off" }]
        orbit = [{ number = "701", music = "default" }]
        zone = [{ name = "shop", chime = "tune.wav" }]
    """)
    assert config.park.music == config.zone[0].chime == str(wav)
    assert (config.extension[0].music, config.orbit[0].music) == ("off", "default")


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ('park.music = "none.wav"', "park.music"),
        ('extension = [{ number = "1", music = "none.wav" }]', "extension[0].music"),
        ('orbit = [{ number = "1", music = "none.wav" }]', "orbit[0].music"),
        ('group = [{ number = "1", places = ["1"], music = "none.wav" }]', "group[0].music"),
        ('hunt_group = [{ number = "1", members = ["2"], music = "none.wav" }]', "hunt_group[0].music"),
        ('zone = [{ name = "a", chime = "none.wav" }]', "zone[0].chime"),
    ],
)
def test_a_sound_that_is_missing_is_told(text, path, refused):
    found = refused(text)
    assert list(found) == [path]
    assert found[path][0].startswith("there is no file")


def test_a_misspelt_word_is_understood(refused):
    assert refused('zone = [{ name = "a", chime = "ding-dnog" }]')["zone[0].chime"][1] == 'did you mean "ding-dong"?'
    assert refused('park.music = "defualt"')["park.music"][1] == 'did you mean "default"?'


def test_a_file_that_is_no_sound_is_told(refused, tmp_path):
    (tmp_path / "tune.mp3").write_text("no music at all")
    assert "is no sound that can be played" in refused('park.music = "tune.mp3"')["park.music"][0]


@pytest.mark.parametrize("name", [".", "a/b/c.wav", "x" * 5000, "\\u0000"])
def test_a_strange_path_is_a_finding(name, refused):
    assert list(refused(f'park.music = "{name}"')) == ["park.music"]


@pytest.mark.rule("P-31")
def test_a_hunt_group_may_ring_instead_of_playing(refused):
    text = 'hunt_group = [{ number = "1", members = ["2"], music = "rnigback" }]'
    assert refused(text)["hunt_group[0].music"][1] == 'did you mean "ringback"?'


@pytest.mark.rule("S-10")
def test_an_authority_stands_beside_the_file(load, tmp_path):
    authority = Authority.found(tmp_path)
    assert load('sip.tls_ca = "ca.pem"').sip.tls_ca == authority.certificate
    assert load().sip.tls_ca is None


@pytest.mark.rule("S-10")
@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("none.pem", "cannot be read (No such file or directory)"),
        (".", "cannot be read (Is a directory)"),
        ("ca.key", "holds no certificate"),
        ("words.txt", "holds no certificate"),
        ("x" * 5000, "cannot be read (File name too long)"),
    ],
)
def test_what_vouches_for_nobody_is_told(refused, tmp_path, name, wrong):
    Authority.found(tmp_path)
    (tmp_path / "words.txt").write_text("-----BEGIN CERTIFICATE-----\nno such thing\n-----END CERTIFICATE-----\n")
    found = refused(f'sip.tls_ca = "{name}"')
    assert list(found) == ["sip.tls_ca"]
    assert wrong in found["sip.tls_ca"][0]


@pytest.mark.rule("S-10")
def test_a_password_is_hidden_in_the_tree(load):
    config = load(f'{ACCOUNT}password = "hunter2" }}]')
    assert "hunter2" not in f"{config!r} {config}"
    assert password(config.sip.account[0]) == "hunter2"


def test_no_password_has_a_default(load):
    assert password(load().sip.account[0]) == ""


def test_a_password_may_stand_in_a_file(load, tmp_path):
    (tmp_path / "secret").write_text("hunter2\nmore\n")
    account = load(f'{ACCOUNT}password_file = "secret" }}]').sip.account[0]
    assert password(account) == "hunter2"
    (tmp_path / "secret").unlink()
    with pytest.raises(ConfigError, match=r"sip\.account\.pbx\.password_file: cannot be read"):
        password(account)


def test_a_password_stands_in_one_place(refused, tmp_path):
    (tmp_path / "secret").write_text("hunter2\n")
    found = refused(f'{ACCOUNT}password = "x", password_file = "secret" }}]')
    assert found == {"sip.account[0].password_file": ("stands beside password", "keep one of them")}


@pytest.mark.parametrize(
    ("content", "why"), [(None, "cannot be read"), (b"\n", "has an empty first line"), (b"\xff\n", "not a text file")]
)
def test_a_password_file_that_gives_none_is_told(content, why, refused, tmp_path):
    if content is not None:
        (tmp_path / "secret").write_bytes(content)
    found = refused(f'{ACCOUNT}password_file = "secret" }}]')
    assert list(found) == ["sip.account[0].password_file"]
    assert why in found["sip.account[0].password_file"][0]


def test_a_password_file_that_cannot_be_read_is_told(refused, tmp_path):
    (tmp_path / "secret").mkdir()  # a mode of 0 would not stop root
    assert "cannot be read" in refused(f'{ACCOUNT}password_file = "secret" }}]')["sip.account[0].password_file"][0]


def test_the_mask_of_a_dump_is_no_password(refused):
    assert list(refused(f'{ACCOUNT}password = "***" }}]')) == ["sip.account[0].password"]
