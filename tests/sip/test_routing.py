import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.core.hearing import Joined, Music, Silence, Speech, Tone, ToneKind
from appliance.core.ids import LegId, Serial
from appliance.sip.routing import LegSource, Media, MusicSource, SpeechSource, ToneSource, wanted

A, B, C = LegId(1), LegId(-1), LegId(3)
BOTH, DEAF, DUMB = Media(True, True), Media(False, True), Media(True, False)
ALL = {A: BOTH, B: BOTH, C: BOTH}

legs = st.sampled_from([A, B, C])
hearings = st.dictionaries(
    legs,
    st.one_of(
        st.builds(Silence),
        st.builds(Music, st.just("default")),
        st.builds(Tone, st.sampled_from(ToneKind)),
        st.builds(Speech, st.just("x"), st.integers(0, 3).map(Serial)),
        st.builds(Joined, legs),
    ),
)
media = st.dictionaries(legs, st.builds(Media, st.booleans(), st.booleans()))


@pytest.mark.parametrize(
    ("hearing", "source"),
    [
        (Music("x"), MusicSource("x")),
        (Tone(ToneKind.HOLD), ToneSource(ToneKind.HOLD)),
        (Speech("hi", Serial(4)), SpeechSource(A, Serial(4))),
    ],
)
def test_each_hearing_has_its_source(hearing, source):
    assert wanted({A: hearing}, ALL) == {(source, A)}


def test_silence_is_no_connection():
    assert wanted({A: Silence()}, ALL) == wanted({}, ALL) == set()


def test_joined_legs_hear_each_other_whether_one_says_so_or_both():
    both = {(LegSource(A), B), (LegSource(B), A)}
    assert wanted({A: Joined(B), B: Joined(A)}, ALL) == both
    assert wanted({A: Joined(B)}, ALL) == both
    assert wanted({A: Joined(A)}, ALL) == set()


def test_what_a_leg_hears_itself_goes_before_being_joined_to():
    assert wanted({A: Joined(B), B: Music("x")}, ALL) == {(LegSource(B), A), (MusicSource("x"), B)}


def test_media_that_do_not_allow_it_are_not_connected():
    assert wanted({A: Music("x")}, {A: DEAF}) == set()
    assert wanted({A: Music("x")}, {}) == set()
    assert wanted({A: Joined(B), B: Joined(A)}, {A: BOTH, B: DEAF}) == {(LegSource(B), A)}
    assert wanted({A: Joined(B), B: Joined(A)}, {A: BOTH, B: DUMB}) == {(LegSource(A), B)}
    assert wanted({A: Joined(B), B: Joined(A)}, {A: BOTH}) == set()


@given(hearings, media)
def test_nobody_hears_himself_or_two_things_or_without_media(heard, allowed):
    found = wanted(heard, allowed)
    for source, sink in found:
        assert allowed[sink].hears
        if isinstance(source, LegSource):
            assert source.leg != sink
            assert allowed[source.leg].speaks
    for leg, hearing in heard.items():
        if not isinstance(hearing, Joined):
            assert sum(sink == leg for _, sink in found) <= 1
