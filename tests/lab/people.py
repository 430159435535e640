"""What people do at phones, and machines do not."""

import time

from tests.lab.phone import Call

REACH = 1.2
"""Seconds until somebody has the handset at his ear: who answers within one of the INVITE is taken for a voicemail (P-25)."""


def pick_up(call: Call) -> Call:
    """Answer a call that comes in, no sooner than a person can, and wait until both sides talk."""
    time.sleep(max(0.0, call.invite.at + REACH - time.monotonic()))
    return call.answer()
