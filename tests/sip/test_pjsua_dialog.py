"""What the PBX knows our dialogs by, on the wire: read, taken over, withdrawn."""

import asyncio

import pytest

from appliance.core.events import CallArrived, DialogKnown, IdentityChanged, LegAnswered, LegEnded, LegReplaced
from appliance.core.ids import Dialog, Party
from appliance.core.orders import Answer, Dial, Hangup, TakeOver, Withdraw
from tests.sip.peer import Message
from tests.sip.rigs import ANNA, RealRig, rig_of
from tests.sip.test_contract import OURS, answered, dial, dialled

pytestmark = [pytest.mark.sip, pytest.mark.rule("S-2")]

CHALLENGE = ("WWW-Authenticate", 'Digest realm="peer", nonce="7", algorithm=MD5')


def real(tmp_path, **settings):
    return rig_of(RealRig, tmp_path, **settings)


def tag(value: str) -> str:
    return value.split("tag=")[1]


def known(rig) -> Dialog:
    return rig.all(DialogKnown)[-1].dialog


# -- by what it is known -------------------------------------------------------------------------------------------


async def test_an_arrived_leg_is_known_by_the_words_on_the_wire(tmp_path):
    """S-2: our tag is told before anything of ours that carries it was sent."""
    async with real(tmp_path) as rig:
        far, leg = await rig.arrive()
        assert not [message for message in rig.peer.log if message.is_response and message.method == "INVITE"]
        dialog = rig.all(CallArrived)[0].dialog
        rig.sip.obey(Answer(leg))
        await rig.event(LegAnswered, leg=leg)
        assert dialog == Dialog(far.dialog.call_id, tag(far.dialog.remote), tag(far.dialog.local), replaces=False)


@pytest.mark.rule("S-3")
@pytest.mark.parametrize(
    ("headers", "replaces"),
    [
        ([("Supported", "100rel, timer, replaces, norefersub")], True),
        ([("Supported", "timer"), ("Supported", "Replaces")], True),
        ([("k", "timer,replaces")], True),
        ([("Require", "replaces")], True),
        ([("Supported", "timer, norefersub")], False),
        ([("k", "")], False),
        ([], False),
    ],
)
async def test_it_is_told_whether_the_pbx_understands_replaces(tmp_path, headers, replaces):
    """S-3: known from the first dialog, whoever began it, so that the status page can say so."""
    async with real(tmp_path) as rig:
        await rig.peer.call("701", headers=headers)
        assert (await rig.event(CallArrived)).dialog.replaces == replaces
        rig.sip.obey(dial())
        far = await rig.rung()
        await far.dialog.pick_up(headers)
        await rig.event(LegAnswered, leg=OURS)
        assert known(rig).replaces == (replaces and headers[0][0] != "Require")


async def test_behind_a_proxy_the_far_side_has_a_number_to_call(tmp_path):
    """S-2: a proxy that stays in the dialog would route a call of our own number back to us."""
    async with real(tmp_path) as rig:
        route = [("Record-Route", f"<sip:127.0.0.1:{rig.peer.port};lr>")]
        asserted = ("P-Asserted-Identity", "<sip:+4930123@127.0.0.1>")
        await rig.peer.call("701", '"Anna" <sip:101@127.0.0.1>', [*route, asserted])
        assert (await rig.event(CallArrived)).dialog.target == "101"
        rig.sip.obey(dial())
        far = await rig.rung()
        await far.dialog.pick_up(route)
        await rig.event(LegAnswered, leg=OURS)
        assert known(rig).target == "102"


async def test_a_leg_that_replaces_is_known_by_the_words_on_the_wire(tmp_path):
    async with real(tmp_path) as rig:
        far, leg = await answered(rig)
        other = await far.replace(Party("+4930123", "Bernd"))
        dialog = (await rig.event(LegReplaced, leg=leg)).dialog
        await rig.event(LegEnded, leg=leg)
        assert dialog.replaces is False
        assert (dialog.call_id, dialog.remote_tag) == (other.dialog.call_id, tag(other.dialog.local))
        await rig.peer.until(lambda: "tag=" in other.dialog.remote)
        assert dialog.local_tag == tag(other.dialog.remote)


