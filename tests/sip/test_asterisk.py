"""Going on where a killed process was, proven on a real PBX with real phones."""

import asyncio
import contextlib
import json
import signal
import subprocess
import sys

import pytest

from appliance.core.events import (
    CallArrived,
    DialogKnown,
    IdentityChanged,
    LegAnswered,
    LegDiverted,
    LegEnded,
    RegistrationChanged,
    ReleaseEnded,
)
from appliance.core.hearing import Music
from appliance.core.ids import Dialog, LegId, Party
from appliance.core.orders import Answer, Dial, Hangup, TakeOver, Transfer, Withdraw
from appliance.sip.pjsua import PjsuaSip
from appliance.sip.port import AccountSettings, SipSettings
from tests.lab.hearing import exactly_tones
from tests.lab.pbx import VARIABLE, Asterisk, rootfs
from tests.lab.phones import Phones
from tests.lab.ports import Ports
from tests.lab.process import ROOT, Program
from tests.sip.rigs import MUSIC_HZ, Rig, tone_file

pytestmark = [pytest.mark.e2e, pytest.mark.rule("S-2")]

OURS = LegId(-1)


@pytest.fixture(scope="module")
def pbx(tmp_path_factory):
    if rootfs() is None:
        pytest.fail(f"{VARIABLE} names no root file system with Asterisk: run scripts/test")
    with Asterisk(tmp_path_factory.mktemp("pbx")) as asterisk:
        yield asterisk


@pytest.fixture(scope="module")
def _phones(pbx, tmp_path_factory):
    with Phones(pbx, tmp_path_factory.mktemp("phones")) as phones:
        yield phones


@pytest.fixture
def phones(_phones, pbx):
    yield _phones
    _phones.reset()
    pbx.wait_idle()


class Earlier:
    """The process that is killed. `told` waits for an event and returns its dialog."""

    def __init__(self, pbx, port, folder, dial="", dies_at=""):
        line = pbx.company.box
        wishes = {"port": port, "server": pbx.server, "account": line.account, "password": line.password}
        wishes |= {"dial": dial, "dies_at": dies_at}
        command = [sys.executable, "-m", "tests.sip.earlier", json.dumps(wishes)]
        paths = {"PYTHONPATH": str(ROOT)}
        self._program = Program("earlier", command, folder / "earlier", environment=paths, stdout=subprocess.PIPE)

    def told(self, *names):
        dialog = None
        for name in names:
            for line in self._program.stdout:
                event, _, words = line.decode().partition(" ")
                if words.strip() != "null":
                    dialog = Dialog(**json.loads(words))
                if event == name:
                    break
            else:
                raise AssertionError(f"no {name}\n{self._program.tail()}")
        return dialog

    def kill(self):
        self._program.kill()

    def died(self):
        """Wait until it has killed itself."""
        assert self._program.wait() == -signal.SIGKILL, self._program.tail()
        self._program.kill()


class Later(Rig):
    """The process after it, on the same port."""

    async def open(self, pbx, port):
        line = pbx.company.box
        account = AccountSettings("pbx", line.account, pbx.server, password=line.password)
        music = {"default": tone_file(self.tmp / "music.wav", MUSIC_HZ, 2.0)}
        settings = SipSettings((account,), bind="127.0.0.1", port=port, music=music)
        self.sip = PjsuaSip(settings, self.post, self.voice, self.loop)
        await self.sip.start()
        await self.event(RegistrationChanged, registered=True)

    async def take_over(self, dialog):
        self.sip.route({OURS: Music("default")})
        self.sip.obey(TakeOver(OURS, "pbx", dialog, Party("102", "Anna Schmidt")))


@contextlib.asynccontextmanager
async def later(pbx, port, tmp):
    rig = Later(tmp)
    try:
        await rig.open(pbx, port)
        yield rig
    finally:
        await rig.sip.stop(hang_up=True)


@pytest.fixture
def port():
    with Ports() as ports:
        yield ports.first


