"""What `port.Sip` promises, proven of the real stack and of the fake alike."""

import pytest

from appliance.core.events import (
    AdapterFault,
    CallArrived,
    DialogKnown,
    DigitReceived,
    IdentityChanged,
    LegAnswered,
    LegDiverted,
    LegEnded,
    LegRang,
    LegReplaced,
    ReleaseEnded,
    SpeechEnded,
)
from appliance.core.hearing import Joined, Music, Silence, Speech, Tone, ToneKind
from appliance.core.ids import Dialog, LegId, Party, Serial
from appliance.core.orders import Answer, Dial, Hangup, Message, Refuse, Release, Show, TakeOver, Transfer, Withdraw
from tests.sip.rigs import FakeRig, RealRig, rig_of, until

MUSIC = Music("default")
ANNA, BERND = Party("101", "Anna"), Party("+4930123", "Bernd")
OURS = LegId(-1)
OLD = Dialog("old@peer", "ours", "theirs")


@pytest.fixture(params=[FakeRig, pytest.param(RealRig, marks=pytest.mark.sip)], ids=["fake", "real"])
def kind(request):
    return request.param


def dial(leg: LegId = OURS, number: str = "102") -> Dial:
    return Dial(leg, "pbx", number, Party("+4930123", "Bernd"))


async def answered(rig, hearing=MUSIC, **call):
    far, leg = await rig.arrive(**call)
    rig.sip.route({leg: hearing})
    rig.sip.obey(Answer(leg))
    await rig.event(LegAnswered, leg=leg)
    return far, leg


async def dialled(rig, leg: LegId = OURS, number: str = "102"):
    rig.sip.obey(dial(leg, number))
    far = await rig.rung()
    await far.pick_up()
    await rig.event(LegAnswered, leg=leg)
    return far


async def test_a_call_arrives_is_answered_and_ends_once(kind, tmp_path):
    async with rig_of(kind, tmp_path) as rig:
        far, leg = await rig.arrive("*68102", ANNA)
        dialog = rig.all(CallArrived)[0].dialog
        assert rig.all(CallArrived) == [CallArrived(leg, "pbx", "*68102", ANNA, None, dialog)]
        rig.sip.obey(Answer(leg))
        await rig.event(LegAnswered, leg=leg)
        await far.hang_up()
        ended = await rig.event(LegEnded, leg=leg)
        assert ended.code == 200
        await rig.nothing_left()
        assert len(rig.all(LegAnswered, leg)) == len(rig.all(LegEnded, leg)) == 1
        assert rig.events[-1] == ended


@pytest.mark.rule("P-10")
async def test_the_caller_hears_music(kind, tmp_path):
    async with rig_of(kind, tmp_path) as rig:
        far, _ = await answered(rig)
        await far.hears(MUSIC)


async def test_a_route_after_the_answer_is_heard_too(kind, tmp_path):
    async with rig_of(kind, tmp_path) as rig:
        far, leg = await answered(rig, Silence())
        rig.sip.route({leg: MUSIC})
        await far.hears(MUSIC)
        rig.sip.route({})
        await far.hears(Silence())
        rig.sip.route({leg: Tone(ToneKind.REJECT)})
        await far.hears(Tone(ToneKind.REJECT))


async def test_a_caller_is_refused(kind, tmp_path):
    async with rig_of(kind, tmp_path) as rig:
        far, leg = await rig.arrive()
        rig.sip.obey(Refuse(leg, 403, "Not Here"))
        assert (await rig.event(LegEnded, leg=leg)).code == 403
        if rig.real:
            assert await far.dialog.refused() == 403
        await rig.nothing_left()


async def test_a_caller_gives_up_before_the_answer(kind, tmp_path):
    async with rig_of(kind, tmp_path) as rig:
        far, leg = await rig.arrive()
        await far.cancel()
        assert (await rig.event(LegEnded, leg=leg)).code == 487
        rig.sip.obey(Answer(leg))
        await rig.arrive()
        assert not rig.all(LegAnswered, leg)


async def test_an_unanswered_caller_is_hung_up(kind, tmp_path):
    async with rig_of(kind, tmp_path) as rig:
        _, leg = await rig.arrive()
        rig.sip.obey(Hangup(leg))
        assert (await rig.event(LegEnded, leg=leg)).code == 480
        await rig.nothing_left()


