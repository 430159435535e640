"""TLS: the registrar shows papers that somebody vouches for, or is not talked to (S-10)."""

import contextlib

import pytest

from appliance.core.events import RegistrationChanged
from appliance.sip.certificates import complaint
from appliance.sip.port import AccountSettings
from tests.sip.authority import Authority
from tests.sip.rigs import RealRig, rig_of
from tests.sip.test_pjsua_transports import stream_pbx

pytestmark = [pytest.mark.sip, pytest.mark.rule("S-10", "P-12")]


@pytest.fixture(scope="module")
def ours(tmp_path_factory):
    return Authority.found(tmp_path_factory.mktemp("ours"))


@pytest.fixture(scope="module")
def theirs(tmp_path_factory):
    return Authority.found(tmp_path_factory.mktemp("theirs"), "Somebody Else")


@contextlib.asynccontextmanager
async def box(tmp_path, papers, authority, host="localhost"):
    """A box with an account at a registrar that shows these papers."""
    async with stream_pbx(papers.context()) as (pbx, port):
        accounts = (AccountSettings("pbx", "800", f"{host}:{port}", transport="tls"),)
        async with rig_of(RealRig, tmp_path, accounts=accounts, tls_ca=authority) as rig:
            yield rig, pbx


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
async def test_a_registrar_whom_our_authority_vouches_for_is_believed(tmp_path, ours, host):
    async with box(tmp_path, ours.vouch("localhost", "127.0.0.1"), ours.certificate, host) as (rig, pbx):
        await rig.event(RegistrationChanged, registered=True)
        assert "SIP/2.0/TLS" in pbx.got[0]["Via"]


@pytest.mark.parametrize(
    ("name", "days", "known", "why"),
    [
        ("pbx.example", 1, True, "is for another name: write the name that stands in it as sip.account server"),
        ("localhost", -1, True, "has expired: renew it at the PBX"),
        ("localhost", 1, False, "comes from an authority that nobody knows: name that as sip.tls_ca"),
    ],
)
async def test_any_other_is_not_talked_to_and_the_reason_is_told(tmp_path, ours, theirs, name, days, known, why):
    async with box(tmp_path, (ours if known else theirs).vouch(name, days=days), ours.certificate) as (rig, pbx):
        told = await rig.event(RegistrationChanged)
        assert (told.registered, told.reason) == (False, f"the certificate of localhost {why}")
        assert not pbx.got


async def test_without_an_authority_of_ours_the_system_s_are_asked(tmp_path, ours):
    async with box(tmp_path, ours.vouch("localhost"), None) as (rig, pbx):
        told = await rig.event(RegistrationChanged)
        assert "comes from an authority that nobody knows" in told.reason
        assert not pbx.got


async def test_a_registrar_that_gets_the_right_papers_is_registered_at(tmp_path, ours, monkeypatch):
    monkeypatch.setattr("appliance.sip.registration.FIRST_DELAY", 0.1)
    wrong = ours.vouch("pbx.example").context()
    async with stream_pbx(wrong) as (_, port):
        accounts = (AccountSettings("pbx", "800", f"localhost:{port}", transport="tls"),)
        async with rig_of(RealRig, tmp_path, accounts=accounts, tls_ca=ours.certificate) as rig:
            assert not (await rig.event(RegistrationChanged)).registered
            papers = ours.vouch("localhost")
            wrong.load_cert_chain(papers.certificate, papers.key)
            await rig.event(RegistrationChanged, registered=True)


def test_a_server_that_is_gone_meanwhile_is_told_as_such(ours):
    told = complaint("localhost", "127.0.0.1", 1, ours.certificate)
    assert told.startswith("the certificate of localhost cannot be looked at (")
