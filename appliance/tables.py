"""How the service's answers read on a terminal. Pure: an answer as JSON goes in, lines come out."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, tzinfo
from typing import Any

from appliance.history.zone import zone

Json = Mapping[str, Any]

HEAD = ("parked", "place", "group", "caller", "parker", "waited", "said", "ended", "by")
NONE = "-"


def status(answer: Json) -> list[str]:
    """Return `parkdeck status`."""
    lines = [f"account {one['account']}: {one['state']}" for one in answer["registered"]]
    for place in answer["places"]:
        line = f"{place['number']:>6}  {place['state']:<11} {place['owner']}"
        if place["caller"] is not None:
            line += f"  {place['caller']['name']} {place['caller']['number']}, {place['since']:.0f} s"
        lines.append(line.rstrip())
    return [*lines, *(f"! {wrong}" for wrong in answer["health"])]


def event(happened: Json) -> str:
    """Return one line of `parkdeck events`."""
    words = [happened["at"], happened["what"]]
    words += [f"place={happened['place']}"] if happened["place"] else []
    for who in ("caller", "by"):
        if happened[who] is not None:
            words.append(f"{who}={happened[who]['name']!r} <{happened[who]['number']}>")
    words += [f"({happened['detail']})"] if happened["detail"] else []
    return " ".join(words)


def hunt_groups(groups: Sequence[Json]) -> list[str]:
    """Return `parkdeck hunt`: each group with its members in their order."""
    lines: list[str] = []
    for group in groups:
        lines.append(f"{group['number']:>6}  {group['name']}  {group['policy']}, {group['waiting']} waiting")
        lines += [f"{member['number']:>8}  {member['state']}" for member in group["members"]]
    return lines or ["no hunt groups"]


def reload(answer: Json) -> list[str]:
    """Return `parkdeck reload`."""
    if not answer["changed"] and not answer["restart"]:
        return ["nothing has changed"]
    lines = [f"took effect: {', '.join(answer['changed'])}"] if answer["changed"] else []
    return [*lines, *([f"needs a restart: {', '.join(answer['restart'])}"] if answer["restart"] else [])]


def history(answer: Json) -> list[str]:
    """Return `parkdeck history`: one line for each call, in the time of the site, newest last."""
    site = zone(answer["timezone"])
    rows = [_row(record, site) for record in answer["records"]]
    return list(_aligned([HEAD, *rows])) if rows else ["no parked calls"]


def statistics(answer: Json) -> list[str]:
    """Return `parkdeck history --statistics`."""
    parked, endings = answer["parked"], answer["endings"]
    per_pick_up = answer["announcements_per_pick_up"]
    rows = [
        ("parked calls", str(parked)),
        ("waiting now", str(answer["waiting"])),
        ("abandoned", _share(endings.get("abandoned", 0), parked)),
        ("lost", _share(endings.get("lost", 0), parked)),
        *((_words(ending), str(count)) for ending, count in endings.items() if ending not in ("abandoned", "lost")),
        ("wait, median", _lasting(answer["median"])),
        ("wait, 95 of 100 below", _lasting(answer["percentile_95"])),
        ("wait, longest", _lasting(answer["longest"])),
        ("announcements per pick-up", NONE if per_pick_up is None else f"{per_pick_up:.1f}"),
        *((f"place {place or NONE}", str(count)) for place, count in answer["by_place"].items()),
        *((f"from {int(hour):02}:00", str(count)) for hour, count in answer["by_hour"].items()),
    ]
    return list(_aligned(rows))


def _row(record: Json, site: tzinfo) -> tuple[str, ...]:
    return (
        datetime.fromtimestamp(record["parked_at"], site).strftime("%Y-%m-%d %H:%M:%S"),
        record["place"] or NONE,
        record["group"] or NONE,
        _who(record["caller"]),
        _who(record["parker"]),
        _lasting(record["waited"]),
        str(record["announcements"]),
        _words(record["ending"]) or "waiting",
        _who(record["taker"]),
    )


def _who(party: Json) -> str:
    return " ".join(f"{party['name']} {party['number']}".split()) or NONE


def _lasting(seconds: float | None) -> str:
    if seconds is None:
        return NONE
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02} s" if minutes else f"{rest} s"


def _words(word: str) -> str:
    return word.replace("_", " ")


def _share(count: int, whole: int) -> str:
    return f"{count} ({100 * count / whole:.1f} %)" if whole else str(count)


def _aligned(rows: Sequence[Iterable[str]]) -> Iterator[str]:
    cells = [list(row) for row in rows]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    for row in cells:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
