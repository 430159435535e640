"""What the box may do with each torture message of RFC 4475 section 3 that comes from its PBX.

`codes` are the final answers that a user agent may give, 0: none. Where pjsip is more lenient than the RFC (it takes a body
that is shorter than its Content-Length, an OPTIONS with an unknown Require), the table says so.
"""

from dataclasses import dataclass

from tests.trust import torture_texts
from tests.trust.wire import Message

_SHARED = b"z9hG4bKkdjuw"
"""A branch that several of the messages have; pjsip takes two requests with one branch for the same, whoever sent them."""


@dataclass(frozen=True, slots=True)
class Torture:
    """One message."""

    section: str
    name: str
    codes: frozenset[int]

    @property
    def data(self) -> bytes:
        """The message, its branch its own."""
        return torture_texts.octets(self.name).replace(_SHARED, _SHARED + self.name.encode())

    def is_answered_by(self, one: Message) -> bool:
        """Say whether this is a final answer to it; to one without a Call-ID there is one without."""
        if self.name == "insuf":
            return one.code >= 200 and (one["Call-ID"], one["CSeq"]) == ("", "193942 INVITE")
        call_id = "3d9485ad0c49859b" if self.name == "mpart01" else f"{self.name}."
        return one.code >= 200 and one["Call-ID"].startswith(call_id)


def _torture(section: str, name: str, *codes: int) -> Torture:
    return Torture(section, name, frozenset(codes))


MESSAGES = (
    _torture(
        "3.1.1.1", "wsinv", 0, 481
    ),  # its To has a tag of a dialog that is not; for a while after a start it might be
    _torture("3.1.1.2", "intmeth", 405, 501),
    _torture("3.1.1.3", "esc01", 200),
    _torture("3.1.1.4", "escnull", 405),  # no REGISTER is for us, whatever is right or wrong with the rest of it
    _torture("3.1.1.5", "esc02", 405, 501),
    _torture("3.1.1.6", "lwsdisp", 200),
    _torture("3.1.1.7", "longreq", 200),
    _torture("3.1.1.8", "dblreq", 405),
    _torture("3.1.1.9", "semiuri", 200),
    _torture("3.1.1.10", "transports", 200),
    _torture("3.1.1.11", "mpart01", 200, 415),
    _torture("3.1.1.12", "unreason", 0),
    _torture("3.1.1.13", "noreason", 0),
    _torture("3.1.2.1", "badinv01", 400),
    _torture("3.1.2.2", "clerr", 200, 400),  # over UDP the datagram says how long it is
    _torture("3.1.2.3", "ncl", 400),
    _torture("3.1.2.4", "scalar02", 400, 405),
    _torture("3.1.2.5", "scalarlg", 0),
    _torture("3.1.2.6", "quotbal", 0, 400),  # its Via names a port where nobody listens
    _torture("3.1.2.7", "ltgtruri", 200, 400),
    _torture("3.1.2.8", "lwsruri", 400, 481),
    _torture("3.1.2.9", "lwsstart", 200, 400),
    _torture("3.1.2.10", "trws", 200, 400),
    _torture("3.1.2.11", "escruri", 200, 400),
    _torture("3.1.2.12", "baddate", 200, 400),
    _torture("3.1.2.13", "regbadct", 400, 405),
    _torture("3.1.2.14", "badaspec", 200, 400),
    _torture("3.1.2.15", "baddn", 200, 400),
    _torture("3.1.2.16", "badvers", 0, 400, 505),
    _torture("3.1.2.17", "mismatch01", 200, 400),  # pjsip goes by the request line
    _torture("3.1.2.18", "mismatch02", 400, 501),
    _torture("3.1.2.19", "bigcode", 0),
    _torture("3.2.1", "badbranch", 200, 400),
    _torture("3.3.1", "insuf", 400),
    _torture("3.3.2", "unkscm", 0, 400, 416),
    _torture("3.3.3", "novelsc", 0, 400, 416),
    _torture("3.3.4", "unksm2", 400, 405),
    _torture("3.3.5", "bext01", 200, 420),  # pjsua looks at Require of an INVITE only
    _torture("3.3.6", "invut", 415),
    _torture("3.3.7", "regaut01", 400, 401, 405),
    _torture("3.3.8", "multi01", 200, 400),  # pjsip takes one of each pair
    _torture("3.3.9", "mcl01", 200, 400),
    _torture("3.3.10", "bcast", 0),
    _torture("3.3.11", "zeromf", 200, 483),
    _torture("3.3.12", "cparam01", 405),
    _torture("3.3.13", "cparam02", 405),
    _torture("3.3.14", "regescrt", 405),
    _torture("3.3.15", "sdp01", 200, 406),
    _torture("3.4.1", "inv2543", 200, 400),  # without a Contact, which RFC 3261 section 12.1.1 wants
)
