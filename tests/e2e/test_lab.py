"""The lab itself: Asterisk, phones, SIPp and loudspeaker do what the other end-to-end tests take for granted."""

import json
import os
import subprocess
import sys
import time

import pytest

from tests.lab import hearing, music
from tests.lab.pbx import Asterisk
from tests.lab.phone import TONES, Call, Phone
from tests.lab.phones import Phones
from tests.lab.rtp_end import VOICE
from tests.lab.sip_text import Party

pytestmark = pytest.mark.e2e

CUSTOMER = Party("+49301234567", "Müller")


def connect(caller: Phone, callee: Phone, number: str = "") -> tuple[Call, Call]:
    """Let one phone call another; return both ends, talking."""
    there = caller.dial(number or callee.number)
    here = callee.incoming().answer()
    return there.wait_answered(), here


def talking(one: Call, other: Call) -> bool:
    """Wait until both hear each other and nobody else."""
    one.wait_tones(TONES[other.phone.line.account])
    other.wait_tones(TONES[one.phone.line.account])
    return True


def test_a_customer_talks_with_peter_and_each_sees_the_other(phones):
    customer, peter = phones.get("customer", "101")
    there, here = connect(customer, peter)
    assert talking(there, here)
    assert here.shown == CUSTOMER
    assert there.shown == Party("101", "Peter Berger")
    there.hang_up()
    assert here.wait_ended()["code"] == 200


def test_instants_of_a_call_are_in_order(phones):
    there, here = connect(*phones.get("customer", "101"))
    sent, rang, answered = (there.wait_for(what).at for what in ("dialling", "ringing", "answered"))
    arrived, first_packet = here.invite.at, there.wait_for("rtp").at
    assert sent < arrived < rang < answered
    assert first_packet - answered < 1


def test_peter_transfers_blindly(phones):
    customer, peter, petra = phones.get("customer", "101", "104")
    there, here = connect(customer, peter)
    here.blind_transfer("104")
    beyond = petra.incoming()
    assert beyond.shown == CUSTOMER
    assert "Referred-By: <sip:101@" in beyond.invite["text"]
    beyond.answer()
    assert talking(there, beyond)
    assert there.wait_shown("104") == Party("104", "Petra Lang")
    assert here.wait_for("transfer", final=True)["code"] == 200
    here.wait_ended()


def test_peter_transfers_after_asking(phones):
    customer, peter, anna = phones.get("customer", "101", "102")
    there, here = connect(customer, peter)
    here.hold()
    there.wait_heard(lambda sound: hearing.has_tone(sound, music.MUSIC[0]), "the PBX's music", last=0.4)
    asking, beyond = connect(peter, anna)
    assert beyond.shown == Party("101", "Peter Berger")
    assert talking(asking, beyond)
    here.attended_transfer(asking)
    assert talking(there, beyond)
    assert beyond.wait_shown(CUSTOMER.number) == CUSTOMER
    assert there.wait_shown("102") == Party("102", "Anna Schmidt")
    here.wait_ended()
    asking.wait_ended()


def test_hold_and_back(phones):
    there, here = connect(*phones.get("customer", "101"))
    here.hold()
    there.wait_heard(lambda sound: hearing.share_of_tones(sound, music.MUSIC) > 0.9, "nothing but music", last=0.5)
    here.unhold()
    assert talking(there, here)


@pytest.mark.parametrize("method", ["rfc4733", "info"])
def test_digits_arrive(phones, method):
    there, here = connect(*phones.get("customer", "101"))
    talking(there, here)
    there.dtmf("10#", method)
    for digit in "10#":
        here.wait_for("digit", digit=digit)


def test_digits_are_heard_in_the_audio(phones):
    there, here = connect(*phones.get("customer", "101"))
    talking(there, here)
    there.dtmf("7", "inband")
    here.wait_heard(lambda sound: {852, 1209} <= hearing.which_tones(sound, (852, 1209)), "a 7", last=0.06)


@pytest.mark.parametrize("code", [486, 480])
def test_a_phone_that_refuses(phones, code):
    customer, anna = phones.get("customer", "102")
    anna.behave(refuse=code)
    assert customer.dial("102").wait_ended()["code"] == code


def test_a_phone_that_is_not_there(phones):
    assert phones["customer"].dial("109").wait_ended()["code"] == 480


def test_a_phone_answers_by_itself_when_asked(phones):
    peter, anna = phones.get("101", "102")
    wish = {"Call-Info": "<sip:127.0.0.1>;answer-after=0", "Alert-Info": "<http://127.0.0.1>;info=long-long"}
    peter.dial("102", wish).wait_answered()
    invite = anna.incoming().invite
    assert (invite["call_info"], invite["alert_info"]) == tuple(wish.values())


def test_a_message_arrives(phones):
    peter, anna = phones.get("101", "102")
    peter.send_message("102", "102: geholt von Anna nach 42 s, für Sie")
    assert anna.wait_for("message")["body"] == "102: geholt von Anna nach 42 s, für Sie"


