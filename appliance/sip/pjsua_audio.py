"""What the legs hear: players, tones and utterances on the conference bridge. Runs in the SIP thread only.

The wanted connections are a pure function (`routing`); here is only what differs between them and what is connected.
The bridge carries connects and disconnects out in its own clock, in the order in which they were asked for.
"""

import contextlib
import logging
import time
import wave
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pjsua2 as pj

from appliance.core.events import SpeechEnded
from appliance.core.hearing import Hearing, Speech, ToneKind
from appliance.core.ids import LegId, Serial
from appliance.sip.pjsua_guard import told
from appliance.sip.port import SipSettings
from appliance.sip.routing import Connection, LegSource, MusicSource, SpeechSource, ToneSource, wanted
from appliance.sip.tones import tone

log = logging.getLogger(__name__)

TAIL = 0.2
"""Seconds after the last sample until an utterance counts as heard: jitter buffer, packets, bridge."""
LATEST = 1.0
"""Seconds that are added at most where the bridge was late: what it sends late is heard late, too."""
FRAME = 0.02
"""Seconds of sound that the bridge makes at once."""
VOLUME = 7_200
"""Amplitude of a tone, of 32767: about -10 dBm0 (ITU-T E.180 section 2)."""


@dataclass(slots=True)
class Utterance:
    """One text to one leg: fetched, then played, then over."""

    serial: Serial
    path: Path | None = None
    player: Any = None
    over: bool = False


