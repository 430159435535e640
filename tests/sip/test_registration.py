import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.sip.registration import JITTER, Attempts, explain, failed, succeeded


def play(codes, candidates=1, chance=0.5):
    attempts, told = Attempts(candidates), []
    for code in codes:
        attempts, delay = failed(attempts, code, chance)
        told.append((delay, attempts.current))
    return told


@pytest.mark.rule("S-7")
@pytest.mark.parametrize("code", [0, 404, 503])
def test_first_at_once_then_doubling_to_thirty(code):
    assert [delay for delay, _ in play([code] * 8)] == [0, 2, 4, 8, 16, 30, 30, 30]


@pytest.mark.rule("S-7")
@pytest.mark.parametrize("code", [401, 403, 407])
def test_a_refusal_is_tried_again_slowly(code):
    assert [delay for delay, _ in play([code] * 3)] == [0, 60, 60]


@pytest.mark.rule("S-7")
def test_a_registrar_that_does_not_answer_is_left_for_the_next():
    assert play([0] * 6, candidates=2) == [(0, 1), (2, 0), (0, 1), (2, 0), (0, 1), (4, 0)]


def test_one_that_answers_is_stayed_with():
    assert [current for _, current in play([403, 404, 423], candidates=2)] == [0, 0, 0]


def test_success_begins_anew():
    attempts, _ = failed(failed(Attempts(1), 0, 0)[0], 0, 0)
    assert failed(succeeded(attempts), 0, 0)[1] == 0


@given(st.lists(st.integers(0, 699), max_size=200), st.integers(0, 5), st.floats(0, 1))
def test_delays_are_bounded_and_never_end(codes, candidates, chance):
    for delay, current in play(codes, candidates, chance):
        assert 0 <= delay <= 60 * (1 + JITTER)
        assert 0 <= current < max(candidates, 1)


@pytest.mark.rule("S-7")
def test_people_are_told_why():
    assert explain(401, "800", "pbx", "Unauthorized") == "the PBX refuses user 800: check sip.account password"
    assert explain(403, "800", "pbx", "") == "the PBX refuses user 800: check sip.account password"
    assert "extension" in explain(404, "800", "pbx", "Not Found")
    assert explain(0, "800", "pbx", "") == "pbx does not answer"
    assert explain(0, "800", "pbx", "no route") == "no route"
    assert explain(503, "800", "pbx", "Busy") == "pbx answers 503 Busy"
