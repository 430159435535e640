"""The control socket and the command line, against a runtime whose adapters are played."""

import asyncio
import json
import stat
from collections.abc import Mapping
from pathlib import Path

import pytest

from appliance import cli, client
from appliance.control import Control
from appliance.core.events import CallArrived, LegAnswered, LegEnded
from appliance.core.ids import KeyId, LegId, Party, Place
from appliance.core.lamp import Lamp
from appliance.core.rules import AccountRules, PlaceKind, PlaceRules, Rules
from appliance.errors import AdapterError, ConfigError, ControlError, Finding, NotRunningError
from appliance.history.history import History
from appliance.recorder import Recorder
from appliance.runtime import Runtime
from appliance.status import Json, status
from appliance.store.memory import MemoryJournal

MUELLER = Party("+49301234567", "Müller")
ANNA = Place("102")
RULES = Rules(
    accounts={"pbx": AccountRules("800")},
    last_resort="100",
    places={ANNA: PlaceRules(ANNA, PlaceKind.EXTENSION, "Anna")},
)


class Quiet:
    """SIP, PA and panel that obey without a word."""

    def __init__(self) -> None:
        self.pressed: list[tuple[KeyId, float]] = []

    def obey(self, order: object) -> None:
        pass

    def route(self, hearings: object) -> None:
        pass

    def listen(self, legs: object) -> None:
        pass

    def show(self, lamps: Mapping[KeyId, Lamp]) -> None:
        pass

    def show_status(self, *, registered: bool) -> None:
        pass

    def press(self, key: KeyId, hold: float) -> None:
        if key.panel != "counter":
            raise AdapterError("there is no such key; there are: counter.1")
        self.pressed.append((key, hold))