class Audio:
    """The bridge. `stack` is the SipThread (a weak reference to it)."""

    def __init__(self, stack: Any, settings: SipSettings) -> None:
        self._stack = stack
        self._settings = settings
        self._hearings: Mapping[LegId, Hearing] = {}
        self._connected: set[Connection] = set()
        self._slots: dict[LegId, int] = {}
        self._sources: dict[MusicSource | ToneSource, Any] = {}
        self._utterances: dict[LegId, Utterance] = {}

    # -- what is asked ---------------------------------------------------------------------------------------------

    def route(self, hearings: Mapping[LegId, Hearing]) -> None:
        """Make every leg hear what is said here, and the others silence."""
        self._hearings = hearings
        for leg, utterance in list(self._utterances.items()):
            hearing = hearings.get(leg)
            if not isinstance(hearing, Speech) or hearing.serial != utterance.serial:
                self._drop_utterance(leg)
        self._fetch()
        self._apply()

    def media_changed(self, leg: Any) -> None:
        """Connect a leg anew: its media came up, changed or went away."""
        for source, sink in [pair for pair in self._connected if leg.leg in _legs(pair)]:
            if self._slots.get(leg.leg) == leg.slot:  # the same port: the library kept what was connected
                self._disconnect(source, sink)
            self._connected.discard((source, sink))
        self._slots[leg.leg] = leg.slot
        self._fetch()
        self._apply()

    def leg_ended(self, leg: LegId) -> None:
        """Forget a leg: its port and all connections to it are gone."""
        self._drop_utterance(leg)
        self._slots.pop(leg, None)
        self._connected = {pair for pair in self._connected if leg not in _legs(pair)}
        self._apply()

    def voice_came(self, leg: LegId, serial: Serial, path: Path | None) -> None:
        """Take the file of an utterance that was asked for; None: there is no voice."""
        utterance = self._utterances.get(leg)
        if utterance is None or utterance.serial != serial:
            return
        utterance.path = path
        call = self._stack.legs.get(leg)
        if path is None:
            self._utterance_ended(leg, serial)
        elif call is not None and call.confirmed and not call.media.hears:  # held: nobody listens, and time goes on
            self._stack.later(TAIL, lambda: self._utterance_ended(leg, serial))
        self._apply()

    def close(self) -> None:
        """Destroy every player and generator."""
        for leg in list(self._utterances):
            self._drop_utterance(leg)
        for source in self._sources.values():
            _destroy(source)
        self._sources.clear()
        self._connected.clear()

    def owned(self) -> int:
        """Return how many one-shot players there are (for tests that look for leaks)."""
        return sum(utterance.player is not None for utterance in self._utterances.values())

    # -- connections -----------------------------------------------------------------------------------------------

    def _apply(self) -> None:
        legs = self._stack.legs
        shall = wanted(self._hearings, {leg: call.media for leg, call in legs.items() if call.slot >= 0})
        for source, sink in self._connected - shall:
            self._disconnect(source, sink)
            self._connected.discard((source, sink))
        for source, sink in shall - self._connected:
            if self._connect(source, sink):
                self._connected.add((source, sink))

    def _connect(self, source: Any, sink: LegId) -> bool:
        try:
            port = self._port(source)
            if port is None:
                return False
            if isinstance(source, ToneSource) and not any(source == other for other, _ in self._connected):
                port.rewind()  # nobody listened: its cadence begins anew
            port.startTransmit(self._stack.legs[sink].audio())
        except pj.Error as error:
            log.warning("leg %s does not hear %s: %s", sink, source, told(error))
            return False
        return True

    def _disconnect(self, source: Any, sink: LegId) -> None:
        with contextlib.suppress(pj.Error):  # a port that is gone took its connections along
            port = self._port(source)
            if port is not None and sink in self._stack.legs:
                port.stopTransmit(self._stack.legs[sink].audio())

    def _port(self, source: Any) -> Any:
        if isinstance(source, LegSource):
            return self._stack.legs[source.leg].audio() if source.leg in self._stack.legs else None
        if isinstance(source, SpeechSource):
            return self._speaker(source)
        if source not in self._sources:
            make: Callable[[Any], Any] = self._music if isinstance(source, MusicSource) else self._tone
            self._sources[source] = make(source)
        return self._sources[source]

    # -- sources ---------------------------------------------------------------------------------------------------

    def _music(self, source: MusicSource) -> Any:
        path = self._settings.music.get(source.source)
        try:
            if path is None:
                raise FileNotFoundError(source.source)
            return _player(path, 0)
        except (OSError, pj.Error) as error:
            self._stack.fault(f"music {source.source}: {told(error)}; callers hear the hold tone")
            return self._tone(ToneSource(ToneKind.HOLD))

    def _tone(self, source: ToneSource) -> Any:
        generator = pj.ToneGenerator()
        generator.createToneGenerator(self._settings.clock_rate)
        period = pj.ToneDescVector()
        for beep in tone(self._settings.country, source.kind):
            description = pj.ToneDesc()
            description.freq1, description.freq2 = beep.frequency, beep.second
            description.on_msec, description.off_msec = beep.on, beep.off
            description.volume = VOLUME
            period.append(description)
        generator.play(period, True)
        return generator

    # -- utterances ------------------------------------------------------------------------------------------------

    def _fetch(self) -> None:
        """Ask for the voice of every new utterance; it is played when it and the media are there."""
        for leg, hearing in self._hearings.items():
            if isinstance(hearing, Speech) and leg not in self._utterances and leg in self._stack.legs:
                self._utterances[leg] = Utterance(hearing.serial)
                self._stack.fetch_voice(leg, hearing)

    def _speaker(self, source: SpeechSource) -> Any:
        """Return the player of an utterance, made when it is first connected."""
        utterance = self._utterances.get(source.leg)
        if utterance is None or utterance.over or utterance.path is None:
            return None
        if utterance.player is None:
            try:
                seconds = _seconds(utterance.path)
                utterance.player = _player(utterance.path, pj.PJMEDIA_FILE_NO_LOOP)
            except (OSError, EOFError, wave.Error, pj.Error) as error:
                self._stack.fault(f"voice {utterance.path}: {told(error)}")
                utterance.path, seconds = None, 0.0
            begun = time.monotonic(), self._stack.clock.now()
            self._stack.later(max(seconds, 0.0), lambda: self._follow(source, seconds, *begun))
        return utterance.player

    def _follow(self, source: SpeechSource, seconds: float, begun: float, bridge_begun: float) -> None:
        """See how much of an utterance the bridge has sent: its end is not before the last of it."""
        utterance = self._utterances.get(source.leg)
        if utterance is None or utterance.serial != source.serial:
            return
        left = seconds - (self._stack.clock.now() - bridge_begun)
        if left > 0:
            self._stack.later(max(left, FRAME), lambda: self._follow(source, seconds, begun, bridge_begun))
            return
        late = time.monotonic() - begun - seconds
        self._stack.later(TAIL + min(max(late, 0.0), LATEST), lambda: self._utterance_ended(source.leg, source.serial))

    def _utterance_ended(self, leg: LegId, serial: Serial) -> None:
        utterance = self._utterances.get(leg)
        if utterance is None or utterance.serial != serial or utterance.over:
            return
        utterance.over = True
        self._silence(leg, utterance)
        self._stack.post(SpeechEnded(leg, serial))

    def _drop_utterance(self, leg: LegId) -> None:
        utterance = self._utterances.pop(leg, None)
        if utterance is not None:
            self._silence(leg, utterance)

    def _silence(self, leg: LegId, utterance: Utterance) -> None:
        if utterance.player is None:
            return
        source = SpeechSource(leg, utterance.serial)
        if (source, leg) in self._connected:
            self._disconnect_player(utterance.player, leg)
            self._connected.discard((source, leg))
        player, utterance.player = utterance.player, None
        _destroy(player)

    def _disconnect_player(self, player: Any, leg: LegId) -> None:
        with contextlib.suppress(pj.Error):
            if leg in self._stack.legs:
                player.stopTransmit(self._stack.legs[leg].audio())


def _legs(connection: Connection) -> tuple[LegId, ...]:
    source, sink = connection
    return (source.leg, sink) if isinstance(source, LegSource) else (sink,)


def _player(path: Path, options: int) -> Any:
    player = pj.AudioMediaPlayer()
    player.createPlayer(str(path), options)
    return player


def _destroy(port: Any) -> None:
    port.__swig_destroy__(port)


def _seconds(path: Path) -> float:
    with wave.open(str(path), "rb") as file:
        return float(file.getnframes()) / float(file.getframerate())
