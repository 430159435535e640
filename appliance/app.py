"""The composition root: makes every part, starts them bottom-up, stops them top-down. Nothing else makes parts."""

import asyncio
import logging
import signal
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

from appliance import client, rulebook, settings
from appliance.config.load import load
from appliance.config.model import Config
from appliance.control import Control
from appliance.core import wording
from appliance.errors import ConfigError
from appliance.machine import Machine, open_machine
from appliance.pa import music
from appliance.pa.bus import PaBus
from appliance.pa.port import ZoneStatus
from appliance.pa.speech import SpeechCache
from appliance.panel.panels import Panels
from appliance.runtime import Runtime
from appliance.sip.pjsua import PjsuaSip
from appliance.status import Json, status
from hardware.ports import SoundCards
from hardware.sim import SimCards
from hardware.sound import PyAudioCards

log = logging.getLogger(__name__)

SIM_MEMORY = 60.0
"""Seconds that a simulated card remembers: 6 MB."""
BROKEN = 70
"""Exit code after a bug of ours (sysexits.h, EX_SOFTWARE); the service manager starts us again."""


def serve(path: Path, state_dir: Path) -> int:
    """Run the service until it is told to stop; returns the exit code. Raises ConfigError or AdapterError at the start."""
    config = load(path)
    settings.verify_board(config)
    state_dir.mkdir(parents=True, exist_ok=True)
    return asyncio.run(Service(path, config, state_dir).run())


class Service:
    """One run of the service; everything on one loop."""

    def __init__(self, path: Path, config: Config, state_dir: Path) -> None:
        self._path = path
        self._config = config
        self._state_dir = state_dir
        self._exit_code = 0

    async def run(self) -> int:
        """Start everything, wait for the end, stop everything in reverse."""
        self._end = asyncio.Event()
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(self._broken)
        loop.add_signal_handler(signal.SIGTERM, self._end.set)
        loop.add_signal_handler(signal.SIGINT, self._end.set)
        async with AsyncExitStack() as started:
            await self._start(started, loop)
            log.info("up version=%s places=%d", self._status()["version"], len(self._runtime.rules.places))
            await self._end.wait()
            log.info("stopping")
        return self._exit_code

    async def _start(self, started: AsyncExitStack, loop: asyncio.AbstractEventLoop) -> None:
        machine = open_machine(self._config)
        started.callback(machine.close)
        runtime = self._runtime = Runtime(rulebook.rules(self._config), loop)
        speech = SpeechCache(self._state_dir / "speech", self._config.site.language, self._config.announce.voice)
        started.callback(speech.close)
        cards = PyAudioCards()
        started.callback(cards.close)
        panel = self._panels(machine)
        self._pa = self._bus(machine, speech, cards)
        sip = await self._sip(speech, loop)
        runtime.attach(sip, self._pa, panel)
        await panel.start()
        started.push_async_callback(panel.stop)
        await self._pa.start()
        started.push_async_callback(self._pa.stop)
        await sip.start()
        started.push_async_callback(lambda: sip.stop(hang_up=self._exit_code == 0))
        control = Control(self._state_dir / client.SOCKET, runtime, panel, self._status)
        await control.start()
        started.push_async_callback(control.stop)
        loop.add_signal_handler(signal.SIGHUP, self._reload)
        self._warming = asyncio.create_task(self._warm(speech))
        started.callback(self._warming.cancel)

    def _panels(self, machine: Machine) -> Panels:
        wiring = settings.panel_wiring(self._config)
        return Panels(wiring, machine.inputs, machine.outputs, settings.panel(self._config), self._runtime.post)

    def _bus(self, machine: Machine, speech: SpeechCache, cards: SoundCards) -> PaBus:
        return PaBus(
            settings.zones(self._config),
            settings.pa(),
            cards=cards,
            outputs=machine.outputs,
            speaker=speech.file,
            post=self._runtime.post,
            simulated=SimCards(*(zone.name for zone in self._config.zone), keep=SIM_MEMORY),
        )

    async def _sip(self, speech: SpeechCache, loop: asyncio.AbstractEventLoop) -> PjsuaSip:
        folder = self._state_dir / "music"
        rate = settings.bridge_rate(self._config)
        sources = settings.music_sources(self._runtime.rules)
        files = {
            source: await loop.run_in_executor(None, music.prepare, source, rate, folder) for source in sorted(sources)
        }

        return PjsuaSip(settings.sip(self._config, files), self._runtime.post, speech.at(rate), loop)

    async def _warm(self, speech: SpeechCache) -> None:
        """Prepare everything that will be said, so that it begins at once (A-8); what fails is said when it is wanted."""
        rules = self._runtime.rules
        await speech.warm(wording.announcements(rules), settings.pa().rate)
        await speech.warm(wording.prompts(rules), settings.bridge_rate(self._config))

    def _reload(self) -> None:
        """Take places, groups, keys and timers from the file again; accounts, zones and pins need a restart."""
        try:
            config = load(self._path)
            settings.verify_board(config)
        except ConfigError as error:
            log.error("the configuration was not reloaded, the old one holds:\n%s", error)  # noqa: TRY400 - it says it all
            return
        self._config = config
        self._runtime.change_rules(rulebook.rules(config))
        log.info("reloaded %s", self._path)

    def _status(self) -> Json:
        runtime = self._runtime
        return status(runtime.state, runtime.now(), runtime.rules, *self._pa_status())

    def _pa_status(self) -> tuple[list[Json], dict[str, bool]]:
        """Return the pages that are said or wait, and which relays are closed."""
        relay_of = {zone.name: zone.relay for zone in self._config.zone}
        zones = self._pa.zones()
        said = [_page(zone, "sounding" if zone.sounding else "starting") for zone in zones if zone.page is not None]
        waiting = [_page(zone, "waiting") for zone in zones for _ in zone.waiting]
        relays = {relay_of[zone.name]: zone.relay_closed for zone in zones if relay_of.get(zone.name)}
        return said + waiting, relays

    def _broken(self, _loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """A bug of ours reached the loop: end the process, without a BYE to anybody (design, house style 5)."""
        log.critical("%s", context.get("message"), exc_info=context.get("exception"))
        self._exit_code = BROKEN
        self._end.set()


def _page(zone: ZoneStatus, state: str) -> Json:
    return {"zone": zone.name, "kind": "announcement", "state": state}
