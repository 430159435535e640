"""Whoever answers a recall at once, or after being diverted, presses a key before he gets the caller (P-25).

A voicemail cannot press one. While it is asked the caller hears music and stays parked: everybody may retrieve him, and nobody
else is rung for him. A key that is not the one asked for means nothing: a voicemail's greeting may sound like one.
"""

from dataclasses import replace
from typing import assert_never

from appliance.core import recall, retrieve, wording
from appliance.core.ids import Seconds
from appliance.core.orders import What
from appliance.core.rules import Confirm
from appliance.core.state import Leg, Parked, Purpose, Seeking, Vouch
from appliance.core.turn import SPEECH_LIMIT, Turn

ASKED = (Purpose.RECALL, Purpose.ALTERNATE, Purpose.HUNT, Purpose.SPLASH)
"""Whom a caller is brought to whose phone may answer by itself; the last resort always gets him (P-27)."""
KEY = "1"
"""The digit that accepts a call in every find-me service that people know."""
FAST = Seconds(1)
"""No person lifts a handset so soon after our INVITE."""
TIMES = 2
PAUSE = Seconds(4)
"""How long he may think after each time that he was asked."""


def answered(turn: Turn, leg: Leg) -> None:
    """Connect whoever has answered with the caller he is for, or ask him for a key first."""
    role = leg.role
    assert isinstance(role, Seeking)  # noqa: S101 - the caller's match said so
    if role.vouch is not None or _is_doubtful(turn, role):
        _ask(turn, leg, role, TIMES)
    else:
        retrieve.join(turn, leg)


def _is_doubtful(turn: Turn, role: Seeking) -> bool:
    parked = turn.legs[role.call].role
    assert isinstance(parked, Parked)  # noqa: S101 - whom a leg seeks is parked
    if role.purpose not in ASKED:
        return False
    confirm = recall.timers(parked, turn.rules).confirm
    match confirm:
        case Confirm.AUTO:
            return role.diverted or turn.now - role.since <= FAST
        case Confirm.ALWAYS:
            return True
        case Confirm.NEVER:
            return False
        case _:
            assert_never(confirm)


def _ask(turn: Turn, leg: Leg, role: Seeking, times: int) -> None:
    text = wording.vouch(turn.legs[role.call].party, turn.rules, recalled=role.purpose is Purpose.RECALL)
    vouch = Vouch(text, turn.new_serial(), left=times - 1)
    turn.play(leg, replace(role, vouch=vouch, until=turn.in_seconds(SPEECH_LIMIT)))


def heard(turn: Turn, leg: Leg, role: Seeking, vouch: Vouch) -> None:
    """He knows what to press: the time for it runs."""
    turn.play(leg, replace(role, vouch=replace(vouch, said=True), until=turn.in_seconds(PAUSE)))


def asked_again(turn: Turn, leg: Leg, role: Seeking) -> bool:
    """Ask once more whoever has not pressed anything; False: he has been asked often enough, or is not asked at all."""
    if role.vouch is None or role.vouch.left == 0:
        return False
    _ask(turn, leg, role, role.vouch.left)
    return True


def report(turn: Turn, call: Leg, leg: Leg) -> None:
    """Say of whom it is over with that he was asked in vain, if he was."""
    if isinstance(leg.role, Seeking) and leg.role.vouch is not None:
        turn.report(What.CANCELLED, call, by=leg.party, detail="answered, but pressed no key")


def pressed(turn: Turn, leg: Leg, role: Seeking, digit: str) -> None:
    """Connect a person who has shown that he is one."""
    if role.vouch is not None and digit == KEY:
        retrieve.join(turn, turn.play(leg, replace(role, vouch=None)))
