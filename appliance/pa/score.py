"""The shipped hold music as notes: a composition of this project's own, so that nobody asks for fees. Data only.

Twenty-four bars of 4/4 in C major, A B A', 72 beats a minute: 80 s. The last bar leads back into the first. All pitches lie
between 196 and 1047 Hz: a telephone passes 300-3400 Hz, and what is under 300 Hz is heard by its harmonics.
"""

from dataclasses import dataclass

BEATS_PER_MINUTE = 72
BEATS_PER_BAR = 4


@dataclass(frozen=True, slots=True)
class Note:
    """One note: MIDI number (69 is 440 Hz), beginning and length in beats from the start of the piece, strength 0-1."""

    pitch: int
    begin: float
    length: float
    strength: float


_C = (60, 64, 67, 71)
_A_MINOR = (57, 60, 64, 67)
_F = (57, 60, 65, 67)
_G = (55, 59, 62, 69)
_E_MINOR = (59, 62, 64, 67)
_D_MINOR = (57, 60, 62, 65)
_G_SUSPENDED = (55, 60, 62, 65)
_G_SEVENTH = (55, 59, 62, 65)

_VERSE = (_C, _A_MINOR, _F, _G, _E_MINOR, _A_MINOR, _D_MINOR, _G_SUSPENDED)
_MIDDLE = (_F, _E_MINOR, _D_MINOR, _C, _F, _G, _A_MINOR, _G_SUSPENDED)
CHORDS = (*_VERSE, *_MIDDLE, *_VERSE[:-1], _G_SEVENTH)
"""One chord a bar, four notes each, the lowest first."""

_OPENING = (
    ((76, 3), (74, 1)),
    ((72, 2), (76, 2)),
    ((81, 3), (79, 1)),
    ((74, 4),),
    ((79, 3), (76, 1)),
    ((72, 2), (71, 1), (72, 1)),
)
_MELODY = (
    *_OPENING,
    ((74, 2), (77, 2)),
    ((74, 4),),
    ((81, 2), (84, 2)),
    ((83, 3), (79, 1)),
    ((77, 2), (81, 2)),
    ((79, 4),),
    ((81, 1), (79, 1), (77, 2)),
    ((74, 2), (79, 2)),
    ((76, 3), (72, 1)),
    ((74, 4),),
    *_OPENING,
    ((74, 2), (76, 1), (77, 1)),
    ((74, 2), (71, 2)),
)
"""Pitch and length in beats, bar by bar."""

_PATTERN = (0, 2, 1, 3, 2, 3, 1, 2)
"""Which note of the chord sounds on each quaver of the accompaniment."""

BARS = len(CHORDS)
BEATS = BARS * BEATS_PER_BAR


def melody() -> tuple[Note, ...]:
    """Return the tune; the first note of a bar is a little stronger."""
    notes = []
    for bar, phrase in enumerate(_MELODY):
        beat = 0.0
        for pitch, length in phrase:
            notes.append(Note(pitch, bar * BEATS_PER_BAR + beat, length, 0.85 if beat else 1.0))
            beat += length
    return tuple(notes)


def accompaniment() -> tuple[Note, ...]:
    """Return the broken chords, a quaver each, ringing for a beat and a half."""
    return tuple(
        Note(chord[which], bar * BEATS_PER_BAR + quaver / 2, 1.5, 0.55 if quaver % 4 else 0.7)
        for bar, chord in enumerate(CHORDS)
        for quaver, which in enumerate(_PATTERN)
    )


def carpet() -> tuple[Note, ...]:
    """Return the held chords, a bar each and a little beyond."""
    return tuple(
        Note(pitch, bar * BEATS_PER_BAR, BEATS_PER_BAR + 0.75, 0.6)
        for bar, chord in enumerate(CHORDS)
        for pitch in chord
    )
