"""What the status shows of hunt groups (P-30)."""

import pytest

from appliance.core.events import HuntLogin
from appliance.core.hunt_views import HuntView, MemberView, hunt_groups
from appliance.core.rules import Policy
from tests.core.hunting import GROUP, shop, take
from tests.core.timeline import BERG, MUELLER, World


@pytest.mark.rule("P-30")
def test_members_are_free_ringing_busy_or_away():
    world = World(shop(50, 30, 20, policy=Policy.REGULAR))
    world.tell(HuntLogin(GROUP, "103", present=False))
    world.call(GROUP, MUELLER)
    take(world, "101")
    world.call(GROUP, BERG)
    (view,) = hunt_groups(world.state, world.rules)
    assert view == HuntView(
        GROUP,
        "Service",
        "regular",
        (MemberView("101", "busy", 50, 1), MemberView("102", "ringing", 30, 0), MemberView("103", "away", 20, 0)),
        waiting=1,
    )
