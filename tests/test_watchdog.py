"""The watchdog against a clock of the test's own, against parts that get stuck, and against a socket like systemd's."""

import asyncio
import logging
import socket
import time
from collections.abc import Mapping
from pathlib import Path

import pytest

from appliance.pa.bus import PaBus
from appliance.pa.card import PAUSES
from appliance.pa.port import PaSettings, ZoneSettings
from appliance.panel.panels import Panels
from appliance.panel.port import PanelSettings, PanelWiring
from appliance.sip.fake import FakeSip
from appliance.sip.port import SipSettings
from appliance.watchdog import EVERY, LATE, Watchdog, allowed
from hardware.sim import SimCards, SimInputs, SimOutputs

PARTS = ("sip", "sound", "panel")
LIMIT = 30.0
"""Seconds that a test waits for anything."""


class Box:
    """Three parts whose signs of life the test gives, and what systemd was told."""

    def __init__(self, patience: float | None = 20.0) -> None:
        self.now = 1000.0
        self.beats = dict.fromkeys(PARTS, self.now)
        self.told: list[str] = []
        self.status = "2 calls"
        self.watchdog = Watchdog(
            {part: lambda part=part: self.beats[part] for part in PARTS},  # type: ignore[misc]
            status=lambda: self.status,
            notify=self.told.append,
            clock=lambda: self.now,
            patience=patience,
        )

    def after(self, seconds: float, *silent: str) -> list[str]:
        """Let time pass for all but some, in steps of a look each; return what systemd was told meanwhile."""
        before = len(self.told)
        for _ in range(round(seconds)):
            self.now += 1.0
            self.beats.update((part, self.now) for part in PARTS if part not in silent)
            self.watchdog.look()
        return self.told[before:]


def fed(told: list[str]) -> int:
    return sum("WATCHDOG=1" in each.splitlines() for each in told)


@pytest.mark.rule("S-9")
def test_it_feeds_while_all_live() -> None:
    """S-9: the watchdog is fed while everybody has answered within 5 s."""
    assert fed(Box().after(60)) == 60


@pytest.mark.rule("S-9")
@pytest.mark.parametrize("part", PARTS)
def test_one_that_is_silent_stops_the_feeding(part: str, caplog: pytest.LogCaptureFixture) -> None:
    """S-9: ... and only then: each of the parts alone stops it, after 5 s and not before."""
    box = Box()
    assert fed(box.after(LATE, part)) == LATE
    assert fed(box.after(14, part)) == 0
    shouts = [record for record in caplog.records if record.levelno == logging.CRITICAL]
    assert [record.getMessage() for record in shouts] == [
        f"{part}: no sign of life for 6.0 s, the watchdog is not fed until there is one"
    ]


@pytest.mark.rule("S-9")
def test_all_that_are_silent_are_named(caplog: pytest.LogCaptureFixture) -> None:
    box = Box()
    told = box.after(7, "sip", "sound")
    assert told[-1] == "STATUS=stuck: sip for 7 s, sound for 7 s"
    assert [record.getMessage().split(":")[0] for record in caplog.records] == ["sip", "sound"]


@pytest.mark.rule("S-9")
def test_one_that_comes_back_is_told_and_fed_for_again(caplog: pytest.LogCaptureFixture) -> None:
    box = Box()
    box.after(12, "sip")
    caplog.clear()
    assert fed(box.after(3)) == 3
    assert caplog.messages == ["sip: lives again after 13.0 s"]
    box.after(6, "sip")
    assert "sip: no sign of life for 6.0 s" in caplog.text


@pytest.mark.rule("S-9")
def test_a_loop_that_crawls_is_late_like_everybody_else(caplog: pytest.LogCaptureFixture) -> None:
    """S-9: the loop is one of those who have to answer; the others may be well meanwhile."""
    box = Box()
    box.after(1)
    before = len(box.told)
    for _ in range(3):
        box.now += 6.0
        box.beats.update(dict.fromkeys(PARTS, box.now))
        assert not box.watchdog.look()
    assert fed(box.told[before:]) == 0
    assert caplog.messages == ["loop: no sign of life for 6.0 s, the watchdog is not fed until there is one"]
    assert fed(box.after(2)) == 2


def test_the_status_is_told_when_it_is_another_one() -> None:
    box = Box(patience=None)
    assert box.after(2) == ["WATCHDOG=1\nSTATUS=2 calls", "WATCHDOG=1"]
    box.status = "3 calls,\nnot registered"
    assert box.after(2) == ["WATCHDOG=1\nSTATUS=3 calls, not registered", "WATCHDOG=1"]


@pytest.mark.rule("S-9", "S-4")
def test_who_lives_may_take_his_time_to_stop() -> None:
    """S-4: a drain lasts 90 s; systemd waits as long for it as it is told, and only the living tell."""
    box = Box(patience=20.0)
    assert "EXTEND_TIMEOUT_USEC=20000000" in box.after(1)[0].splitlines()
    box.after(6, "sip")
    assert not any("EXTEND_TIMEOUT_USEC" in told for told in box.after(5, "sip"))


def test_a_systemd_that_cannot_be_told_ends_nobody(caplog: pytest.LogCaptureFixture) -> None:
    def refuse(_text: str) -> None:
        raise ConnectionRefusedError("nobody listens")

    watchdog = Watchdog({}, notify=refuse)
    assert watchdog.look()
    assert watchdog.look()
    assert len(caplog.records) == 1
    assert "nobody listens" in caplog.text