async def test_an_invite_that_is_sent_again_is_known_anew(tmp_path):
    """S-2: with credentials it has another branch and CSeq, and only a CANCEL with these is understood."""
    async with real(tmp_path) as rig:
        rig.sip.obey(dial())
        far = await rig.rung()
        await far.ring()
        far.dialog.respond(far.dialog.invite, 401, [CHALLENGE])
        again = await far.dialog.got(method="INVITE")
        assert again["Authorization"]
        far.dialog.invite = again
        await far.pick_up()
        await rig.event(LegAnswered, leg=OURS)
        first, second, last = (event.dialog for event in rig.all(DialogKnown))
        assert first.call_id == second.call_id == last.call_id
        assert cancel_of(second.invite)["CSeq"].split()[0] == again["CSeq"].split()[0]
        assert cancel_of(second.invite)["Via"] == again["Via"]
        assert cancel_of(first.invite)["Via"] != again["Via"]
        assert last.remote_tag == f"peer{last.call_id}"


async def test_a_refused_call_is_known_once(tmp_path):
    async with real(tmp_path) as rig:
        rig.sip.obey(dial())
        await (await rig.rung()).decline(486)
        await rig.event(LegEnded, leg=OURS)
        assert [type(event) for event in rig.events[-2:]] == [DialogKnown, LegEnded]
        assert len(rig.all(DialogKnown)) == 1


async def test_a_reinvite_tells_nothing_new(tmp_path):
    async with real(tmp_path) as rig:
        far = await dialled(rig)
        await far.dialog.reinvite()
        await far.identify(Party("+4930123", "Bernd"))
        await rig.event(IdentityChanged, leg=OURS)
        assert len(rig.all(DialogKnown)) == 2


# -- taking over ---------------------------------------------------------------------------------------------------

OLD = Dialog("a.b~1*@host", "our-tag", "their-tag")


async def test_a_take_over_on_the_wire(tmp_path):
    """S-2: RFC 3891 section 3: `to-tag` is the tag of whoever receives it."""
    async with real(tmp_path) as rig:
        rig.sip.obey(TakeOver(OURS, "pbx", OLD, ANNA))
        invite = (await rig.rung()).dialog.invite
        assert invite.start == f"INVITE sip:800@127.0.0.1:{rig.peer.port} SIP/2.0"
        assert invite.all("Replaces") == ["a.b~1*@host;to-tag=their-tag;from-tag=our-tag"]
        assert "replaces" in invite.all("Require")
        assert invite["From"].startswith("<sip:800@")
        assert not {"Alert-Info", "Call-Info", "P-Asserted-Identity"} & {name for name, _ in invite.fields}
        assert invite.body.count("m=") == 1
        assert "m=audio " in invite.body


async def test_a_take_over_behind_a_proxy_calls_the_far_side(tmp_path):
    async with real(tmp_path) as rig:
        rig.sip.obey(TakeOver(OURS, "pbx", Dialog("1@x", "a", "b", target="10#1"), ANNA))
        far = await rig.rung()
        assert far.dialog.invite.start == f"INVITE sip:10%231@127.0.0.1:{rig.peer.port} SIP/2.0"
        await far.dialog.pick_up([("Record-Route", f"<sip:127.0.0.1:{rig.peer.port};lr>")])
        await rig.event(LegAnswered, leg=OURS)
        assert known(rig).target == "10#1"


async def test_a_take_over_with_credentials(tmp_path):
    """S-2: until it is answered, the old dialog is the one to come back to; so nothing of the new one is told."""
    async with real(tmp_path) as rig:
        rig.sip.obey(TakeOver(OURS, "pbx", OLD, ANNA))
        far = await rig.rung()
        far.dialog.respond(far.dialog.invite, 401, [CHALLENGE])
        far.dialog.invite = await far.dialog.got(method="INVITE")
        assert far.dialog.invite["Replaces"]
        assert not rig.all(DialogKnown)
        await far.pick_up()
        await rig.event(LegAnswered, leg=OURS)
        (event,) = rig.all(DialogKnown)
        assert event.dialog.call_id == far.dialog.call_id
        assert event.dialog.remote_tag == f"peer{far.dialog.call_id}"
        assert event.dialog.local_tag == tag(far.dialog.remote)


async def test_what_the_pbx_says_to_the_process_before_does_not_end_its_dialog(tmp_path):
    """S-2: a refresh that comes before the take-over gets no 481; who hangs up is answered."""
    async with real(tmp_path) as rig:
        far, _ = await answered(rig)
        old = rig.all(CallArrived)[0].dialog
        await rig.restart()
        refresh = far.dialog.request("INVITE", body=far.dialog.sdp())
        rig.sip.obey(TakeOver(OURS, "pbx", old, ANNA))
        await (await rig.rung()).pick_up()
        await rig.event(LegAnswered, leg=OURS)
        await far.dialog.bye(481)
        assert not [message for message in rig.peer.log if message.is_response and message["CSeq"] == refresh["CSeq"]]


