"""What Asterisk makes of the box's media: each codec decoded by Asterisk's own, a PBX that wants everything encrypted, and what
who waits hears where it is not the site's music."""

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import dropwhile
from pathlib import Path

import pytest

from appliance.pa import music
from tests.e2e.company import CUSTOMER, MUSIC, park, two_way, wait_music, with_chord
from tests.lab import hearing
from tests.lab import music as sounds
from tests.lab.box import Box, Json, company_config
from tests.lab.hearing import Sound
from tests.lab.pbx import Asterisk
from tests.lab.pbx_config import Company
from tests.lab.phones import Phones
from tests.lab.ports import Ports
from tests.sip.authority import Authority

pytestmark = pytest.mark.e2e

PIP, PIPS_APART = 425.0, 10.0
"""Germany's hold tone, Hz and seconds."""
OTHER = (540.0, 1300.0, 2400.0)
"""The chord of a group that has music of its own; Hz."""


@dataclass(frozen=True, slots=True)
class Shop:
    """A PBX of its own, its phones and the box."""

    pbx: Asterisk
    phones: Phones
    box: Box


@contextlib.contextmanager
def shop(folder: Path, company: Company, change: Callable[[Json, Asterisk], None]) -> Iterator[Shop]:
    with Asterisk(folder / "pbx", company=company) as pbx, Phones(pbx, folder / "phones") as phones, Ports() as ports:
        config = company_config(pbx, ports, card="sim")
        with_chord(config)
        change(config, pbx)
        with Box(folder / "box", config) as box:
            yield Shop(pbx, phones, box)
            phones.reset()
            pbx.wait_idle()
            box.wait_idle()


def fetched(shop: Shop, *, by_the_box: bool = False) -> None:
    """Park a caller, who hears music, and let the box join him with who dials for him, or whom it calls: sound both ways."""
    caller, parker, jens = shop.phones.get("customer", "101", "103")
    there, _ = park(shop.box, caller, parker, "*68102", "102")
    assert hearing.level(wait_music(there)) == pytest.approx(music.LEVEL, abs=1.5)
    if by_the_box:
        shop.box.ask(do="retrieve", place="102", to="103")
        taking = jens.incoming().wait_answered()
    else:
        taking = jens.dial("*88102").wait_answered()
    two_way(there, taking)
    assert taking.wait_shown(CUSTOMER.number) == CUSTOMER
    assert shop.box.status()["legs"] == 2


@pytest.mark.rule("P-12")
@pytest.mark.parametrize("codec", ["alaw", "ulaw", "g722", "opus"])
def test_the_box_talks_and_listens_in(tmp_path, codec):
    def change(config: Json, _: Asterisk) -> None:
        config["sip"]["codecs"] = ["opus", "g722", "pcma", "pcmu"]
        config["sip"]["account"][0]["retrieve"] = "anchor"

    with shop(tmp_path, Company(codecs=("alaw",), box_codecs=(codec,)), change) as there:
        fetched(there)
        assert f" {codec} " in there.pbx.cli("pjsip show channelstats")


def encrypted(authority: Authority, srtp: str) -> Callable[[Json, Asterisk], None]:
    def change(config: Json, pbx: Asterisk) -> None:
        config["sip"]["tls_ca"] = str(authority.certificate)
        settings = {"server": f"localhost:{pbx.port + 1}", "transport": "tls", "srtp": srtp, "retrieve": "anchor"}
        config["sip"]["account"][0] |= settings

    return change


def descriptions(pbx: Asterisk) -> list[str]:
    """Return every message between PBX and box that says how media are sent (SDP), from its first line on."""
    messages = [part.partition(" --->\n") for part in pbx.log.read_text().split("<--- ")[1:]]
    return [text for way, _, text in messages if "TLS:" in way and "m=audio" in text]


@pytest.mark.rule("P-12", "S-10")
@pytest.mark.parametrize("srtp", ["optional", "mandatory"])
def test_a_pbx_that_wants_everything_encrypted(tmp_path, srtp):
    """P-12, S-10: SIP over TLS with a certificate that is looked at, and SRTP only; the phones know nothing of it.

    Both ways: the caller's leg is the PBX's call to the box, the other's the box's call to the PBX.
    """
    authority = Authority.found(tmp_path / "ca")
    papers = authority.vouch("localhost")
    with shop(tmp_path, Company(papers=(papers.certificate, papers.key)), encrypted(authority, srtp)) as there:
        fetched(there, by_the_box=True)
        said = descriptions(there.pbx)
    assert [text for text in said if "a=crypto:" not in text] == []
    for kind, least in (("INVITE sip:*68102@", 1), ("INVITE sip:103@", 1), ("SIP/2.0 200", 2)):
        assert len([text for text in said if text.startswith(kind)]) >= least, kind


@pytest.mark.rule("P-10")
def test_music_is_a_setting_of_the_place_and_of_the_group(start_box, phones, tmp_path):
    """P-10: "off" is a short tone every 10 s and nothing else; whoever is parked to a group hears the group's music."""
    other = sounds.write_wav(tmp_path / "other.wav", sounds.chord(OTHER, 10))

    def change(config: Json) -> None:
        with_chord(config)
        config["orbit"] = [{"number": "701", "music": "off"}]
        config["group"][0]["music"] = str(other)

    box = start_box(change)
    here, peter, there, jens = phones.get("customer", "101", "customer2", "103")
    quiet, parked = park(box, here, peter, "701", "701")
    grouped, _ = park(box, there, jens, "*58", "101")
    grouped.wait_heard(
        lambda sound: hearing.exactly_tones(sound, OTHER, (*OTHER, *MUSIC)), "the group's music", last=0.4
    )
    heard = quiet.wait_heard(lambda sound: len(pips(sound, parked.at)) > 1, "two pips", limit=45.0)
    first, second = pips(heard, parked.at)
    assert first.end - parked.at < 1.0
    assert second.end - first.end == pytest.approx(PIPS_APART, abs=0.25)
    assert second.length == pytest.approx(0.2, abs=0.05)
    assert is_pip(heard, second)


def pips(sound: Sound, since: float) -> list[hearing.Run]:
    """Return whatever has been heard to its end since an instant, from the first hold tone on."""
    loud = [run for run in hearing.runs(sound.between(since, sound.end))[:-1] if run.loud]
    return list(dropwhile(lambda run: not is_pip(sound, run), loud))


def is_pip(sound: Sound, run: hearing.Run) -> bool:
    """Say whether the end of it is the hold tone: before the first one the parker's last word is heard."""
    return hearing.share_of_tones(sound.between(run.end - 0.12, run.end - 0.04), [PIP]) > 0.9
