"""TCP and SRTP: what leaves the box when an account asks for them."""

import asyncio
import contextlib

import pytest

from appliance.core.events import CallArrived, DialogKnown, LegEnded, RegistrationChanged
from appliance.core.ids import LegId, Party
from appliance.core.orders import Dial, Withdraw
from appliance.sip.port import AccountSettings
from tests.sip.authority import Authority
from tests.sip.peer import Message, Peer, render
from tests.sip.rigs import RealRig, rig_of

pytestmark = pytest.mark.sip


class StreamPbx:
    """A registrar on a stream; it can call, too."""

    def __init__(self) -> None:
        self.got: list[Message] = []
        self.writer: asyncio.StreamWriter | None = None

    async def serve(self, reader, writer) -> None:
        self.writer = writer
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            while True:
                data = await reader.readuntil(b"\r\n\r\n")
                if not data.strip():
                    continue
                message = Message.parse(data, ("", 0))
                await reader.readexactly(int(message["Content-Length"] or 0))
                self.got.append(message)
                if message.method in {"REGISTER", "OPTIONS"} and not message.is_response:
                    self._ok(message)
        writer.close()

    def _ok(self, message: Message) -> None:
        fields = [(name, value) for name in ("Via", "From", "To", "Call-ID", "CSeq") for value in message.all(name)]
        fields += [("Contact", f"{message['Contact']};expires=60")] if message.method == "REGISTER" else []
        self.writer.write(render("SIP/2.0 200 OK", fields))

    def call(self, number: str, port: int) -> None:
        fields = [("Via", f"SIP/2.0/TCP 127.0.0.1:{port};branch=z9hG4bK1"), ("From", "<sip:101@pbx>;tag=1")]
        fields += [("To", f"<sip:{number}@pbx>"), ("Call-ID", "1@stream"), ("CSeq", "1 INVITE"), ("Max-Forwards", "70")]
        fields += [("Contact", f"<sip:101@127.0.0.1:{port};transport=tcp>")]
        self.writer.write(render(f"INVITE sip:{number}@127.0.0.1 SIP/2.0", fields))


@contextlib.asynccontextmanager
async def stream_pbx(context=None):
    pbx = StreamPbx()
    server = await asyncio.start_server(pbx.serve, "127.0.0.1", 0, ssl=context)
    try:
        yield pbx, server.sockets[0].getsockname()[1]
    finally:
        server.close()
        if pbx.writer:
            pbx.writer.close()
            with contextlib.suppress(OSError):
                await pbx.writer.wait_closed()


async def test_an_account_on_tcp_registers_and_is_called_there(tmp_path):
    async with stream_pbx() as (pbx, port):
        accounts = (AccountSettings("pbx", "800", f"127.0.0.1:{port}", transport="tcp"),)
        async with rig_of(RealRig, tmp_path, accounts=accounts) as rig:
            await rig.event(RegistrationChanged, registered=True)
            assert "SIP/2.0/TCP" in pbx.got[0]["Via"]
            pbx.call("*68102", port)
            assert (await rig.event(CallArrived)).dialled == "*68102"
            assert (await _heard(rig, pbx, "INVITE")).code == 100  # nobody repeats anything here: said at once


@pytest.mark.rule("S-2")
@pytest.mark.parametrize("transport", ["tcp", "tls"])
async def test_a_phone_is_stopped_from_ringing_on_a_stream(tmp_path, transport):
    """S-2: on the connection of the registration, as good as the one that the INVITE went over; said once."""
    authority = Authority.found(tmp_path / "ca")
    async with stream_pbx(authority.vouch("localhost").context() if transport == "tls" else None) as (pbx, port):
        host = "localhost" if transport == "tls" else "127.0.0.1"
        accounts = (AccountSettings("pbx", "800", f"{host}:{port}", transport=transport),)
        async with rig_of(RealRig, tmp_path, accounts=accounts, tls_ca=authority.certificate) as rig:
            await rig.event(RegistrationChanged, registered=True)
            rig.sip.obey(Dial(LegId(-1), "pbx", "102", Party("")))
            dialog = (await rig.event(DialogKnown)).dialog
            await rig.restart()
            await rig.event(RegistrationChanged, registered=True)
            rig.sip.obey(Withdraw("pbx", dialog))
            invite, cancel = [await _heard(rig, pbx, method) for method in ("INVITE", "CANCEL")]
            assert cancel.start == invite.start.replace("INVITE", "CANCEL", 1)
            assert cancel["Via"] == invite["Via"]


async def _heard(rig, pbx, method):
    return await rig.peer.until(lambda: next((message for message in pbx.got if message.method == method), None))


@pytest.mark.rule("P-12")
@pytest.mark.parametrize(("srtp", "profile"), [("off", "RTP/AVP"), ("optional", "RTP/AVP"), ("mandatory", "RTP/SAVP")])
async def test_srtp_is_offered_as_the_account_says(tmp_path, srtp, profile):
    pbx = await Peer.open()
    accounts = (AccountSettings("pbx", "800", f"127.0.0.1:{pbx.port}", srtp=srtp),)
    async with rig_of(RealRig, tmp_path, accounts=accounts) as rig:
        rig.sip.obey(Dial(LegId(-1), "pbx", "102", Party("")))
        phone = await pbx.rung()
        media = [line for line in phone.invite.body.split("\r\n") if line.startswith("m=audio")]
        assert media
        assert media[0].split()[2] == profile
        assert ("a=crypto" in phone.invite.body) == (srtp != "off")
        await phone.decline(486)
        await rig.event(LegEnded, leg=-1)
    pbx.close()
