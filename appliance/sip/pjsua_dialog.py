"""By what the PBX knows our dialogs, read out of the library, and a message on the wire as it is written (S-2).

The C is `scripts/wheel/dialog.c`, inside our wheel. All of it belongs to the SIP thread.
"""

import ctypes
from dataclasses import replace

import _pjsua2

from appliance.core.ids import Dialog
from appliance.errors import AdapterError
from appliance.sip.headers import Message, parse, text

_SIZE = 8192
"""Bytes; PJSIP sends no longer request."""


class Dialogs:
    """The library's dialogs, by pjsua's call id."""

    def __init__(self) -> None:
        self._library = ctypes.CDLL(_pjsua2.__file__)
        if not hasattr(self._library, "parkdeck_dialog_describe"):
            raise AdapterError("this pjsua2 does not tell its dialogs: install the wheel that scripts/wheel builds")
        self._buffer = ctypes.create_string_buffer(_SIZE)

    def start(self) -> None:
        """After libInit: listen for strays; and from now on no dialog is ended by a request that nobody answers."""
        if status := self._library.parkdeck_dialog_start():
            raise AdapterError(f"the dialogs of the SIP stack cannot be followed: pjsip status {status}")

    def read(self, call: int, number: str) -> Dialog | None:
        """Return what a call is known by, None when it has no dialog; `number` is how a proxy finds the far side."""
        if self._library.parkdeck_dialog_describe(call, self._buffer, _SIZE) < 0:
            return None
        call_id, ours, theirs, replaces, proxied = map(text, self._buffer.value.split(b"\n")[:5])
        return Dialog(call_id, ours, theirs, replaces == "1", number if proxied == "1" else "")

    def read_ringing(self, call: int) -> Dialog | None:
        """Return what a call is known by whose INVITE of ours has just been sent; its `invite` is the CANCEL that fits."""
        dialog = self.read(call, "")  # the route set comes with the answer
        if dialog is None or self._library.parkdeck_dialog_cancel(call, self._buffer, _SIZE) < 0:
            return dialog
        return replace(dialog, invite=self._buffer.value.decode(errors="replace"))

    def send(self, message: str, transport: str, address: str, port: int) -> None:
        """Send a message through our port, once, without waiting for an answer. Raises AdapterError."""
        octets = message.encode(errors="replace")
        status = self._library.parkdeck_dialog_send(octets, transport.encode(), address.encode(), port)
        if status:
            raise AdapterError(f"cannot send to {transport} {address}:{port}: pjsip status {status}")

    def begin_ports(self, account: int, first: int) -> None:
        """Let the media ports of an account's calls begin there, instead of at the first of its span."""
        self._library.parkdeck_dialog_ports(account, first)

    def stray(self) -> Message | None:
        """Return the next final answer to an INVITE that no transaction of ours waits for; a living dialog's are among them."""
        if self._library.parkdeck_dialog_stray(self._buffer, _SIZE) < 0:
            return None
        return parse(self._buffer.value)
