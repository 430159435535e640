"""A PBX that lets nobody transfer: the box bridges the two itself (the fall-back of `retrieve = "release"`)."""

import pytest

from tests.e2e.company import CUSTOMER, park, press, two_way, with_chord

pytestmark = [pytest.mark.e2e, pytest.mark.rule("P-13")]
configure = with_chord


@pytest.fixture(autouse=True)
def _no_transfer(pbx):
    """Forbid the box's account to transfer, for the time of a test."""
    file = pbx.folder / "etc" / "pjsip.conf"
    before = file.read_text()
    file.write_text(before.replace("[800]\ntype = endpoint\n", "[800]\ntype = endpoint\nallow_transfer = no\n"))
    pbx.cli("module reload res_pjsip.so")
    yield
    file.write_text(before)
    pbx.cli("module reload res_pjsip.so")


def test_when_the_pbx_refuses_to_join_them_the_box_does(pbx, box, phones):
    assert "allow_transfer                     : false" in pbx.cli("pjsip show endpoint 800")
    there, _ = park(box, *phones.get("customer", "101"), "*68102", "102")
    taking = phones["103"].dial("*88102").wait_answered()
    anchored = box.wait_for("anchored")
    assert "refused" in anchored["detail"]
    two_way(there, taking)
    assert box.status()["legs"] == 2
    taking.hang_up()
    there.wait_ended()


@pytest.mark.rule("P-18", "B-3")
def test_a_key_fetches_all_the_same(box, phones):
    there, _ = park(box, *phones.get("customer", "101"), "*68102", "102")
    press(box, "office", "5", "102")
    taking = phones["103"].incoming().wait_answered()
    box.wait_for("anchored")
    assert taking.shown == CUSTOMER
    two_way(there, taking)
    there.hang_up()
    taking.wait_ended()