async def test_words_of_a_journal_cannot_add_a_header(tmp_path):
    async with real(tmp_path) as rig:
        rig.sip.obey(TakeOver(OURS, "pbx", Dialog("1@x\r\nEvil: yes", "a", "b", target="1\r\nEvil: 2"), ANNA))
        assert not (await rig.rung()).dialog.invite["Evil"]


# -- withdrawing ---------------------------------------------------------------------------------------------------


def cancel_of(text: str) -> Message:
    return Message.parse(text.encode(), ("", 0))


@pytest.mark.parametrize("late", [(), (487,), (200,)])
async def test_a_withdrawal_is_the_cancel_of_the_invite(tmp_path, late):
    """S-2: as RFC 3261 section 9.1 wants it, from our port, by a process that never sent the INVITE; its answer is taken."""
    async with real(tmp_path) as rig:
        rig.sip.obey(Dial(OURS, "pbx", "10#2", Party("+4930123", 'M\u00fcller "2"')))
        far = await rig.rung()
        await far.ring()
        invite = far.dialog.invite
        await rig.event(DialogKnown)
        dialog = known(rig)
        await rig.restart()
        rig.sip.obey(Withdraw("pbx", dialog))
        cancel = await far.dialog.got(method="CANCEL")
        assert cancel.source == rig.peer.box
        assert cancel.start == invite.start.replace("INVITE", "CANCEL", 1)
        assert cancel["CSeq"] == invite["CSeq"].replace("INVITE", "CANCEL")
        for name in ("Via", "From", "To", "Call-ID"):
            assert cancel.all(name) == invite.all(name)
        far.dialog.respond(cancel, 200)
        for code in late:
            far.dialog.respond(invite, code, body=far.dialog.sdp() if code == 200 else "")
            ack = await far.dialog.got(method="ACK")
            assert ack["To"].endswith(f"tag=peer{dialog.call_id}")
            assert (ack["Via"] == invite["Via"]) == (code == 487)
        if 200 in late:
            bye = await far.dialog.got(method="BYE")
            assert bye.start == f"BYE sip:127.0.0.1:{rig.peer.port} SIP/2.0"
        seen = len(rig.events)
        await rig.arrive()
        assert [type(event) for event in rig.events[seen:]] == [CallArrived]


async def test_a_withdrawal_is_said_again_until_it_is_answered(tmp_path, monkeypatch):
    """S-8: no transaction of the library does it."""
    repeat = (0.1, 0.2, 0.3, 0.4, 0.5)
    monkeypatch.setattr("appliance.sip.pjsua_withdraw.REPEAT", repeat)
    async with real(tmp_path) as rig:
        rig.sip.obey(dial())
        far = await rig.rung()
        await rig.event(DialogKnown)
        await rig.restart()
        rig.sip.obey(Withdraw("pbx", known(rig)))

        def cancels():
            return [message for message in rig.peer.log if message.method == "CANCEL"]

        await rig.peer.until(lambda: len(cancels()) == 3)
        assert len({(message.start, message["Via"]) for message in cancels()}) == 1
        thread, over = rig.sip._thread, asyncio.Event()
        far.dialog.respond(far.dialog.invite, 487)
        await far.dialog.got(method="ACK")
        said = len(cancels())
        thread.do(lambda: thread.later(repeat[-1], lambda: rig.loop.call_soon_threadsafe(over.set)))
        await over.wait()
        await rig.peer.nothing_more()
        assert len(cancels()) == said < len(repeat)


async def test_the_cancel_is_what_the_library_itself_would_send(tmp_path):
    async with real(tmp_path) as rig:
        rig.sip.obey(dial())
        far = await rig.rung()
        await far.ring()
        await rig.event(DialogKnown)
        rig.sip.obey(Hangup(OURS))
        cancel = await far.dialog.got(method="CANCEL")
        ours = cancel_of(known(rig).invite)
        assert (ours.start, ours["Via"], ours["CSeq"]) == (cancel.start, cancel["Via"], cancel["CSeq"])
        far.dialog.respond(cancel, 200)
        await far.dialog.decline(487)
        await rig.event(LegEnded, leg=OURS)
