"""Before the answer: early media, and provisional answers that want to be acknowledged (RFC 3262)."""

import pytest

from appliance.core.events import CallArrived, LegAnswered, LegEnded, LegRang
from appliance.core.orders import Answer, Hangup, Refuse
from tests.sip.rigs import RealFar, RealRig, rig_of
from tests.sip.test_contract import MUSIC, OURS, dial

pytestmark = [pytest.mark.sip, pytest.mark.rule("P-10")]


def real(tmp_path, **settings):
    return rig_of(RealRig, tmp_path, **settings)


async def arriving(rig, headers):
    """Have somebody call whose INVITE has these headers."""
    far = RealFar(rig, await rig.peer.call("*68102", headers=headers))
    arrived = await rig.event(CallArrived)
    far.leg = arrived.leg
    return far, arrived.leg


@pytest.mark.parametrize("name", ["Supported", "Require"])
async def test_a_caller_who_wants_reliable_provisional_answers_is_answered_at_once(tmp_path, name):
    """P-10: there is nothing provisional to acknowledge, and the music comes."""
    async with real(tmp_path) as rig:
        far, leg = await arriving(rig, [(name, "100rel")])
        rig.sip.route({leg: MUSIC})
        rig.sip.obey(Answer(leg))
        await rig.event(LegAnswered, leg=leg)
        await far.hears(MUSIC)
        said = [message.code for message in rig.peer.log if message.is_response and message.method == "INVITE"]
        assert set(said) - {100} == {200}
        await far.hang_up()
        await rig.event(LegEnded, leg=leg)


async def test_a_caller_who_wants_them_may_be_refused_and_may_give_up(tmp_path):
    async with real(tmp_path) as rig:
        far, leg = await arriving(rig, [("Require", "100rel")])
        rig.sip.obey(Refuse(leg, 486, ""))
        assert await far.dialog.refused() == 486
        far, leg = await arriving(rig, [("Require", "100rel")])
        await far.cancel()
        assert (await rig.event(LegEnded, leg=leg)).code == 487
        await rig.nothing_left()


async def test_what_is_required_and_unknown_is_refused(tmp_path):
    """RFC 3261 section 8.2.2.3."""
    async with real(tmp_path) as rig:
        dialog = await rig.peer.call("*68102", headers=[("Require", "100rel, teleport")])
        assert await dialog.refused() == 420
        refusal = next(message for message in rig.peer.log if message.code == 420)
        assert refusal["Unsupported"] == "teleport"
        assert not rig.all(CallArrived)


async def test_a_caller_who_offers_nothing_gets_our_offer_and_the_music(tmp_path):
    async with real(tmp_path) as rig:
        dialog = await rig.peer.call("*68102", body="")
        dialog.automatic = False
        far = RealFar(rig, dialog)
        arrived = await rig.event(CallArrived)
        rig.sip.route({arrived.leg: MUSIC})
        rig.sip.obey(Answer(arrived.leg))
        ok = await dialog.answered()
        assert "m=audio" in ok.body
        dialog.request("ACK", cseq=int(ok["CSeq"].split()[0]), body=dialog.sdp())
        await rig.event(LegAnswered, leg=arrived.leg)
        await far.hears(MUSIC)


@pytest.mark.parametrize("code", [180, 183])
async def test_a_phone_that_wants_its_ringing_acknowledged_gets_a_prack(tmp_path, code):
    """With sound before the answer or without: it rings once, and hears what it is to hear when it has answered."""
    async with real(tmp_path) as rig:
        rig.sip.route({OURS: MUSIC})
        rig.sip.obey(dial())
        far = await rig.rung()
        assert "100rel" in far.dialog.invite["Supported"]
        early = far.dialog.sdp() if code == 183 else ""
        far.dialog._learn(far.dialog.invite.body)
        far.dialog.respond(far.dialog.invite, code, [("Require", "100rel"), ("RSeq", "1")], early)
        prack = await far.dialog.got(method="PRACK")
        assert prack["RAck"].split()[0] == "1"
        far.dialog.respond(prack, 200)
        await rig.event(LegRang, leg=OURS)
        if early:
            far.dialog.respond(far.dialog.invite, 200)
            await far.dialog.got(method="ACK")
        else:
            await far.pick_up()
        await rig.event(LegAnswered, leg=OURS)
        await far.hears(MUSIC)
        assert len(rig.all(LegRang)) == 1
        rig.sip.obey(Hangup(OURS))
        await rig.event(LegEnded, leg=OURS)


async def test_a_phone_with_sound_before_the_answer_that_is_given_up(tmp_path):
    async with real(tmp_path) as rig:
        rig.sip.obey(dial())
        far = await rig.rung()
        far.dialog.respond(far.dialog.invite, 183, (), far.dialog.sdp())
        await rig.event(LegRang, leg=OURS)
        rig.sip.obey(Hangup(OURS))
        far.dialog.respond(await far.dialog.got(method="CANCEL"), 200)
        await far.dialog.decline(487)
        await rig.event(LegEnded, leg=OURS)
        await rig.nothing_left()
