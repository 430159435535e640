"""Digits that the PBX passes on as nothing but tones (P-12), in every codec that the box may be spoken to in."""

import re

import pytest

from tests.e2e.company import PHONE_RATE, find, happened, spoken, wait_voice
from tests.lab.box import Box, company_config
from tests.lab.pbx import Asterisk
from tests.lab.pbx_config import Company
from tests.lab.phones import Phones
from tests.lab.ports import Ports

pytestmark = [pytest.mark.e2e, pytest.mark.rule("P-12")]


@pytest.fixture(scope="module")
def pbx_with_tones(tmp_path_factory):
    """A PBX that passes digits on as tones in the sound, and a phone book of its own."""
    company = Company(dtmf="inband", codecs=("alaw", "ulaw", "g722", "opus"))
    with (
        Asterisk(tmp_path_factory.mktemp("tones"), company=company) as pbx,
        Phones(pbx, tmp_path_factory.mktemp("phones")) as phones,
    ):
        yield pbx, phones


@pytest.mark.parametrize("codec", ["pcma", "pcmu", "g722", "opus"])
def test_digits_as_tones_are_understood_by_the_box(pbx_with_tones, tmp_path, codec):
    """P-12: also while it speaks, and each once; one that a late machine has swallowed is asked for again, as of anybody."""
    pbx, phones = pbx_with_tones
    with Ports() as ports:
        config = company_config(pbx, ports, card="sim")
        config["sip"]["codecs"] = [codec]
        with Box(tmp_path, config) as box:
            asking = phones["101"].dial("*68").wait_answered()
            wait_voice(asking)
            while not entered(asking, box, "102", "Geparkt auf 1 0 2."):
                wait_voice(asking)
            asking.hang_up()
            box.wait_idle()


def entered(asking, box, number, confirmation):
    """Press keys; return whether the box has understood them all. It may miss some, but never makes any up."""
    before, words = len(happened(box, "refused")), spoken(box, confirmation, PHONE_RATE)
    asking.dtmf(number)
    asking.wait_heard(lambda sound: len(happened(box, "refused")) > before or find(sound, words).complete, confirmation)
    heard = [re.sub(r"\D", "", event["detail"]) for event in happened(box, "refused")[before:]]
    assert all(is_part(keys, number) for keys in heard), heard
    return not heard


def is_part(some, whole):
    """Say whether keys are those of a number, in their order, though perhaps not all."""
    rest = iter(whole)
    return all(key in rest for key in some)
