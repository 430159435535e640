"""What can be counted in the history. Pure.

Waits are those of calls that somebody took; the 95th percentile is the nearest rank: 95 of 100 waited no longer.
"""

import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import TypeVar

from appliance.core.orders import What
from appliance.history.stay import Stay

T = TypeVar("T", str, int)

PICKED_UP = frozenset({What.RETRIEVED.value, What.RECALLED.value, What.HANDED_OVER.value})


@dataclass(frozen=True, slots=True)
class Statistics:
    """Counts and seconds of some calls; None where there is nothing to count."""

    parked: int
    waiting: int
    endings: Mapping[str, int]
    median: float | None
    percentile_95: float | None
    longest: float | None
    announcements_per_pick_up: float | None
    by_place: Mapping[str, int]
    """Without a place: the empty string."""
    by_hour: Mapping[int, int]
    """Hour of the day (0 to 23) in which they were parked, in the zone given."""


def of(stays: Iterable[Stay], zone: tzinfo) -> Statistics:
    """Count."""
    found = list(stays)
    taken = [stay for stay in found if stay.ending in PICKED_UP]
    waits = sorted(stay.waited for stay in taken if stay.waited is not None)
    said = [stay.announcements for stay in taken]
    return Statistics(
        parked=len(found),
        waiting=sum(stay.ended_at is None for stay in found),
        endings=dict(sorted(Counter(stay.ending for stay in found if stay.ending).items())),
        median=_rank(waits, 0.5),
        percentile_95=_rank(waits, 0.95),
        longest=waits[-1] if waits else None,
        announcements_per_pick_up=sum(said) / len(said) if said else None,
        by_place=_counted(found, lambda stay: stay.place),
        by_hour=_counted(found, lambda stay: datetime.fromtimestamp(stay.parked_at, zone).hour),
    )


def _rank(waits: Sequence[float], share: float) -> float | None:
    return waits[max(0, math.ceil(share * len(waits)) - 1)] if waits else None


def _counted(stays: Sequence[Stay], key: Callable[[Stay], T]) -> Mapping[T, int]:
    return dict(sorted(Counter(map(key, stays)).items()))