class Service:
    """A runtime with its control socket."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.quiet = Quiet()
        loop = asyncio.get_running_loop()
        self.runtime = Runtime(RULES, loop, Recorder("0"))
        journal = MemoryJournal(self.runtime.post, loop)
        self.runtime.attach(self.quiet, self.quiet, self.quiet, journal)  # type: ignore[arg-type]
        socket = folder / client.SOCKET
        self.history = History(folder / "history.db", self.runtime.post)
        self.reloaded: Json | ConfigError = {"changed": [], "restart": []}
        self.control = Control(
            socket,
            self.runtime,
            self.quiet,  # type: ignore[arg-type]
            status=self.status,
            bundle=self.bundle,
            reload=self.reload,
            history=self.history,
            timezone=lambda: "Europe/Berlin",
        )

    def status(self) -> Json:
        relays = {"amp": False}
        return status(self.runtime.state, self.runtime.now(), RULES, pages=[], relays=relays, journal_cost=0.004)

    async def bundle(self, output: Path | None) -> Path:
        if output == self.folder / "full":
            raise AdapterError("the disk is full")
        return output or self.folder / "parkdeck.zip"

    def reload(self) -> Json:
        if isinstance(self.reloaded, ConfigError):
            raise self.reloaded
        return self.reloaded

    def park(self) -> None:
        self.runtime.submit(CallArrived(LegId(1), "pbx", "*68102", MUELLER, Party("101")))

    async def ask(self, **request: object) -> object:
        return await asyncio.to_thread(lambda: client.ask(self.folder, **request))

    async def command(self, *words: str) -> int:
        return await asyncio.to_thread(cli.main, [*words, "--state", str(self.folder)])


def served(folder: Path, play) -> None:
    async def run() -> None:
        service = Service(folder)
        await service.control.start()
        try:
            await play(service)
        finally:
            await service.control.stop()

    asyncio.run(run())


def test_the_socket_is_for_owner_and_group(tmp_path: Path) -> None:
    async def play(_service: Service) -> None:
        assert stat.S_IMODE((tmp_path / client.SOCKET).stat().st_mode) == 0o660

    served(tmp_path, play)
    assert not (tmp_path / client.SOCKET).exists()


def test_status_is_one_object_with_every_key(tmp_path: Path) -> None:
    async def play(service: Service) -> None:
        service.park()
        answer = await service.ask(do="status")

        assert isinstance(answer, dict)
        assert set(answer) == {
            "registered", "places", "groups", "hunt_groups", "pages", "relays", "panels", "legs", "journal", "draining",
            "health", "version",
        }  # fmt: skip
        place = answer["places"][0]
        assert place["number"] == "102"
        assert place["state"] == "parked"
        assert place["caller"] == {"number": "+49301234567", "name": "Müller"}
        assert place["parker"]["number"] == "101"
        assert answer["legs"] == 1
        assert answer["health"] == ["account pbx: not registered yet"]

    served(tmp_path, play)


@pytest.mark.rule("P-18")
def test_retrieve_rings_the_phone_or_says_why_not(tmp_path: Path) -> None:
    async def play(service: Service) -> None:
        with pytest.raises(ControlError, match="Auf 102 ist kein Anruf geparkt"):
            await service.ask(do="retrieve", place="102", to="103")
        service.park()
        answer = await service.ask(do="retrieve", place="102", to="103")

        assert [report["what"] for report in answer] == ["fetching"]  # type: ignore[attr-defined]

    served(tmp_path, play)


@pytest.mark.parametrize("line", [b"no json\n", b"[]\n", b'{"do": "fly"}\n', b'{"do": "press", "panel": 1}\n'])
def test_a_request_that_is_no_request_is_answered_and_the_next_one_too(tmp_path: Path, line: bytes) -> None:
    async def play(service: Service) -> None:
        reader, writer = await asyncio.open_unix_connection(service.folder / client.SOCKET)
        writer.write(line + b'{"do": "status"}\n')

        assert json.loads(await reader.readline())["ok"] is False
        assert json.loads(await reader.readline())["ok"] is True
        writer.close()

    served(tmp_path, play)


def test_who_follows_is_told_what_happens(tmp_path: Path) -> None:
    async def play(service: Service) -> None:
        reader, writer = await asyncio.open_unix_connection(service.folder / client.SOCKET)
        writer.write(b'{"do": "events"}\n')
        assert json.loads(await reader.readline())["ok"] is True
        service.park()
        event = json.loads(await reader.readline())

        assert (event["what"], event["place"], event["caller"]["name"]) == ("parked", "102", "Müller")
        writer.close()

    served(tmp_path, play)


def test_commands_and_their_exit_codes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    async def play(service: Service) -> None:
        assert await service.command("status") == cli.REFUSED  # not registered: degraded
        assert await service.command("status", "--json") == cli.REFUSED
        assert await service.command("press", "counter", "1", "--hold", "2") == cli.OK
        assert service.quiet.pressed == [(KeyId("counter", "1"), 2.0)]
        assert await service.command("press", "attic", "1") == cli.REFUSED
        assert await service.command("park", "102", "--station", "101") == cli.OK
        assert await service.command("retrieve", "102", "--to", "103") == cli.REFUSED

    served(tmp_path, play)
    told = capsys.readouterr()
    assert "there are: counter.1" in told.err
    assert "kein Anruf geparkt" in told.err
    assert "102  free" in told.out


def test_nobody_there_is_exit_code_3(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["status", "--state", str(tmp_path)]) == cli.NOT_RUNNING
    assert "parkdeck run" in capsys.readouterr().err
    with pytest.raises(NotRunningError):
        next(client.follow(tmp_path))


def test_a_bad_configuration_is_exit_code_2_with_every_path(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "parkdeck.toml"
    file.write_text('[park]\nrecall_after = 5\ncolour = "red"\n')

    assert cli.main(["check-config", str(file)]) == cli.WRONG
    told = capsys.readouterr().err
    for path in ("park.recall_after", "park.colour", "park.last_resort", "sip"):
        assert path in told


def test_a_good_configuration_is_told_and_dumped(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "parkdeck.toml"
    file.write_text(
        '[[sip.account]]\nextension = "800"\nserver = "pbx"\npassword = "hunter2"\n[park]\nlast_resort = "100"\n'
    )

    assert cli.main(["check-config", str(file)]) == cli.OK
    assert cli.main(["dump-config", str(file), "--changed"]) == cli.OK
    told = capsys.readouterr().out
    assert 'password = "***"' in told
    assert "hunter2" not in told


@pytest.mark.rule("B-9")
def test_a_relay_on_a_pin_that_is_high_at_boot_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "parkdeck.toml"
    file.write_text(
        '[[sip.account]]\nextension = "800"\nserver = "pbx"\n[park]\nlast_resort = "100"\n'
        "[hardware.relays]\namp = { pin = 4 }\n"
    )

    assert cli.main(["check-config", str(file)]) == cli.WRONG
    assert "hardware.amp" in capsys.readouterr().err


@pytest.mark.rule("S-4")
def test_drain_answers_when_nobody_waits_any_more(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    async def play(service: Service) -> None:
        service.park()
        service.runtime.submit(LegAnswered(LegId(1)))
        draining = asyncio.create_task(service.command("drain"))
        async with asyncio.timeout(20):
            while LegId(-1) not in service.runtime.state.legs:  # noqa: ASYNC110 - the parker's phone is rung
                await asyncio.sleep(0.01)
        await asyncio.sleep(0.3)
        assert not draining.done()

        service.runtime.submit(LegEnded(LegId(-1), 486))
        service.runtime.submit(LegEnded(LegId(1), 200))
        assert await draining == cli.OK
        assert capsys.readouterr().out == "nobody waits any more\n"

    served(tmp_path, play)


@pytest.mark.rule("S-4")
def test_drain_says_who_is_left_when_the_time_is_over(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("appliance.control.DRAIN_LIMIT", 0.2)

    async def play(service: Service) -> None:
        service.park()
        assert await service.command("drain") == cli.REFUSED
        assert capsys.readouterr().out == "the time is over: 2 calls are left\n"  # the caller, and the phone that rings

    served(tmp_path, play)


@pytest.mark.rule("S-4")
def test_a_restart_drains_nobody(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("appliance.cli.restart.is_restart", lambda: True)

    async def play(service: Service) -> None:
        service.park()
        assert await service.command("drain", "--unless-restart") == cli.OK
        assert service.runtime.state.draining is None
        assert "next process" in capsys.readouterr().out

    served(tmp_path, play)


@pytest.mark.rule("S-11")
def test_bundle_prints_where_it_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    async def play(service: Service) -> None:
        assert await service.command("bundle") == cli.OK
        assert await service.command("bundle", "--output", str(tmp_path / "mine.zip")) == cli.OK
        assert capsys.readouterr().out == f"{tmp_path / 'parkdeck.zip'}\n{tmp_path / 'mine.zip'}\n"
        assert await service.command("bundle", "--output", str(tmp_path / "full")) == cli.REFUSED
        assert "the disk is full" in capsys.readouterr().err

    served(tmp_path, play)


def test_reload_prints_what_took_effect_and_what_needs_a_restart(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async def play(service: Service) -> None:
        assert await service.command("reload") == cli.OK
        service.reloaded = {"changed": ["park.recall_after", "extension.104"], "restart": ["sip.account.pbx.server"]}
        assert await service.command("reload") == cli.OK
        assert capsys.readouterr().out == (
            "nothing has changed\n"
            "took effect: park.recall_after, extension.104\n"
            "needs a restart: sip.account.pbx.server\n"
        )

    served(tmp_path, play)


def test_a_file_that_is_wrong_is_not_reloaded_and_every_finding_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async def play(service: Service) -> None:
        service.reloaded = ConfigError(
            (Finding("park.rounds", "is 0", "write 1"), Finding("zone.shop", "twice", "once"))
        )
        assert await service.command("reload") == cli.REFUSED
        told = capsys.readouterr().err
        assert "park.rounds: is 0: write 1\nzone.shop: twice: once\n" in told

    served(tmp_path, play)


@pytest.mark.rule("P-33")
def test_history_is_a_table_in_the_time_of_the_site_or_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    async def play(service: Service) -> None:
        service.history.start()
        with service.runtime.following(service.history.tell):
            service.park()
            service.runtime.submit(LegEnded(LegId(1), 200))
        assert await service.command("history") == cli.OK
        head, line = capsys.readouterr().out.splitlines()
        assert head.split() == ["parked", "place", "group", "caller", "parker", "waited", "said", "ended", "by"]
        assert line.split()[2:] == ["102", "-", "Müller", "+49301234567", "101", "0", "s", "0", "abandoned", "-"]

        assert await service.command("history", "--json", "--limit", "1") == cli.OK
        answer = json.loads(capsys.readouterr().out)
        assert answer["timezone"] == "Europe/Berlin"
        assert [record["ending"] for record in answer["records"]] == ["abandoned"]

        assert await service.command("history", "--place", "103") == cli.OK
        assert await service.command("history", "--days", "0") == cli.OK
        assert await service.command("history", "--since", "2999-12-31") == cli.OK
        assert capsys.readouterr().out == "no parked calls\n" * 3
        assert await service.command("history", "--since", "yesterday") == cli.REFUSED
        assert "write it as 2026-11-24" in capsys.readouterr().err

        assert await service.command("history", "--statistics") == cli.OK
        assert "abandoned                  1 (100.0 %)" in capsys.readouterr().out
        assert await service.command("history", "--statistics", "--json") == cli.OK
        assert json.loads(capsys.readouterr().out)["by_place"] == {"102": 1}
        service.history.stop()

    served(tmp_path, play)


@pytest.mark.rule("P-33")
def test_a_history_that_cannot_be_read_is_an_answer_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    async def play(service: Service) -> None:
        (service.folder / "history.db").mkdir()
        service.history.start()
        assert await service.command("history") == cli.REFUSED
        assert "the history cannot be read" in capsys.readouterr().err
        service.history.stop()

    served(tmp_path, play)
