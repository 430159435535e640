"""Registering for ever, against registrars that refuse, keep silent, or come back."""

import asyncio
import contextlib

import pytest

from appliance.core.events import CallArrived, LegAnswered, LegEnded, RegistrationChanged
from appliance.core.ids import LegId, Party
from appliance.core.orders import Dial
from appliance.sip import addresses
from appliance.sip.port import AccountSettings
from tests.sip.peer import Peer
from tests.sip.rigs import RealRig, rig_of

pytestmark = [pytest.mark.sip, pytest.mark.rule("S-7")]


@pytest.fixture(autouse=True)
def _impatient(monkeypatch):
    monkeypatch.setattr("appliance.sip.pjsua_account.PATIENCE", 0.3)
    monkeypatch.setattr("appliance.sip.pjsua_account.PROBE_EVERY", 0.3)
    monkeypatch.setattr("appliance.sip.registration.FIRST_DELAY", 0.1)
    monkeypatch.setattr("appliance.sip.registration.REFUSED_DELAY", 0.2)


@contextlib.asynccontextmanager
async def registrars(count):
    peers = [await Peer.open() for _ in range(count)]
    try:
        yield peers
    finally:
        for peer in peers:
            peer.close()


def account(first, backup=None, **more):
    second = f"127.0.0.1:{backup.port}" if backup else ""
    return AccountSettings("pbx", "800", f"127.0.0.1:{first.port}", second, password="wrong", **more)  # noqa: S106


async def test_a_wrong_password_is_said_plainly_and_tried_again(tmp_path):
    async with registrars(1) as (pbx,):
        pbx.register_code = 401
        async with rig_of(RealRig, tmp_path, accounts=(account(pbx),)) as rig:
            told = await rig.event(RegistrationChanged)
            assert not told.registered
            assert told.code == 401
            assert told.reason == "the PBX refuses user 800: check sip.account password"
            await pbx.until(lambda: len(pbx.registers) > 6)
            assert len(rig.all(RegistrationChanged)) == 1
            pbx.register_code = 200
            assert (await rig.event(RegistrationChanged)).registered


async def test_the_password_is_not_in_the_clear(tmp_path):
    async with registrars(1) as (pbx,):
        pbx.register_code = 401
        async with rig_of(RealRig, tmp_path, accounts=(account(pbx),)):
            await pbx.until(lambda: any(message["Authorization"] for message in pbx.registers))
            assert not any("wrong" in str(message) for message in pbx.registers)


@pytest.mark.parametrize("code", [403, 404, 503])
async def test_a_refusal_for_the_time_being_is_got_over(tmp_path, code):
    async with registrars(1) as (pbx,):
        pbx.register_code = code
        async with rig_of(RealRig, tmp_path, accounts=(account(pbx),)) as rig:
            assert (await rig.event(RegistrationChanged)).code == code
            pbx.register_code = 200
            assert (await rig.event(RegistrationChanged)).registered


async def test_a_silent_registrar_is_told_and_comes_back(tmp_path):
    async with registrars(1) as (pbx,):
        pbx.register_code = None
        async with rig_of(RealRig, tmp_path, accounts=(account(pbx),)) as rig:
            told = await rig.event(RegistrationChanged)
            assert (told.registered, told.code) == (False, 0)
            assert "does not answer" in told.reason
            pbx.register_code = 200
            assert (await rig.event(RegistrationChanged)).registered


async def test_the_backup_is_used_until_the_first_is_back(tmp_path):
    async with registrars(2) as (first, backup):
        first.register_code = None
        async with rig_of(RealRig, tmp_path, accounts=(account(first, backup),)) as rig:
            await rig.event(RegistrationChanged, registered=False)
            await rig.event(RegistrationChanged, registered=True)
            assert backup.registers
            backup.box = rig.peer.box
            await backup.call("*68102")
            await rig.event(CallArrived)
            rig.sip.obey(Dial(LegId(-1), "pbx", "102", Party("")))
            phone = await backup.rung()
            phone.automatic = True
            await phone.pick_up()
            await rig.event(LegAnswered, leg=-1)
            first.register_code = 200
            silent = len(first.registers)
            await first.until(lambda: len(first.registers) > silent and first.options)
            rig.sip.obey(Dial(LegId(-2), "pbx", "102", Party("")))
            await (await first.rung()).decline(486)
            assert (await rig.event(LegEnded, leg=-2)).code == 486


