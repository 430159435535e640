"""Who hears whom: from what the core wants and what each leg's media allow to the wanted connections. Pure.

A connection is (source, leg that hears it). The adapter takes the difference to what is connected and carries it out.
"""

from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import assert_never

from appliance.core.hearing import Hearing, Joined, Music, Silence, Speech, Tone, ToneKind
from appliance.core.ids import LegId, Serial


@dataclass(frozen=True, slots=True)
class MusicSource:
    """The shared player of a source."""

    source: str


@dataclass(frozen=True, slots=True)
class ToneSource:
    """The shared generator of a tone."""

    kind: ToneKind


@dataclass(frozen=True, slots=True)
class SpeechSource:
    """The one-shot player of one utterance to one leg."""

    leg: LegId
    serial: Serial


@dataclass(frozen=True, slots=True)
class LegSource:
    """What the far side of a leg says."""

    leg: LegId


Source = MusicSource | ToneSource | SpeechSource | LegSource
Connection = tuple[Source, LegId]


@dataclass(frozen=True, slots=True)
class Media:
    """What the media of a leg allow just now (hold is one direction or both taken away, RFC 3264 section 8.4)."""

    hears: bool
    """We may send to it."""
    speaks: bool
    """It may send to us."""


def wanted(hearings: Mapping[LegId, Hearing], media: Mapping[LegId, Media]) -> AbstractSet[Connection]:
    """Return every connection that shall be; a leg without media has none."""
    found = (pair for leg, hearing in hearings.items() for pair in _connections(leg, hearing, hearings))
    return {(source, sink) for source, sink in found if _possible(source, sink, media)}


def _connections(leg: LegId, hearing: Hearing, hearings: Mapping[LegId, Hearing]) -> Iterator[Connection]:
    match hearing:
        case Silence():
            return
        case Music(source):
            yield MusicSource(source), leg
        case Tone(kind):
            yield ToneSource(kind), leg
        case Speech(_, serial):
            yield SpeechSource(leg, serial), leg
        case Joined(other):
            yield LegSource(other), leg
            if other not in hearings:  # it hears this one likewise
                yield LegSource(leg), other
        case _:
            assert_never(hearing)


def _possible(source: Source, sink: LegId, media: Mapping[LegId, Media]) -> bool:
    if sink not in media or not media[sink].hears:
        return False
    if not isinstance(source, LegSource):
        return True
    return source.leg in media and media[source.leg].speaks and source.leg != sink
