"""What Asterisk makes of the box's media: each codec decoded by Asterisk's own, and a PBX that wants everything encrypted."""

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from appliance.pa import music
from tests.e2e.company import CUSTOMER, park, two_way, wait_music, with_chord
from tests.lab import hearing
from tests.lab.box import Box, Json, company_config
from tests.lab.pbx import Asterisk
from tests.lab.pbx_config import Company
from tests.lab.phones import Phones
from tests.lab.ports import Ports
from tests.sip.authority import Authority

pytestmark = [pytest.mark.e2e, pytest.mark.rule("P-12")]


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


def fetched(shop: Shop) -> None:
    """Park a caller, who hears music, and let the box join him with whom it rings: sound through it in both directions."""
    there, _ = park(shop.box, *shop.phones.get("customer", "101"), "*68102", "102")
    assert hearing.level(wait_music(there)) == pytest.approx(music.LEVEL, abs=1.5)
    taking = shop.phones["103"].dial("*88102").wait_answered()
    two_way(there, taking)
    assert taking.shown == CUSTOMER
    assert shop.box.status()["legs"] == 2


@pytest.mark.parametrize("codec", ["alaw", "ulaw", "g722", "opus"])
def test_the_box_talks_and_listens_in(tmp_path, codec):
    def change(config: Json, _: Asterisk) -> None:
        config["sip"]["codecs"] = ["opus", "g722", "pcma", "pcmu"]
        config["sip"]["account"][0]["retrieve"] = "anchor"

    with shop(tmp_path, Company(codecs=("alaw",), box_codecs=(codec,)), change) as there:
        fetched(there)
        assert f" {codec} " in there.pbx.cli("pjsip show channelstats")


def encrypted(authority: Authority, *, name: str = "localhost") -> Callable[[Json, Asterisk], None]:
    def change(config: Json, pbx: Asterisk) -> None:
        config["sip"]["tls_ca"] = str(authority.certificate)
        settings = {"server": f"{name}:{pbx.port + 1}", "transport": "tls", "srtp": "mandatory", "retrieve": "anchor"}
        config["sip"]["account"][0] |= settings

    return change


@pytest.mark.rule("S-10")
def test_a_pbx_that_wants_everything_encrypted(tmp_path):
    """P-12, S-10: SIP over TLS with a certificate that is looked at, and SRTP only; the phones know nothing of it."""
    authority = Authority.found(tmp_path / "ca")
    papers = authority.vouch("localhost")
    with shop(tmp_path, Company(papers=(papers.certificate, papers.key)), encrypted(authority)) as there:
        fetched(there)
        log = there.pbx.log.read_text()
        assert "SIP/2.0/TLS" in log
        assert "RTP/SAVP" in log
