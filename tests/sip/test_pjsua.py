"""The real stack against a far side that can say anything: what the fake cannot prove."""

import time
from urllib.parse import parse_qs

import pytest

from appliance.core.events import (
    AdapterFault,
    CallArrived,
    IdentityChanged,
    LegAnswered,
    LegEnded,
    LegRang,
    LegReplaced,
    RegistrationChanged,
    ReleaseEnded,
)
from appliance.core.ids import LegId, Party
from appliance.core.orders import Alert, Answer, Dial, Hangup, Release, Transfer
from appliance.errors import AdapterError
from appliance.sip.port import AccountSettings
from tests.sip.peer import Peer
from tests.sip.rigs import RealRig, rig_of, tone_file
from tests.sip.test_contract import MUSIC, OURS, answered, dial, dialled

pytestmark = pytest.mark.sip


def real(tmp_path, **settings):
    return rig_of(RealRig, tmp_path, **settings)


# -- who is let in -------------------------------------------------------------------------------------------------


@pytest.mark.rule("S-10")
@pytest.mark.parametrize("method", ["INVITE", "OPTIONS", "REGISTER", "MESSAGE", "SUBSCRIBE", "REFER", "BYE", "FOO"])
async def test_a_stranger_gets_no_answer(tmp_path, method):
    async with real(tmp_path) as rig:
        stranger = await Peer.open()
        stranger.box = rig.peer.box
        dropped = rig.sip._thread._door.dropped()
        far = await stranger.call("*68102", body="")
        far.request(method, [("Event", "presence"), ("Refer-To", "<sip:666@127.0.0.1>")])
        await rig.peer.until(lambda: rig.sip._thread._door.dropped() - dropped >= 2)
        await rig.arrive()  # a trusted one is heard after him
        assert not stranger.log
        assert len(rig.all(CallArrived)) == 1
        stranger.close()


@pytest.mark.rule("S-10")
async def test_a_further_trusted_address_is_let_in(tmp_path):
    friend, peer = await Peer.open(), await Peer.open()
    accounts = (AccountSettings("pbx", "800", f"127.0.0.1:{peer.port}", trust=(f"127.0.0.1:{friend.port}",)),)
    async with real(tmp_path, accounts=accounts) as rig:
        await rig.event(RegistrationChanged, registered=True)
        friend.box = rig.peer.box
        await friend.call("*68102")
        await rig.event(CallArrived)
    friend.close()
    peer.close()


@pytest.mark.rule("S-10")
async def test_a_stranger_cannot_replace_a_leg(tmp_path):
    async with real(tmp_path) as rig:
        far, leg = await answered(rig)
        stranger = await Peer.open()
        stranger.box = rig.peer.box
        local, remote = (value.split("tag=")[1] for value in (far.dialog.local, far.dialog.remote))
        await stranger.call("800", headers=[("Replaces", f"{far.dialog.call_id};to-tag={remote};from-tag={local}")])
        await far.identify(Party("55"))
        await rig.event(IdentityChanged, leg=leg)
        assert not stranger.log
        assert not rig.all(LegReplaced)
        stranger.close()


async def test_a_refer_is_refused(tmp_path):
    async with real(tmp_path) as rig:
        far, _ = await answered(rig)
        far.dialog.request("REFER", [("Refer-To", "<sip:0900666@127.0.0.1>")])
        await far.dialog.got(method="REFER", code=603)
        await far.hears(MUSIC)
        assert not rig.peer.arrived


async def test_a_replaces_for_nobody_is_481(tmp_path):
    async with real(tmp_path) as rig:
        await answered(rig)
        far = await rig.peer.call("800", headers=[("Replaces", "nobody@peer;to-tag=1;from-tag=2")])
        assert await far.refused() == 481


