"""The mutator itself: what it makes can be made again, and is wrong in many ways."""

import random

import pytest

from tests.trust.mutations import LONGEST, WRONGS, mutate
from tests.trust.recorded import TEXTS, Blanks, write

BLANKS = Blanks("127.0.0.1:5060", "127.0.0.1:5070", "call", "tag", "<sip:*68701@127.0.0.1>;tag=box")


def seeded(seed):
    return random.Random(seed)  # noqa: S311 - the same again, no secret


@pytest.mark.parametrize("kind", TEXTS)
def test_a_recorded_message_is_whole(kind):
    head, _, body = write(kind, BLANKS).partition(b"\r\n\r\n")
    assert b"{" not in head
    assert b"Content-Length: %4d" % len(body) in head
    assert all(b":" in line for line in head.split(b"\r\n")[1:])


def test_the_same_seed_gives_the_same_octets():
    message = write("INVITE", BLANKS)
    one, other = ([mutate(seeded(seed), message) for seed in range(200)] for _ in range(2))
    assert one == other
    assert len(set(one)) > 150
    assert max(map(len, one)) <= LONGEST


@pytest.mark.parametrize("wrong", WRONGS, ids=lambda wrong: wrong.__name__)
def test_each_wrong_changes_a_message(wrong):
    message = write("INVITE", BLANKS)
    assert len({wrong(seeded(seed), message) for seed in range(50)} - {message}) >= 3


@pytest.mark.parametrize("wrong", WRONGS, ids=lambda wrong: wrong.__name__)
def test_each_wrong_bears_anything(wrong):
    chance = seeded(7)
    for message in (b"", b"\r\n", b"\r\n\r\n", b"x", b"INVITE", bytes(range(256))):
        wrong(chance, message)