async def aside(call, *arguments, **named):
    """Wait for a phone without stopping the loop."""
    return await asyncio.to_thread(call, *arguments, **named)


async def hears_music(call):
    await aside(call.wait_heard, lambda sound: exactly_tones(sound, (MUSIC_HZ,), (MUSIC_HZ,)), "music", last=0.4)


async def test_a_caller_of_a_killed_process_has_music_again(pbx, phones, port, tmp_path):
    """S-2: a caller who waited is taken over, hears us, and can hang up."""
    anna, process = phones["102"], Earlier(pbx, port, tmp_path)
    process.told("RegistrationChanged")
    call = anna.dial("800")
    dialog = process.told("CallArrived", "LegAnswered")
    await aside(call.wait_answered)
    process.kill()
    assert dialog.replaces
    assert not dialog.target
    async with later(pbx, port, tmp_path) as rig:
        await rig.take_over(dialog)
        await rig.event(LegAnswered, leg=OURS)
        await hears_music(call)
        assert not rig.all(IdentityChanged)
        new = (await rig.event(DialogKnown)).dialog
        assert new.replaces
        assert new.target == ""
        await aside(call.hang_up)
        assert (await rig.event(LegEnded, leg=OURS)).code == 200


@pytest.mark.rule("S-5")
async def test_a_caller_whom_a_killed_process_had_not_answered_arrives_at_the_next(pbx, phones, port, tmp_path):
    """S-5: killed between the INVITE and our answer; Asterisk repeats its INVITE, for it was never told 100."""
    anna, process = phones["102"], Earlier(pbx, port, tmp_path, dies_at="CallArrived")
    process.told("RegistrationChanged")
    call = anna.dial("800")
    await aside(process.died)
    async with later(pbx, port, tmp_path) as rig:
        leg = (await rig.event(CallArrived)).leg
        rig.sip.route({leg: Music("default")})
        rig.sip.obey(Answer(leg))
        await rig.event(LegAnswered, leg=leg)
        await hears_music(call)
        await aside(call.hang_up)
        await rig.event(LegEnded, leg=leg)
        assert len(rig.all(CallArrived)) == 1


async def test_a_phone_that_a_killed_process_called_has_music_again(pbx, phones, port, tmp_path):
    peter, process = phones["101"], Earlier(pbx, port, tmp_path, dial="101")
    call = await aside(peter.incoming)
    await aside(call.answer)
    dialog = process.told("LegAnswered")
    process.kill()
    async with later(pbx, port, tmp_path) as rig:
        await rig.take_over(dialog)
        await rig.event(LegAnswered, leg=OURS)
        await hears_music(call)
        dialog = (await rig.event(DialogKnown)).dialog
        await rig.sip.stop(hang_up=False)
        again = Later(tmp_path)
        await again.open(pbx, port)
        await again.take_over(dialog)
        await again.event(LegAnswered, leg=OURS)
        await hears_music(call)
        await again.sip.stop(hang_up=True)
        await aside(call.wait_ended)


async def test_a_phone_that_a_killed_process_made_ring_stops(pbx, phones, port, tmp_path):
    """S-2: with credentials the second INVITE is the one that rings."""
    peter, process = phones["101"], Earlier(pbx, port, tmp_path, dial="101")
    call = await aside(peter.incoming)
    dialog = process.told("LegRang")
    process.kill()
    assert not call.over
    async with later(pbx, port, tmp_path) as rig:
        rig.sip.obey(Withdraw("pbx", dialog))
        await aside(call.wait_ended)
        await aside(pbx.wait_idle)
        assert [type(event) for event in rig.events] == [RegistrationChanged]


async def test_a_phone_that_answered_a_killed_process_is_hung_up(pbx, phones, port, tmp_path):
    """S-2: he hears nobody, and the PBX would leave him so for half a minute."""
    peter, process = phones["101"], Earlier(pbx, port, tmp_path, dial="101")
    call = await aside(peter.incoming)
    dialog = process.told("LegRang")
    process.kill()
    await aside(call.answer)
    async with later(pbx, port, tmp_path) as rig:
        rig.sip.obey(Withdraw("pbx", dialog))
        await aside(call.wait_ended)
        await aside(pbx.wait_idle)
        assert [type(event) for event in rig.events] == [RegistrationChanged]


