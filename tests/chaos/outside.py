"""The world around the box fails: the PBX dies, forgets or refuses calls, the cable is out, the wire is bad (S-3, S-6 to S-8)."""

import time
from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import replace
from random import Random

from tests.chaos.crashes import fill, judge_fetched
from tests.chaos.ledger import SURE, Caller, Verdict, wait
from tests.chaos.site import COMPANY, PARKER, Site, exchange, site, wait_registered
from tests.chaos.stage import Stage
from tests.lab.box import Json
from tests.lab.cable import Cable
from tests.lab.crowd import Station
from tests.lab.crowd_call import Step
from tests.lab.process import LIMIT, LabError, until
from tests.lab.relay import Relay
from tests.lab.voices import MUSIC

FOUND = 60.0
"""Seconds in which a dead leg is found (S-6)."""
TOLD = 60.0
"""Seconds in which the parker of a lost caller is called, once his place is free."""
HEARD = 0.5
"""Seconds after which the parker puts his phone down."""
CALMED = 15.0
"""Seconds after which music is heard again when the wire is whole."""


def pbx_dies(made: Site, _dice: Random, callers: int) -> Verdict:
    """Kill the PBX and start it again: the box finds the dead legs, frees the places, registers and parks again."""
    verdict = Verdict("PBX dies")
    fill(made, callers)
    ledger = made.ledger
    gone = list(ledger.callers)
    made.pbx.kill()
    at = time.monotonic()
    made.pbx.start()
    ledger.leave(gone)
    verdict.callers = len(gone)
    wait_registered(made, FOUND)
    verdict.notes.append(f"registered again after {time.monotonic() - at:.0f} s")
    if wait(lambda: not _taken(made), FOUND - (time.monotonic() - at)):
        verdict.excused += [f"{one.name}: lost by the PBX" for one in gone]
        verdict.notes.append(f"every place free after {time.monotonic() - at:.0f} s")
    else:
        verdict.wrong.append(f"{FOUND:.0f} s after the death of the PBX still taken: {_taken(made)}")
    judge_told(verdict, made, gone)
    fresh = ledger.park(min(callers, 4))
    verdict.callers += len(fresh)
    ledger.judge_fetching(verdict, fresh)
    verdict.kept += len(fresh)
    return verdict


def pbx_forgets(made: Site, dice: Random, callers: int) -> Verdict:
    """Callers hang up while the box is dead: the PBX answers 481, and their places are freed; the others are back."""
    verdict, ledger = Verdict("callers leave meanwhile"), made.ledger
    fill(made, callers)
    gone = dice.sample(ledger.callers, min(3, len(ledger.callers)))
    made.stations[PARKER].calls.clear()
    with made.box.supervisor.hold():
        at = made.box.kill()
        made.box.supervisor.wait_ended()
        ledger.leave(gone)
        until(lambda: all(one.call.step is Step.OVER for one in gone), "they have hung up")
    ledger.judge_music(verdict, ledger.callers, at)
    verdict.callers += len(gone)
    verdict.excused += [f"{one.name}: hung up while the box was dead" for one in gone]
    judge_told(verdict, made, gone)
    ledger.judge_books(verdict)
    ledger.judge_voices(verdict)
    return verdict


def pbx_refuses(stage: Stage, _dice: Random, callers: int) -> Verdict:
    """A PBX that knows no Replaces: the status says so before; after a crash the places are freed and the parker is called."""
    verdict = Verdict("PBX refuses Replaces")
    company = replace(COMPANY, without=("res_pjsip_refer",))
    with (
        exchange(stage.room("refusing"), company) as where,
        site(stage.room("box"), where, callers, about=verdict) as made,
    ):
        fill(made, callers)
        gone = list(made.ledger.callers)
        verdict.callers = len(gone)
        if not wait(lambda: any("Replaces" in line for line in made.box.status()["health"]), LIMIT):
            verdict.wrong.append("the status does not say that this PBX knows no Replaces")
        made.box.kill()
        if wait(lambda: made.box.status()["legs"] >= 0 and not _taken(made), FOUND):
            verdict.excused += [f"{one.name}: refused by the PBX" for one in gone]
        else:
            verdict.wrong.append(f"still taken: {_taken(made)}")
        judge_told(verdict, made, gone)
        made.ledger.judge_end(verdict)
    return verdict


def cable_out(stage: Stage, _dice: Random, callers: int) -> Verdict:
    """Pull the plug of the box for a while: nobody is lost, who hangs up meanwhile is forgotten, all hear music again."""
    verdict = Verdict(f"cable out for {stage.outage:.0f} s")
    with ExitStack() as stack:
        try:
            cable = stack.enter_context(Cable())
        except LabError as refused:
            verdict.notes.append(f"{refused}: a relay that drops everything in place of a cable")
            return _relay_out(stage, verdict, callers)
        company = replace(COMPANY, bind="0.0.0.0")  # noqa: S104 - the one end of the cable, and the loopback
        where = stack.enter_context(exchange(stage.room("pbx"), company))

        def far(config: Json) -> None:
            config["sip"]["bind"] = cable.there
            config["sip"]["account"][0]["server"] = f"{cable.here}:{where[0].port}"

        made = stack.enter_context(site(stage.room("box"), where, callers, far, inside=cable, about=verdict))
        fill(made, callers)
        cable.pull()
        _outage(stage, made, verdict)
        cable.plug()
        _calm(made, verdict)
    return verdict