def test_systemd_is_fed_twice_in_the_time_that_it_allows() -> None:
    assert Watchdog({}, patience=1.0)._interval == 0.5
    assert Watchdog({}, patience=20.0)._interval == EVERY


@pytest.mark.parametrize(
    ("environment", "seconds"),
    [
        ({}, None),
        ({"WATCHDOG_USEC": "20000000"}, 20.0),
        ({"WATCHDOG_USEC": "20000000", "WATCHDOG_PID": "77"}, 20.0),
        ({"WATCHDOG_USEC": "20000000", "WATCHDOG_PID": "78"}, None),
        ({"WATCHDOG_USEC": "0"}, None),
        ({"WATCHDOG_USEC": "soon"}, None),
    ],
)
def test_systemd_says_how_long_it_waits(environment: Mapping[str, str], seconds: float | None) -> None:
    assert allowed(environment, pid=77) == seconds


def listening(folder: Path, monkeypatch: pytest.MonkeyPatch) -> socket.socket:
    """A socket as systemd gives it to a service of Type=notify."""
    ear = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    ear.bind(str(folder / "notify"))
    ear.setblocking(False)
    monkeypatch.setenv("NOTIFY_SOCKET", str(folder / "notify"))
    return ear


async def heard(ear: socket.socket) -> list[str]:
    """Return the words of the next datagram."""
    loop = asyncio.get_running_loop()
    return (await asyncio.wait_for(loop.sock_recv(ear, 4096), LIMIT)).decode().splitlines()


@pytest.mark.rule("S-9")
async def test_systemd_hears_the_life_of_a_service(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """S-9, over a real socket: ready, fed, not fed while SIP is frozen, fed again, the end."""
    with listening(tmp_path, monkeypatch) as ear:
        sip = FakeSip(SipSettings(()), lambda _: None, voice, asyncio.get_running_loop())
        behind = 0.0
        watchdog = Watchdog({"sip": lambda: sip.beat() - behind}, status=lambda: "well", patience=0.1)
        watchdog.start()
        assert await heard(ear) == ["READY=1"]
        assert await heard(ear) == ["WATCHDOG=1", "EXTEND_TIMEOUT_USEC=100000", "STATUS=well"]
        for _ in range(4):
            assert (await heard(ear))[0] == "WATCHDOG=1"

        sip.freeze()
        behind = LATE
        while (words := await heard(ear))[0] == "WATCHDOG=1":
            pass
        assert words[0].startswith("STATUS=stuck: sip for ")

        sip.freeze(frozen=False)
        behind = 0.0
        assert await heard(ear) == ["WATCHDOG=1", "EXTEND_TIMEOUT_USEC=100000", "STATUS=well"]
        watchdog.stop()
        while (words := await heard(ear))[0] == "WATCHDOG=1":
            pass
        assert words == ["STOPPING=1", "STATUS=stopping"]
        watchdog.stop()
        with pytest.raises(BlockingIOError):
            ear.recv(4096)


async def voice(text: str) -> Path:
    raise AssertionError(text)


@pytest.mark.rule("S-9", "A-17")
async def test_idle_parts_and_a_missing_card_are_no_reason_to_restart(caplog: pytest.LogCaptureFixture) -> None:
    """A-17: a card that is gone is a fault; the beats of the real bus and panels go on, whatever there is to do."""
    loop = asyncio.get_running_loop()
    zones = (ZoneSettings("shop", card="gone"), ZoneSettings("hall", card="none"), ZoneSettings("yard", card="sim"))
    bus = PaBus(
        zones,
        PaSettings(),
        cards=SimCards(),
        outputs=SimOutputs(()),
        speaker=speaker,
        post=lambda _: None,
        simulated=SimCards("yard"),
    )
    none = PaBus((), PaSettings(), cards=SimCards(), outputs=SimOutputs(()), speaker=speaker, post=lambda _: None)
    panels = Panels(PanelWiring(), SimInputs(()), SimOutputs(()), PanelSettings(), lambda _: None)
    parts: tuple[PaBus | Panels, ...] = (bus, none, panels)
    seen: list[set[float]] = [set() for _ in parts]
    for part in parts:
        await part.start()
    until = loop.time() + LIMIT
    while any(len(beats) < 4 for beats in seen):
        assert loop.time() < until, seen
        await asyncio.sleep(0.05)
        for beats, part in zip(seen, parts, strict=True):
            beats.add(part.beat())
    for part in parts:
        await part.stop()
    assert max(PAUSES) + PanelSettings().reread < LATE
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]


async def speaker(text: str, rate: int) -> Path:
    raise AssertionError((text, rate))


def test_a_reload_is_told_with_its_instant_and_its_end_also_when_it_fails() -> None:
    """sd_notify(3): RELOADING=1 goes with MONOTONIC_USEC, and READY=1 follows in any case."""
    box = Box()
    with box.watchdog.reloading():
        (begun,) = box.told
    with pytest.raises(ValueError, match="wrong"), box.watchdog.reloading():
        raise ValueError("wrong")
    before = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
    fields = dict(line.split("=") for line in begun.splitlines())
    assert set(fields) == {"RELOADING", "MONOTONIC_USEC"}
    assert 0 < int(fields["MONOTONIC_USEC"]) <= before
    assert box.told[1] == box.told[3] == "READY=1"
