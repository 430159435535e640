"""Several labs at once never share a port."""

import socket
from itertools import pairwise

from tests.lab.ports import HOST, Ports


def test_blocks_do_not_overlap():
    with Ports() as one, Ports(250) as other, Ports() as third:
        spans = sorted((block.first, block.last) for block in (one, other, third))
        assert all(before[1] < after[0] for before, after in pairwise(spans))
        assert other.last - other.first >= 249
        assert all(block.first % 2 == 0 for block in (one, other, third))


def test_a_block_is_given_back():
    with Ports() as block:
        last = block.last
    with socket.socket() as again:
        again.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        again.bind((HOST, last))