def wire_cut(stage: Stage, _dice: Random, callers: int) -> Verdict:
    """Drop everything between box and PBX for a while, and neither notices by its interface."""
    return _relay_out(stage, Verdict(f"wire cut for {stage.outage:.0f} s"), callers)


def _relay_out(stage: Stage, verdict: Verdict, callers: int) -> Verdict:
    with ExitStack() as stack:
        made, relay = _relayed(stage, stack, verdict, callers, 0)
        fill(made, callers)
        relay.weather.cut = True
        _outage(stage, made, verdict)
        relay.weather.cut = False
        _calm(made, verdict)
    return verdict


def bad_weather(stage: Stage, dice: Random, callers: int) -> Verdict:
    """Lose 20 % of all packets, SIP and RTP, double and delay others: calls are parked and fetched as ever."""
    verdict = Verdict("20 % loss, doubled, re-ordered")
    with ExitStack() as stack:
        made, relay = _relayed(stage, stack, verdict, callers, dice.randrange(1 << 16))
        ledger = made.ledger
        relay.weather.lost, relay.weather.doubled, relay.weather.late = 0.2, 0.1, 0.2
        new = [ledger.send(place) for place in ledger.free()[:callers]]
        until(lambda: all(one.call.step is Step.UP or one.call.step is Step.OVER for one in new), "answered", limit=60)
        verdict.callers = len(new)
        late = [one for one in new if not wait(lambda one=one: _mostly_music(one), CALMED)]  # type: ignore[misc]
        verdict.lost += [f"{one.name}: {one.call.last}, hears no music" for one in late]
        fetched = [one for one in new if one not in late]
        since = time.monotonic()
        for one in fetched:
            ledger.take(one)
        done = Verdict("fetching")
        judge_fetched(done, ledger, fetched, since + FOUND)
        verdict.kept, verdict.lost = done.kept, verdict.lost + done.lost
        relay.weather.lost = relay.weather.doubled = relay.weather.late = 0.0
        ledger.judge_end(verdict, FOUND)
        verdict.notes.append(str(relay.count))
    return verdict


# -- steps -----------------------------------------------------------------------------------------------------------------


def judge_told(verdict: Verdict, made: Site, gone: Iterable[Caller], by: str = PARKER) -> None:
    """Wait until the phone of the parker has rung for each of the lost; it answers, and hears why."""
    station = made.stations[by]
    for one in gone:
        if not wait(lambda one=one: _informed(station, one), TOLD):  # type: ignore[misc]
            verdict.wrong.append(f"nobody has told {by} that {one.name} is lost")
            return
    for call in station.calls:
        call.hang_up()


def _informed(station: Station, gone: Caller) -> bool:
    """Say whether the station was rung about a caller; whatever rings is answered, so that the next can ring."""
    for call in station.ringing():
        call.answer()
    mine = [call for call in station.calls if call.shown.number == gone.call.me.number]
    for call in mine:
        if call.step is Step.UP and time.monotonic() - (call.answered or 0) > HEARD:
            call.hang_up()
    return bool(mine)


def _taken(made: Site) -> list[str]:
    return [place["number"] for place in made.box.status()["places"] if place["state"] != "free"]


def _outage(stage: Stage, made: Site, verdict: Verdict) -> None:
    """Wait it out; somebody hangs up meanwhile, and the music really stops."""
    ledger = made.ledger
    impatient = ledger.callers[:1]
    time.sleep(stage.outage / 2)
    ledger.leave(impatient)
    time.sleep(stage.outage / 2)
    verdict.callers = len(ledger.callers) + len(impatient)
    verdict.excused += [f"{one.name}: hung up while nothing passed" for one in impatient]
    if any(one.call.heard_for(MUSIC, SURE) for one in ledger.callers):
        verdict.wrong.append("music was heard while the wire was cut: it was not")


def _calm(made: Site, verdict: Verdict) -> None:
    """Look that everybody is back, and that who has hung up is forgotten."""
    ledger, at = made.ledger, time.monotonic()
    still = len(ledger.callers)
    ledger.judge_music(verdict, ledger.callers, at, CALMED)
    verdict.callers -= still
    verdict.music.clear()
    ledger.judge_books(verdict, limit=FOUND)
    ledger.judge_fetching(verdict, ledger.callers)
    ledger.judge_end(verdict, FOUND)


def _relayed(stage: Stage, stack: ExitStack, verdict: Verdict, callers: int, seed: int) -> tuple[Site, Relay]:
    """Run a box behind a relay on the stage's PBX."""
    relays: list[Relay] = []

    def behind(config: Json) -> None:
        relays.append(stack.enter_context(Relay(config["sip"]["port"], stage.where[0].port, seed)))
        config["sip"]["account"][0]["server"] = relays[0].server

    return stack.enter_context(site(stage.room("relayed"), stage.where, callers, behind, about=verdict)), relays[0]


def _mostly_music(one: Caller) -> bool:
    """Say whether a caller hears music, with the gaps that a bad wire makes."""
    recent = [spell for spell in one.call.spells if spell.until > time.monotonic() - 1.0]
    heard = sum(spell.length for spell in recent if spell.heard == MUSIC)
    return heard > 0.5 * sum(spell.length for spell in recent)
