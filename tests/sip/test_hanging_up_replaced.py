"""An INVITE with Replaces for a leg that is being hung up: the far side has not said 200 to our BYE yet."""

import pytest

from appliance.core.events import LegEnded
from appliance.core.ids import Party
from appliance.core.orders import Hangup
from tests.sip.rigs import RealRig, rig_of
from tests.sip.test_contract import answered

pytestmark = pytest.mark.sip


@pytest.mark.rule("P-1", "P-3")
async def test_nobody_is_taken_into_a_leg_that_is_being_hung_up(tmp_path):
    """P-1: a parker completes his transfer in the instant in which he is hung up: refused, he still has the caller.

    PJSIP by itself answers 200 without asking anybody (an amendment of our wheel).
    """
    async with rig_of(RealRig, tmp_path) as rig:
        far, leg = await answered(rig)
        far.dialog.automatic = False
        rig.sip.obey(Hangup(leg))
        bye = await far.dialog.got(method="BYE")
        rig.peer.automatic = False
        here = (await far.replace(Party("+4930123", "Bernd"))).dialog
        final = await rig.peer.until(
            lambda: next((m for m in here.inbox if m.is_response and m.method == "INVITE" and m.code >= 200), None),
            "a final answer",
        )
        far.dialog.respond(bye, 200)
        await rig.event(LegEnded, leg=leg)
        assert final.code == 603