def test_the_hunt_group_rings_everybody_and_one_gets_it(phones):
    customer, *members = phones.get("customer", "101", "102", "103")
    there = customer.dial("850")
    ringing = [member.incoming() for member in members]
    ringing[1].answer()
    assert talking(there, ringing[1])
    assert [ringing[index].wait_ended()["code"] for index in (0, 2)] == [487, 487]


def test_wideband_is_wideband(pbx, tmp_path):
    def phone(account: str, tone: float) -> Phone:
        return Phone(pbx.line(account), pbx.server, tmp_path / account, codecs=["g722"], tone=tone)

    with phone("customer2", 5000.0) as high, phone("customer3", 6000.0) as higher:
        there, here = connect(high, higher)
        here.wait_tones(5000.0)
        there.wait_tones(6000.0)
        assert here.wait_for("media")["codec"] == "G722"


def test_callers_by_sipp_are_heard_and_hear(phones, callers):
    peter, petra = phones.get("101", "104")
    call = callers("101", hold=30, caller=("+4917112345", "Öztürk"))
    here = peter.incoming()
    assert here.shown == Party("+4917112345", "Öztürk")
    here.answer().wait_tones(VOICE)
    here.blind_transfer("104")
    beyond = petra.incoming().answer()
    beyond.wait_tones(VOICE)
    beyond.hang_up()
    outcome = call.wait()
    assert (outcome.successful, outcome.failed) == (1, 0)
    assert outcome.calls[0].ended is not None


@pytest.mark.parametrize("scenario", ["cancel", "late_offer"])
def test_callers_with_odd_manners(phones, callers, scenario):
    phones["101"].behave(answer_after=None if scenario == "cancel" else 0.0)
    run = callers("101", scenario=scenario, hold=0.3)
    outcome = run.wait()
    assert (outcome.successful, outcome.failed) == (1, 0), run.tail()


def test_asterisk_parks_what_the_bench_sends(pbx, callers):
    run = callers("9001", calls=20, rate=50, hold=1.0).wait_answered().wait_music()
    assert "8020" in pbx.cli("parking show bench")
    outcome = run.wait()
    assert (outcome.successful, outcome.failed) == (20, 0)
    assert len(outcome.answer_times()) == len(outcome.music_times()) == 20
    assert outcome.music_times()[-1] < 1
    pbx.wait_idle()


def test_two_pbxs_stand_side_by_side(pbx, tmp_path):
    with Asterisk(tmp_path) as other, Phones(other, tmp_path / "phones") as others:
        assert other.port != pbx.port
        assert talking(*connect(*others.get("customer", "101")))


PLAYER = """
import sys, time, numpy, pyaudio
audio = pyaudio.PyAudio()
names = [audio.get_device_info_by_index(index)["name"] for index in range(audio.get_device_count())]
shape = dict(rate=48000, channels=1, format=pyaudio.paInt16, frames_per_buffer=960)
stream = audio.open(output=True, output_device_index=names.index("pulse"), **shape)
tone = (numpy.sin(2 * numpy.pi * 800 * numpy.arange(48000) / 48000) * 8000).astype("<i2").tobytes()
stream.write(bytes(48000))
print(time.monotonic(), flush=True)
stream.write(tone)
stream.write(bytes(48000))
stream.stop_stream()
"""


def test_the_loudspeaker_is_heard(loudspeaker):
    since = time.monotonic()
    environment = {**os.environ, **loudspeaker.environment()}
    command = [sys.executable, "-c", PLAYER]
    played = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=30)
    assert played.returncode == 0, played.stderr
    began = float(played.stdout)
    heard = loudspeaker.wait_heard(2.5, began - 0.5)
    assert hearing.level(loudspeaker.heard(since, began)) < hearing.QUIET
    start, end = hearing.first_sound(heard), hearing.last_sound(heard)
    assert start is not None
    assert end is not None
    assert 0 <= start - began < 0.5
    assert end - start == pytest.approx(1.0, abs=0.02)
    assert hearing.tone_level(heard.between(start, end), 800) == pytest.approx(-15.26, abs=0.5)


def test_the_box_parks_says_so_and_gives_back_at_a_button(box, phones, loudspeaker):
    customer, peter, jens = phones.get("customer", "101", "103")
    there, here = connect(customer, peter)
    talking(there, here)
    at = here.blind_transfer("*68102")
    parked = box.wait_for("parked", after=at, place="102")
    assert parked["caller"] == {"number": CUSTOMER.number, "name": CUSTOMER.name}
    waiting = there.wait_heard(lambda sound: hearing.lacks_tone(sound, TONES["101"]), "Peter no more", last=0.5)
    assert hearing.level(waiting) > hearing.QUIET
    said = loudspeaker.wait_heard(4, parked.at)
    assert hearing.is_speech(said.last(2))
    box.press("office", "5")
    back = jens.incoming().wait_answered()
    assert talking(there, back)
    assert back.shown == CUSTOMER
    assert box.place("102")["state"] == "free"


def test_the_command_asks_the_box(box):
    asked = box.cli("status", "--json")
    assert (asked.returncode, asked.stderr) == (0, "")
    assert json.loads(asked.stdout)["health"] == []
