"""What the library still says of a dialog that is over must not be taken for the call that has its place by now."""

import pytest

from appliance.core.events import IdentityChanged, LegAnswered, LegEnded
from appliance.core.ids import Party
from appliance.core.orders import Answer, Hangup
from tests.sip.rigs import RealRig, rig_of

pytestmark = pytest.mark.sip

CALLS = 4


async def answered(rig):
    far, leg = await rig.arrive()
    rig.sip.obey(Answer(leg))
    await rig.event(LegAnswered, leg=leg)
    return far, leg


@pytest.mark.rule("S-8", "S-10")
async def test_a_late_answer_to_an_old_bye_ends_nobody_elses_call(tmp_path):
    """S-8: both sides hang up at once; the answer to our BYE comes when another caller has that call's slot."""
    async with rig_of(RealRig, tmp_path, max_calls=CALLS) as rig:
        old, leg = await answered(rig)
        rig.sip.obey(Hangup(leg))
        old.dialog.automatic = False
        bye = await old.dialog.got(method="BYE")
        await old.dialog.bye()
        for _ in range(CALLS - 1):  # the library gives its slots out in turn
            far, _ = await answered(rig)
            await far.hang_up()
        caller, leg = await answered(rig)
        old.dialog.respond(bye, 481)
        await caller.identify(Party("55"))
        await rig.event(IdentityChanged, leg=leg)
        assert not rig.all(LegEnded, leg)
        await caller.hang_up()
