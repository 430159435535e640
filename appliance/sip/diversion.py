"""Did the far side send a call of ours on to somebody else (P-25, P-29)? Read off the responses to our INVITE. Pure."""

import itertools
import re
from urllib.parse import unquote

from appliance.sip.headers import Message
from appliance.sip.uri import parse_address

FORWARDED, EARLY_DIALOG_ENDED = 181, 199
"""RFC 3261 section 21.1.3; RFC 6228: a phone is tried no more, and another is."""
_FIRST_FAILURE = 300
_CAUSE = re.compile(r"cause\s*=\s*\d{3}", re.IGNORECASE)


def is_diverted(response: Message) -> bool:
    """Return whether an 18x, 199 or 2xx says that whoever answers is not whom we called.

    Diversion is RFC 5806. A History-Info that merely tells the phone's address is everybody's (RFC 7044).
    """
    if response.code in (FORWARDED, EARLY_DIALOG_ENDED):
        return True
    if response.code >= _FIRST_FAILURE:
        return False
    return any(parse_address(item).user for item in response.items("diversion")) or _retargeted(response)


def _retargeted(response: Message) -> bool:
    """A target was mapped to another user (`mp`), carries a cause (RFC 4458), or replaces another user that failed."""
    entries = [parse_address(item) for item in response.items("history-info")]
    marked = any("mp" in entry.parameters or "cause" in entry.options for entry in entries)
    failed = (
        earlier.user != later.user and _CAUSE.search(unquote(earlier.headers, errors="replace"))
        for earlier, later in itertools.pairwise(entries)
    )
    return marked or any(failed)
