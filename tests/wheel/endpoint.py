"""A bare pjsua2 endpoint with the guard of our wheel, in a process of its own: one command a line on stdin, one answer.

Its argument is the file it logs to. It takes every call and is otherwise pjsua as it comes, so that what the tests see is
the guard's doing.
"""

import ctypes
import os
import select
import sys
from pathlib import Path

import _pjsua2
import pjsua2 as pj

answers = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)  # pjlib greets on standard output
guard = ctypes.CDLL(_pjsua2.__file__)
guard.parkdeck_guard_dropped.restype = ctypes.c_uint


class Account(pj.Account):
    """Answers what comes and tells what the registrar said."""

    def __init__(self):
        super().__init__()
        self.calls = []
        self.registered = 0

    def onIncomingCall(self, prm):  # noqa: N802 (the library's name)
        call = pj.Call(self, prm.callId)
        self.calls.append(call)
        answer = pj.CallOpParam(True)
        answer.statusCode = 200
        call.answer(answer)

    def onRegState(self, prm):  # noqa: N802 (the library's name)
        self.registered = int(prm.code)


class Endpoint:
    """The stack and the commands."""

    def __init__(self):
        self.stack = pj.Endpoint()
        self.stack.libCreate()
        config = pj.EpConfig()
        config.uaConfig.threadCnt = 0
        config.uaConfig.mainThreadOnly = True
        config.logConfig.level, config.logConfig.consoleLevel = 3, 0
        config.logConfig.filename = sys.argv[1]
        self.stack.libInit(config)
        self.started = guard.parkdeck_guard_start()
        self.stack.audDevManager().setNullDev()
        self.ports = [self.listen(pj.PJSIP_TRANSPORT_UDP), self.listen(pj.PJSIP_TRANSPORT_TCP)]
        self.stack.libStart()
        self.account = Account()
        self.account.create(self.settings())

    def listen(self, kind):
        config = pj.TransportConfig()
        config.boundAddress = "127.0.0.1"
        return self.stack.transportGetInfo(self.stack.transportCreate(kind, config)).localName.rsplit(":", 1)[1]

    def settings(self, registrar=""):
        config = pj.AccountConfig()
        config.idUri = "sip:box@127.0.0.1"
        config.regConfig.registrarUri = registrar
        return config

    def do(self, command, argument):
        result = 0
        match command:
            case "ports":
                result = " ".join([str(self.started), *self.ports])
            case "trust":
                result = guard.parkdeck_guard_trust(argument.encode())
            case "wait":
                guard.parkdeck_guard_wait(int(argument))
            case "dropped":
                result = guard.parkdeck_guard_dropped()
            case "logged":
                ctypes.CDLL(None).fflush(None)
                result = Path(sys.argv[1]).stat().st_size
            case "start":
                result = guard.parkdeck_guard_start()
            case "stop":
                guard.parkdeck_guard_stop()
            case "register":
                self.account.modify(self.settings(argument))
            case "registered":
                result = self.account.registered
        return result

    def run(self):
        while True:
            self.stack.libHandleEvents(10)
            if select.select([sys.stdin], [], [], 0)[0]:
                line = sys.stdin.readline()
                if not line:
                    break
                command, _, argument = line.strip().partition(" ")
                print(self.do(command, argument), file=answers, flush=True)


if __name__ == "__main__":
    Endpoint().run()
    os._exit(0)
