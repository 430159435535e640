"""From the configuration to what each adapter wants to know. Pure translation; `appliance.app` uses it."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from appliance.config.model import Config
from appliance.config.panel import KeyPins
from appliance.config.secret import password
from appliance.config.sip import Account
from appliance.core.ids import KeyId
from appliance.core.rules import Rules
from appliance.core.views import MUSIC_OFF
from appliance.errors import ConfigError, Finding
from appliance.pa.port import PaSettings, ZoneSettings
from appliance.panel.port import KeyLines, PanelSettings, PanelWiring
from appliance.sip.port import AccountSettings, SipSettings
from hardware.board import Pull, Wire, Wiring, problems

COUNTRIES = {"de": "de", "en": "uk"}
"""Whose tones are played where a language is spoken (P-5, P-8)."""

WIDEBAND = frozenset({"g722", "opus"})
"""Codecs that have more to say than a telephone."""


def bridge_rate(config: Config) -> int:
    """Return the samples per second of the conference bridge: 16000 where a wideband codec is allowed, else 8000.

    Measured with PCMA callers: 100 parked cost 10.3 % of a core at 16 kHz and 7.4 % at 8 kHz, 200 cost 19.1 % and 12.0 %.
    """
    return 16000 if WIDEBAND.intersection(config.sip.codecs) else 8000


def sip(config: Config, music: Mapping[str, Path], life: int = 0) -> SipSettings:
    """Return the SIP adapter's settings; `music` has the file of each source. Raises ConfigError for a lost password file.

    `life`: the number of this process; each second one begins with its media ports in the middle of the span, and no
    process has so many legs that it would need the other half (S-5).
    """
    first, last = config.sip.rtp_ports
    half = (last - first + 1) // 4 * 2
    return SipSettings(
        accounts=tuple(_account(one) for one in config.sip.account),
        bind=config.sip.bind,
        port=config.sip.port,
        rtp_ports=(first, last),
        rtp_first=first + (life % 2) * half,
        codecs=config.sip.codecs,
        clock_rate=bridge_rate(config),
        max_calls=min(512, half // 2),
        country=config.site.country or COUNTRIES[config.site.language],
        tls_ca=config.sip.tls_ca,
        music=music,
    )


def _account(one: Account) -> AccountSettings:
    return AccountSettings(
        name=one.name,
        extension=one.extension,
        server=one.server,
        backup=one.backup,
        transport=one.transport,
        username=one.login,
        password=password(one),
        srtp=one.srtp,
        register=one.registers,
        trust=one.trust,
    )


def music_sources(rules: Rules) -> frozenset[str]:
    """Return every source of music that a caller may be given."""
    named = {rules.music}
    named.update(place.music for place in rules.places.values())
    named.update(group.music for group in rules.groups.values())
    named.update(hunt.music for hunt in rules.hunts.values())
    return frozenset(named - {"", MUSIC_OFF})


def music_keys(config: Config, source: str) -> Iterator[str]:
    """Yield the dotted path of every key that names a source of music."""
    if config.park.music == source:
        yield "park.music"
    lists: dict[str, list[str | None]] = {
        "extension": [one.music for one in config.extension],
        "orbit": [one.music for one in config.orbit],
        "group": [one.music for one in config.group],
        "hunt_group": [one.music for one in config.hunt_group],
    }
    for name, wanted in lists.items():
        yield from (f"{name}[{at}].music" for at, music in enumerate(wanted) if music == source)


def zones(config: Config) -> tuple[ZoneSettings, ...]:
    """Return the zones of the PA."""
    return tuple(
        ZoneSettings(
            name=zone.name,
            card=zone.card,
            relay=zone.relay,
            lead=zone.lead,
            tail=zone.tail,
            chime=zone.chime,
            volume=zone.volume,
            max_page=float(zone.max_page),
        )
        for zone in config.zone
    )


def pa() -> PaSettings:
    """Return what holds for all zones."""
    return PaSettings()


def panel(config: Config) -> PanelSettings:
    """Return how keys behave."""
    return PanelSettings(debounce=config.buttons.debounce_ms / 1000, long=config.buttons.long_press)


def panel_wiring(config: Config) -> PanelWiring:
    """Return every key with the names of its lines; in the simulator every key has both."""
    simulated = config.hardware.backend == "sim"
    return PanelWiring(
        tuple(_lines(panel.name, key, config, simulated) for panel in config.panel for key in panel.keys)
    )


def _lines(panel_name: str, key: str, config: Config, simulated: bool) -> KeyLines:  # noqa: FBT001 - private
    name = f"{panel_name}.{key}"
    pins = config.hardware.keys.get(name)
    has_contact = simulated or (pins is not None and pins.pin is not None)
    has_lamp = simulated or (pins is not None and pins.lamp is not None)
    return KeyLines(KeyId(panel_name, key), _contact(name) if has_contact else None, _lamp(name) if has_lamp else None)


def _contact(name: str) -> str:
    return name


def _lamp(name: str) -> str:
    return f"{name}.lamp"


def board(config: Config) -> Wiring:
    """Return what hangs on which pin."""
    keys = config.hardware.keys.items()
    inputs = [_input(name, pins) for name, pins in keys if pins.pin is not None]
    lamps = [Wire(_lamp(name), pins.lamp, pins.lamp_active_high) for name, pins in keys if pins.lamp is not None]
    relays = [Wire(name, relay.pin, relay.active_high) for name, relay in config.hardware.relays.items()]
    return Wiring(inputs=tuple(inputs), outputs=tuple(lamps), relays=tuple(relays))


def verify_board(config: Config) -> None:
    """Raise ConfigError with everything that is wrong with the wiring (B-9); the simulator has no pins to be wrong."""
    found = problems(board(config)) if config.hardware.backend == "gpio" else []
    if found:
        raise ConfigError(tuple(Finding(f"hardware.{one.line}", one.wrong, one.remedy) for one in found))


def _input(name: str, pins: KeyPins) -> Wire:
    assert pins.pin is not None  # noqa: S101 - the caller has looked
    return Wire(_contact(name), pins.pin, pins.pressed_high, Pull(pins.pull))


def lines(config: Config) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the names of all input lines and of all output lines, as the simulator wants them."""
    keys = panel_wiring(config).keys
    contacts = tuple(key.contact for key in keys if key.contact is not None)
    lamps = tuple(key.lamp for key in keys if key.lamp is not None)
    relays = {*config.hardware.relays, *(zone.relay for zone in config.zone if zone.relay)}
    return contacts, (*lamps, *sorted(relays))
