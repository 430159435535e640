"""Keys and pins: each key does one thing, each pin has one user, each wired key exists."""

from collections.abc import Iterator

from appliance.config.checks.names import unknown
from appliance.config.checks.twice import twice
from appliance.config.draft import Draft
from appliance.config.findings import dotted
from appliance.errors import Finding


def _functions(draft: Draft) -> Iterator[Finding]:
    for found in draft.panels:
        for name, key in found.value.keys.items():
            if (key.place is None) == (key.page is None):
                wrong = "does nothing" if key.place is None else "has a place and a page"
                yield Finding(f"{found.path}.keys.{name}", wrong, 'write { place = "701" } or { page = "shop" }')


def _wired(draft: Draft) -> Iterator[Finding]:
    for name, pins in draft.hardware.keys.items() if draft.hardware else ():
        if name not in draft.key_names:
            yield unknown(dotted(("hardware", "keys", name)), name, draft.key_names, "panel key")
        if pins.pin is None and pins.lamp is None:
            yield Finding(
                dotted(("hardware", "keys", name)),
                "has neither a pin nor a lamp",
                "write { pin = 5, lamp = 6 }, or one of them",
            )


def _pins(draft: Draft) -> Iterator[Finding]:
    """No pin has two users (B-9)."""
    users = tuple((path, f"GPIO {pin}") for path, pin in _users(draft))
    yield from twice(users, "wire it to a pin of its own")


def _users(draft: Draft) -> Iterator[tuple[str, int]]:
    if draft.hardware is None:
        return
    for name, relay in draft.hardware.relays.items():
        yield f"hardware.relays.{name}.pin", relay.pin
    for name, key in draft.hardware.keys.items():
        for what, pin in (("pin", key.pin), ("lamp", key.lamp)):
            if pin is not None:
                yield dotted(("hardware", "keys", name, what)), pin


CHECKS = (_functions, _wired, _pins)
