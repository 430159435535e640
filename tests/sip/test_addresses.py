import socket
import struct
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.sip import addresses
from appliance.sip.addresses import Server, Target, at, find, parse_server, srv_query, srv_records, trusted


@pytest.mark.parametrize(
    ("spec", "server"),
    [
        ("pbx.example.com", Server("pbx.example.com", None)),
        ("pbx:5080", Server("pbx", 5080)),
        (" 192.0.2.1 ", Server("192.0.2.1", None)),
        ("192.0.2.1:5060", Server("192.0.2.1", 5060)),
        ("2001:db8::1", Server("2001:db8::1", None)),
        ("[2001:db8::1]:5060", Server("2001:db8::1", 5060)),
        ("a:b:c", Server("a:b:c", None)),
        ("two words", Server("two words", None)),
    ],
)
def test_a_server_is_read(spec, server):
    assert parse_server(spec) == server


def test_a_server_is_written():
    assert str(Server("2001:db8::1", 5060)) == "[2001:db8::1]:5060"
    assert str(Server("pbx", None)) == at("pbx", None) == "pbx"


@pytest.mark.rule("S-10")
def test_whom_we_trust():
    far = [Target("192.0.2.1", 5060), Target("2001:db8::1", 5060)]
    assert list(trusted(Server("pbx", 5060), far)) == ["192.0.2.1", "[2001:db8::1]"]
    assert list(trusted(Server("localhost", 5080), [Target("127.0.0.1", 5080)])) == ["127.0.0.1:5080"]
    assert list(trusted(Server("127.0.0.1", None), [Target("127.0.0.1", 5060)])) == ["127.0.0.1"]


def test_an_address_is_its_own_target():
    assert find(Server("192.0.2.1", None), "udp") == (Target("192.0.2.1", 5060),)
    assert find(Server("192.0.2.1", None), "tls") == (Target("192.0.2.1", 5061),)
    assert find(Server("192.0.2.1", 99), "tcp") == (Target("192.0.2.1", 99),)


def test_a_name_is_looked_up():
    assert Target("127.0.0.1", 5080) in find(Server("localhost", 5080), "udp")


def test_a_name_that_is_none_has_no_targets(monkeypatch):
    def fail(*_args, **_named):
        raise socket.gaierror

    monkeypatch.setattr(addresses.socket, "getaddrinfo", fail)
    monkeypatch.setattr(addresses, "_name_servers", list)
    assert find(Server("nowhere", 5060), "udp") == find(Server("nowhere", None), "udp") == ()


def name(text: str) -> bytes:
    return b"".join(bytes([len(label)]) + label.encode() for label in text.split(".")) + b"\0"


def reply(query: bytes, *records: tuple[int, int, int, str], flags: int = 0x8180) -> bytes:
    """Answers with compressed owner names, as every server sends them."""
    rows = b""
    for priority, weight, port, host in records:
        target = name(host)
        rows += struct.pack("!HHHIH3H", 0xC00C, 33, 1, 60, 6 + len(target), priority, weight, port) + target
    return query[:2] + struct.pack("!5H", flags, 1, len(records), 0, 0) + query[12:] + rows


def test_service_records_come_best_first():
    query = srv_query("_sip._udp.example.com", 7)
    answer = reply(query, (20, 0, 5062, "c.example"), (10, 1, 5060, "a.example"), (10, 9, 5061, "b.example"))
    assert srv_records(answer) == [("b.example", 5061), ("a.example", 5060), ("c.example", 5062)]
    assert srv_records(reply(query, flags=0x8183)) == []


@given(st.binary(max_size=300), st.integers(0, 3))
def test_any_answer_can_be_read(junk, cut):
    assert isinstance(srv_records(junk), list)
    answer = reply(srv_query("a.b", 1), (1, 1, 1, "x.y"))
    assert isinstance(srv_records(answer[: len(answer) - cut] + junk), list)


def test_service_records_are_asked_for(monkeypatch):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        monkeypatch.setattr(addresses, "_name_servers", lambda: ["127.0.0.1"])
        monkeypatch.setattr(addresses, "_DNS_PORT", server.getsockname()[1])

        def serve():
            query, source = server.recvfrom(512)
            server.sendto(reply(query, (10, 1, 5099, "localhost")), source)

        thread = threading.Thread(target=serve)
        thread.start()
        assert Target("127.0.0.1", 5099) in find(Server("example.com", None), "udp")
        thread.join()


def test_a_silent_name_server_is_not_waited_for_long(monkeypatch):
    monkeypatch.setattr(addresses, "_PATIENCE", 0.05)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        monkeypatch.setattr(addresses, "_name_servers", lambda: ["127.0.0.1"])
        monkeypatch.setattr(addresses, "_DNS_PORT", server.getsockname()[1])
        assert find(Server("localhost", None), "udp")
