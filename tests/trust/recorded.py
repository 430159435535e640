"""Real messages, with blanks: what a PBX says to the box in its dialogs, as Asterisk 22 and its phones wrote it in the lab.

Each text was written after a recording of the end-to-end tests (blind and attended park, hold, release, recall, digits by
INFO); what differs from call to call is a blank. `write` fills it in and counts the body.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass

_HEAD = """\
Via: SIP/2.0/UDP {pbx};rport;branch=z9hG4bKPj{branch}
From: {name}<sip:{caller}@127.0.0.1>;tag={tag}
To: {to}
Contact: <sip:asterisk@{pbx}>
Call-ID: {call_id}
"""
_TAIL = """\
Max-Forwards: 70
User-Agent: Asterisk
"""
_ALLOW = """\
Allow: OPTIONS, REGISTER, SUBSCRIBE, NOTIFY, PUBLISH, INVITE, ACK, BYE, CANCEL, UPDATE, PRACK, INFO, MESSAGE, REFER
Supported: 100rel, timer, replaces, norefersub, histinfo
Session-Expires: 1800{refresher}
Min-SE: 90
"""
_SDP = """
v=0
o=- 994183411 {version} IN IP4 127.0.0.1
s=Asterisk
c=IN IP4 127.0.0.1
t=0 0
m=audio {port} RTP/AVP 8 0 9 101
a=rtpmap:8 PCMA/8000
a=rtpmap:0 PCMU/8000
a=rtpmap:9 G722/8000
a=rtpmap:101 telephone-event/8000
a=fmtp:101 0-16
a=ptime:20
a=maxptime:140
a={direction}
"""
_OFFER = "Content-Type: application/sdp\n" + _SDP
_IDENTITY = "P-Asserted-Identity: {name}<sip:{caller}@127.0.0.1>\n"
_TRANSFERRED = _IDENTITY + "Referred-By: <sip:{parker}@127.0.0.1>\n"
_FRESH = "INVITE sip:{number}@{box};ob SIP/2.0\n" + _HEAD + "CSeq: {cseq} INVITE\n" + _ALLOW


def _inside(method: str, more: str = "\n", *, cseq: str = "") -> str:
    return f"{method} sip:800@{{box}};ob SIP/2.0\n" + _HEAD + f"CSeq: {{cseq}} {cseq or method}\n" + _TAIL + more


TEXTS: Mapping[str, str] = {
    "INVITE": _FRESH + _TRANSFERRED + _TAIL + _OFFER,
    "fresh INVITE": _FRESH + _IDENTITY + _TAIL + _OFFER,
    "late offer": _FRESH + _TRANSFERRED + _TAIL + "\n",
    "ACK": _inside("ACK"),
    "re-INVITE": _inside("INVITE", _ALLOW + _IDENTITY + _OFFER),
    "UPDATE": _inside("UPDATE", _ALLOW + _IDENTITY + "\n"),
    "UPDATE with offer": _inside("UPDATE", _ALLOW + _OFFER),
    "OPTIONS": _inside("OPTIONS", "Accept: application/sdp\n\n"),
    "INFO": _inside("INFO", "Content-Type: application/dtmf-relay\n\nSignal=1\nDuration=100\n"),
    "MESSAGE": _inside("MESSAGE", "Content-Type: text/plain;charset=utf-8\n\nEin Anrufer für Sie ist verloren\n"),
    "REFER": _inside("REFER", "Refer-To: <sip:0900666@127.0.0.1>\nReferred-By: <sip:101@127.0.0.1>\n\n"),
    "REFER with Replaces": _inside(
        "REFER",
        "Refer-To: <sip:103@127.0.0.1?Require=replaces&Replaces={call_id}%3Bto-tag%3D1%3Bfrom-tag%3D2>\nEvent: refer\n\n",
    ),
    "NOTIFY": _inside(
        "NOTIFY",
        "Event: refer\nSubscription-State: active;expires=599\nAllow-Events: presence, dialog, message-summary, refer\n"
        "Content-Type: message/sipfrag;version=2.0\n\nSIP/2.0 100 Trying\n",
    ),
    "NOTIFY talk": _inside("NOTIFY", "Event: talk\nSubscription-State: active\n\n"),
    "SUBSCRIBE": _inside("SUBSCRIBE", "Event: dialog\nExpires: 600\nAccept: application/dialog-info+xml\n\n"),
    "PRACK": _inside("PRACK", "RAck: 1 {cseq} INVITE\n\n"),
    "BYE": _inside("BYE", "Reason: Q.850;cause=16\n\n"),
    "CANCEL": "CANCEL sip:{number}@{box};ob SIP/2.0\n" + _HEAD + "CSeq: {cseq} CANCEL\n" + _TAIL + "\n",
    "REPLACES": _FRESH + "Replaces: {replaces}\nRequire: replaces\n" + _TAIL + _OFFER,
    "REGISTER": ("REGISTER sip:{box} SIP/2.0\n" + _HEAD + "CSeq: {cseq} REGISTER\nExpires: 120\n" + _TAIL + "\n"),
    "401": (
        "SIP/2.0 401 Unauthorized\n" + _HEAD + "CSeq: {cseq} REGISTER\n"
        'WWW-Authenticate: Digest realm="asterisk",nonce="1795468727/88f4c95f4f38140c1ceb772d0e703d82",'
        'opaque="317a53361fbc3dd2",algorithm=MD5,qop="auth"\nServer: Asterisk\n\n'
    ),
    "180": "SIP/2.0 180 Ringing\n" + _HEAD + "CSeq: {cseq} INVITE\nServer: Asterisk\n\n",
    "200": "SIP/2.0 200 OK\n" + _HEAD + "CSeq: {cseq} INVITE\nServer: Asterisk\n" + _OFFER,
    "302": "SIP/2.0 302 Moved\n" + _HEAD + "CSeq: {cseq} INVITE\nServer: Asterisk\n\n",
}
"""Each kind of message by its name: requests by their method, responses by their code."""


@dataclass(frozen=True, slots=True)
class Blanks:
    """What differs from message to message."""

    box: str
    """host:port of the box."""
    pbx: str
    """host:port of whoever says it."""
    call_id: str
    tag: str
    """Tag of whoever says it."""
    to: str
    """To, with the box's tag in a dialog."""
    number: str = "*68701"
    cseq: int = 2709
    branch: str = "135d0310"
    caller: str = "+49301234567"
    name: str = '"Müller" '
    parker: str = "101"
    port: int = 29836
    version: int = 994183411
    direction: str = "sendrecv"
    refresher: str = ""
    replaces: str = ""


def write(kind: str, blanks: Blanks) -> bytes:
    """Return a message as it goes over the wire: lines ended by CR LF, the body counted."""
    head, _, body = TEXTS[kind].format_map(asdict(blanks)).partition("\n\n")
    octets = body.replace("\n", "\r\n").encode()
    lines = [*head.rstrip("\n").split("\n"), f"Content-Length: {len(octets):4d}", "", ""]
    return "\r\n".join(lines).encode() + octets
