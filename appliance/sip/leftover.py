"""What becomes of an INVITE that an earlier process sent: it is cancelled, and its answer is acknowledged. Pure.

Our stack knows nothing of that INVITE. All that is left of it is its CANCEL, written down while it was under way; from that
and from an answer the rest can be said (RFC 3261). Whoever answered the call meanwhile is hung up: he hears nobody.
"""

import re
import secrets

from appliance.sip.headers import Message, parse, text

_BRANCH = re.compile(r"(;\s*branch\s*=\s*)[^;,\s]+", re.IGNORECASE)
_OK, _REDIRECTED = 200, 300


def replies(cancel: str, answer: Message) -> tuple[str, ...]:
    """Return the messages that a final answer to the INVITE of this CANCEL is owed; none when it is no such answer."""
    cancelled, code = parse(cancel), answer.code
    if code < _OK or _ident(answer) != _ident(cancelled) or not _number(cancelled).isdecimal():
        return ()
    number = int(_number(cancelled))
    if code >= _REDIRECTED:  # section 17.1.1.3: as the INVITE, hop by hop
        via, routes = cancelled.value("via"), cancelled.values("route")
        return (_request("ACK", number, cancelled.target, via, routes, answer),)
    target = _uri(answer.value("contact"))  # section 13.2.2.4: inside the dialog
    routes = tuple(reversed(answer.items("record-route")))
    return tuple(
        _request(method, number + more, target, _other_branch(cancelled.value("via")), routes, answer)
        for method, more in (("ACK", 0), ("BYE", 1))
    )


def _request(method: str, number: int, target: str, via: str, routes: tuple[str, ...], answer: Message) -> str:
    fields = (
        ("Via", via),
        *(("Route", route) for route in routes),
        ("Max-Forwards", "70"),
        ("From", answer.value("from")),
        ("To", answer.value("to")),
        ("Call-ID", answer.value("call-id")),
        ("CSeq", f"{number} {method}"),
        ("Content-Length", "0"),
    )
    lines = [f"{method} {target} SIP/2.0", *(f"{name}: {text(value)}" for name, value in fields)]
    return "\r\n".join([*lines, "", ""])


def _ident(message: Message) -> tuple[str, str]:
    return message.value("call-id"), _number(message)


def _number(message: Message) -> str:
    return message.value("cseq").partition(" ")[0]


def _uri(contact: str) -> str:
    """Return the URI as it stands in a Contact (section 20.10: without brackets, parameters are the header's)."""
    _, bracket, rest = contact.partition("<")
    return rest.partition(">")[0] if bracket else contact.partition(";")[0].strip()


def _other_branch(via: str) -> str:
    return _BRANCH.sub(rf"\g<1>z9hG4bK{secrets.token_hex(16)}", via, count=1)
