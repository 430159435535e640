"""The door of the SIP stack (scripts/wheel/guard.c), seen from the wire: strangers hear nothing, friends the right code."""

import re
import socket
import subprocess
import sys
import time
import uuid
from pathlib import Path

import pytest

pytestmark = pytest.mark.sip

SILENCE = 1.0  # a stack that answers on loopback does so in milliseconds
SDP = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 9 RTP/AVP 8\r\n"
UNKNOWN_DIALOG = ["BYE", "CANCEL", "NOTIFY", "UPDATE", "PRACK", "INFO"]
NOT_ALLOWED = ["PUBLISH", "REFER", "REGISTER"]
METHODS = [*UNKNOWN_DIALOG, *NOT_ALLOWED, "OPTIONS", "INVITE", "SUBSCRIBE", "MESSAGE", "FOO", "ACK"]


class Box:
    """The endpoint under test: `ask` sends it a command and gives the answer."""

    def __init__(self, process):
        self.process = process
        started, udp, tcp = self.ask("ports").split()
        assert started == "0"
        self.udp, self.tcp = int(udp), int(tcp)

    def ask(self, command):
        self.process.stdin.write(command + "\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().strip()

    @property
    def dropped(self):
        return int(self.ask("dropped"))


class Peer:
    """A SIP peer of bare sockets; `at` is its source as the guard would name it."""

    def __init__(self, box, kind=socket.SOCK_DGRAM):
        self.socket = socket.socket(socket.AF_INET, kind)
        self.socket.bind(("127.0.0.1", 0))
        self.socket.connect(("127.0.0.1", box.udp if kind == socket.SOCK_DGRAM else box.tcp))
        self.via = "UDP" if kind == socket.SOCK_DGRAM else "TCP"
        self.at = f"127.0.0.1:{self.socket.getsockname()[1]}"

    def send(self, method, to_tag="", call="", body="", cseq=1, **headers):
        lines = [
            f"{method} sip:box@127.0.0.1 SIP/2.0",
            f"Via: SIP/2.0/{self.via} {self.at};rport;branch=z9hG4bK{uuid.uuid4().hex}",
            "From: <sip:peer@127.0.0.1>;tag=peer",
            "To: <sip:box@127.0.0.1>" + (f";tag={to_tag}" if to_tag else ""),
            f"Call-ID: {call or uuid.uuid4().hex}",
            f"CSeq: {cseq} {method}",
            f"Contact: <sip:peer@{self.at}>",
            "Max-Forwards: 70",
            *(f"{name.replace('_', '-')}: {value}" for name, value in headers.items()),
            f"Content-Length: {len(body)}",
        ]
        self.socket.send(("\r\n".join(lines) + "\r\n\r\n" + body).encode())

    def hear(self, wait=SILENCE):
        """What arrives within `wait` seconds, or "" for silence."""
        self.socket.settimeout(wait)
        try:
            return self.socket.recv(9000).decode()
        except TimeoutError:
            return ""

    def code(self, method, **what):
        """The final answer to a request, or 0."""
        self.send(method, **what)
        while answer := self.hear():
            code = int(answer.split()[1])
            if code >= 200:
                return code
        return 0


@pytest.fixture(scope="module")
def box(tmp_path_factory):
    log = tmp_path_factory.mktemp("box") / "log"
    command = [sys.executable, str(Path(__file__).with_name("endpoint.py")), str(log)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield Box(process)
        process.stdin.close()
        assert process.wait(10) == 0


@pytest.fixture
def peer(box):
    """Make peers on ports of their own; afterwards they are gone and nobody is trusted."""
    made = []
    yield lambda *kind: made.append(Peer(box, *kind)) or made[-1]
    for one in made:
        one.socket.close()
    box.ask("trust")


@pytest.fixture
def friend(box, peer):
    """A peer whose port is trusted."""
    one = peer()
    assert box.ask(f"trust {one.at}") == "1"
    return one


def test_nobody_is_trusted_until_somebody_is(box, peer):
    before = box.dropped
    assert peer().code("OPTIONS") == 0
    assert box.dropped == before + 1


def test_a_stranger_hears_nothing_whatever_he_asks(box, friend, peer):
    stranger = peer()
    before = box.dropped
    for method in METHODS:
        stranger.send(method)
    stranger.send("BYE", to_tag="guessed")
    stranger.send("OPTIONS", to_tag="guessed")
    assert stranger.hear() == ""
    assert box.dropped == before + len(METHODS) + 2
    assert friend.code("OPTIONS") == 200


@pytest.mark.usefixtures("friend")
def test_a_strangers_connection_is_closed(box, peer):
    before = box.dropped
    stranger = peer(socket.SOCK_STREAM)
    stranger.socket.settimeout(10)
    assert stranger.socket.recv(9000) == b""
    assert box.dropped == before + 1


def test_a_stranger_does_not_fill_the_log(box, peer):
    stranger = peer()
    before = box.ask("logged")
    stranger.send("INVITE")
    stranger.socket.send(b"OPTIONS sip:box@127.0.0.1 SIP/2.0\r\nCall-ID: one\r\n\r\n")
    stranger.socket.send(b"GET / HTTP/1.1\r\nFrom: <\r\n\r\n")
    stranger.socket.send(bytes(500))
    assert stranger.hear() == ""
    assert box.ask("logged") == before


def test_a_friend_on_tcp_is_answered(box, peer):
    box.ask("trust 127.0.0.1")
    assert peer(socket.SOCK_STREAM).code("OPTIONS") == 200


def test_an_address_without_a_port_trusts_every_port(box, peer):
    box.ask("trust 192.0.2.1, 127.0.0.1")
    assert peer().code("OPTIONS") == 200
    assert peer().code("OPTIONS") == 200


def test_a_new_set_replaces_the_old_one(box, peer):
    first, second = peer(), peer()
    assert box.ask(f"trust {first.at}") == "1"
    assert first.code("OPTIONS") == 200
    assert box.ask(f"trust {second.at},[2001:db8::1]:5060") == "2"
    assert (first.code("OPTIONS"), second.code("OPTIONS")) == (0, 200)


@pytest.mark.parametrize(
    ("addresses", "count"),
    [
        ("", 0),
        ("192.0.2.1", 1),
        (" 192.0.2.1:5060 , 2001:db8::1,[2001:db8::2],[2001:db8::3]:5061 ", 4),
        ("::ffff:192.0.2.1", 1),
        (",".join(f"10.0.0.{n}" for n in range(256)), 256),
        (",".join(f"10.0.1.{n % 256}:{n + 1}" for n in range(257)), -1),
        ("pbx.example", -1),
        ("192.0.2.1,", -1),
        (",192.0.2.1", -1),
        ("192.0.2", -1),
        ("192.0.2.256", -1),
        ("192.0.2.1:", -1),
        ("192.0.2.1:0", -1),
        ("192.0.2.1:65536", -1),
        ("192.0.2.1:50x", -1),
        ("192.0.2.1:+5", -1),
        ("[192.0.2.1]:5060", -1),
        ("[2001:db8::1", -1),
        ("[2001:db8::1]5060", -1),
        ("[2001:db8::1]:", -1),
        ("1" * 80, -1),
    ],
)
@pytest.mark.usefixtures("peer")
def test_the_set_takes_literals_only(box, addresses, count):
    assert box.ask(f"trust {addresses}") == str(count)


def test_a_bad_set_leaves_the_old_one_in_force(box, friend):
    assert box.ask("trust nonsense") == "-1"
    assert friend.code("OPTIONS") == 200


@pytest.mark.parametrize(
    ("method", "code"),
    [
        *((method, 481) for method in UNKNOWN_DIALOG),
        *((method, 405) for method in NOT_ALLOWED),
        ("FOO", 501),
        ("ACK", 0),
        ("OPTIONS", 200),  # from here on pjsua itself
        ("MESSAGE", 200),
        ("SUBSCRIBE", 400),  # for want of an Event
    ],
)
def test_what_nobody_takes_is_answered(friend, method, code):
    assert friend.code(method) == code


def test_405_tells_what_is_allowed(friend):
    friend.send("PUBLISH")
    assert re.search(r"^Allow: .*INVITE", friend.hear(), re.MULTILINE)


def test_options_inside_a_dialog_tells_whether_it_lives(friend):
    tag = talk(friend, "one")
    friend.send("OPTIONS", call="one", to_tag=tag, cseq=2)
    alive = friend.hear()
    assert alive.startswith("SIP/2.0 200 ")
    assert re.search(r"^Allow: .*INVITE", alive, re.MULTILINE)
    assert friend.code("OPTIONS", call="two", to_tag=tag) == 481
    assert friend.code("OPTIONS", call="one", to_tag="other") == 481
    assert friend.code("BYE", call="one", to_tag=tag, cseq=3) == 200
    assert friend.code("OPTIONS", call="one", to_tag=tag, cseq=4) == 481


def talk(friend, call):
    """Have a call answered; returns the box's tag."""
    friend.send("INVITE", call=call, body=SDP, Content_Type="application/sdp")
    while " 200 " not in (answer := friend.hear()).splitlines()[0]:
        pass
    tag = re.search(r"^To: .*;tag=(\S+)", answer, re.MULTILINE)[1]
    friend.send("ACK", call=call, to_tag=tag)
    return tag


@pytest.mark.rule("S-2")
def test_dialogs_of_a_process_before_us_are_not_ended_while_it_may_come_back(box, friend):
    """S-2: an answer of 481 to a refresh would end the caller just before he is taken over."""
    tag = talk(friend, "three")
    box.ask("wait 600")
    for method in ("INVITE", "UPDATE", "OPTIONS", "INFO", "NOTIFY"):
        friend.send(method, call="before", to_tag="unknown")
        friend.send(method, call="three", to_tag="unknown")
    assert friend.hear() == ""
    assert friend.code("BYE", call="before", to_tag="unknown") == 481
    assert friend.code("OPTIONS", call="three", to_tag=tag, cseq=2) == 200
    assert friend.code("OPTIONS") == 200
    assert friend.code("BYE", call="three", to_tag=tag, cseq=3) == 200
    box.ask("wait 0")
    assert friend.code("UPDATE", call="before", to_tag="unknown") == 481


def test_answers_to_our_own_requests_pass(box, peer):
    registrar = peer()
    before = box.dropped
    box.ask(f"register sip:{registrar.at}")
    request = registrar.hear(5)
    assert request.startswith("REGISTER ")
    echoed = re.findall(r"^(?:Via|From|To|Call-ID|CSeq|Contact): .*\r\n", request, re.MULTILINE)
    registrar.socket.send(f"SIP/2.0 200 OK\r\n{''.join(echoed)}Expires: 300\r\nContent-Length: 0\r\n\r\n".encode())
    deadline = time.monotonic() + 5
    while (code := box.ask("registered")) == "0" and time.monotonic() < deadline:
        time.sleep(0.02)
    assert code == "200"
    assert box.dropped == before
    box.ask("register")


def test_without_the_guard_the_door_is_open(box, peer):
    box.ask("stop")
    assert peer().code("OPTIONS") == 200
    box.ask("stop")
    assert peer(socket.SOCK_STREAM).code("OPTIONS") == 200
    assert box.ask("start") == "0"
    assert box.ask("start") == "0"
    assert peer().code("OPTIONS") == 0
    stranger = peer(socket.SOCK_STREAM)
    stranger.socket.settimeout(10)
    assert stranger.socket.recv(9000) == b""
    assert box.ask("trust 127.0.0.1") == "1"
    assert peer(socket.SOCK_STREAM).code("OPTIONS") == 200