async def test_an_unanswered_leg_is_not_replaced(tmp_path):
    async with real(tmp_path) as rig:
        rig.sip.obey(dial())
        far = await rig.rung()
        tags = f"to-tag={far.dialog.remote.split('tag=')[1]};from-tag=peer{far.dialog.call_id}"
        far.dialog.ring()
        other = await rig.peer.call("800", headers=[("Replaces", f"{far.dialog.call_id};{tags}")])
        assert await other.refused() >= 400
        assert not rig.all(LegReplaced)


@pytest.mark.rule("S-6")
async def test_questions_of_the_pbx_are_answered(tmp_path, monkeypatch):
    monkeypatch.setattr("appliance.sip.pjsua_guard.EARLIER", 0)
    async with real(tmp_path) as rig:
        far, _ = await answered(rig)
        far.dialog.request("OPTIONS")
        await far.dialog.got(method="OPTIONS", code=200)
        far.dialog.remote = "<sip:800@127.0.0.1>;tag=other"
        far.dialog.request("OPTIONS")
        await far.dialog.got(method="OPTIONS", code=481)
        far.dialog.request("BYE")
        await far.dialog.got(method="BYE", code=481)


@pytest.mark.rule("S-10")
async def test_malformed_requests_of_the_pbx_do_not_hurt(tmp_path):
    async with real(tmp_path) as rig:
        head = "INVITE sip:800@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1;branch=z9hG4bK%s\r\n"
        for at, rest in enumerate(
            [
                "From: <sip:a@b>;tag=1\r\nTo: <sip:800@x>\r\nCall-ID: x%s\r\nCSeq: 1 INVITE\r\nContact: <sip:\r\n\r\n",
                "f: \xff\xfe\r\nt:\r\ni: x%s\r\nCSeq: 99999999999 INVITE\r\n\r\n",
                "From: " + "x" * 5000 + "\r\nCall-ID: %s\r\n\r\n",
            ]
        ):
            rig.peer.send((head % at + rest % at).encode("latin-1"))
        rig.peer.send(b"\0" * 200)
        caller = '"M\udcfcller\\" \u2028x" <sip:%23%35@127.0.0.1>'
        await rig.peer.call("*68102", caller)
        arrived = await rig.event(CallArrived)
        assert arrived.caller.number == "#5"
        arrived.caller.name.encode()


# -- what we send --------------------------------------------------------------------------------------------------


@pytest.mark.rule("P-21")
async def test_a_recall_says_who_and_how(tmp_path):
    async with real(tmp_path) as rig:
        shown = Party("+4930#1", 'R\u00fcckruf "102"\r\nEvil: yes')
        rig.sip.obey(Dial(OURS, "pbx", "#10 2", shown, Alert.SHORT_SHORT_LONG, auto_answer=True))
        invite = (await rig.rung()).dialog.invite
        assert invite.start == f"INVITE sip:%2310%202@127.0.0.1:{rig.peer.port} SIP/2.0"
        assert invite["From"].startswith('"R\u00fcckruf \\"102\\" Evil: yes" <sip:800@')
        assert invite["P-Asserted-Identity"].endswith(f"<sip:+4930%231@127.0.0.1:{rig.peer.port}>")
        assert "Bellcore-dr3" in invite.all("Alert-Info")[0]
        assert "alert-autoanswer" in invite.all("Alert-Info")[1]
        assert invite["Call-Info"].endswith("answer-after=0")
        assert not invite["Evil"]


# -- legs that end by themselves -----------------------------------------------------------------------------------


@pytest.mark.rule("S-6")
async def test_a_far_side_that_is_gone_is_found_by_asking(tmp_path, monkeypatch):
    monkeypatch.setattr("appliance.sip.pjsua_thread.AUDIT_EVERY", 0.2)
    async with real(tmp_path) as rig:
        _, leg = await answered(rig)
        await rig.peer.until(lambda: len(rig.peer.options) > 2)
        assert not rig.all(LegEnded)
        rig.peer.options_code = 481
        assert (await rig.event(LegEnded, leg=leg)).code == 481
        await rig.nothing_left()


