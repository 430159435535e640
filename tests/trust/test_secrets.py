"""Secrets: whatever happens, and with everything logged, they stand nowhere but in the configuration (S-10)."""

import random
from pathlib import Path

import pytest

from tests.trust.mutations import mutate
from tests.trust.recorded import TEXTS
from tests.trust.shop import Shop
from tests.trust.torture import MESSAGES

pytestmark = [pytest.mark.sip, pytest.mark.rule("S-10")]

PASSWORD = "Ge.Heim=4711"  # noqa: S105 - to be recognised
IN_FILE = "Auch-Geheim=0815"
MUTANTS = 300


@pytest.fixture
def shop(tmp_path):
    """A box that tells everything, with a password in its configuration and one in a file beside it."""
    file = tmp_path / "password"
    file.write_text(IN_FILE + "\n")

    def configure(config):
        config["sip"]["account"][0]["password"] = PASSWORD
        config["sip"]["account"][1]["password_file"] = str(file)

    shop = Shop(tmp_path / "box", configure, verbose=True)
    shop.pbx.challenges = True
    with shop:
        yield shop


def talk(shop):
    """Let everybody say everything that the other tests say, a little of each."""
    chance = random.Random(3)  # noqa: S311 - the same again, no secret
    guest = shop.caller("*68703").park()
    for wire in (shop.friend, shop.stranger):
        for message in MESSAGES:
            wire.send(message.data, shop.address)
    for _ in range(MUTANTS):
        text = guest.text(chance.choice(list(TEXTS)), pbx=str(shop.friend), branch=f"{chance.randrange(1 << 40):x}")
        shop.friend.send(mutate(chance, text), shop.address)
    shop.alive(shop.friend)
    shop.alive()


def told(shop):
    """Return everything that the box tells anybody, by where."""
    box = shop.box
    yield "events", "".join(str(event.data) for event in box.events)
    for command in (("status", "--json"), ("status",), ("dump-config", str(box.file)), ("check-config", str(box.file))):
        done = box.cli(*command)
        yield " ".join(command), done.stdout + done.stderr
    for name in ("cmdline", "environ"):
        yield name, Path(f"/proc/{box.pid}/{name}").read_bytes().decode(errors="replace")
    for file in [box.log, *box.state.rglob("*")]:
        if file.is_file():
            yield str(file), file.read_text(errors="replace")


def test_no_secret_is_told(shop):
    """S-10: not in the log with --verbose, not in status, events, dump-config, nor in any file of the state folder."""
    talk(shop)
    register = shop.pbx.wait(
        lambda one: "Authorization" in dict(one.fields), "a REGISTER with an answer to the challenge"
    )
    digest = register["Authorization"].partition('response="')[2].partition('"')[0]
    assert len(digest) == 32
    places = dict(told(shop))
    assert "***" in places[f"dump-config {shop.box.file}"]
    assert shop.box.stop() == 0
    places["log at the end"] = shop.box.log.read_text(errors="replace")
    for secret in (PASSWORD, IN_FILE, digest):
        assert [where for where, text in places.items() if secret in text] == []