async def test_a_phone_is_dialled_rings_and_answers(kind, tmp_path):
    async with rig_of(kind, tmp_path) as rig:
        rig.sip.route({OURS: MUSIC})
        rig.sip.obey(dial())
        far = await rig.rung()
        await far.ring()
        await far.ring()
        await rig.event(LegRang, leg=OURS)
        await far.pick_up()
        await rig.event(LegAnswered, leg=OURS)
        await far.hears(MUSIC)
        rig.sip.obey(Hangup(OURS))
        assert (await rig.event(LegEnded, leg=OURS)).code == 200
        await far.gone()
        await rig.nothing_left()
        assert len(rig.all(LegRang)) == len(rig.all(LegAnswered)) == len(rig.all(LegEnded)) == 1


@pytest.mark.rule("P-22")
async def test_a_phone_refuses(kind, tmp_path):
    async with rig_of(kind, tmp_path) as rig:
        rig.sip.obey(dial())
        far = await rig.rung()
        await far.decline(486)
        assert (await rig.event(LegEnded, leg=OURS)).code == 486
        await rig.nothing_left()


async def test_a_ringing_phone_is_given_up(kind, tmp_path):
    async with rig_of(kind, tmp_path) as rig:
        rig.sip.obey(dial())
        far = await rig.rung()
        await far.ring()
        await rig.event(LegRang, leg=OURS)
        rig.sip.obey(Hangup(OURS))
        assert (await rig.event(LegEnded, leg=OURS)).code == 487
        if rig.real:
            far.dialog.respond(await far.dialog.got(method="CANCEL"), 200)
            await far.dialog.decline(487)
        await rig.nothing_left()


async def test_what_cannot_be_dialled_ends(kind, tmp_path):
    async with rig_of(kind, tmp_path) as rig:
        rig.sip.obey(Dial(OURS, "nobody", "102", ANNA))
        assert (await rig.event(LegEnded, leg=OURS)).code == 503
        await rig.nothing_left()


async def test_an_utterance_is_heard_to_its_end(kind, tmp_path):
    async with rig_of(kind, tmp_path) as rig:
        far, leg = await answered(rig, Speech("parked on 102", Serial(1)))
        rig.sip.route({leg: Speech("parked on 102", Serial(1))})
        await rig.event(SpeechEnded, leg=leg, serial=1)
        await far.hears(Silence())
        rig.sip.route({leg: Speech("parked on 102", Serial(2))})
        await rig.event(SpeechEnded, leg=leg, serial=2)
        assert len(rig.all(SpeechEnded)) == len(rig.texts) == 2


async def test_a_replaced_utterance_owes_no_end(kind, tmp_path):
    async with rig_of(kind, tmp_path) as rig:
        far, leg = await answered(rig, MUSIC)
        rig.sip.route({leg: Speech("never heard to its end", Serial(1))})
        rig.sip.route({leg: Speech("heard", Serial(2))})
        await rig.event(SpeechEnded, leg=leg, serial=2)
        rig.sip.route({leg: Speech("cut off", Serial(3))})
        rig.sip.route({leg: MUSIC})
        await far.hears(MUSIC)
        assert [event.serial for event in rig.all(SpeechEnded)] == [2]
        await far.hang_up()
        await rig.nothing_left()


async def test_without_a_voice_the_utterance_ends_and_a_fault_is_told(kind, tmp_path):
    async with rig_of(kind, tmp_path) as rig:
        rig.voice_fails = True
        _, leg = await answered(rig, Speech("parked", Serial(7)))
        await rig.event(SpeechEnded, leg=leg, serial=7)
        assert "no voice today" in (await rig.event(AdapterFault, adapter="sip")).detail


async def test_two_legs_are_joined_and_part(kind, tmp_path):
    async with rig_of(kind, tmp_path) as rig:
        far, leg = await answered(rig)
        await dialled(rig)
        rig.sip.route({leg: Joined(OURS), OURS: Joined(leg)})
        if not rig.real:
            await far.hears(Joined(OURS))
        await far.hang_up()
        await rig.event(LegEnded, leg=leg)
        rig.sip.obey(Hangup(OURS))
        await rig.event(LegEnded, leg=OURS)
        await rig.nothing_left()


