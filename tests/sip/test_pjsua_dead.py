"""Far sides that are gone, late, or behind a network that loses packets: who is given up, and who is not (S-6, S-8)."""

import ctypes
import random

import pytest

from appliance.core.events import LegEnded, RegistrationChanged
from appliance.core.orders import Hangup
from tests.sip.rigs import RealRig, rig_of
from tests.sip.test_contract import MUSIC, answered

pytestmark = [pytest.mark.sip, pytest.mark.rule("S-6")]

T1, T2, TIMER_F = 20, 160, 1280
"""Milliseconds: RFC 3261's 500, 4000 and 32000, all 25 times as fast."""


@pytest.fixture(autouse=True)
def fast(monkeypatch):
    import _pjsua2  # noqa: PLC0415 - the other tests of this folder need none

    library = ctypes.CDLL(_pjsua2.__file__)
    library.pjsip_tsx_set_timers(T1, T2, 200, TIMER_F)
    monkeypatch.setattr("appliance.sip.pjsua_thread.AUDIT_EVERY", 0.5)
    monkeypatch.setattr("appliance.sip.pjsua_account.PROBE_EVERY", 0.3)
    monkeypatch.setattr("appliance.sip.pjsua_account.PROBE_PATIENCE", 0.8)
    monkeypatch.setattr("appliance.sip.signs.LATE", 0.6)
    monkeypatch.setattr("appliance.sip.signs.LONGEST", 6.0)
    monkeypatch.setattr("appliance.sip.signs._APART", 0.1)
    yield
    library.pjsip_tsx_set_timers(500, 4000, 5000, 32000)


def real(tmp_path):
    return rig_of(RealRig, tmp_path)


def in_dialog(message) -> bool:
    return not message.is_response and "tag=" in message["To"]


def questions(messages) -> set[str]:
    return {message["CSeq"] for message in messages if in_dialog(message) and message.method == "OPTIONS"}


class Away:
    """A network that loses what it is told to, and keeps what it lost."""

    def __init__(self, rig, what=lambda _message: True):
        self.lost, self._what, self._rig = [], what, rig
        rig.peer.loses = self

    def __call__(self, message):
        lost = self._what(message)
        if lost:
            self.lost.append(message)
        return lost

    def back(self):
        self._rig.peer.loses = lambda _message: False


async def test_a_far_side_that_stops_answering_is_gone(tmp_path):
    """S-6: its PBX still answers; the code tells it from a BYE, and another leg is left alone."""
    async with real(tmp_path) as rig:
        far, leg = await answered(rig)
        other, alive = await answered(rig)
        Away(rig, lambda message: message["Call-ID"] == far.dialog.call_id)
        assert (await rig.event(LegEnded, leg=leg)).code == 408
        await other.hears(MUSIC)
        await other.hang_up()
        assert (await rig.event(LegEnded, leg=alive)).code == 200
        await rig.nothing_left()
        assert len(rig.all(LegEnded)) == 2


@pytest.mark.rule("S-8")
async def test_a_network_that_is_away_for_a_while_ends_nobody(tmp_path):
    """S-8: several questions in vain; when it is back, nobody has been hung up, then or later."""
    async with real(tmp_path) as rig:
        far, leg = await answered(rig)
        await rig.peer.until(lambda: len(questions(rig.peer.log)) >= 3)
        away = Away(rig)
        await rig.event(RegistrationChanged, registered=False)
        await rig.peer.until(lambda: len(questions(away.lost)) >= 6)
        asked = len(rig.peer.log)
        away.back()
        await rig.peer.until(lambda: len(questions(rig.peer.log[asked:])) >= 6)
        await far.hears(MUSIC)
        assert not [message for message in [*away.lost, *rig.peer.log] if message.method == "BYE"]
        await far.hang_up()
        assert (await rig.event(LegEnded, leg=leg)).code == 200
        assert len(rig.all(LegEnded)) == 1


@pytest.mark.rule("S-8")
async def test_a_pbx_that_does_not_come_back_keeps_no_slot(tmp_path):
    async with real(tmp_path) as rig:
        _, leg = await answered(rig)
        away = Away(rig)
        assert (await rig.event(LegEnded, leg=leg)).code == 408
        assert len(questions(away.lost)) >= 10
        await rig.nothing_left()


@pytest.mark.rule("S-3")
async def test_a_pbx_that_comes_back_without_the_call(tmp_path):
    """S-6: as after its restart."""
    async with real(tmp_path) as rig:
        _, leg = await answered(rig)
        away = Away(rig)
        await rig.peer.until(lambda: len(questions(away.lost)) >= 4)
        rig.peer.options_code = 481
        away.back()
        assert (await rig.event(LegEnded, leg=leg)).code == 481


@pytest.mark.rule("S-8")
async def test_a_question_that_is_lost_is_asked_again(tmp_path):
    """S-6: neither the first nor the second loss of each question means anything."""
    async with real(tmp_path) as rig:
        seen: dict[str, int] = {}

        def first_two(message):
            seen[message["Via"]] = seen.get(message["Via"], 0) + 1
            return in_dialog(message) and message.method == "OPTIONS" and seen[message["Via"]] <= 2

        await answered(rig)
        away = Away(rig, first_two)
        await rig.peer.until(lambda: len(questions(rig.peer.log)) >= 8)
        assert len(away.lost) >= 16
        assert not rig.all(LegEnded)


async def test_a_late_answer_is_an_answer(tmp_path):
    """S-6: longer than the time between two questions."""
    async with real(tmp_path) as rig:
        await answered(rig)
        rig.peer.answers_after = 0.8
        await rig.peer.until(lambda: len(questions(rig.peer.log)) >= 8)
        assert not rig.all(LegEnded)


@pytest.mark.rule("S-8")
async def test_a_network_that_loses_every_fifth_packet(tmp_path):
    """S-8: in each direction; packets also come twice and late."""
    chance = random.Random(8)  # noqa: S311 - to be repeated, not to be secret
    async with real(tmp_path) as rig:
        fars = [await answered(rig) for _ in range(5)]
        send = rig.peer.send

        def lossy(data, to=None):
            for _ in range(chance.choices((0, 1, 2), (20, 70, 10))[0]):
                rig.loop.call_later(chance.random() * 0.05, send, data, to)

        rig.peer.send = lossy
        Away(rig, lambda _message: chance.random() < 0.2)
        await rig.peer.until(lambda: len(questions(rig.peer.log)) >= 60)
        assert not rig.all(LegEnded)
        rig.peer.send = send
        rig.peer.loses = lambda _message: False
        rig.sip.route({leg: MUSIC for _, leg in fars})
        for far, leg in fars:
            await far.hears(MUSIC)
            rig.sip.obey(Hangup(leg))
            await rig.event(LegEnded, leg=leg)


async def test_a_leg_that_is_hung_up_towards_nobody_leaves_nothing(tmp_path):
    async with real(tmp_path) as rig:
        _, leg = await answered(rig)
        Away(rig)
        rig.sip.obey(Hangup(leg))
        await rig.event(LegEnded, leg=leg)
        await rig.nothing_left()
        assert len(rig.all(LegEnded)) == 1
