"""`parkdeck hunt`, and its request on the control socket (P-30)."""

from dataclasses import replace
from pathlib import Path

import pytest

from appliance import cli, tables
from appliance.core.rules import HuntRules, MemberRules
from appliance.errors import ControlError
from appliance.status import status
from tests.test_control import RULES, Service, served

HUNT = replace(RULES, hunts={"850": HuntRules("850", "Service", (MemberRules("101"), MemberRules("102")))})


@pytest.mark.rule("P-30")
def test_a_member_is_logged_out_and_in_or_it_is_said_why_not(tmp_path: Path) -> None:
    async def play(service: Service) -> None:
        service.runtime.change_rules(HUNT)
        answer = await service.ask(do="hunt", group="850", member="101", present=False)
        assert [report["what"] for report in answer] == ["logged_out"]  # type: ignore[attr-defined]
        assert service.runtime.state.desks["850"].away == {"101"}
        with pytest.raises(ControlError, match="104 is no member of hunt group 850"):
            await service.ask(do="hunt", group="850", member="104", present=True)
        with pytest.raises(ControlError, match="there is no hunt group 999"):
            await service.ask(do="hunt", group="999", member="101", present=True)

    served(tmp_path, play)


@pytest.mark.rule("P-30")
def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    async def play(service: Service) -> None:
        service.runtime.change_rules(HUNT)
        assert await service.command("hunt", "logout", "850", "102") == cli.OK
        assert service.runtime.state.desks["850"].away == {"102"}
        assert await service.command("hunt", "login", "850", "102") == cli.OK
        assert not service.runtime.state.desks["850"].away
        assert await service.command("hunt", "login", "850", "104") == cli.REFUSED
        assert await service.command("hunt") == cli.OK

    served(tmp_path, play)
    said = capsys.readouterr()
    assert "104 is no member" in said.err
    assert said.out == "no hunt groups\n"  # the status of this service knows the rules without any


@pytest.mark.rule("P-30")
def test_the_list(tmp_path: Path) -> None:
    async def play(service: Service) -> None:
        service.runtime.change_rules(HUNT)
        await service.ask(do="hunt", group="850", member="101", present=False)
        now = service.runtime.now()
        answer = status(service.runtime.state, now, HUNT, pages=[], relays={}, journal_cost=0.0)
        assert tables.hunt_groups(answer["hunt_groups"]) == [
            "   850  Service  circular, 0 waiting",
            "     101  away",
            "     102  free",
        ]

    served(tmp_path, play)