@pytest.mark.rule("P-3")
async def test_another_party_at_the_far_side_is_told(kind, tmp_path):
    async with rig_of(kind, tmp_path) as rig:
        far, leg = await answered(rig)
        await far.identify(ANNA)
        await far.identify(BERND)
        await far.identify(BERND)
        assert (await rig.event(IdentityChanged, leg=leg)).party == BERND
        await far.hears(MUSIC)
        await far.hang_up()
        await rig.event(LegEnded, leg=leg)
        assert len(rig.all(IdentityChanged)) == 1


@pytest.mark.rule("P-3")
async def test_a_leg_is_replaced(kind, tmp_path):
    async with rig_of(kind, tmp_path) as rig:
        far, leg = await answered(rig)
        other = await far.replace(BERND)
        replaced = await rig.event(LegReplaced, leg=leg)
        assert replaced.party == BERND
        rig.sip.route({replaced.by: MUSIC})
        await rig.event(LegAnswered, leg=replaced.by)
        assert (await rig.event(LegEnded, leg=leg)).code == 200
        other.leg = replaced.by
        await other.hears(MUSIC)
        await other.hang_up()
        await rig.event(LegEnded, leg=replaced.by)
        await rig.nothing_left()
        assert len(rig.all(CallArrived)) == 1


async def test_digits(kind, tmp_path):
    async with rig_of(kind, tmp_path) as rig:
        far, leg = await answered(rig)
        for digit in "68#":
            await far.digit(digit)
            await rig.event(DigitReceived, leg=leg, digit=digit)
        assert [event.digit for event in rig.all(DigitReceived)] == ["6", "8", "#"]


@pytest.mark.rule("P-12")
async def test_digits_that_are_nothing_but_tones_are_heard_where_they_matter(kind, tmp_path):
    async with rig_of(kind, tmp_path) as rig:
        rig.without_events()
        far, leg = await answered(rig)
        other, waiting = await rig.arrive()
        rig.sip.obey(Answer(waiting))
        await rig.event(LegAnswered, leg=waiting)
        rig.sip.listen({leg})
        for digit in "68#":
            await other.tone("5")
            await far.tone(digit)
            await rig.event(DigitReceived, leg=leg, digit=digit)
        rig.sip.listen({waiting})
        await far.tone("1")
        await other.tone("2")
        await rig.event(DigitReceived, leg=waiting, digit="2")
        await far.hears(MUSIC)
        assert [(event.leg, event.digit) for event in rig.all(DigitReceived)] == [
            *((leg, digit) for digit in "68#"),
            (waiting, "2"),
        ]
        await far.hang_up()
        await other.hang_up()
        await rig.nothing_left()


@pytest.mark.rule("P-16")
async def test_a_release_joins_the_far_sides(kind, tmp_path):
    async with rig_of(kind, tmp_path) as rig:
        far, leg = await answered(rig)
        other = await dialled(rig)
        rig.sip.obey(Release(leg, OURS))
        await far.accept_release(other)
        assert (await rig.event(ReleaseEnded, leg=leg)).code == 200
        await rig.event(LegEnded, leg=OURS)
        rig.sip.obey(Hangup(leg))
        await rig.event(LegEnded, leg=leg)
        assert [type(event) for event in rig.events[-3:]] == [ReleaseEnded, LegEnded, LegEnded]
        assert len(rig.all(ReleaseEnded)) == 1
        await rig.nothing_left()


async def test_a_refused_release_leaves_both_legs(kind, tmp_path):
    async with rig_of(kind, tmp_path) as rig:
        far, leg = await answered(rig)
        other = await dialled(rig)
        rig.refuse_release(603)
        rig.sip.obey(Release(leg, OURS))
        await far.accept_release(other)
        assert (await rig.event(ReleaseEnded, leg=leg)).code == 603
        rig.sip.route({leg: MUSIC})
        await far.hears(MUSIC)
        assert not rig.all(LegEnded)
        assert len(rig.all(ReleaseEnded)) == 1


