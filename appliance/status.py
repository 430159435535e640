"""The status of the running service as one object: a pure function of the state and of what the adapters report.

The outer contract of `parkdeck status --json`: times in seconds, numbers as strings, snake_case, no key ever missing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from appliance.core import hunt_views, views
from appliance.core.ids import KeyId, Party, Seconds
from appliance.core.lamp import Lamp
from appliance.core.orders import Report
from appliance.core.rules import AccountRules, Rules
from appliance.core.state import State

Json = dict[str, Any]
"""A JSON object."""


def status(
    state: State, now: Seconds, rules: Rules, *, pages: Sequence[Json], relays: Mapping[str, bool], journal_cost: float
) -> Json:
    """Return everything that `parkdeck status` shows; `journal_cost`: seconds that the last durable write took (S-1)."""
    return {
        "registered": [_registration(name, rule, state, now) for name, rule in rules.accounts.items()],
        "places": [_place(view) for view in views.places(state, now, rules)],
        "groups": [_group(name, state, now, rules) for name in rules.groups],
        "hunt_groups": [asdict(view) for view in hunt_views.hunt_groups(state, rules)],
        "pages": list(pages),
        "relays": [{"name": name, "closed": closed} for name, closed in relays.items()],
        "panels": _panels(views.lamps(state, rules)),
        "legs": len(state.legs),
        "journal": {"cost": round(journal_cost, 6), "kept": sum(leg.dialog is not None for leg in state.legs.values())},
        "draining": state.draining is not None,
        "health": health(state, rules),
        "version": own_version(),
    }


def own_version() -> str:
    """Return the version of the installed distribution; `source` when it runs from a checkout."""
    try:
        return version("parkdeck")
    except PackageNotFoundError:
        return "source"


def health(state: State, rules: Rules) -> list[str]:
    """Return what is wrong, each in a sentence; empty when well."""
    wrong = [f"{adapter}: {detail}" for adapter, detail in sorted(state.faults.items())]
    for name, rule in rules.accounts.items():
        account = state.registrations.get(name)
        if not rule.registers:
            continue
        if account is None:
            wrong.append(f"account {name}: not registered yet")
        elif not account.registered:
            wrong.append(f"account {name}: not registered: {account.reason or account.code}")
    wrong += [
        f"account {name}: the PBX does not understand Replaces (RFC 3891): calls will not survive a crash of the box"
        for name, does in sorted(state.replaces.items())
        if not does
    ]
    returning = sum(leg.returning is not None for leg in state.legs.values())
    return [*wrong, *([f"{returning} calls are coming back after a restart"] if returning else [])]


def _registration(name: str, rule: AccountRules, state: State, now: Seconds) -> Json:
    account = state.registrations.get(name)
    if not rule.registers:
        return {"account": name, "state": "static", "since": None, "last_code": None}
    if account is None:
        return {"account": name, "state": "trying", "since": None, "last_code": None}
    shown = "registered" if account.registered else "failed"
    return {"account": name, "state": shown, "since": round(now - account.since, 1), "last_code": account.code}


def party(who: Party | None) -> Json | None:
    """Return a party as an object, or None."""
    return None if who is None else {"number": who.number, "name": who.name}


def _place(view: views.PlaceView) -> Json:
    return {
        "number": view.number,
        "kind": view.kind,
        "owner": view.owner,
        "state": view.state,
        "caller": party(view.caller),
        "parker": party(view.parker),
        "since": None if view.since is None else round(view.since, 1),
        "recall_in": None if view.recall_in is None else round(view.recall_in, 1),
    }


def _group(name: str, state: State, now: Seconds, rules: Rules) -> Json:
    group = rules.groups[name]
    states = {view.number: view.state for view in views.places(state, now, rules)}
    free = [place for place in group.places if states.get(place) == "free"]
    return {"name": name, "number": group.number, "places": list(group.places), "free": list(free)}


def _panels(lamps: Mapping[KeyId, Lamp]) -> list[Json]:
    panels: dict[str, dict[str, str]] = {}
    for key, lamp in lamps.items():
        panels.setdefault(key.panel, {})[key.key] = lamp.value
    return [{"name": name, "lamps": keys} for name, keys in panels.items()]


def happening(report: Report) -> Json:
    """Return one line of `parkdeck events --json`."""
    return {
        "what": report.what.value,
        "place": report.place,
        "leg": report.leg,
        "caller": party(report.caller),
        "by": party(report.by),
        "detail": report.detail,
    }
