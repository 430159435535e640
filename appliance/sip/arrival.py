"""What a raw INVITE says: which number was dialled, who calls, who transferred him (P-2). Pure.

Only meaningful for an INVITE from a trusted address: whoever sends it can write into these headers what he likes.
"""

import itertools
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from urllib.parse import unquote

from appliance.core.ids import Party
from appliance.sip.headers import Message
from appliance.sip.uri import Address, parse_address, parse_uri

_DIALLABLE = re.compile(r"\+?[0-9*#A-Da-d]+")
HIDDEN_USERS = frozenset({"anonymous", "unknown", "private", "restricted", "unavailable"})
_HIDING = frozenset({"id", "user", "header"})
"""Privacy values (RFC 3323, RFC 3325) with which the caller asks not to be named."""

_FORWARDED = frozenset(
    {"user-busy", "no-answer", "unavailable", "time-of-day", "do-not-disturb", "away", "out-of-service"}
)
"""Reasons in Diversion (RFC 5806 section 4) that tell of a phone which could not take the call, not of a transfer."""
_TRANSFER_CAUSES = frozenset({"302", "480", "487"})
"""Causes in History-Info (RFC 4458 section 2): unconditional, and deflection while or before it rang."""
_CAUSE = re.compile(r"cause\s*=\s*(\d{3})", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Arrival:
    """An INVITE, understood."""

    dialled: str
    caller: Party
    transferred_by: Party | None


def read_invite(message: Message, own: Collection[str]) -> Arrival:
    """Understand an INVITE; `own` are the user parts that are nothing but our registration."""
    number = dialled(message, own)
    return Arrival(number, caller(message), transferrer(message, number))


def dialled(message: Message, own: Collection[str]) -> str:
    """Return the request URI's user; when that is only our contact and To names a code or number, that one.

    A hosted PBX calls the registered contact and leaves what was dialled in To (RFC 3261 section 8.1.1.2).
    """
    target = parse_uri(message.target).user
    named = parse_address(message.value("to")).user
    only_us = not target or target in own
    return named if only_us and named not in own and _DIALLABLE.fullmatch(named) else target


def caller(message: Message) -> Party:
    """Return who is at the far side: P-Asserted-Identity, else Remote-Party-ID, else From."""
    asserted = identity(message)
    return party(parse_address(message.value("from")), hidden=_private(message)) if asserted is None else asserted


def identity(message: Message) -> Party | None:
    """Return whom the PBX vouches for (RFC 3325), None when it names nobody."""
    asserted = [parse_address(item) for item in message.items("p-asserted-identity")]
    named = [address for address in asserted if address.user]
    if named:
        name = next((address.name for address in (*named, *asserted) if address.name), "")
        return party(named[0], name=name, hidden=_private(message))
    remote = parse_address(message.value("remote-party-id"))
    if remote.user:
        return party(remote, hidden=_private(message) or remote.parameters.get("privacy", "off") in {"full", "uri"})
    return None


def party(address: Address, *, name: str = "", hidden: bool = False) -> Party:
    """Return an address as a party; empty when he is anonymous, and no name that only repeats the number."""
    if hidden or address.host.endswith("anonymous.invalid") or address.user.lower() in HIDDEN_USERS:
        return Party("")
    shown = name or address.name
    return Party(address.user, "" if shown == address.user else shown)


def understands(message: Message, extension: str) -> bool:
    """Whether whoever sent a message knows an extension of SIP (RFC 3261 sections 20.32 and 20.37)."""
    tags = (*message.items("supported"), *message.items("require"))
    return extension in {tag.lower() for tag in tags}


def transferrer(message: Message, number: str) -> Party | None:
    """Return who transferred the call to `number`: Referred-By (RFC 3892), else Diversion, else History-Info."""
    referrer = parse_address(message.value("referred-by"))
    for candidate in (referrer, *_diverted(message), *_retargeted(message)):
        if candidate.user and candidate.user != number:
            return party(candidate)
    return party(referrer) if message.value("referred-by") else None


def _private(message: Message) -> bool:
    wishes = {wish.strip().lower() for value in message.values("privacy") for wish in value.split(";")}
    return bool(wishes & _HIDING)


def _diverted(message: Message) -> Iterator[Address]:
    """Yield the topmost Diversion, which is the latest (RFC 5806 section 6), when it may be a transfer."""
    for item in message.items("diversion")[:1]:
        address = parse_address(item)
        if address.parameters.get("reason", "unknown").lower() not in _FORWARDED:
            yield address


def _retargeted(message: Message) -> Iterator[Address]:
    """Yield the last entry that the call was taken away from on purpose (RFC 7044 section 5)."""
    entries = [parse_address(item) for item in message.items("history-info")]
    for earlier, later in reversed(list(itertools.pairwise(entries))):
        reason = _CAUSE.search(unquote(earlier.headers, errors="replace"))
        causes = {reason[1] if reason else "", later.options.get("cause", "")}
        if causes & _TRANSFER_CAUSES:
            yield earlier