async def test_a_release_that_is_refused_at_once(tmp_path):
    async with real(tmp_path) as rig:
        far, leg = await answered(rig)
        await dialled(rig)
        rig.sip.obey(Release(leg, OURS))
        refer = await far.dialog.got(method="REFER")
        assert "Replaces%3D" in refer["Refer-To"] or "Replaces=" in refer["Refer-To"]
        far.dialog.respond(refer, 405)
        assert (await rig.event(ReleaseEnded, leg=leg)).code == 405
        await far.hears(MUSIC)
        rig.sip.obey(Hangup(leg))
        await rig.event(LegEnded, leg=leg)
        assert len(rig.all(ReleaseEnded)) == 1


@pytest.mark.parametrize("caller", ['"Bernd" <sip:10%232@127.0.0.1>', "<sip:anonymous@anonymous.invalid>"])
async def test_a_release_names_the_other_leg_where_the_pbx_is(tmp_path, caller):
    """The From of who called us has no port, and it may be no address at all."""
    async with real(tmp_path) as rig:
        far, leg = await answered(rig)
        other = await rig.peer.call("701", caller)
        arrived = await rig.event(CallArrived)
        rig.sip.obey(Answer(arrived.leg))
        await rig.event(LegAnswered, leg=arrived.leg)
        rig.sip.obey(Release(leg, arrived.leg))
        where, headers = (await far.dialog.got(method="REFER"))["Refer-To"].strip("<>").split("?")
        ours, theirs = arrived.dialog.local_tag, other.local.split("tag=")[1]
        assert where == f"sip:{arrived.caller.number.replace('#', '%23') or 800}@127.0.0.1:{rig.peer.port}"
        replaces = f"{other.call_id};to-tag={theirs};from-tag={ours}"
        assert parse_qs(headers, strict_parsing=True) == {"Require": ["replaces"], "Replaces": [replaces]}


@pytest.mark.parametrize(("accepted", "code"), [(True, 200), (False, 481)])
async def test_a_leg_that_ends_during_its_release(tmp_path, accepted, code):
    async with real(tmp_path) as rig:
        far, leg = await answered(rig)
        await dialled(rig)
        rig.sip.obey(Release(leg, OURS))
        refer = await far.dialog.got(method="REFER")
        if accepted:
            far.dialog.respond(refer, 202)
            await rig.peer.until(lambda: rig.sip._thread.legs[leg].release_accepted)
        await far.hang_up()
        await rig.event(LegEnded, leg=leg)
        assert [event.code for event in rig.all(ReleaseEnded)] == [code]
        assert isinstance(rig.events[-1], LegEnded)


async def test_a_release_that_nobody_ends(tmp_path, monkeypatch):
    monkeypatch.setattr("appliance.sip.pjsua_orders.RELEASE_PATIENCE", 0.3)
    async with real(tmp_path) as rig:
        far, leg = await answered(rig)
        await dialled(rig)
        rig.sip.obey(Release(leg, OURS))
        far.dialog.respond(await far.dialog.got(method="REFER"), 202)
        assert (await rig.event(ReleaseEnded, leg=leg)).code == 408
        await far.hears(MUSIC)


@pytest.mark.rule("S-4")
@pytest.mark.parametrize(("lines", "code"), [(["100 Trying", "180 Ringing"], 202), (["100 Trying"], 408), ([], 408)])
async def test_a_transfer_to_a_number_that_is_not_answered_soon(tmp_path, monkeypatch, lines, code):
    """S-4: a PBX that makes the number ring has taken the caller; one that only tries may have him still."""
    monkeypatch.setattr("appliance.sip.pjsua_orders.RELEASE_PATIENCE", 1.0)
    async with real(tmp_path) as rig:
        far, leg = await answered(rig)
        rig.sip.obey(Transfer(leg, "10 5"))
        refer = await far.dialog.got(method="REFER")
        assert refer["Refer-To"] == f"<sip:10%205@127.0.0.1:{rig.peer.port}>"
        far.dialog.respond(refer, 202)
        rig.sip.obey(Transfer(leg, "106"))  # one after the other: the outcome of the first is still owed
        for line in lines:
            far._notify(f"SIP/2.0 {line}", "active;expires=60")
            await far.dialog.got(method="NOTIFY", code=200)
        assert (await rig.event(ReleaseEnded, leg=leg)).code == code
        assert not rig.all(LegEnded)
        assert len([message for message in rig.peer.log if message.method == "REFER"]) == 1


