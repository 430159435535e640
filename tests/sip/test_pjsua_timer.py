"""Session timers (RFC 4028): kept where the PBX offers them. 90 s is the least that the RFC allows, and we wait for it."""

import asyncio
import time

import pytest

from appliance.core.events import LegEnded
from tests.sip.rigs import RealFar, RealRig, rig_of
from tests.sip.test_contract import MUSIC, answered

pytestmark = [pytest.mark.sip, pytest.mark.rule("S-6")]

LEAST = 90


async def offered(rig, refresher: str):
    """Have somebody call who wants a session timer; returns his far side, the leg and our answer."""
    headers = [("Supported", "timer"), ("Session-Expires", f"{LEAST};refresher={refresher}")]
    call = rig.call
    rig.call = lambda number, caller: _called(rig, number, caller, headers)
    far, leg = await answered(rig)
    rig.call = call
    ok = next(message for message in rig.peer.log if message.code == 200 and message["Call-ID"] == far.dialog.call_id)
    return far, leg, ok


async def _called(rig, number, caller, headers):
    return RealFar(rig, await rig.peer.call(number, f'"{caller.name}" <sip:{caller.number}@127.0.0.1>', headers))


async def test_a_session_timer_is_kept(tmp_path):
    """S-6: we refresh where we are asked to; where the far side is to and does not, it is gone."""
    async with rig_of(RealRig, tmp_path) as rig:
        ours, kept, ok = await offered(rig, "uas")
        assert ok["Session-Expires"] == f"{LEAST};refresher=uas"
        _, lost, ok = await offered(rig, "uac")
        assert ok["Session-Expires"] == f"{LEAST};refresher=uac"
        assert "timer" in ok["Require"]
        start = time.monotonic()
        refreshed = asyncio.create_task(_refreshed(ours.dialog))
        async with asyncio.timeout(LEAST + 30):
            while not rig.all(LegEnded):
                rig.changed.clear()
                await rig.changed.wait()
            await refreshed
        assert (await rig.event(LegEnded, leg=lost)).code == 408
        assert time.monotonic() - start > LEAST / 2
        rig.sip.route({kept: MUSIC})
        await ours.hears(MUSIC)
        assert len(rig.all(LegEnded)) == 1


async def _refreshed(dialog) -> None:
    """Answer the first re-INVITE or UPDATE as every phone does."""
    while not (found := next((message for message in dialog.inbox if message.start.startswith(("INV", "UPD"))), None)):  # noqa: ASYNC110
        await asyncio.sleep(0.05)
    assert found["Session-Expires"].startswith(str(LEAST))
    headers = [("Session-Expires", f"{LEAST};refresher=uac"), ("Require", "timer")]
    body = dialog.sdp() if found.body else ""
    dialog.respond(found, 200, headers, body)


async def test_too_short_a_session_is_refused(tmp_path):
    """RFC 4028 section 6: 422 says what would be long enough."""
    async with rig_of(RealRig, tmp_path) as rig:
        far = await rig.peer.call("701", headers=[("Supported", "timer"), ("Session-Expires", "30")])
        refusal = await far.got(method="INVITE", code=422)
        assert refusal["Min-SE"] == str(LEAST)


async def test_where_no_timer_is_offered_there_is_none(tmp_path):
    async with rig_of(RealRig, tmp_path) as rig:
        await answered(rig)
        ok = next(message for message in rig.peer.log if message.code == 200 and message.method == "INVITE")
        assert not ok["Session-Expires"]
