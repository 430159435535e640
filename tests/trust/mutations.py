"""Messages that were right once, made wrong: a seeded mutator. Pure; the same seed gives the same octets.

A mutation is one of the wrongs below, or a few of them one after the other: of octets, of lines, of lengths and numbers, of
the SDP. What comes out may even be right again.
"""

import random
import re
from collections.abc import Callable

Wrong = Callable[[random.Random, bytes], bytes]

LONGEST = 8_000
"""Octets of a mutant: what a datagram to the box may have; longer ones have tests of their own."""
_HUGE = (b"-1", b"0", b"65536", b"4294967295", b"4294967296", b"18446744073709551616", b"9" * 300, b"1e9", b"0x7f")
_QUOTES = (b"%", b"%00", b"\\", b'"', b"<", b">", b";", b",", b"[", b"]", b"@", b"sip:", b"tel:+49", b"?a=b", b"[::1]")
_OCTETS = (b"\x00", b"\xff\xfe", b"\xc3\x28", b"\xf0\x9f\x93\x9e", b"\r", b"\n", b"\r\n", b"\r\n ", b"\r\n\r\n")
_TOKENS = (*_QUOTES, *_OCTETS, b"%n%s%x", b"A" * 300)
_NUMBER = re.compile(rb"\d+")
_SDP_LINE = re.compile(rb"(?m)^([a-z])=(.*?)\r?$")
_SDP_VALUES = (
    b"",
    b"IN IP6 ::1",
    b"IN IP4 0.0.0.0",
    b"IN IP4 224.2.1.1/127/3",
    b"IN IP4 999.1.1.1",
    b"audio 0 RTP/AVP 8",
    b"audio 65535/3 RTP/SAVP 8",
    b"audio 70000 RTP/AVP 8",
    b"audio 4000 RTP/AVP",
    b"video 4002 RTP/AVP 96",
    b"rtpmap:8 PCMA",
    b"rtpmap:101 telephone-event/0",
    b"rtpmap:256 X/8000/99999",
    b"fmtp:101 0-15,66,70-" + b"9" * 40,
    b"ptime:0",
    b"ptime:99999",
    b"crypto:1 AES_CM_128_HMAC_SHA1_80 inline:" + b"A" * 500,
    b"candidate:1 1 UDP 1 127.0.0.1 1 typ host",
    b"rtcp:1 IN IP4 127.0.0.1",
    b"ssrc:1 cname:" + b"x" * 300,
)


def mutate(chance: random.Random, message: bytes) -> bytes:
    """Return a message with one to four wrongs."""
    for _ in range(chance.choice((1, 1, 1, 2, 2, 4))):
        message = chance.choice(WRONGS)(chance, message)
    return message[:LONGEST]


def flip_bits(chance: random.Random, message: bytes) -> bytes:
    """Turn some bits over."""
    octets = bytearray(message)
    for _ in range(chance.randint(1, 8) if octets else 0):
        octets[chance.randrange(len(octets))] ^= 1 << chance.randrange(8)
    return bytes(octets)


def lose_octets(chance: random.Random, message: bytes) -> bytes:
    """Leave some octets out."""
    at, end = _span(chance, message, 40)
    return message[:at] + message[end:]


def repeat_octets(chance: random.Random, message: bytes) -> bytes:
    """Say some octets again, perhaps many times."""
    at, end = _span(chance, message, 60)
    return message[:end] + message[at:end] * chance.choice((1, 1, 2, 30)) + message[end:]


def cut(chance: random.Random, message: bytes) -> bytes:
    """Stop somewhere."""
    return message[: chance.randint(1, max(len(message), 1))]


def insert_token(chance: random.Random, message: bytes) -> bytes:
    """Put something in that means something to a parser."""
    at = chance.randint(0, len(message))
    return message[:at] + chance.choice(_TOKENS) + message[at:]