@pytest.mark.rule("S-4")
@pytest.mark.parametrize(("accepted", "code"), [(True, 200), (False, 481)])
async def test_a_leg_that_ends_during_its_transfer(tmp_path, accepted, code):
    """S-4: a PBX that takes the caller may end our leg before it says so."""
    async with real(tmp_path) as rig:
        far, leg = await answered(rig)
        rig.sip.obey(Transfer(leg, "105"))
        refer = await far.dialog.got(method="REFER")
        if accepted:
            far.dialog.respond(refer, 202)
            await rig.peer.until(lambda: rig.sip._thread.legs[leg].release_accepted)
        await far.hang_up()
        await rig.event(LegEnded, leg=leg)
        assert [type(event) for event in rig.events[-2:]] == [ReleaseEnded, LegEnded]
        assert rig.events[-2].code == code


@pytest.mark.parametrize("header", ["P-Asserted-Identity", "Remote-Party-ID"])
async def test_an_update_names_another_party(tmp_path, header):
    async with real(tmp_path) as rig:
        far, leg = await answered(rig)
        await far.dialog.update([(header, '"Bernd" <sip:+4930123@127.0.0.1>')])
        assert (await rig.event(IdentityChanged, leg=leg)).party == Party("+4930123", "Bernd")


@pytest.mark.rule("S-12")
@pytest.mark.parametrize(("most", "arriving"), [(1, 1), (2, 1), (3, 2), (4, 3), (8, 6)])
async def test_more_calls_than_we_take_are_busy(tmp_path, most, arriving):
    """S-12: one in four legs, and one at least, is kept for a call of ours, unless there is only one."""
    async with real(tmp_path, max_calls=most) as rig:
        for _ in range(arriving):
            await rig.arrive()
        assert await (await rig.peer.call("*68102")).refused() == 486
        for number in range(most - arriving):
            await dialled(rig, LegId(-1 - number))
        rig.sip.obey(dial(LegId(-99)))
        assert (await rig.event(LegEnded, leg=LegId(-99))).code == 500
        assert len(rig.all(CallArrived)) == arriving


async def test_hundred_calls_leave_nothing(tmp_path):
    async with real(tmp_path) as rig:
        for _ in range(100):
            far, leg = await answered(rig)
            await far.hang_up()
            await rig.event(LegEnded, leg=leg)
        await rig.nothing_left()


# -- beginning and end ---------------------------------------------------------------------------------------------


async def test_a_port_in_use_is_told(tmp_path):
    other = await Peer.open()
    for _ in range(2):
        with pytest.raises(AdapterError, match=f"udp 127.0.0.1:{other.port}"):
            async with real(tmp_path, port=other.port):
                pass
    other.close()
    async with real(tmp_path) as rig:
        await rig.arrive()


async def test_a_second_stack_in_the_process_is_refused(tmp_path):
    async with real(tmp_path) as rig:
        with pytest.raises(AdapterError, match="already"):
            async with real(tmp_path):
                pass
        await rig.arrive()


