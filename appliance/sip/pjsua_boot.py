"""The library as we want it: one thread, no sound card, our codecs, our ports. Runs in the SIP thread."""

import ctypes
import logging
from typing import Any

import _pjsua2
import pjsua2 as pj

from appliance.errors import AdapterError
from appliance.sip.certificates import SYSTEM_AUTHORITIES
from appliance.sip.pjsua_guard import LOG_LEVEL, told
from appliance.sip.port import SipSettings

log = logging.getLogger(__name__)

MOST_CALLS = 512
"""PJSUA_MAX_CALLS of our wheel."""
_CODECS = {"g722": "G722/16000", "pcma": "PCMA/8000", "pcmu": "PCMU/8000", "opus": "opus/48000"}
_G722_SHIFT = 1
"""Bits by which our samples are larger than G.722's own. With the library's 2 we are 6 dB too quiet for everybody else, and they
too loud for us (pjproject issue 4419); between two of its kind it does not show."""
_OPUS_EFFORT = 3
"""Of 10. So, and at the bridge's rate, a leg costs 0.5 % of a core; as the library would do it 0.7 %. G.722: 0.25 %."""


def start(endpoint: Any, settings: SipSettings) -> None:
    """Bring the library up to where accounts can be made; `libCreate` has been called in this thread."""
    endpoint.libInit(_config(settings))
    endpoint.audDevManager().setNullDev()  # the bridge's only clock
    for name in _transports(settings):
        _open(endpoint, settings, name)
    endpoint.libStart()
    _rank_codecs(endpoint, settings.codecs)
    ctypes.CDLL(_pjsua2.__file__).pjmedia_codec_g722_set_pcm_shift(_G722_SHIFT)
    if "opus" in settings.codecs:
        _slow_opus(endpoint, settings.clock_rate)


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
        config.tlsConfig.CaListFile = str(settings.tls_ca or SYSTEM_AUTHORITIES)
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


def _slow_opus(endpoint: Any, rate: int) -> None:
    """Let Opus work at the bridge's own rate: on the wire it is called 48000 whatever it is (RFC 7587 section 4.1)."""
    config = endpoint.getCodecOpusConfig()
    config.sample_rate, config.channel_cnt, config.complexity = rate, 1, _OPUS_EFFORT
    endpoint.setCodecOpusConfig(config)
