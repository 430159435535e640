"""Our wheel's amendment to PJSIP: whoever sends sound before we listen for it is heard all the same."""

import os
import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.sip

LIMIT = 30
FRAME = 0.02
SCRIPT = """
import os
import sys
import pjsua2 as pj

stack = pj.Endpoint()
stack.libCreate()
config = pj.EpConfig()
config.uaConfig.threadCnt, config.uaConfig.mainThreadOnly = 0, True
config.logConfig.level = config.logConfig.consoleLevel = 1
stack.libInit(config)
stack.audDevManager().setNullDev()
transport = pj.TransportConfig()
transport.boundAddress = "127.0.0.1"
stack.transportCreate(pj.PJSIP_TRANSPORT_UDP, transport)
stack.libStart()
account, settings = pj.Account(), pj.AccountConfig()
settings.idUri = "sip:box@127.0.0.1"
settings.mediaConfig.transportConfig.boundAddress = "127.0.0.1"
account.create(settings)

call, heard = pj.Call(account), 0
call.makeCall(sys.argv[1], pj.CallOpParam(True))
for _ in range(300):
    stack.libHandleEvents(10)
    if call.getInfo().state == pj.PJSIP_INV_STATE_CONFIRMED:
        heard = call.getStreamStat(0).rtcp.rxStat.pkt
    if heard > 10:
        break
print(heard, flush=True)
os._exit(0)
"""


def answer(request, port):
    """Return 200 to an INVITE, for sound to this port."""
    head, _, _ = request.decode().partition("\r\n\r\n")
    kept = [line for line in head.split("\r\n") if re.match(r"(Via|From|To|Call-ID|CSeq):", line)]
    kept = [line + ";tag=far" if line.startswith("To:") else line for line in kept]
    offer = ["v=0", "o=- 1 1 IN IP4 127.0.0.1", "s=-", "c=IN IP4 127.0.0.1", "t=0 0", f"m=audio {port} RTP/AVP 8"]
    body = "\r\n".join([*offer, ""])
    kind = ["Content-Type: application/sdp", f"Content-Length: {len(body)}"]
    return "\r\n".join(["SIP/2.0 200 OK", *kept, f"Contact: <{head.split()[1]}>", *kind, "", body]).encode()


def packet(number):
    """Return 20 ms of PCMA."""
    return bytes([0x80, 8]) + number.to_bytes(2, "big") + (number * 160).to_bytes(4, "big") + b"here" + b"\xd5" * 160


def speak(process, sound, there):
    """Send sound until the other process has ended."""
    for number in range(2, 60000):
        try:
            process.wait(FRAME)
        except subprocess.TimeoutExpired:
            sound.sendto(packet(number), there)
        else:
            return


@pytest.mark.rule("P-12")
def test_sound_that_waits_when_we_begin_to_listen_does_not_make_us_deaf(tmp_path):
    """P-12: the box hears the keys of a leg, and joins it with another, whenever its sound begins: here before the 200.

    PJSIP by itself may read the first packet before it calls its socket started, and then reads no more.
    """
    library, slow = tmp_path / "slow_epoll.so", Path(__file__).with_name("slow_epoll.c")
    subprocess.run(["cc", "-shared", "-fPIC", "-o", library, slow, "-ldl"], check=True)
    preload = " ".join(filter(None, [os.environ.get("LD_PRELOAD"), str(library)]))
    with socket.socket(type=socket.SOCK_DGRAM) as sip, socket.socket(type=socket.SOCK_DGRAM) as sound:
        for one in (sip, sound):
            one.bind(("127.0.0.1", 0))
            one.settimeout(LIMIT)
        target = f"sip:far@127.0.0.1:{sip.getsockname()[1]}"
        with subprocess.Popen(
            [sys.executable, "-c", SCRIPT, target],
            env=os.environ | {"LD_PRELOAD": preload},
            stdout=subprocess.PIPE,
            text=True,
        ) as ours:
            invite, source = sip.recvfrom(8000)
            there = ("127.0.0.1", int(re.search(rb"m=audio (\d+)", invite)[1]))
            sound.sendto(packet(1), there)
            sip.sendto(answer(invite, sound.getsockname()[1]), source)
            speak(ours, sound, there)
            said = ours.stdout.read().split()
    assert int(said[-1]) > 10
