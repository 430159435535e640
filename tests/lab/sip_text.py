"""SIP messages as text: what a desk phone reads off them for its display. Pure; tolerant of everything."""

import re
from dataclasses import dataclass
from urllib.parse import unquote

Headers = list[tuple[str, str]]

_COMPACT = {"f": "from", "t": "to", "m": "contact", "i": "call-id", "v": "via", "c": "content-type", "b": "referred-by"}
_PARTY = re.compile(r'^\s*(?:"(?P<quoted>(?:[^"\\]|\\.)*)"|(?P<plain>[^<"]*?))\s*<(?P<uri>[^>]*)>')
_USER = re.compile(r"^(?:sips?:(?:(?P<user>[^@;:]*)[^@]*@)?|tel:(?P<tel>[^;]*))", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Party:
    """Somebody as a display shows him."""

    number: str
    name: str = ""


def clean(text: str) -> str:
    """Make text out of what SWIG decodes with surrogates, so that it can be printed and sent as JSON."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def first_line(message: str) -> str:
    """Return request or status line."""
    return message.split("\r\n", 1)[0]


def headers(message: str) -> Headers:
    """Return the headers in their order; names in lower case and long form, folded lines unfolded."""
    head = re.sub(r"\r\n[ \t]+", " ", message.split("\r\n\r\n", 1)[0])
    pairs = [line.partition(":") for line in head.split("\r\n")[1:]]
    return [(_COMPACT.get(name.strip().lower(), name.strip().lower()), value.strip()) for name, _, value in pairs]


def first(found: Headers, name: str) -> str:
    """Return the first header of that name (lower case); empty when there is none."""
    return next((value for key, value in found if key == name), "")


def user_of(uri: str) -> str:
    """Return the user part of a SIP URI or the number of a tel URI, unescaped; empty when there is none."""
    match = _USER.match(uri.strip())
    return unquote((match["user"] or match["tel"] or "") if match else "")


def party(value: str) -> Party:
    """Read name and number off the value of From, To, P-Asserted-Identity, Remote-Party-ID or Referred-By."""
    match = _PARTY.match(value)
    if match is None:
        return Party(user_of(value.split(";", 1)[0]))
    quoted = match["quoted"]
    name = match["plain"].strip() if quoted is None else re.sub(r"\\(.)", r"\1", quoted)
    return Party(user_of(match["uri"]), name)


def asserted(found: Headers) -> Party | None:
    """Return whom a trusted peer names: P-Asserted-Identity before Remote-Party-ID."""
    value = first(found, "p-asserted-identity") or first(found, "remote-party-id")
    return party(value) if value else None


def caller(found: Headers) -> Party:
    """Return whom an INVITE names: the asserted identity, else From."""
    return asserted(found) or party(first(found, "from"))


def dialled(message: str) -> str:
    """Return the user part of the request URI."""
    words = first_line(message).split(" ")
    return user_of(words[1]) if len(words) > 1 else ""


def answers_itself(found: Headers) -> bool:
    """Say whether an INVITE asks the phone to answer by itself (Call-Info answer-after=0, or an Alert-Info that says so)."""
    text = f"{first(found, 'call-info')} {first(found, 'alert-info')}".lower().replace(" ", "")
    return "answer-after=0" in text or "info=alert-autoanswer" in text or "auto-answer" in text
