"""Texts to phones: MESSAGE outside a dialog (P-17, RFC 3428). Runs in the SIP thread.

Nobody waits for one, and many phones cannot take any: one that says so is left alone until we are started anew.
"""

import logging
from typing import Any

import pjsua2 as pj

from appliance.sip.outgoing import TEXT_KIND, address, written
from appliance.sip.pjsua_guard import told

log = logging.getLogger(__name__)

UNABLE = (405, 501)
"""The phone, or the PBX for it, does not know the method."""
REFUSED = 300
MOST = 1000
"""Phones that are remembered."""


class Texts:
    """The texts of one account. `account` is the PbxAccount that owns this; it is passed in, so that nothing refers to it."""

    def __init__(self) -> None:
        self._unable: set[str] = set()
        """Addresses."""

    def send(self, account: Any, number: str, message: str) -> None:
        """Send a text; that it is refused is a line in the log."""
        settings = account.settings
        target = address(number, host=account.host(), transport=settings.transport)
        if target in self._unable or not account.candidates:
            log.debug("%s: no text to %s", settings.name, number)
            return
        parameters = pj.SendInstantMessageParam()
        parameters.contentType, parameters.content = TEXT_KIND, written(message)
        config = pj.BuddyConfig()
        config.uri, config.subscribe = target, False
        buddy = pj.Buddy()  # the library sends texts to nothing else
        try:
            buddy.create(account, config)
            buddy.sendInstantMessage(parameters)
        except pj.Error as error:
            log.warning("%s: text to %s: %s", settings.name, number, told(error))
        finally:
            buddy.__swig_destroy__(buddy)

    def answered(self, name: str, target: str, code: int) -> None:
        """Take the answer; `target` is whom it was for, `name` the account's."""
        if code in UNABLE and target not in self._unable and len(self._unable) < MOST:
            self._unable.add(target)
            log.info("%s: %s takes no texts (%s): it gets none any more", name, target, code)
        elif code >= REFUSED:
            log.debug("%s: text to %s: %s", name, target, code)
