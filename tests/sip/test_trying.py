"""The 100 to an INVITE, which our wheel's PJSIP keeps to itself until the INVITE is repeated (an amendment of ours)."""

import pytest

from appliance.core.events import CallArrived, LegAnswered, LegEnded
from appliance.core.orders import Answer, Refuse
from tests.sip.peer import render
from tests.sip.rigs import ANNA, RealRig, rig_of
from tests.sip.test_contract import MUSIC

pytestmark = pytest.mark.sip


def real(tmp_path, **settings):
    return rig_of(RealRig, tmp_path, **settings)


def codes(rig) -> list[int]:
    """What was said to INVITEs, each code once: a final answer is repeated when its ACK is late."""
    return list(dict.fromkeys(m.code for m in rig.peer.log if m.is_response and m.method == "INVITE"))


def repeat(far) -> None:
    """Send the INVITE again as it was (RFC 3261 section 17.1.1.2)."""
    invite = far.dialog.invite
    far.rig.peer.send(render(invite.start, invite.fields, invite.body))


@pytest.mark.rule("S-5")
async def test_an_invite_that_is_answered_at_once_gets_no_100(tmp_path):
    """S-5: if we are killed before the 200, the PBX still repeats its INVITE, and the next process takes the call."""
    async with real(tmp_path) as rig:
        far, leg = await rig.arrive()
        await rig.peer.nothing_more()
        assert codes(rig) == []
        rig.sip.route({leg: MUSIC})
        rig.sip.obey(Answer(leg))
        await rig.event(LegAnswered, leg=leg)
        await far.hears(MUSIC)
        assert codes(rig) == [200]


@pytest.mark.rule("S-5")
async def test_an_invite_that_is_repeated_gets_its_100(tmp_path):
    """S-5: whom we leave waiting hears that we are there (RFC 3261 section 17.2.1), as often as he asks, and arrives once."""
    async with real(tmp_path) as rig:
        far, leg = await rig.arrive()
        for _ in range(2):
            repeat(far)
            trying = await far.dialog.got(method="INVITE", code=100)
            assert f";branch={far.dialog.branch}" in trying["Via"]
            assert "tag=" not in trying["To"]
        rig.sip.obey(Answer(leg))
        await rig.event(LegAnswered, leg=leg)
        assert codes(rig) == [100, 200]
        assert len(rig.all(CallArrived)) == 1
        await far.hang_up()
        assert (await rig.event(LegEnded, leg=leg)).code == 200
        await rig.nothing_left()


@pytest.mark.parametrize("repeated", [False, True])
async def test_an_unanswered_invite_is_refused(tmp_path, repeated):
    async with real(tmp_path) as rig:
        far, leg = await rig.arrive()
        if repeated:
            repeat(far)
            await far.dialog.got(method="INVITE", code=100)
        rig.sip.obey(Refuse(leg, 486, "Busy Here"))
        assert await far.dialog.refused() == 486
        await rig.event(LegEnded, leg=leg)
        assert codes(rig) == [*[100] * repeated, 486]
        await rig.nothing_left()


@pytest.mark.rule("S-12")
async def test_a_call_too_many_is_refused_without_a_100(tmp_path):
    """S-12: we refuse it before the core hears of it."""
    async with real(tmp_path, max_calls=2) as rig:
        await rig.arrive()
        far = await rig.call("*68102", ANNA)
        assert await far.dialog.refused() == 486
        assert codes(rig) == [486]
        assert len(rig.all(CallArrived)) == 1


@pytest.mark.parametrize("repeated", [False, True])
async def test_an_unanswered_invite_is_cancelled(tmp_path, repeated):
    async with real(tmp_path) as rig:
        far, leg = await rig.arrive()
        if repeated:
            repeat(far)
            await far.dialog.got(method="INVITE", code=100)
        far.dialog.cancel()
        await far.dialog.got(method="CANCEL", code=200)
        assert await far.dialog.refused() == 487
        await rig.event(LegEnded, leg=leg)
        assert codes(rig) == [*[100] * repeated, 487]
        await rig.nothing_left()
