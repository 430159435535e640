"""One dialog of the SIP stack without a network, as the far side knows it."""

import uuid
from dataclasses import dataclass

from appliance.core.ids import Dialog, LegId, Party, Serial
from appliance.core.orders import Dial, TakeOver


def word() -> str:
    """Return a Call-ID or a tag: unlike any other in this process or the next."""
    return uuid.uuid4().hex


@dataclass(slots=True)
class FakeLeg:
    """One dialog, as the far side knows it."""

    leg: LegId
    account: str
    party: Party
    arrived: bool
    dialog: Dialog
    dial: Dial | TakeOver | None = None
    confirmed: bool = False
    media: bool = False
    rang: bool = False
    diverted: bool = False
    displays: Party | None = None
    """Whom its phone was told to display."""
    said: Serial | None = None
    """The utterance that was heard to its end."""
    speaking: Serial | None = None
    """The utterance whose voice was asked for."""