async def test_a_registrar_that_dies_is_noticed(tmp_path, monkeypatch):
    monkeypatch.setattr("appliance.sip.pjsua_account.PROBE_PATIENCE", 0.3)
    async with registrars(1) as (pbx,), rig_of(RealRig, tmp_path, accounts=(account(pbx),)) as rig:
        await rig.event(RegistrationChanged, registered=True)
        pbx.register_code = None
        assert (await rig.event(RegistrationChanged, registered=False)).code == 0
        pbx.register_code = 200
        await rig.event(RegistrationChanged, registered=True)


async def test_a_name_is_looked_up_elsewhere_and_nobody_waits(tmp_path, monkeypatch):
    async with registrars(1) as (pbx,):
        asked, answer = asyncio.Event(), []
        loop = asyncio.get_running_loop()

        def look(server, _transport):
            loop.call_soon_threadsafe(asked.set)
            return tuple(answer) if server.host == "pbx.example" else ()

        monkeypatch.setattr("appliance.sip.pjsua_account.find", look)
        named = AccountSettings("pbx", "800", "pbx.example", trust=(f"127.0.0.1:{pbx.port}",))
        async with rig_of(RealRig, tmp_path, accounts=(named,)) as rig:
            told = await rig.event(RegistrationChanged)
            assert "pbx.example cannot be found" in told.reason
            rig.sip.obey(Dial(LegId(-1), "pbx", "102", Party("")))
            assert (await rig.event(LegEnded, leg=-1)).code == 503
            answer.append(addresses.Target("127.0.0.1", pbx.port))
            assert (await rig.event(RegistrationChanged)).registered
            register = pbx.registers[0]
            assert register.start == "REGISTER sip:pbx.example SIP/2.0"
            assert not register["Route"]
            pbx.box = rig.peer.box
            rig.sip.obey(Dial(LegId(-2), "pbx", "102", Party("")))
            phone = await pbx.rung()
            assert phone.invite.start == "INVITE sip:102@pbx.example SIP/2.0"
            phone.automatic = True
            await phone.pick_up()
            await rig.event(LegAnswered, leg=-2)
        assert asked.is_set()


async def test_an_account_that_does_not_register_is_there(tmp_path, monkeypatch):
    monkeypatch.setattr("appliance.sip.pjsua_account.PROBE_PATIENCE", 0.1)
    async with registrars(1) as (pbx,), rig_of(RealRig, tmp_path, accounts=(account(pbx, register=False),)) as rig:
        assert await rig.event(RegistrationChanged) == RegistrationChanged("pbx", True, 0)
        pbx.register_code = None  # nor does it answer OPTIONS
        await pbx.until(lambda: len(pbx.options) >= 3)
        pbx.box = rig.peer.box
        await pbx.call("701")
        await rig.event(CallArrived, dialled="701")
        assert not pbx.registers
        assert len(rig.all(RegistrationChanged)) == 1


async def test_two_accounts_are_told_apart_by_source(tmp_path):
    async with registrars(2) as (one, two):
        accounts = (
            AccountSettings("one", "800", f"127.0.0.1:{one.port}"),
            AccountSettings("two", "800", f"127.0.0.1:{two.port}"),
        )
        async with rig_of(RealRig, tmp_path, accounts=accounts) as rig:
            for name, peer in (("two", two), ("one", one)):
                await rig.event(RegistrationChanged, account=name, registered=True)
                peer.box = rig.peer.box
                await peer.call("*68102")
                assert (await rig.event(CallArrived)).account == name
            rig.sip.obey(Dial(LegId(-1), "two", "102", Party("")))
            await two.rung()
