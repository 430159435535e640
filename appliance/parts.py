"""The parts of the service that take more than a line to make, each from the configuration, none of them started.

What runs, when it starts and in which order it ends is the business of `appliance.app`. Nothing here is kept: a function
makes one part, and the files that it is made with. On the loop.
"""

import asyncio
import os
from pathlib import Path

from appliance import client, lives, settings
from appliance.config.model import Config
from appliance.core.rules import Rules
from appliance.errors import AdapterError
from appliance.machine import Machine
from appliance.pa import music
from appliance.pa.bus import PaBus
from appliance.pa.speech import SpeechCache
from appliance.panel.panels import Panels
from appliance.sip.pjsua import PjsuaSip
from appliance.sip.port import Post
from hardware.ports import SoundCards
from hardware.sim import SimCards

SIM_MEMORY = 60.0
"""Seconds that a simulated card remembers: 6 MB."""


def panels(config: Config, machine: Machine, post: Post) -> Panels:
    """Return the keys and lamps."""
    return Panels(settings.panel_wiring(config), machine.inputs, machine.outputs, settings.panel(config), post)


def bus(config: Config, machine: Machine, cards: SoundCards, speech: SpeechCache, post: Post) -> PaBus:
    """Return the loudspeakers."""
    return PaBus(
        settings.zones(config),
        settings.pa(),
        cards=cards,
        outputs=machine.outputs,
        speaker=speech.file,
        post=post,
        simulated=SimCards(*(zone.name for zone in config.zone), keep=SIM_MEMORY),
    )


async def sip(config: Config, rules: Rules, state_dir: Path, speech: SpeechCache, post: Post) -> PjsuaSip:
    """Return the telephone, with its music prepared in the state folder; a new life begins with it."""
    loop = asyncio.get_running_loop()
    rate = settings.bridge_rate(config)
    files = {
        source: await loop.run_in_executor(None, _prepared, config, source, rate, state_dir / "music")
        for source in sorted(settings.music_sources(rules))
    }
    life = lives.begin(state_dir / "lives")
    return PjsuaSip(settings.sip(config, files, life), post, speech.at(rate), loop)


def _prepared(config: Config, source: str, rate: int, folder: Path) -> Path:
    """Return music made ready for the bridge. Raises AdapterError that names the keys by which it is wanted."""
    try:
        return music.prepare(source, rate, folder)
    except AdapterError as error:
        raise AdapterError(f"{', '.join(settings.music_keys(config, source))}: {error}") from error


def socket(state_dir: Path) -> Path:
    """Return where to listen: in the service manager's run-time folder, to which our own keeps a link.

    So the box can be asked even when the disk of the state folder has become read-only.
    """
    here, folder = state_dir / client.SOCKET, os.environ.get("RUNTIME_DIRECTORY")
    if not folder:
        return here
    there = Path(folder) / client.SOCKET
    if not (here.is_symlink() and here.readlink() == there):
        here.unlink(missing_ok=True)
        here.symlink_to(there)
    return there