async def test_a_release_to_a_dead_leg_fails(kind, tmp_path):
    async with rig_of(kind, tmp_path) as rig:
        _, leg = await answered(rig)
        rig.sip.obey(Release(leg, LegId(-77)))
        assert (await rig.event(ReleaseEnded, leg=leg)).code == 481


# -- going on where an earlier process was -------------------------------------------------------------------------


@pytest.mark.rule("S-2")
async def test_it_is_told_by_what_the_pbx_knows_an_arrived_leg(kind, tmp_path):
    """S-2: both tags are known before the core can park it."""
    async with rig_of(kind, tmp_path) as rig:
        await rig.arrive()
        first = rig.all(CallArrived)[0].dialog
        await rig.arrive()
        second = rig.all(CallArrived)[1].dialog
        assert all((first.call_id, first.local_tag, first.remote_tag))
        assert first.invite == first.target == ""
        assert first.call_id != second.call_id
        assert not rig.all(DialogKnown)


@pytest.mark.rule("S-2")
async def test_it_is_told_by_what_the_pbx_knows_a_dialled_leg(kind, tmp_path):
    """S-2: first so that its ringing can be stopped, then so that it can be taken over; nothing twice."""
    async with rig_of(kind, tmp_path) as rig:
        rig.sip.obey(dial())
        far = await rig.rung()
        await far.ring()
        await rig.event(LegRang, leg=OURS)
        await far.pick_up()
        await rig.event(LegAnswered, leg=OURS)
        assert [type(event) for event in rig.events[-4:]] == [DialogKnown, LegRang, DialogKnown, LegAnswered]
        ringing, talking = (event.dialog for event in rig.all(DialogKnown, OURS))
        assert ringing.invite
        assert not talking.invite
        assert not ringing.remote_tag
        assert talking.remote_tag
        assert (ringing.call_id, ringing.local_tag) == (talking.call_id, talking.local_tag)


@pytest.mark.rule("S-2")
async def test_it_is_told_by_what_the_pbx_knows_a_leg_that_replaces(kind, tmp_path):
    async with rig_of(kind, tmp_path) as rig:
        far, leg = await answered(rig)
        await far.replace(BERND)
        dialog = (await rig.event(LegReplaced, leg=leg)).dialog
        assert dialog.call_id != rig.all(CallArrived)[0].dialog.call_id
        assert dialog.local_tag
        assert dialog.remote_tag


@pytest.mark.rule("S-2", "S-4")
async def test_a_dialog_of_the_process_before_is_taken_over(kind, tmp_path):
    """S-2: the leg is ours again, under the new dialog, and hears what we say."""
    async with rig_of(kind, tmp_path) as rig:
        _, leg = await answered(rig)
        dialog = rig.all(CallArrived)[0].dialog
        await rig.restart()
        assert not rig.all(LegEnded, leg)
        rig.sip.route({OURS: MUSIC})
        rig.sip.obey(TakeOver(OURS, "pbx", dialog, ANNA))
        far = await rig.gives_back()
        await rig.event(LegAnswered, leg=OURS)
        assert [type(event) for event in rig.events[-2:]] == [DialogKnown, LegAnswered]
        (known,) = rig.all(DialogKnown)
        assert known.leg == OURS
        assert known.dialog.call_id != dialog.call_id
        assert known.dialog.remote_tag
        assert not known.dialog.invite
        await far.hears(MUSIC)
        await far.hang_up()
        assert (await rig.event(LegEnded, leg=OURS)).code == 200


@pytest.mark.rule("S-2", "P-3")
async def test_only_another_party_on_a_leg_that_was_taken_over_is_told(kind, tmp_path):
    """S-2: that he is who he was is no news."""
    async with rig_of(kind, tmp_path) as rig:
        rig.sip.obey(TakeOver(OURS, "pbx", OLD, ANNA))
        far = await rig.gives_back()
        await rig.event(LegAnswered, leg=OURS)
        await far.identify(ANNA)
        await far.identify(BERND)
        await rig.event(IdentityChanged, leg=OURS)
        assert [event.party for event in rig.all(IdentityChanged)] == [BERND]


