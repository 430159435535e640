"""Names: each given once, and each that is used is given."""

import difflib
from collections.abc import Iterable, Iterator

from appliance.config.checks.twice import twice, within
from appliance.config.draft import Draft
from appliance.config.rule import quote
from appliance.errors import Finding


def unknown(path: str, name: str, known: Iterable[str], what: str) -> Finding:
    """Say that nothing has this name, and which one may have been meant."""
    nearest = difflib.get_close_matches(name, sorted(known), n=1)
    others = f"add it, or name another (there is {', '.join(sorted(known)) or 'none'})"
    remedy = f"did you mean {quote(nearest[0])}?" if nearest else others
    return Finding(path, f"there is no {what} {quote(name)}", remedy)


def _unique(draft: Draft) -> Iterator[Finding]:
    for what, listed in (("account", draft.accounts), ("zone", draft.zones), ("panel", draft.panels)):
        named = ((f"{found.path}.name", found.value.name) for found in listed)
        yield from twice(named, f"give each {what} a name of its own")


def _zones(draft: Draft) -> Iterator[Finding]:
    known = draft.zone_names
    for listed in (draft.extensions, draft.orbits, draft.groups, draft.panels):
        for found in listed:
            if found.value.zone and found.value.zone not in known:
                yield unknown(f"{found.path}.zone", found.value.zone, known, "zone")
    for panel in draft.panels:
        for name, key in panel.value.keys.items():
            if key.page is not None and key.page not in known:
                yield unknown(f"{panel.path}.keys.{name}.page", key.page, known, "zone")


def _relays(draft: Draft) -> Iterator[Finding]:
    """Without pins every relay is simulated by its name alone."""
    if draft.hardware and draft.hardware.backend == "sim":
        return
    for found in draft.zones:
        if found.value.relay and found.value.relay not in draft.relay_names:
            yield unknown(f"{found.path}.relay", found.value.relay, draft.relay_names, "relay in [hardware.relays]")


def _media(draft: Draft) -> Iterator[Finding]:
    if draft.sip:
        first, last = draft.sip.rtp_ports
        yield from within("sip.codecs", draft.sip.codecs)
        if first <= draft.sip.port + 1 and draft.sip.port <= last:
            yield Finding("sip.port", f"{draft.sip.port} lies within rtp_ports", "write a port outside them, as 5060")
    for found in draft.zones:
        yield from within(f"{found.path}.multicast", found.value.multicast)


CHECKS = (_unique, _zones, _relays, _media)
