"""Is a far side gone, or is the network away? Told by the signs of life of its PBX (S-6, S-8). Pure.

A far side that does not answer while its PBX is heard is gone. While nothing is heard of the PBX either, nothing can be said:
a call that waits is not given up for a cable that was pulled for a minute.
"""

from dataclasses import dataclass

from appliance.core.ids import Seconds

LATE = Seconds(16)
"""How long a PBX must be heard again before silence counts: a question is repeated every 4 s (RFC 3261 section 17.1.2.2),
and one repetition or its answer may be lost."""
LONGEST = Seconds(90)
"""After this much silence of everybody the far side counts as gone: S-8 promises a minute."""
_APART = Seconds(2)
_MOST = 32


@dataclass(frozen=True, slots=True)
class Signs:
    """When a PBX was heard, oldest first; not more often than every two seconds, and not longer ago than matters."""

    heard: tuple[Seconds, ...] = ()


def hear(signs: Signs, now: Seconds) -> Signs:
    """Something came from the PBX."""
    if signs.heard and now - signs.heard[-1] < _APART:
        return signs
    return Signs((*signs.heard, now)[-_MOST:])


def is_gone(signs: Signs, asked: Seconds, now: Seconds) -> bool:
    """Whether a far side is gone that was asked then and again, and has not answered until now."""
    return now - asked > LONGEST or any(asked <= at <= now - LATE for at in signs.heard)