@pytest.mark.rule("S-3")
async def test_a_caller_who_hung_up_meanwhile_is_gone(pbx, phones, port, tmp_path):
    anna, process = phones["102"], Earlier(pbx, port, tmp_path)
    process.told("RegistrationChanged")
    call = anna.dial("800")
    dialog = process.told("CallArrived", "LegAnswered")
    await aside(call.wait_answered)
    process.kill()
    await aside(call.hang_up)
    await aside(call.wait_ended)
    await aside(pbx.wait_idle)
    async with later(pbx, port, tmp_path) as rig:
        await rig.take_over(dialog)
        assert (await rig.event(LegEnded, leg=OURS)).code == 481
        assert not rig.all(LegAnswered)


@pytest.mark.rule("S-4")
async def test_a_caller_is_transferred_to_a_phone_that_rings(pbx, phones, port, tmp_path):
    """S-4: the PBX has him from the first ring on; we need not wait for the answer, and may go."""
    async with later(pbx, port, tmp_path) as rig:
        anna, peter = phones.get("102", "101")
        call = anna.dial("800")
        leg = (await rig.event(CallArrived)).leg
        rig.sip.obey(Answer(leg))
        await rig.event(LegAnswered, leg=leg)
        rig.sip.obey(Transfer(leg, "101"))
        there = await aside(peter.incoming)
        assert (await rig.event(ReleaseEnded, leg=leg)).code == 202
        rig.sip.obey(Hangup(leg))
        await rig.event(LegEnded, leg=leg)
        await aside(there.answer)
        await aside(call.wait_tones, 730.0)


@pytest.mark.rule("S-4")
async def test_a_transfer_to_a_busy_phone_is_told(pbx, phones, port, tmp_path):
    """S-4: Asterisk drops the caller then by itself, and leaves our leg to us."""
    async with later(pbx, port, tmp_path) as rig:
        phones["101"].behave(refuse=486)
        call = phones["102"].dial("800")
        leg = (await rig.event(CallArrived)).leg
        rig.sip.obey(Answer(leg))
        await rig.event(LegAnswered, leg=leg)
        rig.sip.obey(Transfer(leg, "101"))
        assert (await rig.event(ReleaseEnded, leg=leg)).code == 503
        await aside(call.wait_ended)
        rig.sip.obey(Hangup(leg))
        await rig.event(LegEnded, leg=leg)


@pytest.mark.rule("P-25", "P-29")
async def test_a_phone_that_sends_its_calls_on_is_told_before_somebody_answers(pbx, phones, port, tmp_path):
    """P-29: Asterisk follows a phone's 302 itself and says 181; whoever answers then is not whom we called."""
    async with later(pbx, port, tmp_path) as rig:
        peter, maria = phones.get("101", "105")
        peter.behave(forward="105")
        rig.sip.obey(Dial(OURS, "pbx", "101", Party("+4930123", "Bernd")))
        there = await aside(maria.incoming)
        await rig.event(LegDiverted, leg=OURS)
        assert not rig.all(LegAnswered)
        await aside(there.answer)
        await rig.event(LegAnswered, leg=OURS)
        rig.sip.obey(Hangup(OURS))
        await rig.event(LegEnded, leg=OURS)


@pytest.mark.rule("P-25")
async def test_a_phone_that_rings_and_is_picked_up_is_whom_we_called(pbx, phones, port, tmp_path):
    async with later(pbx, port, tmp_path) as rig:
        rig.sip.obey(Dial(OURS, "pbx", "101", Party("+4930123", "Bernd")))
        there = await aside(phones["101"].incoming)
        await aside(there.answer)
        await rig.event(LegAnswered, leg=OURS)
        rig.sip.obey(Hangup(OURS))
        await rig.event(LegEnded, leg=OURS)
        assert not rig.all(LegDiverted)
