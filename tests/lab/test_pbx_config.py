"""What Asterisk is told."""

from pathlib import Path

import pytest

from tests.lab import pbx_config
from tests.lab.pbx_config import Company, Place

PLACE = Place(Path("/lab"), Path("/pbx/modules"), Path("/pbx/data"), 12000, (12002, 12998))


def test_everything_that_asterisk_writes_is_in_the_folder():
    text = pbx_config.asterisk_conf(PLACE)
    written = [line.split(" => ")[1] for line in text.splitlines() if line.startswith("ast")]
    outside = [path for path in written if not path.startswith("/lab/")]
    assert outside == ["/pbx/modules", "/pbx/data"]


@pytest.mark.parametrize("code", ["*68", "_*68.", "*58", "#58", "*88", "_*88.", "*80", "_70X", "_86X", "800"])
def test_codes_orbits_and_its_hunt_groups_go_to_the_box(code):
    assert f"exten => {code},1,Dial(PJSIP/${{EXTEN}}@800,60)" in pbx_config.extensions_conf(Company())


def test_every_line_has_an_endpoint_a_login_and_a_contact():
    company = Company()
    text = pbx_config.pjsip_conf(company, PLACE)
    for line in (*company.staff, *company.customers, company.box):
        assert text.count(f"[{line.account}]\n") == 3
        assert f'callerid = "{line.name}" <{line.number}>' in text
    assert "bind = 127.0.0.1:12000" in text


def test_the_hunt_group_rings_its_members_at_once():
    company = Company(hunt_members=("101", "104"))
    assert "exten => 850,1,Dial(PJSIP/101&PJSIP/104,60)" in pbx_config.extensions_conf(company)


def test_the_box_may_be_talked_with_in_other_codecs():
    text = pbx_config.pjsip_conf(Company(codecs=("alaw",), box_codecs=("opus",)), PLACE)
    endpoint = text.partition("[800]\ntype = endpoint")[2].partition("[800]")[0]
    assert endpoint.rindex("disallow = all\nallow = opus") > endpoint.index("allow = alaw")
    assert text.count("allow = opus") == 1


def test_with_papers_it_listens_on_tls_and_encrypts_what_the_box_hears():
    text = pbx_config.pjsip_conf(Company(papers=(Path("/pbx.pem"), Path("/pbx.key"))), PLACE)
    assert "protocol = tls\nmethod = tlsv1_2\nbind = 127.0.0.1:12001\ncert_file = /pbx.pem" in text
    assert text.count("media_encryption = sdes") == 1
    assert "tls" not in pbx_config.pjsip_conf(Company(), PLACE)


def test_codecs_and_digits_are_as_the_company_wants():
    text = pbx_config.pjsip_conf(Company(codecs=("ulaw",), dtmf="info"), PLACE)
    assert "allow = alaw" not in text
    assert "dtmf_mode = info" in text
