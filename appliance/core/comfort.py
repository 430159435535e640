"""The sentence that tells a waiting caller from time to time that he is not forgotten (P-10).

Music, the sentence, music again: `Parked.comfort` says which, and until when. Who hears ringback hears no sentence: he has
called a hunt group, and nobody has told him to wait.
"""

from dataclasses import replace

from appliance.core.hearing import Speech
from appliance.core.ids import Seconds, Serial
from appliance.core.rules import Rules
from appliance.core.state import Comfort, Leg, Parked
from appliance.core.turn import SPEECH_LIMIT, Turn


def due(role: Parked, rules: Rules) -> Seconds | None:
    """Return when the sentence is to be said, or is over for want of an answer from whoever says it; None: never."""
    if not rules.comfort or _hears_ringback(role, rules):
        return None
    return role.comfort.at if role.comfort is not None else Seconds(role.since + rules.comfort_every)


def _hears_ringback(role: Parked, rules: Rules) -> bool:
    if role.hunt is None or not role.hunt.called:
        return False
    group = rules.hunts.get(role.hunt.group)
    return group is None or not group.music


def change(turn: Turn, leg: Leg, role: Parked) -> None:
    """Say the sentence, or go back to the music."""
    if role.comfort is None or role.comfort.serial is None:
        turn.play(leg, replace(role, comfort=Comfort(turn.in_seconds(SPEECH_LIMIT), turn.new_serial())))
    else:
        pause(turn, leg, role)


def pause(turn: Turn, leg: Leg, role: Parked) -> None:
    """Let him hear music until it is time again."""
    turn.play(leg, replace(role, comfort=Comfort(turn.in_seconds(turn.rules.comfort_every))))


def heard(turn: Turn, leg: Leg, role: Parked, serial: Serial) -> None:
    """Go back to the music after the sentence."""
    if role.comfort is not None and role.comfort.serial == serial:
        pause(turn, leg, role)


def resume(turn: Turn, leg: Leg) -> None:
    """Begin with the music for a caller who is back after a restart; what came due meanwhile is not said at once (S-2)."""
    role = leg.role
    assert isinstance(role, Parked)  # noqa: S101 - the caller's match said so
    at = due(role, turn.rules)
    if at is not None and at <= turn.now:
        pause(turn, leg, role)


def said(role: Parked, rules: Rules) -> Speech | None:
    """Return what he is being told; None: nothing."""
    if not rules.comfort or role.comfort is None or role.comfort.serial is None:
        return None
    return Speech(rules.comfort, role.comfort.serial)
