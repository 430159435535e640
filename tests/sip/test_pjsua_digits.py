"""Keys as the wire brings them to the real stack: events, INFO, and tones (P-12)."""

import pytest

from appliance.core.events import DigitReceived
from appliance.core.hearing import Speech
from appliance.core.ids import Serial
from tests.sip.rigs import RealRig, rig_of
from tests.sip.test_contract import answered

pytestmark = [pytest.mark.sip, pytest.mark.rule("P-12")]


def real(tmp_path, **settings):
    return rig_of(RealRig, tmp_path, **settings)


async def info(far, kind, body, code=200):
    """Send a key in an INFO and wait for its answer; returns the request."""
    sent = far.dialog.request("INFO", [("Content-Type", f"application/{kind}")], body)
    await far.dialog.got(method="INFO", code=code, cseq=far.dialog.cseq)
    return sent


BODIES = [
    ("dtmf-relay", "Signal=5\r\nDuration=160\r\n", "5"),
    ("dtmf-relay", "Signal=5\r\nDuration=160", "5"),
    ("dtmf-relay", "Signal= 5\r\nDuration= 160\r\n", "5"),
    ("dtmf-relay", "signal = *\nduration = 160\n", "*"),
    ("dtmf-relay", "Duration=100\r\nSignal=#\r\n", "#"),
    ("dtmf-relay", "Signal: 7\r\nDuration: 100\r\n", "7"),
    ("dtmf-relay", "\r\nSignal=8\r\n\r\n", "8"),
    ("dtmf-relay", "Signal=10\r\nDuration=160\r\n", "*"),
    ("dtmf-relay", "Signal=11\r\n", "#"),
    ("dtmf-relay", "Signal=15\r\n", "D"),
    ("dtmf-relay", "Signal=a\r\n", "A"),
    ("dtmf-relay", 'Signal="3"\r\n', "3"),
    ("dtmf-relay", "9", "9"),
    ("dtmf", "5", "5"),
    ("dtmf", "#\r\n", "#"),
    ("dtmf", " 0 ", "0"),
    ("dtmf", "10", "*"),
    ("dtmf", "Signal=4\r\nDuration=100\r\n", "4"),
    ("DTMF; charset=utf-8", "6", "6"),
]


@pytest.mark.parametrize(("kind", "body", "digit"), BODIES)
async def test_a_key_in_an_info_is_understood_however_it_is_written(tmp_path, kind, body, digit):
    async with real(tmp_path) as rig:
        far, leg = await answered(rig)
        await info(far, kind, body)
        await rig.event(DigitReceived, leg=leg, digit=digit)


@pytest.mark.parametrize("kind", ["dtmf", "dtmf-relay"])
@pytest.mark.parametrize(
    "body", ["", "x", "Signal", "Signal=", "Signal=\r\n", "Signal=16\r\n", "Signal=99", "12345", "5 6"]
)
async def test_what_is_no_key_is_refused_and_the_next_one_is_understood(tmp_path, kind, body):
    async with real(tmp_path) as rig:
        far, leg = await answered(rig)
        request = far.dialog.request("INFO", [("Content-Type", f"application/{kind}")], body)
        answer = await far.dialog.got(method="INFO", code=400 if body else 200, cseq=far.dialog.cseq)
        assert request.method == answer.method
        await info(far, "dtmf", "1")
        await rig.event(DigitReceived, leg=leg)
        assert [event.digit for event in rig.all(DigitReceived)] == ["1"]


async def test_a_repeated_info_is_one_key(tmp_path):
    async with real(tmp_path) as rig:
        far, leg = await answered(rig)
        sent = await info(far, "dtmf", "1")
        for _ in range(3):
            rig.peer.send(sent_again(sent))
        await info(far, "dtmf", "1")
        await rig.event(DigitReceived, leg=leg, digit="1")
        await rig.event(DigitReceived, leg=leg, digit="1")
        await rig.peer.nothing_more()
        assert len(rig.all(DigitReceived)) == 2


def sent_again(message):
    """The same octets once more, as a network does that has lost the answer."""
    from tests.sip.peer import render  # noqa: PLC0415 - for this one test

    return render(message.start, message.fields, message.body)


async def test_a_key_by_event_and_info_is_one(tmp_path):
    async with real(tmp_path) as rig:
        far, leg = await answered(rig)
        for digit in "102":
            await far.digit(digit)
            await info(far, "dtmf-relay", f"Signal={digit}\r\nDuration=100\r\n")
            await rig.event(DigitReceived, leg=leg, digit=digit)
        await far.digit("#")
        await rig.event(DigitReceived, leg=leg, digit="#")
        assert [event.digit for event in rig.all(DigitReceived)] == list("102#")


async def test_tones_of_a_phone_that_can_tell_events_are_not_listened_to(tmp_path):
    async with real(tmp_path) as rig:
        far, leg = await answered(rig)
        rig.sip.listen({leg})
        await far.tone("5")
        await far.digit("6")
        await rig.event(DigitReceived, leg=leg, digit="6")
        await far.tone("7")
        await far.digit("8")
        await rig.event(DigitReceived, leg=leg, digit="8")
        assert len(rig.all(DigitReceived)) == 2
        assert rig.sip._thread.ears.owned() == 0


async def test_tones_of_a_phone_that_says_its_keys_in_info_as_well_are_one_key(tmp_path):
    async with real(tmp_path) as rig:
        rig.without_events()
        far, leg = await answered(rig)
        rig.sip.listen({leg})
        for digit in "70":
            await far.tone(digit)
            await info(far, "dtmf", digit)
        await rig.event(DigitReceived, leg=leg, digit="0")
        await rig.peer.nothing_more()
        assert [event.digit for event in rig.all(DigitReceived)] == ["7", "0"]


async def test_tones_are_heard_while_a_prompt_is_spoken_and_after_a_new_offer(tmp_path):
    async with real(tmp_path) as rig:
        rig.without_events()
        far, leg = await answered(rig, Speech("which extension?", Serial(1)))
        rig.sip.listen({leg})
        await far.tone("1")
        await rig.event(DigitReceived, leg=leg, digit="1")
        await far.dialog.reinvite(direction="sendonly")
        await far.dialog.reinvite()
        await far.tone("2")
        await rig.event(DigitReceived, leg=leg, digit="2")
        rig.peer.events = True
        await far.dialog.reinvite()
        await rig.peer.until(lambda: rig.sip._thread.ears.owned() == 0)
        await far.digit("3")
        await rig.event(DigitReceived, leg=leg, digit="3")
