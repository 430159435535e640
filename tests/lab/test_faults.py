"""The faults of the lab are real ones: what is cut does not pass, what is full takes nothing."""

import os
import socket
import subprocess
import time

import pytest

from tests.lab.cable import Cable
from tests.lab.disk import Card, Disk
from tests.lab.ports import HOST, Ports
from tests.lab.process import until
from tests.lab.relay import Relay

ECHO = """
import socket, sys
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
    one.bind((sys.argv[1], 5060))
    while True:
        data, source = one.recvfrom(2000)
        one.sendto(data, source)
"""


@pytest.mark.e2e  # needs root
def test_nothing_passes_while_the_cable_is_out():
    with Cable() as cable, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ours:
        echo = subprocess.Popen([*cable.inside, "python3", "-c", ECHO, cable.there])
        try:
            ours.settimeout(0.05)
            until(lambda: _echoed(ours, cable.there), "an echo")
            cable.pull()
            assert not any(_echoed(ours, cable.there) for _ in range(5))
            cable.plug()
            until(lambda: _echoed(ours, cable.there), "an echo again")
        finally:
            echo.kill()
            echo.wait()


def _echoed(ours, there):
    try:
        ours.sendto(b"?", (there, 5060))
        return ours.recv(100) == b"?"
    except OSError:
        return False


@pytest.mark.e2e  # needs root
def test_a_full_disk_takes_nothing_until_there_is_room(tmp_path):
    with Disk(tmp_path / "small") as disk:
        disk.fill()
        with pytest.raises(OSError, match="No space"):
            disk.seen(disk.folder / "more").write_bytes(b"x")
        disk.clear()
        disk.seen(disk.folder / "more").write_bytes(b"x")
    assert not list(disk.folder.iterdir())


@pytest.mark.e2e  # needs root
def test_a_card_that_gives_up_refuses_also_open_files(tmp_path):
    with Card(tmp_path / "card", tmp_path / "image") as card:
        with card.seen(card.folder / "open").open("wb", buffering=0) as file:
            file.write(b"before")
            os.fsync(file.fileno())
            card.give_up()
            with pytest.raises(OSError, match=r"Read-only|I/O error"):
                file.write(b"after")
        card.replace()
        assert card.seen(card.folder / "open").exists()
        card.seen(card.folder / "new").write_bytes(b"x")


@pytest.fixture
def two():
    with Ports() as ports:
        ends = []
        for port in (ports.first, ports.first + 2):
            ends.append(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
            ends[-1].bind((HOST, port))
            ends[-1].settimeout(0.3)
        yield ends
        for end in ends:
            end.close()


def test_a_relay_stands_for_either_side_and_opens_ports_for_media(two):
    box, pbx = two
    mine, yours = (end.getsockname()[1] for end in two)
    with Relay(mine, yours) as relay, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as media:
        media.bind((HOST, 0))
        media.settimeout(1)
        host, port = relay.server.split(":")
        text = f"INVITE sip:1@{relay.server} SIP/2.0\r\nContact: <sip:{HOST}:{mine}>\r\n\r\nm=audio 20000 RTP/AVP 8\r\n"
        box.sendto(text.encode(), (host, int(port)))
        data, there = pbx.recvfrom(2000)
        assert data.startswith(f"INVITE sip:1@{HOST}:{yours} ".encode())
        assert f"Contact: <sip:{HOST}:{there[1]}>".encode() in data
        assert len(data) == len(text)
        answer = data.replace(b"m=audio", b"m=audio")  # the PBX speaks of itself as it was spoken to
        pbx.sendto(answer, there)
        assert f"Contact: <sip:{HOST}:{mine}>".encode() in box.recv(2000)
        relay.weather.cut = True
        box.sendto(text.encode(), (host, int(port)))
        with pytest.raises(TimeoutError):
            pbx.recv(2000)


def test_a_relay_loses_doubles_and_delays(two):
    box, pbx = two
    with Relay(*(end.getsockname()[1] for end in two), seed=7) as relay:
        host, port = relay.server.split(":")
        relay.weather.lost, relay.weather.doubled, relay.weather.late = 0.2, 0.2, 0.2
        for number in range(200):
            box.sendto(b"%d" % number, (host, int(port)))
            time.sleep(0.001)  # a wire has a rate
        came = []
        while True:
            try:
                came.append(int(pbx.recv(100)))
            except TimeoutError:
                break
                assert 15 < 200 - len(set(came)) < 70
        assert len(came) > len(set(came)) + 10
        assert came != sorted(came)
