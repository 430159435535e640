"""What is told to who asks: records and counts as JSON objects, with the site's time zone. On the loop."""

import asyncio
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from appliance.errors import ControlError
from appliance.history import statistics
from appliance.history.history import History
from appliance.history.stay import as_json
from appliance.history.zone import zone

Json = Mapping[str, Any]

MOST = 2000
"""Records in one answer: writing it down holds the loop up."""


def begin(since: float | str, timezone: str) -> float:
    """Return an instant (Unix time) that is asked for by its number, or as date and time (ISO 8601) in the site's time zone."""
    if not isinstance(since, str):
        return float(since)
    try:
        at = datetime.fromisoformat(since)
    except ValueError as error:
        raise ControlError(f"{since!r} is no date: write it as 2026-11-24, or 2026-11-24T14:30") from error
    return (at if at.tzinfo is not None else at.replace(tzinfo=zone(timezone))).timestamp()


async def records(history: History, timezone: str, since: float | str, place: str, limit: int) -> Json:
    """Return the newest records since an instant, oldest first, `MOST` at most. Raises ControlError."""
    found = await history.stays(begin(since, timezone), place, min(max(limit, 0), MOST))
    return {"timezone": timezone, "records": [as_json(stay) for stay in found]}


async def counts(history: History, timezone: str, since: float | str, place: str) -> Json:
    """Return the statistics of the records since an instant; hours are texts, as JSON has keys. Raises ControlError."""
    stays = await history.stays(begin(since, timezone), place)
    found = await asyncio.to_thread(statistics.of, stays, zone(timezone))
    by_hour = {str(hour): count for hour, count in found.by_hour.items()}
    return {"timezone": timezone, **asdict(found), "by_hour": by_hour}