@pytest.mark.rule("S-3")
@pytest.mark.parametrize("code", [404, 481, 500, 603])
async def test_a_dialog_that_is_not_given_back(kind, tmp_path, code):
    """S-3: the core is told with what code, to know whether he is gone."""
    async with rig_of(kind, tmp_path) as rig:
        rig.refuse_take_over(OLD, code)
        rig.sip.obey(TakeOver(OURS, "pbx", OLD, ANNA))
        await rig.keeps(code)
        assert (await rig.event(LegEnded, leg=OURS)).code == code
        assert not rig.all(DialogKnown)
        await rig.nothing_left()


@pytest.mark.rule("S-3")
async def test_a_dialog_that_was_never_answered_cannot_be_taken_over(kind, tmp_path):
    async with rig_of(kind, tmp_path) as rig:
        rig.sip.obey(TakeOver(OURS, "pbx", Dialog("old@peer", "ours"), ANNA))
        assert (await rig.event(LegEnded, leg=OURS)).code == 481
        await rig.nothing_left()


async def test_a_take_over_through_nobody(kind, tmp_path):
    async with rig_of(kind, tmp_path) as rig:
        rig.sip.obey(TakeOver(OURS, "nobody", OLD, ANNA))
        assert (await rig.event(LegEnded, leg=OURS)).code == 503


@pytest.mark.rule("S-2")
async def test_a_take_over_is_given_up(kind, tmp_path):
    async with rig_of(kind, tmp_path) as rig:
        rig.let_take_over_ring()
        rig.sip.obey(TakeOver(OURS, "pbx", OLD, ANNA))
        far = await rig.rung()
        await far.ring()
        rig.sip.obey(Hangup(OURS))
        assert (await rig.event(LegEnded, leg=OURS)).code == 487
        if rig.real:
            far.dialog.respond(await far.dialog.got(method="CANCEL"), 200)
            await far.dialog.decline(487)
        await rig.nothing_left()


@pytest.mark.rule("S-2")
async def test_what_an_earlier_process_made_ring_is_withdrawn(kind, tmp_path):
    """S-2: nothing follows, whatever the far side says to it."""
    async with rig_of(kind, tmp_path) as rig:
        rig.sip.obey(dial())
        far = await rig.rung()
        await far.ring()
        await rig.event(LegRang, leg=OURS)
        ringing = rig.all(DialogKnown)[0].dialog
        await rig.restart()
        seen = len(rig.events)
        rig.sip.obey(Withdraw("pbx", ringing))
        rig.sip.obey(Withdraw("nobody", ringing))
        rig.sip.obey(Withdraw("pbx", OLD))
        if rig.real:
            await far.dialog.got(method="CANCEL")
        await rig.arrive()
        assert [type(event) for event in rig.events[seen:]] == [CallArrived]


@pytest.mark.rule("S-4")
async def test_a_leg_is_transferred_to_a_number(kind, tmp_path):
    """S-4: the PBX takes him off our hands; our leg is ours to hang up, as with Asterisk."""
    async with rig_of(kind, tmp_path) as rig:
        far, leg = await answered(rig)
        rig.sip.obey(Transfer(leg, "105"))
        await far.accept_transfer()
        assert (await rig.event(ReleaseEnded, leg=leg)).code == 200
        rig.sip.obey(Hangup(leg))
        assert (await rig.event(LegEnded, leg=leg)).code == 200
        assert [type(event) for event in rig.events[-2:]] == [ReleaseEnded, LegEnded]
        assert len(rig.all(ReleaseEnded)) == 1
        await rig.nothing_left()


async def test_a_refused_transfer_leaves_the_leg(kind, tmp_path):
    async with rig_of(kind, tmp_path) as rig:
        far, leg = await answered(rig)
        rig.refuse_release(603)
        rig.sip.obey(Transfer(leg, "105"))
        await far.accept_transfer()
        assert (await rig.event(ReleaseEnded, leg=leg)).code == 603
        await far.hears(MUSIC)
        assert not rig.all(LegEnded)


async def test_a_leg_that_is_not_confirmed_is_not_transferred(kind, tmp_path):
    async with rig_of(kind, tmp_path) as rig:
        _, leg = await rig.arrive()
        rig.sip.obey(Transfer(leg, "105"))
        assert (await rig.event(ReleaseEnded, leg=leg)).code == 481


