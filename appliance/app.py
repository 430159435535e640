"""The composition root: has every part made, starts them bottom-up, stops them top-down. Nothing else does."""

import asyncio
import logging
import os
import signal
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from appliance import bundle, live, parts, relapse, relays, rulebook, settings
from appliance.config.load import load
from appliance.config.model import Config
from appliance.control import Control
from appliance.core import wording
from appliance.core.events import AdapterFault, HuntLogin
from appliance.core.state import Parked
from appliance.errors import AdapterError, ConfigError
from appliance.history.history import History
from appliance.machine import open_machine
from appliance.pa.port import ZoneStatus
from appliance.pa.speech import SpeechCache
from appliance.panel.panels import Panels
from appliance.recorder import Recorder
from appliance.ring import LogRing
from appliance.runtime import Runtime
from appliance.sip.pjsua import PjsuaSip
from appliance.status import Json, own_version, status
from appliance.store.journal import SqliteJournal
from appliance.store.logouts import Logouts
from appliance.watchdog import Watchdog, allowed
from hardware.sound import PyAudioCards

log = logging.getLogger(__name__)

BROKEN = 70
"""Exit code after a bug of ours (sysexits.h, EX_SOFTWARE); the service manager starts us again."""
JOURNAL = "journal.db"
"""In the state folder: the legs that a later process takes over (S-1)."""
LOGOUTS = "logouts.json"
"""Beside it: who has logged out of which hunt group (P-30)."""
HISTORY = "history.db"
"""Beside it: what became of every parked call (P-33)."""


def serve(path: Path, state_dir: Path) -> int:
    """Run the service until it is told to stop; returns the exit code. Raises ConfigError or AdapterError at the start."""
    config = load(path)
    settings.verify_board(config)
    state_dir.mkdir(parents=True, exist_ok=True)
    try:
        bundle.thin_out(state_dir)
    except OSError as error:
        log.warning("old bundles stay: %s", error)
    return asyncio.run(Service(path, config, state_dir).run())


