"""Who calls with encrypted media, or without, and what the account says to it (P-12). How it sounds: tests/e2e/test_media.py."""

import base64

import pytest

from appliance.core.events import CallArrived
from appliance.core.orders import Answer
from appliance.sip.port import AccountSettings
from tests.sip.peer import Peer
from tests.sip.rigs import RealFar, RealRig, rig_of

pytestmark = [pytest.mark.sip, pytest.mark.rule("P-12")]

KEY = base64.b64encode(bytes(range(30))).decode()
CRYPTO = f"a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:{KEY}"
"""RFC 4568 section 6.2: 16 octets of key and 14 of salt."""


def offer(*, encrypted: bool) -> str:
    profile, crypto = ("RTP/SAVP", [CRYPTO]) if encrypted else ("RTP/AVP", [])
    head = ["v=0", "o=- 1 1 IN IP4 127.0.0.1", "s=-", "c=IN IP4 127.0.0.1", "t=0 0"]
    return "\r\n".join([*head, f"m=audio 40000 {profile} 8", *crypto, ""])


@pytest.mark.parametrize(
    ("srtp", "encrypted", "code"),
    [
        ("off", False, 200),
        ("off", True, 488),
        ("optional", False, 200),
        ("optional", True, 200),
        ("mandatory", False, 488),
        ("mandatory", True, 200),
    ],
)
async def test_a_caller_is_answered_as_the_account_says(tmp_path, srtp, encrypted, code):
    pbx = await Peer.open()
    accounts = (AccountSettings("pbx", "800", f"127.0.0.1:{pbx.port}", srtp=srtp),)
    async with rig_of(RealRig, tmp_path, accounts=accounts) as rig:
        pbx.box, pbx.automatic = rig.peer.box, True
        await pbx.until(lambda: pbx.registers)
        dialog = await pbx.call("*68102", body=offer(encrypted=encrypted))
        if code == 488:
            assert await dialog.refused() == 488
            assert not rig.all(CallArrived)
        else:
            rig.sip.obey(Answer((await rig.event(CallArrived)).leg))
            ok = await dialog.got(method="INVITE", code=200)
            assert ("RTP/SAVP" in ok.body, "a=crypto:1 AES_CM_128_HMAC_SHA1_80" in ok.body) == (encrypted, encrypted)
            assert KEY not in ok.body, "each side has a key of its own"
            await RealFar(rig, dialog).hang_up()
        await rig.nothing_left()
    pbx.close()
