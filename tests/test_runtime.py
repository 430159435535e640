"""The runtime between a played SIP stack, a PA and a panel that note what they are told."""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest

from appliance.core.events import CallArrived, Event, KeyPressed, PageEnded, Press
from appliance.core.hearing import Music
from appliance.core.ids import KeyId, LegId, PageId, Party, Place, Seconds
from appliance.core.lamp import Lamp
from appliance.core.orders import Announce, Answer, Hangup, Report, StopPage, TakeOver, What
from appliance.core.rules import (
    AccountRules,
    KeyRules,
    PanelRules,
    PlaceKind,
    PlaceRules,
    RecallRules,
    Rules,
)
from appliance.core.state import Confirming
from appliance.recorder import Recorder
from appliance.runtime import Runtime, describe
from appliance.sip.fake import FakeSip
from appliance.sip.port import AccountSettings, SipSettings
from appliance.status import health
from appliance.store.memory import MemoryJournal

MUELLER = Party("+49301234567", "Müller")
PETER = Party("101", "Peter")
KEY = KeyId("office", "5")
ANNA = Place("102")

RULES = Rules(
    accounts={"pbx": AccountRules("800")},
    last_resort="100",
    places={ANNA: PlaceRules(ANNA, PlaceKind.EXTENSION, "Anna", "Anna", "shop", "Ein Anruf für {name}.")},
    panels={"office": PanelRules("103", {KEY: KeyRules(ANNA)})},
    recall=RecallRules(after=Seconds(0.05), ring=Seconds(30)),
)


class Noting:
    """A PA and a panel in one: both are told, neither does."""

    def __init__(self) -> None:
        self.orders: list[Announce | StopPage] = []
        self.lamps: list[dict[KeyId, Lamp]] = []
        self.registered: list[bool] = []

    def obey(self, order: Announce | StopPage) -> None:
        self.orders.append(order)

    def show(self, lamps: Mapping[KeyId, Lamp]) -> None:
        self.lamps.append(dict(lamps))

    def show_status(self, *, registered: bool) -> None:
        self.registered.append(registered)


class Stage:
    """A runtime that is up and registered."""

    def __init__(self, rules: Rules) -> None:
        loop = asyncio.get_running_loop()
        self.recorder = Recorder("0")
        self.runtime = Runtime(rules, loop, self.recorder)
        self.journal = MemoryJournal(self.runtime.post, loop, patience=60)
        settings = SipSettings(accounts=(AccountSettings("pbx", "800", "127.0.0.1"),))
        self.sip = FakeSip(settings, self.runtime.post, self.voice, loop)
        self.rest = Noting()
        self.reports: list[Report] = []
        self.runtime.attach(self.sip, self.rest, self.rest, self.journal)  # type: ignore[arg-type]

    async def voice(self, text: str) -> Path:
        return Path(text)

    async def until(self, check) -> None:
        async with asyncio.timeout(20):
            while not check():  # noqa: ASYNC110 - the parts under test have no event for everything
                await asyncio.sleep(0)


def played(play, rules: Rules = RULES) -> None:
    async def run() -> None:
        stage = Stage(rules)
        await stage.sip.start()
        await stage.until(lambda: stage.runtime.state.registrations)
        with stage.runtime.following(stage.reports.append):
            await play(stage)
        await stage.sip.stop(hang_up=True)

    asyncio.run(run())


@pytest.mark.rule("P-32", "P-10")
def test_a_call_that_arrives_is_answered_hears_music_and_is_announced() -> None:
    async def play(stage: Stage) -> None:
        leg = stage.sip.arrive("*68102", MUELLER, transferred_by=PETER)
        await stage.until(lambda: leg in stage.sip.heard)

        assert stage.sip.heard[leg] == Music("default")
        assert Answer(leg) in stage.sip.orders
        assert stage.rest.orders == [Announce(PageId(1), "shop", "Ein Anruf für Anna.")]
        assert [report.what for report in stage.reports] == [What.PARKED]

    played(play)


@pytest.mark.rule("P-12")
def test_who_is_asked_for_digits_is_listened_to() -> None:
    async def play(stage: Stage) -> None:
        leg = stage.sip.arrive("*68", PETER)
        await stage.until(lambda: stage.sip.listened_to == {leg})
        for digit in "102":
            stage.sip.tone(leg, digit)
        await stage.until(lambda: not stage.sip.listened_to)

        assert [report.what for report in stage.reports] == []
        assert isinstance(stage.runtime.state.legs[leg].role, Confirming)

    played(play)