class Service:
    """One run of the service; everything on one loop."""

    def __init__(self, path: Path, config: Config, state_dir: Path) -> None:
        self._path = path
        self._config = config
        """What holds now."""
        self._started = config
        """What held at the start, when the parts were made."""
        self._state_dir = state_dir
        self._exit_code = 0
        self._recorder = Recorder(own_version())
        self._log = LogRing()
        self._relapses = relapse.Relapses(state_dir / "relapses")

    async def run(self) -> int:
        """Start everything, wait for the end, stop everything in reverse."""
        logging.getLogger().addHandler(self._log)
        try:
            return await self._live()
        except AdapterError:  # the world refused: no error of ours
            raise
        except Exception:
            self._relapses.note()
            raise

    async def _live(self) -> int:
        self._end = asyncio.Event()
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(self._broken)
        loop.add_signal_handler(signal.SIGTERM, self._end.set)
        loop.add_signal_handler(signal.SIGINT, self._end.set)
        async with AsyncExitStack() as started:
            await self._start(started, loop)
            healthy = loop.call_later(relapse.HEALTHY, self._relapses.forget)
            log.info("up version=%s places=%d", own_version(), len(self._runtime.rules.places))
            await self._end.wait()
            log.info("stopping")
            if self._exit_code == BROKEN:
                await self._tell_of_the_fault(early=loop.time() < healthy.when())
            healthy.cancel()
        return self._exit_code

    async def _start(self, started: AsyncExitStack, loop: asyncio.AbstractEventLoop) -> None:
        driven = settings.board(self._config).relays if self._config.hardware.backend == "gpio" else ()
        relays.note(relays.place_of_note(self._state_dir), driven)
        machine = open_machine(self._config)
        started.callback(machine.close)
        runtime = self._runtime = Runtime(rulebook.rules(self._config), loop, self._recorder)
        journal = self._journal = SqliteJournal(self._state_dir / JOURNAL, runtime.post, loop)
        started.push_async_callback(journal.stop)
        speech = SpeechCache(self._state_dir / "speech", self._config.site.language, self._config.announce.voice)
        started.callback(speech.close)
        cards = PyAudioCards()
        started.callback(cards.close)
        panel = parts.panels(self._config, machine, runtime.post)
        self._pa = parts.bus(self._config, machine, cards, speech, runtime.post)
        sip = await parts.sip(self._config, runtime.rules, self._state_dir, speech, runtime.post)
        runtime.attach(sip, self._pa, panel, journal)
        await panel.start()
        started.push_async_callback(panel.stop)
        await self._pa.start()
        started.push_async_callback(self._pa.stop)
        given_up = relapse.put_aside(self._state_dir / JOURNAL, self._relapses)
        history = self._remember(started)
        self._log_out_again(started)
        runtime.recover(await journal.start())
        history.settle(leg.role.ticket for leg in runtime.state.legs.values() if isinstance(leg.role, Parked))
        if given_up:
            runtime.submit(AdapterFault("start", "the box failed again and again: the calls that it had were given up"))
        await sip.start()
        started.push_async_callback(self._leave, sip)
        self._watchdog = self._watcher(sip, panel)
        self._speech, self._music = speech, settings.music_sources(runtime.rules)
        self._warming = asyncio.create_task(self._warm())
        started.callback(self._cool)
        control = self._open_control(panel, history)
        await control.start()
        started.push_async_callback(control.stop)
        self._watchdog.start()
        started.callback(self._watchdog.stop)
        loop.add_signal_handler(signal.SIGHUP, self._hangup)

    def _open_control(self, panel: Panels, history: History) -> Control:
        """Return who answers the command line."""
        return Control(
            parts.socket(self._state_dir),
            self._runtime,
            panel,
            status=self._status,
            bundle=self._write_bundle,
            reload=self._reload,
            history=history,
            timezone=lambda: self._config.site.timezone,
        )

    def _remember(self, started: AsyncExitStack) -> History:
        """Have everything written down that is told of parked calls (P-33)."""
        kept = self._config.history
        history = History(
            self._state_dir / HISTORY, self._runtime.post, keep_days=kept.keep_days, hidden=kept.hide_numbers
        )
        history.start()
        started.callback(history.stop)
        started.enter_context(self._runtime.following(history.tell))
        return history

    def _log_out_again(self, started: AsyncExitStack) -> None:
        """Whoever had logged out of a hunt group still is, and whoever does so from now on stays so (P-30)."""
        logouts = Logouts(self._state_dir / LOGOUTS, self._runtime.post)
        for group, members in logouts.read().items():
            for member in sorted(members):
                self._runtime.submit(HuntLogin(group, member, present=False))
        started.callback(logouts.stop)
        started.enter_context(self._runtime.following(logouts.tell))

    def _watcher(self, sip: PjsuaSip, panel: Panels) -> Watchdog:
        """Return who has the service manager start us again when a part hangs (S-9); the disk is no such part (S-1)."""
        return Watchdog(
            {"sip": sip.beat, "sound": self._pa.beat, "panel": panel.beat},
            status=lambda: f"{len(self._runtime.state.legs)} calls",
            patience=allowed(os.environ, os.getpid()),
        )

    async def _leave(self, sip: PjsuaSip) -> None:
        """End SIP; without a BYE to anybody unless everybody has been handed over: the next process goes on (S-4)."""
        await sip.stop(hang_up=self._runtime.state.draining is not None)

    async def _warm(self) -> None:
        """Prepare everything that will be said, so that it begins at once (A-8); what fails is said when it is wanted."""
        rules = self._runtime.rules
        await self._speech.warm(wording.announcements(rules), settings.pa().rate)
        await self._speech.warm(wording.prompts(rules), settings.bridge_rate(self._config))

    def _cool(self) -> None:
        self._warming.cancel()

    def _hangup(self) -> None:
        """SIGHUP: as `parkdeck reload`, told by the log."""
        try:
            self._reload()
        except ConfigError as error:
            log.error("the configuration was not reloaded, the old one holds:\n%s", error)  # noqa: TRY400 - it says it all

    def _reload(self) -> Json:
        """Let hold of the file what can at once; returns what changed, and what needs a restart. Raises ConfigError."""
        with self._watchdog.reloading():
            wanted = load(self._path)
            settings.verify_board(wanted)
            before, now = self._config, live.adopted(self._started, wanted, self._music)
            self._config = now
            self._runtime.change_rules(rulebook.rules(now))
        self._cool()
        self._warming = asyncio.create_task(self._warm())
        changed, restart = [*live.differences(before, now)], [*live.differences(now, wanted)]
        log.info("reloaded %s: %s", self._path, ", ".join(changed) or "nothing has changed")
        if restart:
            log.warning("needs a restart: %s", ", ".join(restart))
        return {"changed": changed, "restart": restart}

    def _status(self) -> Json:
        runtime = self._runtime
        pages, relays = self._pa_status()
        cost = self._journal.cost()
        return status(runtime.state, runtime.now(), runtime.rules, pages=pages, relays=relays, journal_cost=cost)

    def _pa_status(self) -> tuple[list[Json], dict[str, bool]]:
        """Return the pages that are said or wait, and which relays are closed."""
        relay_of = {zone.name: zone.relay for zone in self._config.zone}
        zones = self._pa.zones()
        said = [_page(zone, "sounding" if zone.sounding else "starting") for zone in zones if zone.page is not None]
        waiting = [_page(zone, "waiting") for zone in zones for _ in zone.waiting]
        relays = {relay_of[zone.name]: zone.relay_closed for zone in zones if relay_of.get(zone.name)}
        return said + waiting, relays

    async def _tell_of_the_fault(self, *, early: bool) -> None:
        """Write down what led to an error of ours; nothing about it may keep us from ending."""
        if early:
            self._relapses.note()
        try:
            log.critical("what led to it is in %s", await self._write_bundle(None))
        except Exception:
            log.exception("no bundle")

    async def _write_bundle(self, output: Path | None) -> Path:
        """Write the bundle, into our own folder unless told where (S-11)."""
        recorded = self._recorder.snapshot(self._runtime.now(), datetime.now(UTC))
        contents = bundle.Contents(recorded, self._status(), self._config, self._log.lines())
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(None, bundle.write, output or self._state_dir, contents)

    def _broken(self, _loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """A bug of ours reached the loop: end the process, without a BYE to anybody (design, house style 5)."""
        log.critical("%s", context.get("message"), exc_info=context.get("exception"))
        self._exit_code = BROKEN
        self._end.set()


def _page(zone: ZoneStatus, state: str) -> Json:
    return {"zone": zone.name, "kind": "announcement", "state": state}
