"""Our wheel's amendment to PJSIP: a Call object that outlived its call does not hang up its successor in the slot."""

import subprocess
import sys

import pytest

pytestmark = pytest.mark.sip

SCRIPT = """
import os
import pjsua2 as pj

stack = pj.Endpoint()
stack.libCreate()
config = pj.EpConfig()
config.uaConfig.threadCnt, config.uaConfig.mainThreadOnly, config.uaConfig.maxCalls = 0, True, 2
config.logConfig.level = config.logConfig.consoleLevel = 1
stack.libInit(config)
stack.audDevManager().setNullDev()
transport = pj.TransportConfig()
transport.boundAddress = "127.0.0.1"
port = stack.transportGetInfo(stack.transportCreate(pj.PJSIP_TRANSPORT_UDP, transport)).localName.rsplit(":", 1)[1]
stack.libStart()
keep = []

class Account(pj.Account):
    def onIncomingCall(self, prm):
        call = pj.Call(self, prm.callId)
        keep.append(call)
        answer = pj.CallOpParam(True)
        answer.statusCode = 200
        call.answer(answer)

account = Account()
settings = pj.AccountConfig()
settings.idUri = f"sip:box@127.0.0.1:{port}"
account.create(settings)

def pair(state):
    for _ in range(500):
        stack.libHandleEvents(10)
        if len(keep) == 2 and all(call.getInfo().state == state for call in keep):
            return
    raise SystemExit("the calls never came to state %d" % state)

def connect():
    keep.append(pj.Call(account))
    keep[0].makeCall(settings.idUri, pj.CallOpParam(True))
    pair(pj.PJSIP_INV_STATE_CONFIRMED)

connect()
stale, numbers = list(keep), sorted(call.getId() for call in keep)
keep[0].hangup(pj.CallOpParam())
for _ in range(100):
    stack.libHandleEvents(10)
keep.clear()
connect()
assert sorted(call.getId() for call in keep) == numbers, "the slots were not used again"
while stale:
    call = stale.pop()
    call.__swig_destroy__(call)
for _ in range(50):
    stack.libHandleEvents(10)
print([call.isActive() and call.getInfo().stateText for call in keep], flush=True)
os._exit(0)
"""


def test_a_stale_call_object_leaves_its_successor_alone():
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, timeout=60, check=False)
    assert done.stdout.splitlines()[-1:] == ["['CONFIRMED', 'CONFIRMED']"], done.stdout + done.stderr