@pytest.mark.rule("B-5")
def test_a_lamp_is_told_once_and_again_only_when_it_changes() -> None:
    async def play(stage: Stage) -> None:
        before = len(stage.rest.lamps)
        leg = stage.sip.arrive("*68102", MUELLER, transferred_by=PETER)
        await stage.until(lambda: stage.rest.lamps[-1:] == [{KEY: Lamp.FAST}])
        told = len(stage.rest.lamps)
        stage.runtime.submit(PageEnded(PageId(99)))

        assert told > before
        assert len(stage.rest.lamps) == told
        stage.sip.end(leg)
        await stage.until(lambda: stage.rest.lamps[-1] == {KEY: Lamp.OFF})

    played(play)


@pytest.mark.rule("P-19")
def test_the_one_timer_brings_what_is_due() -> None:
    async def play(stage: Stage) -> None:
        stage.sip.arrive("*68102", MUELLER, transferred_by=PETER)
        await stage.until(lambda: What.RINGING_BACK in [report.what for report in stage.reports])

        assert stage.sip.orders[-1].number == "101"  # type: ignore[union-attr]

    played(play)


@pytest.mark.rule("B-3")
def test_a_key_rings_the_station_and_the_answer_joins() -> None:
    async def play(stage: Stage) -> None:
        leg = stage.sip.arrive("*68102", MUELLER, transferred_by=PETER)
        await stage.until(lambda: leg in stage.sip.heard)
        stage.runtime.submit(KeyPressed(KEY, Press.SHORT))
        await stage.until(lambda: LegId(-1) in stage.sip.legs or LegId(-2) in stage.sip.legs)
        station = next(order.leg for order in stage.sip.orders if getattr(order, "number", "") == "103")
        await stage.until(lambda: station in stage.sip.legs)
        stage.sip.answer(station)
        await stage.until(lambda: What.RETRIEVED in [report.what for report in stage.reports])

        assert StopPage(PageId(1)) in stage.rest.orders

    played(play, rules_with(Seconds(45)))


def rules_with(after: Seconds) -> Rules:
    return Rules(
        accounts=RULES.accounts,
        last_resort="100",
        places=RULES.places,
        panels=RULES.panels,
        recall=RecallRules(after=after),
        press_grace=Seconds(0),
    )


def test_other_rules_hold_from_then_on() -> None:
    async def play(stage: Stage) -> None:
        stage.runtime.change_rules(Rules(accounts=RULES.accounts, last_resort="100", places={}))
        stage.sip.arrive("*68102", MUELLER, transferred_by=PETER)
        await stage.until(lambda: stage.reports)

        assert stage.reports[0].what is What.REFUSED

    played(play)


def test_a_thread_may_post_and_nothing_is_lost_in_between() -> None:
    async def play(stage: Stage) -> None:
        events: list[Event] = [
            CallArrived(LegId(number), "pbx", "*68102", MUELLER, PETER) for number in range(100, 120)
        ]
        await asyncio.to_thread(lambda: [stage.runtime.post(event) for event in events])
        await stage.until(lambda: stage.runtime.state.last_arrived == LegId(119))

        assert [report.what for report in stage.reports].count(What.PARKED) == 1

    played(play)


def test_an_event_after_the_end_of_the_loop_is_no_error() -> None:
    loop = asyncio.new_event_loop()
    runtime = Runtime(RULES, loop, Recorder("0"))
    loop.close()

    runtime.post(PageEnded(PageId(1)))


def test_a_report_is_one_line() -> None:
    report = Report(What.PARKED, ANNA, LegId(3), MUELLER, Party(""), "because")

    assert describe(report) == "parked place=102 caller=+49301234567 by=hidden leg=3 detail='because'"


def test_orders_for_legs_that_are_gone_do_nothing() -> None:
    async def play(stage: Stage) -> None:
        stage.sip.obey(Hangup(LegId(77)))
        await asyncio.sleep(0)

        assert stage.runtime.state.legs == {}

    played(play)