async def test_an_error_of_ours_at_the_start_is_told_and_the_library_is_shut_down(tmp_path, monkeypatch):
    """Whoever started us ends then, and a thread that is still inside the library would abort the process."""
    rig = RealRig(tmp_path)
    monkeypatch.setattr("appliance.sip.pjsua_boot._rank_codecs", None)
    with pytest.raises(AdapterError, match="the SIP stack does not start: TypeError: 'NoneType'"):
        await rig.open()
    assert not rig.sip._thread.is_alive()
    monkeypatch.undo()
    rig.peer.close()
    async with real(tmp_path) as again:
        await again.arrive()


LIBRARY_WAIT = 4.0
"""Seconds that the library waits at its end for what is unanswered, if it is let."""


@pytest.mark.rule("S-4")
@pytest.mark.parametrize("answering", [True, False])
async def test_a_restart_says_nothing_to_anybody(tmp_path, answering):
    """S-4: whoever talks, rings, is rung or holds our registration is left as he is, and at once."""
    async with real(tmp_path) as rig:
        far, leg = await answered(rig)
        _, waiting = await rig.arrive()
        rig.sip.obey(dial())
        ringing = await rig.rung()
        await ringing.ring()
        await rig.event(LegRang, leg=OURS)
        if not answering:
            rig.peer.register_code = None
            rig.sip._thread.do(lambda: rig.sip._thread.accounts["pbx"].setRegistration(True))
            await rig.peer.until(lambda: len(rig.peer.registers) >= 2)
        seen, start = len(rig.peer.log), time.monotonic()
        await rig.sip.stop(hang_up=False)
        assert time.monotonic() - start < LIBRARY_WAIT
        await rig.peer.nothing_more()
        said = [message for message in rig.peer.log[seen:] if message["Expires"] != "120"]  # a REGISTER said again
        assert not said
        assert not {event.leg for event in rig.all(LegEnded)} & {leg, waiting, OURS}
        assert not far.dialog.over


async def test_a_second_start_works(tmp_path):
    for hang_up in (False, True, False, True):
        async with real(tmp_path) as rig:
            far, _ = await answered(rig)
            await far.hears(MUSIC)
            await rig.sip.stop(hang_up=hang_up)


async def test_leg_ids_begin_at_one_and_are_never_used_twice(tmp_path):
    async with real(tmp_path) as rig:
        numbers = [(await rig.arrive())[1] for _ in range(3)]
        assert numbers == [LegId(1), LegId(2), LegId(3)]


def test_tone_files_are_what_they_say(tmp_path):
    assert tone_file(tmp_path / "a.wav", 440, 0.1).stat().st_size == 44 + 3200


async def test_an_end_without_anybody_at_the_far_side(tmp_path):
    async with real(tmp_path) as rig:
        _, leg = await answered(rig)
        rig.peer.transport.close()
        start = time.monotonic()
        await rig.sip.stop(hang_up=True)
        assert time.monotonic() - start < 10
        await rig.event(LegEnded, leg=leg)


async def test_an_error_of_ours_is_a_fault_and_life_goes_on(tmp_path, monkeypatch):
    def fail(_message):
        raise ValueError("seeded")

    monkeypatch.setattr("appliance.sip.pjsua_call.identity", fail)
    monkeypatch.setattr("appliance.sip.pjsua_thread.WELL_AGAIN", 0.2)
    async with real(tmp_path) as rig:
        far, leg = await answered(rig)
        await far.identify(Party("55"))
        assert "seeded" in (await rig.event(AdapterFault)).detail
        assert (await rig.event(AdapterFault)).detail == ""
        await far.hang_up()
        await rig.event(LegEnded, leg=leg)


async def test_an_order_that_fails_is_a_fault_and_the_next_is_carried_out(tmp_path, monkeypatch):
    async with real(tmp_path) as rig:
        monkeypatch.setattr("appliance.sip.pjsua_orders.invite", None)
        rig.sip.obey(dial())
        assert "NoneType" in (await rig.event(AdapterFault)).detail
        assert (await rig.event(LegEnded, leg=OURS)).code == 500
        monkeypatch.undo()
        await answered(rig)
