"""What our requests say: whom they call, how phones shall ring and whom they shall show, what dialog is taken over. Pure."""

from dataclasses import dataclass
from urllib.parse import quote

from appliance.core.ids import Dialog, Party
from appliance.core.orders import Alert, Dial, TakeOver
from appliance.sip.headers import text
from appliance.sip.uri import clean, escaped, quoted, shortened

ALERTS = {
    Alert.NORMAL: "",
    Alert.LONG_LONG: "Bellcore-dr2",
    Alert.SHORT_SHORT_LONG: "Bellcore-dr3",
    Alert.SHORT_LONG_SHORT: "Bellcore-dr4",
}
"""The Bellcore patterns: dr2 is long-long, dr3 short-short-long, dr4 short-long-short. The cadences are in the manuals of
Yealink (SIP-T48G administrator's guide, "Distinctive Ring Tones") and Aastra/Mitel (57i, "Bellcore cadence settings");
Yealink looks for the keyword anywhere in Alert-Info (RFC 3261 section 20.4), with or without `info=`."""


TEXT_KIND = "text/plain;charset=UTF-8"
LONGEST_TEXT = 800
"""Octets of a text: a MESSAGE must not be longer than 1300 as a whole (RFC 3428 section 8)."""

_IN_A_VALUE = "!~*'()[]/?:+$"
"""What may stand in the value of a URI's header as it is, besides what never needs escaping (`hvalue`, RFC 3261 section 25.1)."""


@dataclass(frozen=True, slots=True)
class Invite:
    """Everything that the stack needs to send one."""

    target: str
    source: str
    """Our From: the user part stays our extension, by which the PBX knows us; the name is whom the phone shall show."""
    headers: tuple[tuple[str, str], ...]


def invite(order: Dial, *, extension: str, host: str, transport: str = "udp") -> Invite:
    """Return the INVITE for an order; `host` is the PBX's, with its port if it has one."""
    return Invite(
        target=address(order.number, host=host, transport=transport),
        source=_spaced(quoted(_shown_name(order.shown)), f"<sip:{escaped(extension)}@{host}>"),
        headers=(
            *_identity(order.shown, extension, host),
            *_alert(order.alert),
            *(_AUTO_ANSWER if order.auto_answer else ()),
        ),
    )


def display(shown: Party, *, extension: str, host: str, calling: bool) -> tuple[tuple[str, str], ...]:
    """Return the headers that tell a phone in the middle of a call who is at the other end now (P-16, RFC 5876 section 3).

    Remote-Party-ID (draft-ietf-sip-privacy-04) is for phones and PBXs that know nothing better; `calling`: the call is ours.
    """
    party, privacy = "calling" if calling else "called", "full" if _is_hidden(shown) else "off"
    remote = f"{_address_of(shown, extension, host)};party={party};screen=yes;privacy={privacy}"
    return (*_identity(shown, extension, host), ("Remote-Party-ID", remote))


def written(message: str) -> str:
    """Return a text as a MESSAGE carries it: on one line, and not too long."""
    return shortened(text(message).strip(), LONGEST_TEXT)


def take_over(order: TakeOver, *, extension: str, host: str, transport: str = "udp") -> Invite:
    """Return the INVITE that goes on with a dialog of an earlier process (RFC 3891 section 3).

    It goes to our own number, not to the contact of the old dialog: Asterisk answers that with 404.
    """
    return Invite(
        target=address(order.dialog.target or extension, host=host, transport=transport),
        source=f"<sip:{escaped(extension)}@{host}>",
        headers=(("Replaces", _replaces(order.dialog)), ("Require", "replaces")),
    )


def refer_to(dialog: Dialog, number: str, *, host: str, transport: str = "udp") -> str:
    """Return the Refer-To that joins somebody to a dialog of ours in our place (RFC 3891 section 3, RFC 3515 section 2.1).

    `number` is how the PBX finds its far side; one that looks at the tags first, as Asterisk does, need not.
    """
    replaces = quote(_replaces(dialog), safe=_IN_A_VALUE)
    return f"<{address(number, host=host, transport=transport)}?Require=replaces&Replaces={replaces}>"


def address(number: str, *, host: str, transport: str = "udp") -> str:
    """Return the URI of a number at a PBX."""
    suffix = "" if transport == "udp" else f";transport={transport}"
    return f"sip:{escaped(clean(number))}@{host}{suffix}"


_AUTO_ANSWER = (
    ("Call-Info", "<sip:127.0.0.1>;answer-after=0"),
    ("Alert-Info", "<http://127.0.0.1>;info=alert-autoanswer;delay=0"),
)
"""Call-Info with answer-after: Snom, Gigaset, AudioCodes. Alert-Info with alert-autoanswer: Yealink (FAQ "Intercom Auto
Answer"), Gigaset, AudioCodes; Aastra wants the delay with it (release notes 2.1). Phones that know both take either."""


def _replaces(dialog: Dialog) -> str:
    """Name the tags as the receiver sees them: `to-tag` is its own."""
    return text(f"{dialog.call_id};to-tag={dialog.remote_tag};from-tag={dialog.local_tag}")


def _identity(shown: Party, extension: str, host: str) -> tuple[tuple[str, str], ...]:
    """P-Asserted-Identity (RFC 3325 section 9.1): Asterisk takes it over with `trust_id_inbound`."""
    asserted = ("P-Asserted-Identity", _address_of(shown, extension, host))
    return (asserted, ("Privacy", "id")) if _is_hidden(shown) else (asserted,)


def _is_hidden(shown: Party) -> bool:
    return not (clean(shown.number) or clean(shown.name))


def _address_of(shown: Party, extension: str, host: str) -> str:
    """Who hides is anonymous (RFC 3323 section 4.1.1.3); what only has a name is told under our own number."""
    if _is_hidden(shown):
        return '"Anonymous" <sip:anonymous@anonymous.invalid>'
    return _spaced(quoted(shown.name), f"<sip:{escaped(clean(shown.number) or extension)}@{host}>")


def _alert(alert: Alert) -> tuple[tuple[str, str], ...]:
    pattern = ALERTS[alert]
    return (("Alert-Info", f"<http://127.0.0.1/{pattern}>;info={pattern}"),) if pattern else ()


def _shown_name(shown: Party) -> str:
    return clean(shown.name) or shown.number


def _spaced(*parts: str) -> str:
    return " ".join(part for part in parts if part)