@pytest.mark.rule("S-1")
def test_nobody_is_told_of_a_parked_call_before_it_is_on_the_disk() -> None:
    async def play(stage: Stage) -> None:
        stage.journal.hold()
        leg = stage.sip.arrive("*68102", MUELLER, transferred_by=PETER)
        await stage.until(lambda: leg in stage.runtime.state.legs)
        await asyncio.sleep(0.05)
        lamps = [shown[KEY] for shown in stage.rest.lamps]

        assert stage.sip.orders == []
        assert stage.rest.orders == []
        assert stage.reports == []
        assert lamps == [Lamp.OFF]
        assert stage.journal.kept == {}

        stage.journal.let_go()
        await stage.until(lambda: stage.reports)
        assert Answer(leg) in stage.sip.orders
        assert leg in stage.journal.kept
        assert [type(order) for order in stage.rest.orders] == [Announce]

    played(play, rules_with(Seconds(45)))


@pytest.mark.rule("S-1")
def test_what_comes_after_a_promise_waits_behind_it() -> None:
    async def play(stage: Stage) -> None:
        stage.journal.hold()
        first = stage.sip.arrive("*68102", MUELLER, transferred_by=PETER)
        second = stage.sip.arrive("*88999", PETER)
        await stage.until(lambda: second in stage.runtime.state.legs)
        await asyncio.sleep(0.05)
        assert stage.sip.orders == []

        stage.journal.let_go()
        answers = [Answer(first), Answer(second)]
        await stage.until(lambda: [order for order in stage.sip.orders if isinstance(order, Answer)] == answers)

    played(play, rules_with(Seconds(45)))


@pytest.mark.rule("S-1")
def test_a_disk_that_refuses_does_not_stop_parking_and_the_status_says_so() -> None:
    async def play(stage: Stage) -> None:
        stage.journal.fail("disk full")
        stage.sip.arrive("*68102", MUELLER, transferred_by=PETER)
        await stage.until(lambda: stage.reports and stage.runtime.state.faults)

        assert stage.reports[0].what is What.PARKED
        assert "disk full" in " ".join(health(stage.runtime.state, RULES))
        assert stage.journal.kept == {}

        stage.journal.heal()
        await stage.until(lambda: not stage.runtime.state.faults)
        assert len(stage.journal.kept) == 1

    played(play, rules_with(Seconds(45)))


@pytest.mark.rule("S-2")
def test_the_next_process_takes_over_what_the_journal_has() -> None:
    async def play(stage: Stage) -> None:
        leg = stage.sip.arrive("*68102", MUELLER, transferred_by=PETER)
        await stage.until(lambda: leg in stage.sip.heard and stage.journal.kept[leg].confirmed)
        left = tuple(stage.journal.kept.values())

        after = Stage(rules_with(Seconds(45)))
        with after.runtime.following(after.reports.append):
            after.runtime.recover(left)
            assert after.runtime.state.legs
            await after.until(lambda: after.rest.lamps[-1:] == [{KEY: Lamp.DOUBLE_SLOW}])
            await after.sip.start()
            await after.until(lambda: What.BACK in [report.what for report in after.reports])

        asked = next(order for order in after.sip.orders if isinstance(order, TakeOver))
        assert asked.dialog == left[0].dialog
        assert asked.party == MUELLER
        await after.until(lambda: after.sip.heard.get(asked.leg) == Music("default"))
        assert after.rest.lamps[-1] == {KEY: Lamp.SLOW}
        own = after.runtime.state.legs[asked.leg].dialog
        await after.until(lambda: [kept.dialog for kept in after.journal.kept.values()] == [own])
        await after.sip.stop(hang_up=True)

    played(play, rules_with(Seconds(45)))


@pytest.mark.rule("S-11")
def test_every_step_is_recorded_and_the_one_that_raises_too(monkeypatch: pytest.MonkeyPatch) -> None:
    async def play(stage: Stage) -> None:
        stage.sip.arrive("*68102", MUELLER, transferred_by=PETER)
        await stage.until(lambda: stage.reports)
        monkeypatch.setattr("appliance.runtime.engine.step", broken)
        with pytest.raises(ZeroDivisionError):
            stage.runtime.submit(PageEnded(PageId(1)))

        flown = stage.recorder.snapshot(stage.runtime.now(), datetime.now(UTC))
        steps = [step for segment in flown.segments for step in segment.steps]
        assert any(isinstance(step.event, CallArrived) and Answer(step.event.leg) in step.orders for step in steps)
        assert steps[-1].raised == "ZeroDivisionError: planted"

    played(play, rules_with(Seconds(45)))


def broken(*_: object) -> None:
    raise ZeroDivisionError("planted")
