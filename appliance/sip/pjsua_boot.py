"""The library as we want it: one thread, no sound card, our codecs, our ports. Runs in the SIP thread."""

import logging
from typing import Any

import pjsua2 as pj

from appliance.errors import AdapterError
from appliance.sip.pjsua_guard import LOG_LEVEL, told
from appliance.sip.port import SipSettings

log = logging.getLogger(__name__)

MOST_CALLS = 512
"""PJSUA_MAX_CALLS of our wheel."""
_SYSTEM_CERTIFICATES = "/etc/ssl/certs/ca-certificates.crt"
_CODECS = {"g722": "G722/16000", "pcma": "PCMA/8000", "pcmu": "PCMU/8000", "opus": "opus/48000"}


def start(endpoint: Any, settings: SipSettings) -> None:
    """Bring the library up to where accounts can be made; `libCreate` has been called in this thread."""
    endpoint.libInit(_config(settings))
    endpoint.audDevManager().setNullDev()  # the bridge's only clock
    for name in _transports(settings):
        _open(endpoint, settings, name)
    endpoint.libStart()
    _rank_codecs(endpoint, settings.codecs)


def _config(settings: SipSettings) -> Any:
    config = pj.EpConfig()
    agent, media, logs = config.uaConfig, config.medConfig, config.logConfig
    agent.threadCnt, agent.mainThreadOnly = 0, True
    agent.maxCalls = min(settings.max_calls, MOST_CALLS)
    agent.userAgent = "Parkdeck"
    media.sndAutoCloseTime = -1  # else the clock stops when nothing is connected
    media.noVad = True
    media.ecTailLen = 0
    media.clockRate = settings.clock_rate
    media.quality = 4  # the small Speex filter: a quarter of the CPU of 8
    media.maxMediaPorts = min(4096, 2 * settings.max_calls + 256)
    logs.level = logs.consoleLevel = LOG_LEVEL
    logs.msgLogging = 0
    agent.natTypeInSdp = 0
    return config


def _transports(settings: SipSettings) -> list[str]:
    used = {account.transport for account in settings.accounts}
    return [name for name in ("udp", "tcp", "tls") if name == "udp" or name in used]


def _open(endpoint: Any, settings: SipSettings, name: str) -> None:
    config = pj.TransportConfig()
    config.boundAddress = settings.bind
    config.port = settings.port + 1 if name == "tls" else settings.port
    config.qosType = pj.PJ_QOS_TYPE_SIGNALLING
    if name == "tls":
        config.tlsConfig.verifyServer = True  # S-10
        config.tlsConfig.CaListFile = _SYSTEM_CERTIFICATES
    six = "6" if ":" in settings.bind else ""
    kind = getattr(pj, f"PJSIP_TRANSPORT_{name.upper()}{six}")
    try:
        endpoint.transportCreate(kind, config)
    except pj.Error as error:
        raise AdapterError(f"SIP cannot open {name} {settings.bind}:{config.port}: {told(error)}") from None


def _rank_codecs(endpoint: Any, codecs: tuple[str, ...]) -> None:
    """Give each codec of the settings its rank, and all others none."""
    ranks = {_CODECS[name].lower(): 255 - at for at, name in enumerate(codecs) if name in _CODECS}
    for codec in endpoint.codecEnum2():
        name = str(codec.codecId)
        rank = next((rank for known, rank in ranks.items() if name.lower().startswith(known)), 0)
        endpoint.codecSetPriority(name, rank)