# -- who is who ----------------------------------------------------------------------------------------------------


@pytest.mark.rule("P-16")
async def test_phones_are_told_in_the_middle_of_a_call_who_is_at_the_other_end(kind, tmp_path):
    """P-16: the caller's phone and one that we have called; music goes on."""
    async with rig_of(kind, tmp_path) as rig:
        far, leg = await answered(rig)
        other = await dialled(rig)
        rig.sip.obey(Show(leg, ANNA))
        rig.sip.obey(Show(OURS, Party("+49301", "Jansen")))
        await far.sees(ANNA)
        await other.sees(Party("+49301", "Jansen"))
        rig.sip.obey(Show(leg, BERND))
        await far.sees(BERND)
        await far.hears(MUSIC)
        await far.hang_up()
        await rig.event(LegEnded, leg=leg)
        assert not rig.all(IdentityChanged)
        assert not rig.all(LegEnded, OURS)


@pytest.mark.rule("P-25", "P-29")
async def test_a_call_that_is_sent_on_is_told_before_its_answer(kind, tmp_path):
    async with rig_of(kind, tmp_path) as rig:
        rig.sip.obey(dial())
        far = await rig.rung()
        await far.ring()
        await rig.event(LegRang, leg=OURS)
        await far.divert()
        await far.divert()
        await rig.event(LegDiverted, leg=OURS)
        await far.pick_up()
        await rig.event(LegAnswered, leg=OURS)
        assert len(rig.all(LegDiverted)) == 1


@pytest.mark.rule("P-29")
@pytest.mark.parametrize("code", [301, 302])
async def test_a_members_own_forwarding_is_not_followed(kind, tmp_path, code):
    async with rig_of(kind, tmp_path) as rig:
        rig.sip.obey(dial())
        far = await rig.rung()
        await far.forward(code, "666")
        assert (await rig.event(LegEnded, leg=OURS)).code == code
        await rig.nothing_left()
        assert not rig.all(LegDiverted)
        if rig.real:
            await rig.peer.nothing_more()
            assert not rig.peer.arrived


@pytest.mark.rule("P-17")
async def test_a_phone_gets_a_text(kind, tmp_path):
    async with rig_of(kind, tmp_path) as rig:
        rig.sip.obey(Message("pbx", "101", "102: geholt von Anna Schäfer 📞 nach 42 s"))
        assert await rig.texted() == ("101", "102: geholt von Anna Schäfer 📞 nach 42 s")
        rig.sip.obey(Message("nobody", "101", "lost"))
        rig.sip.obey(Message("pbx", "102", "next"))
        assert await rig.texted() == ("102", "next")
        await rig.nothing_left()


async def test_late_orders_for_dead_legs_do_nothing(kind, tmp_path):
    async with rig_of(kind, tmp_path) as rig:
        far, leg = await answered(rig)
        await far.hang_up()
        await rig.event(LegEnded, leg=leg)
        late = (Answer(leg), Refuse(leg, 486, ""), Hangup(leg), Release(leg, OURS), Transfer(leg, "105"))
        for order in (*late, Show(leg, ANNA), Hangup(LegId(-99))):
            rig.sip.obey(order)
        rig.sip.route({leg: MUSIC, LegId(99): Joined(leg), LegId(-9): Speech("nobody", Serial(9))})
        seen = len(rig.events)
        _, number = await rig.arrive()
        assert number != leg
        rig.sip.obey(Hangup(number))
        await rig.event(LegEnded, leg=number)
        assert {event.leg for event in rig.events[seen:]} == {number}
        await rig.nothing_left()


async def test_the_beat_goes_on(kind, tmp_path):
    async with rig_of(kind, tmp_path) as rig:
        before = rig.sip.beat()
        await until(lambda: rig.sip.beat() > before)


async def test_stopping_ends_every_leg(kind, tmp_path):
    async with rig_of(kind, tmp_path) as rig:
        _, leg = await answered(rig)
        _, waiting = await rig.arrive()
        await dialled(rig)
        await rig.sip.stop(hang_up=True)
        for number in (leg, waiting, OURS):
            await rig.event(LegEnded, leg=number)