def swap_lines(chance: random.Random, message: bytes) -> bytes:
    """Let two lines change places, perhaps the first."""
    lines = message.split(b"\r\n")
    one, other = chance.randrange(len(lines)), chance.randrange(len(lines))
    lines[one], lines[other] = lines[other], lines[one]
    return b"\r\n".join(lines)


def repeat_line(chance: random.Random, message: bytes) -> bytes:
    """Say a line again, perhaps many times."""
    lines = message.split(b"\r\n")
    at = chance.randrange(len(lines))
    return b"\r\n".join(lines[:at] + [lines[at]] * chance.choice((2, 2, 3, 60)) + lines[at + 1 :])


def lose_line(chance: random.Random, message: bytes) -> bytes:
    """Leave a line out."""
    lines = message.split(b"\r\n")
    del lines[chance.randrange(len(lines))]
    return b"\r\n".join(lines)


def empty_line(chance: random.Random, message: bytes) -> bytes:
    """Leave what stands behind a colon or an equals sign out."""
    lines = message.split(b"\r\n")
    at = chance.randrange(len(lines))
    lines[at] = re.sub(rb"(?s)([:=]).*", rb"\1", lines[at], count=1)
    return b"\r\n".join(lines)


def lie_about_length(chance: random.Random, message: bytes) -> bytes:
    """Say another length of the body."""
    return re.sub(rb"(?i)(content-length\s*:\s*)\d*", lambda found: found[1] + chance.choice(_HUGE), message, count=1)


def change_number(chance: random.Random, message: bytes) -> bytes:
    """Make one number another one."""
    found = list(_NUMBER.finditer(message))
    if not found:
        return message
    at = chance.choice(found)
    return message[: at.start()] + chance.choice(_HUGE) + message[at.end() :]


def stretch_token(chance: random.Random, message: bytes) -> bytes:
    """Make a word long."""
    found = list(re.finditer(rb"[A-Za-z0-9-]+", message))
    if not found:
        return message
    at = chance.choice(found)
    return message[: at.end()] + at[0][-1:] * chance.choice((70, 300, 600, 2000)) + message[at.end() :]


def end_lines_otherwise(chance: random.Random, message: bytes) -> bytes:
    """End lines in another way, or fold them."""
    return message.replace(b"\r\n", chance.choice((b"\n", b"\r", b"\n\r", b"\r\r\n", b"\r\n ", b"\r\n\t", b"\x00\r\n")))


def change_sdp(chance: random.Random, message: bytes) -> bytes:
    """Change, lose or repeat a line of the SDP; Content-Length is right again."""
    head, empty, body = message.partition(b"\r\n\r\n")
    found = list(_SDP_LINE.finditer(body))
    if not found:
        return message
    at = chance.choice(found)
    line = chance.choice((b"", at[0] * 1, b"%c=%s" % (at[1][0], chance.choice(_SDP_VALUES))))
    again = line + b"\r\n" + at[0] if chance.random() < 0.3 else line
    return _counted(head, empty, body[: at.start()] + again + body[at.end() :])


def repeat_sdp(chance: random.Random, message: bytes) -> bytes:
    """Say the media, or the attributes, many times."""
    head, empty, body = message.partition(b"\r\n\r\n")
    at = body.find(b"m=")
    if at < 0:
        return message
    return _counted(head, empty, body[:at] + body[at:] * chance.choice((2, 5, 10, 20)))


WRONGS: tuple[Wrong, ...] = (
    flip_bits,
    lose_octets,
    repeat_octets,
    cut,
    insert_token,
    swap_lines,
    repeat_line,
    lose_line,
    empty_line,
    lie_about_length,
    change_number,
    stretch_token,
    end_lines_otherwise,
    change_sdp,
    repeat_sdp,
)


def _span(chance: random.Random, message: bytes, longest: int) -> tuple[int, int]:
    at = chance.randint(0, len(message))
    return at, min(at + chance.randint(1, longest), len(message))


def _counted(head: bytes, empty: bytes, body: bytes) -> bytes:
    return re.sub(rb"(?i)(content-length:\s*)\d+", lambda found: found[1] + b"%d" % len(body), head) + empty + body
